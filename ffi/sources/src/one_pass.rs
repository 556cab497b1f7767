//! Reads a block of JSON in one pass.

use std::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::rpc::WholeTransaction;

/// Maximum transactions of a block that is read in one pass; a block of the chain has a few thousand.
const WHOLE_MAX: usize = 1 << 16;

/// A block's own slot and time.
#[derive(Default)]
pub struct BlockHeader {
    pub slot: Option<u64>,
    pub block_time: Option<i64>,
}

/// Reads a whole block in one pass, for the usual file: the bare answer, with every transaction as expected.
/// Each transaction is passed on before the next is read, with the slot if that came before it; `each`
/// rejects the block by returning false.
///
/// # Errors
/// It is not such a block.
pub fn read<'a>(
    text: &'a str,
    each: impl FnMut(Option<u64>, WholeTransaction<'a>) -> bool,
) -> serde_json::Result<BlockHeader> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let header = deserializer.deserialize_map(WholeBlock(each))?;
    deserializer.end()?;
    Ok(header)
}

struct WholeBlock<F>(F);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum BlockKey {
    Transactions,
    Slot,
    BlockTime,
    #[serde(other)]
    Other,
}

impl<'de, F: FnMut(Option<u64>, WholeTransaction<'de>) -> bool> Visitor<'de> for WholeBlock<F> {
    type Value = BlockHeader;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a block")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<BlockHeader, M::Error> {
        let (mut slot, mut block_time, mut seen) = (None, None, false);
        while let Some(key) = map.next_key()? {
            match key {
                BlockKey::Transactions if !seen => {
                    let each = |transaction| (self.0)(slot.flatten(), transaction);
                    map.next_value_seed(WholeList(each))?;
                    seen = true;
                }
                BlockKey::Slot if slot.is_none() => slot = Some(map.next_value()?),
                BlockKey::BlockTime if block_time.is_none() => block_time = Some(map.next_value()?),
                BlockKey::Other => drop(map.next_value::<IgnoredAny>()?),
                _ => return Err(de::Error::custom("a field of the block comes twice")),
            }
        }
        let header = BlockHeader { slot: slot.flatten(), block_time: block_time.flatten() };
        if seen { Ok(header) } else { Err(de::Error::missing_field("transactions")) }
    }
}

struct WholeList<F>(F);

impl<'de, F: FnMut(WholeTransaction<'de>) -> bool> DeserializeSeed<'de> for WholeList<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(WholeTransaction<'de>) -> bool> Visitor<'de> for WholeList<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of transactions")
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut list: S) -> Result<(), S::Error> {
        let mut count = 0;
        while let Some(transaction) = list.next_element()? {
            count += 1;
            if count > WHOLE_MAX || !(self.0)(transaction) {
                return Err(de::Error::custom("too many transactions, or one that cannot be used"));
            }
        }
        Ok(())
    }
}
