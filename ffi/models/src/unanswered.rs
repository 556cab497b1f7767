//! A call into a foreign model that does not return.

use std::sync::Arc;

use super::model_cell::OpenCall;

/// Number of checks during which a foreign model has not finished one call, after which it is considered
/// stuck. Counted, not timed: a host that was suspended makes no checks.
pub(super) const STUCK_CHECKS: u32 = 10;

/// The call without an answer at the last check, and the number of earlier checks with the same call.
#[derive(Default)]
pub(super) struct Unanswered {
    call: Option<OpenCall>,
    checks: u32,
}

impl Unanswered {
    /// Records what a check found; returns the version if its call is considered stuck.
    pub(super) fn observe(&mut self, now: Option<OpenCall>) -> Option<Arc<str>> {
        self.checks = if now.is_some() && now == self.call { self.checks + 1 } else { 0 };
        self.call = now;
        self.call.as_ref().filter(|_| self.checks >= STUCK_CHECKS).map(|call| Arc::clone(&call.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_given_up_a_second_after_it_was_first_seen_open_and_no_other() {
        let call = |version: &str, number| Some(OpenCall { version: Arc::from(version), number });
        let mut unanswered = Unanswered::default();
        // Seen once, then ten checks of 100 ms.
        for check in 0..10 {
            assert_eq!(unanswered.observe(call("a", 7)), None, "check {check}");
        }
        assert_eq!(unanswered.observe(call("a", 7)).as_deref(), Some("a"));
        for other in [call("a", 8), call("b", 8), None, call("b", 8)] {
            assert_eq!(unanswered.observe(other), None, "another call begins at nothing");
        }
        for _ in 0..100 {
            assert_eq!(unanswered.observe(None), None, "no call is open");
        }
    }
}
