//! One call of a DEX program: its bytes, its accounts, and what moved under it; and what a decoder makes of it.

use std::borrow::Cow;
use std::cell::Cell;

use crate::frame::{Instruction, TokenBalance, Transaction};
use crate::pubkey::Pubkey;
use crate::token::{self, Transfer};
use crate::trader;
use crate::withheld::{self, Credit};

/// The tag that Anchor programs put before an event that they log by calling themselves.
const ANCHOR_EVENT: [u8; 8] = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];

/// The id of the row of a program that the table does not have.
pub const UNKNOWN_ID: &str = "unknown";

/// One swap in one pool, by key indices: which accounts to watch for what moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swap {
    /// The pool's account.
    pub pool: u8,
    /// The pool's two token vaults, in any order: the direction follows from the transfers.
    pub vaults: [u8; 2],
    /// The owner who trades.
    pub trader: u8,
}

/// Why a swap instruction cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Fewer data bytes than the instruction needs.
    Short {
        /// Bytes present.
        len: usize,
        /// Bytes needed.
        need: usize,
    },
    /// A number of accounts that no version of the program takes.
    Accounts {
        /// Accounts present.
        len: usize,
    },
    /// The transfers that a swap makes are missing from its inner instructions.
    Unresolved,
}

/// Appends the legs of one instruction; none when it is not a swap, which is the common case.
pub type Decode = fn(&Call<'_>, &mut Vec<Leg>) -> Result<(), DecodeError>;

/// A DEX: its id, its program and how to read its swaps.
pub struct Dex {
    /// The spelling in every output.
    pub id: &'static str,
    /// Program id.
    pub program: Pubkey,
    /// Reads one instruction.
    pub decode: Decode,
}

/// One swap in one pool as it happened. Amounts are base units of their mint.
#[derive(Clone, Copy, Debug)]
pub struct Leg {
    /// Top-level instruction index, from 0.
    pub top: u16,
    /// 0 = the top-level one itself, else the inner one's place from 1.
    pub inner: u16,
    /// 0, or 1 for the second pool of a two-hop instruction.
    pub hop: u8,
    /// The row of the DEX table.
    pub dex: &'static Dex,
    /// The program called.
    pub program: Pubkey,
    /// The pool's account.
    pub pool: Pubkey,
    /// Owner of what was paid.
    pub trader: Pubkey,
    /// Mint the pool received.
    pub in_mint: Pubkey,
    /// What the pool's vault received.
    pub in_amount: u64,
    /// Mint the pool paid.
    pub out_mint: Pubkey,
    /// What left the pool's vault.
    pub out_amount: u64,
    /// What the trader paid: `in_amount` and the mint's transfer fee.
    pub trader_in: u64,
    /// What the trader got: `out_amount` less the mint's transfer fee.
    pub trader_out: u64,
    /// False where a transfer fee of unknown size was withheld: the amounts may then be too large by that fee.
    pub exact: bool,
}

impl Leg {
    /// The DEX in every output: its id, or `unknown:<program id>`.
    #[must_use]
    pub fn dex_name(&self) -> Cow<'static, str> {
        if self.dex.id == UNKNOWN_ID {
            Cow::Owned(format!("{}:{}", self.dex.id, self.program))
        } else {
            Cow::Borrowed(self.dex.id)
        }
    }
}

impl PartialEq for Dex {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl std::fmt::Debug for Dex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// Accounts of an instruction that must have at least `need`.
pub(crate) fn at_least(accounts: &[u8], need: usize) -> Result<(), DecodeError> {
    if accounts.len() < need { Err(DecodeError::Accounts { len: accounts.len() }) } else { Ok(()) }
}

/// Data and account key indices to the accounts that matter; `None` = not a swap.
pub type ReadAccounts = fn(&[u8], &[u8]) -> Result<Option<Swap>, DecodeError>;

/// An instruction of a DEX within its transaction.
pub struct Call<'a> {
    /// The frame that the transaction was walked from.
    pub frame: &'a [u8],
    /// Keys, balances, all instructions.
    pub transaction: &'a Transaction,
    /// The instruction itself.
    pub instruction: &'a Instruction,
    /// The row of its program.
    pub dex: &'static Dex,
    /// Whether a program is one of the table's, which itself holds the decoders.
    pub is_known: fn(&[u8; 32]) -> bool,
    inner_calls: &'a [Instruction],
    mints: LastParsed<'a>,
    owners: LastParsed<'a>,
}

/// The last text read and its key: the next lookup often asks for the same one.
#[derive(Default)]
struct LastParsed<'a>(Cell<(&'a [u8], Option<Pubkey>)>);

impl<'a> LastParsed<'a> {
    fn of(&self, text: &'a [u8]) -> Option<Pubkey> {
        let (known, key) = self.0.get();
        if known == text {
            return key;
        }
        let key = Pubkey::parse(text);
        self.0.set((text, key));
        key
    }
}

impl<'a> Call<'a> {
    /// The call at place `at` of the transaction, read as `dex`'s; `is_known`: whether a program is in the table.
    #[must_use]
    pub fn new(
        frame: &'a [u8],
        transaction: &'a Transaction,
        at: usize,
        dex: &'static Dex,
        is_known: fn(&[u8; 32]) -> bool,
    ) -> Option<Call<'a>> {
        let instruction = transaction.instructions.get(at)?;
        let inner_calls = inner_calls_of(&transaction.instructions, at);
        let (mints, owners) = (LastParsed::default(), LastParsed::default());
        Some(Call { frame, transaction, instruction, dex, is_known, inner_calls, mints, owners })
    }

    /// The mint of a token account; `None` when its text is not a key.
    #[must_use]
    pub fn mint(&self, account: &TokenBalance) -> Option<Pubkey> {
        let text = account.mint.of(self.frame);
        // On one side of nearly every swap.
        if text == token::WRAPPED_SOL_TEXT { Some(token::WRAPPED_SOL) } else { self.mints.of(text) }
    }

    /// The owner of a token account; `None` when the text is missing or not a key.
    #[must_use]
    pub fn owner(&self, account: &TokenBalance) -> Option<Pubkey> {
        self.owners.of(account.owner.of(self.frame))
    }

    /// The program called.
    #[must_use]
    pub fn program(&self) -> Pubkey {
        self.transaction.key(self.frame, self.instruction.program).copied().map(Pubkey).unwrap_or_default()
    }

    /// What it called, at any depth, in order.
    #[must_use]
    pub fn inner_calls(&self) -> &'a [Instruction] {
        self.inner_calls
    }

    /// The transfer that an instruction under it is, if it is one.
    #[must_use]
    pub fn transfer(&self, called: &Instruction) -> Option<Transfer> {
        token_transfer(self.frame, self.transaction, called)
    }

    /// The instruction's bytes.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.instruction.data.of(self.frame)
    }

    /// Key indices of its accounts.
    #[must_use]
    pub fn accounts(&self) -> &'a [u8] {
        self.instruction.accounts.of(self.frame)
    }

    /// The key with this index.
    ///
    /// # Errors
    /// `Accounts` when the transaction has no such key.
    pub fn key(&self, index: u8) -> Result<Pubkey, DecodeError> {
        let key = self.transaction.key(self.frame, index).copied();
        key.map(Pubkey).ok_or(DecodeError::Accounts { len: self.transaction.keys.len() })
    }

    /// Token transfers under the call, in order.
    pub fn transfers(&self) -> impl Iterator<Item = Transfer> {
        self.inner_calls.iter().filter_map(|called| token_transfer(self.frame, self.transaction, called))
    }

    /// Lamports that `from` sent by the system program under the call.
    #[must_use]
    pub fn lamports_sent(&self, from: u8) -> u64 {
        let sent = self.inner_calls.iter().filter_map(|called| {
            let system = *self.transaction.key(self.frame, called.program)? == token::SYSTEM.0;
            let amount = called.data.of(self.frame).strip_prefix(&token::SYSTEM_TRANSFER)?;
            let own = called.accounts.of(self.frame).first() == Some(&from);
            (system && own).then(|| Some(u64::from_le_bytes(amount.try_into().ok()?)))?
        });
        sent.fold(0, u64::saturating_add)
    }

    /// The body of the event with this discriminator that the program logged by calling itself.
    #[must_use]
    pub fn event(&self, discriminator: &[u8; 8]) -> Option<&'a [u8]> {
        self.events().find_map(|event| event.strip_prefix(discriminator))
    }

    /// Discriminator and body of each event that the program logged by calling itself, in order.
    pub fn events(&self) -> impl Iterator<Item = &'a [u8]> {
        self.inner_calls.iter().filter_map(|called| {
            let own = self.transaction.key(self.frame, called.program)? == &self.dex.program.0;
            called.data.of(self.frame).strip_prefix(&ANCHOR_EVENT).filter(|_| own)
        })
    }

    /// Decodes a swap of the usual kind: `read` gives the accounts that matter, the transfers what moved.
    ///
    /// # Errors
    /// As `read`; `Unresolved` when nothing moved.
    pub fn decode_vault_swap(&self, read: ReadAccounts, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
        if let Some(swap) = read(self.data(), self.accounts())? {
            legs.push(self.vault_leg(&swap, 0)?);
        }
        Ok(())
    }

    /// The leg of a pool with two token vaults. The pool received what came into one and paid what left
    /// the other; the trader paid all that left the account that paid the pool, including fees to others.
    ///
    /// # Errors
    /// `Unresolved` when one of the two is missing.
    pub fn vault_leg(&self, swap: &Swap, hop: u8) -> Result<Leg, DecodeError> {
        let leg = self.vault_leg_or_none(swap, hop);
        leg.ok_or(DecodeError::Unresolved)
    }

    fn vault_leg_or_none(&self, swap: &Swap, hop: u8) -> Option<Leg> {
        let paid = self.transfers().find(|moved| swap.vaults.contains(&moved.destination))?;
        let got = self
            .transfers()
            .find(|moved| swap.vaults.contains(&moved.source) && moved.source != paid.destination)?;
        let out_of = |account: u8| {
            let moved = self.transfers().filter(|moved| moved.source == account);
            moved.fold(0_u64, |sum, moved| sum.saturating_add(moved.amount))
        };
        let (into, from) = (
            credited_to(self.frame, self.transaction, &paid),
            credited_to(self.frame, self.transaction, &got),
        );
        let out_mint = self.mint_of(&got, got.source)?;
        let payment = trader::Payment { source: paid.source, out_mint, got: from.amount };
        let named = self.key(swap.trader).ok();
        Some(Leg {
            top: self.instruction.top,
            inner: self.instruction.inner,
            hop,
            dex: self.dex,
            program: self.program(),
            pool: self.key(swap.pool).ok()?,
            trader: trader::of(self.frame, self.transaction, &payment, named)?,
            in_mint: self.mint_of(&paid, paid.destination)?,
            in_amount: into.amount,
            out_mint,
            out_amount: out_of(got.source),
            trader_in: out_of(paid.source),
            trader_out: from.amount,
            exact: into.exact && from.exact,
        })
    }

    /// The mint that a transfer moved: as `own`'s balance has it, as the transfer names it, or as another
    /// one names it that touches the same accounts. Simulated results have no balances.
    #[must_use]
    pub fn mint_of(&self, moved: &Transfer, own: u8) -> Option<Pubkey> {
        let (frame, transaction) = (self.frame, self.transaction);
        let other = if own == moved.source { moved.destination } else { moved.source };
        if let Some(token) = transaction.token(own).or_else(|| transaction.token(other)) {
            return self.mint(token);
        }
        let named = moved.mint.or_else(|| {
            let all = transaction.instructions.iter();
            let mut transfers = all.filter_map(|called| token_transfer(frame, transaction, called));
            transfers.find_map(|known| {
                let ends = [known.source, known.destination];
                known.mint.filter(|_| ends.contains(&own) || ends.contains(&other))
            })
        });
        self.key(named?).ok()
    }
}

/// The instructions called by the one at `at`, at any depth.
fn inner_calls_of(all: &[Instruction], at: usize) -> &[Instruction] {
    let caller = &all[at];
    let rest = &all[at + 1..];
    let len = rest.iter().take_while(|next| next.top == caller.top && is_deeper(caller, next)).count();
    &rest[..len]
}

/// Whether `next` is deeper than `caller`. A node that gives no depth leaves only the order: then
/// everything up to the end of the top-level instruction counts.
fn is_deeper(caller: &Instruction, next: &Instruction) -> bool {
    if caller.height == 0 || next.height == 0 { next.inner != 0 } else { next.height > caller.height }
}

fn token_transfer(frame: &[u8], transaction: &Transaction, called: &Instruction) -> Option<Transfer> {
    let program = transaction.key(frame, called.program)?;
    let plain = *program == token::TOKEN.0;
    if !plain && *program != token::TOKEN_2022.0 {
        return None;
    }
    let moved = token::transfer(called.data.of(frame), called.accounts.of(frame))?;
    // Only Token-2022 mints can withhold anything.
    Some(if plain { Transfer { fee: Some(0), ..moved } } else { moved })
}

/// What the destination was credited. A Token-2022 mint may withhold a fee that the instruction does not
/// name. The amount is then the account's balance change less everything else that moved there.
fn credited_to(frame: &[u8], transaction: &Transaction, moved: &Transfer) -> Credit {
    if let Some(fee) = moved.fee {
        return Credit { amount: moved.amount.saturating_sub(fee), exact: true };
    }
    let balance = transaction.token(moved.destination);
    let Some((pre, post)) = balance.and_then(|token| Some((token.pre.unwrap_or(0), token.post?))) else {
        return Credit { amount: moved.amount, exact: false };
    };
    let (mut gone, mut known, mut unknown) = (0_u128, 0_u128, withheld::Gross::default());
    for called in &transaction.instructions {
        let Some(other) = token_transfer(frame, transaction, called) else { continue };
        if other.source == moved.destination {
            gone += u128::from(other.amount);
        }
        if other.destination == moved.destination {
            match other.fee {
                Some(fee) => known += u128::from(other.amount.saturating_sub(fee)),
                None => unknown.push(other.amount),
            }
        }
    }
    let credited = (u128::from(post) + gone).checked_sub(u128::from(pre) + known);
    withheld::share(moved.amount, &unknown, credited)
}
