//! One call of a DEX program: its bytes, its accounts, and what moved under it.

use crate::dex::{self, DecodeError, Dex, Swap};
use crate::frame::{Instruction, Transaction};
use crate::legs::Leg;
use crate::pubkey::Pubkey;
use crate::token::{self, Transfer};

/// The tag that Anchor programs put before an event that they log by calling themselves.
const ANCHOR_EVENT: [u8; 8] = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];
/// The system program's transfer.
const SYSTEM_TRANSFER: [u8; 4] = [2, 0, 0, 0];

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
    under: &'a [Instruction],
}

impl<'a> Call<'a> {
    /// The call at place `at` of the transaction, when its program is a DEX.
    #[must_use]
    pub fn new(frame: &'a [u8], transaction: &'a Transaction, at: usize) -> Option<Call<'a>> {
        let instruction = transaction.instructions.get(at)?;
        let dex = dex::by_program(transaction.key(frame, instruction.program)?)?;
        Some(Call { frame, transaction, instruction, dex, under: under(&transaction.instructions, at) })
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
        self.under.iter().filter_map(|called| token_transfer(self.frame, self.transaction, called))
    }

    /// Lamports that `from` sent by the system program under the call.
    #[must_use]
    pub fn lamports_sent(&self, from: u8) -> u64 {
        let sent = self.under.iter().filter_map(|called| {
            let system = *self.transaction.key(self.frame, called.program)? == token::SYSTEM.0;
            let amount = called.data.of(self.frame).strip_prefix(&SYSTEM_TRANSFER)?;
            let own = called.accounts.of(self.frame).first() == Some(&from);
            (system && own).then(|| Some(u64::from_le_bytes(amount.try_into().ok()?)))?
        });
        sent.fold(0, u64::saturating_add)
    }

    /// The body of the event with this discriminator that the program logged by calling itself.
    #[must_use]
    pub fn event(&self, discriminator: &[u8; 8]) -> Option<&'a [u8]> {
        self.under.iter().find_map(|called| {
            let own = self.transaction.key(self.frame, called.program)? == &self.dex.program.0;
            let data = called.data.of(self.frame).strip_prefix(&ANCHOR_EVENT)?;
            own.then(|| data.strip_prefix(discriminator))?
        })
    }

    /// The usual DEX: `read` says which accounts matter, the transfers say what moved.
    ///
    /// # Errors
    /// As `read`; `Unresolved` when nothing moved.
    pub fn one(&self, read: ReadAccounts, legs: &mut Vec<Leg>) -> Result<(), DecodeError> {
        if let Some(swap) = read(self.data(), self.accounts())? {
            legs.push(self.vault_leg(&swap, 0)?);
        }
        Ok(())
    }

    /// The leg of a pool with two token vaults. The pool received what came into one and paid what left
    /// the other; the trader paid all that left the account which paid the pool, fees beside it too.
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
        let trader = owner_of(self.frame, self.transaction, paid.source);
        Some(Leg {
            top: self.instruction.top,
            inner: self.instruction.inner,
            hop,
            dex: self.dex,
            pool: self.key(swap.pool).ok()?,
            trader: trader.or_else(|| self.key(swap.trader).ok())?,
            in_mint: mint_of(self.frame, self.transaction, paid.destination, paid.source)?,
            in_amount: received(self.frame, self.transaction, &paid),
            out_mint: mint_of(self.frame, self.transaction, got.source, got.destination)?,
            out_amount: out_of(got.source),
            trader_in: out_of(paid.source),
            trader_out: received(self.frame, self.transaction, &got),
        })
    }
}

/// The instructions called by the one at `at`, at any depth.
fn under(all: &[Instruction], at: usize) -> &[Instruction] {
    let caller = &all[at];
    let rest = &all[at + 1..];
    let len = rest.iter().take_while(|next| next.top == caller.top && below(caller, next)).count();
    &rest[..len]
}

/// Whether `next` is deeper than `caller`. A node that gives no depth leaves only the order: then
/// everything up to the end of the top-level instruction counts.
fn below(caller: &Instruction, next: &Instruction) -> bool {
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

fn mint_of(frame: &[u8], transaction: &Transaction, account: u8, other: u8) -> Option<Pubkey> {
    let token = transaction.token(account).or_else(|| transaction.token(other))?;
    Pubkey::parse(token.mint.of(frame))
}

fn owner_of(frame: &[u8], transaction: &Transaction, account: u8) -> Option<Pubkey> {
    Pubkey::parse(transaction.token(account)?.owner.of(frame))
}

/// What the destination was credited. A Token-2022 mint may withhold a fee that the instruction
/// does not name; then the account's balance change less everything else that moved there tells.
fn received(frame: &[u8], transaction: &Transaction, moved: &Transfer) -> u64 {
    if let Some(fee) = moved.fee {
        return moved.amount.saturating_sub(fee);
    }
    let balance = transaction.token(moved.destination);
    let Some((pre, post)) = balance.and_then(|token| Some((token.pre.unwrap_or(0), token.post?))) else {
        return moved.amount;
    };
    let (mut gone, mut known, mut unknown) = (0_u128, 0_u128, 0_u32);
    for called in &transaction.instructions {
        let Some(other) = token_transfer(frame, transaction, called) else { continue };
        if other.source == moved.destination {
            gone += u128::from(other.amount);
        }
        if other.destination == moved.destination {
            match other.fee {
                Some(fee) => known += u128::from(other.amount.saturating_sub(fee)),
                None => unknown += 1,
            }
        }
    }
    let credited = (u128::from(post) + gone).checked_sub(u128::from(pre) + known);
    match credited.and_then(|credited| u64::try_from(credited).ok()) {
        // Wrapped SOL synced into the account, or minted tokens, would make it more than was sent.
        Some(credited) if unknown == 1 && credited <= moved.amount => credited,
        _ => moved.amount,
    }
}
