//! Meteora DAMM v1 over seeded states and damaged accounts, and its stable curve against the crate that it is from.

mod common;

use common::properties::{Plan, Slack, State, check_loosely, hostile};
use common::{Held, Random, address};
use markets::any::AnyMarket;
use markets::meteora_damm_v1::PROGRAM;
use markets::{Address, Now, Refusal, Side};

const POOL: Address = [1; 32];
const MINTS: [Address; 2] = [[2; 32], [3; 32]];
const VAULTS: [Address; 2] = [[4; 32], [5; 32]];
const TOKENS: [Address; 2] = [[6; 32], [7; 32]];
const LP_MINTS: [Address; 2] = [[8; 32], [9; 32]];
const SHARES: [Address; 2] = [[10; 32], [11; 32]];
const NOW: Now = Now { slot: 400_000_000, time_s: 1_800_000_000 };

/// A vault and the pool's share of it.
#[derive(Clone, Copy)]
struct Vault {
    total: u64,
    supply: u64,
    shares: u64,
    /// What can be paid at once.
    tokens: u64,
    locked: u64,
    reported_s: u64,
}

impl Vault {
    /// One unit of the liquidity token for each of the mint, all of it the pool's.
    fn plain(amount: u64) -> Vault {
        Vault { total: amount, supply: amount, shares: amount, tokens: amount, locked: 0, reported_s: 0 }
    }
}

/// A stable curve's parameters.
#[derive(Clone, Copy)]
struct Stable {
    amplification: u64,
    decimals: [u64; 2],
    /// Price of the staked second coin, in millionths, and when it was read.
    staked: Option<(u64, u64)>,
}

fn accounts(vaults: [Vault; 2], trade: u64, stable: Option<Stable>) -> Held {
    let mut held = Held::default();
    let mut pool = vec![0; 952];
    let mut put = |at: usize, bytes: &[u8]| pool[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &[241, 154, 109, 4, 17, 177, 109, 188]);
    put(233, &[1]);
    for side in 0..2 {
        put(40 + 32 * side, &MINTS[side]);
        put(104 + 32 * side, &VAULTS[side]);
        put(168 + 32 * side, &SHARES[side]);
    }
    for (at, number) in [(330, trade), (338, 100_000), (346, 20_000), (354, 100_000)] {
        put(at, &number.to_le_bytes());
    }
    put(475, &[1]);
    if let Some(Stable { amplification, decimals, staked }) = stable {
        put(874, &[1]);
        for (at, number) in [(875, amplification), (883, decimals[0]), (891, decimals[1])] {
            put(at, &number.to_le_bytes());
        }
        if let Some((price, read_s)) = staked {
            put(900, &price.to_le_bytes());
            put(908, &read_s.to_le_bytes());
            put(916, &[3]);
        }
    }
    held.put(POOL, PROGRAM, pool);
    for (side, vault) in vaults.into_iter().enumerate() {
        put_vault(&mut held, side, vault);
    }
    held
}

fn put_vault(held: &mut Held, side: usize, vault: Vault) {
    let token_program = address("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
    let mut data = vec![0; 1232];
    let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &[211, 8, 232, 43, 2, 152, 117, 119, 1]);
    put(19, &TOKENS[side]);
    put(83, &MINTS[side]);
    put(115, &LP_MINTS[side]);
    // 10^12 parts in six hours.
    for (at, number) in
        [(11, vault.total), (1203, vault.locked), (1211, vault.reported_s), (1219, 46_296_296)]
    {
        put(at, &number.to_le_bytes());
    }
    held.put(VAULTS[side], address("24Uqj9JCLxUeoC3hGfh5W3s9FM9uCHDS2SG3LYwBpyTi"), data);
    let mut lp_mint = vec![0; 82];
    lp_mint[36..44].copy_from_slice(&vault.supply.to_le_bytes());
    held.put(LP_MINTS[side], token_program, lp_mint);
    for (at, mint, amount) in [(TOKENS, MINTS, vault.tokens), (SHARES, LP_MINTS, vault.shares)] {
        let mut data = vec![0; 165];
        data[..32].copy_from_slice(&mint[side]);
        data[64..72].copy_from_slice(&amount.to_le_bytes());
        held.put(at[side], token_program, data);
    }
}

fn market(vaults: [Vault; 2], trade: u64, stable: Option<Stable>) -> AnyMarket {
    accounts(vaults, trade, stable).market(&POOL)
}

fn tokens(held: &Held) -> [u64; 2] {
    TOKENS.map(|place| {
        let bytes = held.0.get(&place).and_then(|account| account.data.get(64..72));
        bytes.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
    })
}

/// A vault of any size, worth up to twice its liquidity tokens, a part of it the pool's and in strategies.
fn vault(random: &mut Random) -> Vault {
    let total = 1_000 + (random.next() >> (2 + random.below(50)));
    let supply = total - random.below(total / 2);
    let shares = 1 + random.up_to(supply - 1);
    let now_s = u64::try_from(NOW.time_s).expect("a time");
    Vault {
        total,
        supply,
        shares,
        tokens: total - random.below(total),
        locked: random.up_to(total / 10),
        reported_s: now_s - random.below(50_000),
    }
}

fn stable(random: &mut Random) -> Stable {
    let scale = 10_u64.pow(u32::try_from(random.below(4)).expect("an exponent"));
    let read_s = u64::try_from(NOW.time_s).expect("a time") - random.below(600);
    let staked = (random.below(3) == 0).then(|| (900_000 + random.below(500_000), read_s));
    let decimals = if random.below(2) == 0 { [1, scale] } else { [scale, 1] };
    Stable { amplification: 1 + random.below(2_000), decimals, staked }
}

/// A vault of about the same worth on a stable curve: far from it the curve's own rounding can be gained from.
fn balanced(random: &mut Random, first: Vault, curve: Stable) -> Vault {
    let parts = 500 + u128::from(random.below(1_000));
    let scaled = |amount: u64| {
        let worth = u128::from(amount) * u128::from(curve.decimals[0]) * parts;
        let worth = worth / u128::from(curve.decimals[1]) / 1_000;
        u64::try_from(worth.clamp(1, 1 << 62)).expect("an amount")
    };
    let [total, supply, shares] = [first.total, first.supply, first.shares].map(scaled);
    Vault { total, supply, shares, tokens: total, locked: 0, reported_s: 0 }
}

#[test]
fn properties_hold_over_seeded_states() {
    let plan = Plan { seed: 11, states: 10_000, excess: 0 };
    // Shares of vaults are rounded down and the fee grows by steps: one unit more can buy one less.
    let slack = Slack { dip: 3, ..Slack::default() };
    let tally = check_loosely(&plan, slack, |random| {
        let curve = if random.below(2) == 0 { Some(stable(random)) } else { None };
        let first = vault(random);
        let second = match curve {
            Some(curve) => balanced(random, first, curve),
            None => vault(random),
        };
        let vaults = [first, second];
        let market = market(vaults, random.below(10_000), curve);
        Some(State { market, now: NOW, reserves: vaults.map(|vault| vault.tokens) })
    });
    println!("{tally:?}");
    assert!(tally.states == 10_000 && tally.quoted > 70_000 && tally.round_trips > 50_000, "{tally:?}");
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_their_vaults() {
    let vaults = [Vault::plain(5_000_000_000), Vault { locked: 1_000, ..Vault::plain(7_000_000_000) }];
    let curve = Stable { amplification: 100, decimals: [1, 1_000], staked: Some((1_100_000, 1_800_000_000)) };
    for stable in [None, Some(curve)] {
        let damage = hostile(&accounts(vaults, 250, stable), &POOL, &NOW, 1_000, tokens);
        println!("{damage:?}");
        assert!(damage.tried > 8_000 && damage.refused > 2_000, "{damage:?}");
    }
}

/// What a pool without fees pays.
fn pays(market: &AnyMarket, side: Side, amount: u64, now: &Now) -> Result<u64, Refusal> {
    market.quote_in(side, amount, now).map(|quote| quote.amount_out)
}

#[test]
fn profit_unlocks_with_time() {
    // 46,296,296 of 10^12 parts unlock in a second: half after three hours, all after six.
    let locked = Vault { locked: 200_000, reported_s: 1_000_000, ..Vault::plain(1_200_000) };
    let pool = market([Vault::plain(1_000_000), locked], 0, None);
    let after = |age_s: i64| pays(&pool, Side::A, 1_000, &Now { time_s: 1_000_000 + age_s, ..NOW });
    // 1,000,000 of both, then 1,100,000, then all; shares are rounded down twice.
    assert_eq!([after(0), after(10_800), after(21_600)], [Ok(998), Ok(1_097), Ok(1_198)]);
    assert_eq!(after(-1), Err(Refusal::Program("MathOverflow")));
}

#[test]
fn a_fee_that_is_not_0_takes_at_least_one_unit_and_a_closed_vault_takes_nothing() {
    let vaults = [Vault::plain(1_000_000), Vault::plain(4_000_000)];
    let quote = market(vaults, 250, None).quote_in(Side::A, 9, &NOW).expect("a quote");
    // The protocol takes the whole unit; 8 * 4 less what rounding keeps.
    assert_eq!((quote.fee, quote.amount_out), (1, 31));
    let mut held = accounts(vaults, 250, None);
    held.write(&VAULTS[0], 8, &[0]);
    let pool = held.market(&POOL);
    assert_eq!(pays(&pool, Side::A, 900, &NOW), Err(Refusal::Program("VaultIsDisabled")));
    assert_eq!(pays(&pool, Side::B, 900, &NOW), Ok(224));
}

#[test]
fn a_stale_price_of_a_staked_coin_is_refused() {
    let curve = Stable { amplification: 100, decimals: [1, 1], staked: Some((1_100_000, 1_000_000)) };
    let pool = market([Vault::plain(1_000_000_000); 2], 0, Some(curve));
    let at = |time_s: i64| pays(&pool, Side::A, 1_000_000, &Now { time_s, ..NOW });
    assert!(at(1_000_600).is_ok_and(|out| (905_000..912_000).contains(&out)), "{:?}", at(1_000_600));
    assert!(matches!(at(1_000_601), Err(Refusal::Unsupported(_))));
}

#[test]
fn the_stable_curve_equals_the_crate_that_it_is_from() {
    let mut equal = 0;
    for line in include_str!("data/meteora_stable.txt").lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words[place].parse::<u64>().expect("a number");
        let read_s = u64::try_from(NOW.time_s).expect("a time");
        let staked = (number(3) > 0).then(|| (number(3), read_s));
        let curve = Stable { amplification: number(0), decimals: [number(1), number(2)], staked };
        let pool = market([Vault::plain(number(4)), Vault::plain(number(5))], 0, Some(curve));
        let side = if words[6] == "a" { Side::A } else { Side::B };
        assert_eq!(pays(&pool, side, number(7), &NOW), Ok(number(8)), "{line}");
        equal += 1;
    }
    assert_eq!(equal, 300);
}
