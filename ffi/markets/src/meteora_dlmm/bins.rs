//! The bins of a pool: read from its arrays, sorted, without the empty ones.

use crate::account::{Account, Accounts};
use crate::address::Address;
use crate::quote::{Refusal, Side};

/// `LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo`.
pub const PROGRAM: Address = [
    4, 233, 225, 47, 188, 132, 232, 38, 201, 50, 204, 233, 226, 100, 12, 206, 21, 89, 12, 28, 98, 115, 176,
    146, 87, 8, 186, 59, 133, 32, 176, 188,
];
const ARRAY: [u8; 8] = [92, 142, 92, 220, 5, 148, 70, 181];
const ARRAY_BYTES: usize = 10_136;
const EXTENSION: [u8; 8] = [80, 111, 124, 113, 55, 237, 18, 5];
const EXTENSION_BYTES: usize = 1_576;
/// Bins of an array.
pub(super) const BINS: i32 = 70;
/// The farthest bin on either side.
pub(super) const FARTHEST: i32 = 443_636;
/// Arrays from here on have limit orders where older ones have other numbers.
const ORDERS_FROM: u8 = 2;
/// Arrays on either side that the pool's own bitmap covers.
const INSIDE: i32 = 512;
/// Rows of 512 arrays on either side that the extension covers.
const ROWS: i32 = 12;

/// The array of a bin.
pub(super) const fn index_of(bin: i32) -> i32 {
    bin.div_euclid(BINS)
}

/// A bin that has something to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bin {
    /// Its number; the price grows with it.
    pub id: i32,
    /// Units of y for one of x, times 2^64.
    pub price: u128,
    /// Of liquidity providers: x, y.
    pub amounts: [u64; 2],
    /// Of limit orders: those filled in part, then those that are open.
    pub orders: [u64; 2],
    /// What the limit orders pay: x or y.
    pub orders_pay: Side,
}

impl Bin {
    /// What it pays of `side`, in the order in which it is taken.
    pub fn layers(&self, side: Side) -> [u64; 3] {
        let [x, y] = self.amounts;
        let own = if side == Side::A { x } else { y };
        let [partial, open] = if self.orders_pay == side { self.orders } else { [0, 0] };
        [own, partial, open]
    }

    /// The liquidity providers' amounts after `[in, out]` moved for a trader who gives `side`.
    pub fn after(&self, side: Side, own: [u64; 2]) -> Result<[u64; 2], Refusal> {
        let [taken, given] = own;
        let mut amounts = self.amounts;
        let [input, output] = [side.index(), side.other().index()];
        amounts[input] = amounts[input].checked_add(taken).ok_or(Refusal::Overflow)?;
        amounts[output] = amounts[output].checked_sub(given).ok_or(Refusal::Overflow)?;
        Ok(amounts)
    }
}

/// Bins by number, and the arrays that have some and are not held.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bins {
    pub sorted: Vec<Bin>,
    /// Numbers of the arrays, ascending.
    pub missing: Vec<i32>,
    /// Whether the arrays beyond the pool's own bitmap are known.
    pub is_extended: bool,
}

/// What the pool's account says about its bins.
pub(super) struct Layout {
    pub step: u16,
    /// Whether the pool takes limit orders.
    pub has_orders: bool,
}

/// Which arrays have liquidity.
struct Bitmap<'a> {
    pool: Account<'a>,
    extension: Option<Account<'a>>,
}

impl Bitmap<'_> {
    fn has(&self, array: i32) -> Result<bool, Refusal> {
        if (-INSIDE..INSIDE).contains(&array) {
            return bit(&self.pool, 584, array + INSIDE);
        }
        let Some(extension) = &self.extension else { return Ok(false) };
        let (base, place) = if array > 0 { (40, array) } else { (808, -(array + 1)) };
        if place / INSIDE > ROWS { Ok(false) } else { bit(extension, base, place - INSIDE) }
    }

    fn all(&self) -> Result<Vec<i32>, Refusal> {
        let reach = if self.extension.is_some() { INSIDE * (1 + ROWS) } else { INSIDE };
        let mut arrays = Vec::new();
        for array in -reach..reach {
            if self.has(array)? {
                arrays.push(array);
            }
        }
        Ok(arrays)
    }
}

/// Bit `place` of the bytes from `base` on.
fn bit(account: &Account<'_>, base: usize, place: i32) -> Result<bool, Refusal> {
    let place = usize::try_from(place)
        .map_err(|_| Refusal::Hostile("negative position in the bitmap of bin arrays"))?;
    Ok(account.u8(base + place / 8)? >> (place % 8) & 1 == 1)
}

/// Whether the account is of this kind and of the pool.
fn is_of(account: &Account<'_>, kind: [u8; 8], pair_at: usize, pool: &Address) -> bool {
    account.bytes::<8>(0) == Ok(kind) && account.address(pair_at).is_ok_and(|pair| pair == *pool)
}

/// Reads the bins of the arrays that are held.
pub(super) fn load(pool: Account<'_>, layout: &Layout, accounts: &dyn Accounts) -> Result<Bins, Refusal> {
    let mut extension = None;
    let mut arrays = Vec::new();
    for account in accounts.owned_by(&PROGRAM) {
        if is_of(&account, EXTENSION, 8, &pool.address) {
            account.check(EXTENSION, EXTENSION_BYTES)?;
            extension = Some(account);
        } else if is_of(&account, ARRAY, 24, &pool.address) {
            account.check(ARRAY, ARRAY_BYTES)?;
            arrays.push((number(&account)?, account));
        }
    }
    arrays.sort_unstable_by_key(|(array, _)| *array);
    if arrays.windows(2).any(|pair| matches!(pair, [(one, _), (two, _)] if one == two)) {
        return Err(Refusal::Hostile("two bin arrays with the same index"));
    }
    let is_extended = extension.is_some();
    let liquid = Bitmap { pool, extension }.all()?;
    let mut sorted = Vec::new();
    for (array, account) in &arrays {
        if liquid.binary_search(array).is_ok() {
            read(*array, account, layout, &mut sorted)?;
        }
    }
    let is_held = |array: &i32| arrays.binary_search_by_key(array, |(held, _)| *held).is_ok();
    let missing = liquid.into_iter().filter(|array| !is_held(array)).collect();
    Ok(Bins { sorted, missing, is_extended })
}

/// The number of an array.
fn number(account: &Account<'_>) -> Result<i32, Refusal> {
    let number = i32::try_from(account.i64(8)?).ok();
    let reach = index_of(FARTHEST) + 1;
    number.filter(|array| array.abs() <= reach).ok_or(Refusal::Hostile("a bin array's index is out of range"))
}

fn read(array: i32, account: &Account<'_>, layout: &Layout, bins: &mut Vec<Bin>) -> Result<(), Refusal> {
    const FIRST: usize = 56;
    const BIN_BYTES: usize = 144;
    let has_orders = layout.has_orders && account.u8(16)? >= ORDERS_FROM;
    for (id, at) in (array * BINS..).zip((FIRST..).step_by(BIN_BYTES)).take(BINS.unsigned_abs() as usize) {
        let amounts = [account.u64(at)?, account.u64(at + 8)?];
        let orders = if has_orders { [account.u64(at + 128)?, account.u64(at + 112)?] } else { [0, 0] };
        if amounts == [0, 0] && orders == [0, 0] {
            continue;
        }
        let price = price(id, layout.step).ok_or(Refusal::Hostile("a bin's index is beyond all prices"))?;
        if ![0, price].contains(&account.u128(at + 16)?) {
            return Err(Refusal::Hostile("a bin's price does not match its index"));
        }
        let orders_pay = if account.u8(at + 140)? == 0 { Side::B } else { Side::A };
        bins.push(Bin { id, price, amounts, orders, orders_pay });
    }
    Ok(())
}

/// `(1 + step / 10,000)^id` times 2^64, rounded as the program does.
pub(super) fn price(id: i32, step: u16) -> Option<u128> {
    if id.abs() > FARTHEST {
        return None;
    }
    if id == 0 {
        return Some(1 << 64);
    }
    // Above 1 the reciprocal is raised: its powers stay within 64 bits.
    let mut square = u128::MAX / ((1 << 64) + (u128::from(step) << 64) / 10_000);
    let (mut power, mut rest) = (1_u128 << 64, id.unsigned_abs());
    loop {
        if rest & 1 == 1 {
            power = (power * square) >> 64;
        }
        rest >>= 1;
        if rest == 0 {
            break;
        }
        square = (square * square) >> 64;
    }
    if id > 0 { u128::MAX.checked_div(power) } else { Some(power).filter(|&price| price > 0) }
}
