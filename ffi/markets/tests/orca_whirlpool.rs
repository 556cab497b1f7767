//! Whirlpool over seeded pools with fixed and dynamic arrays, fixed and adaptive fees, and damaged accounts.

mod common;

use common::properties::{Plan, State, check, hostile};
use common::ticks::{Curve, MINTS, POOL, VAULTS, array, equal_facts, is_least, put_tokens, vaults};
use common::{Held, Random, address, executed, held};
use markets::any::AnyMarket;
use markets::orca_whirlpool::PROGRAM;
use markets::{Address, Now, Refusal, Side};

const NOW: Now = Now { slot: 400_000_000, time_s: 1_760_000_000 };
const ORACLE: Address = [6; 32];

fn put_pool(held: &mut Held, curve: &Curve, fee: u16, tier: u16) {
    held.put(POOL, PROGRAM, vec![0; 653]);
    held.write(&POOL, 0, &[63, 149, 209, 12, 225, 128, 99, 9]);
    held.write(&POOL, 41, &curve.spacing.to_le_bytes());
    held.write(&POOL, 43, &tier.to_le_bytes());
    held.write(&POOL, 45, &fee.to_le_bytes());
    held.write(&POOL, 49, &curve.liquidity.to_le_bytes());
    held.write(&POOL, 65, &curve.price.to_le_bytes());
    held.write(&POOL, 81, &curve.tick.to_le_bytes());
    for (side, (mint, vault)) in [(101, 133), (181, 213)].into_iter().enumerate() {
        held.write(&POOL, mint, &MINTS[side]);
        held.write(&POOL, vault, &VAULTS[side]);
    }
}

/// The arrays of the curve, each in one of the two forms.
fn put_arrays(held: &mut Held, curve: &Curve, mut is_dynamic: impl FnMut() -> bool) {
    for first in curve.arrays() {
        let is_dynamic = is_dynamic();
        let mut data = match is_dynamic {
            true => vec![17, 216, 246, 142, 225, 199, 218, 56],
            false => vec![69, 97, 189, 190, 110, 7, 66, 187],
        };
        data.extend(first.to_le_bytes());
        if is_dynamic {
            data.extend(POOL);
            data.extend([0; 16]);
        }
        for number in 0..88 {
            let ends = curve.ends.get(&(first + number * i32::from(curve.spacing)));
            data.push(u8::from(ends.is_some()));
            let ends = ends.copied();
            if ends.is_some() || !is_dynamic {
                let ends = ends.unwrap_or_default();
                data.extend(ends.net.to_le_bytes());
                data.extend(ends.gross.to_le_bytes());
                data.extend([0; 80]);
            }
        }
        if !is_dynamic {
            data.extend(POOL);
        }
        held.put(array(first), PROGRAM, data);
    }
}

/// An oracle with constants that a program accepts, and variables of a swap some time ago.
fn put_oracle(held: &mut Held, curve: &Curve, random: &mut Random) {
    held.put(ORACLE, PROGRAM, vec![0; 254]);
    held.write(&ORACLE, 0, &[139, 194, 131, 179, 140, 179, 229, 244]);
    held.write(&ORACLE, 8, &POOL);
    let group = random.of(&[1, curve.spacing]);
    let filter = random.of(&[1_u16, 30]);
    let decay = filter + random.of(&[1_u16, 600]);
    let most = random.of(&[10_000_u32, 350_000, 30_000_000]).min(u32::MAX / u32::from(group));
    for (offset, number) in
        [(48, filter), (50, decay), (52, random.of(&[1_u16, 500, 9_999])), (62, group), (64, 40)]
    {
        held.write(&ORACLE, offset, &number.to_le_bytes());
    }
    held.write(&ORACLE, 54, &random.of(&[0_u32, 500, 99_999]).to_le_bytes());
    held.write(&ORACLE, 58, &most.to_le_bytes());
    let now = u64::try_from(NOW.time_s).expect("a time");
    for (offset, ago) in [(82, random.below(5_000)), (90, random.below(1_000))] {
        held.write(&ORACLE, offset, &(now - ago).to_le_bytes());
    }
    let far = i32::try_from(random.below(40)).expect("groups") - 20;
    held.write(
        &ORACLE,
        98,
        &u32::try_from(random.below(u64::from(most) + 1)).expect("a number").to_le_bytes(),
    );
    held.write(&ORACLE, 102, &(curve.tick.div_euclid(i32::from(group)) + far).to_le_bytes());
    held.write(
        &ORACLE,
        106,
        &u32::try_from(random.below(u64::from(most) + 1)).expect("a number").to_le_bytes(),
    );
}

/// A pool of positions; a third of them has an adaptive fee.
fn pool(random: &mut Random) -> Held {
    let curve = Curve::random(random, 88);
    let mut held = Held::default();
    put_tokens(&mut held, random);
    let is_adaptive = random.below(3) == 0;
    let fee = random.of(&[0_u16, 100, 3_000, 60_000]);
    put_pool(&mut held, &curve, fee, if is_adaptive { 1_024 } else { curve.spacing });
    if is_adaptive {
        put_oracle(&mut held, &curve, random);
    }
    put_arrays(&mut held, &curve, || random.below(2) == 0);
    held
}

#[test]
fn properties_hold_over_seeded_states() {
    let plan = Plan { seed: 5, states: 10_000, excess: u64::MAX - 1 };
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
fn both_forms_of_arrays_say_the_same() {
    let mut answers = 0;
    for seed in 0..200 {
        let make = |is_dynamic: bool| {
            let mut random = Random(seed);
            let curve = Curve::random(&mut random, 88);
            let mut held = Held::default();
            put_tokens(&mut held, &mut random);
            put_pool(&mut held, &curve, 3_000, curve.spacing);
            put_arrays(&mut held, &curve, || is_dynamic);
            held.market(&POOL)
        };
        let (fixed, dynamic) = (make(false), make(true));
        assert!(fixed == dynamic, "seed {seed}");
        answers += u32::from(fixed.quote_in(Side::A, 1_000_000, &NOW).is_ok());
    }
    assert!(answers > 50, "{answers} quotes");
}

#[test]
fn a_refusal_has_the_name_that_the_program_gives_it() {
    let Some((folder, lines)) = executed() else { return };
    let mut count = 0;
    for line in
        lines.iter().filter(|line| line.accounts_file.contains("OrcaWhirlpool") && line.expected().is_none())
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
    assert_eq!(count, 21);
}

#[test]
fn adaptive_fees_equal_the_official_sdk() {
    let equal = equal_facts("orca_whirlpool_sdk.ndjson", &NOW, |seed| pool(&mut Random(seed)));
    assert_eq!(equal, 80);
}
