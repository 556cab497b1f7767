//! Converts one JSON-RPC transaction to one Yellowstone frame.

mod parts;
mod writing;

use engine::geyser::{transaction_info, update, update_transaction};
use engine::position::ChainPosition;
use engine::pubkey::{Pubkey, Signature};
use serde_json::value::RawValue;

use super::proto::Writer;
use super::rpc::{Body, Meta};
use super::wire_transaction::{self, WireInstruction};

pub use self::parts::SkipReason;
use self::parts::{encoded_bytes, inner_instructions, parts};
use self::writing::{write_meta, write_transaction};

/// Reason for a transaction without inner instructions: its legs cannot be read.
pub const UNRECORDED: &str =
    "it has no innerInstructions (the node that answered does not record them), need a node that does";

/// Appends the frame (a `SubscribeUpdate`) of one transaction to `out`; `meta` is its JSON.
///
/// # Errors
/// `out` is then unchanged.
pub fn write(
    out: &mut Vec<u8>,
    position: ChainPosition,
    transaction: &RawValue,
    meta: &RawValue,
    version: Option<&RawValue>,
) -> Result<(), SkipReason> {
    let meta: Meta<'_> = serde_json::from_str(meta.get()).map_err(|error| SkipReason::json(&error))?;
    let body: Body<'_> = serde_json::from_str(transaction.get()).map_err(|error| SkipReason::json(&error))?;
    write_parsed(out, position, body, meta, version)
}

/// Like [`write`], with the meta already parsed.
///
/// # Errors
/// `out` is then unchanged.
pub fn write_parsed(
    out: &mut Vec<u8>,
    position: ChainPosition,
    transaction: Body<'_>,
    meta: Meta<'_>,
    version: Option<&RawValue>,
) -> Result<(), SkipReason> {
    // `version` is "legacy", 0, 1, or missing in old files.
    if version.is_some_and(|version| !matches!(version.get(), "\"legacy\"" | "0" | "1" | "null")) {
        return Err(SkipReason::UnknownVersion);
    }
    let mut limbs = Vec::new();
    let mut parts = parts(transaction, meta, &mut limbs)?;
    let none = "it has no signature";
    let signature = *parts.transaction.signatures.first().ok_or(SkipReason::of(none))?;
    let is_vote = parts.transaction.instructions.first().is_some_and(|first| {
        parts.transaction.keys.get(usize::from(first.program)).is_some_and(|key| *key == VOTE)
            && parts.transaction.instructions.len() == 1
    });
    let failed = parts.meta.err.is_some_and(|error| error.get() != "null");
    if parts.meta.inner_instructions.is_none() && !failed && !is_vote {
        return Err(SkipReason::of(UNRECORDED));
    }
    let inner = inner_instructions(&mut parts, &mut limbs)?;
    let tops = parts.transaction.instructions.iter();
    let called = inner.iter().flat_map(|group| group.calls.iter().map(|call| &call.instruction));
    if !tops.chain(called).all(|instruction| is_within(instruction, parts.transaction.keys.len())) {
        let why = "one of its instructions names an account that it does not list (loadedAddresses are missing or cut)";
        return Err(SkipReason::of(why));
    }
    Writer(out).message(update::TRANSACTION, |update| {
        update.message(update_transaction::INFO, |info| {
            info.bytes(transaction_info::SIGNATURE, &signature);
            info.number(transaction_info::IS_VOTE, is_vote.into());
            info.message(transaction_info::TRANSACTION, |body| write_transaction(body, &parts));
            info.message(transaction_info::META, |meta| write_meta(meta, &parts, &inner));
            info.number(transaction_info::INDEX, position.index);
        });
        update.number(update_transaction::SLOT, position.slot);
    });
    Ok(())
}

fn is_within(instruction: &WireInstruction, keys: usize) -> bool {
    let mut accounts = instruction.accounts.iter();
    usize::from(instruction.program) < keys && accounts.all(|&account| usize::from(account) < keys)
}

/// The vote program.
pub const VOTE: Pubkey = Pubkey([
    0x07, 0x61, 0x48, 0x1d, 0x35, 0x74, 0x74, 0xbb, 0x7c, 0x4d, 0x76, 0x24, 0xeb, 0xd3, 0xbd, 0xb3, 0xd8,
    0x35, 0x5e, 0x73, 0xd1, 0x10, 0x43, 0xfc, 0x0d, 0xa3, 0x53, 0x80, 0x00, 0x00, 0x00, 0x00,
]);

/// The first signature of a transaction, if readable, to name one that cannot be used.
#[must_use]
pub fn signature_of(transaction: &RawValue) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        signatures: Vec<String>,
    }
    if let Ok(Named { signatures }) = serde_json::from_str(transaction.get()) {
        return signatures.into_iter().next();
    }
    let Ok(Body::Encoded(text, encoding)) = serde_json::from_str(transaction.get()) else { return None };
    let wire = wire_transaction::parse(&encoded_bytes(&text, &encoding)?).ok()?;
    wire.signatures.first().map(|signature| Signature(*signature).to_string())
}
