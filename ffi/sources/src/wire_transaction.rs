//! The transaction's own bytes (encodings base58 and base64): legacy, v0 and v1.
//!
//! Sources: Solana's transaction format (legacy, versioned v0) and SIMD-0385 (v1: no compact
//! lengths, instruction headers first, signatures last).

use engine::pubkey::Pubkey;

/// Why the bytes are not a transaction.
#[derive(Debug, PartialEq, Eq)]
pub enum WireError {
    /// They end too early, or continue after the end.
    Malformed,
    /// A version that did not exist when this was written.
    Version(u8),
}

/// The parts of a transaction that a frame needs.
#[derive(Default)]
pub struct WireTransaction {
    pub signatures: Vec<[u8; 64]>,
    pub header: MessageHeader,
    pub keys: Vec<Pubkey>,
    pub blockhash: [u8; 32],
    pub instructions: Vec<WireInstruction>,
    pub versioned: bool,
}

/// How many of the keys sign, and how many are only read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageHeader {
    pub required_signatures: u8,
    pub readonly_signed: u8,
    pub readonly_unsigned: u8,
}

pub struct WireInstruction {
    pub program: u8,
    pub accounts: Vec<u8>,
    pub data: Vec<u8>,
}

/// First byte of a v1 transaction; legacy and v0 begin with the number of signatures.
const V1: u8 = 0x81;
/// v1 config values that mask bits 0 and 1 (the priority fee takes two words) to 4 announce.
const V1_CONFIG_WORDS_MAX: u32 = 32;

/// Reads a whole transaction.
///
/// # Errors
/// See [`WireError`].
pub fn parse(bytes: &[u8]) -> Result<WireTransaction, WireError> {
    let mut input = Input(bytes);
    let transaction = if bytes.first() == Some(&V1) { v1(&mut input) } else { legacy_or_v0(&mut input) }?;
    if !input.0.is_empty() {
        return Err(WireError::Malformed);
    }
    Ok(transaction)
}

fn legacy_or_v0(input: &mut Input<'_>) -> Result<WireTransaction, WireError> {
    let mut transaction = WireTransaction::default();
    if input.0.first().is_some_and(|&first| first > V1) {
        return Err(WireError::Version(input.0[0] & 0x7f));
    }
    for _ in 0..input.compact()? {
        transaction.signatures.push(input.array()?);
    }
    let first = *input.0.first().ok_or(WireError::Malformed)?;
    if first & 0x80 != 0 {
        if first != 0x80 {
            return Err(WireError::Version(first & 0x7f));
        }
        transaction.versioned = true;
        input.take(1)?;
    }
    transaction.header = input.header()?;
    for _ in 0..input.compact()? {
        transaction.keys.push(Pubkey(input.array()?));
    }
    transaction.blockhash = input.array()?;
    for _ in 0..input.compact()? {
        let program = input.byte()?;
        let accounts = input.compact()?;
        let accounts = input.take(accounts)?.to_vec();
        let data = input.compact()?;
        let data = input.take(data)?.to_vec();
        transaction.instructions.push(WireInstruction { program, accounts, data });
    }
    if transaction.versioned {
        // Address table lookups: the loaded keys come with the meta.
        for _ in 0..input.compact()? {
            input.take(32)?;
            for _ in 0..2 {
                let indices = input.compact()?;
                input.take(indices)?;
            }
        }
    }
    Ok(transaction)
}

/// In a v1 transaction: the program, and how many accounts and data bytes follow later.
struct InstructionHeader {
    program: u8,
    accounts: usize,
    data: usize,
}

fn v1(input: &mut Input<'_>) -> Result<WireTransaction, WireError> {
    let mut transaction = WireTransaction { versioned: true, ..WireTransaction::default() };
    input.take(1)?;
    transaction.header = input.header()?;
    let mask = u32::from_le_bytes(input.array()?);
    transaction.blockhash = input.array()?;
    let (instructions, keys) = (input.byte()?, input.byte()?);
    for _ in 0..keys {
        transaction.keys.push(Pubkey(input.array()?));
    }
    input.take(4 * mask.count_ones().min(V1_CONFIG_WORDS_MAX) as usize)?;
    let mut headers = Vec::with_capacity(usize::from(instructions));
    for _ in 0..instructions {
        let (program, accounts) = (input.byte()?, input.byte()?);
        let data = u16::from_le_bytes(input.array()?);
        headers.push(InstructionHeader { program, accounts: accounts.into(), data: data.into() });
    }
    for InstructionHeader { program, accounts, data } in headers {
        let (accounts, data) = (input.take(accounts)?.to_vec(), input.take(data)?.to_vec());
        transaction.instructions.push(WireInstruction { program, accounts, data });
    }
    for _ in 0..transaction.header.required_signatures {
        transaction.signatures.push(input.array()?);
    }
    Ok(transaction)
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(WireError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, WireError> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        self.take(N)?.try_into().map_err(|_| WireError::Malformed)
    }

    fn header(&mut self) -> Result<MessageHeader, WireError> {
        let [required_signatures, readonly_signed, readonly_unsigned] = self.array()?;
        Ok(MessageHeader { required_signatures, readonly_signed, readonly_unsigned })
    }

    /// Solana's compact-u16: 7 bits per byte, at most 3 bytes.
    fn compact(&mut self) -> Result<usize, WireError> {
        let mut value = 0;
        for shift in [0, 7, 14] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return if value <= usize::from(u16::MAX) { Ok(value) } else { Err(WireError::Malformed) };
            }
        }
        Err(WireError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Synthetic: one signer, one program, one instruction with two accounts and three data bytes.
    fn samples() -> [Vec<u8>; 3] {
        let message = |version: &[u8]| {
            let keys = [[1; 32], [2; 32]].concat();
            [version, &[1, 0, 1, 2], &keys, &[9; 32], &[1, 1, 2, 0, 1, 3, 7, 8, 9]].concat()
        };
        let legacy = [&[1][..], &[5; 64], &message(&[])].concat();
        let v0 = [&[1][..], &[5; 64], &message(&[0x80]), &[1], &[3; 32], &[1, 4, 0]].concat();
        let v1 = [
            &[0x81, 1, 0, 1][..],
            &[0b100, 0, 0, 0],
            &[9; 32],
            &[1, 2],
            &[1; 32],
            &[2; 32],
            &[0, 0, 0, 1],
            &[1, 2, 3, 0],
            &[0, 1, 7, 8, 9],
            &[5; 64],
        ]
        .concat();
        [legacy, v0, v1]
    }

    #[test]
    fn parse_reads_legacy_v0_and_v1_alike() {
        for bytes in samples() {
            let transaction = parse(&bytes).expect("parses");
            assert_eq!(transaction.signatures, [[5; 64]]);
            assert_eq!(transaction.keys, [Pubkey([1; 32]), Pubkey([2; 32])]);
            let header = MessageHeader { required_signatures: 1, readonly_signed: 0, readonly_unsigned: 1 };
            assert_eq!((transaction.header, transaction.blockhash), (header, [9; 32]));
            let instruction = &transaction.instructions[0];
            assert_eq!((instruction.program, &instruction.accounts[..]), (1, &[0, 1][..]));
            assert_eq!(instruction.data, [7, 8, 9]);
        }
    }

    #[test]
    fn parse_refuses_every_truncation_and_trailing_bytes() {
        for bytes in samples() {
            for len in 0..bytes.len() {
                assert!(parse(&bytes[..len]).is_err(), "{len} of {}", bytes.len());
            }
            assert!(parse(&[&bytes[..], &[0]].concat()).is_err());
        }
    }

    #[test]
    fn parse_names_an_unknown_version() {
        let [_, mut v0, mut v1] = samples();
        v0[65] = 0x82;
        v1[0] = 0x83;
        assert_eq!(parse(&v0).err(), Some(WireError::Version(2)));
        assert_eq!(parse(&v1).err(), Some(WireError::Version(3)));
    }
}
