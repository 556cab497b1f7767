//! Raydium CPMM. Layouts: the program's IDL (raydium-io/raydium-cp-swap), `swap_base_input` and `swap_base_output`.

use crate::call::{DecodeError, Dex, Swap};
use crate::token::program;

/// The table row.
pub const DEX: Dex = Dex {
    id: "raydium_cpmm",
    program: program(b"CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"),
    decode: |call, legs| call.decode_vault_swap(swap, legs),
};

/// Exact input.
pub(crate) const SWAP_BASE_INPUT: [u8; 8] = [0x8f, 0xbe, 0x5a, 0xda, 0xc4, 0x1e, 0x33, 0xde];
const SWAP_BASE_OUTPUT: [u8; 8] = [0x37, 0xd9, 0x62, 0x56, 0xa3, 0x4a, 0xb4, 0xad];
/// Place of the input in the data of an exact input; the smallest output follows it.
pub(crate) const AMOUNT_IN: usize = 8;
/// See [`AMOUNT_IN`].
pub(crate) const MIN_OUT: usize = 16;
/// Discriminator and two u64 amounts.
const DATA_LEN: usize = 24;
/// payer, authority, config, pool, user input, user output, input vault, output vault, two token
/// programs, two mints, observation.
const ACCOUNTS_MIN: usize = 13;
const PAYER: usize = 0;
/// Place of the pool in the accounts.
pub(crate) const POOL: usize = 3;
/// Place of the vault that is paid.
pub(crate) const INPUT_VAULT: usize = 6;
const OUTPUT_VAULT: usize = 7;

/// - `data`: `[discriminator 8][a u64 LE][b u64 LE]`, 24 bytes or more.
/// - `accounts`: at least 13.
fn swap(data: &[u8], accounts: &[u8]) -> Result<Option<Swap>, DecodeError> {
    if !data.starts_with(&SWAP_BASE_INPUT) && !data.starts_with(&SWAP_BASE_OUTPUT) {
        return Ok(None);
    }
    if data.len() < DATA_LEN {
        return Err(DecodeError::Short { len: data.len(), need: DATA_LEN });
    }
    if accounts.len() < ACCOUNTS_MIN {
        return Err(DecodeError::Accounts { len: accounts.len() });
    }
    Ok(Some(Swap {
        pool: accounts[POOL],
        vaults: [accounts[INPUT_VAULT], accounts[OUTPUT_VAULT]],
        trader: accounts[PAYER],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swap_takes_both_swaps_and_refuses_short_ones() {
        let accounts: Vec<u8> = (50..63).collect();
        for discriminator in [SWAP_BASE_INPUT, SWAP_BASE_OUTPUT] {
            let data = [&discriminator[..], &[1; 16]].concat();
            let swap = Swap { pool: 53, vaults: [56, 57], trader: 50 };
            assert_eq!(super::swap(&data, &accounts), Ok(Some(swap)));
            assert_eq!(super::swap(&data[..23], &accounts), Err(DecodeError::Short { len: 23, need: 24 }));
            assert_eq!(super::swap(&data, &accounts[..12]), Err(DecodeError::Accounts { len: 12 }));
        }
        assert_eq!(super::swap(&[0xb7; 24], &accounts), Ok(None));
    }
}
