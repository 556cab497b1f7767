//! JSON-RPC types: `getBlock` and `getTransaction` in the encodings json, jsonParsed, base58 and base64.
//!
//! Everything is optional here and checked where it is used: the input may be anything.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::text::Text;

/// A block or a transaction, either one also inside `result`, or `{slot, block}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    #[serde(borrow)]
    pub result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub error: Option<&'a RawValue>,
    #[serde(borrow)]
    pub block: Option<&'a RawValue>,
    #[serde(borrow)]
    pub transactions: Option<List<'a>>,
    #[serde(borrow)]
    pub transaction: Option<&'a RawValue>,
    #[serde(borrow)]
    pub meta: Option<&'a RawValue>,
    #[serde(borrow)]
    pub version: Option<&'a RawValue>,
    pub slot: Option<u64>,
    pub block_time: Option<i64>,
    pub transaction_index: Option<u64>,
}

/// Maximum values taken from a list: more than any block has, and few enough that a list of empty values
/// cannot take many times its own size in memory.
const LIST_MAX: usize = 1 << 20;

/// A list with a bounded number of values.
pub struct List<'a>(pub Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Bounded::<_, LIST_MAX>(PhantomData)).map(List)
    }
}

struct Bounded<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Bounded<T, MAX> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            if values.len() == MAX {
                return Err(de::Error::custom(format_args!("a list of more than {MAX} values")));
            }
            values.push(value);
        }
        Ok(values)
    }
}

/// One transaction of a whole block.
#[derive(Deserialize)]
pub struct WholeTransaction<'a> {
    #[serde(borrow)]
    pub transaction: Body<'a>,
    #[serde(borrow)]
    pub meta: Meta<'a>,
    #[serde(borrow)]
    pub version: Option<&'a RawValue>,
}

/// One transaction of a block.
#[derive(Deserialize)]
pub struct TransactionWithMeta<'a> {
    #[serde(borrow)]
    pub transaction: Option<&'a RawValue>,
    #[serde(borrow)]
    pub meta: Option<&'a RawValue>,
    #[serde(borrow)]
    pub version: Option<&'a RawValue>,
}

/// A transaction in any encoding, read in one pass.
pub enum Body<'a> {
    /// json and jsonParsed.
    Json(JsonTransaction<'a>),
    /// The bytes as text, and their encoding, `base58` or `base64`.
    Encoded(Text<'a>, Text<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BodyVisitor)
    }
}

struct BodyVisitor;

impl<'de> serde::de::Visitor<'de> for BodyVisitor {
    type Value = Body<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a transaction as an object, a text, or a text with its encoding")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Body<'de>, A::Error> {
        JsonTransaction::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Body::Json)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Body<'de>, E> {
        Ok(Body::Encoded(Text::of(text), Text::of("base58")))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Body<'de>, E> {
        Ok(Body::Encoded(Text::of(text.to_owned()), Text::of("base58")))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Body<'de>, A::Error> {
        let missing = || serde::de::Error::custom("a text and its encoding");
        let text: &'de str = list.next_element()?.ok_or_else(missing)?;
        let encoding: &'de str = list.next_element()?.ok_or_else(missing)?;
        if list.next_element::<serde::de::IgnoredAny>()?.is_some() {
            return Err(missing());
        }
        Ok(Body::Encoded(Text::of(text), Text::of(encoding)))
    }
}

#[derive(Deserialize)]
pub struct JsonTransaction<'a> {
    #[serde(borrow)]
    pub signatures: Vec<Text<'a>>,
    #[serde(borrow)]
    pub message: JsonMessage<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonMessage<'a> {
    pub header: Option<Header>,
    #[serde(borrow)]
    pub account_keys: Vec<AccountKey<'a>>,
    #[serde(borrow)]
    pub recent_blockhash: Option<Text<'a>>,
    #[serde(borrow)]
    pub instructions: Vec<JsonInstruction<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    pub num_required_signatures: u8,
    pub num_readonly_signed_accounts: u8,
    pub num_readonly_unsigned_accounts: u8,
}

/// A plain key, or jsonParsed's object, which also lists the loaded keys.
pub enum AccountKey<'a> {
    Plain(Text<'a>),
    Parsed { pubkey: Text<'a>, signer: bool },
}

// Written by hand: serde's `untagged` would first copy every key into a tree.
impl<'de: 'a, 'a> Deserialize<'de> for AccountKey<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Parsed<'a> {
            #[serde(borrow)]
            pubkey: Text<'a>,
            #[serde(default)]
            signer: bool,
        }
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = AccountKey<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key or an object with pubkey")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(AccountKey::Plain(Text::of(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(AccountKey::Plain(Text::of(text.to_owned())))
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
                let Parsed { pubkey, signer } = Parsed::deserialize(MapAccessDeserializer::new(map))?;
                Ok(AccountKey::Parsed { pubkey, signer })
            }
        }
        deserializer.deserialize_any(Keys)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JsonInstruction<'a> {
    pub program_id_index: Option<u8>,
    #[serde(borrow)]
    pub program_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub accounts: Option<Accounts<'a>>,
    #[serde(borrow)]
    pub data: Option<Text<'a>>,
    #[serde(borrow)]
    pub parsed: Option<&'a RawValue>,
    pub stack_height: Option<u32>,
}

/// Indices, or jsonParsed's keys.
pub enum Accounts<'a> {
    Indices(Vec<u8>),
    Keys(Vec<Text<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Accounts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Accounts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of indices or of keys")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
                let (mut indices, mut keys) = (Vec::with_capacity(16), Vec::new());
                while let Some(item) = list.next_element::<Item<'de>>()? {
                    match item {
                        Item::Index(index) => indices.push(index),
                        Item::Key(key) => keys.push(key),
                    }
                }
                match (indices.is_empty(), keys.is_empty()) {
                    (_, true) => Ok(Accounts::Indices(indices)),
                    (true, false) => Ok(Accounts::Keys(keys)),
                    (false, false) => Err(de::Error::custom("indices and keys in one list")),
                }
            }
        }
        deserializer.deserialize_seq(List)
    }
}

enum Item<'a> {
    Index(u8),
    Key(Text<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Item<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Item<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an index below 256 or a key")
            }

            fn visit_u64<E: de::Error>(self, index: u64) -> Result<Self::Value, E> {
                u8::try_from(index).map(Item::Index).map_err(|_| E::custom("an index above 255"))
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Item::Key(Text::of(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Item::Key(Text::of(text.to_owned())))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta<'a> {
    #[serde(borrow)]
    pub err: Option<&'a RawValue>,
    pub fee: Option<u64>,
    pub pre_balances: Option<Vec<u64>>,
    pub post_balances: Option<Vec<u64>>,
    #[serde(borrow)]
    pub inner_instructions: Option<Vec<InnerInstructions<'a>>>,
    #[serde(borrow)]
    pub log_messages: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pub pre_token_balances: Option<Vec<TokenBalance<'a>>>,
    #[serde(borrow)]
    pub post_token_balances: Option<Vec<TokenBalance<'a>>>,
    #[serde(borrow)]
    pub loaded_addresses: Option<LoadedAddresses<'a>>,
    pub compute_units_consumed: Option<u64>,
}

#[derive(Deserialize)]
pub struct InnerInstructions<'a> {
    pub index: u16,
    #[serde(borrow)]
    pub instructions: Vec<JsonInstruction<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenBalance<'a> {
    pub account_index: u8,
    #[serde(borrow)]
    pub mint: Text<'a>,
    #[serde(borrow)]
    pub owner: Option<Text<'a>>,
    #[serde(borrow)]
    pub program_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub ui_token_amount: UiTokenAmount<'a>,
}

#[derive(Deserialize)]
pub struct UiTokenAmount<'a> {
    #[serde(borrow)]
    pub amount: Text<'a>,
    pub decimals: u8,
}

#[derive(Deserialize)]
pub struct LoadedAddresses<'a> {
    #[serde(borrow)]
    pub writable: Vec<Text<'a>>,
    #[serde(borrow)]
    pub readonly: Vec<Text<'a>>,
}

/// jsonParsed's form of a token instruction.
#[derive(Deserialize)]
pub struct ParsedInstruction<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub info: ParsedInfo<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ParsedInfo<'a> {
    #[serde(borrow)]
    pub source: Option<Text<'a>>,
    #[serde(borrow)]
    pub destination: Option<Text<'a>>,
    #[serde(borrow)]
    pub mint: Option<Text<'a>>,
    #[serde(borrow)]
    pub authority: Option<Text<'a>>,
    #[serde(borrow)]
    pub multisig_authority: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Text<'a>>,
    pub lamports: Option<u64>,
    #[serde(borrow)]
    pub token_amount: Option<UiTokenAmount<'a>>,
    #[serde(borrow)]
    pub fee_amount: Option<UiTokenAmount<'a>>,
}
