//! Writes a simulated transaction as the frame that a node would send.

use engine::geyser::{
    inner_instructions, instruction, message, message_header, meta, token_balance, transaction,
    transaction_error, transaction_info, ui_token_amount, update, update_transaction,
};
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
        Writer(out).message(update::TRANSACTION, |update| {
            update.message(update_transaction::INFO, |info| {
                info.bytes(transaction_info::SIGNATURE, &order.signature.0);
                info.number(transaction_info::IS_VOTE, vote.into());
                info.message(transaction_info::TRANSACTION, |transaction| {
                    self.write_message(order, transaction)
                });
                if let Some(fee) = fee {
                    info.message(transaction_info::META, |meta| self.write_meta(fee, meta));
                    info.number(transaction_info::INDEX, order.position.index);
                }
            });
            update.number(update_transaction::SLOT, order.position.slot);
        });
    }

    fn write_message(&self, order: &Order<'_>, out: &mut Writer<'_>) {
        out.bytes(transaction::SIGNATURES, &order.signature.0);
        out.message(transaction::MESSAGE, |message| {
            message
                .message(message::HEADER, |header| header.number(message_header::NUM_REQUIRED_SIGNATURES, 1));
            for key in &self.keys {
                message.bytes(message::ACCOUNT_KEYS, &key.0);
            }
            message.bytes(message::RECENT_BLOCKHASH, &order.signature.0[..32]);
            for TopCall { call, .. } in &self.calls {
                message.message(message::INSTRUCTIONS, |out| write_call(out, call));
            }
            message.number(message::VERSIONED, 1);
        });
    }

    fn write_meta(&self, fee: u64, out: &mut Writer<'_>) {
        if self.failed {
            out.message(meta::ERR, |error| error.bytes(transaction_error::ERR, &SLIPPAGE));
        }
        out.number(meta::FEE, fee);
        let before =
            |key: &Pubkey| self.before.iter().find(|(known, _)| known == key).map(|(_, account)| *account);
        let lamports = |account: Option<Account>| account.map_or(STATIC_LAMPORTS, |account| account.lamports);
        let after = |key: &Pubkey| before(key).and(self.market.accounts.get(key).copied());
        out.packed(meta::PRE_BALANCES, self.keys.iter().map(|key| lamports(before(key))));
        out.packed(meta::POST_BALANCES, self.keys.iter().map(|key| lamports(after(key))));
        for (top, TopCall { inner, .. }) in self.calls.iter().enumerate() {
            if self.failed || inner.is_empty() {
                continue;
            }
            out.message(meta::INNER_INSTRUCTIONS, |group| {
                group.number(inner_instructions::INDEX, top as u64);
                for call in inner {
                    group.message(inner_instructions::INSTRUCTIONS, |out| {
                        write_call(out, call);
                        out.number(instruction::STACK_HEIGHT, call.height.into());
                    });
                }
            });
        }
        for field in [meta::PRE_TOKEN_BALANCES, meta::POST_TOKEN_BALANCES] {
            for (at, key) in self.keys.iter().enumerate() {
                let account = if field == meta::PRE_TOKEN_BALANCES { before(key) } else { after(key) };
                let Some(held) = account.and_then(|account| account.token) else { continue };
                out.message(field, |balance| {
                    balance.number(token_balance::ACCOUNT_INDEX, at as u64);
                    balance.bytes(token_balance::MINT, self.market.mints[held.mint].to_string().as_bytes());
                    balance.message(token_balance::UI_TOKEN_AMOUNT, |amount| {
                        amount.number(ui_token_amount::DECIMALS, self.market.decimals(held.mint).into());
                        amount.bytes(ui_token_amount::AMOUNT, held.amount.to_string().as_bytes());
                    });
                    balance.bytes(token_balance::OWNER, held.owner.to_string().as_bytes());
                    balance.bytes(token_balance::PROGRAM_ID, TOKEN.to_string().as_bytes());
                });
            }
        }
        out.number(meta::COMPUTE_UNITS_CONSUMED, COMPUTE_UNITS * self.calls.len() as u64);
    }
}

fn write_call(out: &mut Writer<'_>, call: &Call) {
    out.number(instruction::PROGRAM_ID_INDEX, call.program.into());
    out.bytes_unless_empty(instruction::ACCOUNTS, &call.accounts);
    out.bytes_unless_empty(instruction::DATA, &call.data);
}
