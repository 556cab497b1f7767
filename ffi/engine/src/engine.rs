//! The spine: events in, decisions out, one call at a time.

use crate::decision::Decision;
use crate::frame::{FrameError, Transaction};
use crate::legs::{self, DecodeCounts, Leg};
use crate::pools::Account;
use crate::pubkey::{Pubkey, Signature};
use crate::strategy::{Landed, arbitrage, sandwich::Sandwiches};

/// Slots after a front in which its back still counts (SPEC 3).
pub const WINDOW_SLOTS: u64 = 3;

/// What a source hands over.
pub enum Event<'a> {
    /// A Yellowstone frame with one transaction, in the order of execution.
    Transaction(&'a [u8]),
    /// No further transaction of this slot follows.
    SlotEnd(u64),
    /// The source has ended: nothing that is open can go on.
    End,
}

/// What was seen, for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Transactions walked.
    pub transactions: u64,
    /// Of them failed.
    pub failed: u64,
    /// Of them votes.
    pub votes: u64,
    /// Transactions seen before they were executed.
    pub pending: u64,
    /// Frames that could not be walked.
    pub malformed: u64,
    /// Legs and what was no leg.
    pub decode: DecodeCounts,
}

/// All strategies over one stream.
pub struct Engine {
    transaction: Transaction,
    legs: Vec<Leg>,
    sandwiches: Sandwiches,
    last_slot: u64,
    counts: Counts,
}

impl Default for Engine {
    fn default() -> Self {
        Engine {
            transaction: Transaction::default(),
            legs: Vec::new(),
            sandwiches: Sandwiches::new(WINDOW_SLOTS),
            last_slot: 0,
            counts: Counts::default(),
        }
    }
}

impl Engine {
    /// Handles one event; `now_ns` is the source's time, Unix nanoseconds. Decisions go to `out`.
    pub fn on_event(&mut self, event: &Event<'_>, now_ns: u64, out: &mut Vec<Decision>) {
        match event {
            Event::SlotEnd(slot) => {
                self.last_slot = self.last_slot.max(*slot);
                self.sandwiches.on_slot_end(*slot, out);
            }
            Event::End => {
                for slot in self.last_slot..=self.last_slot + WINDOW_SLOTS {
                    self.sandwiches.on_slot_end(slot, out);
                }
            }
            Event::Transaction(frame) => self.on_frame(frame, now_ns, out),
        }
    }

    /// Takes in account state from before the first slot; returns how many pools it made known.
    pub fn load(&mut self, accounts: &[Account<'_>]) -> usize {
        self.sandwiches.load(accounts)
    }

    /// What was seen so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn on_frame(&mut self, frame: &[u8], now_ns: u64, out: &mut Vec<Decision>) {
        match self.transaction.walk(frame) {
            Ok(()) => {}
            Err(FrameError::NotATransaction) => return,
            Err(_) => {
                self.counts.malformed += 1;
                return;
            }
        }
        let transaction = &self.transaction;
        if !transaction.executed {
            self.counts.pending += 1;
            return;
        }
        self.counts.transactions += 1;
        self.counts.failed += u64::from(transaction.failed);
        self.counts.votes += u64::from(transaction.is_vote);
        self.legs.clear();
        legs::decode(frame, transaction, &mut self.legs, &mut self.counts.decode);
        self.last_slot = self.last_slot.max(transaction.slot);
        if transaction.is_vote {
            return;
        }
        let (Some(signer), Some(signature)) =
            (transaction.key(frame, 0), Signature::from_slice(transaction.signature.of(frame)))
        else {
            self.counts.malformed += 1;
            return;
        };
        let landed = Landed {
            frame,
            transaction,
            signature,
            signer: Pubkey(*signer),
            legs: &self.legs,
            event_ns: now_ns,
        };
        arbitrage::find(&landed, out);
        self.sandwiches.on_transaction(&landed);
    }
}
