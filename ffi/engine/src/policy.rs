//! What the operator allows: small, plain numbers that the spine reads before each event.

use std::sync::Arc;

use crate::trade_limits::TradeLimits;

/// Most rungs of a tip ladder.
pub const RUNGS_MAX: usize = 8;

/// Quantiles of recently landed tips, one per retry, rising.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TipLadder {
    rungs: [f64; RUNGS_MAX],
    len: usize,
}

impl TipLadder {
    /// `None` unless there are 1 to 8 rungs, each above 0 and below 1, rising.
    #[must_use]
    pub fn new(rungs: &[f64]) -> Option<TipLadder> {
        let sound = (1..=RUNGS_MAX).contains(&rungs.len())
            && rungs.iter().all(|rung| *rung > 0.0 && *rung < 1.0)
            && rungs.windows(2).all(|pair| pair[0] < pair[1]);
        let mut ladder = TipLadder { rungs: [0.0; RUNGS_MAX], len: rungs.len() };
        sound.then(|| {
            ladder.rungs[..rungs.len()].copy_from_slice(rungs);
            ladder
        })
    }

    /// The rungs, lowest first.
    #[must_use]
    pub fn rungs(&self) -> &[f64] {
        &self.rungs[..self.len]
    }
}

/// The live policy of one module. The defaults are contract (docs/CONTRACT.md).
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Decisions are made; false after STOP.
    pub running: bool,
    /// Latched: nothing goes out until an un-kill.
    pub killed: bool,
    /// Share of decisions skipped, 0..=100; 100 = none go out.
    pub throttle_pct: u8,
    /// SOL that a decision must be expected to gain at least.
    pub ev_min_sol: f64,
    /// Lowest score, 0..1.
    pub score_min: f64,
    /// What is tipped.
    pub tip_ladder: TipLadder,
    /// Fees and tip may take this share of the edge, 0..1.
    pub max_fee_share: f64,
    /// Predicted slippage, 1 bps = 0.01 %.
    pub max_slippage_bps: f64,
    /// Slots that pool state may be old.
    pub max_state_age_slots: u64,
    /// What is not traded in.
    pub trade_limits: Arc<TradeLimits>,
}

impl Default for Policy {
    fn default() -> Self {
        let ladder = TipLadder { rungs: [0.5, 0.7, 0.85, 0.95, 0.0, 0.0, 0.0, 0.0], len: 4 };
        Policy {
            running: true,
            killed: false,
            throttle_pct: 0,
            ev_min_sol: 0.0008,
            score_min: 0.5,
            tip_ladder: ladder,
            max_fee_share: 0.5,
            max_slippage_bps: 50.0,
            max_state_age_slots: 2,
            trade_limits: Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tip_ladder_takes_rising_quantiles_and_nothing_else() {
        for (rungs, ok) in [
            (&[0.5, 0.7][..], true),
            (&[0.5; 1], true),
            (&[], false),
            (&[0.7, 0.5], false),
            (&[0.5, 0.5], false),
            (&[0.0, 0.5], false),
            (&[0.5, 1.0], false),
            (&[f64::NAN], false),
            (&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], false),
        ] {
            assert_eq!(TipLadder::new(rungs).is_some(), ok, "{rungs:?}");
        }
        assert_eq!(Policy::default().tip_ladder, TipLadder::new(&[0.5, 0.7, 0.85, 0.95]).expect("rises"));
    }
}
