//! What the simulator plants, and what is true about it afterwards.

use engine::decision::{Kind, Tier};
use engine::position::ChainPosition;
use engine::pubkey::{Pubkey, Signature};

use super::market::{Market, Program, SOL, State};

/// What a victim lost; base units of what it bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The victim's transaction.
    pub signature: Signature,
    /// What the pool paid.
    pub out_actual: u64,
    /// What the pool would have paid.
    pub out_without: u64,
}

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

/// Where a leg is on the chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LegPosition {
    /// Its transaction's.
    pub transaction: ChainPosition,
    /// Its place among the transaction's legs.
    pub leg: usize,
}

/// What happened to a pool, with its state before.
pub struct PoolEvent {
    /// When.
    pub position: LegPosition,
    /// Which transaction.
    pub signature: Signature,
    /// Who did it.
    pub wallet: Pubkey,
    /// Through the accounts that a router's users share.
    pub shared: bool,
    /// Before it.
    pub before: State,
    /// What it was.
    pub change: PoolChange,
}

/// A swap, or vault changes outside swaps.
pub enum PoolChange {
    /// A swap.
    Swap {
        /// The side paid.
        side: usize,
        /// Base units paid.
        amount_in: u64,
        /// Base units got.
        amount_out: u64,
    },
    /// Change of both vaults.
    Liquidity([i128; 2]),
}

/// One leg of a plot on the chain.
#[derive(Clone, Copy)]
pub struct PlacedLeg {
    /// Where it is.
    pub position: LegPosition,
    /// Its transaction.
    pub signature: Signature,
}

/// What a party holds.
pub struct PartyHoldings {
    /// Over all its accounts.
    pub lamports: i128,
    /// Base units of both sides of the pool.
    pub tokens: [i128; 2],
}

/// Wallets that trade there and back in one pool: an attack, or what only looks like one.
pub struct RoundTrip {
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
    pub front_in: u128,
    /// What the fronts got.
    pub front_out: u128,
    /// What the backs paid.
    pub back_in: u128,
    /// What the backs got.
    pub back_out: u128,
    /// Landed fronts.
    pub fronts: Vec<PlacedLeg>,
    /// Landed backs.
    pub backs: Vec<PlacedLeg>,
    /// What the party held when it began.
    pub holdings_before: PartyHoldings,
    /// None of its acts comes after this slot.
    pub last_slot: u64,
}

impl RoundTrip {
    /// How far it is from closing in what the fronts got and in what they paid, in billionths.
    fn deviation_ppb(&self) -> [u128; 2] {
        let deviation_ppb =
            |opened: u128, closed: u128| opened.abs_diff(closed) * 1_000_000_000 / opened.max(1);
        [deviation_ppb(self.front_out, self.back_in), deviation_ppb(self.front_in, self.back_out)]
    }

    /// The side in which the party's gain is counted: SOL's when the pool has it, else the one that closes
    /// less exactly.
    fn quote_side(&self, market: &Market) -> usize {
        let [in_bought, in_sold] = self.deviation_ppb();
        let sol = market.pools[self.pool].mints.iter().position(|&mint| mint == SOL);
        sol.unwrap_or(if in_sold < in_bought { 1 - self.side } else { self.side })
    }

    /// Counts it by what it was, as [`RoundTrip::judge`] found.
    pub fn count(&self, found: Option<&Planted>, history: &[PoolEvent], routed: &mut Routed) {
        if !self.shared {
            return;
        }
        let is_shared =
            |signature: &Signature| history.iter().any(|one| one.signature == *signature && one.shared);
        match found {
            Some(found) => routed.attacks += u64::from(found.victims.iter().any(is_shared)),
            None => {
                let both = !self.fronts.is_empty() && !self.backs.is_empty();
                routed.strangers += u64::from(!self.linked && both);
            }
        }
    }

    /// What there is to find once all of it has landed; `None` when it is not an attack.
    pub fn judge(&self, market: &Market, history: &[PoolEvent]) -> Option<Planted> {
        let (first, last) = (self.fronts.first()?.position, self.backs.last()?.position);
        let slots = [first, last].map(|position| position.transaction.slot);
        let closes = self.deviation_ppb().iter().any(|&deviation_ppb| deviation_ppb <= 50_000_000);
        if !self.linked || !closes || slots[1] > slots[0] + 3 {
            return None;
        }
        let is_own = |one: &PoolEvent| self.wallets.contains(&one.wallet);
        let window: Vec<&PoolEvent> =
            history.iter().filter(|one| one.position >= first && one.position <= last).collect();
        let mut state = window.first()?.before;
        let program = market.pools[self.pool].program;
        let mut losses = Vec::new();
        for one in window.iter().filter(|one| !is_own(one)) {
            match one.change {
                PoolChange::Liquidity(delta) => adjust_vaults(&mut state, delta),
                PoolChange::Swap { side, amount_in, amount_out } => {
                    let out_without = swap_without(&mut state, program, side, amount_in);
                    if side == self.side {
                        losses.push(Loss { signature: one.signature, out_actual: amount_out, out_without });
                    }
                }
            }
        }
        if losses.is_empty() {
            return None;
        }
        let quote_side = self.quote_side(market);
        let PartyHoldings { lamports, tokens } = self.holdings_before;
        let quote = market.pools[self.pool].mints[quote_side];
        let net = if quote == SOL {
            market.lamports_of(&self.wallets) - lamports
        } else {
            market.tokens_of(&self.wallets, quote) - tokens[quote_side]
        };
        let hurt = losses.iter().any(|loss| loss.out_without > loss.out_actual);
        Some(Planted {
            kind: if slots[0] == slots[1] { Kind::Sandwich } else { Kind::WideSandwich },
            tier: if net > 0 && hurt { Tier::A } else { Tier::C },
            fronts: self.fronts.iter().map(|leg| leg.signature).collect(),
            victims: losses.iter().map(|loss| loss.signature).collect(),
            backs: self.backs.iter().map(|leg| leg.signature).collect(),
            net,
            losses,
            hops: 0,
        })
    }
}

fn adjust_vaults(state: &mut State, delta: [i128; 2]) {
    for side in [0, 1] {
        state.vaults[side] = (i128::from(state.vaults[side]) + delta[side]) as u64;
    }
}

/// Executes one swap of a window as if the party had not traded. This is only used where every
/// swap of the window pays an amount above 0.
fn swap_without(state: &mut State, program: Program, side: usize, paid: u64) -> u64 {
    state.swap(program, side, paid).unwrap_or(0)
}
