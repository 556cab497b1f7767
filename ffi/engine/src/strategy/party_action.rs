//! One transaction as an action of its party: what it changed for each owner, what it tipped, whom it paid.

use super::Landed;
use crate::frame::Transaction;
use crate::position::ChainPosition;
use crate::pubkey::{Pubkey, Signature};
use crate::tips::{self, PaidTip, TipAccounts, Transfer};
use crate::token;

/// A transaction's effect on what one owner holds.
#[derive(Clone, Copy, Debug)]
struct Effect {
    owner: Pubkey,
    lamports: i128,
    /// For a token account.
    token: Option<TokenChange>,
}

/// What a token account gained or lost.
#[derive(Clone, Copy, Debug)]
struct TokenChange {
    mint: Pubkey,
    /// Base units.
    units: i128,
}

/// Something that went from one wallet to another.
pub(super) struct WalletTransfer {
    pub(super) from: Pubkey,
    pub(super) to: Pubkey,
}

/// What a party gained or lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct PartyChange {
    /// Over all its accounts, wrapped ones too.
    pub lamports: i128,
    /// Base units of one mint.
    pub tokens: i128,
}

/// One transaction of the window.
#[derive(Default)]
pub struct PartyAction {
    /// Where the transaction is.
    pub position: ChainPosition,
    /// Names it.
    pub signature: Signature,
    /// Fee payer.
    pub signer: Pubkey,
    /// Whether it failed.
    pub failed: bool,
    /// Whether it swapped anywhere.
    pub swaps: bool,
    /// Whether it named a token account: it may then have swapped in a program that we cannot read.
    tokens: bool,
    /// Lamports, base and priority.
    pub fee_lamports: u64,
    /// Paid to tip accounts, each service once.
    pub tips: Vec<PaidTip>,
    /// Between wallets, at the top level.
    pub(super) transfers: Vec<WalletTransfer>,
    effects: Vec<Effect>,
    /// Accounts that a failed transaction named: what it tried to touch.
    named: Vec<Pubkey>,
}

impl PartyAction {
    /// Lists with room for nearly every transaction, so that a reused one need not grow.
    pub(super) fn with_room() -> PartyAction {
        PartyAction {
            tips: Vec::with_capacity(2),
            transfers: Vec::with_capacity(8),
            effects: Vec::with_capacity(48),
            named: Vec::with_capacity(64),
            ..PartyAction::default()
        }
    }

    /// Reads one.
    #[must_use]
    pub fn read(landed: &Landed<'_>) -> PartyAction {
        let mut action = PartyAction::default();
        action.refill(landed);
        action
    }

    /// Like [`PartyAction::read`], into the lists of an old one.
    pub(super) fn refill(&mut self, landed: &Landed<'_>) {
        let Landed { frame, transaction, signature, signer, legs, tip_accounts, .. } = *landed;
        let key = |index: usize| Pubkey(*transaction.key(frame, index as u8).unwrap_or(&[0; 32]));
        let mut is_token = [false; crate::frame::KEYS_MAX];
        let delta = |at: usize| {
            let (pre, post) = (transaction.pre_lamports.get(at), transaction.post_lamports.get(at));
            pre.zip(post).map_or(0, |(&pre, &post)| i128::from(post) - i128::from(pre))
        };
        self.effects.clear();
        for token in &transaction.tokens {
            let at = usize::from(token.account);
            is_token[at] = true;
            let (Some(owner), Some(mint)) = (token.owner(frame), token.mint(frame)) else {
                continue;
            };
            let units = i128::from(token.post.unwrap_or(0)) - i128::from(token.pre.unwrap_or(0));
            self.effects.push(Effect {
                owner,
                lamports: delta(at),
                token: Some(TokenChange { mint, units }),
            });
        }
        for (at, is_token) in is_token.iter().enumerate().take(transaction.keys.len()) {
            if !is_token && delta(at) != 0 {
                self.effects.push(Effect { owner: key(at), lamports: delta(at), token: None });
            }
        }
        self.transfers.clear();
        self.tips.clear();
        read_transfers(frame, transaction, tip_accounts, &mut self.transfers, &mut self.tips);
        self.named.clear();
        if transaction.failed {
            self.named.extend((0..transaction.keys.len()).map(key));
        }
        self.position = landed.position();
        (self.signature, self.signer) = (signature, signer);
        (self.failed, self.swaps) = (transaction.failed, !legs.is_empty());
        self.tokens = !transaction.tokens.is_empty();
        self.fee_lamports = transaction.fee_lamports;
    }

    /// What the party gained or lost in lamports and in `mint`.
    #[must_use]
    pub fn change(&self, party: &[Pubkey], mint: &Pubkey) -> PartyChange {
        let own = self.effects.iter().filter(|effect| party.contains(&effect.owner));
        own.fold(PartyChange::default(), |sum, effect| {
            let units = effect.token.filter(|token| token.mint == *mint).map_or(0, |token| token.units);
            PartyChange { lamports: sum.lamports + effect.lamports, tokens: sum.tokens + units }
        })
    }

    /// Paid to tip accounts of all services.
    #[must_use]
    pub fn tip_lamports(&self) -> u64 {
        self.tips.iter().fold(0, |sum, tip| sum.saturating_add(tip.lamports))
    }

    /// Whether it only paid a tip.
    #[must_use]
    pub fn is_tip(&self) -> bool {
        self.tip_lamports() > 0 && !self.swaps && !self.tokens && !self.failed
    }

    /// Whether it failed while naming `account`.
    #[must_use]
    pub fn failed_on(&self, account: &Pubkey) -> bool {
        self.failed && self.named.contains(account)
    }

    /// Whether it moved something between two of `party`.
    #[must_use]
    pub fn links(&self, party: &[Pubkey]) -> bool {
        self.transfers
            .iter()
            .any(|WalletTransfer { from, to }| from != to && party.contains(from) && party.contains(to))
    }
}

/// Top-level transfers of SOL and tokens by owner, and what went to tip accounts at any depth.
fn read_transfers(
    frame: &[u8],
    transaction: &Transaction,
    tip_accounts: &TipAccounts,
    transfers: &mut Vec<WalletTransfer>,
    tips: &mut Vec<PaidTip>,
) {
    for call in &transaction.instructions {
        let key = |index: u8| transaction.key(frame, index).copied().map(Pubkey);
        if let Some(Transfer { from, to, lamports }) = Transfer::of(frame, transaction, call) {
            let (Some(from), Some(to)) = (key(from), key(to)) else { continue };
            match tip_accounts.service_of(&to) {
                Some(service) if !transaction.failed => tips::add_tip(tips, service, lamports),
                Some(_) => {}
                None if call.inner == 0 => transfers.push(WalletTransfer { from, to }),
                None => {}
            }
        } else if call.inner == 0
            && key(call.program)
                .is_some_and(|program| program == token::TOKEN || program == token::TOKEN_2022)
        {
            let owner = |account: u8| transaction.token(account)?.owner(frame);
            let Some(moved) = token::transfer(call.data.of(frame), call.accounts.of(frame)) else { continue };
            let ends = owner(moved.source).zip(owner(moved.destination));
            transfers.extend(ends.map(|(from, to)| WalletTransfer { from, to }));
        }
    }
}
