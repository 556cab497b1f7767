//! Opportunities against brute force: every size of every cycle is tried, and every front around a target,
//! with the pools' own integers. The engine's closed forms must find at least as much, and never claim what
//! is not there.

use engine::decision::{Decision, Kind};
use engine::engine::{Engine, Event};
use engine::pools::Pools;
use engine::strategy::open_sandwich::{self, SwapRequest};
use engine::strategy::{open_arbitrage, open_sandwich::Plan};
use engine::token::WRAPPED_SOL;
use sources::accounts;
use sources::block::TimedFrame;
use sources::sim::{FIRST_SLOT, SimSource};

fn pools(seed: u64) -> Pools {
    let mut source = SimSource::new(seed, FIRST_SLOT);
    for _ in 0..3 {
        source.next_block();
    }
    let mut pools = Pools::default();
    pools.load(&accounts::borrowed(&source.accounts()));
    pools
}

/// The best gain of any cycle of up to four different pools from SOL to SOL that uses `must`.
fn best_by_trying(pools: &Pools, must: u32) -> i64 {
    fn walk(
        pools: &Pools,
        path: &mut Vec<(u32, usize)>,
        held: engine::pubkey::Pubkey,
        found: &mut Vec<Vec<(u32, usize)>>,
    ) {
        if path.len() >= 2 && held == WRAPPED_SOL {
            found.push(path.clone());
        }
        // Passing through SOL again would make two cycles.
        if path.len() == 4 || (!path.is_empty() && held == WRAPPED_SOL) {
            return;
        }
        for &pool in pools.with_mint(&held) {
            if path.iter().any(|(known, _)| *known == pool) {
                continue;
            }
            let side = pools.at(pool).side_of(&held).expect("it trades the mint");
            path.push((pool, side));
            walk(pools, path, pools.at(pool).mints[1 - side], found);
            path.pop();
        }
    }
    let mut cycles = Vec::new();
    walk(pools, &mut Vec::new(), WRAPPED_SOL, &mut cycles);
    let mut best = 0;
    for cycle in cycles.iter().filter(|cycle| cycle.iter().any(|(pool, _)| *pool == must)) {
        let mut amount = 10_000_f64;
        while amount < 1e13 {
            let out = cycle
                .iter()
                .try_fold(amount as u64, |held, &(pool, side)| { *pools.at(pool) }.swap(side, held));
            if let Some(out) = out {
                best = best.max(out as i64 - amount as i64);
            }
            amount *= 1.02;
        }
    }
    best
}

/// Value of the coarsest unit of the market, a millionth of a dollar: a rounding by one unit is chance.
const UNIT_LAMPORTS: i64 = 7;

#[test]
fn open_arbitrage_finds_what_trying_every_cycle_and_size_finds() {
    let (mut with, mut without) = (0, 0);
    for seed in 0..12 {
        let pools = pools(seed);
        for pool in (0..pools.len() as u32).step_by(3) {
            let tried = best_by_trying(&pools, pool);
            match open_arbitrage::find(&pools, pool) {
                Some(cycle) => {
                    with += 1;
                    let edge = cycle.edge_lamports();
                    // Sizes tried are 2 % apart, so the closed form may be slightly better, never worse
                    // (except for what rounding gives by chance).
                    assert!(
                        edge + UNIT_LAMPORTS + tried / 1_000_000 >= tried,
                        "seed {seed} pool {pool}: {edge} < {tried}"
                    );
                    assert!(edge <= tried + tried / 500 + 1_000, "seed {seed} pool {pool}: {edge} > {tried}");
                    assert!(cycle.steps().iter().any(|step| step.pool == pool));
                }
                None => {
                    without += 1;
                    assert!(tried <= UNIT_LAMPORTS, "seed {seed} pool {pool}: {tried} to gain");
                }
            }
        }
    }
    assert!(with > 20 && without > 5, "{with} with, {without} without");
}

/// Front, target and back, with only this pool.
fn gain_of(pools: &Pools, request: &SwapRequest, front_in: u64) -> Option<i64> {
    let mut pool = *pools.at(request.pool);
    let front_out = pool.swap(request.side, front_in)?;
    pool.swap(request.side, request.amount_in).filter(|&out| out >= request.min_out)?;
    Some(pool.swap(1 - request.side, front_out)? as i64 - front_in as i64)
}

#[test]
fn open_sandwich_finds_what_trying_every_front_finds() {
    let (mut with, mut without, mut state) = (0, 0, 1_u64);
    for seed in 0..20 {
        let pools = pools(seed);
        for pool in 0..pools.len() as u32 {
            let Some(side) = pools.at(pool).side_of(&WRAPPED_SOL) else { continue };
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let amount_in = pools.at(pool).reserves()[side] / (5 + (state >> 33) % 400);
            let alone = { *pools.at(pool) }.swap(side, amount_in).expect("pays");
            let request = SwapRequest {
                pool,
                side,
                amount_in,
                min_out: alone - alone * ((state >> 20) % 800) / 10_000,
            };
            let tried = (1..3_000)
                .filter_map(|step| gain_of(&pools, &request, pools.at(pool).reserves()[side] / 3_000 * step));
            let tried = tried.max().unwrap_or(0).max(0);
            match open_sandwich::find(&pools, &request) {
                Some(plan) => {
                    with += 1;
                    let Plan { front_in, .. } = plan;
                    assert_eq!(gain_of(&pools, &request, front_in), Some(plan.edge_lamports()));
                    assert!(plan.victim_out >= request.min_out && plan.victim_out_alone == alone);
                    assert!(
                        plan.edge_lamports() >= tried,
                        "seed {seed} pool {pool}: {} < {tried}",
                        plan.edge_lamports()
                    );
                }
                None => {
                    without += 1;
                    assert_eq!(tried, 0, "seed {seed} pool {pool}");
                }
            }
        }
    }
    assert!(with > 200 && without > 2, "{with} with, {without} without");
}

#[test]
fn decisions_follow_from_the_numbers_in_their_evidence() {
    let mut source = SimSource::new(11, FIRST_SLOT);
    let mut engine = Engine::default();
    engine.load(&accounts::borrowed(&source.accounts()));
    let (mut decisions, mut outcomes): (Vec<Decision>, usize) = (Vec::new(), 0);
    for _ in 0..100 {
        let block = source.next_block();
        for TimedFrame { received_ns: at, frame } in block.frames() {
            engine.on_event(&Event::Transaction(frame), at, &mut decisions);
        }
        engine.on_event(&Event::SlotEnd(block.slot), block.time_ns, &mut decisions);
        outcomes += engine.take_outcomes().count();
    }
    engine.on_event(&Event::End, 0, &mut decisions);
    outcomes += engine.take_outcomes().count();
    let open: Vec<_> =
        decisions.iter().filter_map(|decision| Some((decision, decision.open.as_deref()?))).collect();
    let passed = open.iter().filter(|(_, open)| open.refusals.is_go()).count();
    assert!(passed > 20 && open.len() > 5 * passed / 4, "{passed} of {}", open.len());
    assert_eq!((engine.counts().candidates, engine.counts().passed), (open.len() as u64, passed as u64));
    assert_eq!(outcomes, passed, "every one that passed has its outcome");
    for (decision, open) in open {
        let lamports = open.edge_lamports as f64 - open.tip_lamports as f64 - open.landed_fee_lamports as f64;
        assert!((open.terms.ev_sol - open.p_land * lamports / 1e9).abs() < 1e-12);
        assert!((0.0..=1.0).contains(&open.p_land) && (0.0..=1.0).contains(&open.terms.score));
        assert_eq!(decision.is_published(), open.refusals.is_go());
        assert!(!open.refusals.is_go() || open.terms.ev_sol >= open.policy.ev_min_sol);
        let (first, last) = (open.hops[0], open.hops[open.hops.len() - 1]);
        assert_eq!(i128::from(last.out_amount) - i128::from(first.in_amount), i128::from(open.edge_lamports));
        assert_eq!(decision.kind == Kind::OpenSandwich, open.target.is_some());
        assert!(open.hops.windows(2).all(|pair| pair[0].out_mint == pair[1].in_mint));
    }
}
