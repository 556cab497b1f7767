//! Legs: what each swap of a transaction really moved, read from the token transfers under it.
//!
//! The instruction's own amounts are only limits (minimum out, maximum in); the transfers are facts.

use crate::call::{Call, DecodeError};
use crate::dex;

pub use crate::call::Leg;
use crate::frame::{Instruction, KEYS_MAX, Transaction};
use crate::missed::Missed;
use crate::pubkey::Pubkey;
use crate::token::{self, program};

/// What a decode run found, for the counters.
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
enum ProgramKind {
    /// Not looked up yet.
    NotLookedUp,
    /// Its calls are never swaps: token programs, accounts, compute budget, memos.
    NeverSwaps,
    /// In the table, at this place.
    Known(u8),
    /// Anything else.
    Unknown,
}

/// Programs that are called in nearly every transaction and never swap.
const NEVER_SWAP: [Pubkey; 7] = [
    token::SYSTEM,
    token::TOKEN,
    token::TOKEN_2022,
    program(b"ComputeBudget111111111111111111111111111111"),
    program(b"ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"),
    program(b"MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"),
    program(b"Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"),
];

fn is_known(program: &[u8; 32]) -> bool {
    dex::index_of_program(program).is_some()
}

fn kind_of(program: &[u8; 32]) -> ProgramKind {
    if NEVER_SWAP.iter().any(|quiet| quiet.0 == *program) {
        return ProgramKind::NeverSwaps;
    }
    dex::index_of_program(program).map_or(ProgramKind::Unknown, |place| ProgramKind::Known(place as u8))
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
    // A transaction calls few programs, often many times: each is looked up once.
    let mut kinds = [ProgramKind::NotLookedUp; KEYS_MAX];
    // A bit for the place of each call that looks like a swap and yielded no leg, and how many calls it made, which
    // come after it.
    let (mut suspects, mut inner_counts) = (0_u64, [0_u16; TRACKED_CALLS_MAX]);
    let begin = out.len();
    for (at, instruction) in transaction.instructions.iter().enumerate() {
        let kind = &mut kinds[usize::from(instruction.program)];
        if *kind == ProgramKind::NotLookedUp {
            *kind = transaction.key(frame, instruction.program).map_or(ProgramKind::NeverSwaps, kind_of);
        }
        let dex = match *kind {
            ProgramKind::Known(place) => &dex::DEXES[usize::from(place)],
            // A swap makes two transfers.
            ProgramKind::Unknown if calls_two_or_more(&transaction.instructions, at) => dex::unknown(),
            _ => continue,
        };
        let Some(call) = Call::new(frame, transaction, at, dex, is_known) else { continue };
        let before = out.len();
        let decoded = (dex.decode)(&call, out);
        match decoded {
            Ok(()) if out.len() > before => counts.legs += (out.len() - before) as u64,
            Ok(()) if !dex::looks_like_swap(&call) => {}
            Ok(()) if at < TRACKED_CALLS_MAX => {
                suspects |= 1 << at;
                inner_counts[at] = call.inner_calls().len() as u16;
            }
            Ok(()) => missed.count(frame, transaction, instruction),
            Err(error) => {
                out.truncate(before);
                let count = if error == DecodeError::Unresolved {
                    &mut counts.unresolved
                } else {
                    &mut counts.malformed
                };
                *count += 1;
                missed.count(frame, transaction, instruction);
            }
        }
    }
    while suspects != 0 {
        let at = suspects.trailing_zeros() as usize;
        suspects &= suspects - 1;
        let instruction = &transaction.instructions[at];
        let Instruction { top, inner, .. } = *instruction;
        let is_of_callee =
            |leg: &Leg| leg.top == top && leg.inner > inner && leg.inner - inner <= inner_counts[at];
        // A router gives no leg of its own: the calls under it do.
        if !out[begin..].iter().any(is_of_callee) {
            missed.count(frame, transaction, instruction);
        }
    }
}

/// Places of calls that have a bit. A transaction of today has no more calls.
const TRACKED_CALLS_MAX: usize = 64;

/// Whether the instruction at `at` called at least two others.
fn calls_two_or_more(all: &[Instruction], at: usize) -> bool {
    let caller = &all[at];
    all.get(at + 1..at + 3).is_some_and(|next| {
        next.iter().all(|next| {
            next.inner != 0
                && next.top == caller.top
                && (caller.height == 0 || next.height == 0 || next.height > caller.height)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Span;

    const ROUTER: u8 = 6;
    const POOL: u8 = 7;
    const OTHER_POOL: u8 = 8;
    /// Into the pool one mint, out of it another one; keys 10 to 12 are mints.
    const IN: [u8; 4] = [1, 10, 3, 0];
    const OUT: [u8; 4] = [4, 11, 2, 5];
    const OUT_TOO: [u8; 4] = [4, 12, 2, 5];

    /// A call: its program, its depth, and of a token transfer its source, mint, destination and authority.
    type Made<'a> = (u8, u8, &'a [u8]);

    /// Legs and missed calls by the program's key index. Key 0 is the trader, who signs; 9 the token program.
    fn decoded(calls: &[Made<'_>], depths: bool) -> (Vec<u8>, Vec<(u8, u64)>) {
        let mut keys: Vec<[u8; 32]> = (0..13).map(|at| [at + 100; 32]).collect();
        keys[9] = token::TOKEN.0;
        let mut frame = keys.concat();
        let mut transaction = Transaction::default();
        (transaction.signers, transaction.executed) = (1, true);
        transaction.keys = (0..13).map(|at| Span::new(at * 32, 32)).collect();
        for (at, (program, height, accounts)) in calls.iter().enumerate() {
            let begin = frame.len() as u32;
            frame.extend_from_slice(accounts);
            // transferChecked of 1,000 + place base units, 6 decimals.
            frame.push(12);
            frame.extend((1_000 + at as u64).to_le_bytes());
            frame.push(6);
            transaction.instructions.push(Instruction {
                program: *program,
                inner: at as u16,
                height: if depths { *height } else { 0 },
                accounts: Span::new(begin, accounts.len() as u32),
                data: Span::new(begin + accounts.len() as u32, 10),
                ..Instruction::default()
            });
        }
        let (mut legs, mut counts, mut missed) = (Vec::new(), DecodeCounts::default(), Missed::default());
        decode(&frame, &transaction, &mut legs, &mut counts, &mut missed);
        assert_eq!(counts.legs, legs.len() as u64);
        let index = |program: Pubkey| program.0[0] - 100;
        let mut rows: Vec<_> = missed.rows().iter().map(|row| (index(row.program), row.count)).collect();
        rows.sort_unstable();
        (legs.iter().map(|leg| index(leg.program)).collect(), rows)
    }

    #[test]
    fn a_call_whose_leg_is_found_under_it_is_not_missed() {
        let good: [Made; 3] = [(POOL, 2, &[]), (9, 3, &IN), (9, 3, &OUT)];
        // A third mint: it is unclear what the call is, but it moved what a swap moves.
        let odd: [Made; 4] = [(OTHER_POOL, 2, &[]), (9, 3, &IN), (9, 3, &OUT), (9, 3, &OUT_TOO)];
        let router: [Made; 1] = [(ROUTER, 1, &[])];
        for depths in [true, false] {
            let found = decoded(&[&router[..], &good].concat(), depths);
            assert_eq!(found, (vec![POOL], vec![]), "depths {depths}");
        }
        let both = decoded(&[&router[..], &good, &odd].concat(), true);
        assert_eq!(both, (vec![POOL], vec![(OTHER_POOL, 1)]), "the other one is missed");
        let both = decoded(&[&router[..], &odd, &good].concat(), true);
        assert_eq!(both, (vec![POOL], vec![(OTHER_POOL, 1)]), "in any order");
        let none = decoded(&[&router[..], &odd].concat(), true);
        assert_eq!(none, (vec![], vec![(ROUTER, 1), (OTHER_POOL, 1)]), "no leg at all");
    }

    #[test]
    fn a_call_beyond_the_tracked_ones_is_counted() {
        let quiet: [Made; TRACKED_CALLS_MAX] = [(9, 1, &[]); TRACKED_CALLS_MAX];
        let odd: [Made; 4] = [(OTHER_POOL, 1, &[]), (9, 2, &IN), (9, 2, &OUT), (9, 2, &OUT_TOO)];
        assert_eq!(decoded(&[&quiet[..], &odd].concat(), true), (vec![], vec![(OTHER_POOL, 1)]));
        // Calls in the last tracked places have the last bits.
        let last = decoded(&[&quiet[..TRACKED_CALLS_MAX - 4], &odd].concat(), true);
        assert_eq!(last, (vec![], vec![(OTHER_POOL, 1)]));
    }
}
