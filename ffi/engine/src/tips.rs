//! Tips for landing: whose accounts are known, what went to them, and which other accounts look like some.

use std::sync::Arc;

use crate::frame::{Instruction, Transaction};
use crate::pubkey::Pubkey;
use crate::token::{self, program};

/// The service whose auction our bundles are in: its tips alone say what landing costs there.
pub const JITO: &str = "jito";

/// The accounts that are known without a file, as each service publishes them for its users.
const BASE: [(&str, &[Pubkey]); 6] = [
    // `getTipAccounts` of its block engine.
    (
        JITO,
        &[
            program(b"96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5"),
            program(b"HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe"),
            program(b"Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY"),
            program(b"ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49"),
            program(b"DfXygSm4jCyNCybVYYK6DwvWqjKee8pbDmJGcLWNDXjh"),
            program(b"ADuUkR4vqLUMWXxW9gh6D6L8pMSawimctcNZ5pGwDcEt"),
            program(b"DttWaMuVvTiduZRnguLF7jNxTgiMBZ1hyAumKUiL2KRL"),
            program(b"3AVi9Tg9Uo68tJfuvoKvqKNWKkC5wPdSSdeBnizKZ6jT"),
        ],
    ),
    // From the service's guide to sending transactions.
    (
        "astralane",
        &[
            program(b"astrazznxsGUhWShqgNtAdfrzP2G83DzcWVJDxwV9bF"),
            program(b"astra4uejePWneqNaJKuFFA8oonqCE1sqF6b45kDMZm"),
            program(b"astra9xWY93QyfG6yM8zwsKsRodscjQ2uU2HKNL5prk"),
            program(b"astraRVUuTHjpwEVvNBeQEgwYx9w9CFyfxjYoobCZhL"),
            program(b"astraEJ2fEj8Xmy6KLG7B3VfbKfsHXhHrNdCQx7iGJK"),
            program(b"astraubkDw81n4LuutzSQ8uzHCv4BhPVhfvTcYv8SKC"),
            program(b"astraZW5GLFefxNPAatceHhYjfA1ciq9gvfEg2S47xk"),
            program(b"astrawVNP4xDBKT7rAdxrLYiTSTdqtUr63fSMduivXK"),
        ],
    ),
    // The wallet that its own client library pays.
    ("bloxroute", &[program(b"HWEoBxYs7ssKuudEjzjmpfJVX7Dvi7wescFsVx2L5yoY")]),
    // The documentation of Helius' Sender.
    (
        "helius",
        &[
            program(b"4ACfpUFoaSD9bfPdeu6DBt89gB6ENTeHBXCAi87NhDEE"),
            program(b"D2L6yPZ2FmmmTKPgzaMKdhu6EWZcTpLy1Vhx8uvZe7NZ"),
            program(b"9bnz4RShgq1hAnLnZbP8kbgBg1kEmcJBYQq3gQbmnSta"),
            program(b"5VY91ws6B2hMmBFRsXkoAAdsPHBJwRfBht4DXox3xkwn"),
            program(b"2nyhqdwKcJZR2vcqCyrYsaPVdAnFoJjiksCXJ7hfEYgD"),
            program(b"2q5pghRs6arqVjRvT5gfgWfWcHWmw1ZuCzphgd5KfWGJ"),
            program(b"wyvPkWjVZz1M8fHQnMMCDTQDbkManefNNhweYk5WkcF"),
            program(b"3KCKozbAaF75qEU33jtzozcJ29yJuaLJTy2jFdzUY8bT"),
            program(b"4vieeGHPYPG2MmyPRcYjdiDmmhN3ww7hsFNap8pVN3Ey"),
            program(b"4TQLFNWK8AovT1gFvda5jfw2oJeRMKEmw7aH6MGBJ3or"),
        ],
    ),
    // From the service's quick start.
    (
        "nextblock",
        &[
            program(b"NextbLoCkVtMGcV47JzewQdvBpLqT9TxQFozQkN98pE"),
            program(b"NexTbLoCkWykbLuB1NkjXgFWkX9oAtcoagQegygXXA2"),
            program(b"NeXTBLoCKs9F1y5PJS9CKrFNNLU1keHW71rfh7KgA1X"),
            program(b"NexTBLockJYZ7QD7p2byrUa6df8ndV2WSd8GkbWqfbb"),
            program(b"neXtBLock1LeC67jYd1QdAa32kbVeubsfPNTJC1V5At"),
            program(b"nEXTBLockYgngeRmRrjDV31mGSekVPqZoMGhQEZtPVG"),
            program(b"NEXTbLoCkB51HpLBLojQfpyVAMorm3zzKg7w9NFdqid"),
            program(b"nextBLoCkPMgmG8ZgJtABeScP35qLa2AMCNKntAP7Xc"),
        ],
    ),
    // The documentation of Temporal's Nozomi.
    (
        "nozomi",
        &[
            program(b"TEMPaMeCRFAS9EKF53Jd6KpHxgL47uWLcpFArU1Fanq"),
            program(b"noz3jAjPiHuBPqiSPkkugaJDkJscPuRhYnSpbi8UvC4"),
            program(b"noz3str9KXfpKknefHji8L1mPgimezaiUyCHYMDv1GE"),
            program(b"noz6uoYCDijhu1V7cutCpwxNiSovEwLdRHPwmgCGDNo"),
            program(b"noz9EPNcT7WH6Sou3sr3GGjHQYVkN3DNirpbvDkv9YJ"),
            program(b"nozc5yT15LazbLTFVZzoNZCwjh3yUtW86LoUyqsBu4L"),
            program(b"nozFrhfnNGoyqwVuwPAW4aaGqempx4PU6g6D9CJMv7Z"),
            program(b"nozievPk7HyK1Rqy1MPJwVQ7qQg2QoJGyP71oeDwbsu"),
            program(b"noznbgwYnBLDHu8wcQVCEw6kDrXkPdKkydGJGNXGvL7"),
            program(b"nozNVWs5N8mgzuD3qigrCG2UoKxZttxzZ85pvAQVrbP"),
            program(b"nozpEGbwx4BcGp6pvEdAh1JoC2CQGZdU6HbNP1v2p6P"),
            program(b"nozrhjhkCr3zXT3BiT4WCodYCUFeQvcdUkM7MqhKqge"),
            program(b"nozrwQtWhEdrA6W8dkbt9gnUaMs52PdAv5byipnadq3"),
            program(b"nozUacTVWub3cL4mJmGCYjKZTnE9RbdY5AP46iQgbPJ"),
            program(b"nozWCyTPppJjRuw2fpzDhhWbW355fzosWSzrrMYB1Qk"),
            program(b"nozWNju6dY353eMkMqURqwQEoM3SFgEKC6psLCSfUne"),
            program(b"nozxNBgWohjR75vdspfxR5H9ceC7XXH99xpxhVGt3Bb"),
        ],
    ),
];

/// Accounts that take tips, and whose they are; a file may add some.
#[derive(Clone, Debug)]
pub struct TipAccounts {
    /// Sorted by account.
    accounts: Vec<(Pubkey, Arc<str>)>,
}

impl Default for TipAccounts {
    fn default() -> Self {
        let mut known = TipAccounts { accounts: Vec::new() };
        for (service, accounts) in BASE {
            let service: Arc<str> = service.into();
            known.accounts.extend(accounts.iter().map(|account| (*account, Arc::clone(&service))));
        }
        known.accounts.sort_unstable();
        known
    }
}

impl TipAccounts {
    /// Adds one account, or gives it to another service.
    pub fn add(&mut self, account: Pubkey, service: &str) {
        let same = self.accounts.iter().find(|(_, known)| **known == *service);
        let service = same.map_or_else(|| service.into(), |(_, known)| Arc::clone(known));
        match self.accounts.binary_search_by_key(&account, |(known, _)| *known) {
            Ok(at) => self.accounts[at].1 = service,
            Err(at) => self.accounts.insert(at, (account, service)),
        }
    }

    /// Whose tips go to `account`; `None`: it is not known to take any.
    #[must_use]
    pub fn service_of(&self, account: &Pubkey) -> Option<&Arc<str>> {
        let at = self.accounts.binary_search_by_key(account, |(known, _)| *known).ok()?;
        Some(&self.accounts[at].1)
    }
}

/// A transfer of SOL by the system program.
#[derive(Clone, Copy, Debug)]
pub struct Transfer {
    /// Key index of the payer, which signed or is a program's account.
    pub from: u8,
    /// Key index of the receiver.
    pub to: u8,
    /// How much.
    pub lamports: u64,
}

impl Transfer {
    /// The transfer that `call` makes; `None` for every other call.
    #[must_use]
    pub fn of(frame: &[u8], transaction: &Transaction, call: &Instruction) -> Option<Transfer> {
        if transaction.key(frame, call.program).is_none_or(|key| *key != token::SYSTEM.0) {
            return None;
        }
        let lamports =
            u64::from_le_bytes(call.data.of(frame).strip_prefix(&token::SYSTEM_TRANSFER)?.try_into().ok()?);
        let [from, to, ..] = *call.accounts.of(frame) else { return None };
        Some(Transfer { from, to, lamports })
    }
}

/// What was paid to one service.
#[derive(Clone, Debug)]
pub struct PaidTip {
    /// Its name.
    pub service: Arc<str>,
    /// All of it.
    pub lamports: u64,
}

/// Adds a service's tip to a list that has each service once.
pub fn add_tip(list: &mut Vec<PaidTip>, service: &Arc<str>, lamports: u64) {
    match list.iter_mut().find(|known| known.service == *service) {
        Some(known) => known.lamports = known.lamports.saturating_add(lamports),
        None => list.push(PaidTip { service: Arc::clone(service), lamports }),
    }
}

/// Accounts that are watched at once: one that gets more than a 256th of all payments is among them.
const WATCHED_MAX: usize = 256;
/// Most payers of one account that are distinguished; a candidate may have more.
const PAYERS_COUNTED_MAX: usize = 32;
/// Different wallets that must pay an account before it is a candidate. Two or three may belong to one person. Eight
/// show that it is a service of some kind, but not which.
pub const CANDIDATE_PAYERS_MIN: usize = 8;
/// Services that fit without an allocation: those of the table, and as many as a file may name.
const SERVICES_USUAL: usize = 40;
/// Most candidates that are shown; the count beside them includes all.
const SHOWN_MAX: usize = 16;

/// One watched account. Its figures start when it is first watched, so they are lower bounds.
#[derive(Clone, Debug)]
struct Watched {
    account: Pubkey,
    /// Its rank among others: its payments plus the weight of the account whose place it took.
    weight: u64,
    payments: u64,
    lamports: u64,
    /// The first bytes of each payer's key, each once; `payers_len` of them are set.
    payers: [u64; PAYERS_COUNTED_MAX],
    payers_len: usize,
}

impl Watched {
    fn new(account: Pubkey, weight: u64) -> Watched {
        let payers = [0; PAYERS_COUNTED_MAX];
        Watched { account, weight, payments: 0, lamports: 0, payers, payers_len: 0 }
    }

    fn payers(&self) -> &[u64] {
        &self.payers[..self.payers_len]
    }
}

/// What went to one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceTips {
    /// Its name.
    pub service: Arc<str>,
    /// Transfers.
    pub payments: u64,
    /// All of them.
    pub lamports: u64,
}

/// An account that many wallets pay and that no table names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Whom they pay.
    pub account: Pubkey,
    /// Different payers, as far as they are distinguished.
    pub payers: usize,
    /// Transfers.
    pub payments: u64,
    /// All of them.
    pub lamports: u64,
}

/// What is reported about tips.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TipsReport {
    /// By service, in the order of the first tip.
    pub services: Vec<ServiceTips>,
    /// Accounts that look like a tip account.
    pub candidates: usize,
    /// The ones with most payments first.
    pub shown: Vec<Candidate>,
}

/// Counts tips by service, and who else is paid as a landing service is: at the top level, by many wallets.
#[derive(Clone, Debug)]
pub struct TipCounter {
    services: Vec<ServiceTips>,
    watched: Vec<Watched>,
}

impl Default for TipCounter {
    fn default() -> Self {
        // All the room that it will ever need: an event without a decision allocates nothing.
        TipCounter { services: Vec::with_capacity(SERVICES_USUAL), watched: Vec::with_capacity(WATCHED_MAX) }
    }
}

impl TipCounter {
    /// Takes in one executed transaction; a failed one has moved nothing.
    pub fn count(&mut self, frame: &[u8], transaction: &Transaction, known: &TipAccounts) {
        if transaction.failed || transaction.is_vote {
            return;
        }
        for call in &transaction.instructions {
            let Some(Transfer { from, to, lamports }) = Transfer::of(frame, transaction, call) else {
                continue;
            };
            let key = |index: u8| transaction.key(frame, index).copied().map(Pubkey);
            let (Some(payer), Some(account)) = (key(from), key(to)) else { continue };
            if let Some(service) = known.service_of(&account) {
                self.tip(service, lamports);
            } else if call.inner == 0 && lamports > 0 && payer != account && transaction.token(to).is_none() {
                // Wrapping SOL is not a payment: the account is the payer's own.
                self.watch(account, &payer, lamports);
            }
        }
    }

    fn tip(&mut self, service: &Arc<str>, lamports: u64) {
        let at = self.services.iter().position(|row| row.service == *service).unwrap_or_else(|| {
            self.services.push(ServiceTips { service: Arc::clone(service), payments: 0, lamports: 0 });
            self.services.len() - 1
        });
        let row = &mut self.services[at];
        row.payments += 1;
        row.lamports = row.lamports.saturating_add(lamports);
    }

    /// The space-saving algorithm: when the list is full, a new account replaces the one with the least weight and
    /// inherits that weight.
    fn watch(&mut self, account: Pubkey, payer: &Pubkey, lamports: u64) {
        let at = match self.watched.iter().position(|row| row.account == account) {
            Some(at) => at,
            None if self.watched.len() < WATCHED_MAX => {
                self.watched.push(Watched::new(account, 0));
                self.watched.len() - 1
            }
            None => {
                let least = self.watched.iter().enumerate().min_by_key(|(_, row)| row.weight);
                let at = least.map_or(0, |(at, _)| at);
                self.watched[at] = Watched::new(account, self.watched[at].weight);
                at
            }
        };
        let row = &mut self.watched[at];
        row.weight += 1;
        row.payments += 1;
        row.lamports = row.lamports.saturating_add(lamports);
        // Two wallets whose keys begin with the same bytes count once: too few rather than too many.
        let short = payer.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        if row.payers_len < PAYERS_COUNTED_MAX && !row.payers().contains(&short) {
            row.payers[row.payers_len] = short;
            row.payers_len += 1;
        }
    }

    /// The report on tips so far.
    #[must_use]
    pub fn report(&self) -> TipsReport {
        let candidates = self.watched.iter().filter(|row| row.payers_len >= CANDIDATE_PAYERS_MIN);
        let mut shown: Vec<Candidate> = candidates
            .map(|row| Candidate {
                account: row.account,
                payers: row.payers_len,
                payments: row.payments,
                lamports: row.lamports,
            })
            .collect();
        let candidates = shown.len();
        shown.sort_unstable_by_key(|row| (u64::MAX - row.payments, row.account));
        shown.truncate(SHOWN_MAX);
        TipsReport { services: self.services.clone(), candidates, shown }
    }
}

#[cfg(test)]
mod tests;
