//! Landed sandwiches by shape (SPEC 3): one party swaps in a pool, others swap the same way, the party
//! swaps back what it got. Links between wallets, re-execution and the tiers above C are not judged here.

use std::collections::HashMap;

use crate::decision::{Decision, Kind, LandedLeg, Tier};
use crate::ledger;
use crate::pubkey::Pubkey;
use crate::token;

use super::Landed;

/// Back input and front output may differ by this share of the front output, in percent.
const AMOUNT_TOLERANCE_PCT: u128 = 5;
/// Most legs remembered per pool; older ones are dropped, counted in [`Sandwiches::forgotten`].
const LEGS_PER_POOL_MAX: usize = 4096;

/// One leg in a pool with what its transaction did to its owner.
struct Seen {
    landed: LandedLeg,
    signer: Pubkey,
    change: ledger::Change,
    fee_lamports: u64,
    event_ns: u64,
    spent: bool,
}

impl Seen {
    fn is_of(&self, party: &[Pubkey; 2]) -> bool {
        party.contains(&self.signer) || party.contains(&self.landed.leg.trader)
    }
}

/// Finds sandwich shapes over all pools.
pub struct Sandwiches {
    window_slots: u64,
    pools: HashMap<Pubkey, Vec<Seen>>,
    /// Legs dropped because a pool had too many in one window.
    pub forgotten: u64,
}

impl Sandwiches {
    /// `window_slots`: how many slots after the front a back still counts.
    #[must_use]
    pub fn new(window_slots: u64) -> Self {
        Sandwiches { window_slots, pools: HashMap::new(), forgotten: 0 }
    }

    /// Takes in one transaction; appends the attacks that its legs complete.
    pub fn on_landed(&mut self, landed: &Landed<'_>, out: &mut Vec<Decision>) {
        for leg in landed.legs {
            let quote = quote_mint(leg.in_mint, leg.out_mint);
            let owners = [leg.trader, landed.signer];
            let seen = Seen {
                landed: LandedLeg {
                    slot: landed.transaction.slot,
                    index: landed.transaction.index,
                    signature: landed.signature,
                    leg: *leg,
                },
                signer: landed.signer,
                change: ledger::change(landed.frame, landed.transaction, &owners, &quote),
                fee_lamports: landed.transaction.fee_lamports,
                event_ns: landed.event_ns,
                spent: false,
            };
            let legs = self.pools.entry(leg.pool).or_default();
            legs.push(seen);
            out.extend(close(legs));
            if legs.len() > LEGS_PER_POOL_MAX {
                legs.remove(0);
                self.forgotten += 1;
            }
        }
    }

    /// Forgets legs that no later back can belong to.
    pub fn on_slot_end(&mut self, slot: u64) {
        let oldest = slot.saturating_sub(self.window_slots);
        self.pools.retain(|_, legs| {
            legs.retain(|seen| seen.landed.slot >= oldest);
            !legs.is_empty()
        });
    }
}

/// Looks whether the newest leg brings back what its party holds since its first front.
fn close(legs: &mut [Seen]) -> Option<Decision> {
    let (last, before) = legs.split_last()?;
    let back_mint = last.landed.leg.in_mint;
    let party = [last.landed.leg.trader, last.signer];
    let own = |seen: &&Seen| !seen.spent && seen.is_of(&party);
    let fronts: Vec<&Seen> =
        before.iter().filter(own).filter(|seen| seen.landed.leg.out_mint == back_mint).collect();
    let earlier_backs = before.iter().filter(own).filter(|seen| seen.landed.leg.in_mint == back_mint);
    let backs: Vec<&Seen> = earlier_backs.chain([last]).collect();
    let first = fronts.first()?.landed.order();
    let last_front = fronts.last()?.landed.order();
    let held: u128 = fronts.iter().map(|seen| u128::from(seen.landed.leg.out_amount)).sum();
    let returned: u128 = backs.iter().map(|seen| u128::from(seen.landed.leg.trader_in)).sum();
    if held.abs_diff(returned) * 100 > held * AMOUNT_TOLERANCE_PCT || backs[0].landed.order() < last_front {
        return None;
    }
    let victims: Vec<LandedLeg> = before
        .iter()
        .filter(|seen| {
            !seen.is_of(&party) && seen.landed.leg.out_mint == back_mint && seen.landed.order() > first
        })
        .map(|seen| seen.landed.clone())
        .collect();
    let parts: Vec<&Seen> = fronts.iter().chain(&backs).copied().collect();
    let quote = quote_mint(last.landed.leg.in_mint, last.landed.leg.out_mint);
    let decision = (!victims.is_empty()).then(|| decide(&fronts, victims, &backs, &parts, quote));
    let spent: Vec<_> = parts.iter().map(|seen| seen.landed.order()).collect();
    for seen in legs.iter_mut() {
        seen.spent |= spent.contains(&seen.landed.order());
    }
    decision
}

fn decide(
    fronts: &[&Seen],
    victims: Vec<LandedLeg>,
    backs: &[&Seen],
    parts: &[&Seen],
    quote_mint: Pubkey,
) -> Decision {
    let copies = |seen: &[&Seen]| seen.iter().map(|seen| seen.landed.clone()).collect::<Vec<_>>();
    let mut attackers = Vec::new();
    for key in parts.iter().flat_map(|seen| [seen.landed.leg.trader, seen.signer]) {
        if !attackers.contains(&key) {
            attackers.push(key);
        }
    }
    // A transaction with several legs counts once.
    let mut transactions: Vec<&&Seen> = parts.iter().collect();
    transactions.dedup_by_key(|seen| seen.landed.signature);
    let sum = |of: fn(&Seen) -> i128| transactions.iter().map(|seen| of(seen)).sum::<i128>();
    let lamports = sum(|seen| seen.change.lamports);
    let in_sol = quote_mint == token::WRAPPED_SOL;
    let (fronts, backs) = (copies(fronts), copies(backs));
    let slots = (fronts[0].slot, backs[backs.len() - 1].slot);
    Decision {
        kind: if slots.0 == slots.1 { Kind::Sandwich } else { Kind::WideSandwich },
        tier: Tier::C,
        slot: slots.1,
        event_ns: parts.last().map_or(0, |seen| seen.event_ns),
        attackers,
        victims,
        quote_mint,
        net_lamports: in_sol.then(|| i64::try_from(lamports).unwrap_or(i64::MAX)),
        net_raw: if in_sol { lamports } else { sum(|seen| seen.change.tokens) },
        fee_lamports: transactions.iter().map(|seen| seen.fee_lamports).sum(),
        fronts,
        backs,
    }
}

/// The side of a pool that gains are counted in: SOL where there is SOL, else what the back pays.
fn quote_mint(in_mint: Pubkey, out_mint: Pubkey) -> Pubkey {
    if in_mint == token::WRAPPED_SOL { in_mint } else { out_mint }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dex;
    use crate::legs::Leg;
    use crate::pubkey::Signature;

    /// (slot, wallet, buys, in, out): a made swap of SOL (mint 1) against a token (mint 2) in one pool.
    type Row = (u64, u8, bool, u64, u64);

    fn run(rows: &[Row]) -> Vec<Decision> {
        let mut legs = Vec::new();
        let mut found = Vec::new();
        for (at, &(slot, wallet, buys, in_amount, out_amount)) in rows.iter().enumerate() {
            let mints = if buys { [1, 2] } else { [2, 1] }.map(|byte| Pubkey([byte; 32]));
            let leg = Leg {
                top: 0,
                inner: 0,
                hop: 0,
                dex: &dex::DEXES[0],
                pool: Pubkey([9; 32]),
                trader: Pubkey([wallet; 32]),
                in_mint: mints[0],
                in_amount,
                out_mint: mints[1],
                out_amount,
                trader_in: in_amount,
                trader_out: out_amount,
            };
            let landed = LandedLeg { slot, index: at as u64, signature: Signature([at as u8; 64]), leg };
            let change = ledger::Change::default();
            legs.push(Seen {
                landed,
                signer: Pubkey([wallet; 32]),
                change,
                fee_lamports: 5000,
                event_ns: 0,
                spent: false,
            });
            found.extend(close(&mut legs));
        }
        found
    }

    #[test]
    fn close_finds_the_shape_and_only_the_shape() {
        let (attacker, victim) = (7, 8);
        let front = (1, attacker, true, 100, 1000);
        let rows: [(&str, &[Row], usize); 8] = [
            ("plain", &[front, (1, victim, true, 50, 400), (1, attacker, false, 1000, 110)], 1),
            ("within 5 %", &[front, (1, victim, true, 50, 400), (1, attacker, false, 951, 110)], 1),
            ("beyond 5 %", &[front, (1, victim, true, 50, 400), (1, attacker, false, 949, 110)], 0),
            ("no victim", &[front, (1, attacker, false, 1000, 110)], 0),
            ("victim the other way", &[front, (1, victim, false, 50, 4), (1, attacker, false, 1000, 110)], 0),
            (
                "victim before the front",
                &[(1, victim, true, 5, 40), front, (1, attacker, false, 1000, 110)],
                0,
            ),
            ("another wallet sells", &[front, (1, victim, true, 50, 400), (1, 9, false, 1000, 110)], 0),
            (
                "two fronts, two backs",
                &[
                    front,
                    (1, victim, true, 50, 400),
                    (1, attacker, true, 10, 90),
                    (2, attacker, false, 500, 60),
                    (2, attacker, false, 590, 60),
                ],
                1,
            ),
        ];
        for (name, legs, expected) in rows {
            assert_eq!(run(legs).len(), expected, "{name}");
        }
    }

    #[test]
    fn close_uses_a_leg_once() {
        let rows = [
            (1, 7, true, 100, 1000),
            (1, 8, true, 50, 400),
            (1, 7, false, 1000, 110),
            (1, 8, true, 50, 400),
            (1, 7, false, 1000, 110),
        ];
        assert_eq!(run(&rows).len(), 1);
    }
}
