//! Ticks: where liquidity begins and ends, and the walk over them that Whirlpool and Raydium CLMM share.
//!
//! Source: raydium-io/raydium-clmm (Apache-2.0): `instructions/swap.rs`, `libraries/`, `states/`. Whirlpool's walk is
//! the same in its sources of Apache-2.0; its adaptive fees are written from their description.

pub(crate) mod fees;
pub(crate) mod orders;
pub(crate) mod pool;
pub(crate) mod price;
pub(crate) mod step;

use crate::quote::{Now, Refusal};
use fees::{Fees, Meter, Volatility};
use orders::Orders;
use price::{Prices, tick_at};
use step::{Moved, Order};

/// A tick where liquidity begins or ends, or where orders wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tick {
    pub index: i32,
    /// The square root of its price.
    pub price: u128,
    /// Liquidity that begins here, where the price rises.
    pub net: i128,
    /// Whether any position has an end here.
    pub has_liquidity: bool,
    /// Orders that wait here (Raydium CLMM).
    pub orders: Orders,
    /// False for the ends of an array of ticks that exists and is not held.
    pub is_held: bool,
}

impl Tick {
    /// An end of an array that is not held.
    pub const fn missing(index: i32) -> Tick {
        Tick { index, price: 0, net: 0, has_liquidity: false, orders: Orders::NONE, is_held: false }
    }

    const fn is_initialized(&self) -> bool {
        !self.is_held || self.has_liquidity || !self.orders.is_empty()
    }
}

/// Where the price is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its square root, 64 bits after the point.
    pub(crate) price: u128,
    pub(crate) tick: i32,
    /// Of the positions around it.
    pub(crate) liquidity: u128,
}

/// The ticks that a swap may see, and why it goes no further.
pub(crate) struct Range {
    /// No tick beyond this one is seen.
    pub reach: i32,
    /// A tick to go to after the last one that is seen, and the tick from which on even that is too far.
    pub end: Option<(i32, i32)>,
    pub beyond: Refusal,
}

/// A pool's ticks in their order, and its fees.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    pub ticks: Vec<Tick>,
    pub fees: Fees,
    /// What an array that is not held is called.
    pub not_held: Refusal,
}

/// A swap that was walked.
#[derive(Clone, Copy)]
pub(crate) struct Walked {
    pub place: Place,
    pub volatility: Volatility,
    /// Of the amount that was asked for.
    pub left: u64,
    /// Of the other mint.
    pub other: u64,
    pub fee: u64,
    pub crossings: u32,
    /// The place in the list where the walk began, and where it is.
    pub from: usize,
    pub at: usize,
    /// Orders that are left at the tick where it ended.
    pub rest: Option<Orders>,
}

/// The tick that a step leads to.
struct Next {
    index: i32,
    price: u128,
    /// The tick, where one is initialized there.
    tick: Option<Tick>,
}

impl Walked {
    fn apply(&mut self, order: &Order, moved: &Moved) -> Result<(), Refusal> {
        let of_input = if order.is_fee_on_input { moved.fee } else { 0 };
        let paid = moved.amount_in.checked_add(of_input).ok_or(Refusal::Overflow)?;
        let (asked, other) = match order.is_exact_in {
            true => (paid, moved.amount_out),
            false => (moved.amount_out, paid),
        };
        self.left = self.left.checked_sub(asked).ok_or(Refusal::Overflow)?;
        self.other = self.other.checked_add(other).ok_or(Refusal::Overflow)?;
        self.fee = self.fee.checked_add(moved.fee).ok_or(Refusal::Overflow)?;
        Ok(())
    }
}

impl Curve {
    /// The next initialized tick in the direction.
    fn next<P: Prices>(&self, walked: &mut Walked, is_down: bool, range: &Range) -> Result<Next, Refusal> {
        loop {
            let place = if is_down { walked.at.checked_sub(1) } else { Some(walked.at) };
            let seen = place
                .and_then(|place| self.ticks.get(place))
                .filter(|tick| if is_down { tick.index >= range.reach } else { tick.index <= range.reach });
            match seen {
                Some(tick) if !tick.is_initialized() => self.pass(walked, is_down),
                Some(tick) if !tick.is_held => return Err(self.not_held),
                Some(tick) => {
                    return Ok(Next { index: tick.index, price: tick.price, tick: Some(*tick) });
                }
                None => {
                    let (end, closed) = range.end.ok_or(range.beyond)?;
                    let now = walked.place.tick;
                    let is_open = if is_down { now >= closed } else { now < closed };
                    return if is_open {
                        Ok(Next { index: end, price: P::at(end), tick: None })
                    } else {
                        Err(range.beyond)
                    };
                }
            }
        }
    }

    fn pass(&self, walked: &mut Walked, is_down: bool) {
        walked.at = if is_down { walked.at.saturating_sub(1) } else { walked.at + 1 };
    }

    /// Swaps until nothing is left or the price is at its limit. The tick after a last step within a range is
    /// computed where it `is_kept`.
    pub fn walk<P: Prices>(
        &self,
        start: (Place, Volatility),
        order: &Order,
        amount: u64,
        range: &Range,
        now: &Now,
        is_kept: bool,
    ) -> Result<Walked, Refusal> {
        let (place, volatility) = start;
        let is_down = order.is_down;
        let from = self.ticks.partition_point(|tick| tick.index <= place.tick);
        let mut walked = Walked {
            place,
            volatility,
            left: amount,
            other: 0,
            fee: 0,
            crossings: 0,
            from,
            at: from,
            rest: None,
        };
        let mut meter = Meter::start(&self.fees, volatility, place.tick, now)?;
        let limit = P::limit(is_down);
        while walked.left > 0 && walked.place.price != limit {
            let next = self.next::<P>(&mut walked, is_down, range)?;
            let target = if is_down { next.price.max(limit) } else { next.price.min(limit) };
            let is_ahead = if is_down { target <= walked.place.price } else { target >= walked.place.price };
            if !is_ahead {
                return Err(Refusal::Hostile("the tick index does not match the price"));
            }
            while self.advance::<P>(&mut walked, &mut meter, order, &next, target, is_kept)? {}
        }
        walked.volatility = meter.finish::<P>(place.price, walked.place.price, now);
        Ok(walked)
    }

    /// One step at one rate towards `target`; whether another one is needed.
    fn advance<P: Prices>(
        &self,
        walked: &mut Walked,
        meter: &mut Meter<'_>,
        order: &Order,
        next: &Next,
        target: u128,
        is_kept: bool,
    ) -> Result<bool, Refusal> {
        let Place { price, liquidity, .. } = walked.place;
        let rate = meter.rate();
        let bound = meter.bound::<P>(target, liquidity, order.is_down);
        let mut reached = bound.price;
        if price != bound.price {
            let (to, moved) = order.step(price, bound.price, liquidity, walked.left, rate)?;
            walked.apply(order, &moved)?;
            reached = to;
        }
        if reached == next.price {
            self.cross(walked, order, next, rate)?;
        } else if reached != price {
            walked.place.tick = match bound.tick {
                Some(tick) if reached == bound.price => tick,
                _ if is_kept => tick_at::<P>(reached),
                _ => walked.place.tick,
            };
        }
        walked.place.price = reached;
        let next = Some(next.index).filter(|_| reached == next.price);
        meter.advance::<P>(&bound, reached, walked.place.tick, next, order.is_down);
        Ok(walked.left != 0 && reached != target)
    }

    /// The price is at a tick: its orders are matched, and when none is left its liquidity begins or ends.
    fn cross(&self, walked: &mut Walked, order: &Order, next: &Next, rate: u32) -> Result<(), Refusal> {
        let mut has_orders = false;
        if let Some(tick) = &next.tick {
            let mut orders = tick.orders;
            if !orders.is_empty() {
                let moved = orders.fill(order, walked.left, rate, tick.price)?;
                walked.apply(order, &moved)?;
                has_orders = !orders.is_empty();
                walked.rest = has_orders.then_some(orders);
            }
            if !has_orders {
                let net = if order.is_down { tick.net.checked_neg() } else { Some(tick.net) };
                let after = net.and_then(|net| walked.place.liquidity.checked_add_signed(net));
                walked.place.liquidity = after.ok_or(Refusal::Overflow)?;
                walked.crossings = walked.crossings.saturating_add(1);
                self.pass(walked, order.is_down);
            }
        }
        walked.place.tick = if order.is_down != has_orders { next.index - 1 } else { next.index };
        Ok(())
    }

    /// Takes the orders out that a walk has filled.
    pub fn settle(&mut self, walked: &Walked, is_down: bool) {
        let passed = if is_down { walked.at..walked.from } else { walked.from..walked.at };
        for tick in self.ticks.get_mut(passed).into_iter().flatten() {
            tick.orders = Orders::NONE;
        }
        let last = if is_down { walked.at.checked_sub(1) } else { Some(walked.at) };
        if let (Some(rest), Some(tick)) = (walked.rest, last.and_then(|last| self.ticks.get_mut(last))) {
            tick.orders = rest;
        }
    }
}
