//! Orca Whirlpool: liquidity between ticks, arrays of 88 ticks in two forms, a fixed or an adaptive fee.
//!
//! Source: orca-so/whirlpools as of its Apache-2.0 releases (until February 2025): `manager/swap_manager.rs`, `math/`,
//! `state/`. What is newer (adaptive fees, dynamic arrays) is own code after their description.

use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::market::Market;
use crate::quote::{Now, Quote, Refusal, Side};
use crate::ticks::fees::{Fees, Moving, Rules, Volatility};
use crate::ticks::orders::Orders;
use crate::ticks::pool::{Terms, Tokens, Trial, check_place};
use crate::ticks::price::{MAX_TICK, MIN_TICK, Orca, Prices as _};
use crate::ticks::{Curve, Place, Range, Tick};

pub use crate::ticks::pool::Head;

/// `whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc`.
pub const PROGRAM: Address = [
    14, 3, 104, 95, 142, 144, 144, 83, 228, 88, 18, 28, 102, 245, 167, 106, 237, 199, 112, 106, 161, 28, 130,
    248, 170, 149, 42, 143, 43, 120, 121, 169,
];
const POOL: [u8; 8] = [63, 149, 209, 12, 225, 128, 99, 9];
const POOL_BYTES: usize = 653;
const FIXED: [u8; 8] = [69, 97, 189, 190, 110, 7, 66, 187];
const FIXED_BYTES: usize = 9_988;
const DYNAMIC: [u8; 8] = [17, 216, 246, 142, 225, 199, 218, 56];
const DYNAMIC_BYTES: usize = 148;
const ORACLE: [u8; 8] = [139, 194, 131, 179, 140, 179, 229, 244];
const ORACLE_BYTES: usize = 254;
/// Ticks of an array.
const TICKS: i32 = 88;
/// The highest base fee, of a million.
const MAX_FEE: u16 = 60_000;

const TERMS: Terms = Terms {
    zero: Refusal::Program("ZeroTradableAmount"),
    partial: None,
    partial_out: Refusal::Program("PartialFillError"),
    nothing: None,
};
const TOO_FAR: Refusal = Refusal::Program("TickArraySequenceInvalidIndex");

/// A pool.
#[derive(Clone, Debug, PartialEq)]
pub struct OrcaWhirlpool {
    tokens: Tokens,
    curve: Curve,
    spacing: i32,
    /// First ticks of the arrays that are held, in their order.
    arrays: Vec<i32>,
    /// Swaps are allowed from this Unix second on.
    open_time_s: u64,
}

/// Where each of the 88 ticks of an array begins, if it is initialized.
fn places(array: &Account<'_>, is_fixed: bool) -> Result<[Option<usize>; 88], Refusal> {
    const FIXED_TICKS: usize = 12;
    const FIXED_TICK: usize = 113;
    const DYNAMIC_TICKS: usize = 60;
    const DYNAMIC_TICK: usize = 112;
    let mut places = [None; 88];
    let mut at = if is_fixed { FIXED_TICKS } else { DYNAMIC_TICKS };
    for place in &mut places {
        let is_initialized = match array.u8(at)? {
            0 => false,
            1 => true,
            _ => return Err(Refusal::Hostile("invalid first byte of a tick")),
        };
        *place = is_initialized.then_some(at + 1);
        at += if is_fixed {
            FIXED_TICK
        } else if is_initialized {
            1 + DYNAMIC_TICK
        } else {
            1
        };
    }
    Ok(places)
}

/// The initialized ticks of an array that begins at `first`.
fn read_ticks(array: &Account<'_>, first: i32, spacing: i32, ticks: &mut Vec<Tick>) -> Result<(), Refusal> {
    let places = places(array, array.bytes::<8>(0)? == FIXED)?;
    for (number, place) in (0..TICKS).zip(places) {
        let Some(place) = place else { continue };
        let index = first + number * spacing;
        if !(MIN_TICK..=MAX_TICK).contains(&index) {
            return Err(Refusal::Hostile("a tick's index is out of range"));
        }
        let (net, gross) = (array.i128(place)?, array.u128(place + 16)?);
        if net.unsigned_abs() > gross {
            return Err(Refusal::Hostile("a tick's net liquidity exceeds its gross liquidity"));
        }
        let price = Orca::at(index);
        ticks.push(Tick { index, price, net, has_liquidity: true, orders: Orders::NONE, is_held: true });
    }
    Ok(())
}

/// All ticks of the pool's arrays that are held, and where those arrays begin.
fn load_ticks(
    pool: &Address,
    spacing: i32,
    accounts: &dyn Accounts,
) -> Result<(Vec<Tick>, Vec<i32>), Refusal> {
    let span = TICKS * spacing;
    let mut arrays = Vec::new();
    for account in accounts.owned_by(&PROGRAM) {
        let (named, size) = match account.bytes::<8>(0) {
            Ok(FIXED) => (9_956, FIXED_BYTES),
            Ok(DYNAMIC) => (12, DYNAMIC_BYTES),
            _ => continue,
        };
        if account.address(named).ok() != Some(*pool) || account.data.len() < size {
            continue;
        }
        let first = account.i32(8)?;
        if first.rem_euclid(span) != 0 || !(MIN_TICK - span + 1..=MAX_TICK).contains(&first) {
            return Err(Refusal::Hostile("invalid first tick of a tick array"));
        }
        arrays.push((first, account));
    }
    arrays.sort_unstable_by_key(|(first, _)| *first);
    let firsts: Vec<i32> = arrays.iter().map(|(first, _)| *first).collect();
    if firsts.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Refusal::Hostile("two tick arrays with the same first tick"));
    }
    let mut ticks = Vec::new();
    for (first, account) in arrays {
        read_ticks(&account, first, spacing, &mut ticks)?;
    }
    Ok((ticks, firsts))
}

/// The constants and variables of an adaptive fee, and when trading opens.
fn load_oracle(
    pool: &Account<'_>,
    spacing: u16,
    accounts: &dyn Accounts,
) -> Result<(Option<Moving>, Volatility, u64), Refusal> {
    if pool.u16(43)? == spacing {
        return Ok((None, Volatility::default(), 0));
    }
    let is_ours = |account: &Account<'_>| {
        account.check(ORACLE, ORACLE_BYTES).is_ok() && account.address(8) == Ok(pool.address)
    };
    let oracle = accounts.owned_by(&PROGRAM).find(is_ours).ok_or(Refusal::NotHeld(pool.address))?;
    let rules = Rules::Orca { major_ticks: oracle.u16(64)? };
    let moving = Moving::read(&oracle, 48, oracle.u16(62)?, rules)?;
    let volatility = Volatility {
        updated_s: oracle.u64(82)?,
        major_s: oracle.u64(90)?,
        reference: oracle.u32(98)?,
        group: oracle.u32(102)?.cast_signed(),
        accumulator: oracle.u32(106)?,
    };
    moving.check(&volatility)?;
    Ok((Some(moving), volatility, oracle.u64(40)?))
}

impl OrcaWhirlpool {
    /// The ticks of the three arrays that a swap may use.
    fn range(&self, tick: i32, is_down: bool) -> Range {
        let span = TICKS * self.spacing;
        let mut first = tick.div_euclid(span) * span;
        if !is_down && tick + self.spacing >= first + span {
            first += span;
        }
        let mut range = Range {
            reach: if is_down { i32::MAX } else { i32::MIN },
            end: None,
            beyond: self.curve.not_held,
        };
        for number in 0..3 {
            let first = if is_down { first - number * span } else { first + number * span };
            if self.arrays.binary_search(&first).is_err() {
                return range;
            }
            range.reach = if is_down { first } else { first + span - 1 };
            if is_down && first <= MIN_TICK {
                range.end = Some((MIN_TICK, MIN_TICK));
                break;
            }
            if !is_down && first + span > MAX_TICK {
                range.end = Some((MAX_TICK, MAX_TICK));
                break;
            }
            if number == 2 {
                let closed = if is_down { first } else { first + span - self.spacing };
                range.end = Some((range.reach, closed));
            }
        }
        range.beyond = TOO_FAR;
        range
    }

    fn trial<'a>(&'a self, head: &'a Head, side: Side, now: &'a Now, is_kept: bool) -> Trial<'a> {
        Trial {
            tokens: &self.tokens,
            curve: &self.curve,
            head,
            terms: &TERMS,
            range: self.range(head.place.tick, side == Side::A),
            side,
            is_fee_on_input: true,
            now,
            is_kept,
        }
    }

    fn check(&self, now: &Now) -> Result<(), Refusal> {
        let is_open =
            self.open_time_s == 0 || u64::try_from(now.time_s).is_ok_and(|now| now >= self.open_time_s);
        if is_open { Ok(()) } else { Err(Refusal::Program("TradeIsNotEnabled")) }
    }
}

impl Market for OrcaWhirlpool {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let pool = accounts.need(address, &PROGRAM)?;
        pool.check(POOL, POOL_BYTES)?;
        let spacing = pool.u16(41)?;
        let base = pool.u16(45)?;
        if spacing == 0 || base > MAX_FEE {
            return Err(Refusal::Hostile("the tick spacing is 0, or the fee rate is above the maximum"));
        }
        let place = Place { price: pool.u128(65)?, tick: pool.i32(81)?, liquidity: pool.u128(49)? };
        check_place::<Orca>(&place)?;
        let (tokens, vaults) = Tokens::load(&pool, [101, 181], [133, 213], accounts)?;
        let (moving, volatility, open_time_s) = load_oracle(&pool, spacing, accounts)?;
        let (ticks, arrays) = load_ticks(address, i32::from(spacing), accounts)?;
        let fees = Fees { base: u32::from(base), moving };
        let curve = Curve { ticks, fees, not_held: Refusal::NotHeld(*address) };
        let market = OrcaWhirlpool { tokens, curve, spacing: i32::from(spacing), arrays, open_time_s };
        Ok((market, Head { place, volatility, vaults }))
    }

    fn mints(&self) -> [Address; 2] {
        self.tokens.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.check(now)?;
        self.trial(head, side, now, false).exact_in::<Orca>(amount).map(|outcome| outcome.quote)
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.check(now)?;
        self.trial(head, side, now, false).exact_out::<Orca>(amount).map(|outcome| outcome.quote)
    }

    fn marginal(&self, head: &Head, side: Side, now: &Now) -> f64 {
        self.trial(head, side, now, false).marginal()
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.check(now)?;
        let outcome = self.trial(head, side, now, true).exact_in::<Orca>(amount)?;
        *head = outcome.head;
        Ok(outcome.quote)
    }
}
