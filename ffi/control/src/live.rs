//! What an agent's hot thread and publisher read of its control: atomics, and one lock that is never waited for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::policy::Policy;
use topic_log::Gate;

/// How long a kill waits for a write that was under way; one that takes longer is told.
const WRITE_WAIT: Duration = Duration::from_secs(1);
/// Of that, how long it waits for a disk that is slow to show what is written already.
const SHOWN_WAIT: Duration = Duration::from_millis(50);

/// Set by SIGUSR2, the last way to kill: it needs no socket, log or disk.
pub(super) static KILL_SIGNAL: AtomicBool = AtomicBool::new(false);

extern "C" fn on_kill_signal(_: libc::c_int) {
    KILL_SIGNAL.store(true, SeqCst);
}

/// Makes SIGUSR2 kill. Once per process is enough.
pub fn kill_on_signal() {
    let handler = on_kill_signal as extern "C" fn(libc::c_int);
    // SAFETY: the handler only stores an atomic; the pointer is a function of the type that signal(2) takes.
    unsafe { libc::signal(libc::SIGUSR2, handler as libc::sighandler_t) };
}

/// Policy as the hot thread reads it.
#[derive(Default)]
pub struct Live {
    pub(super) killed: AtomicBool,
    version: AtomicU64,
    policy: Mutex<Policy>,
    restart: AtomicBool,
    /// The version that an event was handled under, and that event's time.
    handled: AtomicU64,
    handled_event_ns: AtomicU64,
    /// Whether the publisher has something in hand that may still show.
    publishing: AtomicBool,
    /// Whether it may still come to count.
    entered: AtomicBool,
}

/// Names what an agent goes by at the moment; another one when anything of it has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    version: u64,
    killed: bool,
}

/// What the publisher has in hand; a kill waits for its end.
pub struct Writing<'a>(&'a Live);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.publishing.store(false, SeqCst);
    }
}

/// Nothing goes out after a kill: the publisher asks at the last moment, and a kill waits for who has asked.
impl Gate for Live {
    fn enter(&self) -> bool {
        // Said before it is asked: a kill that comes between sees it and waits.
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

impl Live {
    /// Says that the publisher has something in hand, until it is dropped.
    #[must_use]
    pub fn writing(&self) -> Writing<'_> {
        self.publishing.store(true, SeqCst);
        Writing(self)
    }

    /// Waits until nothing that was under way can still go out; false: it has not ended in time.
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

    /// Whether anything may go out: one load, asked before each record.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.killed.load(SeqCst) || KILL_SIGNAL.load(SeqCst)
    }

    /// What is in force now.
    #[must_use]
    pub fn in_force(&self) -> InForce {
        InForce { version: self.version.load(SeqCst), killed: self.is_killed() }
    }

    /// The policy, when it is another one than that of `version`.
    #[must_use]
    pub fn newer(&self, version: u64) -> Option<(u64, Policy)> {
        let newest = self.version.load(Relaxed);
        if newest == version {
            return None;
        }
        // Held by a writer for some nanoseconds, and only when there is something new: else the next event asks.
        let policy = self.policy.try_lock().ok()?;
        Some((newest, policy.clone()))
    }

    /// Whether pool state is to be dropped; asked once per new policy.
    #[must_use]
    pub fn take_restart(&self) -> bool {
        self.restart.swap(false, SeqCst)
    }

    /// Says that the event of `event_ns` was handled under `version`.
    pub fn handled(&self, version: u64, event_ns: u64) {
        self.handled_event_ns.store(event_ns, SeqCst);
        self.handled.store(version, SeqCst);
    }

    /// Puts a policy in force; gives its version.
    pub fn set(&self, policy: &Policy, restart: bool) -> u64 {
        let mut held = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
        *held = policy.clone();
        self.restart.fetch_or(restart, SeqCst);
        self.killed.store(policy.killed, SeqCst);
        self.version.fetch_add(1, SeqCst) + 1
    }

    /// Waits until an event was handled under `version`; its time, 0 when none came in time.
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

    /// Far more than a wait that does not wait takes, and less than the least wait that is asserted.
    const MOMENT: Duration = Duration::from_millis(200);

    fn killed(live: &Live) {
        live.set(&Policy { killed: true, ..Policy::default() }, false);
    }

    #[test]
    fn a_kill_waits_for_a_write_that_has_passed_the_gate() {
        let live = Arc::new(Live::default());
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
        waiting.join().expect("it ends").expect("somebody listens");
    }

    #[test]
    fn a_kill_says_when_a_write_does_not_end() {
        let live = Live::default();
        assert!(live.enter());
        killed(&live);
        let begin = Instant::now();
        assert!(!live.wait_until_quiet());
        assert!(begin.elapsed() >= WRITE_WAIT);
    }

    #[test]
    fn the_gate_is_shut_after_a_kill_and_holds_up_no_kill() {
        let live = Live::default();
        killed(&live);
        assert!(!live.enter() && !live.is_open());
        assert!(live.wait_until_quiet(), "whoever was refused has left");
    }

    #[test]
    fn a_receipt_waits_for_the_first_event_under_its_policy_and_for_no_other() {
        let live = Arc::new(Live::default());
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
    fn a_kill_waits_a_moment_for_what_is_shown_already_and_no_longer() {
        let live = Live::default();
        let writing = live.writing();
        killed(&live);
        let begin = Instant::now();
        assert!(live.wait_until_quiet(), "it has passed no gate");
        assert!(begin.elapsed() >= SHOWN_WAIT);
        drop(writing);
        assert!(!live.publishing.load(SeqCst));
    }

    /// How often this thread has gone to sleep.
    fn sleeps() -> i64 {
        // SAFETY: a struct of numbers.
        let mut used: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: the call fills the struct.
        assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut used) }, 0);
        used.ru_nvcsw
    }

    #[test]
    fn who_waits_leaves_the_processor_to_those_that_are_waited_for() {
        // More than once: a thread that gets no time of a processor finds its wait over before it could sleep.
        let idle = |what: &str, wait: &dyn Fn()| {
            let has_slept = |_| {
                let before = sleeps();
                wait();
                sleeps() > before
            };
            assert!((0..5).any(has_slept), "{what} does not sleep");
        };
        let live = Live::default();
        idle("a receipt for an event", &|| assert_eq!(live.wait_for_event(1, MOMENT), 0));
        let writing = live.writing();
        idle("a kill for what is shown", &|| assert!(live.wait_until_quiet()));
        drop(writing);
        assert!(live.enter());
        idle("a kill for what is written", &|| assert!(!live.wait_until_quiet()));
    }

    #[test]
    fn a_restart_is_taken_once_and_outlives_the_next_policy() {
        let live = Live::default();
        assert!(!live.take_restart());
        live.set(&Policy::default(), true);
        live.set(&Policy::default(), false);
        assert!(live.take_restart());
        assert!(!live.take_restart());
    }
}
