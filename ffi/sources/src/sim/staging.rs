//! Decides what will happen: writes the scripts that begin in a slot.

use engine::pubkey::Pubkey;

use super::actions::Action;
use super::chain::{Chain, Leaving, SOL_LAMPORTS, WINDOW_SLOTS};
use super::market::PoolSide;
use super::round_trip::{PartyHoldings, RoundTrip};
use super::transaction::Via;

/// What a round trip will do, drawn at random.
struct RoundTripPlan {
    wallets: Vec<Pubkey>,
    /// The wallets are one party.
    together: bool,
    pool: usize,
    /// The side that the fronts pay.
    side: usize,
    /// What all fronts pay, base units.
    amount: u64,
    fronts: u64,
    victims: u64,
    backs: u64,
    /// From the fronts to the backs; 0: one slot has all of it.
    slots_between: u64,
    sells_first: bool,
    /// Through a router's own accounts.
    shared: bool,
    /// The part of the fronts' position that the back-runs close, percent.
    of_open_pct: u64,
    tip_lamports: u64,
    /// The tip has a transaction of its own.
    tip_apart: bool,
    /// The transfer between two wallets is of tokens.
    link_tokens: bool,
    /// It is before the fronts.
    link_before: bool,
    /// One swap of the party fails.
    failed_try: bool,
}

impl Chain {
    /// Writes the scripts that begin in this slot.
    pub fn stage(&mut self) {
        for _ in 0..self.random.between(4, 16) {
            let action = self.trade(None);
            self.script(0, vec![action]);
        }
        for _ in 0..self.random.between(0, 3) {
            match self.random.below(100) {
                0..=69 => self.stage_round_trip(),
                70..=84 => self.stage_liquidity(),
                _ => self.stage_other_pool(),
            }
        }
        for _ in 0..self.random.between(0, 3) {
            let careful = self.random.chance(80);
            self.script(0, vec![Action::Arbitrage { careful }]);
        }
        self.script(0, vec![Action::Vote]);
        self.script(0, vec![Action::Vote]);
    }

    /// A single trade, in `place` (pool and side) or anywhere.
    fn trade(&mut self, place: Option<PoolSide>) -> Action {
        let random = &mut self.random;
        let anywhere = PoolSide { pool: random.index(self.market.pools.len()), side: random.index(2) };
        let PoolSide { pool, side } = place.unwrap_or(anywhere);
        let state = self.market.state(pool);
        let amount = state.vaults[side] / random.between(60, 6_000) + random.below(1_000);
        let quote = self.market.quote(pool, side, amount).unwrap_or(0);
        // Some traders allow little slippage and fail when the price moves.
        let slack = if random.chance(15) { 10 } else { random.between(100, 1_500) };
        let min_out = (u128::from(quote) * u128::from(10_000 - slack) / 10_000) as u64;
        let (wallet, signature) = (random.key(), random.signature());
        let via = match random.below(100) {
            0..=54 => Via::Direct,
            55..=79 => Via::Router,
            _ => Via::SHARED,
        };
        self.fund(wallet, pool, amount, side);
        self.leaving.push(Leaving { last_slot: self.slot, wallet });
        Action::Trade { wallet, signature, pool, side, amount, min_out, via }
    }

    /// A wallet with `amount` of a pool's side, an account for the other one, and lamports for fees.
    fn fund(&mut self, wallet: Pubkey, pool: usize, amount: u64, side: usize) {
        let mints = self.market.pools[pool].mints;
        let more = self.random.below(1_000_000);
        let mut holdings = [(mints[0], 0), (mints[1], 0)];
        holdings[side].1 = amount + more;
        self.market.fund(wallet, self.random.between(1, 50) * SOL_LAMPORTS / 10, &holdings);
    }

    /// Trades there and back in one pool: attacks of every kind, wash bots, momentum traders, strangers.
    fn stage_round_trip(&mut self) {
        let id = self.next_round_trip;
        self.next_round_trip += 1;
        let plan = self.plan_round_trip();
        self.fund_round_trip(&plan);
        self.script_round_trip(id, &plan);
        let holdings_before = PartyHoldings {
            lamports: self.market.lamports_of(&plan.wallets),
            tokens: self.market.pools[plan.pool].mints.map(|mint| self.market.tokens_of(&plan.wallets, mint)),
        };
        let round_trip = RoundTrip {
            linked: plan.together,
            pool: plan.pool,
            side: plan.side,
            sells_first: plan.sells_first,
            shared: plan.shared,
            front_in: 0,
            front_out: 0,
            back_in: 0,
            back_out: 0,
            fronts: Vec::new(),
            backs: Vec::new(),
            holdings_before,
            last_slot: self.slot + plan.slots_between,
            wallets: plan.wallets,
        };
        self.round_trips.insert(id, round_trip);
    }

    fn plan_round_trip(&mut self) -> RoundTripPlan {
        let random = &mut self.random;
        let pool = random.index(self.market.pools.len());
        let side = random.index(2);
        let wallets: Vec<Pubkey> = (0..if random.chance(35) { 2 } else { 1 }).map(|_| random.key()).collect();
        let together = wallets.len() == 1 || random.chance(75);
        let (fronts, backs) =
            (random.between(1, 5).saturating_sub(2).max(1), random.between(1, 5).saturating_sub(2).max(1));
        let victims = if random.chance(80) { random.between(1, 4) } else { 0 };
        let slots_between = if random.chance(40) { random.between(1, WINDOW_SLOTS + 1) } else { 0 };
        let sells_first = random.chance(35);
        let shared = random.chance(35);
        // Most close what they opened, a few nearly do, momentum traders do not.
        let of_open_pct = match random.below(100) {
            0..=69 => 100,
            70..=79 => 97,
            80..=87 => 103,
            _ if random.chance(50) => 60,
            _ if sells_first => 130,
            _ => 140,
        };
        // Now and then a tip exceeds the whole gain.
        let tip_lamports = match random.below(10) {
            0..=4 => 0,
            5..=8 => random.between(1_000, 3_000_000),
            _ => random.between(SOL_LAMPORTS / 50, SOL_LAMPORTS / 20),
        };
        let tip_apart = tip_lamports > 0 && random.chance(40);
        let amount = self.market.state(pool).vaults[side] / random.between(25, 400) + random.below(1_000);
        let (link_tokens, link_before, failed_try) =
            (random.chance(50), random.chance(30), random.chance(25));
        RoundTripPlan {
            wallets,
            together,
            pool,
            side,
            amount,
            fronts,
            victims,
            backs,
            slots_between,
            sells_first,
            shared,
            of_open_pct,
            tip_lamports,
            tip_apart,
            link_tokens,
            link_before,
            failed_try,
        }
    }

    fn fund_round_trip(&mut self, plan: &RoundTripPlan) {
        let mints = self.market.pools[plan.pool].mints;
        let stock = self.market.state(plan.pool).vaults[1 - plan.side] / 4;
        for (at, wallet) in plan.wallets.iter().enumerate() {
            let mut holdings = [(mints[0], 0), (mints[1], 0)];
            holdings[plan.side].1 = 4 * plan.amount;
            holdings[1 - plan.side].1 = if at > 0 && plan.link_tokens && plan.together { 0 } else { stock };
            self.market.fund(*wallet, SOL_LAMPORTS, &holdings);
        }
    }

    fn script_round_trip(&mut self, round_trip: u64, plan: &RoundTripPlan) {
        let (mut begin, mut end) = (Vec::new(), Vec::new());
        let linked = plan.wallets.len() == 2 && plan.together;
        if linked && plan.link_before && !plan.link_tokens {
            begin.push(Action::Link { round_trip, tokens: false });
        }
        for front in 0..plan.fronts {
            if front > 0 && plan.victims > 0 && self.random.chance(50) {
                begin.push(self.trade(Some(PoolSide { pool: plan.pool, side: plan.side })));
            }
            begin.push(Action::Front { round_trip, amount: plan.amount / plan.fronts });
        }
        for victim in 0..plan.victims {
            let side = if victim == 0 || self.random.chance(70) { plan.side } else { 1 - plan.side };
            begin.push(self.trade(Some(PoolSide { pool: plan.pool, side })));
        }
        if linked && (plan.link_tokens || !plan.link_before) {
            end.push(Action::Link { round_trip, tokens: plan.link_tokens });
        }
        if plan.failed_try {
            end.push(Action::FailedTry { round_trip });
        }
        for back in 0..plan.backs {
            let last = back + 1 == plan.backs;
            let share_pct = if last { 100 } else { 100 / (plan.backs - back) };
            let tip_lamports = if last && !plan.tip_apart { plan.tip_lamports } else { 0 };
            end.push(Action::Back { round_trip, share_pct, of_open_pct: plan.of_open_pct, tip_lamports });
        }
        if plan.tip_apart {
            end.push(Action::Tip { round_trip, lamports: plan.tip_lamports });
        }
        if plan.slots_between == 0 {
            begin.append(&mut end);
        }
        self.script(0, begin);
        if plan.slots_between > 0 {
            self.script(plan.slots_between, end);
        }
    }

    /// Liquidity in, a stranger's trade, liquidity out: not an attack.
    fn stage_liquidity(&mut self) {
        let pool = self.random.index(self.market.pools.len());
        let wallet = self.random.key();
        let amounts = self.market.state(pool).vaults.map(|vault| vault / 50);
        let mints = self.market.pools[pool].mints;
        self.market.fund(wallet, SOL_LAMPORTS, &[(mints[0], amounts[0]), (mints[1], amounts[1])]);
        self.leaving.push(Leaving { last_slot: self.slot, wallet });
        let side = self.random.index(2);
        let action = |withdraw| Action::Liquidity { wallet, pool, amounts, withdraw };
        let between = self.trade(Some(PoolSide { pool, side }));
        self.script(0, vec![action(false), between, action(true)]);
    }

    /// Buys in one pool and sells in another, in two transactions: neither a sandwich nor an arbitrage.
    fn stage_other_pool(&mut self) {
        let (first, second) = {
            let route = &self.routes[self.random.index(self.routes.len())];
            (route[0], route[1])
        };
        let (buy, sell) = (self.trade(Some(first)), self.trade(Some(second)));
        let victim = self.trade(Some(first));
        let (Action::Trade { wallet, .. }, Action::Trade { signature, pool, side, amount, via, .. }) =
            (&buy, sell)
        else {
            return;
        };
        let wallet = *wallet;
        let mint = self.market.pools[pool].mints[side];
        let key = self.market.token_account(&wallet, mint);
        if let Some(held) = self.market.accounts.get_mut(&key).and_then(|account| account.token.as_mut()) {
            held.amount += amount;
        }
        let sell = Action::Trade { wallet, signature, pool, side, amount, min_out: 0, via };
        self.script(0, vec![buy, victim, sell]);
    }

    /// All actions of the slot: scripts interleaved at random, each in its own order.
    pub fn shuffled(&mut self) -> Vec<Action> {
        let scripts = self.scripts.remove(&self.slot).unwrap_or_default();
        let mut queues: Vec<_> = scripts.into_iter().map(IntoIterator::into_iter).collect();
        let mut actions = Vec::new();
        while !queues.is_empty() {
            let at = self.random.index(queues.len());
            match queues[at].next() {
                Some(action) => actions.push(action),
                None => drop(queues.swap_remove(at)),
            }
        }
        actions
    }
}
