//! The simulator: a seeded market whose transactions come in the real wire format (Raydium v4 and CPMM
//! instructions, inner transfers, balances, fees), with attacks, look-alikes, arbitrages and failures.
//! Its ledger lists what it planted, computed from what was executed, not from what was intended.
//! Nothing after the source knows that the data is simulated.

mod market;
mod plot;
mod random;
mod transaction;

use std::collections::HashMap;
use std::convert::Infallible;

use engine::decision::{Kind, Tier};
use engine::pubkey::{Pubkey, Signature};

use self::market::{Market, SOL};
use self::plot::{Happened, Placed, Plot, What};
pub use self::plot::{Loss, Planted, Routed};
use self::random::Random;
use self::transaction::{Op, Order, Via, announce, execute};
use super::block::Block;
use crate::owned_account::OwnedAccount;

/// Nanoseconds of a slot.
pub const SLOT_NS: u64 = 400_000_000;
/// First slot when none is given: the same seed then gives the same bytes on any day.
pub const FIRST_SLOT: u64 = 400_000_000;
/// Slots within which a back may follow its front (and for which history is kept).
const WINDOW_SLOTS: u64 = 3;
/// Tokens of the market.
const TOKENS: usize = 10;
/// Some of Jito's tip accounts.
const TIP_ACCOUNTS: [&str; 3] = [
    "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5",
    "HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe",
    "Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY",
];
const SOL_LAMPORTS: u64 = 1_000_000_000;

/// One thing that will happen in a slot.
enum Act {
    /// A stranger's single trade.
    Trade {
        wallet: Pubkey,
        signature: Signature,
        pool: usize,
        side: usize,
        amount: u64,
        min_out: u64,
        via: Via,
    },
    /// A leg or a side action of a plot.
    Front {
        plot: u64,
        amount: u64,
        tip_lamports: u64,
    },
    /// `share_pct` of what is still open; the last one closes `of_open_pct` of what the fronts opened.
    Back {
        plot: u64,
        share_pct: u64,
        of_open_pct: u64,
        tip_lamports: u64,
    },
    Link {
        plot: u64,
        tokens: bool,
    },
    Tip {
        plot: u64,
        lamports: u64,
    },
    FailedTry {
        plot: u64,
    },
    /// One transaction over a cycle of pools.
    Arbitrage {
        careful: bool,
    },
    Liquidity {
        wallet: Pubkey,
        pool: usize,
        amounts: [u64; 2],
        withdraw: bool,
    },
    Vote,
}

/// The simulated chain.
pub struct SimSource {
    random: Random,
    market: Market,
    slot: u64,
    block: Block,
    plots: HashMap<u64, Plot>,
    next_plot: u64,
    /// Acts by slot, in order within a script.
    scripts: HashMap<u64, Vec<Vec<Act>>>,
    history: Vec<Vec<Happened>>,
    /// Wallets and the slot after which they do not trade again.
    leaving: Vec<(u64, Pubkey)>,
    ledger: Vec<Planted>,
    routed: Routed,
    routes: Vec<Vec<(usize, usize)>>,
    tips: Vec<Pubkey>,
    frames_at_once: u64,
}

impl SimSource {
    /// The market of `seed`, about to produce `first_slot`.
    #[must_use]
    pub fn new(seed: u64, first_slot: u64) -> SimSource {
        let mut random = Random::new(seed ^ first_slot.rotate_left(32));
        let market = Market::new(&mut random, TOKENS);
        let history = market.pools.iter().map(|_| Vec::new()).collect();
        let routes = routes(&market);
        SimSource {
            random,
            market,
            slot: first_slot,
            block: Block::default(),
            plots: HashMap::new(),
            next_plot: 0,
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

    /// Pool state as it is now: take it before the first block.
    #[must_use]
    pub fn accounts(&self) -> Vec<OwnedAccount> {
        self.market.snapshot()
    }

    /// The slot that [`SimSource::next_block`] will make.
    #[must_use]
    pub fn next_slot(&self) -> u64 {
        self.slot
    }

    /// What has been settled since the last call, unordered.
    pub fn take_ledger(&mut self) -> Vec<Planted> {
        std::mem::take(&mut self.ledger)
    }

    /// What went through a router's own accounts so far.
    #[must_use]
    pub fn routed(&self) -> Routed {
        self.routed
    }

    /// Makes the next slot.
    pub fn next_block(&mut self) -> &Block {
        let mut block = std::mem::take(&mut self.block);
        block.clear(self.slot, (self.slot + 1) * SLOT_NS, true);
        self.stage();
        let acts = self.shuffled();
        self.frames_at_once = 2 * acts.len() as u64 + 1;
        for act in &acts {
            if let Act::Trade { wallet, signature, pool, side, amount, min_out, via } = *act
                && self.random.chance(30)
            {
                let ops = [Op::Swap { pool, side, amount: Some(amount), min_out, via }];
                let at = self.time_ns(block.len());
                let order = Order {
                    place: (self.slot, 0),
                    signer: wallet,
                    signature,
                    priority_lamports: 0,
                    ops: &ops,
                };
                let (market, random) = (&mut self.market, &mut self.random);
                infallible(block.push(at, |out| {
                    announce(market, random, &order, out);
                    Ok::<_, Infallible>(())
                }));
            }
        }
        for (index, act) in (0..).zip(&acts) {
            self.perform(index, act, &mut block);
        }
        self.settle();
        self.slot += 1;
        self.block = block;
        &self.block
    }

    fn time_ns(&self, frame: usize) -> u64 {
        self.slot * SLOT_NS + frame as u64 * (SLOT_NS / self.frames_at_once.max(1))
    }

    /// Writes the scripts that begin in this slot.
    fn stage(&mut self) {
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

    fn script(&mut self, slots_later: u64, acts: Vec<Act>) {
        self.scripts.entry(self.slot + slots_later).or_default().push(acts);
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
        let random = &mut self.random;
        let pool = random.index(self.market.pools.len());
        let side = random.index(2);
        let wallets: Vec<Pubkey> = (0..if random.chance(35) { 2 } else { 1 }).map(|_| random.key()).collect();
        let together = wallets.len() == 1 || random.chance(75);
        let (fronts, backs) =
            (random.between(1, 5).saturating_sub(2).max(1), random.between(1, 5).saturating_sub(2).max(1));
        let victims = if random.chance(80) { random.between(1, 4) } else { 0 };
        let wide = random.chance(40);
        let later = if wide { random.between(1, WINDOW_SLOTS + 1) } else { 0 };
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
        let tip = match random.below(10) {
            0..=4 => 0,
            5..=8 => random.between(1_000, 3_000_000),
            _ => random.between(SOL_LAMPORTS / 50, SOL_LAMPORTS / 20),
        };
        let tip_apart = tip > 0 && random.chance(40);
        let state = self.market.state(pool);
        let amount = state.vaults[side] / random.between(25, 400) + random.below(1_000);
        let (link_tokens, link_before, failed_try) =
            (random.chance(50), random.chance(30), random.chance(25));
        let begin_holdings = self.market.pools[pool].mints;
        let stock = state.vaults[1 - side] / 4;
        for (at, wallet) in wallets.iter().enumerate() {
            let mut holdings = [(begin_holdings[0], 0), (begin_holdings[1], 0)];
            holdings[side].1 = 4 * amount;
            holdings[1 - side].1 = if at > 0 && link_tokens && together { 0 } else { stock };
            self.market.fund(*wallet, SOL_LAMPORTS, &holdings);
        }
        let mut now = Vec::new();
        let mut after = Vec::new();
        let linked = wallets.len() == 2 && together;
        let link = Act::Link { plot: id, tokens: link_tokens };
        if linked && link_before && !link_tokens {
            now.push(Act::Link { plot: id, tokens: false });
        }
        for front in 0..fronts {
            if front > 0 && victims > 0 && self.random.chance(50) {
                now.push(self.trade(Some((pool, side))));
            }
            now.push(Act::Front { plot: id, amount: amount / fronts, tip_lamports: 0 });
        }
        for victim in 0..victims {
            let side = if victim == 0 || self.random.chance(70) { side } else { 1 - side };
            let act = self.trade(Some((pool, side)));
            now.push(act);
        }
        let ending = if wide { &mut after } else { &mut now };
        if linked && (link_tokens || !link_before) {
            ending.push(link);
        }
        if failed_try {
            ending.push(Act::FailedTry { plot: id });
        }
        for back in 0..backs {
            let last = back + 1 == backs;
            let share_pct = if last { 100 } else { 100 / (backs - back) };
            let tip_lamports = if last && !tip_apart { tip } else { 0 };
            ending.push(Act::Back { plot: id, share_pct, of_open_pct, tip_lamports });
        }
        if tip_apart {
            ending.push(Act::Tip { plot: id, lamports: tip });
        }
        self.script(0, now);
        if wide {
            self.script(later, after);
        }
        let tokens = begin_holdings.map(|mint| self.market.tokens_of(&wallets, mint));
        let begin = (self.market.lamports_of(&wallets), tokens);
        let plot = Plot {
            wallets,
            linked: together,
            pool,
            side,
            sells_first,
            shared,
            paid: 0,
            held: 0,
            returned: 0,
            regained: 0,
            fronts: Vec::new(),
            backs: Vec::new(),
            begin,
            last_slot: self.slot + later,
        };
        self.plots.insert(id, plot);
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
    fn shuffled(&mut self) -> Vec<Act> {
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

    fn perform(&mut self, index: u64, act: &Act, block: &mut Block) {
        match *act {
            Act::Trade { wallet, signature, pool, side, amount, min_out, via } => {
                let ops = [Op::Swap { pool, side, amount: Some(amount), min_out, via }];
                self.send(index, wallet, signature, &ops, block);
            }
            Act::Front { plot, amount, tip_lamports } => self.front(index, plot, amount, tip_lamports, block),
            Act::Back { plot, share_pct, of_open_pct, tip_lamports } => {
                self.back(index, plot, share_pct, of_open_pct, tip_lamports, block);
            }
            Act::Link { plot, tokens } => self.link(index, plot, tokens, block),
            Act::Tip { plot, lamports } => {
                let Some(wallet) = self.plots.get(&plot).and_then(|plot| plot.wallets.last().copied()) else {
                    return;
                };
                let ops = [self.tip(lamports)];
                let signature = self.random.signature();
                self.send(index, wallet, signature, &ops, block);
            }
            Act::FailedTry { plot } => {
                let Some(plot) = self.plots.get(&plot) else { return };
                let (wallet, pool, side) = (plot.wallets[0], plot.pool, plot.side);
                let ops = [Op::Swap { pool, side, amount: Some(1_000), min_out: u64::MAX, via: Via::Direct }];
                let signature = self.random.signature();
                self.send(index, wallet, signature, &ops, block);
            }
            Act::Arbitrage { careful } => self.arbitrage(index, careful, block),
            Act::Liquidity { wallet, pool, amounts, withdraw } => {
                let ops = [Op::Liquidity { pool, amounts, withdraw }];
                let signature = self.random.signature();
                self.send(index, wallet, signature, &ops, block);
            }
            Act::Vote => {
                let wallet = self.random.key();
                self.market.fund(wallet, SOL_LAMPORTS, &[]);
                let signature = self.random.signature();
                self.send(index, wallet, signature, &[Op::Vote], block);
                self.market.forget(&wallet);
            }
        }
    }

    fn tip(&mut self, lamports: u64) -> Op {
        Op::Send { to: self.tips[self.random.index(self.tips.len())], lamports }
    }

    fn front(&mut self, index: u64, id: u64, amount: u64, tip_lamports: u64, block: &mut Block) {
        let Some(plot) = self.plots.get(&id) else { return };
        let (wallet, pool, side) = (plot.wallets[0], plot.pool, plot.side);
        let via = match (plot.shared, self.random.chance(20)) {
            (true, _) => Via::SHARED,
            (false, true) => Via::Router,
            (false, false) => Via::Direct,
        };
        let mut ops = vec![Op::Swap { pool, side, amount: Some(amount), min_out: 0, via }];
        if tip_lamports > 0 {
            ops.push(self.tip(tip_lamports));
        }
        let signature = self.random.signature();
        let Some(got) = self.send(index, wallet, signature, &ops, block) else { return };
        let order = (self.slot, index, 0);
        if let Some(plot) = self.plots.get_mut(&id) {
            plot.paid += u128::from(amount);
            plot.held += u128::from(got);
            plot.fronts.push(Placed { order, signature });
        }
    }

    fn back(&mut self, index: u64, id: u64, share_pct: u64, of_open_pct: u64, tip: u64, block: &mut Block) {
        let Some(plot) = self.plots.get(&id) else { return };
        let Some(&wallet) = plot.wallets.last() else { return };
        let (pool, side) = (plot.pool, 1 - plot.side);
        let (opened, closed) =
            if plot.sells_first { (plot.paid, plot.regained) } else { (plot.held, plot.returned) };
        let left = (opened * u128::from(of_open_pct) / 100).saturating_sub(closed);
        let part = u64::try_from(left * u128::from(share_pct) / 100).unwrap_or(0);
        let amount = if plot.sells_first { self.market.price_of(pool, side, part) } else { part };
        let via = if plot.shared { Via::SHARED } else { Via::Direct };
        let mut ops = vec![Op::Swap { pool, side, amount: Some(amount), min_out: 0, via }];
        if tip > 0 {
            ops.push(self.tip(tip));
        }
        let signature = self.random.signature();
        let Some(got) = self.send(index, wallet, signature, &ops, block) else { return };
        let order = (self.slot, index, 0);
        if let Some(plot) = self.plots.get_mut(&id) {
            plot.returned += u128::from(amount);
            plot.regained += u128::from(got);
            plot.backs.push(Placed { order, signature });
        }
    }

    /// A transfer from the first wallet to the second: what the fronts got, or some lamports.
    fn link(&mut self, index: u64, id: u64, tokens: bool, block: &mut Block) {
        let Some(plot) = self.plots.get(&id) else { return };
        let (&[from, to], pool, side) =
            (&plot.wallets[..2].try_into().unwrap_or([plot.wallets[0]; 2]), plot.pool, plot.side);
        let amount = u64::try_from(plot.held).unwrap_or(0);
        let op = if tokens {
            // Includes part of its earlier stock, so that it can sell more than the fronts got.
            let amount = amount + amount / 2;
            Op::SendToken { mint: self.market.pools[pool].mints[1 - side], to, amount }
        } else {
            Op::Send { to, lamports: 10_000_000 }
        };
        let signature = self.random.signature();
        self.send(index, from, signature, &[op], block);
    }

    /// Takes the best of all cycles at the best of some sizes. Only the careless take one that loses.
    fn arbitrage(&mut self, index: u64, careful: bool, block: &mut Block) {
        let mut best: Option<(i128, usize, u64)> = None;
        for route in 0..self.routes.len() {
            let mut amount = 1_000_000_u64;
            for _ in 0..18 {
                if let Some(out) = self.through(route, amount) {
                    let gain = i128::from(out) - i128::from(amount);
                    if best.is_none_or(|(known, ..)| gain > known) {
                        best = Some((gain, route, amount));
                    }
                }
                amount += amount * 3 / 4;
            }
        }
        let Some((gain, route, amount)) = best else { return };
        if careful && gain < 5_000 {
            return;
        }
        let wallet = self.random.key();
        let mut holdings: Vec<(usize, u64)> = vec![(SOL, amount)];
        for &(pool, side) in &self.routes[route] {
            let mint = self.market.pools[pool].mints[1 - side];
            if mint != SOL {
                holdings.push((mint, 0));
            }
        }
        self.market.fund(wallet, SOL_LAMPORTS, &holdings);
        // Some ask for more than the pool pays: they fail.
        let failing = self.random.chance(15);
        let hops = self.routes[route].len();
        let way = self.random.below(100);
        let via = |hop: usize| match way {
            0..=44 => Via::Direct,
            45..=69 => Via::Router,
            _ => Via::Shared { first: hop == 0, last: hop + 1 == hops },
        };
        let mut ops: Vec<Op> = self.routes[route]
            .iter()
            .enumerate()
            .map(|(hop, &(pool, side))| Op::Swap {
                pool,
                side,
                amount: (hop == 0).then_some(amount),
                min_out: if failing && hop + 1 == hops { u64::MAX } else { 0 },
                via: via(hop),
            })
            .collect();
        if gain > 20_000 {
            let part = self.random.between(5, 60);
            ops.push(self.tip((gain as u64) / 100 * part));
        }
        let before = self.market.lamports_of(&[wallet]);
        let signature = self.random.signature();
        if self.send(index, wallet, signature, &ops, block).is_some() {
            self.routed.cycles += u64::from(matches!(via(0), Via::Shared { .. }));
            self.ledger.push(Planted {
                kind: Kind::Arbitrage,
                tier: Tier::None,
                fronts: vec![signature],
                victims: Vec::new(),
                backs: Vec::new(),
                net: self.market.lamports_of(&[wallet]) - before,
                losses: Vec::new(),
                hops,
            });
        }
        self.market.forget(&wallet);
    }

    fn through(&self, route: usize, amount: u64) -> Option<u64> {
        self.routes[route]
            .iter()
            .try_fold(amount, |amount, &(pool, side)| self.market.quote(pool, side, amount))
    }

    /// Lands a transaction. Returns what its last swap got (0 without one), or `None` when it failed.
    fn send(
        &mut self,
        index: u64,
        signer: Pubkey,
        signature: Signature,
        ops: &[Op],
        block: &mut Block,
    ) -> Option<u64> {
        let before: Vec<_> = (0..self.market.pools.len()).map(|pool| self.market.state(pool)).collect();
        let priority_lamports = if self.random.chance(50) { self.random.below(200_000) } else { 0 };
        let order = Order { place: (self.slot, index), signer, signature, priority_lamports, ops };
        let at = self.time_ns(block.len());
        let (market, random) = (&mut self.market, &mut self.random);
        let mut done = None;
        infallible(block.push(at, |out| {
            done = Some(execute(market, random, &order, out));
            Ok::<_, Infallible>(())
        }));
        let executed = done?;
        if executed.failed {
            return None;
        }
        let shared = ops.iter().any(|op| matches!(op, Op::Swap { via: Via::Shared { .. }, .. }));
        for (leg, swap) in executed.swaps.iter().enumerate() {
            self.history[swap.pool].push(Happened {
                order: (self.slot, index, leg),
                signature: executed.signature,
                wallet: signer,
                shared,
                before: before[swap.pool],
                what: What::Swap(swap.side, swap.amount_in, swap.amount_out),
            });
        }
        for op in ops {
            if let Op::Liquidity { pool, amounts, withdraw } = *op {
                let sign = if withdraw { -1 } else { 1 };
                self.history[pool].push(Happened {
                    order: (self.slot, index, 0),
                    signature,
                    wallet: signer,
                    shared,
                    before: before[pool],
                    what: What::Moved(amounts.map(|amount| sign * i128::from(amount))),
                });
            }
        }
        Some(executed.swaps.last().map_or(0, |swap| swap.amount_out))
    }

    /// Judges the plots that are over and forgets who has left.
    fn settle(&mut self) {
        let slot = self.slot;
        let mut over: Vec<u64> =
            self.plots.iter().filter(|(_, plot)| plot.last_slot <= slot).map(|(&id, _)| id).collect();
        over.sort_unstable();
        for id in over {
            let Some(plot) = self.plots.remove(&id) else { continue };
            let history = &self.history[plot.pool];
            let found = plot.judge(&self.market, history);
            plot.count(found.as_ref(), history, &mut self.routed);
            self.ledger.extend(found);
            self.leaving.extend(plot.wallets.iter().map(|&wallet| (slot, wallet)));
        }
        let market = &mut self.market;
        self.leaving.retain(|(last, wallet)| {
            let gone = *last <= slot;
            if gone {
                market.forget(wallet);
            }
            !gone
        });
        for history in &mut self.history {
            history.retain(|one| one.order.0 + WINDOW_SLOTS + 1 > slot);
        }
    }
}

fn infallible(result: Result<(), Infallible>) {
    match result {
        Ok(()) => {}
        Err(never) => match never {},
    }
}

/// All cycles of two and three pools from SOL to SOL, as (pool, side paid).
fn routes(market: &Market) -> Vec<Vec<(usize, usize)>> {
    let from = |mint: usize| {
        let pools = market.pools.iter().enumerate();
        pools.flat_map(move |(at, pool)| {
            (0..2)
                .filter(move |&side| pool.mints[side] == mint)
                .map(move |side| (at, side, pool.mints[1 - side]))
        })
    };
    let mut routes = Vec::new();
    for (first, side, mint) in from(SOL) {
        for (second, second_side, next) in from(mint).filter(|(pool, ..)| *pool != first) {
            if next == SOL {
                routes.push(vec![(first, side), (second, second_side)]);
                continue;
            }
            for (third, third_side, end) in from(next) {
                if end == SOL && third != first && third != second {
                    routes.push(vec![(first, side), (second, second_side), (third, third_side)]);
                }
            }
        }
    }
    routes
}
