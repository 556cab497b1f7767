//! Transfers of the two token programs, as instructions.

use crate::pubkey::Pubkey;

/// The original token program.
pub const TOKEN: Pubkey = program(b"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Token-2022, whose mints may take a fee of each transfer.
pub const TOKEN_2022: Pubkey = program(b"TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
/// Wrapped SOL's mint.
pub const WRAPPED_SOL: Pubkey = program(WRAPPED_SOL_TEXT);
/// The same in base58.
pub const WRAPPED_SOL_TEXT: &[u8] = b"So11111111111111111111111111111111111111112";
/// The system program, which moves lamports.
pub const SYSTEM: Pubkey = Pubkey([0; 32]);

/// A program id in base58, decoded by the compiler: a typo does not build.
pub(crate) const fn program(text: &[u8]) -> Pubkey {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0_u8; 32];
    let mut at = 0;
    while at < text.len() {
        let mut digit = 0;
        while ALPHABET[digit] != text[at] {
            digit += 1;
        }
        let mut carry = digit as u32;
        let mut place = 32;
        while place > 0 {
            place -= 1;
            carry += bytes[place] as u32 * 58;
            bytes[place] = carry as u8;
            carry >>= 8;
        }
        assert!(carry == 0);
        at += 1;
    }
    Pubkey(bytes)
}

/// A transfer between two token accounts, by their key indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Account debited by `amount`.
    pub source: u8,
    /// Account credited by `amount` less the mint's transfer fee.
    pub destination: u8,
    /// Owner or delegate that signed.
    pub authority: u8,
    /// Base units that left the source.
    pub amount: u64,
    /// Base units withheld, when the instruction itself names them.
    pub fee: Option<u64>,
    /// Key index of the mint, when the instruction names it.
    pub mint: Option<u8>,
}

/// Tags of the transfers (spl-token, Token-2022), also for those who write one.
pub const TRANSFER: u8 = 3;
/// See [`TRANSFER`]: it names the mint.
pub const TRANSFER_CHECKED: u8 = 12;
/// See [`TRANSFER`]: two bytes, because the second one is a tag of the fee extension.
pub const TRANSFER_CHECKED_WITH_FEE: [u8; 2] = [26, 1];
/// Tag of the system program's transfer.
pub const SYSTEM_TRANSFER: [u8; 4] = [2, 0, 0, 0];

/// Reads a token program's instruction; `None` when it is not a transfer (or too short to be one).
///
/// Layouts (spl-token): Transfer `[3][amount u64]`, accounts source, destination, authority;
/// TransferChecked `[12][amount u64][decimals u8]`, accounts source, mint, destination, authority;
/// TransferCheckedWithFee `[26][1][amount u64][decimals u8][fee u64]`, accounts as the former.
#[must_use]
pub fn transfer(data: &[u8], accounts: &[u8]) -> Option<Transfer> {
    let amount = |at: usize| Some(u64::from_le_bytes(data.get(at..at + 8)?.try_into().ok()?));
    let (form, amount, fee) = if let [TRANSFER, ..] = data {
        (Form { mint: None, destination: 1, authority: 2 }, amount(1)?, Some(0))
    } else if let [TRANSFER_CHECKED, ..] = data {
        (CHECKED, amount(1)?, None)
    } else if data.starts_with(&TRANSFER_CHECKED_WITH_FEE) {
        (CHECKED, amount(2)?, Some(amount(11)?))
    } else {
        return None;
    };
    Some(Transfer {
        source: *accounts.first()?,
        destination: *accounts.get(form.destination)?,
        authority: *accounts.get(form.authority)?,
        amount,
        fee,
        mint: match form.mint {
            Some(place) => Some(*accounts.get(place)?),
            None => None,
        },
    })
}

/// Places in a transfer's accounts; the source is the first.
struct Form {
    mint: Option<usize>,
    destination: usize,
    authority: usize,
}

const CHECKED: Form = Form { mint: Some(1), destination: 2, authority: 3 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_agrees_with_the_base58_decoder() {
        for text in ["So11111111111111111111111111111111111111112", "11111111111111111111111111111111"] {
            assert_eq!(Some(program(text.as_bytes())), Pubkey::parse(text.as_bytes()));
            assert_eq!(program(text.as_bytes()).to_string(), text);
        }
    }

    #[test]
    fn transfer_reads_its_three_forms_and_nothing_shorter() {
        let amount = 1_234_567_u64.to_le_bytes();
        let plain = [&[3][..], &amount].concat();
        let checked = [&[12][..], &amount, &[6]].concat();
        let with_fee = [&[26, 1][..], &amount, &[6], &9_u64.to_le_bytes()].concat();
        let expected = |fee, mint| {
            Some(Transfer { source: 5, destination: 7, authority: 8, amount: 1_234_567, fee, mint })
        };
        assert_eq!(transfer(&plain, &[5, 7, 8]), expected(Some(0), None));
        assert_eq!(transfer(&checked, &[5, 6, 7, 8]), expected(None, Some(6)));
        assert_eq!(transfer(&with_fee, &[5, 6, 7, 8]), expected(Some(9), Some(6)));
        for data in [plain, checked, with_fee] {
            assert_eq!(transfer(&data[..data.len() - 8], &[5, 6, 7, 8]), None, "short data");
            assert_eq!(transfer(&data, &[5, 6]), None, "short accounts");
        }
        assert_eq!(transfer(&[7, 0, 0, 0, 0, 0, 0, 0, 0], &[1, 2, 3]), None, "MintTo");
    }
}
