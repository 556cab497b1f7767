//! Pump.fun: real trades by the program's own events, its rates, seeded states and damaged accounts.

mod common;

use common::properties::{Plan, Slack, State, check_loosely, hostile};
use common::pump::{Curve, FEE_PROGRAM, Fees, Rates};
use common::{address, facts};
use markets::any::AnyMarket;
use markets::program_address::derive;
use markets::{Now, Refusal, Side, pump_fun, pump_swap};
use serde::Deserialize;

/// A trade by the event of the program: the state before it is that in the event less its own amounts.
#[derive(Deserialize)]
struct Trade {
    source: String,
    slot: u64,
    /// `tokens`: bought by their number; `quote`: by what may be spent; `sell`; `refused`: not quoted.
    kind: String,
    quote_mint: String,
    mayhem: bool,
    creator: bool,
    priced: [String; 2],
    real: [String; 2],
    rates: Rates,
    amount: String,
    amount_in: String,
    amount_out: String,
    after: [String; 2],
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

impl Trade {
    fn curve(&self) -> Curve {
        let sol = "So11111111111111111111111111111111111111112";
        Curve {
            quote: if self.quote_mint == sol { [0; 32] } else { address(&self.quote_mint) },
            priced: [0, 1].map(|side| number(&self.priced[side])),
            real: [0, 1].map(|side| number(&self.real[side])),
            is_mayhem: self.mayhem,
            has_creator: self.creator,
            fees: Fees::same(self.rates),
            ..Curve::new()
        }
    }
}

#[test]
fn real_trades_are_quoted_to_the_unit() {
    let (mut equal, mut refused) = ([0; 3], 0);
    for trade in facts::<Trade>("pump_fun.ndjson") {
        let (curve, now) = (trade.curve(), Now { slot: trade.slot, time_s: 0 });
        let loaded = AnyMarket::load(&curve.address(), &curve.held()).expect("a market");
        if trade.kind == "refused" {
            assert!(matches!(loaded, Err(Refusal::Unsupported(_))), "{}", trade.source);
            refused += 1;
            continue;
        }
        let mut market = loaded.expect("a curve");
        let (kind, side) = match trade.kind.as_str() {
            "tokens" => (0, Side::B),
            "quote" => (1, Side::B),
            "sell" => (2, Side::A),
            kind => panic!("{kind}"),
        };
        let amount = number(&trade.amount);
        let quote = match kind {
            0 => market.quote_out(side, amount, &now),
            _ => market.swap(side, amount, &now),
        };
        let quote = quote.unwrap_or_else(|refusal| panic!("{}: {refusal}", trade.source));
        let got = (quote.amount_in, quote.amount_out);
        assert_eq!(got, (number(&trade.amount_in), number(&trade.amount_out)), "{}", trade.source);
        if kind > 0 {
            let mut after = trade.curve();
            after.priced = [0, 1].map(|side| number(&trade.after[side]));
            after.real = [0, 1].map(|side| {
                (curve.real[side] + after.priced[side]).checked_sub(curve.priced[side]).expect("a reserve")
            });
            after.is_complete = after.real[0] == 0;
            assert!(market == after.held().market(&after.address()), "the state after {}", trade.source);
        }
        equal[kind] += 1;
    }
    println!(
        "pump_fun: {} real trades equal ({equal:?} by tokens, by quote, sold), {refused} refused",
        equal.iter().sum::<u32>()
    );
    assert_eq!((equal, refused), ([53, 13, 10], 1));
}

/// Fees of a purchase of 1,000,000,000,000 tokens of a curve.
fn fee(change: impl FnOnce(&mut Curve)) -> Result<u64, Refusal> {
    let mut curve = Curve::new();
    curve.fees = Fees {
        flat: [1, 2, 3],
        sol: vec![(0, [7, 95, 30]), (40_000_000_000, [7, 85, 20]), (400_000_000_000, [7, 75, 10])],
        stable: vec![(1_000, [7, 65, 5])],
        other: [7, 55, 4],
    };
    change(&mut curve);
    let market = AnyMarket::load(&curve.address(), &curve.held()).expect("a market")?;
    let quote = market.quote_out(Side::B, 1_000_000_000_000, &Now::default())?;
    Ok(quote.fee * 10_000 / (quote.amount_in - quote.fee))
}

#[test]
fn rates_follow_the_market_capitalisation_the_quote_mint_and_the_creator() {
    let usdc = address("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
    // 30 SOL for 1,073 of 1,000 million tokens: 27.96 SOL for all.
    assert_eq!(fee(|_| {}), Ok(125));
    assert_eq!(fee(|curve| curve.priced[1] = 42_919_999_999), Ok(125));
    assert_eq!(fee(|curve| curve.priced[1] = 42_920_000_000), Ok(105));
    assert_eq!(fee(|curve| curve.priced[1] = 500_000_000_000), Ok(85));
    assert_eq!(fee(|curve| curve.quote = usdc), Ok(70));
    assert_eq!(fee(|curve| (curve.quote, curve.fees.stable) = (usdc, vec![])), Ok(125));
    assert_eq!(fee(|curve| curve.quote = [8; 32]), Ok(59));
    assert_eq!(fee(|curve| (curve.quote, curve.fees.other) = ([8; 32], [0; 3])), Ok(5));
    assert_eq!(fee(|curve| curve.has_creator = false), Ok(95));
    assert_eq!(fee(|curve| curve.own = (200, true)), Ok(295));
    assert_eq!(fee(|curve| curve.own = (200, false)), Ok(125));
    assert_eq!(fee(|curve| (curve.own, curve.has_creator) = ((200, true), false)), Ok(95));
    // A mayhem coin counts its mint's supply, twice that of others.
    let mayhem = |curve: &mut Curve| (curve.is_mayhem, curve.supply) = (true, 2_000_000_000_000_000);
    assert_eq!(fee(mayhem), Ok(105));
    assert_eq!(fee(|curve| curve.supply = 2_000_000_000_000_000), Ok(125));
    let unsupported = fee(|curve| (curve.is_mayhem, curve.quote) = (true, usdc));
    assert_eq!(unsupported, Err(Refusal::Unsupported("a mayhem curve with a quote mint other than SOL")));
    let own = fee(|curve| curve.own = (9_906, true));
    assert_eq!(own, Err(Refusal::Hostile("the fee rates add up to more than 100 %")));
    let unsorted = fee(|curve| curve.fees.sol = vec![(5, [0; 3]), (4, [0; 3])]);
    assert_eq!(unsorted, Err(Refusal::Hostile("the fee tiers are not in ascending order")));
    assert_eq!(fee(|curve| curve.fees.sol = vec![]), Err(Refusal::Hostile("the fee schedule has no tier")));
}

#[test]
fn the_program_s_refusals_are_refusals() {
    let now = Now::default();
    let program = |reason| Err(Refusal::Program(reason));
    let market = |curve: &Curve| curve.held().market(&curve.address());
    let new = market(&Curve::new());
    assert_eq!(new.quote_in(Side::B, 0, &now), program("BuyNotEnoughSolToCoverFees"));
    assert_eq!(new.quote_in(Side::B, 2, &now), program("BuyNotEnoughSolToCoverFees"));
    assert_eq!(new.quote_in(Side::B, 4, &now).map(|quote| quote.amount_out), Ok(35_766));
    assert_eq!(new.quote_out(Side::B, 0, &now), program("BuyZeroAmount"));
    assert_eq!(new.quote_out(Side::B, 793_100_000_000_001, &now), program("NotEnoughTokensToBuy"));
    assert_eq!(new.quote_in(Side::A, 0, &now), program("SellZeroAmount"));
    assert_eq!(new.quote_in(Side::A, 1, &now), program("TooLittleSolReceived"));
    assert_eq!(new.quote_in(Side::A, 1 << 40, &now), Err(Refusal::Overflow), "nothing was paid into it");
    assert!(matches!(new.quote_out(Side::A, 1, &now), Err(Refusal::Unsupported(_))));
    let complete = market(&Curve { is_complete: true, priced: [0; 2], real: [0; 2], ..Curve::new() });
    for side in Side::BOTH {
        assert_eq!(complete.quote_in(side, 1_000_000, &now), program("BondingCurveComplete"));
        assert!(complete.marginal(side, &now) == 0.0);
    }
}

#[test]
fn the_last_tokens_are_sold_for_what_they_cost_and_complete_the_curve() {
    let (curve, now) = (Curve::new(), Now::default());
    let mut market = curve.held().market(&curve.address());
    let all = market.quote_out(Side::B, 793_100_000_000_000, &now).expect("all tokens");
    let quote = market.swap(Side::B, u64::MAX / 2, &now).expect("a partial fill");
    let cost = 85_005_359_057 + 807_550_912 + 255_016_078;
    assert_eq!((quote, quote.amount_in), (all, cost));
    let refused = market.quote_in(Side::A, 1_000_000, &now);
    assert_eq!(refused, Err(Refusal::Program("BondingCurveComplete")));
}

#[test]
fn a_curve_without_its_token_account_or_with_that_of_another_coin_is_refused() {
    let curve = Curve::new();
    let mut held = curve.held();
    let loaded = |held: &common::Held| AnyMarket::load(&curve.address(), held).expect("a market").err();
    held.write(&[11; 32], 0, &[8; 32]);
    assert!(matches!(loaded(&held), Some(Refusal::Unsupported(_))), "a coin that is not the curve's");
    held.0.remove(&[11; 32]);
    assert!(matches!(loaded(&held), Some(Refusal::Unsupported(_))));
    let mut held = curve.held();
    held.0.remove(&pump_fun::FEES);
    assert_eq!(loaded(&held), Some(Refusal::NotHeld(pump_fun::FEES)));
}

#[test]
fn properties_hold_over_seeded_states() {
    let plan = Plan { seed: 4, states: 10_000, excess: 0 };
    // Purchases by what is spent trade one unit less than is left after fees, which round up each.
    let slack = Slack { short: 4, dip: 2 };
    let tally = check_loosely(&plan, slack, |random| {
        let tokens = random.size().max(2);
        let real = random.up_to(tokens - 1);
        let priced = random.size().max(1);
        let raised = random.up_to(priced);
        let mut rate = || random.of(&[0, 5, 30, 95, 100, 2_000]);
        let rates = [rate(), rate(), rate()];
        let curve = Curve {
            priced: [tokens, priced],
            real: [real, raised],
            has_creator: random.below(8) > 0,
            own: (random.of(&[0, 50, 500]), random.below(2) == 0),
            fees: Fees::same(rates),
            ..Curve::new()
        };
        let market = AnyMarket::load(&curve.address(), &curve.held()).expect("a market").ok()?;
        Some(State { market, now: Now::default(), reserves: [real, raised] })
    });
    println!("{tally:?}");
    assert!(tally.states > 9_000 && tally.quoted > 50_000 && tally.inverted > 10_000, "{tally:?}");
}

#[test]
fn damaged_accounts_are_refused_or_quoted_within_the_curve() {
    let curve = Curve { real: [700_000_000_000_000, 5_000_000_000], ..Curve::new() };
    let pool = curve.address();
    let damage = hostile(&curve.held(), &pool, &Now::default(), 2_000, |held| {
        [24, 32].map(|offset| {
            let bytes = held.0.get(&pool).and_then(|curve| curve.data.get(offset..offset + 8));
            bytes.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
        })
    });
    println!("{damage:?}");
    assert!(damage.tried > 10_000 && damage.refused > 1_000, "{damage:?}");
}

#[test]
fn the_configurations_of_both_programs_are_derived() {
    let fees = address(FEE_PROGRAM);
    assert_eq!(derive(&pump_fun::PROGRAM, &[b"global"]), Some(pump_fun::GLOBAL));
    assert_eq!(derive(&fees, &[b"fee_config", &pump_fun::PROGRAM]), Some(pump_fun::FEES));
    assert_eq!(derive(&pump_swap::PROGRAM, &[b"global_config"]), Some(pump_swap::CONFIG));
    assert_eq!(derive(&fees, &[b"fee_config", &pump_swap::PROGRAM]), Some(pump_swap::FEES));
}
