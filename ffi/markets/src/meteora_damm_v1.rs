//! Meteora DAMM v1: reserves are shares of two vaults, whose profit unlocks with time; a constant product or a
//! stable curve over them.
//!
//! Sources: @meteora-ag/dynamic-amm-sdk 1.4.1 and vault-sdk 2.3.1 (MIT). The rule that a fee is at least one
//! unit is from spl-token-swap (Apache-2.0). The newest IDLs of both programs name no further rule.

mod stable;
mod vault;

use self::stable::Stable;
use self::vault::{Terms, Vault};
use crate::schedule::Activation;
use crate::{Account, Accounts, Address, Market, Now, Quote, Refusal, Side};

/// `Eo7WjKq67rjJQSZxS6z3YkapzY3eMj6Xy8X5EQVn5UaB`.
pub const PROGRAM: Address = [
    204, 248, 2, 212, 204, 204, 132, 215, 251, 33, 181, 247, 59, 73, 216, 26, 22, 197, 180, 200, 142, 227,
    35, 148, 225, 201, 29, 53, 136, 204, 64, 128,
];
const POOL: [u8; 8] = [241, 154, 109, 4, 17, 177, 109, 188];
/// Up to and with the kind of the curve.
const POOL_BYTES: usize = 875;
/// A fee curve was once kept here; a pool that has one is not known.
const FEE_CURVE: usize = 532;
const CURVE: usize = 874;

/// A fraction of the amount; where it is not 0 it takes at least one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate {
    numerator: u64,
    denominator: u64,
}

impl Rate {
    fn load(pool: &Account<'_>, at: usize) -> Result<Rate, Refusal> {
        let rate = Rate { numerator: pool.u64(at)?, denominator: pool.u64(at + 8)? };
        if rate.denominator == 0 || rate.numerator > rate.denominator {
            return Err(Refusal::Hostile("a fee rate is above 100 %, or its denominator is 0"));
        }
        Ok(rate)
    }

    fn of(&self, amount: u64) -> u64 {
        if self.numerator == 0 || amount == 0 {
            return 0;
        }
        // The numerator is at most the denominator: the share fits.
        share(amount, self.numerator, self.denominator).unwrap_or(amount).max(1)
    }
}

/// How the pool prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    Product,
    Stable(Stable),
}

/// A pool.
#[derive(Clone, Debug, PartialEq)]
pub struct MeteoraDammV1 {
    mints: [Address; 2],
    vaults: [Terms; 2],
    trade: Rate,
    protocol: Rate,
    curve: Curve,
    is_enabled: bool,
    activation: Activation,
}

/// Both vaults, and the pool's shares of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    vaults: [Vault; 2],
    shares: [u64; 2],
}

/// A swap and the state after it.
struct Outcome {
    quote: Quote,
    next: Head,
}

const DISABLED: Refusal = Refusal::Program("PoolDisabled");
const NOTHING: Refusal = Refusal::Program("ZeroTradingTokens");

/// `amount * part / whole`, rounded down.
fn share(amount: u64, part: u64, whole: u64) -> Result<u64, Refusal> {
    let product = u128::from(amount) * u128::from(part);
    let share = product.checked_div(u128::from(whole)).ok_or(Refusal::Overflow)?;
    u64::try_from(share).map_err(|_| Refusal::Overflow)
}

/// What a constant product of these reserves pays for `input`.
fn of_product(input: u64, reserve_in: u64, reserve_out: u64) -> Result<u64, Refusal> {
    let invariant = u128::from(reserve_in) * u128::from(reserve_out);
    let after = u128::from(reserve_in) + u128::from(input);
    let kept = invariant.checked_div(after).filter(|&kept| kept > 0).ok_or(NOTHING)?;
    let kept = kept + u128::from(kept * after < invariant);
    u128::from(reserve_out)
        .checked_sub(kept)
        .filter(|&out| out > 0)
        .and_then(|out| u64::try_from(out).ok())
        .ok_or(NOTHING)
}

impl MeteoraDammV1 {
    fn exact_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Outcome, Refusal> {
        if !self.is_enabled || !self.activation.is_reached(now)? {
            return Err(DISABLED);
        }
        if amount == 0 {
            return Err(Refusal::Program("AmountIsZero"));
        }
        let (input, output) = (side.index(), side.other().index());
        let [into, from] = [&head.vaults[input], &head.vaults[output]];
        self.vaults[input].check_deposit()?;
        let held = self.vaults[input].unlocked(into, now)?;
        let held_out = self.vaults[output].unlocked(from, now)?;
        let reserve_in = share(head.shares[input], held, into.supply)?;
        let reserve_out = share(head.shares[output], held_out, from.supply)?;
        let fee = self.trade.of(amount);
        let protocol = self.protocol.of(fee);
        // Both are at most the amount that they are taken of.
        let (kept, deposited) = (fee - protocol, amount - protocol);
        let minted = share(deposited, into.supply, held)?;
        let add = |a: u64, b: u64| a.checked_add(b).ok_or(Refusal::Overflow);
        let reserve_after =
            share(add(head.shares[input], minted)?, add(held, deposited)?, add(into.supply, minted)?)?;
        let arrived = reserve_after.checked_sub(reserve_in).ok_or(Refusal::Overflow)?;
        let swapped = arrived.checked_sub(kept).ok_or(Refusal::Overflow)?;
        let out = match &self.curve {
            Curve::Product => of_product(swapped, reserve_in, reserve_out)?,
            Curve::Stable(stable) => stable.quote(side, swapped, reserve_in, reserve_out, now)?,
        };
        let burnt = share(out, from.supply, held_out)?;
        let paid = share(burnt, held_out, from.supply)?;
        if paid == 0 {
            return Err(Refusal::Program("AmountMustGreaterThanZero"));
        }
        if paid > from.tokens || paid > from.total {
            return Err(Refusal::Program("insufficient funds"));
        }
        let quote = Quote { amount_in: amount, amount_out: paid, fee, fee_side: side, crossings: 0 };
        let mut next = *head;
        // The protocol's part is paid to another account.
        next.vaults[input].deposit(deposited, minted)?;
        next.vaults[output].withdraw(paid, burnt)?;
        next.shares[input] = add(head.shares[input], minted)?;
        next.shares[output] = head.shares[output].checked_sub(burnt).ok_or(Refusal::Overflow)?;
        Ok(Outcome { quote, next })
    }
}

impl Market for MeteoraDammV1 {
    type Head = Head;

    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Head), Refusal> {
        let pool = accounts.need(address, &PROGRAM)?;
        pool.check(POOL, POOL_BYTES)?;
        if pool.u8(FEE_CURVE)? != 0 {
            return Err(Refusal::Unsupported("a pool with a fee curve"));
        }
        let mints = [pool.address(40)?, pool.address(72)?];
        let side = |index: usize| -> Result<(Terms, Vault, u64), Refusal> {
            let (terms, vault, lp_mint) =
                vault::load(&pool.address(104 + 32 * index)?, &mints[index], accounts)?;
            let shares = crate::token::Vault::load(&pool.address(168 + 32 * index)?, accounts)?;
            if shares.mint != lp_mint || shares.amount > vault.supply {
                return Err(Refusal::Hostile(
                    "the pool's shares of a vault have another mint or exceed the supply",
                ));
            }
            Ok((terms, vault, shares.amount))
        };
        let [(terms_a, vault_a, shares_a), (terms_b, vault_b, shares_b)] = [side(0)?, side(1)?];
        let market = MeteoraDammV1 {
            mints,
            vaults: [terms_a, terms_b],
            trade: Rate::load(&pool, 330)?,
            protocol: Rate::load(&pool, 346)?,
            curve: match pool.u8(CURVE)? {
                0 => Curve::Product,
                1 => Curve::Stable(Stable::load(&pool, CURVE + 1)?),
                _ => return Err(Refusal::Unsupported("unknown curve type")),
            },
            is_enabled: pool.u8(233)? != 0,
            activation: Activation::load(pool.u8(475)?, pool.u64(403)?)?,
        };
        Ok((market, Head { vaults: [vault_a, vault_b], shares: [shares_a, shares_b] }))
    }

    fn mints(&self) -> [Address; 2] {
        self.mints
    }

    fn quote_in(&self, head: &Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        self.exact_in(head, side, amount, now).map(|outcome| outcome.quote)
    }

    fn quote_out(&self, _: &Head, _: Side, _: u64, _: &Now) -> Result<Quote, Refusal> {
        Err(Refusal::Unsupported("Meteora DAMM v1 has no exact-out instruction"))
    }

    fn marginal(&self, head: &Head, side: Side, now: &Now) -> f64 {
        let reserve = |side: Side| -> Result<f64, Refusal> {
            let vault = &head.vaults[side.index()];
            let held = self.vaults[side.index()].unlocked(vault, now)?;
            share(head.shares[side.index()], held, vault.supply).map(|reserve| reserve as f64)
        };
        let (Ok(reserve_in), Ok(reserve_out)) = (reserve(side), reserve(side.other())) else { return 0.0 };
        let price = match &self.curve {
            Curve::Product => reserve_out / reserve_in.max(1.0),
            Curve::Stable(stable) => stable.marginal(side, reserve_in, reserve_out),
        };
        price * (1.0 - self.trade.numerator as f64 / self.trade.denominator as f64)
    }

    fn swap(&mut self, head: &mut Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal> {
        let outcome = self.exact_in(head, side, amount, now)?;
        *head = outcome.next;
        Ok(outcome.quote)
    }
}
