//! All transactions that belong to an attack, and what they sum up to.

use super::super::activity::Activity;
use super::super::party_action::PartyAction;
use super::steps::Swap;
use crate::position::ChainPosition;
use crate::pubkey::{Pubkey, Signature};
use crate::tips::{self, PaidTip};

/// All transactions of an attack and their totals.
#[derive(Default)]
pub(super) struct AttackTotals {
    pub(super) lamports: i128,
    pub(super) tokens: i128,
    pub(super) fee_lamports: u64,
    pub(super) tip_lamports: u64,
    pub(super) tips_by_service: Vec<PaidTip>,
    pub(super) links: Vec<Signature>,
    pub(super) tips: Vec<Signature>,
    pub(super) failed: Vec<Signature>,
}

/// Sums over fronts, backs, the party's own failed tries on the pool, transfers between its wallets, and
/// tips. A tip belongs to the attack that contains its payer's last transaction before the tip.
pub(super) fn totals_of(
    activity: &Activity,
    attackers: &[Pubkey],
    fronts: &[&Swap],
    backs: &[&Swap],
    mint: &Pubkey,
) -> AttackTotals {
    let mut totals = AttackTotals::default();
    let pool = fronts[0].landed.leg.pool;
    let parts: Vec<Signature> = fronts.iter().chain(backs).map(|swap| swap.landed.signature).collect();
    let begin = fronts[0].landed.position();
    let end = backs[backs.len() - 1].landed.position();
    // Up to the end of the last back's slot, because its tip lands after it.
    let own = activity
        .between(ChainPosition::default(), ChainPosition { index: u64::MAX, ..end })
        .filter(|action| attackers.contains(&action.signer));
    let own: Vec<&PartyAction> = own.collect();
    // Whatever precedes the party's last swap before this attack belongs to that swap.
    let since = own.iter().rposition(|action| action.position < begin && action.swaps).map_or(0, |at| at + 1);
    let mut previous_is_part = false;
    for action in &own[since..] {
        let action = *action;
        if action.position < begin && (action.failed || action.is_tip() || !action.links(attackers)) {
            continue;
        }
        let inside = action.position <= end;
        let counted = if parts.contains(&action.signature) {
            previous_is_part = true;
            true
        } else if action.is_tip() {
            let belongs = previous_is_part;
            previous_is_part = false;
            if belongs {
                totals.tips.push(action.signature);
            }
            belongs
        } else if inside && action.failed_on(&pool) {
            totals.failed.push(action.signature);
            true
        } else if inside && !action.failed && !action.swaps && action.links(attackers) {
            totals.links.push(action.signature);
            true
        } else {
            previous_is_part = false;
            false
        };
        if counted {
            let change = action.change(attackers, mint);
            totals.lamports += change.lamports;
            totals.tokens += change.tokens;
            totals.fee_lamports += action.fee_lamports;
            totals.tip_lamports += action.tip_lamports();
            for tip in &action.tips {
                tips::add_tip(&mut totals.tips_by_service, &tip.service, tip.lamports);
            }
        }
    }
    totals
}
