//! Raydium CLMM: liquidity between ticks, a fee of the input or of one mint, a rate that may move, limit orders.
//!
//! Source: raydium-io/raydium-clmm (Apache-2.0): `instructions/swap.rs`, `swap_v2.rs`, `libraries/`, `states/`.

use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::market::Market;
use crate::quote::{Now, Quote, Refusal, Side};
use crate::ticks::fees::{Fees, Moving, Rules, Volatility};
use crate::ticks::orders::Orders;
use crate::ticks::pool::{Terms, Tokens, Trial, check_place};
use crate::ticks::price::{MAX_TICK, MIN_TICK, Prices as _, Raydium};
use crate::ticks::{Curve, Place, Range, Tick};

pub use crate::ticks::pool::Head;

/// `CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK`.
pub const PROGRAM: Address = [
    165, 213, 202, 158, 4, 207, 93, 181, 144, 183, 20, 186, 47, 227, 44, 177, 89, 19, 63, 193, 193, 146, 183,
    34, 87, 253, 7, 211, 156, 176, 64, 30,
];
const POOL: [u8; 8] = [247, 237, 227, 245, 215, 195, 222, 70];
const POOL_BYTES: usize = 1_544;
const CONFIG: [u8; 8] = [218, 244, 33, 104, 203, 203, 43, 111];
const CONFIG_BYTES: usize = 117;
const ARRAY: [u8; 8] = [192, 155, 85, 205, 49, 249, 129, 42];
const ARRAY_BYTES: usize = 10_240;
const EXTENSION: [u8; 8] = [60, 150, 36, 219, 97, 128, 139, 153];
const EXTENSION_BYTES: usize = 1_832;
/// Ticks of an array.
const TICKS: i32 = 60;
/// Arrays of the pool's own bitmap on either side of tick 0, and of one bitmap of the extension.
const BITMAP: i32 = 512;
/// From this spacing on the pool's own bitmap has all arrays.
const WIDE_SPACING: i32 = 15;
/// Bit of the status that disables swaps.
const SWAP_DISABLED: u8 = 16;

const TERMS: Terms = Terms {
    zero: Refusal::Program("ZeroAmountSpecified"),
    partial: Some(INSUFFICIENT),
    partial_out: INSUFFICIENT,
    nothing: Some(Refusal::Program("TooSmallInputOrOutputAmount")),
};
const INSUFFICIENT: Refusal = Refusal::Program("LiquidityInsufficient");

/// What the fee is taken of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum FeeOn {
    /// The input, whichever it is.
    Input,
    /// This mint, as input or as output.
    Only(Side),
}

/// A pool.
#[derive(Clone, Debug, PartialEq)]
pub struct RaydiumClmm {
    tokens: Tokens,
    curve: Curve,
    fee_on: FeeOn,
    is_disabled: bool,
    open_time_s: u64,
}

/// The numbers of the arrays whose bit is set, in their order: array 0 begins at tick 0.
fn listed(pool: &Account<'_>, extension: Option<&Account<'_>>) -> Result<Vec<i32>, Refusal> {
    let mut numbers = Vec::new();
    let mut read = |account: &Account<'_>, offset: usize, first: i32| {
        for (word, number) in (0..).zip((first..first + BITMAP).step_by(64)) {
            let bits = account.u64(offset + 8 * word)?;
            numbers.extend((0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| number + bit));
        }
        Ok::<_, Refusal>(())
    };
    read(pool, 904, -BITMAP)?;
    read(pool, 904 + 64, 0)?;
    if let Some(extension) = extension {
        for (place, part) in (0..14).zip(0_usize..) {
            read(extension, 40 + 64 * part, (place + 1) * BITMAP)?;
            read(extension, 936 + 64 * part, -(place + 2) * BITMAP)?;
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The initialized ticks of an array.
fn read_ticks(array: &Account<'_>, first: i32, spacing: i32, ticks: &mut Vec<Tick>) -> Result<(), Refusal> {
    for (number, at) in (0..TICKS).zip((44..).step_by(168)) {
        let (net, gross) = (array.i128(at + 4)?, array.u128(at + 20)?);
        let orders = Orders { whole: array.u64(at + 124)?, begun: array.u64(at + 132)? };
        if gross == 0 && orders.is_empty() {
            continue;
        }
        let index = array.i32(at)?;
        if index != first + number * spacing || !(MIN_TICK..=MAX_TICK).contains(&index) {
            return Err(Refusal::Hostile("a tick's index is out of range or does not match its place"));
        }
        if net.unsigned_abs() > gross {
            return Err(Refusal::Hostile("a tick's net liquidity exceeds its gross liquidity"));
        }
        let price = Raydium::at(index);
        ticks.push(Tick { index, price, net, has_liquidity: gross > 0, orders, is_held: true });
    }
    Ok(())
}

/// All ticks of the pool, and the ends of arrays that are not held.
fn load_ticks(pool: &Account<'_>, spacing: i32, accounts: &dyn Accounts) -> Result<Vec<Tick>, Refusal> {
    let span = TICKS * spacing;
    let (mut arrays, mut extension) = (Vec::new(), None);
    for account in accounts.owned_by(&PROGRAM) {
        if account.address(8) != Ok(pool.address) {
            continue;
        }
        if account.check(ARRAY, ARRAY_BYTES).is_ok() {
            arrays.push((account.i32(40)?, account));
        } else if account.check(EXTENSION, EXTENSION_BYTES).is_ok() {
            extension = Some(account);
        }
    }
    arrays.sort_unstable_by_key(|(first, _)| *first);
    if arrays.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(Refusal::Hostile("two tick arrays with the same first tick"));
    }
    let mut ticks = Vec::new();
    for number in listed(pool, extension.as_ref())? {
        let first = number.saturating_mul(span);
        if first > MAX_TICK || first <= MIN_TICK - span {
            return Err(Refusal::Hostile("the first tick of a tick array is out of range"));
        }
        let known = ticks.len();
        if let Ok(place) = arrays.binary_search_by_key(&first, |(first, _)| *first)
            && let Some((_, array)) = arrays.get(place)
        {
            read_ticks(array, first, spacing, &mut ticks)?;
        }
        if ticks.len() == known {
            ticks.extend([Tick::missing(first), Tick::missing(first + span - 1)]);
        }
    }
    if extension.is_none() && spacing < WIDE_SPACING {
        ticks.insert(0, Tick::missing(-BITMAP * span - 1));
        ticks.push(Tick::missing(BITMAP * span));
    }
    Ok(ticks)
}

/// Constants and variables of a rate that moves; all zeros are none.
fn load_fees(pool: &Account<'_>, spacing: u16) -> Result<(Option<Moving>, Volatility), Refusal> {
    if pool.bytes::<80>(1_096)? == [0; 80] {
        return Ok((None, Volatility::default()));
    }
    let moving = Moving::read(pool, 1_096, spacing, Rules::Raydium)?;
    let volatility = Volatility {
        group: pool.i32(1_110)?,
        reference: pool.u32(1_114)?,
        accumulator: pool.u32(1_118)?,
        updated_s: pool.u64(1_122)?,
        major_s: 0,
    };
    moving.check(&volatility)?;
    Ok((Some(moving), volatility))
}

impl RaydiumClmm {
    fn trial<'a>(&'a self, head: &'a Head, side: Side, now: &'a Now, is_kept: bool) -> Trial<'a> {
        Trial {
            tokens: &self.tokens,
            curve: &self.curve,
            head,
            terms: &TERMS,
            range: Range {
                reach: if side == Side::A { i32::MIN } else { i32::MAX },
                end: None,
                beyond: INSUFFICIENT,
            },
            side,
            is_fee_on_input: match self.fee_on {
                FeeOn::Input => true,
                FeeOn::Only(only) => only == side,
            },
            now,
            is_kept,
        }
    }

    fn check(&self, now: &Now) -> Result<(), Refusal> {
        if !u64::try_from(now.time_s).is_ok_and(|now| now > self.open_time_s) {
            return Err(Refusal::Program("RequireGtViolated"));
        }
        if self.is_disabled { Err(Refusal::Program("NotApproved")) } else { Ok(()) }
    }
}

impl Market for RaydiumClmm {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let pool = accounts.need(address, &PROGRAM)?;
        pool.check(POOL, POOL_BYTES)?;
        let config = accounts.need(&pool.address(9)?, &PROGRAM)?;
        config.check(CONFIG, CONFIG_BYTES)?;
        let spacing = pool.u16(235)?;
        let base = config.u32(47)?;
        if spacing == 0 || base >= 1_000_000 {
            return Err(Refusal::Hostile("the tick spacing is 0, or the fee rate is 100 % or more"));
        }
        let place = Place { price: pool.u128(253)?, tick: pool.i32(269)?, liquidity: pool.u128(237)? };
        check_place::<Raydium>(&place)?;
        let (tokens, vaults) = Tokens::load(&pool, [73, 105], [137, 169], accounts)?;
        let (moving, volatility) = load_fees(&pool, spacing)?;
        let ticks = load_ticks(&pool, i32::from(spacing), accounts)?;
        let curve = Curve { ticks, fees: Fees { base, moving }, not_held: Refusal::NotHeld(*address) };
        let market = RaydiumClmm {
            tokens,
            curve,
            fee_on: match pool.u8(390)? {
                1 => FeeOn::Only(Side::A),
                2 => FeeOn::Only(Side::B),
                _ => FeeOn::Input,
            },
            is_disabled: pool.u8(389)? & SWAP_DISABLED != 0,
            open_time_s: pool.u64(1_080)?,
        };
        Ok((market, Head { place, volatility, vaults }))
    }

    fn mints(&self) -> [Address; 2] {
        self.tokens.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.check(now)?;
        self.trial(head, side, now, false).exact_in::<Raydium>(amount).map(|outcome| outcome.quote)
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.check(now)?;
        self.trial(head, side, now, false).exact_out::<Raydium>(amount).map(|outcome| outcome.quote)
    }

    fn marginal(&self, head: &Head, side: Side, now: &Now) -> f64 {
        self.trial(head, side, now, false).marginal()
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.check(now)?;
        let outcome = self.trial(head, side, now, true).exact_in::<Raydium>(amount)?;
        self.curve.settle(&outcome.walked, side == Side::A);
        *head = outcome.head;
        Ok(outcome.quote)
    }
}
