//! The control state that an agent's decision loop and publisher read: atomics, and one lock that they never
//! wait for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::policy::Policy;
use topic_log::Gate;

/// How long a kill waits for a write in progress; a slower one is reported.
const WRITE_WAIT: Duration = Duration::from_secs(1);
/// Part of that: how long it waits for a slow disk to make written records visible.
const SHOWN_WAIT: Duration = Duration::from_millis(50);

/// Set by SIGUSR2, the last resort for a kill: it needs no socket, log or disk.
pub(super) static KILL_SIGNAL: AtomicBool = AtomicBool::new(false);

extern "C" fn on_kill_signal(_: libc::c_int) {
    KILL_SIGNAL.store(true, SeqCst);
}

/// Makes SIGUSR2 kill. One call per process is enough.
pub fn kill_on_signal() {
    let handler = on_kill_signal as extern "C" fn(libc::c_int);
    // SAFETY: `handler` has the signature that signal(2) expects and only stores an atomic, so it is
    // async-signal-safe.
    unsafe { libc::signal(libc::SIGUSR2, handler as libc::sighandler_t) };
}

/// The policy in force, as the decision loop reads it.
#[derive(Default)]
pub struct LivePolicy {
    pub(super) killed: AtomicBool,
    version: AtomicU64,
    policy: Mutex<Policy>,
    restart: AtomicBool,
    /// The version under which an event was last handled, and that event's time.
    handled: AtomicU64,
    handled_event_ns: AtomicU64,
    /// Whether the publisher is writing something that may still become visible.
    publishing: AtomicBool,
    /// Whether that may still come to count.
    entered: AtomicBool,
}

/// A policy with the number of its change.
pub struct VersionedPolicy {
    /// Rises with each policy that is put in force.
    pub version: u64,
    /// The policy.
    pub policy: Policy,
}

/// Identifies what is in force in an agent; it changes whenever any of that changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    version: u64,
    killed: bool,
}

/// A write by the publisher; a kill waits for its end.
pub struct Writing<'a>(&'a LivePolicy);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.publishing.store(false, SeqCst);
    }
}

/// Nothing is published after a kill: the publisher checks at the last moment, and a kill waits for a
/// publisher that has already checked.
impl Gate for LivePolicy {
    fn enter(&self) -> bool {
        // Set before the check: a kill in between sees it and waits.
        self.entered.store(true, SeqCst);
        let open = !self.is_killed();
        if !open {
            self.leave();
        }
        open
    }

    fn is_open(&self) -> bool {
        !self.is_killed()
    }

    fn leave(&self) {
        self.entered.store(false, SeqCst);
    }
}

impl LivePolicy {
    /// Marks that the publisher is writing, until the result is dropped.
    #[must_use]
    pub fn writing(&self) -> Writing<'_> {
        self.publishing.store(true, SeqCst);
        Writing(self)
    }

    /// Waits until no write in progress can still be published; false: it did not end in time.
    pub(super) fn wait_until_quiet(&self) -> bool {
        let begin = Instant::now();
        while self.publishing.load(SeqCst) && begin.elapsed() < SHOWN_WAIT {
            std::thread::sleep(Duration::from_micros(100));
        }
        while self.entered.load(SeqCst) {
            if begin.elapsed() >= WRITE_WAIT {
                return false;
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        true
    }

    /// Whether the module is killed: one load, checked before each record.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.killed.load(SeqCst) || KILL_SIGNAL.load(SeqCst)
    }

    /// What is in force now.
    #[must_use]
    pub fn in_force(&self) -> InForce {
        InForce { version: self.version.load(SeqCst), killed: self.is_killed() }
    }

    /// The policy, if its version differs from `version`.
    #[must_use]
    pub fn newer(&self, version: u64) -> Option<VersionedPolicy> {
        let newest = self.version.load(Relaxed);
        if newest == version {
            return None;
        }
        // A writer holds the lock for nanoseconds, and only when there is something new: otherwise the next
        // event retries.
        let policy = self.policy.try_lock().ok()?;
        Some(VersionedPolicy { version: newest, policy: policy.clone() })
    }

    /// Whether pool state must be dropped; true once per new policy that asks for it.
    #[must_use]
    pub fn take_restart(&self) -> bool {
        self.restart.swap(false, SeqCst)
    }

    /// Records that the event of `event_ns` was handled under `version`.
    pub fn handled(&self, version: u64, event_ns: u64) {
        self.handled_event_ns.store(event_ns, SeqCst);
        self.handled.store(version, SeqCst);
    }

    /// Puts a policy in force; returns its version.
    pub fn set(&self, policy: &Policy, restart: bool) -> u64 {
        let mut held = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
        *held = policy.clone();
        self.restart.fetch_or(restart, SeqCst);
        self.killed.store(policy.killed, SeqCst);
        self.version.fetch_add(1, SeqCst) + 1
    }

    /// Waits until an event was handled under `version`; returns its time, or 0 if none came in time.
    pub(super) fn wait_for_event(&self, version: u64, limit: Duration) -> u64 {
        let begin = Instant::now();
        while begin.elapsed() < limit {
            if self.handled.load(SeqCst) >= version {
                return self.handled_event_ns.load(SeqCst);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{RecvTimeoutError, channel};

    use super::*;

    /// Far longer than a call that returns at once, and shorter than the shortest wait that is asserted.
    const MOMENT: Duration = Duration::from_millis(200);

    fn killed(live: &LivePolicy) {
        live.set(&Policy { killed: true, ..Policy::default() }, false);
    }

    #[test]
    fn a_kill_waits_for_a_write_that_has_passed_the_gate() {
        let live = Arc::new(LivePolicy::default());
        assert!(live.enter(), "nothing is killed");
        killed(&live);
        let (quiet, is_quiet) = channel();
        let waiting = std::thread::spawn({
            let live = Arc::clone(&live);
            move || quiet.send(live.wait_until_quiet())
        });
        assert_eq!(is_quiet.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout), "the write is under way");
        live.leave();
        assert_eq!(is_quiet.recv(), Ok(true));
        waiting.join().expect("it ends").expect("the test listens");
    }

    #[test]
    fn a_kill_reports_a_write_that_does_not_end() {
        let live = LivePolicy::default();
        assert!(live.enter());
        killed(&live);
        let begin = Instant::now();
        assert!(!live.wait_until_quiet());
        assert!(begin.elapsed() >= WRITE_WAIT);
    }

    #[test]
    fn the_gate_is_closed_after_a_kill_and_delays_no_kill() {
        let live = LivePolicy::default();
        killed(&live);
        assert!(!live.enter() && !live.is_open());
        assert!(live.wait_until_quiet(), "a refused writer has left");
    }

    #[test]
    fn a_receipt_waits_for_the_first_event_under_its_policy() {
        let live = Arc::new(LivePolicy::default());
        let old = live.set(&Policy::default(), false);
        live.handled(old, 7);
        let version = live.set(&Policy::default(), false);
        assert_eq!(live.wait_for_event(version, MOMENT), 0, "the event was under the policy before");
        let hot = std::thread::spawn({
            let live = Arc::clone(&live);
            move || {
                std::thread::sleep(MOMENT / 10);
                live.handled(version, 8);
            }
        });
        assert_eq!(live.wait_for_event(version, Duration::from_secs(60)), 8);
        hot.join().expect("the thread ends");
    }

    #[test]
    fn a_kill_waits_briefly_for_records_that_are_being_made_visible() {
        let live = LivePolicy::default();
        let writing = live.writing();
        killed(&live);
        let begin = Instant::now();
        assert!(live.wait_until_quiet(), "it has passed no gate");
        assert!(begin.elapsed() >= SHOWN_WAIT);
        drop(writing);
        assert!(!live.publishing.load(SeqCst));
    }

    /// How often this thread has slept.
    fn sleeps() -> i64 {
        // SAFETY: the struct holds only integers, for which zero is valid.
        let mut used: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: `used` is a live struct of the type that the call fills.
        assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut used) }, 0);
        used.ru_nvcsw
    }

    #[test]
    fn waits_sleep_and_do_not_spin() {
        // Several attempts: a thread that gets no processor time finds its wait over before it could sleep.
        let idle = |what: &str, wait: &dyn Fn()| {
            let has_slept = |_| {
                let before = sleeps();
                wait();
                sleeps() > before
            };
            assert!((0..5).any(has_slept), "{what} does not sleep");
        };
        let live = LivePolicy::default();
        idle("a receipt for an event", &|| assert_eq!(live.wait_for_event(1, MOMENT), 0));
        let writing = live.writing();
        idle("a kill for what is shown", &|| assert!(live.wait_until_quiet()));
        drop(writing);
        assert!(live.enter());
        idle("a kill for what is written", &|| assert!(!live.wait_until_quiet()));
    }

    #[test]
    fn a_restart_is_done_once_and_a_newer_policy_does_not_cancel_it() {
        let live = LivePolicy::default();
        assert!(!live.take_restart());
        live.set(&Policy::default(), true);
        live.set(&Policy::default(), false);
        assert!(live.take_restart());
        assert!(!live.take_restart());
    }
}
