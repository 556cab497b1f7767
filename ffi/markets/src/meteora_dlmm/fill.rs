//! What one bin does with an amount.

use crate::quote::{Refusal, Side};
use crate::wide::mul_shift;

use super::bins::Bin;

/// Rates are parts of this.
pub(super) const RATE: u64 = 1_000_000_000;
/// No rate is above this.
pub(super) const MOST_RATE: u64 = 100_000_000;

/// How a bin is asked.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    /// What the trader gives.
    pub side: Side,
    /// The fee, in parts of [`RATE`], at most [`MOST_RATE`].
    pub rate: u64,
    /// The fee is taken of the input, else of the output.
    pub of_input: bool,
}

/// What a bin took and gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fill {
    /// Given by the trader, with a fee on the input.
    pub used: u64,
    /// Got by the trader, without a fee on the output.
    pub paid: u64,
    pub fee: u64,
    /// Into the liquidity providers' amounts, and out of them.
    pub own: [u64; 2],
    /// Whether limit orders were filled.
    pub of_orders: bool,
}

/// `amount * rate / whole`, rounded up.
fn part(amount: u64, rate: u64, whole: u64) -> Result<u64, Refusal> {
    let product = u128::from(amount) * u128::from(rate);
    // One word where it fits: a division of 128 bits costs ten times as much.
    let rounded = match u64::try_from(product) {
        Ok(product) => product.checked_div(whole).map(|part| part + u64::from(product % whole != 0)),
        Err(_) => u64::try_from(product.div_ceil(u128::from(whole).max(1))).ok(),
    };
    rounded.ok_or(Refusal::Overflow)
}

/// The fee of `amount`, which has it.
pub(super) fn fee_within(amount: u64, rate: u64) -> Result<u64, Refusal> {
    part(amount, rate, RATE)
}

/// The fee on top of `amount`, which is without it.
pub(super) fn fee_on_top(amount: u64, rate: u64) -> Result<u64, Refusal> {
    part(amount, rate, RATE.saturating_sub(rate))
}

/// What pays for `out`, rounded up.
pub(super) fn cost(price: u128, side: Side, out: u64) -> Result<u64, Refusal> {
    let cost = match side {
        Side::A => {
            let scaled = u128::from(out) << 64;
            // One division: a remainder is another call of as many instructions.
            scaled.checked_div(price).map(|cost| cost + u128::from(cost * price != scaled))
        }
        Side::B => mul_shift(price, u128::from(out), 64)
            .map(|cost| cost + u128::from(price.wrapping_mul(u128::from(out)) & u128::from(u64::MAX) != 0)),
    };
    cost.and_then(|cost| u64::try_from(cost).ok()).ok_or(Refusal::Overflow)
}

/// What `net` pays for, rounded down.
fn bought(price: u128, side: Side, net: u64) -> Result<u64, Refusal> {
    let bought = match side {
        Side::A => mul_shift(price, u128::from(net), 64),
        Side::B => (u128::from(net) << 64).checked_div(price),
    };
    bought.and_then(|bought| u64::try_from(bought).ok()).ok_or(Refusal::Overflow)
}

/// Takes all that the bin has; `None` where 64 bits do not pay for it.
fn all(bin: &Bin, terms: &Terms) -> Option<Fill> {
    let Terms { side, rate, of_input } = *terms;
    let layers = bin.layers(side.other());
    let (mut net, mut out) = ([0_u64; 3], 0_u64);
    for (net, has) in net.iter_mut().zip(layers).filter(|(_, has)| *has > 0) {
        *net = cost(bin.price, side, has).ok()?;
        out = out.checked_add(has)?;
    }
    let [own, partial, open] = net;
    let used = own.checked_add(partial)?.checked_add(open)?;
    let fee = if of_input { fee_on_top(used, rate) } else { fee_within(out, rate) }.ok()?;
    let of_orders = partial > 0 || open > 0;
    let own = [own, layers[0]];
    Some(if of_input {
        Fill { used: used.checked_add(fee)?, paid: out, fee, own, of_orders }
    } else {
        Fill { used, paid: out.checked_sub(fee)?, fee, own, of_orders }
    })
}

/// Takes as much of `left` as the bin can.
pub(super) fn exact_in(bin: &Bin, terms: &Terms, left: u64) -> Result<Fill, Refusal> {
    match all(bin, terms) {
        Some(fill) if fill.used <= left => Ok(fill),
        _ => some(bin, terms, left),
    }
}

/// Takes `left`, which does not pay for all that the bin has.
fn some(bin: &Bin, terms: &Terms, left: u64) -> Result<Fill, Refusal> {
    let Terms { side, rate, of_input } = *terms;
    let fee = if of_input { fee_within(left, rate)? } else { 0 };
    let net = left.checked_sub(fee).ok_or(Refusal::Overflow)?;
    let (mut rest, mut out) = (net, 0_u64);
    let mut fill = Fill { used: left, fee, ..Fill::default() };
    for (layer, &has) in bin.layers(side.other()).iter().enumerate() {
        if has == 0 || rest == 0 {
            continue;
        }
        let whole = cost(bin.price, side, has)?;
        let (taken, got) = if rest >= whole { (whole, has) } else { (rest, bought(bin.price, side, rest)?) };
        rest -= taken;
        out = out.checked_add(got).ok_or(Refusal::Overflow)?;
        if layer == 0 {
            fill.own = [taken, got];
        } else {
            fill.of_orders = true;
        }
    }
    if rest > 0 {
        return Err(Refusal::Overflow);
    }
    if !of_input {
        fill.fee = fee_within(out, rate)?;
        out = out.checked_sub(fill.fee).ok_or(Refusal::Overflow)?;
    }
    fill.paid = out;
    Ok(fill)
}

/// Pays as much of `left` as the bin has.
pub(super) fn exact_out(bin: &Bin, terms: &Terms, left: u64) -> Result<Fill, Refusal> {
    let Terms { side, rate, of_input } = *terms;
    let mut wanted = u128::from(left) + if of_input { 0 } else { u128::from(fee_on_top(left, rate)?) };
    let layers = bin.layers(side.other());
    if wanted >= layers.iter().map(|&has| u128::from(has)).sum() {
        return all(bin, terms).ok_or(Refusal::Overflow);
    }
    let mut net = 0_u64;
    for has in layers {
        let out = u64::try_from(wanted).map_or(has, |wanted| wanted.min(has));
        net = net.checked_add(cost(bin.price, side, out)?).ok_or(Refusal::Overflow)?;
        wanted -= u128::from(out);
    }
    let fee = if of_input { fee_on_top(net, rate)? } else { 0 };
    let fill = some(bin, terms, net.checked_add(fee).ok_or(Refusal::Overflow)?)?;
    if fill.paid < left {
        return Err(Refusal::Program("NotExactAmountOut"));
    }
    Ok(Fill { paid: left, ..fill })
}
