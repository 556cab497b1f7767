//! Landed arbitrage: one transaction whose legs form a closed cycle of mints, by one owner.

use crate::decision::{Decision, Kind, LandedLeg, Tier};
use crate::legs::Leg;
use crate::token;

use super::Landed;
use super::moved_out::moved_out;
use super::party_action::{PartyAction, PartyChange};

/// Longest cycle that is searched for; the runtime's limits leave room for fewer legs than this.
const HOPS_MAX: usize = 16;

/// Appends one decision for each closed cycle of `landed`; a leg is in one cycle at most.
pub fn find(landed: &Landed<'_>, out: &mut Vec<Decision>) {
    let legs = landed.legs;
    let mut used = 0_u64;
    for first in 0..legs.len().min(u64::BITS as usize) {
        if used >> first & 1 == 1 {
            continue;
        }
        let Some(cycle) = cycle_from(legs, first, used) else { continue };
        for &at in cycle.legs() {
            used |= 1 << at;
        }
        out.push(decide(landed, cycle.legs().iter().map(|&at| &legs[at])));
    }
}

/// Indices of the legs of one cycle, in order.
struct LegCycle {
    indices: [usize; HOPS_MAX],
    len: usize,
}

impl LegCycle {
    fn legs(&self) -> &[usize] {
        &self.indices[..self.len]
    }
}

/// Follows the mints from leg `first` through later legs of the same trader until they close.
fn cycle_from(legs: &[Leg], first: usize, used: u64) -> Option<LegCycle> {
    let start = &legs[first];
    let mut cycle = LegCycle { indices: [first; HOPS_MAX], len: 1 };
    let mut held = start.out_mint;
    for (at, leg) in legs.iter().enumerate().take(u64::BITS as usize).skip(first + 1) {
        if cycle.len == HOPS_MAX || held == start.in_mint {
            break;
        }
        if used >> at & 1 == 0 && leg.in_mint == held && leg.trader == start.trader {
            cycle.indices[cycle.len] = at;
            cycle.len += 1;
            held = leg.out_mint;
        }
    }
    // There and back in one pool is a wash trade, not an arbitrage.
    let several_pools = cycle.legs().iter().any(|&at| legs[at].pool != start.pool);
    (held == start.in_mint && several_pools).then_some(cycle)
}

fn decide<'a>(landed: &Landed<'_>, cycle: impl Iterator<Item = &'a Leg>) -> Decision {
    let transaction = landed.transaction;
    let fronts: Vec<_> = cycle
        .map(|leg| LandedLeg {
            slot: transaction.slot,
            index: transaction.index,
            signature: landed.signature,
            leg: *leg,
        })
        .collect();
    let first = &fronts[0].leg;
    let mut attackers = vec![first.trader];
    if landed.signer != first.trader {
        attackers.push(landed.signer);
    }
    let quote_mint = first.in_mint;
    let action = PartyAction::read(landed);
    let PartyChange { lamports, tokens } = action.change(&attackers, &quote_mint);
    let moved = moved_out(landed.frame, transaction, &attackers, landed.tip_accounts);
    let lamports = lamports + i128::from(moved.funded_lamports);
    let in_sol = quote_mint == token::WRAPPED_SOL;
    let last = &fronts[fronts.len() - 1].leg;
    let gross_raw = i128::from(last.trader_out) - i128::from(first.trader_in);
    Decision {
        kind: Kind::Arbitrage,
        tier: Tier::None,
        slot: transaction.slot,
        event_ns: landed.event_ns,
        attackers,
        fronts,
        victims: Vec::new(),
        victim_losses: Vec::new(),
        backs: Vec::new(),
        links: Vec::new(),
        tips: Vec::new(),
        failed: Vec::new(),
        quote_mint,
        net_lamports: in_sol.then(|| i64::try_from(lamports).unwrap_or(i64::MAX)),
        net_raw: if in_sol { lamports } else { tokens },
        fee_lamports: transaction.fee_lamports,
        tip_lamports: action.tip_lamports(),
        tips_by_service: action.tips,
        gross_raw,
        moved_out_lamports: moved.lamports,
        funded_lamports: moved.funded_lamports,
        features: None,
        open: None,
        provisional: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dex;
    use crate::pubkey::Pubkey;

    fn leg(pool: u8, trader: u8, from: u8, to: u8) -> Leg {
        let key = |byte| Pubkey([byte; 32]);
        Leg {
            top: 0,
            inner: 0,
            hop: 0,
            dex: &dex::DEXES[0],
            program: dex::DEXES[0].program,
            pool: key(pool),
            trader: key(trader),
            in_mint: key(from),
            in_amount: 1,
            out_mint: key(to),
            out_amount: 1,
            trader_in: 1,
            trader_out: 1,
            exact: true,
        }
    }

    #[test]
    fn cycle_from_closes_only_over_mints_of_one_trader_and_two_pools() {
        type Row<'a> = (&'a str, &'a [Leg], Option<&'a [usize]>);
        let rows: [Row<'_>; 7] = [
            ("two hops", &[leg(1, 9, 0, 5), leg(2, 9, 5, 0)], Some(&[0, 1])),
            ("three hops", &[leg(1, 9, 0, 5), leg(2, 9, 5, 6), leg(3, 9, 6, 0)], Some(&[0, 1, 2])),
            ("a foreign leg between", &[leg(1, 9, 0, 5), leg(7, 8, 5, 0), leg(2, 9, 5, 0)], Some(&[0, 2])),
            ("open", &[leg(1, 9, 0, 5), leg(2, 9, 5, 6)], None),
            ("another trader closes it", &[leg(1, 9, 0, 5), leg(2, 8, 5, 0)], None),
            ("one pool only", &[leg(1, 9, 0, 5), leg(1, 9, 5, 0)], None),
            ("one leg", &[leg(1, 9, 0, 5)], None),
        ];
        for (name, legs, expected) in rows {
            let found = cycle_from(legs, 0, 0);
            let found = found.as_ref().map(LegCycle::legs);
            assert_eq!(found, expected, "{name}");
        }
    }
}
