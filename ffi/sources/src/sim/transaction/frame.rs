//! Writes a simulated transaction as the frame that a node would send.

use engine::pubkey::Pubkey;
use engine::token::TOKEN;

use super::builder::{Builder, Call, TopCall};
use super::order::{Op, Order};
use crate::proto::Writer;
use crate::sim::market::{Account, STATIC_LAMPORTS};

/// About how many compute units a swap takes.
const COMPUTE_UNITS: u64 = 65_000;
/// Custom program error "slippage exceeded" of both programs, as bincode has it.
const SLIPPAGE: [u8; 13] = [8, 0, 0, 0, 2, 25, 0, 0, 0, 30, 0, 0, 0];

impl Builder<'_> {
    /// `fee`: what it paid when it landed, lamports; `None`: it is not executed yet.
    pub fn write(&mut self, order: &Order<'_>, fee: Option<u64>, out: &mut Vec<u8>) {
        let vote = matches!(order.ops, [Op::Vote]);
        let failed = self.failed;
        if failed {
            self.swaps.clear();
        }
        Writer(out).message(4, |update| {
            update.message(1, |info| {
                info.bytes(1, &order.signature.0);
                info.number(2, vote.into());
                info.message(3, |transaction| self.write_message(order, transaction));
                if let Some(fee) = fee {
                    info.message(4, |meta| self.write_meta(fee, meta));
                    info.number(5, order.position.index);
                }
            });
            update.number(2, order.position.slot);
        });
    }

    fn write_message(&self, order: &Order<'_>, out: &mut Writer<'_>) {
        out.bytes(1, &order.signature.0);
        out.message(2, |message| {
            message.message(1, |header| header.number(1, 1));
            for key in &self.keys {
                message.bytes(2, &key.0);
            }
            message.bytes(3, &order.signature.0[..32]);
            for TopCall { call, .. } in &self.calls {
                message.message(4, |out| write_call(out, call));
            }
            message.number(5, 1);
        });
    }

    fn write_meta(&self, fee: u64, out: &mut Writer<'_>) {
        if self.failed {
            out.message(1, |error| error.bytes(1, &SLIPPAGE));
        }
        out.number(2, fee);
        let before =
            |key: &Pubkey| self.before.iter().find(|(known, _)| known == key).map(|(_, account)| *account);
        let lamports = |account: Option<Account>| account.map_or(STATIC_LAMPORTS, |account| account.lamports);
        let after = |key: &Pubkey| before(key).and(self.market.accounts.get(key).copied());
        out.packed(3, self.keys.iter().map(|key| lamports(before(key))));
        out.packed(4, self.keys.iter().map(|key| lamports(after(key))));
        for (top, TopCall { inner, .. }) in self.calls.iter().enumerate() {
            if self.failed || inner.is_empty() {
                continue;
            }
            out.message(5, |group| {
                group.number(1, top as u64);
                for call in inner {
                    group.message(2, |out| {
                        write_call(out, call);
                        out.number(4, call.height.into());
                    });
                }
            });
        }
        for field in [7, 8] {
            for (at, key) in self.keys.iter().enumerate() {
                let account = if field == 7 { before(key) } else { after(key) };
                let Some(held) = account.and_then(|account| account.token) else { continue };
                out.message(field, |balance| {
                    balance.number(1, at as u64);
                    balance.bytes(2, self.market.mints[held.mint].to_string().as_bytes());
                    balance.message(3, |amount| {
                        amount.number(2, self.market.decimals(held.mint).into());
                        amount.bytes(3, held.amount.to_string().as_bytes());
                    });
                    balance.bytes(4, held.owner.to_string().as_bytes());
                    balance.bytes(5, TOKEN.to_string().as_bytes());
                });
            }
        }
        out.number(16, COMPUTE_UNITS * self.calls.len() as u64);
    }
}

fn write_call(out: &mut Writer<'_>, call: &Call) {
    out.number(1, call.program.into());
    out.bytes_unless_empty(2, &call.accounts);
    out.bytes_unless_empty(3, &call.data);
}
