//! Landed sandwiches (docs/CONTRACT.md, "Events"): one party swaps in a pool, others swap the same way, the party swaps back.
//! It closes in one of the two mints within 5 %: a party that bought first sells what it bought, one that sold
//! first buys back what it sold. The party is one wallet, or wallets that exchanged something directly.
//!
//! Tier A asks more: the pool's state is known exactly, executing the window again without the
//! attackers leaves at least one victim better off, and the party's net is positive over all its
//! transactions. An attack is judged at the end of its last back's slot, when its tip has landed too.

mod judging;
mod matching;
mod steps;
#[cfg(test)]
mod tests;
mod totals;

use std::collections::HashMap;

use super::Landed;
use super::activity::Activity;
use crate::decision::{Decision, LandedLeg};
use crate::frame::Transaction;
use crate::landing::{PastTraffic, Traffic};
use crate::pools::{Pool, Pools, VaultOf};
use crate::pubkey::Pubkey;

use self::judging::judge;
use self::matching::find_attack;
use self::steps::{Step, StepKind, Swap, mark_consumed, swap_of};

/// Most steps remembered per pool; older ones are dropped, counted in [`Sandwiches::forgotten`].
const STEPS_PER_POOL_MAX: usize = 4096;

/// Room of a new window.
const STEPS_USUAL: usize = 64;

/// A pool whose vaults a transaction changed outside its swaps.
struct ChangedPool {
    pool: Pubkey,
    before: Pool,
    /// What the vaults gained.
    deltas: [i128; 2],
}

/// Finds sandwiches over all pools.
pub struct Sandwiches {
    window_slots: u64,
    windows: HashMap<Pubkey, Vec<Step>>,
    /// Pools whose vaults one transaction changed outside its swaps; empty between transactions.
    moved: Vec<ChangedPool>,
    /// Emptied windows, kept for the next pool.
    spare: Vec<Vec<Step>>,
    activity: Activity,
    /// Steps dropped because a pool had too many in one window.
    pub forgotten: u64,
}

impl Sandwiches {
    /// `window_slots`: how many slots after the front a back still counts.
    #[must_use]
    pub fn new(window_slots: u64) -> Self {
        Sandwiches {
            window_slots,
            windows: HashMap::new(),
            moved: Vec::new(),
            spare: Vec::new(),
            activity: Activity::default(),
            forgotten: 0,
        }
    }

    /// Adds one transaction, failed ones too, and brings the pools to the state after it.
    pub fn on_transaction(&mut self, landed: &Landed<'_>, pools: &mut Pools, traffic: &[Traffic]) {
        let Landed { frame, transaction, signature, signer, legs, event_ns, .. } = landed;
        self.activity.push(landed);
        for leg in *legs {
            let landed = LandedLeg {
                slot: transaction.slot,
                index: transaction.index,
                signature: *signature,
                leg: *leg,
            };
            let index = pools.index_of(&leg.pool);
            let before = index.map(|index| *pools.at(index));
            let known = index.and_then(|index| traffic.get(index as usize));
            let past = known.map_or_else(PastTraffic::default, |traffic| traffic.past(transaction.slot));
            let kind = StepKind::Swap(Swap {
                landed,
                signer: *signer,
                event_ns: *event_ns,
                past,
                consumed: false,
                reported: false,
            });
            self.push(leg.pool, Step { before, kind });
            pools.apply(leg);
        }
        if !transaction.failed {
            self.settle_vaults(frame, transaction, pools);
        }
    }

    /// Brings known pools to the balances that the transaction left in their vaults.
    fn settle_vaults(&mut self, frame: &[u8], transaction: &Transaction, pools: &mut Pools) {
        let mut moved = std::mem::take(&mut self.moved);
        for balance in &transaction.tokens {
            let Some(account) = transaction.key(frame, balance.account).copied().map(Pubkey) else {
                continue;
            };
            let Some(VaultOf { pool, side }) = pools.vault(&account) else { continue };
            let Some(before) = pools.get(&pool).copied() else { continue };
            let delta = pools.set_vault_balance(&pool, side, balance.post.unwrap_or(0));
            if delta == 0 {
                continue;
            }
            match moved.iter_mut().find(|known| known.pool == pool) {
                Some(known) => known.deltas[side] += delta,
                None => {
                    let mut deltas = [0; 2];
                    deltas[side] = delta;
                    moved.push(ChangedPool { pool, before, deltas });
                }
            }
        }
        for ChangedPool { pool, before, deltas } in moved.drain(..) {
            self.push(pool, Step { before: Some(before), kind: StepKind::VaultChange(deltas) });
        }
        self.moved = moved;
    }

    fn push(&mut self, pool: Pubkey, step: Step) {
        let spare = &mut self.spare;
        let steps = self
            .windows
            .entry(pool)
            .or_insert_with(|| spare.pop().unwrap_or_else(|| Vec::with_capacity(STEPS_USUAL)));
        steps.push(step);
        if steps.len() > STEPS_PER_POOL_MAX {
            steps.remove(0);
            self.forgotten += 1;
        }
    }

    /// What the newest transaction tipped in the auction that our bundles are in, lamports.
    #[must_use]
    pub fn newest_auction_tip_lamports(&self) -> u64 {
        self.activity.newest_auction_tip_lamports()
    }

    /// Judges the attacks that the slot completed and drops steps to which no later back can belong.
    pub fn on_slot_end(&mut self, slot: u64, out: &mut Vec<Decision>) {
        let first = out.len();
        let oldest = slot.saturating_sub(self.window_slots);
        let activity = &self.activity;
        for steps in self.windows.values_mut() {
            loop {
                while let Some(attack) = find_attack(steps, activity, oldest, false) {
                    out.extend(judge(steps, &attack, activity));
                    mark_consumed(steps, attack.fronts.iter().chain(&attack.backs));
                }
                // A front without a back may distort the sums of a later slot. Fronts of one slot are kept or
                // dropped together: a party that sold two thirds of what it bought is not an attacker.
                let is_stale = |at: &usize| {
                    swap_of(&steps[*at]).is_some_and(|swap| !swap.consumed && swap.landed.slot <= oldest)
                };
                let stale: Vec<usize> = (0..steps.len()).filter(is_stale).collect();
                if stale.is_empty() {
                    break;
                }
                mark_consumed(steps, &stale);
            }
            // Attacks that already close, but to which a further back could belong.
            while let Some(attack) = find_attack(steps, activity, oldest, true) {
                let open = judge(steps, &attack, activity);
                out.extend(open.map(|decision| Decision { provisional: true, ..decision }));
                if let Some(last) = attack.backs.last()
                    && let StepKind::Swap(swap) = &mut steps[*last].kind
                {
                    swap.reported = true;
                }
            }
            steps.retain(|step| match &step.kind {
                StepKind::Swap(swap) => swap.landed.slot > oldest,
                StepKind::VaultChange(_) => true,
            });
            // What moved before the first swap that is kept is already in that swap's state.
            let begin = steps.iter().position(|step| swap_of(step).is_some()).unwrap_or(steps.len());
            steps.drain(..begin);
        }
        let spare = &mut self.spare;
        self.windows.retain(|_, steps| {
            if steps.is_empty() {
                spare.push(std::mem::take(steps));
            }
            steps.capacity() > 0
        });
        // Transfers that joined the wallets may be older than the front.
        self.activity.forget_before(oldest.saturating_sub(self.window_slots));
        // The map has no order: the stream's order is the only one that is the same on every host.
        out[first..].sort_by_key(|decision| (decision.backs.last().map(LandedLeg::order), decision.pool()));
    }
}
