//! When a pool opens, and fees by time, slot, price and size: what Meteora's DAMM and DBC share.
//!
//! Sources: @meteora-ag/cp-amm-sdk 1.5.0 and dynamic-bonding-curve-sdk 1.5.12 (MIT): `math/poolFees`.

use crate::quote::{Now, Refusal};

/// What a pool counts time in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Slots.
    Slot,
    /// Unix seconds.
    Time,
}

/// From when on a pool trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// In what `point` is.
    pub clock: Clock,
    /// The first slot or second.
    pub point: u64,
}

impl Activation {
    /// The activation of a kind that accounts name by a byte.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] for a kind that is not known.
    pub fn load(kind: u8, point: u64) -> Result<Activation, Refusal> {
        let clock = match kind {
            0 => Clock::Slot,
            1 => Clock::Time,
            _ => return Err(Refusal::Unsupported("a kind of activation")),
        };
        Ok(Activation { clock, point })
    }

    /// Now, in the same unit.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] for a time before 1970.
    pub fn now(&self, now: &Now) -> Result<u64, Refusal> {
        match self.clock {
            Clock::Slot => Ok(now.slot),
            Clock::Time => u64::try_from(now.time_s).map_err(|_| Refusal::Overflow),
        }
    }

    /// Whether the pool trades.
    ///
    /// # Errors
    /// As [`Self::now`].
    pub fn is_reached(&self, now: &Now) -> Result<bool, Refusal> {
        Ok(self.now(now)? >= self.point)
    }
}
