//! The order in which a swap takes bins.

use crate::quote::{Refusal, Side};

use super::bins::{BINS, Bin, Bins, index_of};

/// Where a swap goes: for x down the bins, for y up. It skips those that have nothing to pay.
pub(super) struct Path<'a> {
    side: Side,
    /// Arrays that the instruction names; `None`: all.
    arrays: Option<&'a [i32]>,
    /// Bins below the next one.
    below: usize,
    /// The nearest array that has bins and is not held.
    missing: Option<i32>,
}

/// Why a path ends.
pub(super) enum End {
    /// No array that it may take has anything to pay.
    Exhausted,
    /// This array has bins and is not held.
    Missing(i32),
}

impl<'a> Path<'a> {
    /// The path of a swap of `side` from the active bin on.
    pub fn new(bins: &Bins, active: i32, side: Side, arrays: Option<&'a [i32]>) -> Path<'a> {
        let below = match side {
            Side::A => bins.sorted.partition_point(|bin| bin.id <= active),
            Side::B => bins.sorted.partition_point(|bin| bin.id < active),
        };
        let from = index_of(active);
        let missing = &bins.missing;
        let is_missing = |array: &&i32| missing.binary_search(array).is_ok();
        let nearest = match (arrays, side) {
            (None, Side::A) => {
                let place = missing.partition_point(|&array| array <= from);
                place.checked_sub(1).and_then(|place| missing.get(place))
            }
            (None, Side::B) => missing.get(missing.partition_point(|&array| array < from)),
            (Some(named), Side::A) => named.iter().filter(is_missing).filter(|&&array| array <= from).max(),
            (Some(named), Side::B) => named.iter().filter(is_missing).filter(|&&array| array >= from).min(),
        };
        Path { side, arrays, below, missing: nearest.copied() }
    }

    /// Place and content of the next bin that pays.
    pub fn step<'b>(&mut self, bins: &'b Bins) -> Result<(usize, &'b Bin), End> {
        loop {
            let place = match self.side {
                Side::A => self.below.checked_sub(1),
                Side::B => Some(self.below),
            };
            let Some((place, bin)) = place.and_then(|place| Some((place, bins.sorted.get(place)?))) else {
                return Err(self.missing.map_or(End::Exhausted, End::Missing));
            };
            if let Some(array) = self.missing.filter(|array| self.is_beyond(bin.id, *array)) {
                return Err(End::Missing(array));
            }
            self.below = if self.side == Side::A { place } else { place + 1 };
            let is_named = self.arrays.is_none_or(|arrays| arrays.contains(&index_of(bin.id)));
            if is_named && bin.layers(self.side.other()) != [0; 3] {
                return Ok((place, bin));
            }
        }
    }

    /// Whether a swap meets the array before the bin.
    fn is_beyond(&self, bin: i32, array: i32) -> bool {
        match self.side {
            Side::A => bin < array * BINS,
            Side::B => bin >= (array + 1) * BINS,
        }
    }
}

/// The refusal of [`End`], with the address of an array that is missing.
pub(super) fn refusal(end: &End, bins: &Bins, address_of: impl Fn(i32) -> Option<[u8; 32]>) -> Refusal {
    match end {
        End::Missing(array) => match address_of(*array) {
            Some(address) => Refusal::NotHeld(address),
            None => Refusal::Hostile("a bin array's address cannot be derived"),
        },
        End::Exhausted if bins.is_extended => Refusal::Program("CannotFindNonZeroLiquidityBinArrayId"),
        End::Exhausted => Refusal::Program("BitmapExtensionAccountIsNotProvided"),
    }
}
