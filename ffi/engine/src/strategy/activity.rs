//! What wallets did in the last slots: enough to say which transactions belong to an attack, which
//! wallets are one party, and what the party gained.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::frame::Transaction;
use crate::pubkey::{Pubkey, Signature};
use crate::tips::{self, JITO, TipAccounts, Transfer};
use crate::token;
use crate::trader;

/// A transaction's effect on what one owner holds.
#[derive(Clone, Copy, Debug)]
struct Effect {
    owner: Pubkey,
    lamports: i128,
    /// Mint and change, for a token account.
    token: Option<(Pubkey, i128)>,
}

/// One transaction of the window.
#[derive(Default)]
pub struct PartyAction {
    /// Slot and index.
    pub order: (u64, u64),
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
    pub tips: Vec<(Arc<str>, u64)>,
    /// Between wallets, at the top level.
    transfers: Vec<(Pubkey, Pubkey)>,
    effects: Vec<Effect>,
    /// Accounts that a failed transaction named: what it tried to touch.
    named: Vec<Pubkey>,
}

impl PartyAction {
    /// Lists with room for nearly every transaction, so that a reused one need not grow.
    fn with_room() -> PartyAction {
        PartyAction {
            tips: Vec::with_capacity(2),
            transfers: Vec::with_capacity(8),
            effects: Vec::with_capacity(48),
            named: Vec::with_capacity(64),
            ..PartyAction::default()
        }
    }

    /// Reads it from a walked frame.
    #[must_use]
    pub fn read(
        frame: &[u8],
        transaction: &Transaction,
        signature: Signature,
        signer: Pubkey,
        swaps: bool,
        tip_accounts: &TipAccounts,
    ) -> PartyAction {
        let mut action = PartyAction::default();
        action.refill(frame, transaction, signature, signer, swaps, tip_accounts);
        action
    }

    /// As [`PartyAction::read`], into the lists of an old one.
    fn refill(
        &mut self,
        frame: &[u8],
        transaction: &Transaction,
        signature: Signature,
        signer: Pubkey,
        swaps: bool,
        tip_accounts: &TipAccounts,
    ) {
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
            let change = i128::from(token.post.unwrap_or(0)) - i128::from(token.pre.unwrap_or(0));
            self.effects.push(Effect { owner, lamports: delta(at), token: Some((mint, change)) });
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
        self.order = (transaction.slot, transaction.index);
        (self.signature, self.signer) = (signature, signer);
        (self.failed, self.swaps) = (transaction.failed, swaps);
        self.tokens = !transaction.tokens.is_empty();
        self.fee_lamports = transaction.fee_lamports;
    }

    /// Lamports and units of `mint` that the party gained or lost.
    #[must_use]
    pub fn change(&self, party: &[Pubkey], mint: &Pubkey) -> (i128, i128) {
        let own = self.effects.iter().filter(|effect| party.contains(&effect.owner));
        own.fold((0, 0), |(lamports, tokens), effect| {
            let units = effect.token.filter(|(known, _)| known == mint).map_or(0, |(_, units)| units);
            (lamports + effect.lamports, tokens + units)
        })
    }

    /// Paid to tip accounts of all services.
    #[must_use]
    pub fn tip_lamports(&self) -> u64 {
        self.tips.iter().fold(0, |sum, (_, lamports)| sum.saturating_add(*lamports))
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
        self.transfers.iter().any(|(from, to)| from != to && party.contains(from) && party.contains(to))
    }
}

/// Top-level transfers of SOL and tokens by owner, and what went to tip accounts at any depth.
fn read_transfers(
    frame: &[u8],
    transaction: &Transaction,
    tip_accounts: &TipAccounts,
    transfers: &mut Vec<(Pubkey, Pubkey)>,
    tips: &mut Vec<(Arc<str>, u64)>,
) {
    for call in &transaction.instructions {
        let key = |index: u8| transaction.key(frame, index).copied().map(Pubkey);
        if let Some(Transfer { from, to, lamports }) = Transfer::of(frame, transaction, call) {
            let (Some(from), Some(to)) = (key(from), key(to)) else { continue };
            match tip_accounts.service_of(&to) {
                Some(service) if !transaction.failed => tips::add_tip(tips, service, lamports),
                Some(_) => {}
                None if call.inner == 0 => transfers.push((from, to)),
                None => {}
            }
        } else if call.inner == 0
            && key(call.program)
                .is_some_and(|program| program == token::TOKEN || program == token::TOKEN_2022)
        {
            let owner = |account: u8| transaction.token(account)?.owner(frame);
            let Some(moved) = token::transfer(call.data.of(frame), call.accounts.of(frame)) else { continue };
            transfers.extend(owner(moved.source).zip(owner(moved.destination)));
        }
    }
}

/// Lamports that left a party by plain transfers, less what the same wallets sent back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MovedOut {
    /// To all wallets that are not the party's, without tips.
    pub lamports: u64,
    /// The part of it that went to wallets that held nothing before, at most what these hold in the end.
    pub funded_lamports: u64,
}

/// What the party's wallets sent to others in one transaction, at any depth. A program's account does not count as
/// a wallet: what it gets is the price of something.
#[must_use]
pub fn moved_out(
    frame: &[u8],
    transaction: &Transaction,
    party: &[Pubkey],
    tip_accounts: &TipAccounts,
) -> MovedOut {
    // For each other account: what it got from the party less what it sent back.
    let mut others: Vec<(u8, i128)> = Vec::new();
    for call in &transaction.instructions {
        let key = |index: u8| transaction.key(frame, index).copied().map(Pubkey);
        let Some(Transfer { from, to, lamports }) = Transfer::of(frame, transaction, call) else { continue };
        let (Some(source), Some(target)) = (key(from), key(to)) else { continue };
        let (other, change) = match [party.contains(&source), party.contains(&target)] {
            [true, false] if tip_accounts.service_of(&target).is_none() => (to, i128::from(lamports)),
            [false, true] => (from, -i128::from(lamports)),
            _ => continue,
        };
        match others.iter_mut().find(|(known, _)| *known == other) {
            Some((_, sum)) => *sum += change,
            None => others.push((other, change)),
        }
    }
    let mut moved = MovedOut::default();
    for (other, sum) in others {
        let at = usize::from(other);
        let balances = transaction.pre_lamports.get(at).zip(transaction.post_lamports.get(at));
        let Some((before, after)) = balances.filter(|(_, after)| sum > 0 && **after > 0) else { continue };
        // Token accounts are skipped: one is created empty, filled and closed again, and its owner is known otherwise.
        let wallet = transaction.key(frame, other).is_some_and(|key| trader::on_curve(&Pubkey(*key)));
        if !wallet || transaction.token(other).is_some() {
            continue;
        }
        let sum = u64::try_from(sum).unwrap_or(u64::MAX);
        moved.lamports = moved.lamports.saturating_add(sum);
        if *before == 0 {
            // Capped at the wallet's final balance: the same lamports may have passed through it more than once.
            moved.funded_lamports = moved.funded_lamports.saturating_add(sum.min(*after));
        }
    }
    moved
}

/// Most transactions remembered; about ten times what four full slots hold.
const ACTIONS_MAX: usize = 65_536;

/// Transactions that a window holds without an allocation; more allocate once.
const ACTIONS_USUAL: usize = 1_024;

/// The transactions of the window, oldest first.
pub struct Activity {
    actions: VecDeque<PartyAction>,
    /// Forgotten ones, whose lists are reused.
    spare: Vec<PartyAction>,
    /// Transactions dropped because the window held too many.
    pub forgotten: u64,
}

impl Default for Activity {
    fn default() -> Self {
        Activity {
            actions: VecDeque::with_capacity(ACTIONS_USUAL),
            spare: (0..ACTIONS_USUAL).map(|_| PartyAction::with_room()).collect(),
            forgotten: 0,
        }
    }
}

impl Activity {
    /// Adds the newest transaction.
    pub fn push(
        &mut self,
        frame: &[u8],
        transaction: &Transaction,
        signature: Signature,
        signer: Pubkey,
        swaps: bool,
        tip_accounts: &TipAccounts,
    ) {
        let mut action = self.spare.pop().unwrap_or_else(PartyAction::with_room);
        if self.actions.len() == ACTIONS_MAX {
            self.spare.extend(self.actions.pop_front());
            self.forgotten += 1;
        }
        action.refill(frame, transaction, signature, signer, swaps, tip_accounts);
        self.actions.push_back(action);
    }

    /// What the newest transaction tipped in the auction that our bundles are in, lamports.
    #[must_use]
    pub fn newest_auction_tip_lamports(&self) -> u64 {
        let tips = self.actions.back().map_or(&[][..], |action| &action.tips);
        tips.iter().find(|(service, _)| **service == *JITO).map_or(0, |(_, lamports)| *lamports)
    }

    /// Forgets everything before `slot`.
    pub fn forget_before(&mut self, slot: u64) {
        while self.actions.front().is_some_and(|action| action.order.0 < slot) {
            self.spare.extend(self.actions.pop_front());
        }
    }

    /// The transactions from `first` to `last`, both included.
    pub fn between(&self, first: (u64, u64), last: (u64, u64)) -> impl Iterator<Item = &PartyAction> {
        let begin = self.actions.partition_point(|action| action.order < first);
        self.actions.range(begin..).take_while(move |action| action.order <= last)
    }

    /// `wallet` and every wallet that exchanged something with it directly in the window.
    #[must_use]
    pub fn party_of(&self, wallets: &[Pubkey]) -> Vec<Pubkey> {
        let mut party = wallets.to_vec();
        party.dedup();
        for (from, to) in
            self.actions.iter().filter(|action| !action.failed).flat_map(|action| &action.transfers)
        {
            for (one, other) in [(from, to), (to, from)] {
                if wallets.contains(one) && !party.contains(other) {
                    party.push(*other);
                }
            }
        }
        party
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Instruction, Span};

    /// A made frame: keys 0 (the party, signs), 1 (empty before), 2 (a wallet), 3 (a tip account), 4 (a program's
    /// account), 5 the system program; and the system program's transfers: from, to, lamports.
    fn made(sent: &[(u8, u8, u64)], after: [u64; 5]) -> (Vec<u8>, Transaction, [Pubkey; 6]) {
        let wallet = |text: &[u8]| Pubkey::parse(text).expect("base58");
        let keys = [
            wallet(b"9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM"),
            wallet(b"HTVZVEQMBsNanubDPTs3CxDAEGNFQHJY8c1441iy2S5r"),
            wallet(b"998ZvyqUhJ5z6VViumeEyNVAiVkDRAyjMCX6JbKm1o9h"),
            wallet(b"96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5"),
            wallet(b"6LXutJvKUw8Q5ue2gCgKHQdAN4suWW8awzFVC6XCguFx"),
            token::SYSTEM,
        ];
        let mut frame: Vec<u8> = keys.iter().flat_map(|key| key.0).collect();
        let mut transaction = Transaction::default();
        transaction.signers = 1;
        transaction.keys = (0..6).map(|at| Span::new(at * 32, 32)).collect();
        for (from, to, lamports) in sent {
            let begin = frame.len() as u32;
            frame.extend([*from, *to, 2, 0, 0, 0]);
            frame.extend(lamports.to_le_bytes());
            let call = Instruction {
                program: 5,
                accounts: Span::new(begin, 2),
                data: Span::new(begin + 2, 12),
                ..Instruction::default()
            };
            transaction.instructions.push(call);
        }
        transaction.pre_lamports = vec![5_000, 0, 50, 50, 50, 1];
        transaction.post_lamports = [&after[..], &[1]].concat();
        (frame, transaction, keys)
    }

    #[test]
    fn moved_out_leaves_out_tips_and_prices_and_sums_empty_wallets_on_their_own() {
        let sent = [(0, 1, 100), (0, 2, 200), (0, 3, 300), (0, 4, 400)];
        let (frame, transaction, keys) = made(&sent, [4_000, 100, 250, 350, 450]);
        let moved = moved_out(&frame, &transaction, &keys[..1], &TipAccounts::default());
        assert_eq!(moved, MovedOut { lamports: 300, funded_lamports: 100 });
        assert_eq!(
            moved_out(&frame, &transaction, &keys[..3], &TipAccounts::default()),
            MovedOut::default(),
            "its own wallets"
        );
    }

    #[test]
    fn moved_out_counts_lamports_that_return_and_leave_again_once() {
        // What is sent, what the empty wallet and the other one hold in the end; to wallets, of it to the empty one.
        type Row<'a> = (&'a str, &'a [(u8, u8, u64)], [u64; 2], [u64; 2]);
        let rows: [Row; 6] = [
            ("there, back and there", &[(0, 1, 100), (1, 0, 100), (0, 1, 100)], [100, 50], [100, 100]),
            ("there and back", &[(0, 1, 100), (1, 0, 100)], [0, 50], [0, 0]),
            ("a part comes back", &[(0, 1, 100), (1, 0, 30)], [70, 50], [70, 70]),
            ("in two parts", &[(0, 1, 100), (0, 1, 20)], [120, 50], [120, 120]),
            (
                "back through another wallet",
                &[(0, 1, 100), (1, 2, 100), (2, 0, 100), (0, 1, 100)],
                [100, 50],
                [200, 100],
            ),
            ("more comes back than went", &[(0, 2, 10), (2, 0, 40), (0, 1, 5)], [5, 20], [5, 5]),
        ];
        for (name, sent, [empty, other], [lamports, funded_lamports]) in rows {
            let (frame, transaction, keys) = made(sent, [4_000, empty, other, 50, 50]);
            let moved = moved_out(&frame, &transaction, &keys[..1], &TipAccounts::default());
            assert_eq!(moved, MovedOut { lamports, funded_lamports }, "{name}");
        }
    }
}
