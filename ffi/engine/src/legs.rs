//! Legs: what each swap of a transaction really moved, read from the token transfers under it.
//!
//! The instruction's own amounts are wishes (minimum out, maximum in); the transfers are facts.

use crate::dex::{self, Dex, Swap};
use crate::frame::{Instruction, Transaction};
use crate::pubkey::Pubkey;
use crate::token::{self, Transfer};

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

/// What a decode run met, for the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeCounts {
    /// Legs found.
    pub legs: u64,
    /// Swap instructions whose data or accounts no version of the program has.
    pub malformed: u64,
    /// Swap instructions without the two transfers that a swap makes.
    pub unresolved: u64,
}

/// Appends the legs of `transaction` to `out`, in order of execution; none for failed and vote ones.
pub fn decode(frame: &[u8], transaction: &Transaction, out: &mut Vec<Leg>, counts: &mut DecodeCounts) {
    if transaction.failed || transaction.is_vote {
        return;
    }
    let all = &transaction.instructions;
    for (at, instruction) in all.iter().enumerate() {
        let Some(dex) = transaction.key(frame, instruction.program).and_then(dex::by_program) else {
            continue;
        };
        match (dex.decode)(instruction.data.of(frame), instruction.accounts.of(frame)) {
            Ok(None) => {}
            Err(_) => counts.malformed += 1,
            Ok(Some(swap)) => {
                let under = under(all, at);
                match resolve(frame, transaction, instruction, dex, &swap, under) {
                    Some(leg) => {
                        out.push(leg);
                        counts.legs += 1;
                    }
                    None => counts.unresolved += 1,
                }
            }
        }
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
/// everything up to the end of the top-level instruction counts for a top-level caller, and up to
/// the next two transfers for an inner one, which [`resolve`] takes first.
fn below(caller: &Instruction, next: &Instruction) -> bool {
    if caller.height == 0 || next.height == 0 { next.inner != 0 } else { next.height > caller.height }
}

fn resolve(
    frame: &[u8],
    transaction: &Transaction,
    instruction: &Instruction,
    dex: &'static Dex,
    swap: &Swap,
    under: &[Instruction],
) -> Option<Leg> {
    let transfers = || under.iter().filter_map(|called| token_transfer(frame, transaction, called));
    let paid = transfers().find(|moved| swap.vaults.contains(&moved.destination))?;
    let got =
        transfers().find(|moved| swap.vaults.contains(&moved.source) && moved.source != paid.destination)?;
    let in_mint = mint_of(frame, transaction, paid.destination, paid.source)?;
    let out_mint = mint_of(frame, transaction, got.source, got.destination)?;
    Some(Leg {
        top: instruction.top,
        inner: instruction.inner,
        hop: 0,
        dex,
        pool: Pubkey(*transaction.key(frame, swap.pool)?),
        trader: owner_of(frame, transaction, paid.source)
            .or_else(|| transaction.key(frame, swap.trader).copied().map(Pubkey))?,
        in_mint,
        in_amount: received(frame, transaction, &paid),
        out_mint,
        out_amount: got.amount,
        trader_in: paid.amount,
        trader_out: received(frame, transaction, &got),
    })
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
