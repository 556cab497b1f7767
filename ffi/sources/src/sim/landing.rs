//! Lands transactions in the block of a slot, and closes the slot.

use std::convert::Infallible;

use engine::pubkey::{Pubkey, Signature};

use super::acts::Act;
use super::chain::{Chain, WINDOW_SLOTS};
use super::plot::{Happened, What};
use super::transaction::{Op, Order, Via, announce, execute};
use crate::block::Block;

impl Chain {
    /// Shows some of the trades before they are executed.
    pub fn announce(&mut self, acts: &[Act], block: &mut Block) {
        for act in acts {
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
    pub fn settle(&mut self) {
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
