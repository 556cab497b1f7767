//! Raydium AMM v4. Layouts: the program's own `instruction.rs` (raydium-io/raydium-amm).

use crate::call::{DecodeError, Dex, Swap};
use crate::token::program;

/// The table row.
pub const DEX: Dex = Dex {
    id: "raydium_amm_v4",
    program: program(b"675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"),
    decode: |call, legs| call.decode_vault_swap(swap, legs),
};

/// Exact input, with the accounts of the order book.
pub(crate) const SWAP_BASE_IN: u8 = 9;
const SWAP_BASE_OUT: u8 = 11;
/// Exact input, without them.
pub(crate) const SWAP_BASE_IN_V2: u8 = 16;
const SWAP_BASE_OUT_V2: u8 = 17;
/// Place of the input in the data of an exact input; the smallest output follows it.
pub(crate) const AMOUNT_IN: usize = 1;
/// See [`AMOUNT_IN`].
pub(crate) const MIN_OUT: usize = 9;
/// Tag and two u64 amounts.
const DATA_LEN: usize = 17;
/// Place of the pool in the accounts of every form.
pub(crate) const POOL: usize = 1;

/// Places in the accounts that differ by form.
struct Places {
    /// The pc vault follows it.
    coin_vault: usize,
    owner: usize,
}

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
    let Places { coin_vault, owner } = match (v2, accounts.len()) {
        (false, 17) => Places { coin_vault: 4, owner: 16 },
        (false, 18) => Places { coin_vault: 5, owner: 17 },
        (true, 8..) => Places { coin_vault: 3, owner: 7 },
        (_, len) => return Err(DecodeError::Accounts { len }),
    };
    let vaults = [accounts[coin_vault], accounts[coin_vault + 1]];
    Ok(Some(Swap { pool: accounts[POOL], vaults, trader: accounts[owner] }))
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
