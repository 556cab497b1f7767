//! Raydium AMM v4. Layouts: the program's own `instruction.rs` (raydium-io/raydium-amm).

use crate::call::{DecodeError, Dex, Swap};
use crate::token::program;

/// The table row.
pub const DEX: Dex = Dex {
    id: "raydium_amm_v4",
    program: program(b"675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"),
    decode: |call, legs| call.decode_vault_swap(swap, legs),
};

const SWAP_BASE_IN: u8 = 9;
const SWAP_BASE_OUT: u8 = 11;
const SWAP_BASE_IN_V2: u8 = 16;
const SWAP_BASE_OUT_V2: u8 = 17;
/// Tag and two u64 amounts.
const DATA_LEN: usize = 17;

/// - `data`: `[tag u8][a u64 LE][b u64 LE]`, 17 bytes; amounts in base units (not needed here: what
///   moved is read from the transfers).
/// - `accounts`: 17 with the order book's accounts, 18 with the retired `amm_target_orders` too,
///   8 in the V2 form without an order book. Vaults are coin, then pc; the owner is last.
fn swap(data: &[u8], accounts: &[u8]) -> Result<Option<Swap>, DecodeError> {
    let v2 = match data.first() {
        Some(&(SWAP_BASE_IN | SWAP_BASE_OUT)) => false,
        Some(&(SWAP_BASE_IN_V2 | SWAP_BASE_OUT_V2)) => true,
        _ => return Ok(None),
    };
    if data.len() < DATA_LEN {
        return Err(DecodeError::Short { len: data.len(), need: DATA_LEN });
    }
    let (coin_vault, owner) = match (v2, accounts.len()) {
        (false, 17) => (4, 16),
        (false, 18) => (5, 17),
        (true, 8..) => (3, 7),
        (_, len) => return Err(DecodeError::Accounts { len }),
    };
    let vaults = [accounts[coin_vault], accounts[coin_vault + 1]];
    Ok(Some(Swap { pool: accounts[1], vaults, trader: accounts[owner] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_takes_every_form_and_refuses_short_or_odd_ones() {
        let accounts: Vec<u8> = (100..118).collect();
        let data = |tag: u8| [&[tag][..], &[0; 16]].concat();
        let swap = |vault: u8, trader| Ok(Some(Swap { pool: 101, vaults: [vault, vault + 1], trader }));
        for (tag, len, expected) in [
            (9, 17, swap(104, 116)),
            (11, 17, swap(104, 116)),
            (9, 18, swap(105, 117)),
            (16, 8, swap(103, 107)),
            (17, 8, swap(103, 107)),
            (9, 16, Err(DecodeError::Accounts { len: 16 })),
            (16, 7, Err(DecodeError::Accounts { len: 7 })),
            (3, 17, Ok(None)),
        ] {
            assert_eq!(super::swap(&data(tag), &accounts[..len]), expected, "tag {tag}, {len} accounts");
        }
        assert_eq!(super::swap(&[9; 16], &accounts), Err(DecodeError::Short { len: 16, need: 17 }));
        assert_eq!(super::swap(&[], &accounts), Ok(None));
    }
}
