//! What a transaction consists of, and how each part is read within its limit.

use crate::fields::{Field, Fields, FrameError, Span, decimal, varint};
use crate::geyser::{instruction, ui_token_amount};
use crate::pubkey::Pubkey;

/// Most account keys of one transaction (an index is one byte).
pub const KEYS_MAX: usize = 256;
/// Most instructions, inner ones included; the runtime allows 64 in a trace.
pub const INSTRUCTIONS_MAX: usize = 512;
/// Most token balances on one side.
pub const TOKEN_BALANCES_MAX: usize = 256;

/// One instruction, top-level or inner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Instruction {
    /// Index into the keys.
    pub program: u8,
    /// Key indices, one byte each.
    pub accounts: Span,
    /// Program-defined bytes.
    pub data: Span,
    /// Index of the top-level instruction it belongs to, from 0.
    pub top: u16,
    /// 0 for the top-level one, else its place among its inner ones from 1.
    pub inner: u16,
    /// CPI depth, 1 = top level; 0 = the node did not state it.
    pub height: u8,
}

/// One token account's balance before and after.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenBalance {
    /// Index into the keys.
    pub account: u8,
    /// Base58 text.
    pub mint: Span,
    /// Base58 text; empty on old blocks.
    pub owner: Span,
    /// Base units before; `None` = the account did not exist.
    pub pre: Option<u64>,
    /// Base units after; `None` = the account was closed.
    pub post: Option<u64>,
    /// Decimals of the mint, 0..=255.
    pub decimals: u8,
}

impl TokenBalance {
    /// The mint; `None` when its text is not a key.
    #[must_use]
    pub fn mint(&self, frame: &[u8]) -> Option<Pubkey> {
        Pubkey::parse(self.mint.of(frame))
    }

    /// The owner; `None` when the text is missing or not a key.
    #[must_use]
    pub fn owner(&self, frame: &[u8]) -> Option<Pubkey> {
        Pubkey::parse(self.owner.of(frame))
    }
}

/// UiTokenAmount.
#[inline]
pub(super) fn token_amount(
    frame: &[u8],
    span: Span,
    decimals: &mut u8,
    amount: &mut u64,
) -> Result<(), FrameError> {
    let mut fields = Fields::of(frame, span);
    if let Some(number) = fields.take_number(ui_token_amount::DECIMALS) {
        *decimals = number;
    }
    for part in fields {
        let part = part?;
        match part.number {
            ui_token_amount::DECIMALS => {
                *decimals = u8::try_from(part.value()).map_err(|_| FrameError::Malformed)?
            }
            ui_token_amount::AMOUNT => {
                *amount = decimal(part.span()?.of(frame)).ok_or(FrameError::Malformed)?
            }
            _ => {}
        }
    }
    Ok(())
}

/// Appends the instruction at `span`; `found` has its place.
pub(super) fn push_instruction(
    list: &mut Vec<Instruction>,
    frame: &[u8],
    span: Span,
    mut found: Instruction,
) -> Result<(), FrameError> {
    let mut fields = Fields::of(frame, span);
    // Fast path: fields in the order of their numbers, as they are written. Any other order is read below.
    if let Some(program) = fields.take_number(instruction::PROGRAM_ID_INDEX) {
        found.program = program;
    }
    if let Some(accounts) = fields.take_bytes(instruction::ACCOUNTS) {
        found.accounts = accounts;
    }
    if let Some(data) = fields.take_bytes(instruction::DATA) {
        found.data = data;
    }
    for field in fields {
        let field = field?;
        match field.number {
            instruction::PROGRAM_ID_INDEX => {
                found.program = u8::try_from(field.value()).map_err(|_| FrameError::Malformed)?
            }
            instruction::ACCOUNTS => found.accounts = field.span()?,
            instruction::DATA => found.data = field.span()?,
            instruction::STACK_HEIGHT => {
                found.height = u8::try_from(field.value()).map_err(|_| FrameError::Malformed)?
            }
            _ => {}
        }
    }
    push_limited(list, found, INSTRUCTIONS_MAX)
}

pub(super) fn push_key(keys: &mut Vec<Span>, key: Span) -> Result<(), FrameError> {
    if key.len != 32 {
        return Err(FrameError::Malformed);
    }
    push_limited(keys, key, KEYS_MAX)
}

pub(super) fn push_limited<T>(list: &mut Vec<T>, item: T, max: usize) -> Result<(), FrameError> {
    if list.len() >= max {
        return Err(FrameError::Malformed);
    }
    list.push(item);
    Ok(())
}

/// A repeated uint64: packed, or one by one.
pub(super) fn push_numbers(numbers: &mut Vec<u64>, frame: &[u8], field: &Field) -> Result<(), FrameError> {
    let Ok(span) = field.span() else {
        return push_limited(numbers, field.value(), KEYS_MAX);
    };
    let mut packed = span.of(frame);
    while !packed.is_empty() {
        let (number, rest) = varint(packed)?;
        push_limited(numbers, number, KEYS_MAX)?;
        packed = rest;
    }
    Ok(())
}
