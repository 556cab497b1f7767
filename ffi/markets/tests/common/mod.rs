//! What the tests of all markets share: accounts that are held, snapshots, seeded numbers.
#![allow(dead_code, reason = "each test uses a part")]

pub mod blocks;
pub mod dlmm;
pub mod meteora;
pub mod properties;
pub mod pump;
pub mod ticks;
pub mod tokens;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use markets::any::AnyMarket;
use markets::{Account, Accounts, Address};
use serde::Deserialize;

/// Accounts by address, in its order.
#[derive(Clone, Default)]
pub struct Held(pub BTreeMap<Address, Stored>);

/// An account that is held.
#[derive(Clone)]
pub struct Stored {
    /// The program that owns it.
    pub owner: Address,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Held {
    /// Puts an account, for an older one too.
    pub fn put(&mut self, address: Address, owner: Address, data: Vec<u8>) {
        self.0.insert(address, Stored { owner, data });
    }

    /// The bytes of an account that is there.
    pub fn data(&mut self, address: &Address) -> &mut Vec<u8> {
        &mut self.0.get_mut(address).expect("an account that is held").data
    }

    /// Writes `bytes` at `offset` of an account that is there.
    pub fn write(&mut self, address: &Address, offset: usize, bytes: &[u8]) {
        self.data(address)[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    /// The market of the pool, which must load.
    pub fn market(&self, pool: &Address) -> AnyMarket {
        AnyMarket::load(pool, self).expect("a DEX with a market").expect("a pool that loads")
    }
}

impl Accounts for Held {
    fn get(&self, address: &Address) -> Option<Account<'_>> {
        let stored = self.0.get(address)?;
        Some(Account { address: *address, owner: stored.owner, data: &stored.data })
    }

    fn owned_by(&self, owner: &Address) -> Box<dyn Iterator<Item = Account<'_>> + '_> {
        let owner = *owner;
        Box::new(
            self.0.iter().filter(move |(_, stored)| stored.owner == owner).map(|(address, stored)| Account {
                address: *address,
                owner: stored.owner,
                data: &stored.data,
            }),
        )
    }
}

/// The address that a text names.
pub fn address(text: &str) -> Address {
    let mut bytes = [0; 32];
    five8::decode_32(text, &mut bytes).expect("an address");
    bytes
}

/// A folder of the data beside the checkout (`executed`, `accounts`); `None` where `LEGEND_SHARED=none` skips it.
pub fn shared(folder: &str) -> Option<PathBuf> {
    if std::env::var("LEGEND_SHARED").is_ok_and(|value| value == "none") {
        return None;
    }
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(folder))
}

/// Base64 alone (executed snapshots), or with the name of its encoding (mainnet's).
#[derive(Deserialize)]
#[serde(untagged)]
enum Encoded {
    Plain(String),
    Named([String; 2]),
}

#[derive(Deserialize)]
struct Written {
    owner: String,
    data: Encoded,
}

#[derive(Deserialize)]
struct Snapshot {
    accounts: BTreeMap<String, Option<Written>>,
}

/// The accounts of a snapshot's file.
pub fn held(file: &Path) -> Held {
    let text = fs::read(file).unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
    let snapshot: Snapshot = serde_json::from_slice(&text).expect("a snapshot");
    let mut held = Held::default();
    for (key, written) in snapshot.accounts {
        let Some(Written { owner, data }) = written else { continue };
        let (Encoded::Plain(text) | Encoded::Named([text, _])) = data;
        let data = base64::prelude::BASE64_STANDARD.decode(text).expect("base64");
        held.put(address(&key), address(&owner), data);
    }
    held
}

/// The lines of a file of `tests/data`.
pub fn facts<T: for<'de> Deserialize<'de>>(name: &str) -> Vec<T> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("a fact")).collect()
}

/// A line of the executed quotes.
#[derive(Deserialize)]
pub struct Line {
    /// The pool's address.
    pub pool: String,
    /// The snapshot before the swap, in the folder of the lines.
    pub accounts_file: String,
    /// Which of the snapshots of its pool.
    pub state: u32,
    pub input_mint: String,
    pub amount_in: String,
    pub amount_in_spent: Option<String>,
    pub amount_out_actual: Option<String>,
    pub err: Option<serde_json::Value>,
    pub slot: u64,
    pub unix_ts: i64,
}

impl Line {
    /// What the program did: spent and paid, or `None`: it refused.
    pub fn expected(&self) -> Option<(u64, u64)> {
        if self.err.as_ref().is_some_and(|error| !error.is_null()) {
            return None;
        }
        let number = |text: &Option<String>| text.as_ref().expect("an amount").parse().expect("a number");
        Some((number(&self.amount_in_spent), number(&self.amount_out_actual)))
    }
}

/// The executed quotes and their folder.
pub fn executed() -> Option<(PathBuf, Vec<Line>)> {
    let folder = shared("executed")?;
    let text = fs::read_to_string(folder.join("quotes.ndjson")).expect("the executed quotes");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    Some((folder, lines))
}

/// Numbers from a seed (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// Any 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// One of `choices`.
    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).expect("an index")]
    }

    /// A number of any magnitude: each count of bits is as likely.
    pub fn size(&mut self) -> u64 {
        let shift = self.below(64);
        self.next() >> shift
    }

    /// A size up to `most`, of any magnitude.
    pub fn up_to(&mut self, most: u64) -> u64 {
        let shift = self.below(64);
        let size = most >> shift;
        if size == 0 { most.min(1) } else { size - self.below(size / 2 + 1) }
    }
}
