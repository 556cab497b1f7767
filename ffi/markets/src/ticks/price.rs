//! Square roots of prices, in 64 bits after the point, and the ticks they belong to.

use crate::wide::mul_shift;

/// The lowest and the highest tick.
pub(crate) const MIN_TICK: i32 = -443_636;
pub(crate) const MAX_TICK: i32 = 443_636;
/// The square root at [`MIN_TICK`], in both programs.
pub(crate) const MIN_PRICE: u128 = 4_295_048_016;
const ONE: u128 = 1 << 64;

/// How a program computes the square root of a tick's price.
pub(crate) trait Prices {
    /// The square root of the price at `tick`, which is within the limits.
    fn at(tick: i32) -> u128;

    /// Where a swap that falls, or that rises, ends at the latest.
    fn limit(is_down: bool) -> u128;
}

/// Raydium CLMM's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Raydium;

/// Whirlpool's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Orca;

/// `1.0001^(-2^bit / 2)` for each bit of a tick.
const RAYDIUM: [u128; 19] = [
    0xfffc_b933_bd6f_b800,
    0xfff9_7272_373d_4000,
    0xfff2_e50f_5f65_7000,
    0xffe5_caca_7e10_f000,
    0xffcb_9843_d60f_7000,
    0xff97_3b41_fa98_e800,
    0xff2e_a164_66c9_b000,
    0xfe5d_ee04_6a9a_3800,
    0xfcbe_86c7_900b_b000,
    0xf987_a725_3ac6_5800,
    0xf339_2b08_22bb_6000,
    0xe715_9475_a2ca_f000,
    0xd097_f3bd_fd2f_2000,
    0xa9f7_4646_2d9f_8000,
    0x70d8_69a1_56f3_1c00,
    0x31be_135f_97ed_3200,
    0x09aa_508b_5b85_a500,
    0x005d_6af8_dedc_582c,
    0x0000_2216_e584_f5fa,
];

/// As [`RAYDIUM`], with more bits.
const ORCA_DOWN: [u128; 19] = [
    18_445_821_805_675_392_311,
    18_444_899_583_751_176_498,
    18_443_055_278_223_354_162,
    18_439_367_220_385_604_838,
    18_431_993_317_065_449_817,
    18_417_254_355_718_160_513,
    18_387_811_781_193_591_352,
    18_329_067_761_203_520_168,
    18_212_142_134_806_087_854,
    17_980_523_815_641_551_639,
    17_526_086_738_831_147_013,
    16_651_378_430_235_024_244,
    15_030_750_278_693_429_944,
    12_247_334_978_882_834_399,
    8_131_365_268_884_726_200,
    3_584_323_654_723_342_297,
    696_457_651_847_595_233,
    26_294_789_957_452_057,
    37_481_735_321_082,
];

/// `1.0001^(2^bit / 2)`, 96 bits after the point.
const ORCA_UP: [u128; 19] = [
    79_232_123_823_359_799_118_286_999_567,
    79_236_085_330_515_764_027_303_304_731,
    79_244_008_939_048_815_603_706_035_061,
    79_259_858_533_276_714_757_314_932_305,
    79_291_567_232_598_584_799_939_703_904,
    79_355_022_692_464_371_645_785_046_466,
    79_482_085_999_252_804_386_437_311_141,
    79_736_823_300_114_093_921_829_183_326,
    80_248_749_790_819_932_309_965_073_892,
    81_282_483_887_344_747_381_513_967_011,
    83_390_072_131_320_151_908_154_831_281,
    87_770_609_709_833_776_024_991_924_138,
    97_234_110_755_111_693_312_479_820_773,
    119_332_217_159_966_728_226_237_229_890,
    179_736_315_981_702_064_433_883_588_727,
    407_748_233_172_238_350_107_850_275_304,
    2_098_478_828_474_011_932_436_660_412_517,
    55_581_415_166_113_811_149_459_800_483_533,
    38_992_368_544_603_139_932_233_054_999_993_551,
];

/// Factors of the bits of `tick`.
fn factors(tick: i32, table: &[u128; 19]) -> impl Iterator<Item = u128> + '_ {
    let bits = tick.unsigned_abs();
    table.iter().enumerate().filter(move |(bit, _)| bits >> bit & 1 == 1).map(|(_, factor)| *factor)
}

impl Prices for Raydium {
    fn at(tick: i32) -> u128 {
        let ratio = factors(tick, &RAYDIUM).fold(ONE, |ratio, factor| (ratio * factor) >> 64);
        if tick > 0 { u128::MAX.checked_div(ratio).unwrap_or(u128::MAX) } else { ratio }
    }

    fn limit(is_down: bool) -> u128 {
        if is_down { MIN_PRICE + 1 } else { 79_226_673_521_066_979_257_578_248_090 }
    }
}

impl Prices for Orca {
    fn at(tick: i32) -> u128 {
        if tick < 0 {
            return factors(tick, &ORCA_DOWN).fold(ONE, |ratio, factor| (ratio * factor) >> 64);
        }
        let widen = |ratio, factor| mul_shift(ratio, factor, 96).unwrap_or(u128::MAX);
        factors(tick, &ORCA_UP).fold(1 << 96, widen) >> 32
    }

    fn limit(is_down: bool) -> u128 {
        if is_down { MIN_PRICE } else { 79_226_673_515_401_279_992_447_579_055 }
    }
}

/// The highest tick whose price is not above `price`.
pub(crate) fn tick_at<P: Prices>(price: u128) -> i32 {
    /// `2 / log2(1.0001)`, 16 bits after the point.
    const TICKS: i64 = 908_567_298;
    let bits = i64::from(price.max(1).ilog2());
    // The logarithm, 16 bits after the point: each square gives one more.
    let mut square = if bits >= 63 { price >> (bits - 63) } else { price << (63 - bits) };
    let mut logarithm = bits - 64;
    for _ in 0..16 {
        square *= square;
        let is_two = square >> 127;
        square >>= 63 + is_two;
        logarithm = logarithm << 1 | i64::from(is_two == 1);
    }
    let estimate = i32::try_from((logarithm * TICKS) >> 32).unwrap_or(MIN_TICK);
    let mut tick = estimate.clamp(MIN_TICK, MAX_TICK);
    while tick < MAX_TICK && P::at(tick + 1) <= price {
        tick += 1;
    }
    while tick > MIN_TICK && P::at(tick) > price {
        tick -= 1;
    }
    tick
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<P: Prices>(highest: u128) {
        assert_eq!((P::at(MIN_TICK), P::at(0), P::at(MAX_TICK)), (MIN_PRICE, ONE, highest));
        let mut before = 0;
        for tick in (MIN_TICK..=MAX_TICK).step_by(97).chain(MAX_TICK - 3..=MAX_TICK) {
            let price = P::at(tick);
            assert!(price > before, "{tick}");
            before = price;
            assert_eq!(tick_at::<P>(price), tick);
            assert_eq!(tick_at::<P>(price - 1), (tick - 1).max(MIN_TICK), "{tick}");
            assert_eq!(tick_at::<P>(price + 1), tick);
        }
    }

    #[test]
    fn a_tick_is_found_by_its_price_and_by_the_prices_around_it() {
        check::<Raydium>(79_226_673_521_066_979_257_578_248_091);
        check::<Orca>(79_226_673_515_401_279_992_447_579_055);
    }
}
