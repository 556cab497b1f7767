//! Lands transactions in the block of a slot, and closes the slot.

use std::convert::Infallible;

use engine::position::ChainPosition;
use engine::pubkey::{Pubkey, Signature};

use super::actions::Action;
use super::chain::{Chain, Leaving, WINDOW_SLOTS};
use super::round_trip::{LegPosition, PoolChange, PoolEvent};
use super::transaction::{Op, Order, Via, announce, execute};
use crate::block::Block;

impl Chain {
    /// Shows some of the trades before they are executed.
    pub fn announce(&mut self, actions: &[Action], block: &mut Block) {
        for action in actions {
            if let Action::Trade { wallet, signature, pool, side, amount, min_out, via } = *action
                && self.random.chance(30)
            {
                let ops = [Op::Swap { pool, side, amount: Some(amount), min_out, via }];
                let at = self.time_ns(block.len());
                let order = Order {
                    position: ChainPosition { slot: self.slot, index: 0 },
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
    }

    /// Lands a transaction. Returns what its last swap got (0 without one), or `None` when it failed.
    pub fn send(
        &mut self,
        index: u64,
        signer: Pubkey,
        signature: Signature,
        ops: &[Op],
        block: &mut Block,
    ) -> Option<u64> {
        let before: Vec<_> = (0..self.market.pools.len()).map(|pool| self.market.state(pool)).collect();
        let priority_lamports = if self.random.chance(50) { self.random.below(200_000) } else { 0 };
        let position = ChainPosition { slot: self.slot, index };
        let order = Order { position, signer, signature, priority_lamports, ops };
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
            self.history[swap.pool].push(PoolEvent {
                position: LegPosition { transaction: position, leg },
                signature: executed.signature,
                wallet: signer,
                shared,
                before: before[swap.pool],
                change: PoolChange::Swap {
                    side: swap.side,
                    amount_in: swap.amount_in,
                    amount_out: swap.amount_out,
                },
            });
        }
        for op in ops {
            if let Op::Liquidity { pool, amounts, withdraw } = *op {
                let sign = if withdraw { -1 } else { 1 };
                self.history[pool].push(PoolEvent {
                    position: LegPosition { transaction: position, leg: 0 },
                    signature,
                    wallet: signer,
                    shared,
                    before: before[pool],
                    change: PoolChange::Liquidity(amounts.map(|amount| sign * i128::from(amount))),
                });
            }
        }
        Some(executed.swaps.last().map_or(0, |swap| swap.amount_out))
    }

    /// Judges the round trips that have ended and removes the wallets that do not trade again.
    pub fn settle(&mut self) {
        let slot = self.slot;
        let mut over: Vec<u64> = self
            .round_trips
            .iter()
            .filter(|(_, round_trip)| round_trip.last_slot <= slot)
            .map(|(&id, _)| id)
            .collect();
        over.sort_unstable();
        for id in over {
            let Some(round_trip) = self.round_trips.remove(&id) else { continue };
            let history = &self.history[round_trip.pool];
            let found = round_trip.judge(&self.market, history);
            round_trip.count(found.as_ref(), history, &mut self.routed);
            self.ledger.extend(found);
            self.leaving.extend(round_trip.wallets.iter().map(|&wallet| Leaving { last_slot: slot, wallet }));
        }
        let market = &mut self.market;
        self.leaving.retain(|Leaving { last_slot, wallet }| {
            let gone = *last_slot <= slot;
            if gone {
                market.forget(wallet);
            }
            !gone
        });
        for history in &mut self.history {
            history.retain(|one| one.position.transaction.slot + WINDOW_SLOTS + 1 > slot);
        }
    }
}

fn infallible(result: Result<(), Infallible>) {
    match result {
        Ok(()) => {}
        Err(never) => match never {},
    }
}
