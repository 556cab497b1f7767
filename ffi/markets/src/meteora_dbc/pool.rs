//! How a pool's account and that of its configuration are read.

use super::curve::Curve;
use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::quote::Refusal;
use crate::schedule::{Activation, BaseFee, Decay, DynamicFee, Limiter, RATE, Volatility};
use crate::token::{Mint, Vault};

/// A pool and its configuration: plain, and with a transfer hook. Both have the same places.
const POOLS: [([u8; 8], [u8; 8], usize); 2] = [
    ([213, 224, 5, 209, 98, 69, 119, 92], [26, 108, 14, 123, 116, 230, 129, 43], 1048),
    ([237, 219, 184, 23, 42, 189, 169, 35], [40, 220, 194, 251, 41, 199, 123, 253], 1128),
];
const POOL_BYTES: usize = 424;
/// The highest rate, and that of a rate limiter in basis points.
pub(super) const MOST: u64 = RATE / 100 * 99;
const MOST_BPS: u32 = 9_900;

/// What a swap does not change.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pool {
    pub mints: [Address; 2],
    pub tokens: [Mint; 2],
    pub curve: Curve,
    /// Purchases pay their fee of the input; else fees are taken of what is paid out.
    pub takes_quote: bool,
    pub base_fee: BaseFee,
    pub dynamic_fee: Option<DynamicFee>,
    pub activation: Activation,
    /// With so much of the quote mint the pool is completed.
    pub threshold: u64,
    pub is_migrated: bool,
}

/// What a swap changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub(super) sqrt_price: u128,
    /// Without fees.
    pub(super) reserves: [u64; 2],
    pub(super) vaults: [u64; 2],
    pub(super) volatility: Volatility,
}

impl Head {
    /// The root of the price of the base mint in the quote mint, in 64 binary places.
    #[must_use]
    pub fn sqrt_price(&self) -> u128 {
        self.sqrt_price
    }

    /// What the pool has of both mints, without fees.
    #[must_use]
    pub fn reserves(&self) -> [u64; 2] {
        self.reserves
    }
}

/// Reads a pool and the accounts that it names.
pub(super) fn load(pool: &Account<'_>, accounts: &dyn Accounts) -> Result<(Pool, Head), Refusal> {
    let kind = POOLS.iter().find(|(kind, ..)| pool.bytes(0) == Ok(*kind));
    let (kind, config_kind, config_bytes) =
        *kind.ok_or(Refusal::Hostile("unknown discriminator of the pool"))?;
    pool.check(kind, POOL_BYTES)?;
    let config = accounts.need(&pool.address(72)?, &pool.owner)?;
    config.check(config_kind, config_bytes)?;
    let vaults = [Vault::load(&pool.address(168)?, accounts)?, Vault::load(&pool.address(200)?, accounts)?];
    let mints = [pool.address(136)?, config.address(8)?];
    if vaults.map(|vault| vault.mint) != mints {
        return Err(Refusal::Hostile("a vault's mint does not match the pool"));
    }
    let token = |side: usize| Mint::load(&mints[side], &vaults[side].token_program, accounts);
    let market = Pool {
        mints,
        tokens: [token(0)?, token(1)?],
        curve: Curve::load(&config)?,
        takes_quote: match config.u8(232)? {
            0 => true,
            1 => false,
            _ => return Err(Refusal::Unsupported("unknown fee collection mode")),
        },
        base_fee: base_fee(&config)?,
        dynamic_fee: DynamicFee::load(&config, 136, 168)?,
        activation: Activation::load(config.u8(234)?, pool.u64(296)?)?,
        threshold: config.u64(264)?,
        is_migrated: pool.u8(305)? != 0,
    };
    let head = Head {
        sqrt_price: pool.u128(280)?,
        reserves: [pool.u64(232)?, pool.u64(240)?],
        vaults: vaults.map(|vault| vault.amount),
        volatility: Volatility::load(pool, 8, 24)?,
    };
    let is_within = (market.curve.first..=market.curve.top).contains(&head.sqrt_price);
    if !is_within && head.reserves[1] < market.threshold {
        return Err(Refusal::Hostile("the price is not on the curve"));
    }
    Ok((market, head))
}

/// The creator's fee: three parameters, whose meaning follows from a byte.
fn base_fee(config: &Account<'_>) -> Result<BaseFee, Refusal> {
    let [cliff, second, third] = [config.u64(104)?, config.u64(112)?, config.u64(120)?];
    let first = config.u16(128)?;
    if cliff > RATE {
        return Err(Refusal::Hostile("the base fee rate is above 100 %"));
    }
    let time = |decay| match second {
        0 => BaseFee::Flat(cliff),
        period => BaseFee::Time { cliff, decay, periods: first, period },
    };
    match config.u8(130)? {
        0 => Ok(time(Decay::Linear(third))),
        1 => Ok(time(Decay::Exponential(third))),
        2 if (first, second, third) == (0, 0, 0) => Ok(BaseFee::Flat(cliff)),
        2 => Limiter::new(cliff, first, MOST_BPS, third, second).map(BaseFee::Size),
        _ => Err(Refusal::Unsupported("unknown base fee mode")),
    }
}
