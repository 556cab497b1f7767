//! Appends to the lists of a transaction, each within its limit.

use super::{INSTRUCTIONS_MAX, Instruction, KEYS_MAX};
use crate::fields::{Field, Fields, FrameError, Span, varint};

/// Appends the instruction at `span`; `found` says where it stands.
pub(super) fn push_instruction(
    list: &mut Vec<Instruction>,
    frame: &[u8],
    span: Span,
    mut found: Instruction,
) -> Result<(), FrameError> {
    let mut fields = Fields::of(frame, span);
    // Fast path: fields in the order of their numbers, as they are written. Any other order is read below.
    if let Some(program) = fields.take_number(1) {
        found.program = program;
    }
    if let Some(accounts) = fields.take_bytes(2) {
        found.accounts = accounts;
    }
    if let Some(data) = fields.take_bytes(3) {
        found.data = data;
    }
    for field in fields {
        let field = field?;
        match field.number {
            1 => found.program = u8::try_from(field.value()).map_err(|_| FrameError::Malformed)?,
            2 => found.accounts = field.span()?,
            3 => found.data = field.span()?,
            4 => found.height = u8::try_from(field.value()).map_err(|_| FrameError::Malformed)?,
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
