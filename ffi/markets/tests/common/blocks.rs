//! Landed swaps of the executed blocks: each instruction of a program, with the transfers under it.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use markets::Address;
use serde::Deserialize;

use super::{Encoded, Held, address};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    block_time: i64,
    transactions: Vec<Landed>,
}

#[derive(Deserialize)]
struct Landed {
    meta: Meta,
    transaction: Transaction,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    err: Option<serde_json::Value>,
    inner_instructions: Vec<Inner>,
    loaded_addresses: Loaded,
}

#[derive(Deserialize)]
struct Inner {
    index: usize,
    instructions: Vec<Instruction>,
}

#[derive(Deserialize)]
struct Loaded {
    writable: Vec<String>,
    readonly: Vec<String>,
}

#[derive(Deserialize)]
struct Transaction {
    message: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    account_keys: Vec<String>,
    instructions: Vec<Instruction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instruction {
    program_id_index: usize,
    accounts: Vec<usize>,
    data: String,
    stack_height: Option<u32>,
}

/// Tokens that moved.
#[derive(Clone, Copy)]
pub struct Transfer {
    pub from: Address,
    pub to: Address,
    pub amount: u64,
}

/// An instruction of a transaction that did not fail.
pub struct Call {
    pub slot: u64,
    pub time_s: i64,
    pub program: Address,
    pub accounts: Vec<Address>,
    /// Transfers of the token programs under it.
    pub transfers: Vec<Transfer>,
}

/// The accounts before the first block.
pub fn accounts_start(folder: &Path) -> Held {
    #[derive(Deserialize)]
    struct Row {
        pubkey: String,
        owner: String,
        data: Encoded,
    }
    let mut held = Held::default();
    for line in unpacked(&folder.join("accounts_start.ndjson.zst")).lines() {
        let row: Row = serde_json::from_str(line).expect("an account");
        let (Encoded::Plain(text) | Encoded::Named([text, _])) = row.data;
        let data = base64::prelude::BASE64_STANDARD.decode(text).expect("base64");
        held.put(address(&row.pubkey), address(&row.owner), data);
    }
    held
}

/// Calls `each` with every instruction of the blocks, in their order.
pub fn calls(folder: &Path, mut each: impl FnMut(&Call)) {
    let files = fs::read_dir(folder.join("blocks")).expect("the blocks");
    let mut files: Vec<_> = files.map(|file| file.expect("a block").path()).collect();
    files.sort();
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        let slot = name.split('.').next().expect("a slot").parse().expect("a slot");
        let block: Block = serde_json::from_str(&unpacked(&file)).expect("a block");
        for landed in block.transactions.iter().filter(|landed| landed.meta.err.is_none()) {
            transaction(landed, slot, block.block_time, &mut each);
        }
    }
}

fn unpacked(file: &Path) -> String {
    let packed =
        fs::File::open(file).unwrap_or_else(|error| panic!("cannot open {}: {error}", file.display()));
    let mut text = String::new();
    let mut decoder = zstd::Decoder::new(packed).expect("zstd");
    decoder.read_to_string(&mut text).expect("text");
    text
}

fn transaction(landed: &Landed, slot: u64, time_s: i64, each: &mut impl FnMut(&Call)) {
    let message = &landed.transaction.message;
    let loaded = &landed.meta.loaded_addresses;
    let keys = message.account_keys.iter().chain(&loaded.writable).chain(&loaded.readonly);
    let keys: Vec<Address> = keys.map(|key| address(key)).collect();
    let mut all: Vec<(u32, &Instruction)> = Vec::new();
    for (index, instruction) in message.instructions.iter().enumerate() {
        all.push((1, instruction));
        for inner in landed.meta.inner_instructions.iter().filter(|inner| inner.index == index) {
            let below = inner.instructions.iter();
            all.extend(below.map(|instruction| (instruction.stack_height.expect("a height"), instruction)));
        }
    }
    for (place, (height, instruction)) in all.iter().enumerate() {
        let below = all[place + 1..].iter().take_while(|(other, _)| other > height);
        let accounts = instruction.accounts.iter().map(|&account| keys[account]).collect();
        each(&Call {
            slot,
            time_s,
            program: keys[instruction.program_id_index],
            accounts,
            transfers: below.filter_map(|(_, instruction)| transfer(instruction, &keys)).collect(),
        });
    }
}

/// The transfer that an instruction is, checked or not.
fn transfer(instruction: &Instruction, keys: &[Address]) -> Option<Transfer> {
    let programs =
        ["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"];
    if !programs.map(address).contains(&keys[instruction.program_id_index]) {
        return None;
    }
    let data = base58(&instruction.data);
    let to = match data.first()? {
        3 => 1,
        12 => 2,
        _ => return None,
    };
    let amount = u64::from_le_bytes(data.get(1..9)?.try_into().ok()?);
    let account = |place: usize| keys[instruction.accounts[place]];
    Some(Transfer { from: account(0), to: account(to), amount })
}

/// Bytes of a text in base 58.
fn base58(text: &str) -> Vec<u8> {
    const DIGITS: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes: Vec<u8> = Vec::new();
    for digit in text.chars() {
        let mut carry = u32::try_from(DIGITS.find(digit).expect("a digit")).expect("a digit");
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(carry.to_le_bytes()[0]);
            carry >>= 8;
        }
    }
    bytes.extend(text.chars().take_while(|digit| *digit == '1').map(|_| 0));
    bytes.reverse();
    bytes
}
