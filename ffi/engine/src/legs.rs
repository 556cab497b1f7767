//! Legs: what each swap of a transaction really moved, read from the token transfers under it.
//!
//! The instruction's own amounts are wishes (minimum out, maximum in); the transfers are facts.

use std::borrow::Cow;

use crate::call::Call;
use crate::dex::{self, DecodeError, Dex};
use crate::frame::{Instruction, KEYS_MAX, Transaction};
use crate::missed::Missed;
use crate::pubkey::Pubkey;
use crate::token::{self, program};

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
    /// False where a transfer fee was withheld that cannot be told: the amounts then may be too large by it.
    pub exact: bool,
}

impl Leg {
    /// The DEX in every output: its id, or `unknown:<program id>`.
    #[must_use]
    pub fn dex_name(&self) -> Cow<'static, str> {
        if std::ptr::eq(self.dex, dex::unknown()) {
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

/// What a program is to the decoder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Not looked up yet.
    New,
    /// Its calls are no swaps: token programs, accounts, compute budget, memos.
    Quiet,
    /// In the table, at this place.
    Known(u8),
    /// Anything else.
    Unknown,
}

/// Programs that are called in nearly every transaction and never swap.
const QUIET: [Pubkey; 7] = [
    token::SYSTEM,
    token::TOKEN,
    token::TOKEN_2022,
    program(b"ComputeBudget111111111111111111111111111111"),
    program(b"ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"),
    program(b"MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"),
    program(b"Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"),
];

fn kind_of(program: &[u8; 32]) -> Kind {
    if QUIET.iter().any(|quiet| quiet.0 == *program) {
        return Kind::Quiet;
    }
    dex::place_of(program).map_or(Kind::Unknown, |place| Kind::Known(place as u8))
}

/// Appends the legs of `transaction` to `out`, in order of execution; none for failed and vote ones.
pub fn decode(
    frame: &[u8],
    transaction: &Transaction,
    out: &mut Vec<Leg>,
    counts: &mut DecodeCounts,
    missed: &mut Missed,
) {
    if transaction.failed || transaction.is_vote {
        return;
    }
    // A transaction calls few programs often: each is looked up once.
    let mut kinds = [Kind::New; KEYS_MAX];
    for (at, instruction) in transaction.instructions.iter().enumerate() {
        let kind = &mut kinds[usize::from(instruction.program)];
        if *kind == Kind::New {
            *kind = transaction.key(frame, instruction.program).map_or(Kind::Quiet, kind_of);
        }
        let dex = match *kind {
            Kind::Known(place) => &dex::DEXES[usize::from(place)],
            // A swap makes two transfers.
            Kind::Unknown if calls_two(&transaction.instructions, at) => dex::unknown(),
            _ => continue,
        };
        let Some(call) = Call::new(frame, transaction, at, dex) else { continue };
        let before = out.len();
        let decoded = (dex.decode)(&call, out);
        match decoded {
            Ok(()) if out.len() > before => counts.legs += (out.len() - before) as u64,
            Ok(()) => {
                if dex::looks_like_swap(&call) {
                    missed.count(&call);
                }
            }
            Err(error) => {
                out.truncate(before);
                let count = if error == DecodeError::Unresolved {
                    &mut counts.unresolved
                } else {
                    &mut counts.malformed
                };
                *count += 1;
                missed.count(&call);
            }
        }
    }
}

/// Whether the instruction at `at` called at least two others.
fn calls_two(all: &[Instruction], at: usize) -> bool {
    let caller = &all[at];
    all.get(at + 1..at + 3).is_some_and(|next| {
        next.iter().all(|next| {
            next.inner != 0
                && next.top == caller.top
                && (caller.height == 0 || next.height == 0 || next.height > caller.height)
        })
    })
}
