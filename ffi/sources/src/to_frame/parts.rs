//! The parts of a transaction, from any of its JSON encodings.

use std::borrow::Cow;

use base64::Engine as _;
use engine::base58;
use engine::pubkey::{Pubkey, Signature};
use engine::token;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::rpc::{AccountKey, Accounts, Body, JsonInstruction, JsonTransaction, Meta, ParsedInstruction};
use crate::text::Text;
use crate::wire_transaction::{self, MessageHeader, WireError, WireInstruction, WireTransaction};

/// Why a transaction gives no frame.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum SkipReason {
    /// A version this executable does not know.
    #[error("it is of a version that this executable does not know")]
    UnknownVersion,
    /// The JSON or the bytes are not a transaction with its meta, with what is wrong.
    #[error("{0}")]
    Malformed(Cow<'static, str>),
}

impl SkipReason {
    pub(super) fn of(why: &'static str) -> SkipReason {
        SkipReason::Malformed(Cow::Borrowed(why))
    }

    pub(super) fn json(error: &serde_json::Error) -> SkipReason {
        SkipReason::Malformed(Cow::Owned(error.to_string()))
    }
}

/// A transaction with its meta.
pub(super) struct Parts<'a> {
    /// Its keys include the loaded ones, as the indices expect.
    pub(super) transaction: WireTransaction,
    /// How many of the keys are in the transaction itself.
    pub(super) own_keys: usize,
    pub(super) meta: Meta<'a>,
}

/// What one top-level instruction called.
pub(super) struct InnerGroup {
    /// Index of the top-level instruction.
    pub(super) top: u16,
    pub(super) calls: Vec<InnerCall>,
}

pub(super) struct InnerCall {
    pub(super) instruction: WireInstruction,
    /// CPI depth; 0 = not stated.
    pub(super) height: u32,
}

/// Reads the transaction itself, whatever its encoding.
pub(super) fn parts<'a>(
    transaction: Body<'_>,
    meta: Meta<'a>,
    limbs: &mut Vec<u64>,
) -> Result<Parts<'a>, SkipReason> {
    let (wire, json) = match transaction {
        Body::Json(json) => (WireTransaction::default(), Some(json)),
        Body::Encoded(text, encoding) => {
            let bytes = encoded_bytes(&text, &encoding)
                .ok_or(SkipReason::of("its bytes are not in the encoding that it names"))?;
            let wire = wire_transaction::parse(&bytes).map_err(|error| match error {
                WireError::Version(_) => SkipReason::UnknownVersion,
                WireError::Malformed => SkipReason::of("its bytes are not a transaction"),
            })?;
            (wire, None)
        }
    };
    let own_keys = wire.keys.len();
    let mut parts = Parts { transaction: wire, own_keys, meta };
    if let Some(json) = json {
        from_json(&mut parts, json, limbs).ok_or(SkipReason::of(
            "one of its keys, signatures or instructions does not have the form of JSON-RPC",
        ))?;
    }
    let keys = &mut parts.transaction.keys;
    if keys.len() == parts.own_keys
        && let Some(loaded) = &parts.meta.loaded_addresses
    {
        for text in loaded.writable.iter().chain(&loaded.readonly) {
            let key = Pubkey::parse(text.as_bytes());
            keys.push(key.ok_or(SkipReason::of("one of its loaded addresses is not a key"))?);
        }
    }
    Ok(parts)
}

/// Decodes a text to its bytes.
pub(super) fn encoded_bytes(text: &str, encoding: &str) -> Option<Vec<u8>> {
    match encoding {
        "base64" => base64::engine::general_purpose::STANDARD.decode(text).ok(),
        "base58" => base58_bytes(text, &mut Vec::new()),
        _ => None,
    }
}

fn base58_bytes(text: &str, limbs: &mut Vec<u64>) -> Option<Vec<u8>> {
    // Four digits encode fewer than three bytes.
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4 + 1);
    base58::append(text.as_bytes(), limbs, &mut bytes)?;
    Some(bytes)
}

fn from_json(parts: &mut Parts<'_>, json: JsonTransaction<'_>, limbs: &mut Vec<u64>) -> Option<()> {
    let wire = &mut parts.transaction;
    for text in &json.signatures {
        wire.signatures.push(Signature::parse(text.as_bytes())?.0);
    }
    let message = json.message;
    let mut signers = 0;
    wire.keys.reserve(message.account_keys.len());
    for key in &message.account_keys {
        let text = match key {
            AccountKey::Plain(text) => text,
            AccountKey::Parsed { pubkey, signer } => {
                signers += u8::from(*signer);
                pubkey
            }
        };
        wire.keys.push(Pubkey::parse(text.as_bytes())?);
    }
    let all_sign = MessageHeader { required_signatures: signers, ..MessageHeader::default() };
    wire.header = message.header.as_ref().map_or(all_sign, |header| MessageHeader {
        required_signatures: header.num_required_signatures,
        readonly_signed: header.num_readonly_signed_accounts,
        readonly_unsigned: header.num_readonly_unsigned_accounts,
    });
    if let Some(hash) = &message.recent_blockhash {
        wire.blockhash = Pubkey::parse(hash.as_bytes())?.0;
    }
    // jsonParsed lists the loaded keys among the static ones; the split does not matter for indices.
    parts.own_keys = wire.keys.len();
    if let Some(loaded) = &parts.meta.loaded_addresses
        && matches!(message.account_keys.first(), Some(AccountKey::Parsed { .. }))
    {
        let loaded = loaded.writable.len() + loaded.readonly.len();
        parts.own_keys = wire.keys.len().checked_sub(loaded)?;
    } else if let Some(loaded) = &parts.meta.loaded_addresses {
        for text in loaded.writable.iter().chain(&loaded.readonly) {
            wire.keys.push(Pubkey::parse(text.as_bytes())?);
        }
    }
    wire.instructions.reserve(message.instructions.len());
    for instruction in message.instructions {
        let compiled = compile(&wire.keys, instruction, limbs)?;
        wire.instructions.push(compiled);
    }
    Some(())
}

/// Converts an instruction in any JSON encoding to indices and bytes.
fn compile(keys: &[Pubkey], json: JsonInstruction<'_>, limbs: &mut Vec<u64>) -> Option<WireInstruction> {
    let index = |text: &str| {
        let key = Pubkey::parse(text.as_bytes())?;
        keys.iter().position(|known| *known == key).and_then(|at| u8::try_from(at).ok())
    };
    let program = json.program_id_index.or_else(|| index(json.program_id.as_deref()?))?;
    if let Some(parsed) = json.parsed {
        // Only token transfers matter; for any other parsed instruction only the program is kept.
        let (accounts, data) = unparse(parsed, &index).unwrap_or_default();
        return Some(WireInstruction { program, accounts, data });
    }
    let accounts = match json.accounts? {
        Accounts::Indices(indices) => indices,
        Accounts::Keys(texts) => texts.iter().map(|text| index(text)).collect::<Option<_>>()?,
    };
    let data = base58_bytes(&json.data?, limbs)?;
    Some(WireInstruction { program, accounts, data })
}

/// Converts jsonParsed's token transfers back to bytes, in the layouts of `engine::token::transfer`.
fn unparse(parsed: &RawValue, index: &impl Fn(&str) -> Option<u8>) -> Option<(Vec<u8>, Vec<u8>)> {
    let parsed: ParsedInstruction<'_> = serde_json::from_str(parsed.get()).ok()?;
    let info = &parsed.info;
    let account = |text: &Option<Text<'_>>| index(text.as_deref()?);
    let authority = account(&info.authority).or_else(|| account(&info.multisig_authority));
    let number = |text: &str| text.parse::<u64>().ok().map(u64::to_le_bytes);
    match &*parsed.kind {
        "transfer" if info.amount.is_some() => {
            let accounts = vec![account(&info.source)?, account(&info.destination)?, authority?];
            Some((accounts, [&[token::TRANSFER][..], &number(info.amount.as_deref()?)?].concat()))
        }
        // A transfer of the system program, kept to see who paid whom.
        "transfer" => {
            let accounts = vec![account(&info.source)?, account(&info.destination)?];
            Some((accounts, [&token::SYSTEM_TRANSFER[..], &info.lamports?.to_le_bytes()].concat()))
        }
        "transferChecked" => {
            let accounts =
                vec![account(&info.source)?, account(&info.mint)?, account(&info.destination)?, authority?];
            let amount = info.token_amount.as_ref()?;
            Some((
                accounts,
                [&[token::TRANSFER_CHECKED][..], &number(&amount.amount)?, &[amount.decimals]].concat(),
            ))
        }
        "transferCheckedWithFee" => {
            let accounts =
                vec![account(&info.source)?, account(&info.mint)?, account(&info.destination)?, authority?];
            let (amount, fee) = (info.token_amount.as_ref()?, info.fee_amount.as_ref()?);
            Some((
                accounts,
                [
                    &token::TRANSFER_CHECKED_WITH_FEE[..],
                    &number(&amount.amount)?,
                    &[amount.decimals],
                    &number(&fee.amount)?,
                ]
                .concat(),
            ))
        }
        _ => None,
    }
}

/// Reads what each top-level instruction called.
pub(super) fn inner_instructions(
    parts: &mut Parts<'_>,
    limbs: &mut Vec<u64>,
) -> Result<Vec<InnerGroup>, SkipReason> {
    let groups = parts.meta.inner_instructions.take().unwrap_or_default();
    let tops = parts.transaction.instructions.len();
    if groups.iter().any(|group| usize::from(group.index) >= tops) {
        return Err(SkipReason::of("one of its inner instructions belongs to no instruction"));
    }
    let keys = &parts.transaction.keys;
    let compiled = groups.into_iter().map(|group| {
        let instructions = group.instructions.into_iter().map(|json| {
            let height = json.stack_height.unwrap_or(0);
            Some(InnerCall { instruction: compile(keys, json, limbs)?, height })
        });
        Some(InnerGroup { top: group.index, calls: instructions.collect::<Option<_>>()? })
    });
    let why = "one of its inner instructions does not have the form of JSON-RPC";
    compiled.collect::<Option<_>>().ok_or(SkipReason::of(why))
}
