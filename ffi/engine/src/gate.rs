//! Go or no-go: each term is checked on its own, so that the operator can see which ones refused and how often.

use crate::gates::{Place, Risks};
use crate::policy::Policy;

/// One reason to refuse, in the order in which they are reported.
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
    /// A pool is on `pools_deny`.
    PoolsDeny,
    /// A mint is on `mints_deny`.
    MintsDeny,
    /// A mint is not on `mints_allow`.
    MintsAllow,
    /// A pool holds less than `liquidity_min`.
    LiquidityMin,
    /// What a pool holds cannot be valued in SOL.
    LiquidityUnknown,
    /// A mint's accounts can be frozen.
    MintFreeze,
    /// A mint has a permanent delegate.
    MintDelegate,
    /// A mint has a transfer hook, or may get one.
    MintHook,
    /// A mint's transfer fee can be changed.
    MintFee,
    /// A mint's account was never seen.
    MintUnknown,
}

/// All terms; [`Term`] as a number is its place here.
pub const TERMS: [Term; 19] = [
    Term::Killed,
    Term::Stopped,
    Term::Throttled,
    Term::ScoreMin,
    Term::EvPositive,
    Term::EvMin,
    Term::FeeShare,
    Term::Slippage,
    Term::StateAge,
    Term::PoolsDeny,
    Term::MintsDeny,
    Term::MintsAllow,
    Term::LiquidityMin,
    Term::LiquidityUnknown,
    Term::MintFreeze,
    Term::MintDelegate,
    Term::MintHook,
    Term::MintFee,
    Term::MintUnknown,
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
            Term::PoolsDeny => "pools_deny",
            Term::MintsDeny => "mints_deny",
            Term::MintsAllow => "mints_allow",
            Term::LiquidityMin => "liquidity_min",
            Term::LiquidityUnknown => "liquidity_unknown",
            Term::MintFreeze => "mint_freeze",
            Term::MintDelegate => "mint_delegate",
            Term::MintHook => "mint_hook",
            Term::MintFee => "mint_fee",
            Term::MintUnknown => "mint_unknown",
        }
    }

    /// Whether `policy` asks for it. A term that it does not ask for is left out of an opportunity's evidence.
    #[must_use]
    pub fn is_asked(self, policy: &Policy) -> bool {
        let gates = &policy.gates;
        match self {
            Term::PoolsDeny => !gates.pools_deny.is_empty(),
            Term::MintsDeny => !gates.mints_deny.is_empty(),
            Term::MintsAllow => !gates.mints_allow.is_empty(),
            Term::LiquidityMin | Term::LiquidityUnknown => gates.liquidity_min_sol > 0.0,
            Term::MintFreeze => gates.mint_refuse.has(Risks::FREEZE),
            Term::MintDelegate => gates.mint_refuse.has(Risks::DELEGATE),
            Term::MintHook => gates.mint_refuse.has(Risks::HOOK),
            Term::MintFee => gates.mint_refuse.has(Risks::FEE),
            Term::MintUnknown => !gates.mint_refuse.is_none(),
            _ => true,
        }
    }
}

/// The terms that refused; empty = go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusals(u32);

impl Refusals {
    /// Adds `term` when `refuses`.
    fn add(&mut self, term: Term, refuses: bool) {
        self.0 |= u32::from(refuses) << (term as u16);
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
    /// What is traded, and where.
    pub place: Place,
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

/// All terms for an opportunity. NaN refuses.
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
    judge_place(&mut refusals, policy, &terms.place);
    refusals
}

/// The terms about pools and mints that are not traded in. One that the policy does not ask for refuses nothing.
fn judge_place(refusals: &mut Refusals, policy: &Policy, place: &Place) {
    let gates = &policy.gates;
    let rows = [
        (Term::PoolsDeny, place.pool_denied),
        (Term::MintsDeny, place.mint_denied),
        (Term::MintsAllow, place.mint_not_allowed),
        (Term::LiquidityMin, place.liquidity_sol.is_some_and(|sol| sol < gates.liquidity_min_sol)),
        (Term::LiquidityUnknown, place.liquidity_sol.is_none() && !gates.pass_unknown),
        (Term::MintFreeze, place.risks.has(Risks::FREEZE)),
        (Term::MintDelegate, place.risks.has(Risks::DELEGATE)),
        (Term::MintHook, place.risks.has(Risks::HOOK)),
        (Term::MintFee, place.risks.has(Risks::FEE)),
        (Term::MintUnknown, place.mint_unknown && !gates.pass_unknown),
    ];
    for (term, refuses) in rows {
        refusals.add(term, refuses && term.is_asked(policy));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gates::Gates;
    use crate::pubkey::Pubkey;

    const GOOD: Terms = Terms {
        score: 0.9,
        ev_sol: 0.01,
        fee_share: 0.2,
        slippage_bps: 10.0,
        state_age_slots: 1,
        place: PLACE,
    };
    const PLACE: Place = Place {
        pool_denied: false,
        mint_denied: false,
        mint_not_allowed: false,
        liquidity_sol: None,
        risks: Risks::NONE,
        mint_unknown: true,
    };

    #[test]
    fn judge_names_each_failing_term() {
        let policy = Policy::default();
        let rows: [(&str, Terms, Policy, &[Term]); 10] = [
            ("good", GOOD, policy.clone(), &[]),
            ("score", Terms { score: 0.4, ..GOOD }, policy.clone(), &[Term::ScoreMin]),
            ("loss", Terms { ev_sol: -0.1, ..GOOD }, policy.clone(), &[Term::EvPositive, Term::EvMin]),
            ("little", Terms { ev_sol: 0.0007, ..GOOD }, policy.clone(), &[Term::EvMin]),
            ("fees", Terms { fee_share: 0.51, ..GOOD }, policy.clone(), &[Term::FeeShare]),
            ("slippage", Terms { slippage_bps: 51.0, ..GOOD }, policy.clone(), &[Term::Slippage]),
            ("old", Terms { state_age_slots: 3, ..GOOD }, policy.clone(), &[Term::StateAge]),
            ("no number", Terms { score: f64::NAN, ..GOOD }, policy.clone(), &[Term::ScoreMin]),
            ("killed", GOOD, Policy { killed: true, ..policy.clone() }, &[Term::Killed]),
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
    fn a_gate_refuses_by_its_own_term_when_it_is_asked_for_and_never_else() {
        // Written by hand: what is asked for, what is there, what refuses.
        let all = Risks::FREEZE.and(Risks::DELEGATE).and(Risks::HOOK).and(Risks::FEE);
        let off = Gates::default();
        let deny = Gates { pools_deny: vec![Pubkey([1; 32])], ..off.clone() };
        let mints = Gates { mints_deny: vec![Pubkey([1; 32])], ..off.clone() };
        let allow = Gates { mints_allow: vec![Pubkey([1; 32])], ..off.clone() };
        let deep = Gates { liquidity_min_sol: 50.0, ..off.clone() };
        let safe = Gates { mint_refuse: all, ..off.clone() };
        let lenient = |gates: &Gates| Gates { pass_unknown: true, ..gates.clone() };
        let bad = Place {
            pool_denied: true,
            mint_denied: true,
            mint_not_allowed: true,
            liquidity_sol: Some(49.0),
            risks: all,
            mint_unknown: true,
        };
        let clean = Place { liquidity_sol: Some(50.0), ..Place::default() };
        let risky = |risks: Risks| Place { risks, ..clean };
        let rows: [(&str, Gates, Place, &[Term]); 19] = [
            ("nothing is asked for", off, bad, &[]),
            ("pool", deny.clone(), bad, &[Term::PoolsDeny]),
            ("another pool", deny, clean, &[]),
            ("mint", mints.clone(), bad, &[Term::MintsDeny]),
            ("another mint", mints, clean, &[]),
            ("not allowed", allow.clone(), bad, &[Term::MintsAllow]),
            ("allowed", allow, clean, &[]),
            ("shallow", deep.clone(), bad, &[Term::LiquidityMin]),
            ("deep", deep.clone(), clean, &[]),
            ("depth unknown", deep.clone(), Place::default(), &[Term::LiquidityUnknown]),
            ("depth unknown, passes", lenient(&deep), Place::default(), &[]),
            ("freeze", safe.clone(), risky(Risks::FREEZE), &[Term::MintFreeze]),
            ("delegate", safe.clone(), risky(Risks::DELEGATE), &[Term::MintDelegate]),
            ("hook", safe.clone(), risky(Risks::HOOK), &[Term::MintHook]),
            ("fee", safe.clone(), risky(Risks::FEE), &[Term::MintFee]),
            ("mint unknown", safe.clone(), Place { mint_unknown: true, ..clean }, &[Term::MintUnknown]),
            ("mint unknown, passes", lenient(&safe), Place { mint_unknown: true, ..clean }, &[]),
            (
                "one power alone",
                Gates { mint_refuse: Risks::HOOK, ..Gates::default() },
                risky(Risks::FREEZE),
                &[],
            ),
            ("closed", Gates::closed(), clean, &[Term::LiquidityMin]),
        ];
        for (name, gates, place, expected) in rows {
            let policy = Policy { gates: Arc::new(gates), ..Policy::default() };
            let refusals = judge(&policy, &[7; 16], &Terms { place, ..GOOD });
            assert_eq!(refusals.terms().collect::<Vec<_>>(), expected, "{name}");
        }
    }

    #[test]
    fn gates_only_ever_add_refusals_and_passing_the_unknown_only_takes_its_own_away() {
        let mut seed = 0x5eed_u64;
        let mut next = move |below: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed % below
        };
        for case in 0..10_000 {
            let mut list = || if next(2) == 0 { Vec::new() } else { vec![Pubkey([next(4) as u8; 32])] };
            let [pools_deny, mints_allow, mints_deny] = [list(), list(), list()];
            let mut risks = || {
                let all = [Risks::FREEZE, Risks::DELEGATE, Risks::HOOK, Risks::FEE];
                all.into_iter().filter(|_| next(2) == 0).fold(Risks::NONE, Risks::and)
            };
            let (mint_refuse, held) = (risks(), risks());
            let place = Place {
                pool_denied: next(2) == 0,
                mint_denied: next(2) == 0,
                mint_not_allowed: next(2) == 0,
                liquidity_sol: (next(3) > 0).then(|| next(100) as f64),
                risks: held,
                mint_unknown: next(2) == 0,
            };
            let liquidity_min_sol = next(2) as f64 * next(100) as f64;
            let gates = Gates {
                pools_deny,
                mints_allow,
                mints_deny,
                liquidity_min_sol,
                mint_refuse,
                pass_unknown: false,
            };
            let terms = Terms { place, score: next(10) as f64 / 10.0, ..GOOD };
            let of = |gates: Gates| {
                let policy = Policy { gates: Arc::new(gates), ..Policy::default() };
                judge(&policy, &[7; 16], &terms).0
            };
            let (without, strict) = (of(Gates::default()), of(gates.clone()));
            let lenient = of(Gates { pass_unknown: true, ..gates });
            let unknown = 1 << Term::LiquidityUnknown as u32 | 1 << Term::MintUnknown as u32;
            assert_eq!(strict & without, without, "case {case}");
            assert_eq!(without >> Term::PoolsDeny as u32, 0, "case {case}");
            assert_eq!(lenient, strict & !unknown, "case {case}");
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
