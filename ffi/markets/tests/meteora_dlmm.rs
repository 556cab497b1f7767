//! Meteora DLMM: seeded states, named and missing arrays, damaged accounts.

mod common;

use common::dlmm::{BINS, Made, POOL, SNAPSHOT_SLOT, VAULTS, snapshot};
use common::properties::{Plan, State, check, hostile};
use common::{Held, Random};
use markets::any::AnyMarket;
use markets::{Accounts as _, Address, Market as _, Now, Quote, Refusal, Side, meteora_dlmm};

/// A pool with anything that the program allows.
fn random_state(random: &mut Random) -> Option<State> {
    let step = random.of(&[1_u16, 4, 10, 25, 80, 100, 400]);
    let reach = 150_000 / i32::from(step);
    let active = i32::try_from(random.below(2 * u64::from(reach.unsigned_abs()))).expect("a bin") - reach;
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

fn quoted(market: &AnyMarket, x: bool, exact_in: bool, amount: u64, now: &Now) -> Result<Quote, Refusal> {
    let side = if x { Side::A } else { Side::B };
    if exact_in { market.quote_in(side, amount, now) } else { market.quote_out(side, amount, now) }
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
    // What was jumped over is still there, and is sold to a swap that comes back from above.
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
