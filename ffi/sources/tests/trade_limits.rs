//! Gates on the simulated chain: what a snapshot states about mints reaches the gate, and what it does not
//! state is unknown.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::engine::{Engine, Event};
use engine::gate::Term;
use engine::mint_risks::Risks;
use engine::policy::Policy;
use engine::pools::Pools;
use engine::pubkey::Pubkey;
use engine::token::{TOKEN, WRAPPED_SOL};
use engine::trade_limits::TradeLimits;
use sources::accounts::{self, OwnedAccount};
use sources::block::TimedFrame;
use sources::sim::{FIRST_SLOT, SimSource};

/// A mint of the original program whose accounts can be frozen, or not.
fn mint(pubkey: Pubkey, freeze: bool) -> OwnedAccount {
    let mut data = vec![0; 82];
    data[45] = 1;
    data[46] = u8::from(freeze);
    OwnedAccount::new(pubkey, TOKEN, data)
}

/// Number of opportunities, how many passed, and how often each term refused; `freeze`: what a snapshot
/// states about the mints.
fn weighed(limits: TradeLimits, freeze: Option<bool>) -> (u64, u64, impl Fn(Term) -> u64) {
    let mut source = SimSource::new(11, FIRST_SLOT);
    let mut snapshot = source.accounts();
    let mut pools = Pools::default();
    pools.load(&accounts::borrowed(&snapshot));
    let mints: BTreeSet<Pubkey> = (0..pools.len() as u32).flat_map(|pool| pools.at(pool).mints).collect();
    if let Some(freeze) = freeze {
        snapshot.extend(mints.into_iter().filter(|key| *key != WRAPPED_SOL).map(|key| mint(key, freeze)));
    }
    let mut engine = Engine::default();
    engine.load(&accounts::borrowed(&snapshot));
    engine.set_policy(&Policy { trade_limits: Arc::new(limits), ..Policy::default() });
    let mut decisions = Vec::new();
    for _ in 0..100 {
        let block = source.next_block();
        for TimedFrame { received_ns: at, frame } in block.frames() {
            engine.on_event(&Event::Transaction(frame), at, &mut decisions);
        }
        engine.on_event(&Event::SlotEnd(block.slot), block.time_ns, &mut decisions);
    }
    let counts = engine.counts();
    (counts.candidates, counts.passed, move |term: Term| counts.why_not.0[term as usize])
}

#[test]
fn a_snapshot_states_which_mints_are_safe_and_without_it_they_are_unknown() {
    let safe = TradeLimits { mint_refuse: Risks::FREEZE, ..TradeLimits::default() };
    let (all, free, _) = weighed(TradeLimits::default(), None);
    assert!(all > 50 && free > 20, "{free} of {all}");
    for (name, limits, freeze, passed, by_freeze, by_unknown) in [
        ("frozen ones", safe.clone(), Some(true), 0, all, 0),
        ("safe ones", safe.clone(), Some(false), free, 0, 0),
        ("unknown ones", safe.clone(), None, 0, 0, all),
        ("unknown ones that may pass", TradeLimits { pass_unknown: true, ..safe }, None, free, 0, 0),
    ] {
        let (candidates, through, refused) = weighed(limits, freeze);
        assert_eq!((candidates, through), (all, passed), "{name}");
        let counted = (refused(Term::MintFreeze), refused(Term::MintUnknown));
        assert_eq!(counted, (by_freeze, by_unknown), "{name}");
    }
    let (candidates, passed, refused) =
        weighed(TradeLimits { liquidity_min_sol: 1e6, ..TradeLimits::default() }, None);
    assert_eq!((passed, refused(Term::LiquidityMin) + refused(Term::LiquidityUnknown)), (0, candidates));
}
