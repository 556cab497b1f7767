//! Fees of pools with ticks: one rate, or a rate that rises with how far the price has gone of late.

use super::price::{MAX_TICK, MIN_TICK, Prices};
use crate::account::Account;
use crate::quote::{Now, Refusal};

/// The highest rate with a part that moves, of a million.
const MAX_RATE: u32 = 100_000;
/// A group of ticks in the accumulator; also what the reduction is parts of.
const GROUP: u64 = 10_000;

/// What a fee rate follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fees {
    /// Of a million.
    pub base: u32,
    /// What moves, where something does.
    pub moving: Option<Moving>,
}

/// Constants of a rate that moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moving {
    /// Seconds within which references stay.
    pub filter_s: u64,
    /// Seconds after which the reference is 0.
    pub decay_s: u64,
    /// Of 10,000: what is left of the accumulator between them.
    pub reduction: u64,
    /// Of 100,000: how strongly the rate moves.
    pub control: u32,
    /// Most that the accumulator reaches.
    pub most: u32,
    /// Ticks of a group.
    pub group: i32,
    /// Whose rules.
    pub rules: Rules,
}

/// In what the two programs differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rules {
    /// Raydium CLMM.
    Raydium,
    /// Whirlpool: a swap over so many ticks restarts the filter.
    Orca { major_ticks: u16 },
}

/// What a swap changes of the fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Volatility {
    /// What the accumulator began with.
    pub(crate) reference: u32,
    /// Groups gone since, in 10,000.
    pub(crate) accumulator: u32,
    /// The group that they are counted from.
    pub(crate) group: i32,
    /// When the references changed, Unix seconds.
    pub(crate) updated_s: u64,
    /// When a swap was last a major one; 0 in pools of Raydium.
    pub(crate) major_s: u64,
}

impl Fees {
    /// The rate that the last swap left: for ordering routes.
    pub fn at_rest(&self, volatility: &Volatility) -> u32 {
        let Some(moving) = &self.moving else { return self.base };
        self.base.saturating_add(moving.rate(volatility.accumulator)).min(MAX_RATE)
    }
}

impl Moving {
    /// Five numbers that both programs keep in this order.
    pub fn read(account: &Account<'_>, offset: usize, group: u16, rules: Rules) -> Result<Self, Refusal> {
        let moving = Moving {
            filter_s: u64::from(account.u16(offset)?),
            decay_s: u64::from(account.u16(offset + 2)?),
            reduction: u64::from(account.u16(offset + 4)?),
            control: account.u32(offset + 6)?,
            most: account.u32(offset + 10)?,
            group: i32::from(group),
            rules,
        };
        let is_whole = u64::from(moving.most) * u64::from(group) <= u64::from(u32::MAX);
        if group == 0 || !is_whole || moving.reduction > GROUP || moving.control > 100_000 {
            return Err(Refusal::Hostile("invalid parameters of the dynamic fee"));
        }
        Ok(moving)
    }

    /// Fails unless the reference can be a group of a tick.
    pub fn check(&self, volatility: &Volatility) -> Result<(), Refusal> {
        let ticks = i64::from(volatility.group) * i64::from(self.group);
        let limit = i64::from(MAX_TICK) + i64::from(self.group);
        if ticks.abs() > limit {
            Err(Refusal::Hostile("the tick group of the dynamic fee is out of range"))
        } else {
            Ok(())
        }
    }

    /// The rate above the base. Source: `compute_dynamic_fee_rate`.
    fn rate(&self, accumulator: u32) -> u32 {
        let crossed = u128::from(accumulator) * u128::from(self.group.unsigned_abs());
        let rate = (crossed * crossed * u128::from(self.control)).div_ceil(10_000_000_000_000);
        u32::try_from(rate).unwrap_or(MAX_RATE).min(MAX_RATE)
    }

    /// The first tick of a group, within the limits.
    fn first_tick(&self, group: i64) -> i32 {
        let tick = group.saturating_mul(i64::from(self.group));
        i32::try_from(tick.clamp(i64::from(MIN_TICK), i64::from(MAX_TICK))).unwrap_or(MIN_TICK)
    }
}

/// The fee during one swap.
pub(crate) struct Meter<'a> {
    fees: &'a Fees,
    /// As it is to be kept after the swap.
    pub volatility: Volatility,
    /// The group of the step.
    group: i32,
}

/// How far one rate goes.
pub(crate) struct Bound {
    /// The price of its end.
    pub price: u128,
    /// The tick of that price, where it is known.
    pub tick: Option<i32>,
    /// Groups were not counted one by one.
    is_skipped: bool,
}

impl<'a> Meter<'a> {
    /// References as they are now. Sources: `update_reference` and the description of adaptive fees.
    pub fn start(fees: &'a Fees, volatility: Volatility, tick: i32, now: &Now) -> Result<Self, Refusal> {
        let mut meter = Meter { fees, volatility, group: 0 };
        let Some(moving) = &fees.moving else { return Ok(meter) };
        meter.group = tick.div_euclid(moving.group);
        let now_s = u64::try_from(now.time_s).map_err(|_| Refusal::Overflow)?;
        let kept = &mut meter.volatility;
        let mut is_old = false;
        let age = match moving.rules {
            Rules::Raydium => now_s.saturating_sub(kept.updated_s),
            Rules::Orca { .. } => {
                /// References older than this count for nothing.
                const OLD_S: u64 = 3_600;
                let newest = kept.updated_s.max(kept.major_s);
                is_old = now_s.saturating_sub(kept.updated_s) > OLD_S;
                now_s.checked_sub(newest).ok_or(Refusal::Program("InvalidTimestamp"))?
            }
        };
        if is_old || age >= moving.filter_s {
            let decayed = u64::from(kept.accumulator) * moving.reduction / GROUP;
            let is_decayed = !is_old && age < moving.decay_s;
            kept.reference = if is_decayed { u32::try_from(decayed).unwrap_or(u32::MAX) } else { 0 };
            kept.group = meter.group;
            kept.updated_s = now_s;
        }
        Ok(meter)
    }

    fn accumulate(&mut self, moving: &Moving) {
        let gone = u64::from(self.volatility.group.abs_diff(self.group));
        let sum = u64::from(self.volatility.reference) + gone * GROUP;
        self.volatility.accumulator = u32::try_from(sum).unwrap_or(u32::MAX).min(moving.most);
    }

    /// The rate of the step.
    pub fn rate(&mut self) -> u32 {
        let Some(moving) = &self.fees.moving else { return self.fees.base };
        self.accumulate(moving);
        self.fees.base.saturating_add(moving.rate(self.volatility.accumulator)).min(MAX_RATE)
    }

    /// How far towards `target` the rate stays.
    pub fn bound<P: Prices>(&self, target: u128, liquidity: u128, is_down: bool) -> Bound {
        let whole = Bound { price: target, tick: None, is_skipped: true };
        let Some(moving) = self.fees.moving.as_ref().filter(|_| liquidity != 0) else { return whole };
        let group = i64::from(self.group);
        let upto = |tick: i32, is_skipped: bool| {
            let price = P::at(tick);
            let is_near = if is_down { target <= price } else { target >= price };
            if is_near {
                Bound { price, tick: Some(tick), is_skipped }
            } else {
                Bound { price: target, tick: None, is_skipped }
            }
        };
        match moving.rules {
            Rules::Raydium if self.volatility.accumulator == moving.most => return whole,
            Rules::Orca { .. } if moving.control == 0 => return whole,
            Rules::Raydium => {}
            Rules::Orca { .. } => {
                // Beyond the groups that can still move it the rate is constant.
                let spread = u64::from(moving.most.saturating_sub(self.volatility.reference)).div_ceil(GROUP);
                let spread = i64::try_from(spread).unwrap_or(i64::MAX);
                let core =
                    [i64::from(self.volatility.group) - spread, i64::from(self.volatility.group) + spread];
                let (low, high) = (moving.first_tick(core[0]), moving.first_tick(core[1] + 1));
                if group < core[0] && low > MIN_TICK {
                    return if is_down { whole } else { upto(low, true) };
                }
                if group > core[1] && high < MAX_TICK {
                    return if is_down { upto(high, true) } else { whole };
                }
            }
        }
        upto(moving.first_tick(if is_down { group } else { group + 1 }), false)
    }

    /// Goes to the group of the next step, after one that ended at `price` in `tick`; `next` is the tick that the
    /// steps lead to, if the price is there.
    pub fn advance<P: Prices>(
        &mut self,
        bound: &Bound,
        price: u128,
        tick: i32,
        next: Option<i32>,
        is_down: bool,
    ) {
        let Some(moving) = &self.fees.moving else { return };
        if bound.is_skipped {
            let tick = next.unwrap_or(tick);
            let is_first = tick.rem_euclid(moving.group) == 0;
            let is_border = match moving.rules {
                Rules::Raydium => is_first,
                Rules::Orca { .. } => is_first && (next.is_some() || P::at(tick) == price),
            };
            let reached = tick.div_euclid(moving.group) - i32::from(is_border && !is_down);
            let is_further = if is_down { reached < self.group } else { reached > self.group };
            match moving.rules {
                Rules::Raydium => {
                    self.group = reached;
                    if self.volatility.accumulator != moving.most {
                        self.accumulate(moving);
                    }
                }
                Rules::Orca { .. } if is_further => {
                    self.group = reached;
                    self.accumulate(moving);
                }
                Rules::Orca { .. } => {}
            }
        }
        self.group += if is_down { -1 } else { 1 };
    }

    /// What is kept after a swap from one price to another.
    pub fn finish<P: Prices>(self, from: u128, to: u128, now: &Now) -> Volatility {
        let mut kept = self.volatility;
        let Some(Moving { rules: Rules::Orca { major_ticks }, .. }) = self.fees.moving else { return kept };
        let factor = P::at(i32::from(major_ticks));
        let least = crate::wide::mul_shift(from.min(to), factor, 64).unwrap_or(u128::MAX);
        if from.max(to) >= least {
            kept.major_s = u64::try_from(now.time_s).unwrap_or(kept.major_s);
        }
        kept
    }
}
