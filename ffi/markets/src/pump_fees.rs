//! Fees of Pump.fun and PumpSwap: an account of the fee program for each of the two, with rates by the kind of the
//! quote mint and by market capitalisation.
//!
//! Source: npm @pump-fun/pump-sdk 2.0.0 and @pump-fun/pump-swap-sdk 1.20.0 (MIT): `fees.ts`, and the IDLs in them.

use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::quote::{Now, Refusal};
use crate::token::{Mint, TOKEN};

/// `pfeeUxB6jkeY1Hxd7CsFCAjcbHA9rWtchMGdZ6VojVZ`.
pub(crate) const PROGRAM: Address = [
    12, 53, 255, 169, 5, 90, 142, 86, 141, 168, 247, 188, 7, 86, 21, 39, 76, 241, 201, 44, 164, 31, 64, 0,
    156, 81, 106, 164, 20, 194, 124, 112,
];
/// `So11111111111111111111111111111111111111112`: curves in SOL have zeros instead.
pub(crate) const WRAPPED_SOL: Address = [
    6, 155, 136, 87, 254, 171, 129, 132, 251, 104, 127, 99, 70, 24, 192, 53, 218, 196, 57, 220, 26, 235, 59,
    85, 152, 160, 240, 0, 0, 0, 0, 1,
];
/// `9pan9bMn5HatX4EJdBwg9VgCa7Uz5HL8N1m5D3NdXejP`: SOL of Token-2022.
const WRAPPED_SOL_2022: Address = [
    131, 13, 252, 159, 222, 95, 230, 184, 170, 124, 4, 164, 118, 233, 30, 138, 198, 187, 38, 74, 173, 144,
    250, 25, 201, 223, 73, 216, 92, 62, 91, 94,
];
/// `EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v`: the one mint with the schedule for stable coins.
const USDC: Address = [
    198, 250, 122, 243, 190, 219, 173, 58, 61, 101, 243, 106, 171, 201, 116, 49, 177, 187, 228, 194, 210,
    246, 224, 228, 124, 166, 2, 3, 69, 47, 93, 97,
];
/// Supply of a coin at its creation: the market capitalisation counts it where the supply itself is not read.
pub(crate) const SUPPLY: u64 = 1_000_000_000_000_000;
/// Basis points of a whole.
const WHOLE: u64 = 10_000;
/// Added before a division by the whole, it rounds up.
const UP: u64 = WHOLE - 1;
const FEE_CONFIG: [u8; 8] = [143, 52, 146, 187, 219, 123, 76, 155];
/// Sizes of the three layouts: with tiers, with tiers of stable coins too, with rates for other mints too.
const SIZES: [usize; 3] = [2512, 4073, 4097];
const FLAT: usize = 41;
const TIERS: usize = 65;
const RATES_BYTES: usize = 24;
const TIER_BYTES: usize = 40;
/// More tiers than fit into the account.
const MOST_TIERS: u32 = 64;

/// Rates of a trade in basis points; together at most a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Rates {
    /// Stays in the pool; curves take none.
    pub lp: u64,
    /// To the protocol.
    pub protocol: u64,
    /// To the coin's creator, its holders or back to the trader later.
    pub creator: u64,
}

/// What a trade of an amount pays of each rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Stays in the pool.
    pub lp: u64,
    /// All, the pool's part too.
    pub all: u64,
}

impl Rates {
    fn checked(self) -> Result<Rates, Refusal> {
        let all = self.lp.checked_add(self.protocol).and_then(|sum| sum.checked_add(self.creator));
        if all.is_some_and(|all| all <= WHOLE) {
            Ok(self)
        } else {
            Err(Refusal::Hostile("the fee rates add up to more than 100 %"))
        }
    }

    fn read(config: &Account<'_>, at: usize) -> Result<Rates, Refusal> {
        let (lp, protocol, creator) = (config.u64(at)?, config.u64(at + 8)?, config.u64(at + 16)?);
        Rates { lp, protocol, creator }.checked()
    }

    #[inline]
    fn all(self) -> u64 {
        self.lp + self.protocol + self.creator
    }

    /// Fees of `amount`, each rounded up: of whole ten-thousands exactly, of the rest up.
    pub fn of(self, amount: u64) -> Result<Parts, Refusal> {
        let (wholes, rest) = (amount / WHOLE, amount % WHOLE);
        let up = |rate: u64| (rest * rate + UP) / WHOLE;
        let lp = up(self.lp);
        // A rate is at most a whole: no product exceeds the amount.
        let all = (wholes * self.all()).checked_add(lp + up(self.protocol) + up(self.creator));
        Ok(Parts { lp: wholes * self.lp + lp, all: all.ok_or(Refusal::Overflow)? })
    }

    /// What is left to trade of `spendable` after fees, and the fees: the published rule of both programs' purchases
    /// by what is spent. What the fees round up to more than is left is taken off the trade.
    pub fn within(self, spendable: u64) -> Result<(u64, Parts), Refusal> {
        let divisor = WHOLE + self.all();
        let net = spendable / divisor * WHOLE + spendable % divisor * WHOLE / divisor;
        let parts = self.of(net)?;
        let most = spendable.checked_sub(parts.all).ok_or(Refusal::Overflow)?;
        Ok((net.min(most), parts))
    }

    /// Share of a whole that a trade keeps when fees come on top of it, or off it.
    pub fn kept(self, is_on_top: bool) -> f64 {
        let fees = self.all() as f64 / WHOLE as f64;
        if is_on_top { 1.0 / (1.0 + fees) } else { 1.0 - fees }
    }
}

/// Rates from a market capitalisation on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tier {
    from: u64,
    rates: Rates,
}

/// The rates of a pool: of its kind of quote mint, with the creator's rate put in its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schedule {
    /// Ascending, at least one; below the first its rates hold too.
    tiers: Box<[Tier]>,
}

impl Schedule {
    /// The schedule of a coin of Pump.fun in `quote_mint`, zeros for SOL, from the fee program's account at `address`.
    pub fn of_coin(
        address: &Address,
        quote_mint: &Address,
        accounts: &dyn Accounts,
    ) -> Result<Schedule, Refusal> {
        let config = Self::config(address, accounts)?;
        let version = SIZES.iter().filter(|&&size| config.data.len() >= size).count();
        let (sol, next) = Self::read(&config, TIERS)?;
        if [[0; 32], WRAPPED_SOL, WRAPPED_SOL_2022].contains(quote_mint) {
            return Self::from(sol);
        }
        let (stable, next) = if version > 1 { Self::read(&config, next)? } else { (Vec::new(), next) };
        if *quote_mint == USDC {
            return Self::from(if stable.is_empty() { sol } else { stable });
        }
        let other = if version > 2 { Rates::read(&config, next)? } else { Rates::default() };
        let rates = if other == Rates::default() { Rates::read(&config, FLAT)? } else { other };
        Self::from(vec![Tier { from: 0, rates }])
    }

    /// The schedule of a pool that is not a coin's of Pump.fun.
    pub fn of_others(address: &Address, accounts: &dyn Accounts) -> Result<Schedule, Refusal> {
        let rates = Rates::read(&Self::config(address, accounts)?, FLAT)?;
        Self::from(vec![Tier { from: 0, rates }])
    }

    fn config<'a>(address: &Address, accounts: &'a dyn Accounts) -> Result<Account<'a>, Refusal> {
        let config = accounts.need(address, &PROGRAM)?;
        config.check(FEE_CONFIG, SIZES[0])?;
        Ok(config)
    }

    fn from(tiers: Vec<Tier>) -> Result<Schedule, Refusal> {
        if tiers.is_empty() {
            return Err(Refusal::Hostile("the fee schedule has no tier"));
        }
        if !tiers.is_sorted_by_key(|tier| tier.from) {
            return Err(Refusal::Hostile("the fee tiers are not in ascending order"));
        }
        Ok(Schedule { tiers: tiers.into() })
    }

    /// Tiers at a place, and the place after them.
    fn read(config: &Account<'_>, at: usize) -> Result<(Vec<Tier>, usize), Refusal> {
        let count = config.u32(at)?;
        if count > MOST_TIERS {
            return Err(Refusal::Hostile("more than 64 fee tiers"));
        }
        let mut next = at + 4;
        let mut tiers = Vec::new();
        for _ in 0..count {
            let rates = Rates::read(config, next + TIER_BYTES - RATES_BYTES)?;
            let from = u64::try_from(config.u128(next)?);
            let from = from.map_err(|_| Refusal::Unsupported("a fee tier that begins beyond 64 bits"))?;
            tiers.push(Tier { from, rates });
            next += TIER_BYTES;
        }
        Ok((tiers, next))
    }

    /// Puts `rate` in the place of the creator's rate of every tier.
    pub fn set_creator(&mut self, rate: u64) -> Result<(), Refusal> {
        for tier in &mut self.tiers {
            tier.rates = Rates { creator: rate, ..tier.rates }.checked()?;
        }
        Ok(())
    }

    /// Leaves out the part of liquidity providers: a curve has none.
    pub fn drop_lp(&mut self) {
        for tier in &mut self.tiers {
            tier.rates.lp = 0;
        }
    }

    /// The rates at the market capitalisation `quote * supply / base`: the last tier that begins at or below it.
    ///
    /// Products instead of the quotient: `value / base >= from` where `value >= from * base`.
    pub fn at(&self, quote: u64, supply: u64, base: u64) -> Result<Rates, Refusal> {
        let value = u128::from(quote) * u128::from(supply);
        let reached = |tier: &Tier| value >= u128::from(tier.from) * u128::from(base);
        let tier = self.tiers.get(self.tiers.partition_point(reached).saturating_sub(1));
        tier.map(|tier| tier.rates).ok_or(Refusal::Hostile("the fee schedule has no tier"))
    }
}

/// A field at the end of an account that older accounts do not have: they read as zeros.
pub(crate) fn newer<const N: usize>(account: &Account<'_>, offset: usize) -> Result<[u8; N], Refusal> {
    if account.data.len() <= offset { Ok([0; N]) } else { account.bytes(offset) }
}

/// The token program of a quote mint; that of a well-known one need not be held.
pub(crate) fn token_program(mint: &Address, accounts: &dyn Accounts) -> Result<Address, Refusal> {
    if [WRAPPED_SOL, USDC].contains(mint) {
        return Ok(TOKEN);
    }
    accounts.get(mint).map(|account| account.owner).ok_or(Refusal::NotHeld(*mint))
}

/// Fails where transfers of the mint withhold a part, in any epoch: no trade shows what these programs do then.
pub(crate) fn check_transfers(
    mint: &Address,
    token_program: &Address,
    accounts: &dyn Accounts,
) -> Result<(), Refusal> {
    let mint = Mint::load(mint, token_program, accounts)?;
    let at = |slot: u64| mint.transfer_fee(&Now { slot, time_s: 0 }).basis_points;
    if at(0) == 0 && at(u64::MAX) == 0 {
        Ok(())
    } else {
        Err(Refusal::Unsupported("a mint with a transfer fee"))
    }
}

/// The supply of the mint at `address`.
pub(crate) fn supply(address: &Address, program: &Address, accounts: &dyn Accounts) -> Result<u64, Refusal> {
    const SUPPLY_AT: usize = 36;
    const MINT_BYTES: usize = 82;
    let mint = accounts.need(address, program)?;
    if mint.data.len() < MINT_BYTES {
        return Err(Refusal::Hostile("a mint's account is too short"));
    }
    mint.u64(SUPPLY_AT)
}
