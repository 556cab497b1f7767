//! What an operator does not trade in: pools and mints by address, pools that hold little, and mints whose makers keep
//! powers over what others hold. All of it is off unless a policy turns it on.

use crate::hop::Hop;
use crate::mint_risks::{Mints, Risks};
use crate::pubkey::Pubkey;
use crate::token::WRAPPED_SOL;

/// Most addresses of one list.
pub const LIST_MAX: usize = 32;
/// SOL; more than there is.
pub const LIQUIDITY_MAX_SOL: f64 = 1e9;
const LAMPORTS_PER_SOL: f64 = 1e9;
/// SOL; more than any pool of 64-bit amounts is worth. Finite: JSON has no infinity, and a state with one cannot be
/// read again.
const CLOSED_SOL: f64 = 1e300;

/// The limits of one module, which commands and the page call gates of pools and mints.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TradeLimits {
    /// Pools that are not traded in; sorted.
    pub pools_deny: Vec<Pubkey>,
    /// The only mints beside SOL that are traded; empty: all; sorted.
    pub mints_allow: Vec<Pubkey>,
    /// Mints that are not traded; sorted.
    pub mints_deny: Vec<Pubkey>,
    /// SOL that each pool must hold on the side that is paid, or be worth there; 0: any.
    pub liquidity_min_sol: f64,
    /// Powers that no traded mint's makers may have.
    pub mint_refuse: Risks,
    /// What is unknown passes; else it refuses.
    pub pass_unknown: bool,
}

impl TradeLimits {
    /// Refuses everything, for a policy that cannot be read.
    #[must_use]
    pub fn closed() -> TradeLimits {
        TradeLimits { liquidity_min_sol: CLOSED_SOL, ..TradeLimits::default() }
    }
}

/// What is compared with the limits: the facts of one plan.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TradeFacts {
    /// A pool of `pools_deny`.
    pub pool_denied: bool,
    /// A mint of `mints_deny`.
    pub mint_denied: bool,
    /// A mint that `mints_allow` lacks.
    pub mint_not_allowed: bool,
    /// SOL in the smallest of the pools; `None`: one of them cannot be valued in SOL.
    pub liquidity_sol: Option<f64>,
    /// Of all traded mints that are known.
    pub risks: Risks,
    /// A traded mint whose account was never seen.
    pub mint_unknown: bool,
}

impl TradeFacts {
    /// Of the swaps of a plan, which is paid for in the first one's mint.
    #[must_use]
    pub fn of(limits: &TradeLimits, hops: &[Hop], mints: &Mints) -> TradeFacts {
        let listed = |list: &[Pubkey], key: &Pubkey| list.binary_search(key).is_ok();
        let mut trade = TradeFacts { liquidity_sol: liquidity_sol(hops), ..TradeFacts::default() };
        for hop in hops {
            trade.pool_denied |= listed(&limits.pools_deny, &hop.pool);
            for mint in [&hop.in_mint, &hop.out_mint] {
                trade.mint_denied |= listed(&limits.mints_deny, mint);
                if *mint == WRAPPED_SOL {
                    continue;
                }
                trade.mint_not_allowed |=
                    !limits.mints_allow.is_empty() && !listed(&limits.mints_allow, mint);
                match mints.risks(mint) {
                    Some(risks) => trade.risks = trade.risks.and(risks),
                    None => trade.mint_unknown = true,
                }
            }
        }
        trade
    }
}

/// Liquidity of the smallest pool, in SOL: its reserve of SOL. For a pool without SOL: its reserve of the
/// mint that the plan pays into it, in SOL at the rate of the plan (SOL paid into the first pool, for the
/// amount of that mint paid into this one).
fn liquidity_sol(hops: &[Hop]) -> Option<f64> {
    let paid = hops.first().filter(|first| first.in_mint == WRAPPED_SOL)?.in_amount as f64;
    let of = |hop: &Hop| {
        let lamports = if hop.in_mint == WRAPPED_SOL {
            hop.reserves[0] as f64
        } else if hop.out_mint == WRAPPED_SOL {
            hop.reserves[1] as f64
        } else {
            hop.reserves[0] as f64 / hop.in_amount as f64 * paid
        };
        Some(lamports / LAMPORTS_PER_SOL).filter(|sol| sol.is_finite())
    };
    hops.iter().try_fold(f64::INFINITY, |least, hop| Some(least.min(of(hop)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dex;
    use crate::mint_risks::tests::mint;
    use crate::pools::Account;
    use crate::token::TOKEN;

    fn key(byte: u8) -> Pubkey {
        Pubkey([byte; 32])
    }

    #[test]
    fn facts_are_of_every_hop() {
        let hop = |pool: u8, [from, to]: [Pubkey; 2], in_amount: u64, reserves: [u64; 2]| Hop {
            dex: &dex::DEXES[0],
            pool: key(pool),
            in_mint: from,
            in_amount,
            out_mint: to,
            out_amount: 1,
            reserves,
        };
        // 2 SOL for 100 of A, these for B in a pool without SOL that holds 5,000 of A (worth 100 SOL), B for SOL.
        let (a, b, sol) = (key(50), key(51), WRAPPED_SOL);
        let hops = [
            hop(1, [sol, a], 2_000_000_000, [300_000_000_000, 1]),
            hop(2, [a, b], 100, [5_000, 1]),
            hop(3, [b, sol], 7, [1, 200_000_000_000]),
        ];
        let mut mints = Mints::default();
        let plain = mint(true, &[]);
        mints.load(&[
            Account { pubkey: a, owner: TOKEN, data: &plain },
            Account { pubkey: b, owner: key(9), data: &plain },
        ]);
        let off = TradeFacts::of(&TradeLimits::default(), &hops, &mints);
        let expected = TradeFacts {
            liquidity_sol: Some(100.0),
            risks: Risks::FREEZE,
            mint_unknown: true,
            ..TradeFacts::default()
        };
        assert_eq!(off, expected);
        assert_eq!(TradeFacts::of(&TradeLimits::default(), &hops[1..], &mints).liquidity_sol, None);
        let of = |limits: TradeLimits| TradeFacts::of(&limits, &hops, &mints);
        assert!(of(TradeLimits { pools_deny: vec![key(2), key(8)], ..TradeLimits::default() }).pool_denied);
        assert!(!of(TradeLimits { pools_deny: vec![key(8)], ..TradeLimits::default() }).pool_denied);
        assert!(of(TradeLimits { mints_deny: vec![b], ..TradeLimits::default() }).mint_denied);
        assert!(!of(TradeLimits { mints_deny: vec![key(1)], ..TradeLimits::default() }).mint_denied);
        assert!(of(TradeLimits { mints_allow: vec![a], ..TradeLimits::default() }).mint_not_allowed);
        assert!(!of(TradeLimits { mints_allow: vec![a, b], ..TradeLimits::default() }).mint_not_allowed);
    }
}
