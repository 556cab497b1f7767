//! Pump.fun: a curve with virtual reserves from a coin's creation to its pool, with fees on top of purchases and off
//! sales.
//!
//! Source: npm @pump-fun/pump-sdk 2.0.0 (MIT): `bondingCurve.ts`, `fees.ts`, and the formulas in its IDL
//! (`buy_exact_sol_in`), which real trades show where the SDK's own function is a unit above them.

use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::market::Market;
use crate::program_address::derive;
use crate::pump_fees::{self, Rates, Schedule, WRAPPED_SOL, check_transfers, newer};
use crate::quote::{Now, Quote, Refusal, Side};
use crate::token::{Mint, TOKEN, TOKEN_2022};

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
    /// Of side B.
    quote: Mint,
    fees: Schedule,
    /// Of the coin, as the market capitalisation counts it.
    supply: u64,
}

/// Reserves by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    priced: [u64; 2],
    real: [u64; 2],
    /// Everything is sold; the coin trades in its pool.
    is_complete: bool,
}

struct Outcome {
    quote: Quote,
    head: Head,
}

fn narrow(number: u128) -> Result<u64, Refusal> {
    u64::try_from(number).map_err(|_| Refusal::Overflow)
}

impl PumpFun {
    fn rates(&self, head: &Head, now: &Now) -> Result<Rates, Refusal> {
        if head.is_complete {
            return Err(COMPLETE);
        }
        check_transfers(&self.quote, now)?;
        let [tokens, quote] = head.priced;
        self.fees.at(u128::from(quote) * u128::from(self.supply), tokens)
    }

    /// What `tokens` of the curve cost without fees.
    fn cost(head: &Head, tokens: u64) -> Result<u64, Refusal> {
        let [priced, quote] = head.priced.map(u128::from);
        let tokens = u128::from(tokens);
        let left = priced.checked_sub(tokens).filter(|&left| left > 0).ok_or(TOO_FEW_TOKENS)?;
        narrow(tokens * quote / left + 1)
    }

    /// A purchase of `tokens` for `cost` and `fee`.
    fn bought(head: &Head, tokens: u64, cost: u64, fee: u64) -> Result<Outcome, Refusal> {
        let more = |reserve: u64| reserve.checked_add(cost).ok_or(Refusal::Overflow);
        let less = |reserve: u64| reserve.checked_sub(tokens).ok_or(TOO_FEW_TOKENS);
        let ([priced, real], amount_in) = ([head.priced, head.real], more(fee)?);
        let quote = Quote { amount_in, amount_out: tokens, fee, fee_side: Side::B, crossings: 0 };
        let head = Head {
            priced: [less(priced[0])?, more(priced[1])?],
            real: [less(real[0])?, more(real[1])?],
            is_complete: real[0] == tokens,
        };
        Ok(Outcome { quote, head })
    }

    /// Tokens for what is left of `spendable` after fees and one unit, or all that are left for their cost.
    fn buy(&self, head: &Head, spendable: u64, now: &Now) -> Result<Outcome, Refusal> {
        let rates = self.rates(head, now)?;
        let (net, parts) = rates.within(spendable)?;
        let traded = u128::from(net.checked_sub(1).ok_or(ONLY_FEES)?);
        let [priced, quote] = head.priced.map(u128::from);
        let tokens = narrow(traded * priced / (quote + traded))?;
        match tokens {
            0 => Err(NOTHING_BOUGHT),
            _ if tokens <= head.real[0] => Self::bought(head, tokens, net, parts.all),
            _ => self.buy_exactly(head, head.real[0], now),
        }
    }

    fn buy_exactly(&self, head: &Head, tokens: u64, now: &Now) -> Result<Outcome, Refusal> {
        let rates = self.rates(head, now)?;
        if tokens == 0 {
            return Err(NOTHING_BOUGHT);
        }
        let cost = Self::cost(head, tokens)?;
        Self::bought(head, tokens, cost, rates.of(cost)?.all)
    }

    fn sell(&self, head: &Head, tokens: u64, now: &Now) -> Result<Outcome, Refusal> {
        let rates = self.rates(head, now)?;
        if tokens == 0 {
            return Err(NOTHING_SOLD);
        }
        let [priced, real] = [head.priced, head.real];
        let more = |reserve: u64| reserve.checked_add(tokens).ok_or(Refusal::Overflow);
        let after = more(priced[0])?;
        let paid = narrow(u128::from(tokens) * u128::from(priced[1]) / u128::from(after))?;
        let less = |reserve: u64| reserve.checked_sub(paid).ok_or(Refusal::Overflow);
        let fee = rates.of(paid)?.all;
        let amount_out = paid.checked_sub(fee).filter(|&out| out > 0).ok_or(PAYS_NOTHING)?;
        let quote = Quote { amount_in: tokens, amount_out, fee, fee_side: Side::B, crossings: 0 };
        let head = Head {
            priced: [after, less(priced[1])?],
            real: [more(real[0])?, less(real[1])?],
            is_complete: false,
        };
        Ok(Outcome { quote, head })
    }

    fn order(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        match side {
            Side::A => self.sell(head, amount, now),
            Side::B => self.buy(head, amount, now),
        }
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
    Err(Refusal::Unsupported("a curve whose token account is not held: nothing else names its coin"))
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
            [1] => return Err(Refusal::Unsupported("a mayhem curve in another mint than SOL")),
            _ => return Err(Refusal::Hostile("a curve's mode")),
        };
        let head = Head {
            priced: [curve.u64(8)?, curve.u64(16)?],
            real: [curve.u64(24)?, curve.u64(32)?],
            is_complete: curve.u8(48)? != 0,
        };
        if !head.is_complete && (head.priced.contains(&0) || head.real[0] >= head.priced[0]) {
            return Err(Refusal::Hostile("a curve's reserves"));
        }
        let market = PumpFun {
            mints: [mint, quote],
            quote: pump_fees::quote_mint(&quote, accounts)?,
            fees: Self::fees(&curve, &named, accounts)?,
            supply,
        };
        Ok((market, head))
    }

    fn mints(&self) -> [Address; 2] {
        self.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.order(head, side, amount, now).map(|outcome| outcome.quote)
    }

    fn quote_out(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        match side {
            Side::A => Err(Refusal::Unsupported("a sale for an exact amount: the program has none")),
            Side::B => self.buy_exactly(head, amount, now).map(|outcome| outcome.quote),
        }
    }

    fn marginal(&self, head: &Head, side: Side, now: &Now) -> f64 {
        let Ok(rates) = self.rates(head, now) else { return 0.0 };
        let price = head.priced[side.other().index()] as f64 / head.priced[side.index()].max(1) as f64;
        price * rates.kept(side == Side::B)
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let outcome = self.order(head, side, amount, now)?;
        *head = outcome.head;
        Ok(outcome.quote)
    }
}
