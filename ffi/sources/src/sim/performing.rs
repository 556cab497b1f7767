//! Performs the acts of a slot, one transaction each.

use super::acts::Act;
use super::chain::{Chain, SOL_LAMPORTS};
use super::plot::Placed;
use super::transaction::{Op, Via};
use crate::block::Block;

impl Chain {
    /// Performs the slot's act of this index.
    pub fn perform(&mut self, index: u64, act: &Act, block: &mut Block) {
        match *act {
            Act::Trade { wallet, signature, pool, side, amount, min_out, via } => {
                let ops = [Op::Swap { pool, side, amount: Some(amount), min_out, via }];
                self.send(index, wallet, signature, &ops, block);
            }
            Act::Front { plot, amount } => self.front(index, plot, amount, block),
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

    /// A payment to one of the tip accounts.
    pub fn tip(&mut self, lamports: u64) -> Op {
        Op::Send { to: self.tips[self.random.index(self.tips.len())], lamports }
    }

    fn front(&mut self, index: u64, id: u64, amount: u64, block: &mut Block) {
        let Some(plot) = self.plots.get(&id) else { return };
        let (wallet, pool, side) = (plot.wallets[0], plot.pool, plot.side);
        let via = match (plot.shared, self.random.chance(20)) {
            (true, _) => Via::SHARED,
            (false, true) => Via::Router,
            (false, false) => Via::Direct,
        };
        let ops = [Op::Swap { pool, side, amount: Some(amount), min_out: 0, via }];
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
}
