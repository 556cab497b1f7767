//! Each transaction of a slot counts once, however many sources or files bring it: the first frame wins.

use std::collections::{BTreeMap, HashSet, VecDeque};

use crate::pubkey::Signature;

/// Slots whose signatures are remembered. All transactions of an older slot that has ended count as seen.
const SLOTS_MAX: usize = 64;
/// Transactions of a slot that fit without an allocation.
const TRANSACTIONS_USUAL: usize = 2_048;
/// Room that is passed on to the next slot; what an unusually large slot took beyond it is freed.
const ROOM_MAX: usize = 8_192;
/// Transactions of a slot that are remembered: several times what the chain can execute in one.
const TRANSACTIONS_MAX: usize = 65_536;
/// Runs of ended slots that are remembered. Each slot without a block leaves a gap.
const RUNS_MAX: usize = 65_536;

/// The half of a signature that its signer cannot choose freely. The signer may use the other half twice.
type SignatureHalf = [u8; 16];

/// What was seen.
#[derive(Default)]
pub struct Seen {
    /// Newest last.
    slots: VecDeque<(u64, HashSet<SignatureHalf>)>,
    /// First and last slot of each run of slots that have ended.
    ended: BTreeMap<u64, u64>,
    /// Transactions beyond the limit of their slot, which are not remembered: if they come again, they count again.
    pub unremembered: u64,
}

impl Seen {
    /// Whether this is the first frame of the transaction in this slot.
    pub fn is_first(&mut self, slot: u64, signature: &Signature) -> bool {
        let half = std::array::from_fn(|at| signature.0[32 + at]);
        if let Some((_, halves)) = self.slots.iter_mut().rev().find(|(known, _)| *known == slot) {
            if halves.len() < TRANSACTIONS_MAX {
                return halves.insert(half);
            }
            let first = !halves.contains(&half);
            self.unremembered += u64::from(first);
            return first;
        }
        if self.has_ended(slot) {
            return false;
        }
        let spare = if self.slots.len() == SLOTS_MAX { self.slots.pop_front() } else { None };
        let mut halves =
            spare.map_or_else(|| HashSet::with_capacity(TRANSACTIONS_USUAL), |(_, halves)| halves);
        halves.clear();
        if halves.capacity() > ROOM_MAX {
            halves.shrink_to(TRANSACTIONS_USUAL);
        }
        halves.insert(half);
        self.slots.push_back((slot, halves));
        true
    }

    /// Marks a slot as ended; false when it already was.
    pub fn end(&mut self, slot: u64) -> bool {
        if self.has_ended(slot) {
            return false;
        }
        let before = self.ended.range(..slot).next_back().map(|(&first, &last)| (first, last));
        let begin = match before {
            Some((first, last)) if last.checked_add(1) == Some(slot) => first,
            _ => slot,
        };
        let end_of_next = slot.checked_add(1).and_then(|next| self.ended.remove(&next));
        self.ended.insert(begin, end_of_next.unwrap_or(slot));
        if self.ended.len() > RUNS_MAX {
            self.ended.pop_first();
        }
        true
    }

    fn has_ended(&self, slot: u64) -> bool {
        self.ended.range(..=slot).next_back().is_some_and(|(_, &last)| last >= slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(number: u64) -> Signature {
        let mut bytes = [7; 64];
        bytes[32..40].copy_from_slice(&number.to_le_bytes());
        Signature(bytes)
    }

    #[test]
    fn a_transaction_counts_once_in_a_slot_and_again_in_another() {
        let mut seen = Seen::default();
        assert!(seen.is_first(5, &signature(1)));
        assert!(!seen.is_first(5, &signature(1)));
        assert!(seen.is_first(5, &signature(2)));
        assert!(seen.is_first(6, &signature(1)));
        assert!(seen.end(5) && !seen.end(5));
        assert!(seen.is_first(5, &signature(3)), "late, but not seen");
    }

    #[test]
    fn a_slot_long_past_is_known_by_its_end() {
        let mut seen = Seen::default();
        for slot in (1..1_000).filter(|slot| slot % 7 != 0) {
            assert!(seen.is_first(slot, &signature(slot)));
            assert!(seen.end(slot));
        }
        assert!(seen.slots.len() <= SLOTS_MAX);
        for slot in 1..900 {
            assert_eq!(seen.is_first(slot, &signature(slot)), slot % 7 == 0, "slot {slot}");
        }
        // The gaps are filled: one run is left.
        for slot in (1..1_000).filter(|slot| slot % 7 == 0) {
            assert!(seen.end(slot));
        }
        assert_eq!(seen.ended.into_iter().collect::<Vec<_>>(), [(1, 999)]);
        let mut seen = Seen::default();
        assert!(seen.end(u64::MAX) && !seen.end(u64::MAX) && seen.end(u64::MAX - 1));
    }
    #[test]
    fn a_slot_that_never_ends_uses_bounded_memory() {
        let mut seen = Seen::default();
        let more = 1_000;
        for number in 0..(TRANSACTIONS_MAX + more) as u64 {
            assert!(seen.is_first(1, &signature(number)));
        }
        assert_eq!(seen.slots[0].1.len(), TRANSACTIONS_MAX);
        assert_eq!(seen.unremembered, more as u64, "counted by name");
        assert!(!seen.is_first(1, &signature(5)), "what is remembered counts once");
        assert!(seen.is_first(1, &signature(TRANSACTIONS_MAX as u64 + 5)), "what is not counts again");
        assert_eq!(seen.unremembered, more as u64 + 1);
        // The slot that gets its room keeps no more of it than is usual.
        for slot in 2..=1 + SLOTS_MAX as u64 {
            assert!(seen.is_first(slot, &signature(slot)));
        }
        assert_eq!(seen.slots.len(), SLOTS_MAX);
        assert!(seen.slots.iter().all(|(_, halves)| halves.capacity() <= ROOM_MAX));
    }
}
