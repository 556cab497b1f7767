//! Writes the parts of a transaction as messages of a frame.

use engine::geyser::{
    inner_instructions, instruction, message, message_header, meta, token_balance, transaction,
    transaction_error, ui_token_amount,
};

use super::parts::{InnerCall, InnerGroup, Parts};
use crate::proto::Writer;
use crate::rpc::TokenBalance;
use crate::wire_transaction::{MessageHeader, WireInstruction};

pub(super) fn write_transaction(out: &mut Writer<'_>, parts: &Parts<'_>) {
    let wire = &parts.transaction;
    for signature in &wire.signatures {
        out.bytes(transaction::SIGNATURES, signature);
    }
    out.message(transaction::MESSAGE, |message| {
        message.message(message::HEADER, |header| {
            let MessageHeader { required_signatures, readonly_signed, readonly_unsigned } = wire.header;
            header.number(message_header::NUM_REQUIRED_SIGNATURES, required_signatures.into());
            header.number(message_header::NUM_READONLY_SIGNED_ACCOUNTS, readonly_signed.into());
            header.number(message_header::NUM_READONLY_UNSIGNED_ACCOUNTS, readonly_unsigned.into());
        });
        for key in &wire.keys[..parts.own_keys] {
            message.bytes(message::ACCOUNT_KEYS, &key.0);
        }
        message.bytes(message::RECENT_BLOCKHASH, &wire.blockhash);
        for instruction in &wire.instructions {
            message.message(message::INSTRUCTIONS, |out| write_instruction(out, instruction));
        }
        message.number(message::VERSIONED, wire.versioned.into());
    });
}

fn write_instruction(out: &mut Writer<'_>, instruction: &WireInstruction) {
    out.number(instruction::PROGRAM_ID_INDEX, instruction.program.into());
    out.bytes_unless_empty(instruction::ACCOUNTS, &instruction.accounts);
    out.bytes_unless_empty(instruction::DATA, &instruction.data);
}

pub(super) fn write_meta(out: &mut Writer<'_>, parts: &Parts<'_>, inner: &[InnerGroup]) {
    let meta = &parts.meta;
    if let Some(error) = meta.err.filter(|error| error.get() != "null") {
        out.message(meta::ERR, |out| out.bytes(transaction_error::ERR, error.get().as_bytes()));
    }
    out.number(meta::FEE, meta.fee.unwrap_or(0));
    out.packed(meta::PRE_BALANCES, meta.pre_balances.iter().flatten().copied());
    out.packed(meta::POST_BALANCES, meta.post_balances.iter().flatten().copied());
    for InnerGroup { top, calls } in inner {
        out.message(meta::INNER_INSTRUCTIONS, |out| {
            out.number(inner_instructions::INDEX, (*top).into());
            for InnerCall { instruction, height } in calls {
                out.message(inner_instructions::INSTRUCTIONS, |out| {
                    write_instruction(out, instruction);
                    out.number(instruction::STACK_HEIGHT, (*height).into());
                });
            }
        });
    }
    for line in meta.log_messages.iter().flatten() {
        out.bytes(meta::LOG_MESSAGES, line.as_bytes());
    }
    for (field, balances) in [
        (meta::PRE_TOKEN_BALANCES, &parts.meta.pre_token_balances),
        (meta::POST_TOKEN_BALANCES, &parts.meta.post_token_balances),
    ] {
        for balance in balances.iter().flatten() {
            out.message(field, |out| write_token_balance(out, balance));
        }
    }
    let loaded = &parts.transaction.keys[parts.own_keys..];
    let writable = meta.loaded_addresses.as_ref().map_or(0, |loaded| loaded.writable.len());
    for (at, key) in loaded.iter().enumerate() {
        out.bytes(
            if at < writable { meta::LOADED_WRITABLE_ADDRESSES } else { meta::LOADED_READONLY_ADDRESSES },
            &key.0,
        );
    }
    out.number(meta::COMPUTE_UNITS_CONSUMED, meta.compute_units_consumed.unwrap_or(0));
}

fn write_token_balance(out: &mut Writer<'_>, balance: &TokenBalance<'_>) {
    out.number(token_balance::ACCOUNT_INDEX, balance.account_index.into());
    out.bytes(token_balance::MINT, balance.mint.as_bytes());
    out.message(token_balance::UI_TOKEN_AMOUNT, |out| {
        out.number(ui_token_amount::DECIMALS, balance.ui_token_amount.decimals.into());
        out.bytes(ui_token_amount::AMOUNT, balance.ui_token_amount.amount.as_bytes());
    });
    out.bytes_unless_empty(token_balance::OWNER, balance.owner.as_deref().unwrap_or_default().as_bytes());
    out.bytes_unless_empty(
        token_balance::PROGRAM_ID,
        balance.program_id.as_deref().unwrap_or_default().as_bytes(),
    );
}
