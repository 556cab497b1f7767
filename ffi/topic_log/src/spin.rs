//! A short wait without sleeping.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Spins briefly before sleeping, but only where that paid off recently: waking a sleeper on another core
/// costs tens of microseconds, an exchange between two processes far less.
pub(super) struct Spin {
    budget_ns: AtomicU64,
    skipped: AtomicU64,
}

const SPIN_MAX_NS: u64 = 50_000;
/// Below this the spin budget counts as used up.
const SPIN_MIN_NS: u64 = 2_000;
/// A waiter that stopped spinning tries again once in this many waits.
const SPIN_RETRY: u64 = 64;

impl Default for Spin {
    fn default() -> Self {
        Spin { budget_ns: AtomicU64::new(SPIN_MAX_NS), skipped: AtomicU64::new(0) }
    }
}

impl Spin {
    /// Whether `done` became true within the spin budget.
    pub(super) fn until(&self, done: impl Fn() -> bool) -> bool {
        let mut budget = self.budget_ns.load(Relaxed);
        if budget < SPIN_MIN_NS {
            if !self.skipped.fetch_add(1, Relaxed).is_multiple_of(SPIN_RETRY) {
                return false;
            }
            budget = SPIN_MAX_NS / 2;
        }
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_nanos(budget) {
            for _ in 0..32 {
                if done() {
                    self.budget_ns.store((budget * 2).min(SPIN_MAX_NS), Relaxed);
                    return true;
                }
                std::hint::spin_loop();
            }
        }
        self.budget_ns.store(budget / 2, Relaxed);
        false
    }
}
