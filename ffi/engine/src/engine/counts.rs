//! What the engine counts.

use crate::gate::{Refusals, Term, WhyNot};
use crate::legs::DecodeCounts;

/// What was seen, for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Transactions walked.
    pub transactions: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many of them are votes.
    pub votes: u64,
    /// Transactions seen before they were executed.
    pub pending: u64,
    /// Frames that could not be walked.
    pub malformed: u64,
    /// Frames of transactions that were seen before: the first one counts.
    pub repeated: u64,
    /// Transactions that did not fit into memory: if they come again, they count again.
    pub unremembered: u64,
    /// Opportunities found.
    pub candidates: u64,
    /// How many of them had a pool state that was young enough.
    pub fresh: u64,
    /// Fresh ones that no switch (killed, stopped, throttled) removed: these are judged by their worth.
    pub weighed: u64,
    /// Weighed ones that passed the gate.
    pub passed: u64,
    /// Opportunities by the first term that refused each: the sum is `candidates - passed`.
    pub refused_first: WhyNot,
    /// Opportunities that each term refused; one that several refused counts for each.
    pub why_not: WhyNot,
    /// Observed facts that a switch kept out of the log. They do not count as opportunities.
    pub observed_withheld: u64,
    /// Legs, and swap instructions that gave none.
    pub decode: DecodeCounts,
}

impl Counts {
    /// Counts an opportunity by what refused it. `switched_on`: no switch stops it.
    pub(super) fn count_weighed(&mut self, refusals: Refusals, switched_on: bool) {
        let fresh = !refusals.has(Term::StateAge);
        self.candidates += 1;
        self.fresh += u64::from(fresh);
        self.weighed += u64::from(fresh && switched_on);
        self.why_not.count(refusals);
        self.refused_first.count_first(refusals);
        self.passed += u64::from(refusals.is_go());
    }
}
