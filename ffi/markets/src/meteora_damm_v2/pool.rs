//! How a pool's account is read.

use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::quote::Refusal;
use crate::schedule::{Activation, BaseFee, Decay, DynamicFee, Limiter, RATE, Volatility};
use crate::token::{Mint, Vault};

const POOL: [u8; 8] = [241, 154, 109, 4, 17, 177, 109, 188];
const POOL_BYTES: usize = 1112;
const BASE_FEE: usize = 8;
const DYNAMIC_FEE: usize = 56;

/// What fees are taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeeOn {
    /// What is paid out.
    Output,
    /// The second mint, whichever way.
    B,
}

/// Where the price can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    /// Between two roots of prices.
    Range { liquidity: u128, low: u128, high: u128 },
    /// Anywhere: the product of both amounts, to which this part of the fees is added (basis points).
    Product { compounding_bps: u16 },
}

impl Curve {
    pub fn is_product(self) -> bool {
        matches!(self, Curve::Product { .. })
    }
}

/// What a swap does not change.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pool {
    pub mints: [Address; 2],
    pub tokens: [Mint; 2],
    pub curve: Curve,
    pub fee_on: FeeOn,
    pub base_fee: BaseFee,
    pub dynamic_fee: Option<DynamicFee>,
    /// The highest rate.
    pub most: u64,
    pub protocol_percent: u8,
    /// The price's root at the pool's creation.
    pub first_sqrt_price: u128,
    pub activation: Activation,
    pub is_enabled: bool,
}

/// What a swap changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub(super) sqrt_price: u128,
    /// What the product is of, where the pool has one.
    pub(super) amounts: [u64; 2],
    pub(super) vaults: [u64; 2],
    pub(super) volatility: Volatility,
}

impl Head {
    /// The root of the price of the first mint in the second, in 64 binary places.
    #[must_use]
    pub fn sqrt_price(&self) -> u128 {
        self.sqrt_price
    }
}

/// Reads a pool and the accounts that it names.
pub(super) fn load(pool: &Account<'_>, accounts: &dyn Accounts) -> Result<(Pool, Head), Refusal> {
    pool.check(POOL, POOL_BYTES)?;
    let vaults = [Vault::load(&pool.address(232)?, accounts)?, Vault::load(&pool.address(264)?, accounts)?];
    let mints = [pool.address(168)?, pool.address(200)?];
    if vaults.map(|vault| vault.mint) != mints {
        return Err(Refusal::Hostile("a vault's mint does not match the pool"));
    }
    let token = |side: usize| Mint::load(&mints[side], &vaults[side].token_program, accounts);
    let (curve, fee_on) = curve(pool)?;
    let market = Pool {
        mints,
        tokens: [token(0)?, token(1)?],
        curve,
        fee_on,
        base_fee: base_fee(pool)?,
        dynamic_fee: DynamicFee::load(pool, DYNAMIC_FEE, DYNAMIC_FEE + 32)?,
        most: match pool.u8(486)? {
            0 => RATE / 2,
            1 => RATE / 100 * 99,
            _ => return Err(Refusal::Unsupported("unknown fee version")),
        },
        protocol_percent: pool.u8(48)?,
        first_sqrt_price: pool.u128(152)?,
        activation: Activation::load(pool.u8(480)?, pool.u64(472)?)?,
        is_enabled: pool.u8(481)? == 0,
    };
    if market.protocol_percent > 100 {
        return Err(Refusal::Hostile("the protocol's share of the fee is above 100 %"));
    }
    let head = Head {
        sqrt_price: pool.u128(456)?,
        amounts: [pool.u64(680)?, pool.u64(688)?],
        vaults: vaults.map(|vault| vault.amount),
        volatility: Volatility::load(pool, DYNAMIC_FEE + 24, DYNAMIC_FEE + 48)?,
    };
    Ok((market, head))
}

/// Where the price can be, and what fees are taken of.
fn curve(pool: &Account<'_>) -> Result<(Curve, FeeOn), Refusal> {
    let range = Curve::Range { liquidity: pool.u128(360)?, low: pool.u128(424)?, high: pool.u128(440)? };
    let (curve, fee_on) = match pool.u8(484)? {
        0 => (range, FeeOn::Output),
        1 => (range, FeeOn::B),
        2 => (Curve::Product { compounding_bps: pool.u16(54)? }, FeeOn::B),
        _ => return Err(Refusal::Unsupported("unknown fee collection mode")),
    };
    match curve {
        Curve::Range { low, high, .. } if low == 0 || !(low..=high).contains(&pool.u128(456)?) => {
            Err(Refusal::Hostile("the price is outside the pool's range, or the range begins at 0"))
        }
        Curve::Product { compounding_bps } if compounding_bps > 10_000 => {
            Err(Refusal::Hostile("the compounded share of the fee is above 100 %"))
        }
        _ => Ok((curve, fee_on)),
    }
}

/// The creator's fee: its kind is a byte, its parameters follow by kind.
fn base_fee(pool: &Account<'_>) -> Result<BaseFee, Refusal> {
    let (cliff, kind) = (pool.u64(BASE_FEE)?, pool.u8(BASE_FEE + 8)?);
    if cliff > RATE {
        return Err(Refusal::Hostile("the base fee rate is above 100 %"));
    }
    let count = pool.u16(BASE_FEE + 14)?;
    let (long, [first, second]) = (pool.u64(BASE_FEE + 16)?, [BASE_FEE + 16, BASE_FEE + 20]);
    let (first, second, last) = (pool.u32(first)?, pool.u32(second)?, pool.u64(BASE_FEE + 24)?);
    let decay = if matches!(kind, 0 | 3) { Decay::Linear(last) } else { Decay::Exponential(last) };
    match kind {
        0 | 1 if long == 0 => Ok(BaseFee::Flat(cliff)),
        0 | 1 => Ok(BaseFee::Time { cliff, decay, periods: count, period: long }),
        2 if (count, first, second, last) == (0, 0, 0, 0) => Ok(BaseFee::Flat(cliff)),
        2 => Limiter::new(cliff, count, second, last, first.into()).map(BaseFee::Size),
        3 | 4 => {
            let expires_after = second.into();
            Ok(BaseFee::Price { cliff, decay, steps: count, step_bps: first, expires_after })
        }
        _ => Err(Refusal::Unsupported("unknown base fee mode")),
    }
}
