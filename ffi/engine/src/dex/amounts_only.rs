//! The generic rule, for every program without a decoder of its own: a call takes one mint from a trader and
//! pays another one out of accounts that belong to no wallet. It reads what moved and makes no quotes.
//!
//! Most market makers of 2025 and 2026 publish no layout, but their transfers are still facts.

use crate::call::{Call, DecodeError, Dex, Leg, Swap};
use crate::pubkey::Pubkey;
use crate::token::{self, Transfer, program};
use crate::trader;

/// Maximum transfers of one swap: its two sides, fees and referrers.
const TRANSFERS_MAX: usize = 12;

macro_rules! row {
    ($name:ident, $id:literal, $program:literal) => {
        row!($name, $id, $program, None);
    };
    ($name:ident, $id:literal, $program:literal, $pool:expr) => {
        #[doc = concat!("The table row of `", $id, "`.")]
        pub const $name: Dex =
            Dex { id: $id, program: program($program), decode: |call, legs| decode(call, legs, $pool) };
    };
}

row!(ALPHAQ, "alphaq", b"ALPHAQmeA7bjrVuccPsYPiCvsi428SNwte66Srvs4pHA");
row!(AQUIFER, "aquifer", b"AQU1FRd7papthgdrwPTTq5JacJh8YtwEXaBfKU3bTz45");
row!(BISONFI, "bisonfi", b"BiSoNHVpsVZW2F7rx2eQ59yQwKxzU5NvBcmKshCSUypi");
row!(FLUXBEAM, "fluxbeam", b"FLUXubRmkEi2q6K3Y9kBPg9248ggaZVsoSFhtJHSrm1X", Some(0));
row!(GOONFI, "goonfi", b"goonERTdGsjnkZqWuVjs73BZ3Pb9qoCUdBUL17BnS5j");
row!(GOONFI_V2, "goonfi_v2", b"goonuddtQRrWqqn5nFyczVKaie28f3kDkHWkHtURSLE");
row!(HUMIDIFI, "humidifi", b"9H6tua7jkLhdm3w8BvgpTn5LZNU7g4ZynDmCiNN3q6Rp");
row!(INVARIANT, "invariant", b"HyaB3W9q6XdA5xwpU4XnSZV94htfmbmqJXZcEbRaJutt");
// The number is the pool's place in the instruction's accounts: here one owner holds the vaults of all pools.
row!(METEORA_DAMM_V1, "meteora_damm_v1", b"Eo7WjKq67rjJQSZxS6z3YkapzY3eMj6Xy8X5EQVn5UaB", Some(0));
row!(METEORA_DAMM_V2, "meteora_damm_v2", b"cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG", Some(1));
row!(METEORA_DBC, "meteora_dbc", b"dbcij3LWUppWqq96dh6gJWwBifmcGfLSB5D4DuSMaqN", Some(2));
row!(OBRIC_V2, "obric_v2", b"obriQD1zbpyLz95G5n7nJe6a4DPjpFwa5XYPoNm113y");
row!(OPENBOOK_V2, "openbook_v2", b"opnb2LAfJYbRMAHHvqjCwQxanZn7ReEHp1k81EohpZb");
row!(SOLFI, "solfi", b"SoLFiHG9TfgtdUXUjWAxi3LtvYuFyDLVhBWxdMZxyCe");
row!(SOLFI_V2, "solfi_v2", b"SV2EYYJyRz2YhfXwXnhNAevDEui5Q6yrfyo13WtupPF");
row!(TESSERA, "tessera", b"TessVdML9pBGgG9yGks7o4HewRaXVAMuoVj4x83GLQH");
row!(ZEROFI, "zerofi", b"ZERor4xhbUycZ6gb9ntrhqscUcZmAbQDjEAtCf4hbZY", Some(0));

/// Appends the leg of a call that is a swap by its transfers; `pool`: place of the pool in its accounts.
pub fn decode(call: &Call<'_>, legs: &mut Vec<Leg>, pool: Option<usize>) -> Result<(), DecodeError> {
    // A program of the table may keep its tokens in another program (Meteora's vaults).
    let Some(moves) = Moves::of(call, pool.is_some()) else { return Ok(()) };
    let Some([into, from]) = moves.sides(call, pool.is_some()) else { return Ok(()) };
    let swap = Swap {
        pool: pool.and_then(|at| call.accounts().get(at).copied()).unwrap_or(from.authority),
        vaults: [into.destination, from.source],
        trader: into.authority,
    };
    let mut leg = call.vault_leg(&swap, 0)?;
    if pool.is_none() {
        leg.pool = pool_of(call, &into, &from).unwrap_or(leg.pool);
    }
    legs.push(leg);
    Ok(())
}

/// Whether mints moved both ways between the caller and another party, even where it is unclear which is which.
pub fn looks_like_swap(call: &Call<'_>) -> bool {
    Moves::of(call, true).is_some_and(|moves| {
        moves.list().any(|(first, mint)| {
            moves.list().any(|(other, paid)| paid != mint && other.authority != first.authority)
        })
    })
}

/// The address that names a pool of an unknown program: the owner of both vaults. Where each vault has its
/// own owner, it is the lower of the two vaults, so that both directions name the same pool.
fn pool_of(call: &Call<'_>, into: &Transfer, from: &Transfer) -> Option<Pubkey> {
    let owners = [into.destination, from.source].map(|vault| owner_of(call, vault));
    match owners {
        [Some(one), Some(other)] if one != other => {
            let vaults = [into.destination, from.source].map(|vault| call.key(vault).ok());
            vaults.into_iter().flatten().min()
        }
        [Some(owner), _] | [_, Some(owner)] => Some(owner),
        _ => None,
    }
}

fn owner_of(call: &Call<'_>, account: u8) -> Option<Pubkey> {
    call.owner(call.transaction.token(account)?)
}

/// The transfers of a call that is not a router's, each with its mint.
struct Moves {
    all: [Option<(Transfer, Pubkey)>; TRANSFERS_MAX],
    len: usize,
}

impl Moves {
    /// `None` for a call without two transfers, or with more than a swap makes, or one whose callees swap.
    fn of(call: &Call<'_>, deep: bool) -> Option<Moves> {
        let inner = call.inner_calls();
        if inner.len() < 2 {
            return None;
        }
        let mut moves = Moves { all: [None; TRANSFERS_MAX], len: 0 };
        for called in inner {
            let program = call.transaction.key(call.frame, called.program)?;
            let is_token = *program == token::TOKEN.0 || *program == token::TOKEN_2022.0;
            if !is_token {
                if (call.is_known)(program) && *program != call.program().0 {
                    return None;
                }
                // Without depths, what follows another program's call may belong to that call.
                if called.height == 0 && !deep && *program != call.program().0 && *program != token::SYSTEM.0
                {
                    break;
                }
                continue;
            }
            let Some(moved) = call.transfer(called) else { continue };
            let direct = called.height == 0 || called.height == call.instruction.height + 1;
            if !deep && !direct {
                return None;
            }
            let place = moves.all.get_mut(moves.len)?;
            *place = Some((moved, call.mint_of(&moved, moved.destination)?));
            moves.len += 1;
        }
        (moves.len >= 2).then_some(moves)
    }

    fn list(&self) -> impl Iterator<Item = &(Transfer, Pubkey)> {
        self.all[..self.len].iter().flatten()
    }

    /// What the pool received and what it paid. The trader's side is the one that signed, else the one that
    /// paid first: programs take before they give.
    fn sides(&self, call: &Call<'_>, known: bool) -> Option<[Transfer; 2]> {
        let (frame, transaction) = (call.frame, call.transaction);
        let signed = |key: u8| call.key(key).is_ok_and(|key| trader::signed(frame, transaction, &key));
        let payer = self.list().find(|(moved, _)| signed(moved.authority)).or_else(|| self.list().next())?;
        let (payer, taken) = (payer.0.authority, payer.1);
        let largest = |moves: &mut dyn Iterator<Item = &(Transfer, Pubkey)>| {
            moves.copied().max_by_key(|(moved, _)| moved.amount)
        };
        let (into, _) =
            largest(&mut self.list().filter(|(moved, mint)| moved.authority == payer && *mint == taken))?;
        let (from, paid) =
            largest(&mut self.list().filter(|(moved, mint)| {
                moved.authority != payer && *mint != taken && !signed(moved.authority)
            }))?;
        // A third mint, or the mint that was taken leaving again, is a deposit, a withdrawal or a loan.
        let plain =
            self.list().all(|(moved, mint)| *mint == if moved.authority == payer { taken } else { paid });
        // One base unit is a single item, such as an NFT, not an amount.
        let single = into.amount == 1 || from.amount == 1;
        (plain && !single && is_pool(call, &into, &from, known)).then_some([into, from])
    }
}

/// Whether both vaults have one owner that is not a party of the transaction. A program may give each vault its
/// own owner: it then names both owners in its call. Of a wallet that takes a fee it names only the account.
fn is_pool(call: &Call<'_>, into: &Transfer, from: &Transfer, known: bool) -> bool {
    let payer = owner_of(call, into.source);
    let owners = [into.destination, from.source].map(|vault| owner_of(call, vault));
    let party = |owner: &Pubkey| Some(*owner) == payer || trader::signed(call.frame, call.transaction, owner);
    let named = |owner: &Pubkey| {
        call.accounts().iter().any(|&account| call.key(account).is_ok_and(|key| key == *owner))
    };
    match owners {
        [Some(one), Some(other)] if party(&one) || party(&other) => false,
        [Some(one), Some(other)] => one == other || known || named(&one) && named(&other),
        // Without balances only the authorities are known.
        _ => into.destination != from.source,
    }
}
