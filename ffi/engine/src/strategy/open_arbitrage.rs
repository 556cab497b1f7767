//! Open arbitrage: after a swap moved a pool, the best cycle of 2 to 4 hops through it from SOL to SOL over
//! all known constant-product pools. Nothing here allocates.

use crate::constant_product::{Moebius, Optimum};
use crate::pools::Pools;
use crate::pubkey::Pubkey;
use crate::token::WRAPPED_SOL;

/// Longest cycle.
pub const HOPS_MAX: usize = 4;
/// Maximum paths from SOL to a pool, and back; further ones are ignored.
const PATHS_MAX: usize = 128;

/// One swap of a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Index of the pool.
    pub pool: u32,
    /// The side that is paid, 0 or 1.
    pub side: u8,
}

/// A cycle that pays, in integers as the programs would execute it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle {
    steps: [Step; HOPS_MAX],
    amounts: [u64; HOPS_MAX + 1],
    len: usize,
}

impl Cycle {
    /// The pools in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps[..self.len]
    }

    /// What goes in at each step, and what comes out at the end: one more than steps.
    #[must_use]
    pub fn amounts(&self) -> &[u64] {
        &self.amounts[..=self.len]
    }

    /// Gain before fees and tip, lamports.
    #[must_use]
    pub fn edge_lamports(&self) -> i64 {
        i64::try_from(i128::from(self.amounts[self.len]) - i128::from(self.amounts[0])).unwrap_or(0)
    }
}

/// A path between SOL and a mint, in the order in which it is taken.
#[derive(Clone, Copy)]
struct Path {
    steps: [Step; HOPS_MAX - 1],
    len: usize,
    map: Option<Moebius>,
}

const NO_PATH: Path = Path { steps: [Step { pool: 0, side: 0 }; HOPS_MAX - 1], len: 0, map: None };

impl Path {
    fn uses(&self, pool: u32) -> bool {
        self.steps[..self.len].iter().any(|step| step.pool == pool)
    }

    /// Adds the step that is one further away from the mint: at the front of a path that leads to the mint, else at
    /// the end.
    fn extended(&self, step: Step, map: Moebius, inwards: bool) -> Path {
        let mut longer = *self;
        if inwards {
            longer.steps.copy_within(..self.len, 1);
            longer.steps[0] = step;
            longer.map = Some(self.map.map_or(map, |known| map.then(known)));
        } else {
            longer.steps[self.len] = step;
            longer.map = Some(self.map.map_or(map, |known| known.then(map)));
        }
        longer.len += 1;
        longer
    }
}

struct Paths {
    list: [Path; PATHS_MAX],
    len: usize,
}

impl Paths {
    /// Paths between SOL and `mint` of at most `hops` pools, none of them `moved`. `inwards`: from SOL to the mint.
    fn between(pools: &Pools, mint: &Pubkey, moved: u32, hops: usize, inwards: bool) -> Paths {
        let mut paths = Paths { list: [NO_PATH; PATHS_MAX], len: 0 };
        paths.grow(pools, mint, moved, hops, inwards, &NO_PATH);
        paths
    }

    fn grow(&mut self, pools: &Pools, held: &Pubkey, moved: u32, hops: usize, inwards: bool, so_far: &Path) {
        if *held == WRAPPED_SOL {
            if self.len < PATHS_MAX {
                self.list[self.len] = *so_far;
                self.len += 1;
            }
            return;
        }
        if so_far.len == hops {
            return;
        }
        for &index in pools.with_mint(held) {
            let pool = pools.at(index);
            if index == moved || !pool.exact || so_far.uses(index) {
                continue;
            }
            let Some(near) = pool.side_of(held) else { continue };
            // On a path towards the mint the far side is paid.
            let step = Step { pool: index, side: if inwards { 1 - near } else { near } as u8 };
            let longer = so_far.extended(step, price_map(pools, step), inwards);
            self.grow(pools, &pool.mints[1 - near], moved, hops, inwards, &longer);
        }
    }
}

fn price_map(pools: &Pools, step: Step) -> Moebius {
    let (pool, side) = (pools.at(step.pool), usize::from(step.side));
    let [into, out] = [side, 1 - side].map(|side| pool.reserves()[side] as f64);
    Moebius::pool(into, out, pool.gamma())
}

/// The best cycle so far.
#[derive(Clone, Copy)]
struct Best {
    optimum: Optimum,
    steps: [Step; HOPS_MAX],
    len: usize,
}

/// The best paying cycle through `moved`, if there is any.
#[must_use]
pub fn find(pools: &Pools, moved: u32) -> Option<Cycle> {
    let pool = pools.at(moved);
    if !pool.exact {
        return None;
    }
    let mut best: Option<Best> = None;
    for side in [0, 1] {
        let step = Step { pool: moved, side: side as u8 };
        let own = price_map(pools, step);
        let [from, to] = [pool.mints[side], pool.mints[1 - side]];
        // Between two other tokens there is at least one hop on the other side.
        let room = |other: &Pubkey| HOPS_MAX - 1 - usize::from(*other != WRAPPED_SOL);
        let before = Paths::between(pools, &from, moved, room(&to), true);
        let after = Paths::between(pools, &to, moved, room(&from), false);
        for first in &before.list[..before.len] {
            let so_far = first.map.map_or(own, |map| map.then(own));
            for last in &after.list[..after.len] {
                let len = first.len + 1 + last.len;
                let shared = first.steps[..first.len].iter().any(|step| last.uses(step.pool));
                if !(2..=HOPS_MAX).contains(&len) || shared {
                    continue;
                }
                let cycle = last.map.map_or(so_far, |map| so_far.then(map));
                let Some(optimum) = cycle.best() else { continue };
                if best.is_none_or(|known| optimum.gain > known.optimum.gain) {
                    let mut steps = [Step::default(); HOPS_MAX];
                    steps[..first.len].copy_from_slice(&first.steps[..first.len]);
                    steps[first.len] = step;
                    steps[first.len + 1..len].copy_from_slice(&last.steps[..last.len]);
                    best = Some(Best { optimum, steps, len });
                }
            }
        }
    }
    let Best { optimum: Optimum { input, .. }, steps, len } = best?;
    // The closed form does not round: the programs' own arithmetic decides.
    let sizes = [input, input * 0.99, input * 1.01];
    let cycles = sizes.iter().filter_map(|&size| quote(pools, steps, len, size as u64));
    cycles.max_by_key(Cycle::edge_lamports).filter(|cycle| cycle.edge_lamports() > 0)
}

fn quote(pools: &Pools, steps: [Step; HOPS_MAX], len: usize, amount: u64) -> Option<Cycle> {
    let mut amounts = [amount; HOPS_MAX + 1];
    for at in 0..len {
        let Step { pool, side } = steps[at];
        amounts[at + 1] = { *pools.at(pool) }.swap(usize::from(side), amounts[at])?;
    }
    Some(Cycle { steps, amounts, len })
}
