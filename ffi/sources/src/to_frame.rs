//! Converts one JSON-RPC transaction to one Yellowstone frame.

use std::borrow::Cow;

use base64::Engine as _;
use engine::base58;
use engine::geyser::{
    inner_instructions, instruction, message, meta, token_balance, transaction, transaction_error,
    transaction_info, ui_token_amount, update, update_transaction,
};
use engine::position::ChainPosition;
use engine::pubkey::{Pubkey, Signature};
use engine::token;
use serde_json::value::RawValue;
use thiserror::Error;

use super::proto::Writer;
use super::rpc::{
    AccountKey, Accounts, Body, JsonInstruction, JsonTransaction, Meta, ParsedInstruction, TokenBalance,
};
use super::text::Text;
use super::wire_transaction::{self, WireError, WireInstruction, WireTransaction};

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
    fn of(why: &'static str) -> SkipReason {
        SkipReason::Malformed(Cow::Borrowed(why))
    }

    fn json(error: &serde_json::Error) -> SkipReason {
        SkipReason::Malformed(Cow::Owned(error.to_string()))
    }
}

/// Reason for a transaction without inner instructions: its legs cannot be read.
pub const UNRECORDED: &str =
    "it has no innerInstructions (the node that answered does not record them), need a node that does";

struct Parts<'a> {
    /// Its keys include the loaded ones, as the indices expect.
    transaction: WireTransaction,
    /// How many of the keys are in the transaction itself.
    own_keys: usize,
    meta: Meta<'a>,
}

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

/// As [`write`], with the meta already parsed.
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
    let called = inner.iter().flat_map(|(_, instructions)| instructions.iter().map(|(called, _)| called));
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

fn parts<'a>(transaction: Body<'_>, meta: Meta<'a>, limbs: &mut Vec<u64>) -> Result<Parts<'a>, SkipReason> {
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
fn encoded_bytes(text: &str, encoding: &str) -> Option<Vec<u8>> {
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
    wire.header = message.header.as_ref().map_or([signers, 0, 0], |header| {
        [
            header.num_required_signatures,
            header.num_readonly_signed_accounts,
            header.num_readonly_unsigned_accounts,
        ]
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

type Inner = Vec<(u16, Vec<(WireInstruction, u32)>)>;

fn inner_instructions(parts: &mut Parts<'_>, limbs: &mut Vec<u64>) -> Result<Inner, SkipReason> {
    let groups = parts.meta.inner_instructions.take().unwrap_or_default();
    let tops = parts.transaction.instructions.len();
    if groups.iter().any(|group| usize::from(group.index) >= tops) {
        return Err(SkipReason::of("one of its inner instructions belongs to no instruction"));
    }
    let keys = &parts.transaction.keys;
    let compiled = groups.into_iter().map(|group| {
        let instructions = group.instructions.into_iter().map(|json| {
            let height = json.stack_height.unwrap_or(0);
            Some((compile(keys, json, limbs)?, height))
        });
        Some((group.index, instructions.collect::<Option<_>>()?))
    });
    let why = "one of its inner instructions does not have the form of JSON-RPC";
    compiled.collect::<Option<_>>().ok_or(SkipReason::of(why))
}

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

fn write_transaction(out: &mut Writer<'_>, parts: &Parts<'_>) {
    let wire = &parts.transaction;
    for signature in &wire.signatures {
        out.bytes(transaction::SIGNATURES, signature);
    }
    out.message(transaction::MESSAGE, |message| {
        message.message(message::HEADER, |header| {
            for (field, value) in (1..).zip(wire.header) {
                header.number(field, value.into());
            }
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

fn write_meta(out: &mut Writer<'_>, parts: &Parts<'_>, inner: &Inner) {
    let meta = &parts.meta;
    if let Some(error) = meta.err.filter(|error| error.get() != "null") {
        out.message(meta::ERR, |out| out.bytes(transaction_error::ERR, error.get().as_bytes()));
    }
    out.number(meta::FEE, meta.fee.unwrap_or(0));
    out.packed(meta::PRE_BALANCES, meta.pre_balances.iter().flatten().copied());
    out.packed(meta::POST_BALANCES, meta.post_balances.iter().flatten().copied());
    for (index, instructions) in inner {
        out.message(meta::INNER_INSTRUCTIONS, |out| {
            out.number(inner_instructions::INDEX, (*index).into());
            for (instruction, height) in instructions {
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
