//! Orca Whirlpool. Layouts: the program's IDL (orca-so/whirlpools).

use crate::call::{Call, DecodeError, Dex, Leg, Swap, at_least};
use crate::token::program;

/// The table row.
pub const DEX: Dex =
    Dex { id: "orca_whirlpool", program: program(b"whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"), decode };

const SWAP: [u8; 8] = [0xf8, 0xc6, 0x9e, 0x91, 0xe1, 0x75, 0x87, 0xc8];
const SWAP_V2: [u8; 8] = [0x2b, 0x04, 0xed, 0x0b, 0x1a, 0xc9, 0x1e, 0x62];
const TWO_HOP: [u8; 8] = [0xc3, 0x60, 0xed, 0x6c, 0x44, 0xa2, 0xdb, 0xe6];
const TWO_HOP_V2: [u8; 8] = [0xba, 0x8f, 0xd1, 0x1d, 0xfe, 0x02, 0xc2, 0x75];

fn decode(call: &Call<'_>, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
    let a = call.accounts();
    let Some(discriminator) = call.data().first_chunk::<8>() else { return Ok(()) };
    match *discriminator {
        // token program, authority, pool, user a, vault a, user b, vault b, …
        SWAP => {
            at_least(a, 7)?;
            legs.push(call.vault_leg(&Swap { pool: a[2], vaults: [a[4], a[6]], trader: a[1] }, 0)?);
        }
        // two token programs, memo, authority, pool, two mints, user a, vault a, user b, vault b, …
        SWAP_V2 => {
            at_least(a, 11)?;
            legs.push(call.vault_leg(&Swap { pool: a[4], vaults: [a[8], a[10]], trader: a[3] }, 0)?);
        }
        // token program, authority, pool one, pool two, then user and vault of one a, one b, two a, two b
        TWO_HOP => {
            at_least(a, 12)?;
            legs.push(call.vault_leg(&Swap { pool: a[2], vaults: [a[5], a[7]], trader: a[1] }, 0)?);
            legs.push(call.vault_leg(&Swap { pool: a[3], vaults: [a[9], a[11]], trader: a[1] }, 1)?);
        }
        // pool one, pool two, three mints, three programs, user input, the four vaults in the order of
        // the flow, user output, authority
        TWO_HOP_V2 => {
            at_least(a, 15)?;
            let first = call.vault_leg(&Swap { pool: a[0], vaults: [a[9], a[10]], trader: a[14] }, 0)?;
            let second = call.vault_leg(&Swap { pool: a[1], vaults: [a[11], a[12]], trader: a[14] }, 1)?;
            // Pool one pays pool two directly: the trader is the same throughout.
            let trader = first.trader;
            legs.push(first);
            legs.push(Leg { trader, ..second });
        }
        _ => {}
    }
    Ok(())
}
