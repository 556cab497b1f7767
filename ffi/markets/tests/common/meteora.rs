//! Pools of Meteora's DAMM v2 and DBC as accounts, from their parameters.

use markets::any::AnyMarket;
use markets::{Address, Now, Side};

use super::{Held, Random, address};

/// Where the pool of a set of accounts is.
pub const POOL: Address = [1; 32];
const CONFIG: Address = [2; 32];
/// The vaults of the first and the second mint.
pub const VAULTS: [Address; 2] = [[3; 32], [4; 32]];
/// The mints.
pub const MINTS: [Address; 2] = [[5; 32], [6; 32]];

/// Bytes of an account, written place by place.
struct Bytes(Vec<u8>);

impl Bytes {
    fn new(kind: [u8; 8], size: usize) -> Bytes {
        let mut data = vec![0; size];
        data[..8].copy_from_slice(&kind);
        Bytes(data)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

/// The dynamic fee and its volatility.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dynamic {
    pub is_on: bool,
    pub accumulator: u128,
    pub control: u32,
}

/// What a step of a basis point is in 64 binary places.
const STEP: u128 = (1 << 64) / 10_000;

impl Dynamic {
    fn parameters(&self) -> [u8; 40] {
        let mut bytes = [0; 40];
        bytes[0] = u8::from(self.is_on);
        bytes[8..12].copy_from_slice(&14_460_000_u32.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.control.to_le_bytes());
        for (at, number) in [(16, 1_u16), (18, 10), (20, 120), (22, 5_000)] {
            bytes[at..at + 2].copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }
}

/// A pool of DAMM v2; slots count from its activation.
#[derive(Clone, Debug)]
pub struct DammV2 {
    pub collects: u8,
    pub version: u8,
    pub compounding_bps: u16,
    pub base_fee: [u8; 32],
    pub dynamic: Dynamic,
    pub first_sqrt_price: u128,
    pub liquidity: u128,
    /// Lowest, highest, now.
    pub sqrt_prices: [u128; 3],
    pub activation: u64,
    pub amounts: [u64; 2],
    pub vaults: [u64; 2],
}

impl DammV2 {
    pub fn held(&self) -> Held {
        let mut pool = Bytes::new([241, 154, 109, 4, 17, 177, 109, 188], 1112);
        pool.put(8, &self.base_fee);
        pool.put(48, &[20, 0, 20]);
        pool.put(54, &self.compounding_bps.to_le_bytes());
        pool.put(56, &self.dynamic.parameters());
        pool.put(88, &STEP.to_le_bytes());
        let [low, high, now] = self.sqrt_prices;
        pool.put(104, &now.to_le_bytes());
        pool.put(120, &self.dynamic.accumulator.to_le_bytes());
        pool.put(152, &self.first_sqrt_price.to_le_bytes());
        for (at, address) in [(168, MINTS[0]), (200, MINTS[1]), (232, VAULTS[0]), (264, VAULTS[1])] {
            pool.put(at, &address);
        }
        for (at, number) in [(360, self.liquidity), (424, low), (440, high), (456, now)] {
            pool.put(at, &number.to_le_bytes());
        }
        pool.put(472, &self.activation.to_le_bytes());
        pool.put(484, &[self.collects, 0, self.version]);
        pool.put(680, &self.amounts[0].to_le_bytes());
        pool.put(688, &self.amounts[1].to_le_bytes());
        with_vaults(markets::meteora_damm_v2::PROGRAM, pool.0, self.vaults)
    }
}

/// A pool of DBC; slots count from its activation.
#[derive(Clone, Debug)]
pub struct Dbc {
    pub collects: u8,
    /// Cliff, second and third parameter.
    pub base_fee: [u64; 3],
    pub first_parameter: u16,
    pub base_fee_kind: u8,
    pub dynamic: Dynamic,
    /// At the start, at the migration, now.
    pub sqrt_prices: [u128; 3],
    /// Roots of prices and liquidity up to them.
    pub curve: Vec<(u128, u128)>,
    pub activation: u64,
    pub threshold: u64,
    pub reserves: [u64; 2],
    pub vaults: [u64; 2],
}

impl Dbc {
    pub fn held(&self) -> Held {
        let mut config = Bytes::new([26, 108, 14, 123, 116, 230, 129, 43], 1048);
        config.put(8, &MINTS[1]);
        for (at, number) in [104, 112, 120].into_iter().zip(self.base_fee) {
            config.put(at, &number.to_le_bytes());
        }
        config.put(128, &self.first_parameter.to_le_bytes());
        config.put(130, &[self.base_fee_kind]);
        config.put(136, &self.dynamic.parameters()[..24]);
        config.put(168, &STEP.to_le_bytes());
        config.put(232, &[self.collects]);
        config.put(264, &self.threshold.to_le_bytes());
        let [start, migration, now] = self.sqrt_prices;
        config.put(280, &migration.to_le_bytes());
        config.put(392, &start.to_le_bytes());
        for (number, (sqrt_price, liquidity)) in self.curve.iter().enumerate() {
            config.put(408 + 32 * number, &sqrt_price.to_le_bytes());
            config.put(424 + 32 * number, &liquidity.to_le_bytes());
        }
        let mut pool = Bytes::new([213, 224, 5, 209, 98, 69, 119, 92], 424);
        pool.put(24, &now.to_le_bytes());
        pool.put(40, &self.dynamic.accumulator.to_le_bytes());
        for (at, address) in [(72, CONFIG), (136, MINTS[0]), (168, VAULTS[0]), (200, VAULTS[1])] {
            pool.put(at, &address);
        }
        pool.put(232, &self.reserves[0].to_le_bytes());
        pool.put(240, &self.reserves[1].to_le_bytes());
        pool.put(280, &now.to_le_bytes());
        pool.put(296, &self.activation.to_le_bytes());
        let mut held = with_vaults(markets::meteora_dbc::PROGRAM, pool.0, self.vaults);
        held.put(CONFIG, markets::meteora_dbc::PROGRAM, config.0);
        held
    }
}

/// A pool beside its vaults.
fn with_vaults(program: Address, pool: Vec<u8>, amounts: [u64; 2]) -> Held {
    let mut held = Held::default();
    held.put(POOL, program, pool);
    for side in 0..2 {
        let mut vault = vec![0; 165];
        vault[..32].copy_from_slice(&MINTS[side]);
        vault[64..72].copy_from_slice(&amounts[side].to_le_bytes());
        held.put(VAULTS[side], address("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"), vault);
    }
    held
}

/// The properties of a pool with a rate limiter, and how many quotes were checked. Of two properties the program itself
/// has none: a larger purchase can leave less, as the rates of the limiter and of volatility add up to more than the
/// whole of the last units; and an exact output takes another rate than the exact input that gets as much, as the SDK
/// says.
pub fn check_limited(market: &AnyMarket, now: &Now, reserves: [u64; 2], random: &mut Random) -> u32 {
    let mut quoted = 0;
    for side in Side::BOTH {
        let [most_in, most_out] = [side, side.other()].map(|side| reserves[side.index()]);
        let mut sizes: Vec<u64> =
            (0..3).flat_map(|_| [random.up_to(most_in.max(1)), random.size()]).collect();
        sizes.extend([0, u64::MAX]);
        for size in sizes {
            let mut after = market.clone();
            let said = market.quote_in(side, size, now);
            assert_eq!(after.swap(side, size, now), said, "{side:?} {size}: the swap and its quote");
            let Ok(quote) = said else {
                assert!(after == *market, "{side:?} {size}: a refused swap changed the market");
                continue;
            };
            quoted += 1;
            assert!(
                size > 0 && quote.amount_in == size && quote.amount_out <= most_out,
                "{side:?} {quote:?}"
            );
            let back = after.swap(side.other(), quote.amount_out, now);
            assert!(back.is_ok_and(|back| back.amount_out <= size) || back.is_err(), "{quote:?} {back:?}");
        }
        let wanted = random.up_to(most_out.max(1));
        if let Ok(exact) = market.quote_out(side, wanted, now) {
            quoted += 1;
            assert!(wanted > 0 && exact.amount_out == wanted && wanted <= most_out, "{side:?} {exact:?}");
            assert!(exact.amount_in > 0, "{side:?} {exact:?}");
        }
    }
    quoted
}
