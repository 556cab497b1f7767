//! Performs the actions of a slot, one transaction each.

use engine::position::ChainPosition;

use super::actions::Action;
use super::chain::{Chain, SOL_LAMPORTS};
use super::round_trip::{LegPosition, PlacedLeg};
use super::transaction::{Op, Via};
use crate::block::Block;

/// What a transfer between two wallets moves, if it is not tokens.
const LINK_LAMPORTS: u64 = 10_000_000;

impl Chain {
    /// Performs the slot's action with this index.
    pub fn perform(&mut self, index: u64, action: &Action, block: &mut Block) {
        match *action {
            Action::Trade { wallet, signature, pool, side, amount, min_out, via } => {
                let ops = [Op::Swap { pool, side, amount: Some(amount), min_out, via }];
                self.send(index, wallet, signature, &ops, block);
            }
            Action::Front { round_trip, amount } => self.front(index, round_trip, amount, block),
            Action::Back { round_trip, share_pct, of_open_pct, tip_lamports } => {
                self.back(index, round_trip, share_pct, of_open_pct, tip_lamports, block);
            }
            Action::Link { round_trip, tokens } => self.link(index, round_trip, tokens, block),
            Action::Tip { round_trip, lamports } => {
                let Some(wallet) = self
                    .round_trips
                    .get(&round_trip)
                    .and_then(|round_trip| round_trip.wallets.last().copied())
                else {
                    return;
                };
                let ops = [self.tip(lamports)];
                let signature = self.random.signature();
                self.send(index, wallet, signature, &ops, block);
            }
            Action::FailedTry { round_trip } => {
                let Some(round_trip) = self.round_trips.get(&round_trip) else { return };
                let (wallet, pool, side) = (round_trip.wallets[0], round_trip.pool, round_trip.side);
                let ops = [Op::Swap { pool, side, amount: Some(1_000), min_out: u64::MAX, via: Via::Direct }];
                let signature = self.random.signature();
                self.send(index, wallet, signature, &ops, block);
            }
            Action::Arbitrage { careful } => self.arbitrage(index, careful, block),
            Action::Liquidity { wallet, pool, amounts, withdraw } => {
                let ops = [Op::Liquidity { pool, amounts, withdraw }];
                let signature = self.random.signature();
                self.send(index, wallet, signature, &ops, block);
            }
            Action::Vote => {
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
        let Some(round_trip) = self.round_trips.get(&id) else { return };
        let (wallet, pool, side) = (round_trip.wallets[0], round_trip.pool, round_trip.side);
        let via = match (round_trip.shared, self.random.chance(20)) {
            (true, _) => Via::SHARED,
            (false, true) => Via::Router,
            (false, false) => Via::Direct,
        };
        let ops = [Op::Swap { pool, side, amount: Some(amount), min_out: 0, via }];
        let signature = self.random.signature();
        let Some(got) = self.send(index, wallet, signature, &ops, block) else { return };
        let position = self.first_leg(index);
        if let Some(round_trip) = self.round_trips.get_mut(&id) {
            round_trip.front_in += u128::from(amount);
            round_trip.front_out += u128::from(got);
            round_trip.fronts.push(PlacedLeg { position, signature });
        }
    }

    fn back(&mut self, index: u64, id: u64, share_pct: u64, of_open_pct: u64, tip: u64, block: &mut Block) {
        let Some(round_trip) = self.round_trips.get(&id) else { return };
        let Some(&wallet) = round_trip.wallets.last() else { return };
        let (pool, side) = (round_trip.pool, 1 - round_trip.side);
        let (opened, closed) = if round_trip.sells_first {
            (round_trip.front_in, round_trip.back_out)
        } else {
            (round_trip.front_out, round_trip.back_in)
        };
        let left = (opened * u128::from(of_open_pct) / 100).saturating_sub(closed);
        let part = u64::try_from(left * u128::from(share_pct) / 100).unwrap_or(0);
        let amount = if round_trip.sells_first { self.market.amount_for(pool, side, part) } else { part };
        let via = if round_trip.shared { Via::SHARED } else { Via::Direct };
        let mut ops = vec![Op::Swap { pool, side, amount: Some(amount), min_out: 0, via }];
        if tip > 0 {
            ops.push(self.tip(tip));
        }
        let signature = self.random.signature();
        let Some(got) = self.send(index, wallet, signature, &ops, block) else { return };
        let position = self.first_leg(index);
        if let Some(round_trip) = self.round_trips.get_mut(&id) {
            round_trip.back_in += u128::from(amount);
            round_trip.back_out += u128::from(got);
            round_trip.backs.push(PlacedLeg { position, signature });
        }
    }

    fn first_leg(&self, index: u64) -> LegPosition {
        LegPosition { transaction: ChainPosition { slot: self.slot, index }, leg: 0 }
    }

    /// A transfer from the first wallet to the second: what the fronts got, or some lamports.
    fn link(&mut self, index: u64, id: u64, tokens: bool, block: &mut Block) {
        let Some(round_trip) = self.round_trips.get(&id) else { return };
        let (&[from, to], pool, side) = (
            &round_trip.wallets[..2].try_into().unwrap_or([round_trip.wallets[0]; 2]),
            round_trip.pool,
            round_trip.side,
        );
        let amount = u64::try_from(round_trip.front_out).unwrap_or(0);
        let op = if tokens {
            // Includes part of its earlier stock, so that it can sell more than the fronts got.
            let amount = amount + amount / 2;
            Op::SendToken { mint: self.market.pools[pool].mints[1 - side], to, amount }
        } else {
            Op::Send { to, lamports: LINK_LAMPORTS }
        };
        let signature = self.random.signature();
        self.send(index, from, signature, &[op], block);
    }
}
