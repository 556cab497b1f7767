//! What an opportunity is worth, and whether the policy lets it pass.

use std::sync::Arc;

use super::opportunities::{BASE_FEE_LAMPORTS, Expected, Facts, Opportunity, Trigger};
use crate::decision::{Decision, Open};
use crate::features::{self, Scorer};
use crate::gate::{self, Refusals, Terms};
use crate::landing::{self, LandingInputs};
use crate::mint_risks::Mints;
use crate::policy::Policy;
use crate::trade_limits::TradeFacts;

/// The models that give scores, with the one whose score is only reported.
#[derive(Default)]
pub(super) struct Models {
    pub(super) active: Option<Arc<dyn Scorer>>,
    pub(super) shadow: Option<Arc<dyn Scorer>>,
}

/// What an opportunity is weighed with.
pub(super) struct Estimator<'a> {
    pub(super) policy: &'a Policy,
    pub(super) models: &'a Models,
    pub(super) mints: &'a Mints,
    /// What the first attempt would tip.
    pub(super) tip_lamports: u64,
    /// The newest slot up to which pool state is completely known.
    pub(super) complete_slot: u64,
}

/// What an opportunity costs, lamports.
struct Costs {
    tip_lamports: u64,
    /// Fees of our own transactions only: the target pays for itself.
    landed_fee_lamports: u64,
    /// Nothing: a bundle that does not land costs nothing.
    fail_cost_lamports: u64,
}

impl Costs {
    fn of(tip_lamports: u64, bundle_len: u32) -> Costs {
        let landed_fee_lamports = BASE_FEE_LAMPORTS * u64::from(bundle_len.div_ceil(2));
        Costs { tip_lamports, landed_fee_lamports, fail_cost_lamports: 0 }
    }

    /// What `edge_lamports` is worth when the bundle lands with the probability `p_land`.
    fn ev_sol(&self, edge_lamports: i64, p_land: f64) -> f64 {
        let [tip, fee, fail] = [self.tip_lamports, self.landed_fee_lamports, self.fail_cost_lamports]
            .map(|cost| sol(cost as f64));
        p_land * (sol(edge_lamports as f64) - tip - fee) - (1.0 - p_land) * fail
    }

    /// The share of the edge that goes to tip and fees.
    fn fee_share(&self, edge_lamports: i64) -> f64 {
        let [tip, fee] = [self.tip_lamports, self.landed_fee_lamports].map(|cost| sol(cost as f64));
        (tip + fee) / sol(edge_lamports as f64)
    }
}

fn sol(lamports: f64) -> f64 {
    lamports / 1e9
}

impl Estimator<'_> {
    /// Tip, landing, EV and gate of one opportunity.
    pub(super) fn weigh(&self, found: Opportunity) -> Decision {
        let policy = self.policy;
        let tip_quantile = policy.tip_ladder.rungs()[0];
        let Opportunity { bundle_len, edge_lamports, .. } = found;
        let Trigger { slot, signature, now_ns } = found.trigger;
        let Expected { contention, slippage_bps } = found.expected;
        let landing = LandingInputs { tip_quantile, contention, bundle_len };
        let p_land = landing::p_land(&landing);
        let costs = Costs::of(self.tip_lamports, bundle_len);
        let mut terms = Terms {
            score: found.baseline_score,
            ev_sol: costs.ev_sol(edge_lamports, p_land),
            fee_share: costs.fee_share(edge_lamports),
            slippage_bps,
            state_age_slots: slot.saturating_sub(self.complete_slot),
            trade: TradeFacts::of(&policy.trade_limits, &found.hops, self.mints),
        };
        let features = match &found.facts {
            Facts::Sandwich(facts) => features::sandwich(facts),
            Facts::Cycle(facts) => features::cycle(facts, &landing, &terms),
        };
        let ask = |model: &Option<Arc<dyn Scorer>>| model.as_ref()?.score(features.values());
        let (model, shadow) = (ask(&self.models.active), ask(&self.models.shadow));
        if let Some(answer) = &model {
            terms.score = f64::from(answer.score);
        }
        let open = Open {
            trigger: signature,
            hops: found.hops,
            target: found.target,
            edge_lamports,
            tip_lamports: costs.tip_lamports,
            landed_fee_lamports: costs.landed_fee_lamports,
            fail_cost_lamports: costs.fail_cost_lamports,
            p_land,
            landing,
            model: model.map(|answer| answer.version),
            shadow,
            terms,
            refusals: Refusals::default(),
            policy: policy.clone(),
        };
        let mut decision = Decision::open(found.kind, slot, now_ns, open);
        decision.features = Some(features);
        let refusals = gate::judge(policy, &decision.id(), &terms);
        if let Some(open) = &mut decision.open {
            open.refusals = refusals;
        }
        decision
    }
}
