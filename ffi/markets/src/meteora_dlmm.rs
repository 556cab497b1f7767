//! Meteora DLMM: liquidity in bins of one price each, limit orders among it, fees that grow with volatility.
//!
//! Sources: `@meteora-ag/dlmm` 1.9 (ISC): `helpers/binArray.ts`, `helpers/fee.ts`, `helpers/math.ts`;
//! `meteora-dlmm` 0.2 (MIT): `quote.rs`.

mod bins;
mod fill;
mod path;
mod rules;

use crate::account::Accounts;
use crate::address::Address;
use crate::quote::{Now, Quote, Refusal, Side};
use crate::token::{Mint, Vault};
use crate::volatility::{METEORA, accumulated, rate};
use crate::{Market, program_address};

pub use bins::PROGRAM;
use bins::{Bins, FARTHEST, Layout};
use fill::{Fill, MOST_RATE, RATE, Terms, cost, exact_in, exact_out};
use path::{Path, refusal};
use rules::{Fees, Opening, fees, has_orders, opening};

const PAIR: [u8; 8] = [33, 11, 49, 98, 181, 101, 177, 13];
const PAIR_BYTES: usize = 904;

const NOTHING: Refusal = Refusal::Program("InsufficientOutAmount");
const DISABLED: Refusal = Refusal::Program("PoolDisabled");

/// A pool with its bins, which swaps change too.
#[derive(Clone, Debug, PartialEq)]
pub struct MeteoraDlmm {
    address: Address,
    mints: [Address; 2],
    tokens: [Mint; 2],
    fees: Fees,
    is_disabled: bool,
    opening: Opening,
    bins: Bins,
}

/// What a swap changes beside the bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The bin that trades.
    pub active: i32,
    accumulator: u32,
    reference: u32,
    index_reference: i32,
    /// The last swap that moved the active bin.
    moved_s: i64,
    vaults: [u64; 2],
    /// Limit orders were filled since the bins were read; what is left of them is not known to the unit.
    filled_orders: bool,
}

/// Which amount is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exact {
    In,
    Out,
}

/// What is asked of the bins: an amount without the mints' fees.
#[derive(Clone, Copy)]
struct Order<'a> {
    side: Side,
    exact: Exact,
    amount: u64,
    /// Arrays that the instruction names; `None`: all that are held.
    arrays: Option<&'a [i32]>,
}

/// What the bins answered.
struct Walked {
    spent: u64,
    paid: u64,
    fee: u64,
    crossings: u32,
    head: Head,
    /// Place of the last bin and what it did; all before are empty.
    last: (usize, Fill),
}

impl MeteoraDlmm {
    /// As [`Market::quote_in`], for an instruction that names these arrays: the program goes over no others. If
    /// that of the active bin is not among them, it begins at the edge of the nearest.
    ///
    /// # Errors
    /// As there.
    pub fn quote_over(
        &self,
        head: &Head,
        side: Side,
        amount: u64,
        now: &Now,
        arrays: &[i32],
    ) -> Result<Quote, Refusal> {
        self.exact_in(head, side, amount, now, Some(arrays)).map(|(quote, _)| quote)
    }

    /// As [`Market::swap`], for an instruction that names these arrays.
    ///
    /// # Errors
    /// As [`Self::quote_over`].
    pub fn swap_over(
        &mut self,
        head: &mut Head,
        side: Side,
        amount: u64,
        now: &Now,
        arrays: Option<&[i32]>,
    ) -> Result<Quote, Refusal> {
        let (quote, walked) = self.exact_in(head, side, amount, now, arrays)?;
        self.settle(head.active, side, arrays, &walked)?;
        *head = walked.head;
        Ok(quote)
    }

    /// The address of an array.
    #[must_use]
    pub fn array_address(&self, array: i32) -> Option<Address> {
        let number = i64::from(array).to_le_bytes();
        program_address::derive(&PROGRAM, &[b"bin_array", &self.address, &number])
    }

    fn check(&self, head: &Head, now: &Now) -> Result<(), Refusal> {
        if self.is_disabled || !self.opening.is_past(now) {
            return Err(DISABLED);
        }
        if head.filled_orders {
            return Err(Refusal::Unsupported(
                "bins with limit orders that were filled after the bins were read",
            ));
        }
        Ok(())
    }

    /// The head with references of `now`.
    fn refreshed(&self, head: &Head, now: &Now) -> Result<Head, Refusal> {
        let mut next = *head;
        let elapsed_s = now.time_s.checked_sub(head.moved_s).ok_or(Refusal::Overflow)?;
        if let Some(reference) = self.fees.decay.reference(elapsed_s, u128::from(head.accumulator)) {
            next.reference = u32::try_from(reference).map_err(|_| Refusal::Overflow)?;
            next.index_reference = head.active;
        }
        Ok(next)
    }

    /// The rate of a bin; the head gets its volatility.
    fn rate(&self, head: &mut Head, bin: i32) -> Result<u64, Refusal> {
        let Fees { base, step, control, most_accumulator, .. } = self.fees;
        let steps = u64::from(head.index_reference.abs_diff(bin));
        let accumulator = accumulated(u128::from(head.reference), steps, u128::from(most_accumulator));
        head.accumulator = u32::try_from(accumulator).map_err(|_| Refusal::Overflow)?;
        let variable = rate(accumulator, step, control, METEORA).ok_or(Refusal::Overflow)?;
        let total = variable.saturating_add(u128::from(base));
        Ok(u64::try_from(total).map_or(MOST_RATE, |total| total.min(MOST_RATE)))
    }

    fn of_input(&self, side: Side) -> bool {
        !self.fees.only_y || side == Side::B
    }

    fn refusal(&self, end: &path::End) -> Refusal {
        refusal(end, &self.bins, |array| self.array_address(array))
    }

    fn walk(&self, head: &Head, order: &Order<'_>, now: &Now) -> Result<Walked, Refusal> {
        let Order { side, exact, amount, arrays } = *order;
        self.check(head, now)?;
        let mut next = self.refreshed(head, now)?;
        let mut path = Path::new(&self.bins, head.active, side, arrays);
        let (mut left, mut spent, mut paid, mut fee) = (amount, 0_u64, 0_u64, 0_u64);
        let (mut last, mut visited) = ((0, Fill::default()), 0_u32);
        let add = |sum: &mut u64, more: u64| {
            *sum = sum.checked_add(more).ok_or(Refusal::Overflow)?;
            Ok(())
        };
        while left > 0 {
            let (place, bin) = path.step(&self.bins).map_err(|end| self.refusal(&end))?;
            let terms = Terms { side, rate: self.rate(&mut next, bin.id)?, of_input: self.of_input(side) };
            let (fill, done) = match exact {
                Exact::In => exact_in(bin, &terms, left).map(|fill| (fill, fill.used))?,
                Exact::Out => exact_out(bin, &terms, left).map(|fill| (fill, fill.paid))?,
            };
            if done == 0 {
                // Exact out: a bin of one unit pays nothing after the fee, and the SDK does not charge for it.
                continue;
            }
            left = left.checked_sub(done).ok_or(Refusal::Overflow)?;
            add(&mut spent, fill.used)?;
            add(&mut paid, fill.paid)?;
            add(&mut fee, fill.fee)?;
            bin.after(side, fill.own)?;
            next.active = bin.id;
            next.filled_orders |= fill.of_orders;
            last = (place, fill);
            visited += 1;
        }
        if next.active != head.active {
            next.moved_s = now.time_s;
        }
        let [input, output] = [side.index(), side.other().index()];
        add(&mut next.vaults[input], spent)?;
        next.vaults[output] =
            head.vaults[output].checked_sub(paid).ok_or(Refusal::Program("InsufficientFunds"))?;
        Ok(Walked { spent, paid, fee, crossings: visited.saturating_sub(1), head: next, last })
    }

    fn exact_in(
        &self,
        head: &Head,
        side: Side,
        amount: u64,
        now: &Now,
        arrays: Option<&[i32]>,
    ) -> Result<(Quote, Walked), Refusal> {
        let received = amount - self.tokens[side.index()].transfer_fee(now).of(amount);
        let walked = self.walk(head, &Order { side, exact: Exact::In, amount: received, arrays }, now)?;
        let withheld = self.tokens[side.other().index()].transfer_fee(now).of(walked.paid);
        let quote = self.quote(side, amount, walked.paid - withheld, &walked);
        if quote.amount_out == 0 { Err(NOTHING) } else { Ok((quote, walked)) }
    }

    fn quote(&self, side: Side, amount_in: u64, amount_out: u64, walked: &Walked) -> Quote {
        let fee_side = if self.of_input(side) { side } else { side.other() };
        Quote { amount_in, amount_out, fee: walked.fee, fee_side, crossings: walked.crossings }
    }

    /// Moves what a walk moved in the bins.
    fn settle(
        &mut self,
        active: i32,
        side: Side,
        arrays: Option<&[i32]>,
        walked: &Walked,
    ) -> Result<(), Refusal> {
        let mut path = Path::new(&self.bins, active, side, arrays);
        let (end, fill) = walked.last;
        loop {
            let (place, bin) = path.step(&self.bins).map_err(|end| self.refusal(&end))?;
            let has = bin.amounts[side.other().index()];
            let own = if place == end { fill.own } else { [cost(bin.price, side, has)?, has] };
            let amounts = bin.after(side, own)?;
            if let Some(bin) = self.bins.sorted.get_mut(place) {
                bin.amounts = amounts;
            }
            if place == end {
                return Ok(());
            }
        }
    }
}

impl Market for MeteoraDlmm {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let pool = accounts.need(address, &PROGRAM)?;
        pool.check(PAIR, PAIR_BYTES)?;
        let vaults =
            [Vault::load(&pool.address(152)?, accounts)?, Vault::load(&pool.address(184)?, accounts)?];
        let mints = [pool.address(88)?, pool.address(120)?];
        if vaults.map(|vault| vault.mint) != mints {
            return Err(Refusal::Hostile("a vault's mint does not match the pool"));
        }
        let active = pool.i32(76)?;
        if active.abs_diff(0) > FARTHEST.abs_diff(0) {
            return Err(Refusal::Hostile("the active bin's index is out of range"));
        }
        let fees = fees(&pool)?;
        let layout = Layout { step: fees.step, has_orders: has_orders(&pool)? };
        let token = |side: usize| Mint::load(&mints[side], &vaults[side].token_program, accounts);
        let market = MeteoraDlmm {
            address: *address,
            mints,
            tokens: [token(0)?, token(1)?],
            fees,
            is_disabled: pool.u8(82)? != 0,
            opening: opening(&pool)?,
            bins: bins::load(pool, &layout, accounts)?,
        };
        let head = Head {
            active,
            accumulator: pool.u32(40)?,
            reference: pool.u32(44)?,
            index_reference: pool.i32(48)?,
            moved_s: pool.i64(56)?,
            vaults: vaults.map(|vault| vault.amount),
            filled_orders: false,
        };
        Ok((market, head))
    }

    fn mints(&self) -> [Address; 2] {
        self.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.exact_in(head, side, amount, now, None).map(|(quote, _)| quote)
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let withheld = |side: Side, post: u64| -> Result<u64, Refusal> {
            let fee = self.tokens[side.index()].transfer_fee(now);
            let inverse = fee.inverse(post).ok_or(Refusal::Overflow)?;
            let whole = post.checked_add(inverse).ok_or(Refusal::Overflow)?;
            if fee.of(whole) == inverse { Ok(whole) } else { Err(Refusal::Program("MathOverflow")) }
        };
        if amount == 0 {
            return Err(NOTHING);
        }
        let paid = withheld(side.other(), amount)?;
        let walked = self.walk(head, &Order { side, exact: Exact::Out, amount: paid, arrays: None }, now)?;
        Ok(self.quote(side, withheld(side, walked.spent)?, amount, &walked))
    }

    fn marginal(&self, head: &Head, side: Side, now: &Now) -> f64 {
        let mut path = Path::new(&self.bins, head.active, side, None);
        let (Ok((_, bin)), Ok(mut next)) = (path.step(&self.bins), self.refreshed(head, now)) else {
            return 0.0;
        };
        let Ok(rate) = self.rate(&mut next, bin.id) else { return 0.0 };
        let price = bin.price as f64 / 2_f64.powi(64);
        let price = if side == Side::A { price } else { price.recip() };
        let moved =
            |side: Side| 1.0 - f64::from(self.tokens[side.index()].transfer_fee(now).basis_points) / 10_000.0;
        price * (1.0 - rate as f64 / RATE as f64) * moved(side).max(0.0) * moved(side.other()).max(0.0)
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.swap_over(head, side, amount, now, None)
    }
}
