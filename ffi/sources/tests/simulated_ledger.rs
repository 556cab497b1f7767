//! What the simulator planted against what the engine finds, by seed: nothing missed, nothing invented. The
//! simulator executes with its own arithmetic, and judges by executing its own history again.

use engine::decision::{Decision, Kind, LandedLeg, Tier};
use engine::engine::{Engine, Event};
use engine::pubkey::Signature;
use sources::accounts;
use sources::block::TimedFrame;
use sources::sim::{FIRST_SLOT, Loss, Planted, Routed, SimSource};

/// Slots per seed; attacks begin in all but the last ones.
const SLOTS: u64 = 10;
const SEEDS: u64 = 1_000;

fn signatures(legs: &[LandedLeg]) -> Vec<Signature> {
    legs.iter().map(|leg| leg.signature).collect()
}

/// A decision in the ledger's form.
fn found(decision: &Decision) -> Planted {
    let arbitrage = decision.kind == Kind::Arbitrage;
    Planted {
        kind: decision.kind,
        tier: decision.tier,
        fronts: if arbitrage { vec![decision.fronts[0].signature] } else { signatures(&decision.fronts) },
        victims: signatures(&decision.victims),
        backs: signatures(&decision.backs),
        net: decision.net_raw,
        losses: decision
            .victim_losses
            .iter()
            .map(|loss| Loss {
                signature: loss.signature,
                out_actual: loss.out_actual,
                out_without: loss.out_without,
            })
            .collect(),
        hops: if arbitrage { decision.fronts.len() } else { 0 },
    }
}

/// Both lists for one seed, in the same order, and what went through a router's own accounts.
fn run(seed: u64) -> (Vec<Planted>, Vec<Planted>, Routed) {
    let mut source = SimSource::new(seed, FIRST_SLOT);
    let mut engine = Engine::default();
    let known = source.accounts();
    assert!(engine.load(&accounts::borrowed(&known)) > 0);
    let (mut planted, mut decisions) = (Vec::new(), Vec::new());
    for _ in 0..SLOTS {
        let block = source.next_block();
        for TimedFrame { received_ns: at, frame } in block.frames() {
            engine.on_event(&Event::Transaction(frame), at, &mut decisions);
        }
        engine.on_event(&Event::SlotEnd(block.slot), block.time_ns, &mut decisions);
        planted.extend(source.take_ledger());
    }
    engine.on_event(&Event::End, 0, &mut decisions);
    assert_eq!((engine.counts().malformed, engine.counts().decode.malformed), (0, 0), "seed {seed}");
    let mut answers: Vec<Planted> = decisions
        .iter()
        .filter(|decision| !decision.provisional)
        .filter(|decision| matches!(decision.kind, Kind::Arbitrage | Kind::Sandwich | Kind::WideSandwich))
        .map(found)
        .collect();
    let order = |event: &Planted| (event.fronts.clone(), event.backs.clone());
    planted.sort_by_key(order);
    answers.sort_by_key(order);
    (planted, answers, source.routed())
}

#[test]
fn the_engine_finds_what_was_planted_and_nothing_else_over_1000_seeds() {
    let mut counts = std::collections::BTreeMap::new();
    for seed in 0..SEEDS {
        let (planted, answers, _) = run(seed);
        for event in &planted {
            assert!(
                answers.contains(event),
                "seed {seed}: missed {event:#?}\n found {:#?}",
                answers.iter().filter(|answer| answer.fronts == event.fronts).collect::<Vec<_>>()
            );
        }
        for event in &answers {
            assert!(planted.contains(event), "seed {seed}: invented {event:#?}");
        }
        assert_eq!(planted.len(), answers.len(), "seed {seed}");
        for event in &planted {
            *counts.entry((event.kind as i32, event.tier as i32)).or_insert(0_u64) += 1;
        }
    }
    // A ledger without attacks would prove nothing.
    let many = |kind: Kind, tier: Tier| *counts.get(&(kind as i32, tier as i32)).unwrap_or(&0);
    assert!(many(Kind::Sandwich, Tier::A) > 500, "{counts:?}");
    assert!(many(Kind::WideSandwich, Tier::A) > 200, "{counts:?}");
    assert!(many(Kind::Sandwich, Tier::C) > 200, "{counts:?}");
    assert!(many(Kind::Arbitrage, Tier::None) > 2_000, "{counts:?}");
    println!("{counts:?}");
}

#[test]
fn users_of_a_routers_shared_accounts_keep_their_own_identity_over_200_seeds() {
    let mut routed = Routed::default();
    for seed in 5_000..5_200 {
        let (planted, answers, part) = run(seed);
        assert_eq!(planted, answers, "seed {seed}");
        routed.strangers += part.strangers;
        routed.attacks += part.attacks;
        routed.cycles += part.cycles;
    }
    // Without them the comparison would prove nothing.
    assert!(routed.strangers > 20 && routed.attacks > 100 && routed.cycles > 100, "{routed:?}");
}

#[test]
fn the_same_seed_writes_the_same_frames_and_another_seed_others() {
    let frames = |seed| {
        let mut source = SimSource::new(seed, FIRST_SLOT);
        let mut all = Vec::new();
        for _ in 0..20 {
            all.extend(source.next_block().frames().map(|timed| (timed.received_ns, timed.frame.to_vec())));
        }
        all
    };
    assert_eq!(frames(7), frames(7));
    assert_ne!(frames(7), frames(8));
}
