//! PumpSwap: a constant product with a virtual part of the quote reserve and three fees in the quote mint.
//!
//! Source: npm @pump-fun/pump-swap-sdk 1.20.0 (MIT): `buy.ts`, `sell.ts`, `fees.ts`, `util.ts`.

use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::market::Market;
use crate::program_address::derive;
use crate::pump_fees::{self, Parts, Rates, Schedule, newer};
use crate::pump_fun;
use crate::quote::{Now, Quote, Refusal, Side};
use crate::token::Vault;

/// `pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA`.
pub const PROGRAM: Address = [
    12, 20, 222, 252, 130, 94, 198, 118, 148, 37, 8, 24, 187, 101, 64, 101, 244, 41, 141, 49, 86, 213, 113,
    180, 212, 248, 9, 12, 24, 233, 168, 99,
];
/// `ADyA8hdefvWN2dbGGWFotbzWxrAvLW83WG6QCVXvJKqw`: the program's configuration.
pub const CONFIG: Address = [
    137, 11, 166, 68, 254, 31, 85, 170, 25, 241, 28, 210, 210, 236, 20, 211, 35, 59, 110, 10, 75, 234, 238,
    247, 43, 105, 133, 142, 33, 225, 112, 214,
];
/// `5PHirr8joyTMp9JMm6nW7hNDVyEYdkzDqazxPD7RaTjx`: its fees.
pub const FEES: Address = [
    65, 36, 110, 204, 125, 120, 254, 129, 228, 23, 115, 164, 105, 101, 65, 153, 55, 146, 58, 7, 100, 71, 151,
    223, 111, 62, 181, 20, 66, 96, 16, 203,
];
const POOL: [u8; 8] = [241, 154, 109, 4, 17, 177, 109, 188];
const CONFIG_TAG: [u8; 8] = [149, 8, 156, 202, 160, 252, 176, 217];
/// To the coin creator's address; the layout before it must be extended by the program before a trade.
const POOL_BYTES: usize = 243;
const CONFIG_BYTES: usize = 353;
/// Bits of the configuration that disable purchases and sales.
const DISABLED: [u8; 2] = [1 << 4, 1 << 3];

const CLOSED: [Refusal; 2] = [Refusal::Program("DisabledSell"), Refusal::Program("DisabledBuy")];
const NO_BASE: Refusal = Refusal::Program("ZeroBaseAmount");
const NO_QUOTE: Refusal = Refusal::Program("ZeroQuoteAmount");
const ONLY_FEES: Refusal = Refusal::Program("BuyNotEnoughQuoteTokensToCoverFees");
const TOO_MUCH: Refusal = Refusal::Program("BuyMoreBaseAmountThanPoolReserves");
const NOT_THERE: Refusal = Refusal::Program("InsufficientRealQuoteReserves");

/// A pool. Side A is the base mint, side B the quote mint.
#[derive(Clone, Debug, PartialEq)]
pub struct PumpSwap {
    mints: [Address; 2],
    fees: Schedule,
    /// Of the base mint, as the market capitalisation counts it.
    supply: u64,
    /// Fees in the quote vault that are not the pool's.
    owed: u64,
    disabled: u8,
}

/// Vaults, the quote reserve that prices count, and the rates at that price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    vaults: [u64; 2],
    priced: u64,
    rates: Rates,
}

/// `a * b / divisor` for a result that the program keeps in 64 bits.
fn scaled(a: u64, b: u64, divisor: u128) -> Result<u64, Refusal> {
    let quotient = (u128::from(a) * u128::from(b)).checked_div(divisor).ok_or(Refusal::Overflow)?;
    u64::try_from(quotient).map_err(|_| Refusal::Overflow)
}

impl PumpSwap {
    fn check(&self, side: Side) -> Result<(), Refusal> {
        let place = side.index();
        if self.disabled & DISABLED[place] == 0 { Ok(()) } else { Err(CLOSED[place]) }
    }

    /// A purchase of `base` for `cost` and fees, of which the pool keeps one part.
    fn bought(head: &Head, base: u64, cost: u64, parts: Parts) -> Result<Quote, Refusal> {
        let amount_in = cost.checked_add(parts.all).ok_or(Refusal::Overflow)?;
        let of_pool = cost.checked_add(parts.lp).ok_or(Refusal::Overflow)?;
        head.priced.max(head.vaults[1]).checked_add(of_pool).ok_or(Refusal::Overflow)?;
        if base >= head.vaults[0] {
            return Err(TOO_MUCH);
        }
        Ok(Quote { amount_in, amount_out: base, fee: parts.all, fee_side: Side::B, crossings: 0 })
    }

    /// Base for what is left of `spendable` after fees and one unit.
    fn buy(&self, head: &Head, spendable: u64) -> Result<Quote, Refusal> {
        self.check(Side::B)?;
        let (net, parts) = head.rates.within(spendable)?;
        let traded = net.checked_sub(1).ok_or(ONLY_FEES)?;
        let after = u128::from(head.priced) + u128::from(traded);
        let base = scaled(traded, head.vaults[0], after)?;
        if base == 0 { Err(NO_BASE) } else { Self::bought(head, base, net, parts) }
    }

    fn buy_exactly(&self, head: &Head, base: u64) -> Result<Quote, Refusal> {
        self.check(Side::B)?;
        if base == 0 {
            return Err(NO_BASE);
        }
        let left = head.vaults[0].checked_sub(base).filter(|&left| left > 0).ok_or(TOO_MUCH)?;
        // One division: rounded up where the product of the floor falls short.
        let (product, left) = (u128::from(base) * u128::from(head.priced), u128::from(left));
        let floor = u64::try_from(product / left).map_err(|_| Refusal::Overflow)?;
        let is_short = u128::from(floor) * left < product;
        let cost = floor.checked_add(u64::from(is_short)).ok_or(Refusal::Overflow)?;
        Self::bought(head, base, cost, head.rates.of(cost)?)
    }

    fn sell(&self, head: &Head, base: u64) -> Result<Quote, Refusal> {
        self.check(Side::A)?;
        if base == 0 {
            return Err(NO_BASE);
        }
        let after = head.vaults[0].checked_add(base).ok_or(Refusal::Overflow)?;
        let paid = scaled(base, head.priced, after.into())?;
        let parts = head.rates.of(paid)?;
        let of_pool = paid.checked_sub(parts.lp).ok_or(Refusal::Overflow)?;
        if head.vaults[1].checked_sub(of_pool).is_none_or(|left| left < self.owed) {
            return Err(NOT_THERE);
        }
        let amount_out = paid.checked_sub(parts.all).filter(|&out| out > 0).ok_or(NO_QUOTE)?;
        Ok(Quote { amount_in: base, amount_out, fee: parts.all, fee_side: Side::B, crossings: 0 })
    }

    /// The state after the trade of `amount` that was quoted: the pool keeps its part of the fees.
    fn after(&self, head: &Head, side: Side, amount: u64, quote: &Quote) -> Result<Head, Refusal> {
        let more = |reserve: u64, by: u64| reserve.checked_add(by).ok_or(Refusal::Overflow);
        let less = |reserve: u64, by: u64| reserve.checked_sub(by).ok_or(Refusal::Overflow);
        let Head { vaults: [base, vault], priced, rates } = *head;
        let (vaults, priced) = match side {
            Side::A => {
                let paid = more(quote.amount_out, quote.fee)?;
                let of_pool = less(paid, rates.of(paid)?.lp)?;
                ([more(base, amount)?, less(vault, of_pool)?], less(priced, of_pool)?)
            }
            Side::B => {
                let (net, parts) = rates.within(amount)?;
                let of_pool = more(net, parts.lp)?;
                ([less(base, quote.amount_out)?, more(vault, of_pool)?], more(priced, of_pool)?)
            }
        };
        Ok(Head { vaults, priced, rates: self.fees.at(priced, self.supply, vaults[0])? })
    }

    /// The rates of the pool, and the supply that its market capitalisation counts.
    fn fees(
        pool: &Account<'_>,
        vaults: &[Vault; 2],
        config: &Account<'_>,
        accounts: &dyn Accounts,
    ) -> Result<(Schedule, u64), Refusal> {
        const IS_CREATORS_OWN_ALLOWED: usize = 940;
        let [base, quote] = vaults;
        let authority = derive(&pump_fun::PROGRAM, &[b"pool-authority", &base.mint]);
        let is_coin = authority == Some(pool.address(11)?);
        let (mut fees, supply) = match (is_coin, newer(pool, 243)?) {
            (false, [0]) => (Schedule::of_others(&FEES, accounts)?, 0),
            (true, [0]) => {
                let supply = pump_fees::supply(&base.mint, &base.token_program, accounts)?;
                (Schedule::of_coin(&FEES, &quote.mint, accounts)?, supply)
            }
            (true, [1]) => (Schedule::of_coin(&FEES, &quote.mint, accounts)?, pump_fees::SUPPLY),
            _ => return Err(Refusal::Hostile("unknown mayhem mode, or one that this pool cannot have")),
        };
        let own = u64::from_le_bytes(newer(pool, 261)?);
        if pool.address(211)? == [0; 32] {
            fees.set_creator(0)?;
        } else if own > 0 && newer(config, IS_CREATORS_OWN_ALLOWED)? == [1] {
            fees.set_creator(own)?;
        }
        Ok((fees, supply))
    }
}

impl Market for PumpSwap {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let pool = accounts.need(address, &PROGRAM)?;
        pool.check(POOL, POOL_BYTES)?;
        let config = accounts.need(&CONFIG, &PROGRAM)?;
        config.check(CONFIG_TAG, CONFIG_BYTES)?;
        let vaults =
            [Vault::load(&pool.address(139)?, accounts)?, Vault::load(&pool.address(171)?, accounts)?];
        let mints = [pool.address(43)?, pool.address(75)?];
        if vaults.map(|vault| vault.mint) != mints {
            return Err(Refusal::Hostile("a vault's mint does not match the pool"));
        }
        let (fees, supply) = Self::fees(&pool, &vaults, &config, accounts)?;
        for vault in vaults {
            pump_fees::check_transfers(&vault.mint, &vault.token_program, accounts)?;
        }
        let owed = [271, 279].map(|offset| newer(&pool, offset).map(u64::from_le_bytes));
        let owed =
            owed.into_iter().try_fold(0_u64, |sum, part| sum.checked_add(part?).ok_or(Refusal::Overflow))?;
        let amounts = vaults.map(|vault| vault.amount);
        let priced = i128::from_le_bytes(newer(&pool, 245)?)
            .checked_add(i128::from(amounts[1]))
            .and_then(|priced| u64::try_from(priced).ok())
            .filter(|&priced| priced > 0 && !amounts.contains(&0) && amounts[1] >= owed)
            .ok_or(Refusal::Hostile("the pool's reserves are 0 or less than it owes"))?;
        let rates = fees.at(priced, supply, amounts[0])?;
        let market = PumpSwap { mints, fees, supply, owed, disabled: config.u8(56)? };
        Ok((market, Head { vaults: amounts, priced, rates }))
    }

    fn mints(&self) -> [Address; 2] {
        self.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, _: &Now) -> Result<Quote, Refusal> {
        match side {
            Side::A => self.sell(head, amount),
            Side::B => self.buy(head, amount),
        }
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, _: &Now) -> Result<Quote, Refusal> {
        match side {
            Side::A => Err(Refusal::Unsupported("an exact-out sale: the program has no instruction for it")),
            Side::B => self.buy_exactly(head, amount),
        }
    }

    fn marginal(&self, head: &Head, side: Side, _: &Now) -> f64 {
        if self.check(side).is_err() {
            return 0.0;
        }
        let reserves = [head.vaults[0], head.priced].map(|reserve| reserve as f64);
        reserves[side.other().index()] / reserves[side.index()].max(1.0) * head.rates.kept(side == Side::B)
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let quote = self.quote_in(head, side, amount, now)?;
        *head = self.after(head, side, amount, &quote)?;
        Ok(quote)
    }
}
