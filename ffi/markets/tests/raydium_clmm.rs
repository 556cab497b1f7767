//! Raydium CLMM over seeded pools: fees of the input or of one mint, rates that move, limit orders; damaged accounts.

mod common;

use common::properties::{Plan, State, check, hostile};
use common::ticks::{Curve, MINTS, POOL, VAULTS, array, equal_facts, is_least, put_tokens, vaults};
use common::tokens::{TOKEN, account};
use common::{Held, Random, address, executed, facts, held, shared};
use markets::any::AnyMarket;
use markets::raydium_clmm::PROGRAM;
use markets::{Address, Now, Refusal, Side};
use serde::Deserialize;

const NOW: Now = Now { slot: 400_000_000, time_s: 1_760_000_000 };
const CONFIG: Address = [6; 32];
const EXTENSION: Address = [7; 32];

fn put_pool(held: &mut Held, curve: &Curve, fee: u32, fee_on: u8) {
    held.put(CONFIG, PROGRAM, vec![0; 117]);
    held.write(&CONFIG, 0, &[218, 244, 33, 104, 203, 203, 43, 111]);
    held.write(&CONFIG, 47, &fee.to_le_bytes());
    held.put(POOL, PROGRAM, vec![0; 1_544]);
    held.write(&POOL, 0, &[247, 237, 227, 245, 215, 195, 222, 70]);
    held.write(&POOL, 9, &CONFIG);
    for side in 0..2 {
        held.write(&POOL, 73 + 32 * side, &MINTS[side]);
        held.write(&POOL, 137 + 32 * side, &VAULTS[side]);
    }
    held.write(&POOL, 235, &curve.spacing.to_le_bytes());
    held.write(&POOL, 237, &curve.liquidity.to_le_bytes());
    held.write(&POOL, 253, &curve.price.to_le_bytes());
    held.write(&POOL, 269, &curve.tick.to_le_bytes());
    held.write(&POOL, 390, &[fee_on]);
    held.put(EXTENSION, PROGRAM, vec![0; 1_832]);
    held.write(&EXTENSION, 0, &[60, 150, 36, 219, 97, 128, 139, 153]);
    held.write(&EXTENSION, 8, &POOL);
}

/// Sets the bit of an array, in the pool's bitmap or in the extension's.
fn list(held: &mut Held, first: i32, span: i32) {
    let number = first.div_euclid(span);
    let (account, base, bit) = match number {
        -512..512 => (POOL, 904, number + 512),
        512.. => (EXTENSION, 40, number - 512),
        _ => {
            let part = -(number + 513) / 512;
            (EXTENSION, 936, part * 512 + number + (part + 2) * 512)
        }
    };
    let bit = usize::try_from(bit).expect("a bit");
    held.data(&account)[base + bit / 8] |= 1 << (bit % 8);
}

/// The arrays of the curve; `orders` says what waits at a tick.
fn put_arrays(held: &mut Held, curve: &Curve, mut orders: impl FnMut(i32) -> [u64; 2]) {
    for first in curve.arrays() {
        let mut data = vec![192, 155, 85, 205, 49, 249, 129, 42];
        data.extend(POOL);
        data.extend(first.to_le_bytes());
        let mut count = 0;
        for number in 0..60 {
            let tick = first + number * i32::from(curve.spacing);
            let ends = curve.ends.get(&tick).copied().unwrap_or_default();
            let waits = if (-443_636..=443_636).contains(&tick) { orders(tick) } else { [0; 2] };
            let at = data.len();
            data.extend(if ends.gross > 0 || waits != [0; 2] { tick } else { 0 }.to_le_bytes());
            data.extend(ends.net.to_le_bytes());
            data.extend(ends.gross.to_le_bytes());
            data.resize(at + 124, 0);
            data.extend(waits[0].to_le_bytes());
            data.extend(waits[1].to_le_bytes());
            data.resize(at + 168, 0);
            count += u8::from(ends.gross > 0 || waits != [0; 2]);
        }
        data.push(count);
        data.resize(10_240, 0);
        held.put(array(first), PROGRAM, data);
        if count > 0 {
            list(held, first, curve.span);
        }
    }
}

/// A rate that moves, with variables of a swap some time ago.
fn put_moving(held: &mut Held, curve: &Curve, random: &mut Random) {
    let filter = random.of(&[1_u16, 30]);
    let decay = filter + random.of(&[1_u16, 600]);
    let most = random.of(&[10_000_u32, 350_000, 30_000_000]).min(u32::MAX / u32::from(curve.spacing));
    for (offset, number) in [(1_096, filter), (1_098, decay), (1_100, random.of(&[1_u16, 500, 9_999]))] {
        held.write(&POOL, offset, &number.to_le_bytes());
    }
    let mut any = || u32::try_from(random.below(u64::from(most) + 1)).expect("a number");
    let (reference, accumulator) = (any(), any());
    let far = i32::try_from(random.below(40)).expect("groups") - 20;
    let group = curve.tick.div_euclid(i32::from(curve.spacing)) + far;
    let control = random.of(&[1_u32, 500, 99_999]);
    for (offset, number) in [
        (1_102, control),
        (1_106, most),
        (1_110, group.cast_unsigned()),
        (1_114, reference),
        (1_118, accumulator),
    ] {
        held.write(&POOL, offset, &number.to_le_bytes());
    }
    let ago = random.below(1_000);
    held.write(&POOL, 1_122, &(u64::try_from(NOW.time_s).expect("a time") - ago).to_le_bytes());
}

/// A pool of positions; a third of them has a rate that moves, a third limit orders.
fn pool(random: &mut Random) -> Held {
    let curve = Curve::random(random, 60);
    let mut held = Held::default();
    put_tokens(&mut held, random);
    put_pool(&mut held, &curve, random.of(&[0, 100, 2_500, 40_000]), random.of(&[0, 1, 2]));
    if random.below(3) == 0 {
        put_moving(&mut held, &curve, random);
    }
    let often = random.of(&[0, 0, 5]);
    let most = u64::try_from(curve.liquidity >> 12).unwrap_or(u64::MAX >> 4).min(u64::MAX >> 4);
    put_arrays(&mut held, &curve, |_| match random.below(100) < often {
        true => [random.up_to(most), random.up_to(most)],
        false => [0; 2],
    });
    held
}

#[test]
fn properties_hold_over_seeded_states() {
    let plan = Plan { seed: 6, states: 10_000, excess: u64::MAX - 1 };
    let mut least = 0;
    let tally = check(&plan, |random| {
        let held = pool(random);
        let market = AnyMarket::load(&POOL, &held).expect("a market").expect("a pool that loads");
        let state = State { market, now: NOW, reserves: vaults(&held) };
        for side in Side::BOTH {
            let wanted = random.up_to(state.reserves[side.other().index()].max(1));
            least += u32::from(is_least(&state, side, wanted));
        }
        Some(state)
    });
    println!("{tally:?}, {least} least inputs");
    assert!(
        least > 2_000 && tally.states == 10_000 && tally.quoted > 50_000 && tally.inverted > 10_000,
        "{tally:?}"
    );
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_their_vaults() {
    let mut damage = (0, 0);
    for seed in 0..12 {
        let held = pool(&mut Random(seed));
        let done = hostile(&held, &POOL, &NOW, 300, vaults);
        damage = (damage.0 + done.tried, damage.1 + done.refused);
    }
    println!("{damage:?}");
    assert!(damage.0 > 30_000 && damage.1 > 3_000, "{damage:?}");
}

#[test]
fn a_refusal_has_the_name_that_the_program_gives_it() {
    let Some((folder, lines)) = executed() else { return };
    let mut count = 0;
    for line in
        lines.iter().filter(|line| line.accounts_file.contains("RaydiumCLMM") && line.expected().is_none())
    {
        let market = held(&folder.join(&line.accounts_file)).market(&address(&line.pool));
        let side = market.side_of(&address(&line.input_mint)).expect("a side");
        let now = Now { slot: line.slot, time_s: line.unix_ts };
        let refusal =
            market.quote_in(side, line.amount_in.parse().expect("a number"), &now).expect_err("a refusal");
        let Refusal::Program(name) = refusal else { panic!("{refusal:?}, executed {:?}", line.err) };
        assert!(
            line.err.as_ref().expect("an error").to_string().contains(name),
            "{name}, executed {:?}",
            line.err
        );
        count += 1;
    }
    assert_eq!(count, 53);
}

/// An answer of Raydium's SDK over the snapshot of mainnet; its first line names the source.
#[derive(Deserialize)]
struct Fact {
    side: String,
    exact: String,
    amount: String,
    time_s: i64,
    /// All of the amount was swapped.
    is_whole: bool,
    other: String,
    fee: String,
}

#[test]
fn a_mainnet_pool_with_a_moving_rate_on_one_mint_equals_the_official_sdk() {
    let Some(folder) = shared("accounts") else { return };
    let pool = address("ANyCzRPgiCLeJx3nH4SKS1jxtaxMk9qzG5SmJooh55ie");
    let market = held(&folder.join("bridge_defaults_20261020.json")).market(&pool);
    let (mut equal, mut refused) = (0, 0);
    for fact in facts::<Fact>("raydium_clmm.ndjson") {
        let number = |text: &String| text.parse::<u64>().expect("a number");
        let (amount, other) = (number(&fact.amount), number(&fact.other));
        let side = if fact.side == "A" { Side::A } else { Side::B };
        let now = Now { slot: 458_965_734, time_s: fact.time_s };
        let (quote, expected) = match fact.exact.as_str() {
            "in" => (market.quote_in(side, amount, &now), (amount, other)),
            _ => (market.quote_out(side, amount, &now), (other, amount)),
        };
        if !fact.is_whole || other == 0 {
            assert!(quote.is_err(), "{side:?} {amount}: {quote:?}");
            refused += 1;
            continue;
        }
        let got = quote.map(|quote| (quote.amount_in, quote.amount_out, quote.fee));
        assert_eq!(got, Ok((expected.0, expected.1, number(&fact.fee))), "{side:?} {amount} {}", fact.exact);
        equal += 1;
    }
    println!("{equal} equal, {refused} refused");
    assert!(equal > 40 && refused >= 8, "{equal} equal, {refused} refused");
}

#[test]
fn limit_orders_and_moving_rates_equal_the_official_sdk() {
    let equal = equal_facts("raydium_clmm_sdk.ndjson", &NOW, |seed| {
        let mut held = pool(&mut Random(seed));
        for side in 0..2 {
            held.put(VAULTS[side], TOKEN, account(&MINTS[side], &POOL, u64::MAX >> 1));
        }
        held
    });
    assert_eq!(equal, 120);
}
