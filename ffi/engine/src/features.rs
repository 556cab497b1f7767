//! What the models see. One function per module makes the numbers, both for the candidate that is decided on and for
//! the landed event that a model learns from. Training reads what these functions wrote into the evidence, so the two
//! cannot differ. The first five are the default set, all of them the extended one (reference: docs/FEATURES.md).
//!
//! Nothing here looks ahead: a pool's past is taken from whole slots before that of the front or the trigger
//! (`PastTraffic`), prices from the state before the front.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use wire::control::Module;

use crate::gate::Terms;
use crate::landing::{LandingInputs, PastTraffic};

/// Most features of a module.
pub const FEATURES_MAX: usize = 12;
/// How many of them are the default set.
pub const DEFAULT: usize = 5;
/// Changes whenever a definition below does.
const VERSION: u32 = 1;

/// Names of the mev module's features, in their order.
pub const MEV: [&str; 11] = [
    "fr_px",
    "br_px",
    "vol5",
    "inv_al",
    "confidence",
    "n_swaps",
    "victim_share",
    "size_share",
    "contention",
    "victims",
    "gain_share",
];

/// Names of the arbitrage module's features, in their order.
pub const ARBITRAGE: [&str; 11] = [
    "log_rate",
    "hops",
    "size_share",
    "edge_over_tip",
    "contention",
    "vol5",
    "n_swaps",
    "slippage_bps",
    "tip_quantile",
    "edge_lamports_ln",
    "state_age_slots",
];

/// Names of a module's features.
#[must_use]
pub fn names(arbitrage: bool) -> &'static [&'static str] {
    if arbitrage { &ARBITRAGE } else { &MEV }
}

/// Names the features of a model that reads the first `count`: the first 8 bytes of a SHA-256 over the version, the
/// module and the names, little endian.
#[must_use]
pub fn schema_hash(arbitrage: bool, count: usize) -> u64 {
    let module = wire::names::module(if arbitrage { Module::Arbitrage } else { Module::Mev });
    let names = &names(arbitrage)[..count.min(names(arbitrage).len())];
    let text = format!("legend-features-{VERSION}|{module}|{}", names.join(","));
    let digest = Sha256::digest(text.as_bytes());
    u64::from_le_bytes(std::array::from_fn(|at| digest[at]))
}

/// A row for a model. A feature that is not known is NaN; none is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    values: [f32; FEATURES_MAX],
    len: usize,
}

impl Row {
    fn new(values: &[f64]) -> Row {
        let mut row = Row { values: [f32::NAN; FEATURES_MAX], len: values.len() };
        for (to, from) in row.values.iter_mut().zip(values) {
            *to = if from.is_finite() { *from as f32 } else { f32::NAN };
        }
        row
    }

    /// Its numbers, in the order of [`names`].
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values[..self.len]
    }
}

/// How sure it is that front and back belong to one party, for `confidence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// One signer within one slot, or a bundle of our own.
    OneSignerOneSlot,
    /// One signer over several slots.
    OneSigner,
    /// Wallets that transfers join.
    Linked,
}

/// Amounts of the two mints of a pool, base units.
#[derive(Clone, Copy, Debug)]
pub struct QuoteBase {
    /// Of the mint that the price is in.
    pub quote: f64,
    /// Of the other one.
    pub base: f64,
}

impl QuoteBase {
    fn price(self) -> f64 {
        self.quote / self.base
    }
}

/// A sandwich, landed or planned.
#[derive(Clone, Copy, Debug)]
pub struct SandwichFacts {
    /// The front buys the base (else it sells it first).
    pub buys: bool,
    /// Of all fronts.
    pub front: QuoteBase,
    /// Of all backs.
    pub back: QuoteBase,
    /// Reserves before the first front.
    pub reserves: QuoteBase,
    /// What all victims paid, in the mint that the fronts paid.
    pub victims_in: f64,
    /// How many victims.
    pub victims: u32,
    /// See [`Provenance`].
    pub provenance: Provenance,
    /// Before the front.
    pub past: PastTraffic,
}

fn ln_ratio(above: f64, below: f64) -> f64 {
    if above > 0.0 && below > 0.0 { (above / below).ln() } else { f64::NAN }
}

/// The mev module's row.
#[must_use]
pub fn sandwich(facts: &SandwichFacts) -> Row {
    let SandwichFacts { buys, front, back, reserves, victims_in, victims, provenance, past } = *facts;
    let front_in = if buys { front.quote } else { front.base };
    let [given, got] = if buys { [front.base, back.base] } else { [front.quote, back.quote] };
    let inv_al = 1.0 - (given - got).abs() / given.max(got);
    // Gross gain over what was put in, in the front's own mint.
    let back_out = if buys { back.quote } else { back.base };
    let gain_share = (back_out - front_in) / front_in;
    let victim_share = victims_in / front_in;
    let provenance = match provenance {
        Provenance::OneSignerOneSlot => 1.0,
        Provenance::OneSigner => 0.6,
        Provenance::Linked => 0.4,
    };
    let economics = (gain_share / 0.01).clamp(0.0, 1.0);
    let victim = (victim_share / 0.01).clamp(0.0, 1.0);
    Row::new(&[
        ln_ratio(front.price(), reserves.price()),
        ln_ratio(back.price(), reserves.price()),
        f64::from(past.vol5),
        inv_al,
        0.5 * provenance + 0.3 * economics + 0.2 * victim,
        f64::from(past.n_swaps),
        ln_ratio(victims_in, front_in),
        ln_ratio(front_in, if buys { reserves.quote } else { reserves.base }),
        f64::from(past.contention).ln_1p(),
        f64::from(victims),
        gain_share,
    ])
}

/// An open cycle.
#[derive(Clone, Copy, Debug)]
pub struct CycleFacts {
    /// What goes in, lamports.
    pub amount_in: f64,
    /// What comes out, lamports.
    pub amount_out: f64,
    /// Pools of it.
    pub hops: usize,
    /// Largest share of a pool's reserve that is paid into it.
    pub size_share: f64,
    /// The first rung's tip, lamports.
    pub tip_lamports: f64,
    /// Of the busiest pool, before the trigger's slot.
    pub past: PastTraffic,
}

/// The arbitrage module's row.
#[must_use]
pub fn cycle(facts: &CycleFacts, landing: &LandingInputs, terms: &Terms) -> Row {
    let CycleFacts { amount_in, amount_out, hops, size_share, tip_lamports, past } = *facts;
    Row::new(&[
        ln_ratio(amount_out, amount_in),
        hops as f64,
        ln_ratio(size_share, 1.0),
        ln_ratio(amount_out - amount_in, tip_lamports),
        f64::from(past.contention).ln_1p(),
        f64::from(past.vol5),
        f64::from(past.n_swaps),
        terms.slippage_bps,
        landing.tip_quantile,
        ln_ratio(amount_out - amount_in, 1.0),
        terms.state_age_slots as f64,
    ])
}

/// What a model answered for one row.
#[derive(Clone, Debug)]
pub struct ModelScore {
    /// Which model, as it stands in evidence.
    pub version: Arc<str>,
    /// Probability, 0..1; NaN where it has none.
    pub score: f32,
}

/// The model in force, as the engine asks it. Asking must not wait, allocate or fail.
pub trait Scorer: Send + Sync {
    /// `None` when there is no model. The row may be longer than the model reads.
    fn score(&self, row: &[f32]) -> Option<ModelScore>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: SandwichFacts = SandwichFacts {
        buys: true,
        front: QuoteBase { quote: 1_000.0, base: 90.0 },
        back: QuoteBase { quote: 1_050.0, base: 90.0 },
        reserves: QuoteBase { quote: 100_000.0, base: 10_000.0 },
        victims_in: 500.0,
        victims: 1,
        provenance: Provenance::OneSignerOneSlot,
        past: PastTraffic { vol5: 12.5, n_swaps: 3, contention: 2 },
    };

    #[test]
    fn sandwich_row_is_the_definitions_recomputed() {
        let row = sandwich(&PLAN);
        let at = |name: &str| row.values()[MEV.iter().position(|known| *known == name).expect("a feature")];
        let near = |name: &str, wanted: f64| assert!((f64::from(at(name)) - wanted).abs() < 1e-6, "{name}");
        near("fr_px", (1_000.0_f64 / 90.0 / 10.0).ln());
        near("br_px", (1_050.0_f64 / 90.0 / 10.0).ln());
        near("vol5", 12.5);
        near("inv_al", 1.0);
        near("confidence", 1.0);
        near("victim_share", 0.5_f64.ln());
        near("size_share", 0.01_f64.ln());
        near("contention", 3.0_f64.ln());
        near("gain_share", 0.05);
    }

    #[test]
    fn the_other_direction_and_what_is_not_known() {
        let sells = SandwichFacts {
            buys: false,
            front: QuoteBase { quote: 950.0, base: 100.0 },
            back: QuoteBase { quote: 900.0, base: 95.0 },
            ..PLAN
        };
        let row = sandwich(&sells);
        assert!((row.values()[3] - (1.0 - 50.0 / 950.0)).abs() < 1e-6, "inventory is the quote now");
        assert!((row.values()[10] - -0.05).abs() < 1e-6);
        let nothing = QuoteBase { quote: 0.0, base: 0.0 };
        let empty = sandwich(&SandwichFacts { reserves: nothing, back: nothing, ..PLAN });
        assert!(empty.values()[0].is_nan() && empty.values().iter().all(|value| !value.is_infinite()));
    }

    #[test]
    fn schema_hash_differs_by_module_and_by_set() {
        let hashes = [
            schema_hash(true, DEFAULT),
            schema_hash(false, DEFAULT),
            schema_hash(true, ARBITRAGE.len()),
            schema_hash(false, MEV.len()),
        ];
        for (at, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(hash));
        }
        assert!(MEV.len() <= FEATURES_MAX && ARBITRAGE.len() <= FEATURES_MAX);
    }
}
