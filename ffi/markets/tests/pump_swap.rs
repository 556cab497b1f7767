//! PumpSwap: real trades by the program's own events, the tiers of mainnet, a snapshot, seeded states and damaged
//! accounts.

mod common;

use std::fs;

use base64::Engine as _;
use common::properties::{Plan, Slack, State, check_loosely, hostile};
use common::pump::{Fees, POOL, Pool, Rates};
use common::{Held, address, facts, shared, tokens};
use markets::any::AnyMarket;
use markets::{Now, Refusal, Side};
use serde::Deserialize;

/// A trade by the event of the program, which has the state before it.
#[derive(Deserialize)]
struct Trade {
    source: String,
    /// `base`: bought by its amount; `quote`: by what may be spent; `sell`.
    kind: String,
    vaults: [String; 2],
    #[serde(rename = "virtual")]
    virtual_quote: String,
    creator: bool,
    quote_mint: String,
    /// The pool's own rate of its creator, 0 for none.
    own: u64,
    rates: Rates,
    supply: String,
    /// One of several trades of an instruction that takes fewer fees.
    is_hop: bool,
    amount: String,
    amount_in: String,
    amount_out: String,
    /// What the pool's quote reserve gains, by the event.
    pool_gains: String,
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

impl Trade {
    fn pool(&self, fees: Fees) -> Pool {
        Pool {
            vaults: [0, 1].map(|side| number(&self.vaults[side])),
            virtual_quote: self.virtual_quote.parse().expect("a number"),
            has_creator: self.creator,
            supply: number(&self.supply),
            // A pool that is not a coin's has no creator, and its event no supply.
            is_coin: self.creator,
            mints: [[9; 32], address(&self.quote_mint)],
            own: (self.own, true),
            fees,
            ..Pool::new()
        }
    }

    /// Asserts that a pool with these fees does what the program did; the state after a swap too.
    fn check(&self, fees: Fees) {
        let pool = self.pool(fees);
        let (mut market, now) = (pool.held().market(&POOL), Now::default());
        let amount = number(&self.amount);
        let quote = match self.kind.as_str() {
            "base" => market.quote_out(Side::B, amount, &now),
            "quote" => market.swap(Side::B, amount, &now),
            "sell" => market.swap(Side::A, amount, &now),
            kind => panic!("{kind}"),
        };
        let quote = quote.unwrap_or_else(|refusal| panic!("{}: {refusal}", self.source));
        let got = (quote.amount_in, quote.amount_out);
        assert_eq!(got, (number(&self.amount_in), number(&self.amount_out)), "{}", self.source);
        if self.kind != "base" {
            let gains: i64 = self.pool_gains.parse().expect("a number");
            let base = if self.kind == "sell" {
                quote.amount_in.cast_signed()
            } else {
                -quote.amount_out.cast_signed()
            };
            let vaults = [(0, base), (1, gains)]
                .map(|(side, gains)| pool.vaults[side].checked_add_signed(gains).expect("a reserve"));
            let after = Pool { vaults, ..pool };
            assert!(market == after.held().market(&POOL), "the state after {}", self.source);
        }
    }
}

/// The fees of mainnet.
fn mainnet() -> Fees {
    #[derive(Deserialize)]
    struct Row {
        schedule: String,
        since: String,
        rates: Rates,
    }
    let mut fees = Fees::default();
    for row in facts::<Row>("pump_swap_fees.ndjson") {
        let tier = (row.since.parse().expect("a number"), row.rates);
        match row.schedule.as_str() {
            "flat" => fees.flat = row.rates,
            "sol" => fees.sol.push(tier),
            "stable" => fees.stable.push(tier),
            _ => fees.other = row.rates,
        }
    }
    assert_eq!((fees.sol.len(), fees.stable.len()), (25, 25));
    fees
}

#[test]
fn real_trades_are_quoted_to_the_unit() {
    let trades = facts::<Trade>("pump_swap.ndjson");
    trades.iter().for_each(|trade| trade.check(Fees::same(trade.rates)));
    println!("pump_swap: {} real trades equal", trades.len());
    assert_eq!(trades.len(), 36);
}

#[test]
fn real_trades_are_quoted_to_the_unit_with_the_rates_of_mainnet_s_account() {
    let trades: Vec<Trade> = facts("pump_swap.ndjson");
    let usual: Vec<&Trade> = trades.iter().filter(|trade| !trade.is_hop).collect();
    usual.iter().for_each(|trade| trade.check(mainnet()));
    println!("pump_swap: {} real trades equal with mainnet's tiers", usual.len());
    assert_eq!(usual.len(), 32);
}

/// Fees of a purchase of a thousandth of a pool, in basis points.
fn fee(change: impl FnOnce(&mut Pool)) -> Result<u64, Refusal> {
    let mut pool = Pool { fees: mainnet(), ..Pool::new() };
    change(&mut pool);
    let market = AnyMarket::load(&POOL, &pool.held()).expect("a market")?;
    let quote = market.quote_out(Side::B, pool.vaults[0] / 1_000, &Now::default())?;
    Ok(quote.fee * 10_000 / (quote.amount_in - quote.fee))
}

#[test]
fn rates_follow_the_market_capitalisation_the_quote_mint_and_the_creator() {
    let usdc = address("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
    // 84.99 SOL for 20.69 % of the supply: 410.78 SOL.
    assert_eq!(fee(|_| {}), Ok(125));
    assert_eq!(fee(|pool| pool.vaults[1] = 86_897_999_999), Ok(125));
    assert_eq!(fee(|pool| pool.vaults[1] = 86_898_000_000), Ok(120));
    assert_eq!(fee(|pool| pool.virtual_quote = 1_908_000_000), Ok(120), "a virtual reserve counts");
    assert_eq!(fee(|pool| pool.supply *= 2), Ok(120));
    let mayhem = |pool: &mut Pool| (pool.is_mayhem, pool.supply) = (true, 2_000_000_000_000_000);
    assert_eq!(fee(mayhem), Ok(125), "a mayhem pool counts the supply of its creation");
    assert_eq!(fee(|pool| pool.vaults[1] = u64::MAX / 10), Ok(30));
    assert_eq!(fee(|pool| pool.is_coin = false), Ok(30), "flat, and no rate of a creator in it");
    assert_eq!(fee(|pool| pool.mints[1] = [8; 32]), Ok(30));
    assert_eq!(fee(|pool| (pool.mints[1], pool.vaults[1]) = (usdc, 1 << 30)), Ok(125));
    assert_eq!(fee(|pool| (pool.mints[1], pool.vaults[1]) = (usdc, 1 << 50)), Ok(30));
    assert_eq!(fee(|pool| pool.has_creator = false), Ok(95));
    assert_eq!(fee(|pool| pool.own = (300, true)), Ok(395));
    assert_eq!(fee(|pool| pool.own = (300, false)), Ok(125));
}

#[test]
fn the_program_s_refusals_are_refusals() {
    let now = Now::default();
    let program = |reason| Err(Refusal::Program(reason));
    let market = Pool::new().held().market(&POOL);
    assert_eq!(market.quote_in(Side::A, 0, &now), program("ZeroBaseAmount"));
    assert_eq!(market.quote_in(Side::A, 1, &now), program("ZeroQuoteAmount"));
    assert_eq!(market.quote_in(Side::B, 0, &now), program("BuyNotEnoughQuoteTokensToCoverFees"));
    assert_eq!(market.quote_out(Side::B, 0, &now), program("ZeroBaseAmount"));
    for base in [206_900_000_000_000, u64::MAX] {
        assert_eq!(market.quote_out(Side::B, base, &now), program("BuyMoreBaseAmountThanPoolReserves"));
    }
    assert!(matches!(market.quote_out(Side::A, 1, &now), Err(Refusal::Unsupported(_))));
    for (disabled, closed, open) in [(8, Side::B, Side::A), (16, Side::A, Side::B)] {
        let market = Pool { disabled, ..Pool::new() }.held().market(&POOL);
        assert!(matches!(market.quote_in(closed, 1 << 30, &now), Err(Refusal::Program(_))));
        assert!(market.quote_in(open, 1 << 30, &now).is_ok());
    }
    let boosted = Pool { virtual_quote: 1 << 50, ..Pool::new() };
    let sold = boosted.held().market(&POOL).quote_in(Side::A, 206_900_000_000_000, &now);
    assert_eq!(sold, program("InsufficientRealQuoteReserves"), "a virtual reserve pays nothing");
    let held = Pool { virtual_quote: -84_990_000_000, ..Pool::new() }.held();
    let loaded = AnyMarket::load(&POOL, &held).expect("a market").err();
    assert_eq!(loaded, Some(Refusal::Hostile("the pool's reserves are 0 or less than it owes")));
}

#[test]
fn a_mint_with_a_transfer_fee_is_refused() {
    let mut held = Pool::new().held();
    held.put([9; 32], tokens::TOKEN_2022, tokens::mint_with_fee(1 << 50, 100, 1 << 40));
    let loaded = AnyMarket::load(&POOL, &held).expect("a market").err();
    assert_eq!(loaded, Some(Refusal::Unsupported("a mint with a transfer fee")));
}

/// The pool of two Token-2022 mints of mainnet at slot 458,325,965.
fn snapshot() -> Option<(Held, AnyMarket)> {
    #[derive(Deserialize)]
    struct Stored {
        address: String,
        owner: String,
        data_base64: String,
    }
    #[derive(Deserialize)]
    struct Snapshot {
        accounts: Vec<Stored>,
    }
    let file = shared("accounts")?.join("pumpswap_ttwo_route_accounts.json");
    let text = fs::read_to_string(file).expect("the snapshot");
    let snapshot: Snapshot = serde_json::from_str(&text).expect("a snapshot");
    let mut held = Held::default();
    for Stored { address: key, owner, data_base64 } in snapshot.accounts {
        let data = base64::prelude::BASE64_STANDARD.decode(data_base64).expect("base64");
        held.put(address(&key), address(&owner), data);
    }
    let market = held.market(&address("G2UuRbmVDzDFP4qyoBJrSKBXSi7d6V4bPP9tHPs36y4b"));
    Some((held, market))
}

#[test]
fn a_pool_of_mainnet_has_mainnet_s_rates() {
    let Some((held, market)) = snapshot() else { return };
    let now = Now { slot: 458_325_965, time_s: 1_792_302_906 };
    let account = |key: &str| &held.0[&address(key)].data;
    let fees = account("5PHirr8joyTMp9JMm6nW7hNDVyEYdkzDqazxPD7RaTjx");
    // Less its administrator.
    assert!(fees[41..] == mainnet().account()[41..]);
    let amount = |key: &str| u64::from_le_bytes(account(key)[64..72].try_into().expect("8 bytes"));
    let base = amount("CpMeJ3bD9GHXnHKtNE3bYYroffv1Pup334iGN9nQe3oV");
    let quote = amount("xaFEWkDafDHSu7JBDoXiG3mSsMrkNjxZPovmSh6nkgV");
    let mint = address("nxPqZ4F7ux8Vph5NFu25rEP6Kx9Gr1U6Fmj36Rjpump");
    assert_eq!(market.side_of(&mint), Some(Side::A));
    assert_eq!(market.id(), "pump_swap");
    let priced = u128::from(quote) + 9_043_758;
    let wanted = base / 100;
    let cost = (u128::from(wanted) * priced).div_ceil(u128::from(base - wanted));
    // Neither SOL nor USDC: 20, 5 and 5 basis points.
    let fees: u128 = [20, 5, 5].into_iter().map(|rate| (cost * rate).div_ceil(10_000)).sum();
    let got = market.quote_out(Side::B, wanted, &now).expect("a quote");
    assert_eq!((u128::from(got.amount_in), u128::from(got.fee)), (cost + fees, fees));
}

#[test]
fn properties_hold_over_seeded_states() {
    let plan = Plan { seed: 5, states: 10_000, excess: 0 };
    // Purchases by what is spent trade one unit less than is left after fees, which round up each.
    let slack = Slack { short: 5, dip: 3 };
    let tally = check_loosely(&plan, slack, |random| {
        let vaults = [random.size().max(1), random.size().max(1)];
        let virtual_quote = match random.below(4) {
            0 => i128::from(random.size()),
            1 => -i128::from(random.up_to(vaults[1])),
            _ => 0,
        };
        let mut rate = || random.of(&[0, 2, 5, 20, 95, 100, 2_000]);
        let rates = [rate(), rate(), rate()];
        let pool = Pool {
            vaults,
            virtual_quote,
            owed: [random.up_to(1 << 20).min(vaults[1] / 2), 0],
            has_creator: random.below(8) > 0,
            is_coin: random.below(2) == 0,
            own: (random.of(&[0, 50, 500]), random.below(2) == 0),
            fees: Fees::same(rates),
            ..Pool::new()
        };
        let market = AnyMarket::load(&POOL, &pool.held()).expect("a market").ok()?;
        Some(State { market, now: Now::default(), reserves: vaults })
    });
    println!("{tally:?}");
    assert!(tally.states > 9_000 && tally.quoted > 50_000 && tally.inverted > 10_000, "{tally:?}");
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_their_vaults() {
    let held = Pool::new().held();
    let damage = hostile(&held, &POOL, &Now::default(), 2_000, |held| {
        [139, 171].map(|offset| {
            let vault = held.0.get(&POOL).and_then(|pool| pool.data.get(offset..offset + 32));
            let vault = vault.and_then(|vault| held.0.get(vault)).and_then(|vault| vault.data.get(64..72));
            vault.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
        })
    });
    println!("{damage:?}");
    assert!(damage.tried > 10_000 && damage.refused > 1_000, "{damage:?}");
}
