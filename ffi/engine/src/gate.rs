//! Go or no-go: each term on its own, so that the operator can be told which ones refused, and how often.

use crate::policy::Policy;

/// One reason to refuse, in the order they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// The module is killed.
    Killed,
    /// The module is stopped.
    Stopped,
    /// Skipped by `throttle_pct`.
    Throttled,
    /// The score is below `score_min`.
    ScoreMin,
    /// The expected value is not above 0.
    EvPositive,
    /// The expected value is below `ev_min`.
    EvMin,
    /// Fees and tip take more than `max_fee_share` of the edge.
    FeeShare,
    /// Predicted slippage is above `max_slippage_bps`.
    Slippage,
    /// Pool state is older than `max_state_age_slots`.
    StateAge,
}

/// All terms; [`Term`] as a number is its place here.
pub const TERMS: [Term; 9] = [
    Term::Killed,
    Term::Stopped,
    Term::Throttled,
    Term::ScoreMin,
    Term::EvPositive,
    Term::EvMin,
    Term::FeeShare,
    Term::Slippage,
    Term::StateAge,
];

impl Term {
    /// Its name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Term::Killed => "killed",
            Term::Stopped => "stopped",
            Term::Throttled => "throttled",
            Term::ScoreMin => "score_min",
            Term::EvPositive => "ev_positive",
            Term::EvMin => "ev_min",
            Term::FeeShare => "fee_share",
            Term::Slippage => "slippage",
            Term::StateAge => "state_age",
        }
    }
}

/// The terms that refused; empty = go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusals(u16);

impl Refusals {
    /// Adds `term` when `refuses`.
    fn add(&mut self, term: Term, refuses: bool) {
        self.0 |= u16::from(refuses) << (term as u16);
    }

    /// Nothing refused.
    #[must_use]
    pub fn is_go(self) -> bool {
        self.0 == 0
    }

    /// Whether `term` refused.
    #[must_use]
    pub fn has(self, term: Term) -> bool {
        self.0 >> (term as u16) & 1 == 1
    }

    /// Those that refused, in order.
    pub fn terms(self) -> impl Iterator<Item = Term> {
        TERMS.into_iter().filter(move |term| self.has(*term))
    }

    /// `pass`, or the first term that refused.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.terms().next().map_or("pass", Term::name)
    }
}

/// How often each term refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WhyNot(pub [u64; TERMS.len()]);

impl WhyNot {
    /// Counts the first term that refused.
    pub fn count_first(&mut self, refusals: Refusals) {
        if let Some(term) = refusals.terms().next() {
            self.0[term as usize] += 1;
        }
    }

    /// Counts every term that refused.
    pub fn count(&mut self, refusals: Refusals) {
        for term in refusals.terms() {
            self.0[term as usize] += 1;
        }
    }
}

/// What an opportunity is weighed by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Terms {
    /// The model's output, 0..1.
    pub score: f64,
    /// Expected value in SOL.
    pub ev_sol: f64,
    /// Share of the edge that fees and tip take.
    pub fee_share: f64,
    /// Predicted slippage, bps.
    pub slippage_bps: f64,
    /// Slots since the state was known whole.
    pub state_age_slots: u64,
}

/// Switches that stop anything, observed events too. `id` is the decision's.
#[must_use]
pub fn switches(policy: &Policy, id: &[u8; 16]) -> Refusals {
    let mut refusals = Refusals::default();
    refusals.add(Term::Killed, policy.killed);
    refusals.add(Term::Stopped, !policy.running);
    let dice = u64::from_le_bytes(std::array::from_fn(|at| id[at])) % 100;
    refusals.add(Term::Throttled, dice < u64::from(policy.throttle_pct));
    refusals
}

/// All terms for an opportunity. A number that is no number refuses.
#[must_use]
pub fn judge(policy: &Policy, id: &[u8; 16], terms: &Terms) -> Refusals {
    let mut refusals = switches(policy, id);
    let below = |value: f64, limit: f64| value < limit || value.is_nan();
    let above = |value: f64, limit: f64| value > limit || value.is_nan();
    refusals.add(Term::ScoreMin, below(terms.score, policy.score_min));
    refusals.add(Term::EvPositive, terms.ev_sol <= 0.0 || terms.ev_sol.is_nan());
    refusals.add(Term::EvMin, below(terms.ev_sol, policy.ev_min_sol));
    refusals.add(Term::FeeShare, above(terms.fee_share, policy.max_fee_share));
    refusals.add(Term::Slippage, above(terms.slippage_bps, policy.max_slippage_bps));
    refusals.add(Term::StateAge, terms.state_age_slots > policy.max_state_age_slots);
    refusals
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Terms =
        Terms { score: 0.9, ev_sol: 0.01, fee_share: 0.2, slippage_bps: 10.0, state_age_slots: 1 };

    #[test]
    fn judge_names_each_failing_term() {
        let policy = Policy::default();
        let rows: [(&str, Terms, Policy, &[Term]); 10] = [
            ("good", GOOD, policy, &[]),
            ("score", Terms { score: 0.4, ..GOOD }, policy, &[Term::ScoreMin]),
            ("loss", Terms { ev_sol: -0.1, ..GOOD }, policy, &[Term::EvPositive, Term::EvMin]),
            ("little", Terms { ev_sol: 0.0007, ..GOOD }, policy, &[Term::EvMin]),
            ("fees", Terms { fee_share: 0.51, ..GOOD }, policy, &[Term::FeeShare]),
            ("slippage", Terms { slippage_bps: 51.0, ..GOOD }, policy, &[Term::Slippage]),
            ("old", Terms { state_age_slots: 3, ..GOOD }, policy, &[Term::StateAge]),
            ("no number", Terms { score: f64::NAN, ..GOOD }, policy, &[Term::ScoreMin]),
            ("killed", GOOD, Policy { killed: true, ..policy }, &[Term::Killed]),
            ("stopped", GOOD, Policy { running: false, ..policy }, &[Term::Stopped]),
        ];
        for (name, terms, policy, expected) in rows {
            let refusals = judge(&policy, &[7; 16], &terms);
            assert_eq!(refusals.terms().collect::<Vec<_>>(), expected, "{name}");
            assert_eq!(refusals.name(), expected.first().map_or("pass", |term| term.name()));
        }
        for (at, term) in TERMS.into_iter().enumerate() {
            assert_eq!(term as usize, at);
        }
    }

    #[test]
    fn throttle_skips_its_share_and_all_at_100() {
        let skipped = |throttle_pct| {
            let policy = Policy { throttle_pct, ..Policy::default() };
            let id = |n: u64| {
                let mut id = [0; 16];
                id[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
                id
            };
            (0..10_000).filter(|&n| !switches(&policy, &id(n)).is_go()).count()
        };
        assert_eq!((skipped(0), skipped(100)), (0, 10_000));
        assert!((2_300..2_700).contains(&skipped(25)), "{}", skipped(25));
    }
}
