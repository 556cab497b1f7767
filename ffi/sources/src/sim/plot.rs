//! What the simulator plants, and what is true about it afterwards.

use engine::decision::{Kind, Tier};
use engine::pubkey::{Pubkey, Signature};

use super::market::{Market, Program, SOL, State};

/// A victim's loss: its transaction, what it got, what it would have got.
pub type Loss = (Signature, u64, u64);

/// An event that the engine must find exactly like this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// Sandwich, wide sandwich or arbitrage.
    pub kind: Kind,
    /// A or C; none for an arbitrage.
    pub tier: Tier,
    /// Front-runs; an arbitrage's transaction.
    pub fronts: Vec<Signature>,
    /// Whose price was made worse.
    pub victims: Vec<Signature>,
    /// Back-runs.
    pub backs: Vec<Signature>,
    /// What the party gained in the quote mint; for SOL in lamports over all its accounts.
    pub net: i128,
    /// The victims' losses, found by executing the pool's window again.
    pub losses: Vec<Loss>,
    /// Legs of an arbitrage's cycle.
    pub hops: usize,
}

/// What went through the accounts that a router's users share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Routed {
    /// Strangers who traded there and back like one party.
    pub strangers: u64,
    /// Attacks of which a victim used the same accounts.
    pub attacks: u64,
    /// Cycles whose intermediate tokens the router held.
    pub cycles: u64,
}

/// What happened to a pool, with its state before.
pub struct Happened {
    /// Slot, index and leg.
    pub order: (u64, u64, usize),
    /// Which transaction.
    pub signature: Signature,
    /// Who did it.
    pub wallet: Pubkey,
    /// Through the accounts that a router's users share.
    pub shared: bool,
    /// Before it.
    pub before: State,
    /// What it was.
    pub what: What,
}

/// A swap, or vault changes outside swaps.
pub enum What {
    /// Side paid, paid, got.
    Swap(usize, u64, u64),
    /// Change of both vaults.
    Moved([i128; 2]),
}

/// One leg of a plot on the chain.
#[derive(Clone, Copy)]
pub struct Placed {
    /// Slot, index and leg.
    pub order: (u64, u64, usize),
    /// Its transaction.
    pub signature: Signature,
}

/// Wallets that trade there and back in one pool: an attack, or what only looks like one.
pub struct Plot {
    /// The party; the first one makes the fronts, the last one the backs.
    pub wallets: Vec<Pubkey>,
    /// Whether the wallets are joined by a transfer (always true for one wallet).
    pub linked: bool,
    /// Index of the pool.
    pub pool: usize,
    /// The side that the fronts pay.
    pub side: usize,
    /// Its backs are to get what the fronts paid; else they pay what the fronts got.
    pub sells_first: bool,
    /// Its swaps go through a router's own accounts, which strangers share.
    pub shared: bool,
    /// What the fronts paid.
    pub paid: u128,
    /// What the fronts got.
    pub held: u128,
    /// What the backs paid.
    pub returned: u128,
    /// What the backs got.
    pub regained: u128,
    /// Landed fronts.
    pub fronts: Vec<Placed>,
    /// Landed backs.
    pub backs: Vec<Placed>,
    /// Lamports of the party, and its tokens of both sides, when it began.
    pub begin: (i128, [i128; 2]),
    /// None of its acts comes after this slot.
    pub last_slot: u64,
}

impl Plot {
    /// How far it is from closing in what the fronts got and in what they paid, in billionths.
    fn apart(&self) -> [u128; 2] {
        let apart = |opened: u128, closed: u128| opened.abs_diff(closed) * 1_000_000_000 / opened.max(1);
        [apart(self.held, self.returned), apart(self.paid, self.regained)]
    }

    /// The side in which the party's gain is counted: SOL's when the pool has it, else the one that closes
    /// less exactly.
    fn gains(&self, market: &Market) -> usize {
        let [in_bought, in_sold] = self.apart();
        let sol = market.pools[self.pool].mints.iter().position(|&mint| mint == SOL);
        sol.unwrap_or(if in_sold < in_bought { 1 - self.side } else { self.side })
    }

    /// Counts it by what it was, as [`Plot::judge`] said.
    pub fn count(&self, found: Option<&Planted>, history: &[Happened], routed: &mut Routed) {
        if !self.shared {
            return;
        }
        let through =
            |signature: &Signature| history.iter().any(|one| one.signature == *signature && one.shared);
        match found {
            Some(found) => routed.attacks += u64::from(found.victims.iter().any(through)),
            None => {
                let both = !self.fronts.is_empty() && !self.backs.is_empty();
                routed.strangers += u64::from(!self.linked && both);
            }
        }
    }

    /// What there is to find once all of it has landed; `None` when it is not an attack.
    pub fn judge(&self, market: &Market, history: &[Happened]) -> Option<Planted> {
        let (first, last) = (self.fronts.first()?.order, self.backs.last()?.order);
        let closes = self.apart().iter().any(|&apart| apart <= 50_000_000);
        if !self.linked || !closes || last.0 > first.0 + 3 {
            return None;
        }
        let own = |one: &Happened| self.wallets.contains(&one.wallet);
        let window: Vec<&Happened> =
            history.iter().filter(|one| one.order >= first && one.order <= last).collect();
        let mut state = window.first()?.before;
        let program = market.pools[self.pool].program;
        let mut losses = Vec::new();
        for one in window.iter().filter(|one| !own(one)) {
            match one.what {
                What::Moved(delta) => shift(&mut state, delta),
                What::Swap(side, paid, got) => {
                    let without = again(&mut state, program, side, paid);
                    if side == self.side {
                        losses.push((one.signature, got, without));
                    }
                }
            }
        }
        if losses.is_empty() {
            return None;
        }
        let gains = self.gains(market);
        let (lamports, tokens) = self.begin;
        let quote = market.pools[self.pool].mints[gains];
        let net = if quote == SOL {
            market.lamports_of(&self.wallets) - lamports
        } else {
            market.tokens_of(&self.wallets, quote) - tokens[gains]
        };
        let hurt = losses.iter().any(|(_, got, without)| without > got);
        Some(Planted {
            kind: if first.0 == last.0 { Kind::Sandwich } else { Kind::WideSandwich },
            tier: if net > 0 && hurt { Tier::A } else { Tier::C },
            fronts: self.fronts.iter().map(|leg| leg.signature).collect(),
            victims: losses.iter().map(|(signature, ..)| *signature).collect(),
            backs: self.backs.iter().map(|leg| leg.signature).collect(),
            net,
            losses,
            hops: 0,
        })
    }
}

fn shift(state: &mut State, delta: [i128; 2]) {
    for side in [0, 1] {
        state.vaults[side] = (i128::from(state.vaults[side]) + delta[side]) as u64;
    }
}

/// Executes one swap of a window without the party. This is only used where every swap of the window pays something.
fn again(state: &mut State, program: Program, side: usize, paid: u64) -> u64 {
    state.swap(program, side, paid).unwrap_or(0)
}
