//! Pump.fun: a curve with virtual reserves from a coin's creation to its pool, with fees on top of purchases and off
//! sales.
//!
//! Source: npm @pump-fun/pump-sdk 2.0.0 (MIT): `bondingCurve.ts`, `fees.ts`, and the formulas in its IDL
//! (`buy_exact_sol_in`), which real trades show where the SDK's own function is a unit above them.

use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::market::Market;
use crate::program_address::derive;
use crate::pump_fees::{self, Rates, Schedule, WRAPPED_SOL, newer};
use crate::quote::{Now, Quote, Refusal, Side};
use crate::token::{TOKEN, TOKEN_2022};

/// `6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P`.
pub const PROGRAM: Address = [
    1, 86, 224, 246, 147, 102, 90, 207, 68, 219, 21, 104, 191, 23, 91, 170, 81, 137, 203, 151, 245, 210, 255,
    59, 101, 93, 43, 182, 253, 109, 24, 176,
];
/// `4wTV1YmiEkRvAtNtsSGPtUrqRYQMe5SKy2uB4Jjaxnjf`: the program's configuration.
pub const GLOBAL: Address = [
    58, 134, 94, 105, 238, 15, 84, 128, 202, 188, 246, 99, 87, 228, 220, 47, 24, 213, 141, 69, 193, 234, 116,
    137, 251, 55, 35, 217, 121, 60, 114, 166,
];
/// `8Wf5TiAheLUqBrKXeYg2JtAFFMWtKdG2BSFgqUcPVwTt`: its fees.
pub const FEES: Address = [
    111, 154, 180, 164, 241, 149, 141, 192, 169, 201, 76, 63, 183, 44, 7, 153, 88, 67, 237, 164, 133, 227,
    162, 79, 16, 198, 147, 153, 248, 25, 148, 15,
];
const CURVE: [u8; 8] = [23, 183, 248, 55, 96, 216, 172, 96];
const GLOBAL_TAG: [u8; 8] = [167, 232, 232, 177, 200, 108, 114, 127];
/// To the creator's address; the layout before it must be extended by the program before a trade.
const CURVE_BYTES: usize = 81;
const GLOBAL_BYTES: usize = 1045;

const COMPLETE: Refusal = Refusal::Program("BondingCurveComplete");
const NOTHING_BOUGHT: Refusal = Refusal::Program("BuyZeroAmount");
const NOTHING_SOLD: Refusal = Refusal::Program("SellZeroAmount");
const ONLY_FEES: Refusal = Refusal::Program("BuyNotEnoughSolToCoverFees");
const TOO_FEW_TOKENS: Refusal = Refusal::Program("NotEnoughTokensToBuy");
/// Every sale asks for at least 1 unit.
const PAYS_NOTHING: Refusal = Refusal::Program("TooLittleSolReceived");

/// A curve. Side A is the coin, side B what it is sold for.
#[derive(Clone, Debug, PartialEq)]
pub struct PumpFun {
    mints: [Address; 2],
    fees: Schedule,
    /// Of the coin, as the market capitalisation counts it.
    supply: u64,
}

/// Reserves by side, and the rates at their price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    priced: [u64; 2],
    real: [u64; 2],
    rates: Rates,
    /// Everything is sold; the coin trades in its pool.
    is_complete: bool,
}

/// `a * b / divisor` for a result that the program keeps in 64 bits.
fn scaled(a: u64, b: u64, divisor: u128) -> Result<u64, Refusal> {
    let quotient = (u128::from(a) * u128::from(b)).checked_div(divisor).ok_or(Refusal::Overflow)?;
    u64::try_from(quotient).map_err(|_| Refusal::Overflow)
}

impl Head {
    fn rates(&self) -> Result<Rates, Refusal> {
        if self.is_complete { Err(COMPLETE) } else { Ok(self.rates) }
    }

    /// Tokens for what is left of `spendable` after fees and one unit, or all that are left for their cost.
    fn buy(&self, spendable: u64) -> Result<Quote, Refusal> {
        let (net, parts) = self.rates()?.within(spendable)?;
        let traded = net.checked_sub(1).ok_or(ONLY_FEES)?;
        let [priced, quote] = self.priced;
        let tokens = scaled(traded, priced, u128::from(quote) + u128::from(traded))?;
        match tokens {
            0 => Err(NOTHING_BOUGHT),
            _ if tokens <= self.real[0] => self.bought(tokens, net, parts.all),
            _ => self.buy_exactly(self.real[0]),
        }
    }

    fn buy_exactly(&self, tokens: u64) -> Result<Quote, Refusal> {
        let rates = self.rates()?;
        if tokens == 0 {
            return Err(NOTHING_BOUGHT);
        }
        let left = self.priced[0].checked_sub(tokens).filter(|&left| left > 0).ok_or(TOO_FEW_TOKENS)?;
        let cost = scaled(tokens, self.priced[1], left.into())?.checked_add(1).ok_or(Refusal::Overflow)?;
        self.bought(tokens, cost, rates.of(cost)?.all)
    }

    /// A purchase of `tokens` for `cost` and `fee`, which the curve can hold.
    fn bought(&self, tokens: u64, cost: u64, fee: u64) -> Result<Quote, Refusal> {
        if tokens > self.real[0] {
            return Err(TOO_FEW_TOKENS);
        }
        let most = self.priced[1].max(self.real[1]);
        most.checked_add(cost).ok_or(Refusal::Overflow)?;
        let amount_in = cost.checked_add(fee).ok_or(Refusal::Overflow)?;
        Ok(Quote { amount_in, amount_out: tokens, fee, fee_side: Side::B, crossings: 0 })
    }

    fn sell(&self, tokens: u64) -> Result<Quote, Refusal> {
        let rates = self.rates()?;
        if tokens == 0 {
            return Err(NOTHING_SOLD);
        }
        // Never fewer tokens are priced than are there.
        let after = self.priced[0].checked_add(tokens).ok_or(Refusal::Overflow)?;
        let paid = scaled(tokens, self.priced[1], after.into())?;
        if paid > self.real[1].min(self.priced[1]) {
            return Err(Refusal::Overflow);
        }
        let fee = rates.of(paid)?.all;
        let amount_out = paid.checked_sub(fee).filter(|&out| out > 0).ok_or(PAYS_NOTHING)?;
        Ok(Quote { amount_in: tokens, amount_out, fee, fee_side: Side::B, crossings: 0 })
    }
}

impl PumpFun {
    /// The state after a trade; what moves follows from its quote.
    fn after(&self, head: &Head, side: Side, quote: &Quote) -> Option<Head> {
        let Head { priced: [tokens, priced], real: [real, raised], .. } = *head;
        let (priced, real) = match side {
            Side::A => {
                let (sold, paid) = (quote.amount_in, quote.amount_out.checked_add(quote.fee)?);
                let priced = [tokens.checked_add(sold)?, priced.checked_sub(paid)?];
                (priced, [real.checked_add(sold)?, raised.checked_sub(paid)?])
            }
            Side::B => {
                let (bought, cost) = (quote.amount_out, quote.amount_in.checked_sub(quote.fee)?);
                let priced = [tokens.checked_sub(bought)?, priced.checked_add(cost)?];
                (priced, [real.checked_sub(bought)?, raised.checked_add(cost)?])
            }
        };
        let rates = self.fees.at(priced[1], self.supply, priced[0]).ok()?;
        Some(Head { priced, real, rates, is_complete: real[0] == 0 })
    }

    /// The rates of the curve: its creator's own where the program allows it, none without a creator.
    fn fees(curve: &Account<'_>, quote: &Address, accounts: &dyn Accounts) -> Result<Schedule, Refusal> {
        const IS_CREATORS_OWN_ALLOWED: usize = 1045;
        let mut fees = Schedule::of_coin(&FEES, quote, accounts)?;
        fees.drop_lp();
        let own = u64::from_le_bytes(newer(curve, 115)?);
        if curve.address(49)? == [0; 32] {
            fees.set_creator(0)?;
        } else if own > 0 {
            let global = accounts.need(&GLOBAL, &PROGRAM)?;
            global.check(GLOBAL_TAG, GLOBAL_BYTES)?;
            if newer(&global, IS_CREATORS_OWN_ALLOWED)? == [1] {
                fees.set_creator(own)?;
            }
        }
        Ok(fees)
    }
}

/// The coin of a curve, which does not name it: its token account does, and the curve's address is derived from it.
fn coin(curve: &Address, accounts: &dyn Accounts) -> Result<(Address, Address), Refusal> {
    const OWNER: usize = 32;
    for program in [TOKEN_2022, TOKEN] {
        for account in accounts.owned_by(&program) {
            if account.address(OWNER) == Ok(*curve) {
                let mint = account.address(0)?;
                if derive(&PROGRAM, &[b"bonding-curve", &mint]) == Some(*curve) {
                    return Ok((mint, program));
                }
            }
        }
    }
    Err(Refusal::Unsupported("a curve without its token account, the only account that names its coin"))
}

impl Market for PumpFun {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let curve = accounts.need(address, &PROGRAM)?;
        curve.check(CURVE, CURVE_BYTES)?;
        let (mint, program) = coin(address, accounts)?;
        let named: Address = newer(&curve, 83)?;
        let quote = if named == [0; 32] { WRAPPED_SOL } else { named };
        let supply = match newer(&curve, 81)? {
            [0] => pump_fees::SUPPLY,
            [1] if quote == WRAPPED_SOL => pump_fees::supply(&mint, &program, accounts)?,
            // The one known trade of such a curve, by the agent of the mayhem program, is not at the curve's price.
            [1] => return Err(Refusal::Unsupported("a mayhem curve with a quote mint other than SOL")),
            _ => return Err(Refusal::Hostile("unknown mayhem mode of the curve")),
        };
        let token_program = pump_fees::token_program(&quote, accounts)?;
        pump_fees::check_transfers(&quote, &token_program, accounts)?;
        let (priced, real) = ([curve.u64(8)?, curve.u64(16)?], [curve.u64(24)?, curve.u64(32)?]);
        let is_complete = curve.u8(48)? != 0;
        if !is_complete && (priced.contains(&0) || real[0] >= priced[0]) {
            return Err(Refusal::Hostile("the curve's virtual reserves are 0 or not above its real ones"));
        }
        let fees = Self::fees(&curve, &named, accounts)?;
        let rates = fees.at(priced[1], supply, priced[0])?;
        let market = PumpFun { mints: [mint, quote], fees, supply };
        Ok((market, Head { priced, real, rates, is_complete }))
    }

    fn mints(&self) -> [Address; 2] {
        self.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, _: &Now) -> Result<Quote, Refusal> {
        match side {
            Side::A => head.sell(amount),
            Side::B => head.buy(amount),
        }
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, _: &Now) -> Result<Quote, Refusal> {
        match side {
            Side::A => Err(Refusal::Unsupported("an exact-out sale: the program has no instruction for it")),
            Side::B => head.buy_exactly(amount),
        }
    }

    fn marginal(&self, head: &Head, side: Side, _: &Now) -> f64 {
        let Ok(rates) = head.rates() else { return 0.0 };
        let price = head.priced[side.other().index()] as f64 / head.priced[side.index()].max(1) as f64;
        price * rates.kept(side == Side::B)
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let quote = self.quote_in(head, side, amount, now)?;
        *head = self.after(head, side, &quote).ok_or(Refusal::Overflow)?;
        Ok(quote)
    }
}
