//! What an opportunity is worth, and whether the policy lets it pass.

use std::sync::Arc;

use super::Engine;
use super::opportunities::{Facts, Found};
use crate::decision::{Decision, Kind, Open};
use crate::features::{self, Scorer};
use crate::gate::{self, Term, Terms};
use crate::gates::Place;
use crate::landing::{self, LandingInputs};

/// Lamports of one signature.
pub(super) const BASE_FEE_LAMPORTS: u64 = 5_000;

impl Engine {
    /// Tip, landing, EV and gate of one opportunity. `score` is the baseline's.
    #[expect(clippy::too_many_arguments, reason = "each is one input of the estimate")]
    pub(super) fn weigh(
        &mut self,
        kind: Kind,
        found: Found,
        score: f64,
        contention: u32,
        slippage_bps: f64,
        bundle_len: u32,
        out: &mut Vec<Decision>,
    ) {
        let policy = self.policy.clone();
        let tip_quantile = policy.tip_ladder.rungs()[0];
        let tip_lamports = self.tips.quantile(tip_quantile);
        let landing = LandingInputs { tip_quantile, contention, bundle_len };
        let p_land = landing::p_land(&landing);
        // Fees of our own transactions only: the target pays for itself. A bundle that does not land costs nothing.
        let landed_fee_lamports = BASE_FEE_LAMPORTS * u64::from(bundle_len.div_ceil(2));
        let fail_cost_lamports = 0;
        let [edge, tip, fee, fail] = [
            found.edge_lamports as f64,
            tip_lamports as f64,
            landed_fee_lamports as f64,
            fail_cost_lamports as f64,
        ]
        .map(|lamports| lamports / 1e9);
        let ev_sol = p_land * (edge - tip - fee) - (1.0 - p_land) * fail;
        let mut terms = Terms {
            score,
            ev_sol,
            fee_share: (tip + fee) / edge,
            slippage_bps,
            state_age_slots: found.slot.saturating_sub(self.whole_slot),
            place: Place::of(&policy.gates, &found.hops, &self.mints),
        };
        let features = match &found.facts {
            Facts::Sandwich(facts) => features::sandwich(facts),
            Facts::Cycle(facts) => features::cycle(facts, &landing, &terms),
        };
        let asked = |model: &Option<Arc<dyn Scorer>>| model.as_ref()?.ask(features.values());
        let (model, shadow) = (asked(&self.model), asked(&self.shadow));
        if let Some(answer) = &model {
            terms.score = f64::from(answer.score);
        }
        let open = Open {
            trigger: found.trigger,
            hops: found.hops,
            target: found.target,
            edge_lamports: found.edge_lamports,
            tip_lamports,
            landed_fee_lamports,
            fail_cost_lamports,
            p_land,
            landing,
            model: model.map(|answer| answer.version),
            shadow,
            terms,
            refusals: gate::Refusals::default(),
            policy: policy.clone(),
        };
        let mut decision = Decision::open(kind, found.slot, found.now_ns, open);
        decision.features = Some(features);
        let refusals = gate::judge(&policy, &decision.id(), &terms);
        if let Some(open) = &mut decision.open {
            open.refusals = refusals;
        }
        self.counts.candidates += 1;
        let fresh = !refusals.has(Term::StateAge);
        self.counts.fresh += u64::from(fresh);
        let switched_off = !gate::switches(&policy, &decision.id()).is_go();
        self.counts.weighed += u64::from(fresh && !switched_off);
        self.counts.why_not.count(refusals);
        self.counts.refused_first.count_first(refusals);
        if refusals.is_go() {
            self.counts.passed += 1;
            self.paper.take(&decision);
        }
        // A module that is switched off leaves no trace but its counters.
        if !policy.killed && policy.running {
            out.push(decision);
        }
    }
}
