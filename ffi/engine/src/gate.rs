//! Go or no-go: each term is checked on its own, so that the operator can see which ones refused and how often.

#[cfg(test)]
mod tests;

use crate::mint_risks::Risks;
use crate::policy::Policy;
use crate::trade_limits::TradeFacts;

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
        let limits = &policy.trade_limits;
        match self {
            Term::PoolsDeny => !limits.pools_deny.is_empty(),
            Term::MintsDeny => !limits.mints_deny.is_empty(),
            Term::MintsAllow => !limits.mints_allow.is_empty(),
            Term::LiquidityMin | Term::LiquidityUnknown => limits.liquidity_min_sol > 0.0,
            Term::MintFreeze => limits.mint_refuse.has(Risks::FREEZE),
            Term::MintDelegate => limits.mint_refuse.has(Risks::DELEGATE),
            Term::MintHook => limits.mint_refuse.has(Risks::HOOK),
            Term::MintFee => limits.mint_refuse.has(Risks::FEE),
            Term::MintUnknown => !limits.mint_refuse.is_none(),
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
    pub trade: TradeFacts,
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
    judge_trade(&mut refusals, policy, &terms.trade);
    refusals
}

/// The terms about pools and mints that are not traded in. One that the policy does not ask for refuses nothing.
fn judge_trade(refusals: &mut Refusals, policy: &Policy, trade: &TradeFacts) {
    let limits = &policy.trade_limits;
    let rows = [
        (Term::PoolsDeny, trade.pool_denied),
        (Term::MintsDeny, trade.mint_denied),
        (Term::MintsAllow, trade.mint_not_allowed),
        (Term::LiquidityMin, trade.liquidity_sol.is_some_and(|sol| sol < limits.liquidity_min_sol)),
        (Term::LiquidityUnknown, trade.liquidity_sol.is_none() && !limits.pass_unknown),
        (Term::MintFreeze, trade.risks.has(Risks::FREEZE)),
        (Term::MintDelegate, trade.risks.has(Risks::DELEGATE)),
        (Term::MintHook, trade.risks.has(Risks::HOOK)),
        (Term::MintFee, trade.risks.has(Risks::FEE)),
        (Term::MintUnknown, trade.mint_unknown && !limits.pass_unknown),
    ];
    for (term, refuses) in rows {
        refusals.add(term, refuses && term.is_asked(policy));
    }
}
