//! Swaps of models in a running process: no answer of another version, and no lock, memory or system call for one.

#[expect(dead_code, reason = "the models of these tests are our own")]
mod foreign;
mod made;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use control::names::Module;
use engine::features::Scorer;
use foreign::{Folder, schema};
use made::{bytes_of, probability, register, trusted};
use models::{Loaded, ModelCell, load};

struct Counting;

std::thread_local! {
    static ALLOCATIONS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's contract is the same as that of `System.alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's contract is the same as that of `System.dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn load_all(data: &Path, count: usize) -> Vec<(Arc<Loaded>, f32)> {
    (0..count)
        .map(|at| {
            let leaf = at as f32 / 10.0 - 2.0;
            let version = register(data, &bytes_of(leaf, schema()));
            let loaded = load::load(data, Module::Mev, &version, &trusted(data)).expect("it loads");
            (Arc::new(loaded), probability(leaf))
        })
        .collect()
}

fn resident_kib() -> u64 {
    let text = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn ten_thousand_swaps_under_asking_threads_give_no_answer_of_another_version() {
    let Folder(data) = &Folder::new("swaps");
    let models = load_all(data, 8);
    let expected: Vec<(String, f32)> =
        models.iter().map(|(model, answer)| (model.version.to_string(), *answer)).collect();
    let (slot, stop, asked) = (ModelCell::default(), AtomicBool::new(false), AtomicU64::new(0));
    slot.swap(Some(Arc::clone(&models[0].0)));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    let answer = slot.score(&[0.5; 11]).expect("there is always a model");
                    let model = expected.iter().find(|(version, _)| **version == *answer.version);
                    assert_eq!(model.map(|(_, answer)| *answer), Some(answer.score));
                    asked.fetch_add(1, Relaxed);
                }
            });
        }
        let mut before = 0;
        for swap in 0..10_000_u64 {
            // Loaded again each time: a reaped model is freed.
            let leaf = (swap % 8) as f32 / 10.0 - 2.0;
            let version = &expected[(swap % 8) as usize].0;
            let loaded = load::load(data, Module::Mev, version, &trusted(data)).expect("it loads");
            assert_eq!(loaded.predict(&[0.5; 5]), probability(leaf));
            slot.swap(Some(Arc::new(loaded)));
            slot.reap();
            if swap == 2_000 {
                before = resident_kib();
            }
        }
        stop.store(true, Relaxed);
        let grown = resident_kib().saturating_sub(before);
        assert!(grown < 4_096, "memory grew by {grown} KiB in 8,000 swaps");
    });
    slot.swap(None);
    slot.reap();
    assert!(slot.reap().is_empty() && slot.version().is_none());
    assert!(asked.load(Relaxed) > 10_000);
}

#[test]
fn asking_allocates_nothing_and_calls_no_system() {
    let Folder(data) = &Folder::new("quiet");
    let models = load_all(data, 2);
    let slot = ModelCell::default();
    slot.swap(Some(Arc::clone(&models[0].0)));
    let row = [0.5; 11];
    // A thread's first evaluation allocates its slot among the readers.
    assert_eq!(slot.score(&row).map(|answer| answer.score), Some(models[0].1));
    let before = ALLOCATIONS.with(std::cell::Cell::get);
    for _ in 0..10_000 {
        assert!(slot.score(&row).is_some());
    }
    assert_eq!(ALLOCATIONS.with(std::cell::Cell::get), before, "no allocation");
    // A process that may only read, write and exit evaluates and survives, so it made no other call.
    // SAFETY: the child only evaluates and exits; it touches no lock of another thread.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // SAFETY: strict mode takes only integers.
        unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT) };
        let mut same = true;
        for _ in 0..10_000 {
            same &= slot.score(&row).is_some_and(|answer| answer.score == models[0].1);
        }
        // SAFETY: integers only; strict mode allows exit(2) of the only thread, but not exit_group(2).
        unsafe { libc::syscall(libc::SYS_exit, i64::from(!same)) };
    }
    let mut status = 0;
    // SAFETY: `status` is a live integer that the call fills.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "status {status:x}");
}
