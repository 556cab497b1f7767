//! What a pool with ticks has beside its curve: two mints, two vaults, and how a swap pays them.

use super::fees::Volatility;
use super::price::{MAX_TICK, MIN_PRICE, MIN_TICK, Prices};
use super::step::Order;
use super::{Curve, Place, Range, Walked};
use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::quote::{Now, Quote, Refusal, Side};
use crate::token::{Mint, Vault};

/// What a swap changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub(crate) place: Place,
    pub(crate) volatility: Volatility,
    pub(crate) vaults: [u64; 2],
}

/// The mints of a pool and what they withhold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tokens {
    pub mints: [Address; 2],
    tokens: [Mint; 2],
}

/// What a program says of swaps that are not as asked for.
pub(crate) struct Terms {
    pub zero: Refusal,
    /// A swap that ends at the price's limit; `None`: an input that is spent in part is accepted.
    pub partial: Option<Refusal>,
    /// An exact output that ends there.
    pub partial_out: Refusal,
    /// A swap that pays nothing; `None`: it is accepted.
    pub nothing: Option<Refusal>,
}

/// A swap with its state after it.
pub(crate) struct Outcome {
    pub quote: Quote,
    pub head: Head,
    pub walked: Walked,
}

impl Tokens {
    /// Reads vaults and mints from the places where the pool names them.
    pub fn load(
        pool: &Account<'_>,
        mints: [usize; 2],
        vaults: [usize; 2],
        accounts: &dyn Accounts,
    ) -> Result<(Tokens, [u64; 2]), Refusal> {
        let [mint_a, mint_b] = mints;
        let [vault_a, vault_b] = vaults;
        let vaults = [
            Vault::load(&pool.address(vault_a)?, accounts)?,
            Vault::load(&pool.address(vault_b)?, accounts)?,
        ];
        let mints = [pool.address(mint_a)?, pool.address(mint_b)?];
        if vaults.map(|vault| vault.mint) != mints || mints[0] == mints[1] {
            return Err(Refusal::Hostile(
                "a vault's mint does not match the pool, or both mints are the same",
            ));
        }
        let token =
            |side: Side| Mint::load(&mints[side.index()], &vaults[side.index()].token_program, accounts);
        let tokens = [token(Side::A)?, token(Side::B)?];
        Ok((Tokens { mints, tokens }, vaults.map(|vault| vault.amount)))
    }

    /// What arrives of a transfer.
    fn arrives(&self, side: Side, amount: u64, now: &Now) -> u64 {
        amount.saturating_sub(self.tokens[side.index()].transfer_fee(now).of(amount))
    }

    /// The transfer of which `amount` arrives.
    fn before(&self, side: Side, amount: u64, now: &Now) -> Result<u64, Refusal> {
        let fee = self.tokens[side.index()].transfer_fee(now);
        let inverse = fee.inverse(amount).ok_or(Refusal::Overflow)?;
        let whole = amount.checked_add(inverse).ok_or(Refusal::Overflow)?;
        let is_same = fee.of(whole) == inverse;
        if is_same { Ok(whole) } else { Err(Refusal::Program("TransferFeeCalculateNotMatch")) }
    }

    /// The share that arrives of a transfer of the mint.
    fn kept(&self, side: Side, now: &Now) -> f64 {
        1.0 - f64::from(self.tokens[side.index()].transfer_fee(now).basis_points.min(10_000)) / 10_000.0
    }
}

/// A swap that is to be tried: the curve it walks and the state it starts from.
pub(crate) struct Trial<'a> {
    pub tokens: &'a Tokens,
    pub curve: &'a Curve,
    pub head: &'a Head,
    pub terms: &'a Terms,
    pub range: Range,
    pub side: Side,
    pub is_fee_on_input: bool,
    pub now: &'a Now,
    /// Whether the state after it is wanted.
    pub is_kept: bool,
}

impl Trial<'_> {
    fn walk<P: Prices>(&self, amount: u64, is_exact_in: bool) -> Result<Walked, Refusal> {
        if amount == 0 {
            return Err(self.terms.zero);
        }
        let order =
            Order { is_down: self.side == Side::A, is_exact_in, is_fee_on_input: self.is_fee_on_input };
        let start = (self.head.place, self.head.volatility);
        self.curve.walk::<P>(start, &order, amount, &self.range, self.now, self.is_kept)
    }

    /// Moves what the pool gets and pays between its vaults and the trader.
    fn outcome(&self, walked: Walked, received: u64, paid: u64, amount_in: u64) -> Result<Outcome, Refusal> {
        let (input, output) = (self.side.index(), self.side.other().index());
        let mut head = Head { place: walked.place, volatility: walked.volatility, ..*self.head };
        head.vaults[input] = head.vaults[input].checked_add(received).ok_or(Refusal::Overflow)?;
        head.vaults[output] =
            head.vaults[output].checked_sub(paid).ok_or(Refusal::Program("InsufficientFunds"))?;
        let amount_out = self.tokens.arrives(self.side.other(), paid, self.now);
        let fee_side = if self.is_fee_on_input { self.side } else { self.side.other() };
        let quote = Quote { amount_in, amount_out, fee: walked.fee, fee_side, crossings: walked.crossings };
        Ok(Outcome { quote, head, walked })
    }

    /// Spends `amount`.
    pub fn exact_in<P: Prices>(&self, amount: u64) -> Result<Outcome, Refusal> {
        let received = self.tokens.arrives(self.side, amount, self.now);
        let walked = self.walk::<P>(received, true)?;
        let mut amount_in = amount;
        let spent = received.checked_sub(walked.left).ok_or(Refusal::Overflow)?;
        if walked.left > 0 {
            if let Some(refusal) = self.terms.partial {
                return Err(refusal);
            }
            amount_in = self.tokens.before(self.side, spent, self.now)?;
        }
        match self.terms.nothing {
            Some(refusal) if walked.other == 0 || spent == 0 => Err(refusal),
            _ => self.outcome(walked, spent, walked.other, amount_in),
        }
    }

    /// Gets exactly `amount`.
    pub fn exact_out<P: Prices>(&self, amount: u64) -> Result<Outcome, Refusal> {
        if amount == 0 {
            return Err(self.terms.zero);
        }
        let paid = self.tokens.before(self.side.other(), amount, self.now)?;
        let walked = self.walk::<P>(paid, false)?;
        if walked.left > 0 {
            return Err(self.terms.partial_out);
        }
        if let Some(refusal) = self.terms.nothing.filter(|_| walked.other == 0) {
            return Err(refusal);
        }
        let amount_in = self.tokens.before(self.side, walked.other, self.now)?;
        self.outcome(walked, walked.other, paid, amount_in)
    }

    /// The price of the next unit.
    pub fn marginal(&self) -> f64 {
        let root = self.head.place.price as f64 / (1_u128 << 64) as f64;
        let price = if self.side == Side::A { root * root } else { 1.0 / (root * root) };
        let moving = self.curve.fees.at_rest(&self.head.volatility);
        let fee = f64::from(moving) / 1_000_000.0;
        price
            * (1.0 - fee)
            * self.tokens.kept(self.side, self.now)
            * self.tokens.kept(self.side.other(), self.now)
    }
}

/// Fails unless the price is within the limits and at its tick.
pub(crate) fn check_place<P: Prices>(place: &Place) -> Result<(), Refusal> {
    let is_tick = (MIN_TICK - 1..=MAX_TICK).contains(&place.tick);
    let is_price = (MIN_PRICE..=P::limit(false) + 1).contains(&place.price);
    if !is_tick || !is_price {
        return Err(Refusal::Hostile("the tick index or the price is out of range"));
    }
    // A price at a tick may belong to the one before: the price fell to it.
    let is_near = (place.tick < MIN_TICK || P::at(place.tick) <= place.price)
        && (place.tick >= MAX_TICK || place.price <= P::at(place.tick + 1));
    if is_near { Ok(()) } else { Err(Refusal::Hostile("the tick index does not match the price")) }
}
