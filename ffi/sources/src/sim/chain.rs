//! The state of the simulated chain.

use std::collections::HashMap;

use engine::pubkey::Pubkey;

use super::actions::Action;
use super::market::{Market, PoolSide};
use super::random::Random;
use super::round_trip::{Planted, PoolEvent, RoundTrip, Routed};
use super::routes::routes;

/// Nanoseconds of a slot.
pub const SLOT_NS: u64 = 400_000_000;
/// First slot when none is given: the same seed then gives the same bytes on any day.
pub const FIRST_SLOT: u64 = 400_000_000;
/// Slots within which a back may follow its front (and for which history is kept).
pub const WINDOW_SLOTS: u64 = 3;
/// Tokens of the market.
const TOKENS: usize = 10;
/// Some of Jito's tip accounts.
const TIP_ACCOUNTS: [&str; 3] = [
    "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5",
    "HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe",
    "Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY",
];
/// Lamports of one SOL.
pub const SOL_LAMPORTS: u64 = 1_000_000_000;

/// A wallet that does not trade again after a slot.
pub struct Leaving {
    pub last_slot: u64,
    pub wallet: Pubkey,
}

/// The simulated chain.
pub struct Chain {
    pub random: Random,
    pub market: Market,
    pub slot: u64,
    pub round_trips: HashMap<u64, RoundTrip>,
    pub next_round_trip: u64,
    /// Actions by slot, in order within a script.
    pub scripts: HashMap<u64, Vec<Vec<Action>>>,
    pub history: Vec<Vec<PoolEvent>>,
    pub leaving: Vec<Leaving>,
    pub ledger: Vec<Planted>,
    pub routed: Routed,
    pub routes: Vec<Vec<PoolSide>>,
    pub tips: Vec<Pubkey>,
    pub frames_at_once: u64,
}

impl Chain {
    /// The market of `seed`, about to produce `first_slot`.
    #[must_use]
    pub fn new(seed: u64, first_slot: u64) -> Chain {
        let mut random = Random::new(seed ^ first_slot.rotate_left(32));
        let market = Market::new(&mut random, TOKENS);
        let history = market.pools.iter().map(|_| Vec::new()).collect();
        let routes = routes(&market);
        Chain {
            random,
            market,
            slot: first_slot,
            round_trips: HashMap::new(),
            next_round_trip: 0,
            scripts: HashMap::new(),
            history,
            leaving: Vec::new(),
            ledger: Vec::new(),
            routed: Routed::default(),
            routes,
            tips: TIP_ACCOUNTS.iter().filter_map(|text| Pubkey::parse(text.as_bytes())).collect(),
            frames_at_once: 0,
        }
    }

    /// When the block's frame with this index is received.
    pub fn time_ns(&self, frame: usize) -> u64 {
        self.slot * SLOT_NS + frame as u64 * (SLOT_NS / self.frames_at_once.max(1))
    }

    /// Actions that happen in this order, so many slots from now.
    pub fn script(&mut self, slots_later: u64, actions: Vec<Action>) {
        self.scripts.entry(self.slot + slots_later).or_default().push(actions);
    }
}
