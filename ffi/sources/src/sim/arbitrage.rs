//! Arbitrages of the simulated chain.

use engine::decision::{Kind, Tier};

use super::chain::{Chain, SOL_LAMPORTS};
use super::market::{PoolSide, SOL};
use super::round_trip::Planted;
use super::transaction::{Op, Via};
use crate::block::Block;

/// The best cycle so far.
#[derive(Clone, Copy)]
struct Best {
    gain: i128,
    /// Index of the route.
    route: usize,
    /// Lamports that go in.
    amount: u64,
}

/// Lamports: the smallest size that is tried, and how many sizes; each is 1.75 times the one before.
const SIZE_MIN_LAMPORTS: u64 = 1_000_000;
const SIZES: usize = 18;
/// Lamports: what the careful leave alone, and from where on a tip is paid.
const GAIN_MIN_LAMPORTS: i128 = 5_000;
const TIPPED_GAIN_MIN_LAMPORTS: i128 = 20_000;

impl Chain {
    /// Takes the best of all cycles at the best of some sizes. Only the careless take one that loses.
    pub fn arbitrage(&mut self, index: u64, careful: bool, block: &mut Block) {
        let mut best: Option<Best> = None;
        for route in 0..self.routes.len() {
            let mut amount = SIZE_MIN_LAMPORTS;
            for _ in 0..SIZES {
                if let Some(out) = self.quote_route(route, amount) {
                    let gain = i128::from(out) - i128::from(amount);
                    if best.is_none_or(|known| gain > known.gain) {
                        best = Some(Best { gain, route, amount });
                    }
                }
                amount += amount * 3 / 4;
            }
        }
        let Some(Best { gain, route, amount }) = best else { return };
        if careful && gain < GAIN_MIN_LAMPORTS {
            return;
        }
        let wallet = self.random.key();
        let mut holdings: Vec<(usize, u64)> = vec![(SOL, amount)];
        for &PoolSide { pool, side } in &self.routes[route] {
            let mint = self.market.pools[pool].mints[1 - side];
            if mint != SOL {
                holdings.push((mint, 0));
            }
        }
        self.market.fund(wallet, SOL_LAMPORTS, &holdings);
        // Some ask for more than the pool pays: they fail.
        let failing = self.random.chance(15);
        let hops = self.routes[route].len();
        let routing = self.random.below(100);
        let via = |hop: usize| match routing {
            0..=44 => Via::Direct,
            45..=69 => Via::Router,
            _ => Via::Shared { first: hop == 0, last: hop + 1 == hops },
        };
        let mut ops: Vec<Op> = self.routes[route]
            .iter()
            .enumerate()
            .map(|(hop, &PoolSide { pool, side })| Op::Swap {
                pool,
                side,
                amount: (hop == 0).then_some(amount),
                min_out: if failing && hop + 1 == hops { u64::MAX } else { 0 },
                via: via(hop),
            })
            .collect();
        if gain > TIPPED_GAIN_MIN_LAMPORTS {
            let part = self.random.between(5, 60);
            ops.push(self.tip((gain as u64) / 100 * part));
        }
        let before = self.market.lamports_of(&[wallet]);
        let signature = self.random.signature();
        if self.send(index, wallet, signature, &ops, block).is_some() {
            self.routed.cycles += u64::from(matches!(via(0), Via::Shared { .. }));
            self.ledger.push(Planted {
                kind: Kind::Arbitrage,
                tier: Tier::None,
                fronts: vec![signature],
                victims: Vec::new(),
                backs: Vec::new(),
                net: self.market.lamports_of(&[wallet]) - before,
                losses: Vec::new(),
                hops,
            });
        }
        self.market.forget(&wallet);
    }

    fn quote_route(&self, route: usize, amount: u64) -> Option<u64> {
        self.routes[route]
            .iter()
            .try_fold(amount, |amount, &PoolSide { pool, side }| self.market.quote(pool, side, amount))
    }
}
