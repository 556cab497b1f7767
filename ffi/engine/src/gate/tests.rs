use std::sync::Arc;

use super::*;
use crate::pubkey::Pubkey;
use crate::trade_limits::TradeLimits;

const GOOD: Terms =
    Terms { score: 0.9, ev_sol: 0.01, fee_share: 0.2, slippage_bps: 10.0, state_age_slots: 1, trade: TRADE };
const TRADE: TradeFacts = TradeFacts {
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
fn a_limit_refuses_by_its_own_term_and_only_when_the_policy_sets_it() {
    // Written by hand: what is asked for, what is there, what refuses.
    let all = Risks::FREEZE.and(Risks::DELEGATE).and(Risks::HOOK).and(Risks::FEE);
    let off = TradeLimits::default();
    let deny = TradeLimits { pools_deny: vec![Pubkey([1; 32])], ..off.clone() };
    let mints = TradeLimits { mints_deny: vec![Pubkey([1; 32])], ..off.clone() };
    let allow = TradeLimits { mints_allow: vec![Pubkey([1; 32])], ..off.clone() };
    let deep = TradeLimits { liquidity_min_sol: 50.0, ..off.clone() };
    let safe = TradeLimits { mint_refuse: all, ..off.clone() };
    let lenient = |limits: &TradeLimits| TradeLimits { pass_unknown: true, ..limits.clone() };
    let bad = TradeFacts {
        pool_denied: true,
        mint_denied: true,
        mint_not_allowed: true,
        liquidity_sol: Some(49.0),
        risks: all,
        mint_unknown: true,
    };
    let clean = TradeFacts { liquidity_sol: Some(50.0), ..TradeFacts::default() };
    let risky = |risks: Risks| TradeFacts { risks, ..clean };
    let rows: [(&str, TradeLimits, TradeFacts, &[Term]); 19] = [
        ("nothing is asked for", off, bad, &[]),
        ("pool", deny.clone(), bad, &[Term::PoolsDeny]),
        ("another pool", deny, clean, &[]),
        ("mint", mints.clone(), bad, &[Term::MintsDeny]),
        ("another mint", mints, clean, &[]),
        ("not allowed", allow.clone(), bad, &[Term::MintsAllow]),
        ("allowed", allow, clean, &[]),
        ("shallow", deep.clone(), bad, &[Term::LiquidityMin]),
        ("deep", deep.clone(), clean, &[]),
        ("depth unknown", deep.clone(), TradeFacts::default(), &[Term::LiquidityUnknown]),
        ("depth unknown, passes", lenient(&deep), TradeFacts::default(), &[]),
        ("freeze", safe.clone(), risky(Risks::FREEZE), &[Term::MintFreeze]),
        ("delegate", safe.clone(), risky(Risks::DELEGATE), &[Term::MintDelegate]),
        ("hook", safe.clone(), risky(Risks::HOOK), &[Term::MintHook]),
        ("fee", safe.clone(), risky(Risks::FEE), &[Term::MintFee]),
        ("mint unknown", safe.clone(), TradeFacts { mint_unknown: true, ..clean }, &[Term::MintUnknown]),
        ("mint unknown, passes", lenient(&safe), TradeFacts { mint_unknown: true, ..clean }, &[]),
        (
            "one power alone",
            TradeLimits { mint_refuse: Risks::HOOK, ..TradeLimits::default() },
            risky(Risks::FREEZE),
            &[],
        ),
        ("closed", TradeLimits::closed(), clean, &[Term::LiquidityMin]),
    ];
    for (name, limits, trade, expected) in rows {
        let policy = Policy { trade_limits: Arc::new(limits), ..Policy::default() };
        let refusals = judge(&policy, &[7; 16], &Terms { trade, ..GOOD });
        assert_eq!(refusals.terms().collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn limits_only_add_refusals_and_passing_unknown_values_removes_their_own_alone() {
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
        let trade = TradeFacts {
            pool_denied: next(2) == 0,
            mint_denied: next(2) == 0,
            mint_not_allowed: next(2) == 0,
            liquidity_sol: (next(3) > 0).then(|| next(100) as f64),
            risks: held,
            mint_unknown: next(2) == 0,
        };
        let liquidity_min_sol = next(2) as f64 * next(100) as f64;
        let limits = TradeLimits {
            pools_deny,
            mints_allow,
            mints_deny,
            liquidity_min_sol,
            mint_refuse,
            pass_unknown: false,
        };
        let terms = Terms { trade, score: next(10) as f64 / 10.0, ..GOOD };
        let of = |limits: TradeLimits| {
            let policy = Policy { trade_limits: Arc::new(limits), ..Policy::default() };
            judge(&policy, &[7; 16], &terms).0
        };
        let (without, strict) = (of(TradeLimits::default()), of(limits.clone()));
        let lenient = of(TradeLimits { pass_unknown: true, ..limits });
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
