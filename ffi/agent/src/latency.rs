//! A histogram that the decision loop fills and another thread reads: eight buckets per power of two, so that a
//! quantile is at most an eighth too high.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const PER_OCTAVE: usize = 8;
const BUCKETS: usize = 64 * PER_OCTAVE;

/// Counts durations in nanoseconds.
pub struct Latency {
    counts: [AtomicU64; BUCKETS],
}

impl Default for Latency {
    fn default() -> Self {
        Latency { counts: [const { AtomicU64::new(0) }; BUCKETS] }
    }
}

impl Latency {
    /// Counts one duration.
    pub fn record(&self, ns: u64) {
        self.counts[bucket(ns)].fetch_add(1, Relaxed);
    }

    /// The current counts.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u64> {
        self.counts.iter().map(|count| count.load(Relaxed)).collect()
    }
}

fn bucket(ns: u64) -> usize {
    if ns < PER_OCTAVE as u64 {
        return ns as usize;
    }
    let octave = ns.ilog2() as usize;
    // The three bits after the leading one.
    octave * PER_OCTAVE + (ns >> (octave - 3)) as usize % PER_OCTAVE
}

/// Upper end of a bucket in nanoseconds.
fn upper(bucket: usize) -> u64 {
    if bucket < PER_OCTAVE {
        return bucket as u64;
    }
    let (octave, part) = (bucket / PER_OCTAVE, (bucket % PER_OCTAVE) as u64);
    ((u128::from(PER_OCTAVE as u64 + part + 1) << (octave - 3)) - 1) as u64
}

/// Upper bound, in nanoseconds, of the `quantile` (0..1) of the durations counted between two snapshots; 0 if
/// none was counted.
#[must_use]
pub fn quantile_ns(before: &[u64], after: &[u64], quantile: f64) -> u64 {
    let new = |at: usize| after[at] - before.get(at).copied().unwrap_or(0);
    let total: u64 = (0..after.len()).map(new).sum();
    if total == 0 {
        return 0;
    }
    let wanted = ((total as f64 * quantile).ceil() as u64).clamp(1, total);
    let mut seen = 0;
    for at in 0..after.len() {
        seen += new(at);
        if seen >= wanted {
            return upper(at);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_is_at_most_an_eighth_above_the_truth() {
        let latency = Latency::default();
        let (mut state, mut all) = (1_u64, Vec::new());
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let ns = 1 << (state >> 60) | state >> 50;
            latency.record(ns);
            all.push(ns);
        }
        all.sort_unstable();
        for quantile in [0.01, 0.5, 0.99, 1.0] {
            let truth = all[((20_000.0 * quantile) as usize).max(1) - 1];
            let estimate = quantile_ns(&[], &latency.snapshot(), quantile);
            assert!(
                estimate >= truth && estimate <= truth + truth / 8 + 1,
                "{quantile}: {estimate} for {truth}"
            );
        }
        let now = latency.snapshot();
        assert_eq!(quantile_ns(&now, &now, 0.5), 0);
        for ns in [0, 1, 7, 8, 9, 15, 16, 17, 1_000, u64::MAX] {
            assert!(upper(bucket(ns)) >= ns);
        }
    }
}
