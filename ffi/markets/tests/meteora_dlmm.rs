//! Meteora DLMM: mainnet's snapshot against Meteora's SDK, seeded states, named arrays, damaged accounts.

mod common;

use std::collections::BTreeMap;

use common::properties::{Plan, State, check, hostile};
use common::{Held, Random, address, held, oracle, shared};
use markets::any::AnyMarket;
use markets::{Accounts as _, Address, Market as _, Now, Quote, Refusal, Side, meteora_dlmm};
use serde::Deserialize;

const POOL: Address = [1; 32];
const VAULTS: [Address; 2] = [[2; 32], [3; 32]];
const MINTS: [Address; 2] = [[4; 32], [5; 32]];
const BINS: i32 = 70;
const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";

/// A pool that is made up, around bin `active`.
struct Made {
    held: Held,
    active: i32,
    /// What all bins have.
    sums: [u64; 2],
}

impl Made {
    fn new(step: u16, active: i32) -> Made {
        let mut held = Held::default();
        let mut pool = vec![0; 904];
        pool[..8].copy_from_slice(&[33, 11, 49, 98, 181, 101, 177, 13]);
        held.put(POOL, meteora_dlmm::PROGRAM, pool);
        held.write(&POOL, 76, &active.to_le_bytes());
        held.write(&POOL, 80, &step.to_le_bytes());
        for side in [0, 1] {
            held.write(&POOL, 88 + 32 * side, &MINTS[side]);
            held.write(&POOL, 152 + 32 * side, &VAULTS[side]);
        }
        Made { held, active, sums: [0; 2] }
    }

    /// The address of an array in a made pool.
    fn array(number: i32) -> Address {
        let mut address = [9; 32];
        address[..4].copy_from_slice(&number.to_le_bytes());
        address
    }

    /// Adds an array; those far from the middle are told by the extension.
    fn add_array(&mut self, number: i32, version: u8) {
        let mut data = vec![0; 10_136];
        data[..8].copy_from_slice(&[92, 142, 92, 220, 5, 148, 70, 181]);
        data[8..16].copy_from_slice(&i64::from(number).to_le_bytes());
        data[16] = version;
        data[24..56].copy_from_slice(&POOL);
        self.held.put(Made::array(number), meteora_dlmm::PROGRAM, data);
        let extension = [8; 32];
        if !self.held.0.contains_key(&extension) {
            let mut data = vec![0; 1_576];
            data[..8].copy_from_slice(&[80, 111, 124, 113, 55, 237, 18, 5]);
            data[8..40].copy_from_slice(&POOL);
            self.held.put(extension, meteora_dlmm::PROGRAM, data);
        }
        let (account, base, bit) = match number {
            -512..512 => (POOL, 584, number + 512),
            512.. => (extension, 40, number - 512),
            _ => (extension, 808, -(number + 1) - 512),
        };
        let bit = usize::try_from(bit).expect("a bit");
        self.held.data(&account)[base + bit / 8] |= 1 << (bit % 8);
    }

    /// Writes a number of a bin, in an array that was added.
    fn write_bin(&mut self, id: i32, offset: usize, bytes: &[u8]) {
        let place = usize::try_from(id.rem_euclid(BINS)).expect("a place");
        self.held.write(&Made::array(id.div_euclid(BINS)), 56 + 144 * place + offset, bytes);
    }

    /// Liquidity that pays `side`.
    fn put(&mut self, id: i32, side: Side, offset: usize, amount: u64) {
        self.sums[side.index()] += amount;
        self.write_bin(id, offset, &amount.to_le_bytes());
    }

    /// Bins at random: y below the active one, x above, both in it; limit orders among them.
    fn fill(&mut self, random: &mut Random, share: u64) {
        let arrays = self.active.div_euclid(BINS) - 1..=self.active.div_euclid(BINS) + 1;
        for number in arrays {
            let version = random.of(&[1, 2, 2]);
            self.add_array(number, version);
            for id in number * BINS..(number + 1) * BINS {
                if random.below(share) != 0 && id != self.active {
                    continue;
                }
                let side = if id > self.active || id == self.active && random.below(2) == 0 {
                    Side::A
                } else {
                    Side::B
                };
                let amount = random.up_to(1 << 44);
                self.put(id, side, 8 * side.index(), amount);
                if version == 2 && random.below(4) == 0 {
                    self.write_bin(id, 140, &[u8::from(side == Side::A)]);
                    self.put(id, side, random.of(&[112, 128]), random.up_to(1 << 40));
                }
            }
        }
    }

    /// The vaults, with what the bins have; for basis points and a maximum a mint of Token-2022.
    fn close(&mut self, fees: [Option<(u16, u64)>; 2]) {
        for side in [0, 1] {
            let owner = address(if fees[side].is_some() { TOKEN_2022 } else { TOKEN });
            let mut vault = vec![0; 165];
            vault[..32].copy_from_slice(&MINTS[side]);
            vault[64..72].copy_from_slice(&self.sums[side].to_le_bytes());
            self.held.put(VAULTS[side], owner, vault);
            let Some((basis_points, maximum)) = fees[side] else { continue };
            let mut mint = vec![0; 166 + 4 + 108];
            mint[165] = 1;
            mint[166..170].copy_from_slice(&[1, 0, 108, 0]);
            for fee in [170 + 72, 170 + 90] {
                mint[fee + 8..fee + 16].copy_from_slice(&maximum.to_le_bytes());
                mint[fee + 16..fee + 18].copy_from_slice(&basis_points.to_le_bytes());
            }
            self.held.put(MINTS[side], owner, mint);
        }
    }
}

/// A pool with anything that the program allows.
fn random_state(random: &mut Random) -> Option<State> {
    let step = random.of(&[1_u16, 4, 10, 25, 80, 100, 400]);
    let reach = 150_000 / i32::from(step);
    let active = i32::try_from(random.below(2 * reach.unsigned_abs() as u64)).expect("a bin") - reach;
    let mut made = Made::new(step, active);
    let numbers = [
        (8, random.below(20_000), 2),
        (10, random.below(60), 2),
        (12, random.below(1_200), 2),
        (14, random.below(10_001), 2),
        (16, random.up_to(500_000), 4),
        (20, random.up_to(1_000_000), 4),
        (40, random.below(300_000), 4),
        (44, random.below(300_000), 4),
        (56, 1_000_000, 8),
    ];
    for (offset, number, width) in numbers {
        made.held.write(&POOL, offset, &number.to_le_bytes()[..width]);
    }
    let near = active + i32::try_from(random.below(41)).expect("a number") - 20;
    made.held.write(&POOL, 48, &near.to_le_bytes());
    made.held.write(&POOL, 34, &[random.of(&[0, 0, 1]), random.of(&[0, 1, 2]), random.of(&[0, 1])]);
    let share = random.of(&[2, 8, 32]);
    made.fill(random, share);
    let fee =
        |random: &mut Random| (random.below(3) == 0).then(|| (random.of(&[0, 1, 100, 9_999]), random.size()));
    made.close([fee(random), fee(random)]);
    let market = AnyMarket::load(&POOL, &made.held).expect("a DEX with a market").expect("a pool that loads");
    let now =
        Now { slot: 460_000_000, time_s: 1_000_000 + i64::try_from(random.below(1_500)).expect("seconds") };
    Some(State { market, now, reserves: made.sums })
}

/// A pool that Meteora's SDK was asked about.
#[derive(Deserialize)]
struct Asked {
    step: u16,
    active: i32,
    /// Number and width in the pool's account, by offset.
    numbers: BTreeMap<String, (i64, usize)>,
    /// Basis points and maximum.
    fees: [Option<(u16, String)>; 2],
    /// Number, whether it sells x, liquidity, open orders, orders filled in part.
    bins: Vec<(i32, u8, String, String, String)>,
    time: i64,
    /// Whether x is given, whether it is exact in, amount, answer.
    asked: Vec<(bool, bool, String, Answer)>,
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
enum Answer {
    Paid(String, String),
    Refused(#[allow(dead_code, reason = "shown where it differs")] String),
}

impl Answer {
    /// A swap that pays nothing is quoted by the SDK and refused by the program.
    fn paid(&self) -> Option<(u64, u64)> {
        let Answer::Paid(spent, paid) = self else { return None };
        Some((number(spent), number(paid))).filter(|(_, paid)| *paid > 0)
    }
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

impl Asked {
    fn made(&self) -> Made {
        let mut made = Made::new(self.step, self.active);
        for (offset, (number, width)) in &self.numbers {
            made.held.write(&POOL, offset.parse().expect("an offset"), &number.to_le_bytes()[..*width]);
        }
        let middle = self.active.div_euclid(BINS);
        (middle - 1..=middle + 1).for_each(|array| made.add_array(array, 2));
        for (id, sells, own, open, partial) in &self.bins {
            let side = if *sells == 1 { Side::A } else { Side::B };
            made.write_bin(*id, 140, &[*sells]);
            for (offset, amount) in [(8 * side.index(), own), (112, open), (128, partial)] {
                made.put(*id, side, offset, number(amount));
            }
        }
        let fee =
            |side: usize| self.fees[side].as_ref().map(|(basis_points, most)| (*basis_points, number(most)));
        made.close([fee(0), fee(1)]);
        made
    }
}

fn quoted(market: &AnyMarket, x: bool, exact_in: bool, amount: u64, now: &Now) -> Result<Quote, Refusal> {
    let side = if x { Side::A } else { Side::B };
    if exact_in { market.quote_in(side, amount, now) } else { market.quote_out(side, amount, now) }
}

#[test]
fn quotes_of_made_pools_equal_those_of_the_sdk() {
    let Some(text) = oracle("dlmm_states.ndjson") else { return };
    let (mut equal, mut refused) = (0, 0);
    for line in text.lines() {
        let asked: Asked = serde_json::from_str(line).expect("a pool");
        let market = asked.made().held.market(&POOL);
        let now = Now { slot: 1_064 * 432_000, time_s: asked.time };
        for (x, exact_in, amount, answer) in &asked.asked {
            let quote = quoted(&market, *x, *exact_in, number(amount), &now);
            let got = quote.ok().map(|quote| (quote.amount_in, quote.amount_out));
            assert_eq!(got, answer.paid(), "{x} {exact_in} {amount}: {quote:?} {answer:?}, {line}");
            equal += 1;
            refused += u32::from(got.is_none());
        }
    }
    println!("{equal} answers of the SDK on made pools are equal, {refused} of them refusals");
    assert!(equal >= 6_000 && refused < equal / 2, "{equal} {refused}");
}

/// An answer of the SDK to a size, over mainnet's snapshot.
#[derive(Deserialize)]
struct Sized {
    y: bool,
    inp: bool,
    amt: String,
    ts: i64,
    #[serde(rename = "in")]
    spent: Option<String>,
    out: Option<String>,
}

/// Mainnet's pool `F1mbBZYKXGFx5nraY3cK4RgNR5EuShntQ8xDKDD5HY1z` (x has a transfer fee) at slot 458965734.
fn snapshot() -> Option<(Held, Address)> {
    let folder = shared("accounts")?;
    let held = held(&folder.join("bridge_defaults_20261020.json"));
    Some((held, address("F1mbBZYKXGFx5nraY3cK4RgNR5EuShntQ8xDKDD5HY1z")))
}

const SNAPSHOT_SLOT: u64 = 458_965_734;

#[test]
fn quotes_of_mainnets_snapshot_equal_those_of_the_sdk() {
    let (Some((held, pool)), Some(text)) = (snapshot(), oracle("dlmm.json")) else { return };
    let market = held.market(&pool);
    let sizes: Vec<Sized> = serde_json::from_str(&text).expect("the SDK's answers");
    let mut refused = 0;
    for size in &sizes {
        let now = Now { slot: SNAPSHOT_SLOT, time_s: size.ts };
        let quote = quoted(&market, size.y, size.inp, number(&size.amt), &now);
        let got = quote.ok().map(|quote| (quote.amount_in, quote.amount_out));
        let answer = size.spent.as_ref().zip(size.out.as_ref());
        let answer = answer.map(|(spent, out)| (number(spent), number(out))).filter(|(_, out)| *out > 0);
        assert_eq!(got, answer, "{} {} {}: {quote:?}", size.y, size.inp, size.amt);
        refused += u32::from(got.is_none());
    }
    println!(
        "{} answers of the SDK on mainnet's snapshot are equal, {refused} of them refusals",
        sizes.len()
    );
    assert!(sizes.len() >= 1_000 && refused < 500, "{refused}");
}

/// What `@meteora-ag/dlmm` 1.9.14 answers on the snapshot: x given, exact in, amount, seconds, spent, paid.
const SDK: &[(bool, bool, u64, i64, u64, u64)] = &[
    (true, false, 33_509_662, 1_792_441_794, 163_344, 33_509_662),
    (false, false, 5_950, 1_792_441_716, 1_221_617, 5_950),
    (false, false, 1_395, 1_792_441_778, 286_413, 1_395),
    (false, false, 124_809_208, 1_792_441_671, 25_694_437_330, 124_809_208),
    (true, false, 693_529, 1_792_441_861, 3_382, 693_529),
    (false, true, 493_374, 1_792_441_680, 493_374, 2_403),
    (false, false, 15_294, 1_792_441_795, 3_140_066, 15_294),
    (true, false, 902_814_434, 1_792_441_753, 4_400_795, 902_814_434),
    (false, true, 6_714, 1_792_441_827, 6_714, 32),
    (false, true, 1_680_985, 1_792_441_764, 1_680_985, 8_187),
    (true, true, 49_123, 1_792_441_666, 49_123, 10_077_243),
    (true, false, 77_706, 1_792_441_705, 380, 77_706),
    (false, true, 3_841, 1_792_441_721, 3_841, 18),
    (false, false, 25_279, 1_792_441_813, 5_190_122, 25_279),
    (false, true, 113_348_294, 1_792_441_785, 113_348_294, 552_074),
    (false, false, 421_929, 1_792_441_857, 86_627_742, 421_929),
    (false, false, 941_747, 1_792_441_852, 193_353_421, 941_747),
    (false, true, 1_800_353, 1_792_441_695, 1_800_353, 8_768),
    (true, false, 71_287, 1_792_441_691, 349, 71_287),
    (false, false, 45_853_392, 1_792_441_860, 9_419_358_244, 45_853_392),
    (false, true, 10_271_378_898, 1_792_441_720, 10_271_378_898, 49_996_448),
    (false, false, 722_362, 1_792_441_668, 148_312_043, 722_362),
    (true, false, 43_497, 1_792_441_745, 213, 43_497),
    (false, true, 228_982, 1_792_441_684, 228_982, 1_115),
];

#[test]
fn some_sizes_of_mainnets_snapshot_are_quoted_as_by_the_sdk() {
    let Some((held, pool)) = snapshot() else { return };
    let market = held.market(&pool);
    for &(x, exact_in, amount, time_s, spent, paid) in SDK {
        let quote = quoted(&market, x, exact_in, amount, &Now { slot: SNAPSHOT_SLOT, time_s });
        let quote = quote.expect("a quote");
        assert_eq!((quote.amount_in, quote.amount_out), (spent, paid), "{x} {exact_in} {amount}");
    }
}

#[test]
fn an_array_that_is_not_held_is_named_where_a_swap_would_need_it() {
    let Some((mut held, pool)) = snapshot() else { return };
    let arrays: Vec<(Address, i64)> = held
        .owned_by(&meteora_dlmm::PROGRAM)
        .filter(|account| account.data.len() == 10_136 && account.data[24..56] == pool)
        .map(|account| (account.address, account.i64(8).expect("a number")))
        .collect();
    assert_eq!(arrays.len(), 6);
    let now = Now { slot: SNAPSHOT_SLOT, time_s: 1_792_441_800 };
    let AnyMarket::MeteoraDlmm(market, _) = held.market(&pool) else { panic!("another DEX") };
    for (address, number) in &arrays {
        let number = i32::try_from(*number).expect("a number");
        assert_eq!(market.array_address(number), Some(*address), "the address of array {number}");
    }
    // 190 is that of the active bin, 13,313; only 189 to 192 have liquidity.
    for (number, side) in [(189, Side::A), (190, Side::A), (190, Side::B), (191, Side::B), (192, Side::B)] {
        let (address, _) = arrays.iter().find(|(_, array)| *array == number).expect("an array");
        let stored = held.0.remove(address).expect("an account");
        let quote = held.market(&pool).quote_in(side, u64::MAX >> 8, &now);
        assert_eq!(quote, Err(Refusal::NotHeld(*address)), "without array {number}");
        held.0.insert(*address, stored);
    }
    for side in Side::BOTH {
        let all = held.market(&pool).quote_in(side, u64::MAX >> 8, &now);
        assert_eq!(all, Err(Refusal::Program("CannotFindNonZeroLiquidityBinArrayId")));
    }
}

/// Three arrays, `per_bin` of y in each bin below 70 and of x in each from there on; without fees.
fn flat(per_bin: u64) -> Made {
    let mut made = Made::new(10, 70);
    (-1..=1).for_each(|array| made.add_array(array, 1));
    for id in -BINS..2 * BINS {
        made.put(id, if id < 70 { Side::B } else { Side::A }, if id < 70 { 8 } else { 0 }, per_bin);
    }
    made.close([None, None]);
    made
}

#[test]
fn a_swap_takes_no_bin_of_an_array_that_its_instruction_does_not_name() {
    let now = Now { slot: 1, time_s: 1 };
    let AnyMarket::MeteoraDlmm(market, head) = flat(1_000_000).held.market(&POOL) else {
        panic!("another DEX")
    };
    let all = market.quote_in(&head, Side::A, 1_000, &now).expect("a quote");
    assert_eq!(market.quote_over(&head, Side::A, 1_000, &now, &[1, 0, -1]), Ok(all));
    // Bin 69 is worth 1.001^69 = 1.0714, bin -1 is worth 1 / 1.001.
    assert_eq!(all.amount_out, 1_071);
    let beyond = market.quote_over(&head, Side::A, 1_000, &now, &[-1, -2]).expect("a quote");
    assert_eq!(beyond.amount_out, 999);
    assert_eq!(
        market.quote_over(&head, Side::A, 1_000, &now, &[1]),
        Err(Refusal::Program("CannotFindNonZeroLiquidityBinArrayId"))
    );
    let (mut swapped, mut after) = (market.clone(), head);
    assert_eq!(swapped.swap_over(&mut after, Side::A, 1_000, &now, Some(&[-1])), Ok(beyond));
    assert_eq!(after.active, -1);
    // What was jumped over is still there, and is sold to whoever comes back from above.
    assert!(swapped.quote_in(&after, Side::B, 999, &now).expect("a quote").amount_out <= 1_000);
}

#[test]
fn after_limit_orders_were_filled_nothing_is_quoted_until_they_are_read_again() {
    let mut made = Made::new(10, 0);
    made.add_array(0, 2);
    made.add_array(-1, 2);
    made.held.write(&POOL, 35, &[2]);
    made.put(0, Side::B, 8, 100);
    made.put(-1, Side::B, 112, 1_000);
    made.close([None, None]);
    let now = Now { slot: 1, time_s: 1 };
    let mut market = made.held.market(&POOL);
    assert_eq!(market.swap(Side::A, 50, &now).map(|quote| quote.amount_out), Ok(50));
    assert_eq!(market.swap(Side::A, 50, &now).map(|quote| quote.amount_out), Ok(50));
    assert_eq!(market.swap(Side::A, 50, &now).map(|quote| quote.amount_out), Ok(49));
    assert!(matches!(market.quote_in(Side::B, 10, &now), Err(Refusal::Unsupported(_))));
    // The same bytes in an array of the first version are of another kind.
    made.held.write(&Made::array(-1), 16, &[1]);
    assert!(made.held.market(&POOL).quote_in(Side::A, 101, &now).is_err());
}

#[test]
fn properties_hold_over_seeded_states() {
    let tally = check(&Plan { seed: 5, states: 10_000, excess: 0 }, random_state);
    println!("{tally:?}");
    assert!(tally.states == 10_000 && tally.quoted > 80_000 && tally.inverted > 40_000, "{tally:?}");
    assert!(tally.round_trips > 50_000, "{tally:?}");
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_their_vaults() {
    let mut made = Made::new(25, 60);
    made.fill(&mut Random(3), 4);
    made.close([Some((100, 5_000)), None]);
    let amount = |held: &Held, vault: &Address| {
        let bytes = held.0.get(vault).and_then(|vault| vault.data.get(64..72));
        bytes.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
    };
    let now = Now { slot: 460_000_000, time_s: 1_000 };
    let damage = hostile(&made.held, &POOL, &now, 1_500, |held| VAULTS.map(|vault| amount(held, &vault)));
    println!("{damage:?}");
    assert!(damage.tried > 10_000 && damage.refused > 1_000, "{damage:?}");
}
