//! What a quote is asked for, and what it answers.

use std::fmt;

use crate::address::Address;

/// The mint that a trader pays: that of the pool's first or of its second vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first mint (token 0, coin, base, x).
    A,
    /// The second mint (token 1, pc, quote, y).
    B,
}

impl Side {
    /// Both sides.
    pub const BOTH: [Side; 2] = [Side::A, Side::B];

    /// The mint that a trader gets.
    #[must_use]
    pub const fn other(self) -> Side {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }

    /// Place in pairs: 0 or 1.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Side::A => 0,
            Side::B => 1,
        }
    }
}

/// When a swap runs, by the chain's clock: never by this host's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Slot.
    pub slot: u64,
    /// Block time, Unix seconds.
    pub time_s: i64,
}

impl Now {
    /// Slots of an epoch on mainnet.
    const EPOCH_SLOTS: u64 = 432_000;

    /// The epoch of the slot.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.slot / Self::EPOCH_SLOTS
    }
}

/// What a swap would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Leaves the trader's account; less than requested where the program fills an order only partially.
    pub amount_in: u64,
    /// Reaches the trader's account. 0 only where the program lands and pays nothing.
    pub amount_out: u64,
    /// Taken by the pool, the protocol, the creator and the host together, without transfer fees of the mint.
    pub fee: u64,
    /// The mint of `fee`.
    pub fee_side: Side,
    /// Ticks or bins that it would leave.
    pub crossings: u32,
}

/// Why there is no quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The program refuses, with its own name for the reason.
    Program(&'static str),
    /// This account is needed and missing.
    NotHeld(Address),
    /// A form of pool or instruction that is not known to the unit.
    Unsupported(&'static str),
    /// A number is beyond what the program can hold.
    Overflow,
    /// The accounts do not form a valid pool of this program.
    Hostile(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Program(reason) => write!(f, "the program refuses: {reason}"),
            Refusal::NotHeld(_) => f.write_str("an account that the pool needs is missing"),
            Refusal::Unsupported(what) => write!(f, "not supported: {what}"),
            Refusal::Overflow => f.write_str("a number is too large for the program"),
            Refusal::Hostile(what) => {
                write!(f, "the accounts do not form a valid pool of this program: {what}")
            }
        }
    }
}

impl std::error::Error for Refusal {}
