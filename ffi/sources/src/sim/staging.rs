//! Decides what will happen: writes the scripts that begin in a slot.

use engine::pubkey::Pubkey;

use super::acts::Act;
use super::chain::{Chain, SOL_LAMPORTS, WINDOW_SLOTS};
use super::plot::Plot;
use super::transaction::Via;

/// What a plot will do, drawn at random.
struct PlotPlan {
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
    /// What the backs close of what the fronts opened, percent.
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
            let act = self.trade(None);
            self.script(0, vec![act]);
        }
        for _ in 0..self.random.between(0, 3) {
            match self.random.below(100) {
                0..=69 => self.stage_plot(),
                70..=84 => self.stage_liquidity(),
                _ => self.stage_other_pool(),
            }
        }
        for _ in 0..self.random.between(0, 3) {
            let careful = self.random.chance(80);
            self.script(0, vec![Act::Arbitrage { careful }]);
        }
        self.script(0, vec![Act::Vote]);
        self.script(0, vec![Act::Vote]);
    }

    /// A single trade, in `place` (pool and side) or anywhere.
    fn trade(&mut self, place: Option<(usize, usize)>) -> Act {
        let random = &mut self.random;
        let (pool, side) = place.unwrap_or((random.index(self.market.pools.len()), random.index(2)));
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
        self.leaving.push((self.slot, wallet));
        Act::Trade { wallet, signature, pool, side, amount, min_out, via }
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
    fn stage_plot(&mut self) {
        let id = self.next_plot;
        self.next_plot += 1;
        let plan = self.plan_plot();
        self.fund_plot(&plan);
        self.script_plot(id, &plan);
        let tokens =
            self.market.pools[plan.pool].mints.map(|mint| self.market.tokens_of(&plan.wallets, mint));
        let begin = (self.market.lamports_of(&plan.wallets), tokens);
        let plot = Plot {
            linked: plan.together,
            pool: plan.pool,
            side: plan.side,
            sells_first: plan.sells_first,
            shared: plan.shared,
            paid: 0,
            held: 0,
            returned: 0,
            regained: 0,
            fronts: Vec::new(),
            backs: Vec::new(),
            begin,
            last_slot: self.slot + plan.slots_between,
            wallets: plan.wallets,
        };
        self.plots.insert(id, plot);
    }

    fn plan_plot(&mut self) -> PlotPlan {
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
        PlotPlan {
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

    fn fund_plot(&mut self, plan: &PlotPlan) {
        let mints = self.market.pools[plan.pool].mints;
        let stock = self.market.state(plan.pool).vaults[1 - plan.side] / 4;
        for (at, wallet) in plan.wallets.iter().enumerate() {
            let mut holdings = [(mints[0], 0), (mints[1], 0)];
            holdings[plan.side].1 = 4 * plan.amount;
            holdings[1 - plan.side].1 = if at > 0 && plan.link_tokens && plan.together { 0 } else { stock };
            self.market.fund(*wallet, SOL_LAMPORTS, &holdings);
        }
    }

    fn script_plot(&mut self, plot: u64, plan: &PlotPlan) {
        let (mut begin, mut end) = (Vec::new(), Vec::new());
        let linked = plan.wallets.len() == 2 && plan.together;
        if linked && plan.link_before && !plan.link_tokens {
            begin.push(Act::Link { plot, tokens: false });
        }
        for front in 0..plan.fronts {
            if front > 0 && plan.victims > 0 && self.random.chance(50) {
                begin.push(self.trade(Some((plan.pool, plan.side))));
            }
            begin.push(Act::Front { plot, amount: plan.amount / plan.fronts });
        }
        for victim in 0..plan.victims {
            let side = if victim == 0 || self.random.chance(70) { plan.side } else { 1 - plan.side };
            begin.push(self.trade(Some((plan.pool, side))));
        }
        if linked && (plan.link_tokens || !plan.link_before) {
            end.push(Act::Link { plot, tokens: plan.link_tokens });
        }
        if plan.failed_try {
            end.push(Act::FailedTry { plot });
        }
        for back in 0..plan.backs {
            let last = back + 1 == plan.backs;
            let share_pct = if last { 100 } else { 100 / (plan.backs - back) };
            let tip_lamports = if last && !plan.tip_apart { plan.tip_lamports } else { 0 };
            end.push(Act::Back { plot, share_pct, of_open_pct: plan.of_open_pct, tip_lamports });
        }
        if plan.tip_apart {
            end.push(Act::Tip { plot, lamports: plan.tip_lamports });
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
        self.leaving.push((self.slot, wallet));
        let side = self.random.index(2);
        let act = |withdraw| Act::Liquidity { wallet, pool, amounts, withdraw };
        let between = self.trade(Some((pool, side)));
        self.script(0, vec![act(false), between, act(true)]);
    }

    /// Buys in one pool and sells in another, in two transactions: neither a sandwich nor an arbitrage.
    fn stage_other_pool(&mut self) {
        let (first, second) = {
            let route = &self.routes[self.random.index(self.routes.len())];
            (route[0], route[1])
        };
        let (buy, sell) = (self.trade(Some(first)), self.trade(Some(second)));
        let victim = self.trade(Some(first));
        let (Act::Trade { wallet, .. }, Act::Trade { signature, pool, side, amount, via, .. }) = (&buy, sell)
        else {
            return;
        };
        let wallet = *wallet;
        let mint = self.market.pools[pool].mints[side];
        let key = self.market.token_account(&wallet, mint);
        if let Some(held) = self.market.accounts.get_mut(&key).and_then(|account| account.token.as_mut()) {
            held.amount += amount;
        }
        let sell = Act::Trade { wallet, signature, pool, side, amount, min_out: 0, via };
        self.script(0, vec![buy, victim, sell]);
    }

    /// All acts of the slot: scripts interleaved at random, each in its own order.
    pub fn shuffled(&mut self) -> Vec<Act> {
        let scripts = self.scripts.remove(&self.slot).unwrap_or_default();
        let mut queues: Vec<_> = scripts.into_iter().map(IntoIterator::into_iter).collect();
        let mut acts = Vec::new();
        while !queues.is_empty() {
            let at = self.random.index(queues.len());
            match queues[at].next() {
                Some(act) => acts.push(act),
                None => drop(queues.swap_remove(at)),
            }
        }
        acts
    }
}
