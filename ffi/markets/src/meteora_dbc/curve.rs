//! A curve of up to twenty stretches of liquidity, walked up by purchases and down by sales.
//!
//! Source: @meteora-ag/dynamic-bonding-curve-sdk 1.5.12 (MIT): `math/swapQuote.ts`.

use crate::account::Account;
use crate::quote::Refusal;
use crate::segment::{self, Rounding};

/// Stretches that a configuration has room for.
const STRETCHES: usize = 20;

/// The liquidity up to a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Stretch {
    /// Root of the highest price.
    sqrt_price: u128,
    liquidity: u128,
}

/// A curve from the first price to that of the migration.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    stretches: Box<[Stretch]>,
    /// Root of the first price.
    pub first: u128,
    /// Root of the price at which the pool migrates.
    pub last: u128,
    /// Root of the highest price.
    pub top: u128,
}

/// What a walk along the curve gave.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    /// The other amount.
    pub other: u64,
    /// What is left of the given amount.
    pub left: u64,
    /// The price's root at the end.
    pub sqrt_price: u128,
    /// Stretches that were left.
    pub crossings: u32,
}

/// A walk under way: the other amount is wide until it ends.
struct Way {
    other: u128,
    left: u64,
    root: u128,
    crossings: u32,
}

impl Way {
    fn new(root: u128, amount: u64) -> Way {
        Way { other: 0, left: amount, root, crossings: 0 }
    }

    fn add(&mut self, more: u128) -> Result<(), Refusal> {
        self.other = self.other.checked_add(more).ok_or(Refusal::Overflow)?;
        Ok(())
    }

    /// Ends inside of a stretch.
    fn stop(&mut self, root: u128, more: u128) -> Result<(), Refusal> {
        self.add(more)?;
        (self.root, self.left) = (root, 0);
        Ok(())
    }

    /// Goes to the end of a stretch that takes `used`, which is at most what is left.
    fn cross(&mut self, root: u128, used: u128, more: u128) -> Result<(), Refusal> {
        self.add(more)?;
        let used = u64::try_from(used).map_err(|_| Refusal::Overflow)?;
        self.left = self.left.checked_sub(used).ok_or(Refusal::Overflow)?;
        self.root = root;
        self.crossings += 1;
        Ok(())
    }

    fn end(self) -> Result<Walk, Refusal> {
        let other = u64::try_from(self.other).map_err(|_| Refusal::Overflow)?;
        Ok(Walk { other, left: self.left, sqrt_price: self.root, crossings: self.crossings })
    }
}

const DRAINED: Refusal = Refusal::Program("InsufficientLiquidity");

impl Curve {
    /// Reads the curve of a configuration, its roots rising and its liquidity above 0.
    pub fn load(config: &Account<'_>) -> Result<Curve, Refusal> {
        const CURVE: usize = 408;
        let (first, last) = (config.u128(392)?, config.u128(280)?);
        let mut stretches = Vec::with_capacity(STRETCHES);
        for number in 0..STRETCHES {
            let at = CURVE + 32 * number;
            let stretch = Stretch { sqrt_price: config.u128(at)?, liquidity: config.u128(at + 16)? };
            if stretch != Stretch::default() && stretches.len() == number {
                stretches.push(stretch);
            } else if stretch != Stretch::default() {
                return Err(Refusal::Hostile("the curve has an empty segment before a used one"));
            }
        }
        let mut top = first;
        for stretch in &stretches {
            if stretch.sqrt_price <= top || stretch.liquidity == 0 {
                return Err(Refusal::Hostile(
                    "the curve's prices do not rise, or a segment has no liquidity",
                ));
            }
            top = stretch.sqrt_price;
        }
        if first == 0 || last < first || last > top {
            return Err(Refusal::Hostile("the curve's first or last price is invalid"));
        }
        Ok(Curve { stretches: stretches.into(), first, last, top })
    }

    /// The stretches below `root`, downwards: the root of each one's lower end, and its liquidity. The lowest ends at
    /// the first price.
    fn below(&self, root: u128) -> impl Iterator<Item = (u128, u128)> {
        let stretches = &self.stretches;
        let uppers = stretches.iter().skip(1).rev();
        let lowers = stretches.iter().rev().skip(1);
        let pairs = uppers.zip(lowers).map(|(upper, lower)| (lower.sqrt_price, upper.liquidity));
        pairs.filter(move |&(low, _)| low < root)
    }

    /// Liquidity of the lowest stretch.
    fn lowest(&self) -> Result<u128, Refusal> {
        self.stretches.first().map(|stretch| stretch.liquidity).ok_or(DRAINED)
    }

    /// What a sale of `amount` gets.
    pub fn sell(&self, root: u128, amount: u64) -> Result<Walk, Refusal> {
        let mut way = Way::new(root, amount);
        for (low, liquidity) in self.below(root) {
            let room = segment::base(liquidity, low, way.root, Rounding::Up)?;
            if u128::from(way.left) < room {
                let next = segment::after_base_in(liquidity, way.root, way.left)?;
                way.stop(next, segment::quote(liquidity, next, way.root, Rounding::Down)?)?;
                return way.end();
            }
            way.cross(low, room, segment::quote(liquidity, low, way.root, Rounding::Down)?)?;
        }
        if way.left > 0 {
            let liquidity = self.lowest()?;
            let next = segment::after_base_in(liquidity, way.root, way.left)?;
            if next < self.first {
                let room = segment::base(liquidity, self.first, way.root, Rounding::Up)?;
                way.cross(
                    self.first,
                    room,
                    segment::quote(liquidity, self.first, way.root, Rounding::Down)?,
                )?;
            } else {
                way.stop(next, segment::quote(liquidity, next, way.root, Rounding::Down)?)?;
            }
        }
        way.end()
    }

    /// What a purchase for `amount` gets; it stops at the price of the migration.
    pub fn buy(&self, root: u128, amount: u64) -> Result<Walk, Refusal> {
        let mut way = Way::new(root, amount);
        for stretch in &self.stretches {
            let high = stretch.sqrt_price.min(self.last);
            if high <= way.root {
                continue;
            }
            let room = segment::quote(stretch.liquidity, way.root, high, Rounding::Up)?;
            if u128::from(way.left) < room {
                let next = segment::after_quote_in(stretch.liquidity, way.root, way.left)?;
                way.stop(next, segment::base(stretch.liquidity, way.root, next, Rounding::Down)?)?;
                break;
            }
            way.cross(high, room, segment::base(stretch.liquidity, way.root, high, Rounding::Down)?)?;
        }
        way.end()
    }

    /// What must be sold to get `amount`.
    pub fn sell_for(&self, root: u128, amount: u64) -> Result<Walk, Refusal> {
        let mut way = Way::new(root, amount);
        for (low, liquidity) in self.below(root) {
            let room = segment::quote(liquidity, low, way.root, Rounding::Down)?;
            if u128::from(way.left) < room {
                let next = segment::after_quote_out(liquidity, way.root, way.left)?;
                way.stop(next, segment::base(liquidity, next, way.root, Rounding::Up)?)?;
                return way.end();
            }
            way.cross(low, room, segment::base(liquidity, low, way.root, Rounding::Up)?)?;
        }
        if way.left > 0 {
            let liquidity = self.lowest()?;
            if u128::from(way.left) > segment::quote(liquidity, self.first, way.root, Rounding::Down)? {
                return Err(DRAINED);
            }
            let next = segment::after_quote_out(liquidity, way.root, way.left)?;
            if next < self.first {
                return Err(DRAINED);
            }
            way.stop(next, segment::base(liquidity, next, way.root, Rounding::Up)?)?;
        }
        way.end()
    }

    /// What must be paid to get `amount`.
    pub fn buy_for(&self, root: u128, amount: u64) -> Result<Walk, Refusal> {
        let mut way = Way::new(root, amount);
        for stretch in &self.stretches {
            let high = stretch.sqrt_price;
            if high <= way.root {
                continue;
            }
            let room = segment::base(stretch.liquidity, way.root, high, Rounding::Down)?;
            if u128::from(way.left) < room {
                let next = segment::after_base_out(stretch.liquidity, way.root, way.left)?;
                way.stop(next, segment::quote(stretch.liquidity, way.root, next, Rounding::Up)?)?;
                break;
            }
            way.cross(high, room, segment::quote(stretch.liquidity, way.root, high, Rounding::Up)?)?;
        }
        if way.left > 0 || way.root > self.last { Err(DRAINED) } else { way.end() }
    }
}
