//! What landing costs and how likely it is: tips seen, traffic per pool, and the baseline estimates. A
//! model replaces the score alone. The formulas are in docs/BASELINE.md.

/// What a pool did in earlier whole slots.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PastTraffic {
    /// 1e4 * sqrt(sum of squared log mid changes) over 12 slots; 0 when there were fewer than 2 swaps.
    pub vol5: f32,
    /// Swaps in those slots.
    pub n_swaps: u32,
    /// Swaps in the 8 slots before.
    pub contention: u32,
}

/// Tips remembered for the quantiles.
const TIPS_MAX: usize = 512;
/// Lamports: the smallest tip of an auction (docs.jito.wtf), used until a tip has been seen.
pub const TIP_MIN_LAMPORTS: u64 = 1_000;
/// Slots over which a pool's traffic is counted.
const TRAFFIC_SLOTS: usize = 8;
/// Slots of the volatility (5 s), and the one that is not over yet.
const VOLATILITY_SLOTS: usize = 13;

/// The newest landed tips, in order of time and in order of size.
pub struct RecentTips {
    by_time: [u64; TIPS_MAX],
    sorted: [u64; TIPS_MAX],
    len: usize,
    next: usize,
}

impl Default for RecentTips {
    fn default() -> Self {
        RecentTips { by_time: [0; TIPS_MAX], sorted: [0; TIPS_MAX], len: 0, next: 0 }
    }
}

impl RecentTips {
    /// Takes in a tip above 0, in lamports.
    pub fn push(&mut self, lamports: u64) {
        if lamports == 0 {
            return;
        }
        if self.len == TIPS_MAX {
            let oldest = self.by_time[self.next];
            let at = self.sorted.partition_point(|&tip| tip < oldest);
            self.sorted.copy_within(at + 1.., at);
            self.len -= 1;
        }
        let at = self.sorted[..self.len].partition_point(|&tip| tip < lamports);
        self.sorted.copy_within(at..self.len, at + 1);
        self.sorted[at] = lamports;
        self.by_time[self.next] = lamports;
        self.next = (self.next + 1) % TIPS_MAX;
        self.len += 1;
    }

    /// The tip at `quantile` (0..1): that share of them is not above it. The auction's minimum when none was seen.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> u64 {
        let Some(last) = self.len.checked_sub(1) else { return TIP_MIN_LAMPORTS };
        let at = (quantile * last as f64).round() as usize;
        self.sorted[at.min(last)].max(TIP_MIN_LAMPORTS)
    }
}

/// What the swaps of one slot did to a pool's price.
#[derive(Clone, Copy, Debug, Default)]
struct SlotMoves {
    swaps: u16,
    /// Sum of their squared price changes, bps².
    squares: f32,
}

/// One pool's traffic.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    swaps: [u16; TRAFFIC_SLOTS],
    moves: [SlotMoves; VOLATILITY_SLOTS],
    slot: u64,
    /// Mean absolute change of the price a swap makes, bps, newest weighing most.
    pub move_bps: f64,
}

impl Traffic {
    /// Counts a swap that moved the price by `move_bps` (its absolute value).
    pub fn push(&mut self, slot: u64, move_bps: f64) {
        self.advance(slot);
        let count = &mut self.swaps[(slot % TRAFFIC_SLOTS as u64) as usize];
        *count = count.saturating_add(1);
        let moves = &mut self.moves[(slot % VOLATILITY_SLOTS as u64) as usize];
        moves.swaps = moves.swaps.saturating_add(1);
        moves.squares += (move_bps * move_bps) as f32;
        self.move_bps += (move_bps - self.move_bps) / 8.0;
    }

    /// Swaps in the newest 8 slots up to `slot`.
    #[must_use]
    pub fn swaps(mut self, slot: u64) -> u32 {
        self.advance(slot);
        self.swaps.iter().map(|&count| u32::from(count)).sum()
    }

    /// Price change to expect in one slot, bps: swaps a slot times what each moves.
    #[must_use]
    pub fn slippage_bps(self, slot: u64) -> f64 {
        f64::from(self.swaps(slot)) / TRAFFIC_SLOTS as f64 * self.move_bps
    }

    /// What whole slots before `slot` saw; nothing of `slot` itself.
    #[must_use]
    pub fn past(mut self, slot: u64) -> PastTraffic {
        self.advance(slot);
        let now = (slot % VOLATILITY_SLOTS as u64) as usize;
        let whole = self.moves.iter().enumerate().filter(|(at, _)| *at != now).map(|(_, moves)| *moves);
        let (n_swaps, squares) = whole
            .fold((0, 0.0_f32), |(count, sum), slot| (count + u32::from(slot.swaps), sum + slot.squares));
        let current = u32::from(self.swaps[(slot % TRAFFIC_SLOTS as u64) as usize]);
        let contention = self.swaps.iter().map(|&count| u32::from(count)).sum::<u32>() - current;
        PastTraffic { vol5: if n_swaps < 2 { 0.0 } else { squares.sqrt() }, n_swaps, contention }
    }

    fn advance(&mut self, slot: u64) {
        for passed in self.slot + 1..=slot.min(self.slot + VOLATILITY_SLOTS as u64) {
            self.swaps[(passed % TRAFFIC_SLOTS as u64) as usize] = 0;
            self.moves[(passed % VOLATILITY_SLOTS as u64) as usize] = SlotMoves::default();
        }
        self.slot = self.slot.max(slot);
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// What the landing estimate rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LandingInputs {
    /// Where our tip stands among the newest landed ones, 0..1.
    pub tip_quantile: f64,
    /// Swaps in the busiest of our pools in 8 slots.
    pub contention: u32,
    /// Transactions of the bundle.
    pub bundle_len: u32,
}

/// Baseline probability that the bundle lands: rises with the tip's place, falls with rivals and length.
#[must_use]
pub fn p_land(inputs: &LandingInputs) -> f64 {
    let rivals = f64::from(inputs.contention).ln_1p();
    logistic(-0.5 + 3.0 * inputs.tip_quantile - 0.35 * rivals - 0.25 * (f64::from(inputs.bundle_len) - 1.0))
}

/// Baseline score of an arbitrage, "lands with net > 0": how far the edge is above what it costs.
#[must_use]
pub fn arbitrage_score(edge_lamports: f64, cost_lamports: f64, hops: usize) -> f64 {
    logistic(1.2 * (edge_lamports / cost_lamports.max(1.0)).ln() - 0.3 * (hops as f64 - 2.0))
}

/// Baseline score of a sandwich, "will be tier A": its edge above its cost, and a victim that is not tiny
/// compared with the front.
#[must_use]
pub fn sandwich_score(edge_lamports: f64, cost_lamports: f64, victim_per_front: f64) -> f64 {
    logistic(
        (edge_lamports / cost_lamports.max(1.0)).ln() + 0.5 * (victim_per_front / 0.01).ln().clamp(-4.0, 4.0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_agrees_with_sorting_the_newest_tips() {
        let mut tips = RecentTips::default();
        assert_eq!(tips.quantile(0.5), TIP_MIN_LAMPORTS);
        let (mut all, mut state) = (Vec::new(), 3_u64);
        for _ in 0..2_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let tip = 1_000 + (state >> 40) % 5_000;
            tips.push(tip);
            all.push(tip);
            let mut newest = all[all.len().saturating_sub(TIPS_MAX)..].to_vec();
            newest.sort_unstable();
            for quantile in [0.0, 0.5, 0.85, 1.0] {
                let at = (quantile * (newest.len() - 1) as f64).round() as usize;
                assert_eq!(tips.quantile(quantile), newest[at]);
            }
        }
    }

    #[test]
    fn traffic_forgets_a_slot_after_eight_slots() {
        let mut traffic = Traffic::default();
        for slot in 100..104 {
            traffic.push(slot, 8.0);
        }
        assert_eq!([103, 107, 108, 111, 1_000].map(|slot| traffic.swaps(slot)), [4, 4, 3, 0, 0]);
        assert!(traffic.move_bps > 2.0 && traffic.move_bps < 8.0);
        assert!(traffic.slippage_bps(103) > traffic.slippage_bps(110));
    }

    #[test]
    fn past_is_of_whole_slots_before_and_nothing_of_the_slot_itself() {
        let mut traffic = Traffic::default();
        for (slot, move_bps) in [(100, 3.0), (101, 4.0), (101, 12.0), (112, 7.0)] {
            traffic.push(slot, move_bps);
        }
        assert_eq!(traffic.past(112), PastTraffic { vol5: 13.0, n_swaps: 3, contention: 0 });
        let later = PastTraffic { vol5: (16.0_f32 + 144.0 + 49.0).sqrt(), n_swaps: 3, contention: 1 };
        assert_eq!(traffic.past(113), later, "slot 100 is 13 back");
        assert_eq!(
            traffic.past(114),
            PastTraffic { vol5: 0.0, n_swaps: 1, contention: 1 },
            "fewer than 2 swaps"
        );
        assert_eq!(traffic.past(1_000), PastTraffic::default());
    }

    #[test]
    fn estimates_are_probabilities_that_move_the_right_way() {
        let base = LandingInputs { tip_quantile: 0.5, contention: 4, bundle_len: 1 };
        let better = p_land(&LandingInputs { tip_quantile: 0.9, ..base });
        let worse = p_land(&LandingInputs { contention: 40, ..base });
        assert!(0.0 < worse && worse < p_land(&base) && p_land(&base) < better && better < 1.0);
        assert!(arbitrage_score(1e6, 1e4, 2) > arbitrage_score(1e6, 1e6, 2));
        assert!(sandwich_score(1e6, 1e4, 0.1) > sandwich_score(1e6, 1e4, 0.001));
    }
}
