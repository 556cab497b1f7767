//! What every market does.

use crate::account::Accounts;
use crate::address::Address;
use crate::quote::{Now, Quote, Refusal, Side};

/// A pool's arithmetic.
///
/// A market has what a swap does not change (rates, ticks, schedules); its `Head` has what a swap changes
/// (reserves, price, what is owed), is small and is copied into histories.
pub trait Market: Sized + Clone + PartialEq + std::fmt::Debug {
    /// What a swap changes.
    type Head: Copy + PartialEq + std::fmt::Debug;

    /// Reads the pool at `address` and the accounts that it names.
    ///
    /// # Errors
    /// [`Refusal::NotHeld`] names an account that is missing; an account of a wrong owner, size or content is
    /// [`Refusal::Hostile`], a form of pool that is not known [`Refusal::Unsupported`].
    fn load(address: &Address, accounts: &dyn Accounts) -> Result<(Self, Self::Head), Refusal>;

    /// The mints of side A and side B.
    fn mints(&self) -> [Address; 2];

    /// What `amount` of the mint of `side` buys; `amount` is what the trader's account pays.
    ///
    /// # Errors
    /// Why the program would refuse.
    fn quote_in(&self, head: &Self::Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal>;

    /// What must be paid of the mint of `side` so that the trader's account gets exactly `amount` of the other.
    ///
    /// # Errors
    /// As [`Self::quote_in`]; [`Refusal::Unsupported`] where the program has no such instruction.
    fn quote_out(&self, head: &Self::Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal>;

    /// Units of the other mint for the next unit of the mint of `side`, after fees: for ordering routes. No
    /// amount rests on it.
    fn marginal(&self, head: &Self::Head, side: Side, now: &Now) -> f64;

    /// Swaps `amount` of the mint of `side`: the state after it, and what was paid. An error changes nothing.
    ///
    /// # Errors
    /// As [`Self::quote_in`].
    fn swap(&mut self, head: &mut Self::Head, side: Side, amount: u64, now: &Now) -> Result<Quote, Refusal>;
}
