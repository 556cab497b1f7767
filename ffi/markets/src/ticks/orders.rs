//! Limit orders of Raydium CLMM: they wait at a tick and are filled at its price when a swap gets there.
//!
//! Source: raydium-io/raydium-clmm (Apache-2.0): `states/tick_array.rs`, `match_limit_order_with_sqrt_price`.

use super::step::{Moved, Order, before_fee, fee_beside, fee_of};
use crate::quote::Refusal;
use crate::wide::{mul_div, mul_div_ceil, mul_shift, product};

/// Orders at one tick, in units of the mint that they sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Orders {
    /// Of orders that nothing was taken of.
    pub whole: u64,
    /// Left of orders that something was taken of; filled first.
    pub begun: u64,
}

impl Orders {
    /// No orders.
    pub const NONE: Orders = Orders { whole: 0, begun: 0 };

    /// Whether no order waits.
    pub const fn is_empty(&self) -> bool {
        self.whole == 0 && self.begun == 0
    }

    /// What `amount` of the swap's input buys at `price`.
    fn output(amount: u64, price: u128, is_down: bool) -> Option<u128> {
        let amount = u128::from(amount);
        if is_down { mul_shift(amount, price, 64) } else { mul_div(amount, 1 << 64, price) }
    }

    /// What must be paid of the swap's input for `amount` at `price`.
    fn input(amount: u64, price: u128, is_down: bool) -> Result<u64, Refusal> {
        let amount = u128::from(amount);
        let paid =
            if is_down { mul_div_ceil(amount, 1 << 64, price) } else { mul_div_ceil(amount, price, 1 << 64) };
        paid.and_then(|paid| u64::try_from(paid).ok()).ok_or(Refusal::Overflow)
    }

    /// Fills what it can of a swap with `left` of its amount, at a tick with this square root.
    pub fn fill(&mut self, order: &Order, left: u64, rate: u32, root: u128) -> Result<Moved, Refusal> {
        let all = self.whole.checked_add(self.begun).ok_or(Refusal::Overflow)?;
        if left == 0 || all == 0 {
            return Ok(Moved::default());
        }
        let rate = u64::from(rate);
        let square = product(root, root);
        let is_cut = !order.is_down && square.low & u128::from(u64::MAX) != 0;
        let price = (square.high >> 64 == 0).then(|| square.shift_right(64).low);
        let price = price.and_then(|price| price.checked_add(u128::from(is_cut))).ok_or(Refusal::Overflow)?;
        let mut moved = if order.is_exact_in {
            Self::fill_input(order, left, rate, price, all)?
        } else {
            Self::fill_output(order, left, rate, price, all)?
        };
        self.take(moved.amount_out)?;
        if !order.is_fee_on_input {
            moved.fee = fee_of(moved.amount_out, rate)?;
            moved.amount_out = moved.amount_out.checked_sub(moved.fee).ok_or(Refusal::Overflow)?;
        }
        Ok(moved)
    }

    /// What `left` of the input moves; a fee of the output is not taken yet.
    fn fill_input(order: &Order, left: u64, rate: u64, price: u128, all: u64) -> Result<Moved, Refusal> {
        let fee = if order.is_fee_on_input { fee_of(left, rate)? } else { 0 };
        let amount_in = left.checked_sub(fee).ok_or(Refusal::Overflow)?;
        let bought = Self::output(amount_in, price, order.is_down).ok_or(Refusal::Overflow)?;
        if let Some(amount_out) = u64::try_from(bought).ok().filter(|&bought| bought <= all) {
            return Ok(Moved { amount_in, amount_out, fee });
        }
        let amount_in = Self::input(all, price, order.is_down)?;
        let fee = if order.is_fee_on_input { fee_beside(amount_in, rate)? } else { 0 };
        Ok(Moved { amount_in, amount_out: all, fee })
    }

    /// What `left` of the output moves, as [`Self::fill_input`].
    fn fill_output(order: &Order, left: u64, rate: u64, price: u128, all: u64) -> Result<Moved, Refusal> {
        let net = left.min(all);
        let amount_out = if order.is_fee_on_input { net } else { before_fee(net, rate)?.min(all) };
        let amount_in = Self::input(amount_out, price, order.is_down)?;
        let fee = if order.is_fee_on_input { fee_beside(amount_in, rate)? } else { 0 };
        Ok(Moved { amount_in, amount_out, fee })
    }

    /// Takes `amount` out: first of the orders that are begun, then of the others, which are begun with that.
    fn take(&mut self, amount: u64) -> Result<(), Refusal> {
        let first = self.begun.min(amount);
        self.begun -= first;
        let more = amount - first;
        if more > 0 {
            self.begun = self.whole.checked_sub(more).ok_or(Refusal::Overflow)?;
            self.whole = 0;
        }
        Ok(())
    }
}
