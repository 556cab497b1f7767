//! All transactions that belong to an attack, and what they sum up to.

use std::sync::Arc;

use super::super::activity::{Activity, Deed};
use super::steps::Swap;
use crate::pubkey::{Pubkey, Signature};
use crate::tips;

/// All transactions of an attack and their totals.
#[derive(Default)]
pub(super) struct Reckoning {
    pub(super) lamports: i128,
    pub(super) tokens: i128,
    pub(super) fee_lamports: u64,
    pub(super) tip_lamports: u64,
    pub(super) tips_by_service: Vec<(Arc<str>, u64)>,
    pub(super) links: Vec<Signature>,
    pub(super) tips: Vec<Signature>,
    pub(super) failed: Vec<Signature>,
}

/// Sums over fronts, backs, the party's own failed tries on the pool, transfers between its wallets, and
/// tips. A tip belongs to the attack that contains its payer's last transaction before the tip.
pub(super) fn account_for(
    activity: &Activity,
    attackers: &[Pubkey],
    fronts: &[&Swap],
    backs: &[&Swap],
    mint: &Pubkey,
) -> Reckoning {
    let mut sum = Reckoning::default();
    let pool = fronts[0].landed.leg.pool;
    let parts: Vec<Signature> = fronts.iter().chain(backs).map(|swap| swap.landed.signature).collect();
    let begin = (fronts[0].landed.slot, fronts[0].landed.index);
    let last = &backs[backs.len() - 1].landed;
    // Up to the end of the last back's slot, because its tip lands after it.
    let own = activity.between((0, 0), (last.slot, u64::MAX)).filter(|deed| attackers.contains(&deed.signer));
    let own: Vec<&Deed> = own.collect();
    // Whatever precedes the party's last swap before this attack belongs to that swap.
    let since = own.iter().rposition(|deed| deed.order < begin && deed.swaps).map_or(0, |at| at + 1);
    let mut previous_is_part = false;
    for deed in &own[since..] {
        let deed = *deed;
        if deed.order < begin && (deed.failed || deed.is_tip() || !deed.links(attackers)) {
            continue;
        }
        let inside = deed.order <= (last.slot, last.index);
        let counted = if parts.contains(&deed.signature) {
            previous_is_part = true;
            true
        } else if deed.is_tip() {
            let belongs = previous_is_part;
            previous_is_part = false;
            if belongs {
                sum.tips.push(deed.signature);
            }
            belongs
        } else if inside && deed.failed_on(&pool) {
            sum.failed.push(deed.signature);
            true
        } else if inside && !deed.failed && !deed.swaps && deed.links(attackers) {
            sum.links.push(deed.signature);
            true
        } else {
            previous_is_part = false;
            false
        };
        if counted {
            let (lamports, tokens) = deed.change(attackers, mint);
            sum.lamports += lamports;
            sum.tokens += tokens;
            sum.fee_lamports += deed.fee_lamports;
            sum.tip_lamports += deed.tip_lamports();
            for (service, lamports) in &deed.tips {
                tips::add_tip(&mut sum.tips_by_service, service, *lamports);
            }
        }
    }
    sum
}
