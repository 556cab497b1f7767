//! Frames as an attacker would send them, and a check that decoding allocates no memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::PathBuf;

use engine::engine::{Engine, Event};
use engine::frame::Transaction;
use engine::legs::{self, DecodeCounts};
use engine::missed::Missed;
use sources::accounts;
use sources::block::TimedFrame;
use sources::file::FileSource;
use sources::sim::{FIRST_SLOT, SimSource};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Counts this thread's allocations; each test runs in its own thread.
struct Counting;

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // `try_with`: the counter no longer exists while a thread ends.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's contract is the same as that of `System.alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is the same as that of `System.dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's contract is the same as that of `System.realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The 20 real transactions of examples/.
fn frames() -> Vec<Vec<u8>> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/slot_285000037.json"));
    let mut frames = Vec::new();
    let mut source = FileSource::open(&[path], None).expect("the example is there");
    source
        .read_file(|block| {
            frames.extend(block.frames().map(|timed| timed.frame.to_vec()));
            true
        })
        .expect("reads");
    assert_eq!(frames.len(), 20);
    frames
}

fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn decoding_allocates_nothing_once_its_lists_have_grown() {
    let frames = frames();
    let (mut transaction, mut found, mut counts) =
        (Transaction::default(), Vec::new(), DecodeCounts::default());
    let mut missed = Missed::default();
    let mut round = || {
        for frame in &frames {
            found.clear();
            transaction.walk(frame).expect("whole");
            legs::decode(frame, &transaction, &mut found, &mut counts, &mut missed);
        }
    };
    round();
    let before = ALLOCATIONS.get();
    for _ in 0..100 {
        round();
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
    assert!(counts.legs > 2000, "{counts:?}");
    let grown = ALLOCATIONS.get();
    std::hint::black_box(vec![1_u8; 100]);
    assert_eq!(ALLOCATIONS.get() - grown, 1, "the counter counts");
}

#[test]
fn the_hot_path_allocates_nothing_for_an_event_without_a_decision() {
    let mut source = SimSource::new(3, FIRST_SLOT);
    let mut engine = Engine::default();
    engine.load(&accounts::borrowed(&source.accounts()));
    let mut out = Vec::with_capacity(1024);
    let (mut quiet, mut deciding) = (0_u64, 0_u64);
    for slot in 0..400 {
        let block = source.next_block();
        for TimedFrame { received_ns: at, frame } in block.frames() {
            let before = ALLOCATIONS.get();
            engine.on_event(&Event::Transaction(frame), at, &mut out);
            let taken = ALLOCATIONS.get() - before;
            if !out.is_empty() {
                deciding += 1;
            } else if slot >= 200 {
                // By then, lists and maps have grown to the size that the stream needs.
                quiet += 1;
                assert_eq!(taken, 0, "slot {slot}: {taken} allocations");
            }
            out.clear();
        }
        engine.on_event(&Event::SlotEnd(block.slot), block.time_ns, &mut out);
        drop(engine.take_outcomes());
        drop(source.take_ledger());
        out.clear();
    }
    assert!(quiet > 1_000 && deciding > 1_000, "{quiet} quiet, {deciding} deciding");
}

/// Gives a frame's transaction a new signature: one that was already seen is skipped.
fn rename(frame: &mut [u8], number: u64) {
    let mut transaction = Transaction::default();
    transaction.walk(frame).expect("whole");
    let begin = transaction.signature.of(frame).as_ptr() as usize - frame.as_ptr() as usize;
    frame[begin + 32..begin + 40].copy_from_slice(&number.to_le_bytes());
}

#[test]
fn mutated_frames_are_refused_or_decoded_and_never_panic() {
    let frames = frames();
    let (mut state, mut engine, mut out) = (1_u64, Engine::default(), Vec::new());
    let (mut walked, mut refused) = (0, 0);
    for round in 0..20_000_u64 {
        let mut frame = frames[(random(&mut state) % 20) as usize].clone();
        rename(&mut frame, round);
        for _ in 0..1 + random(&mut state) % 4 {
            let at = (random(&mut state) % frame.len() as u64) as usize;
            match random(&mut state) % 5 {
                0 => frame[at] ^= 1 << (random(&mut state) % 8),
                1 => frame[at] = random(&mut state) as u8,
                2 => frame.truncate(at.max(1)),
                3 => frame[at] = 0xff,
                _ => frame.insert(at, random(&mut state) as u8),
            }
        }
        let before = engine.counts();
        engine.on_event(&Event::Transaction(&frame), round, &mut out);
        let after = engine.counts();
        walked += after.transactions - before.transactions;
        refused += after.malformed - before.malformed;
        out.clear();
        if round % 100 == 0 {
            // Later slots: the content of a slot that ended long ago is skipped.
            engine.on_event(&Event::SlotEnd(285_001_000 + round / 25), round, &mut out);
        }
    }
    assert!(walked > 1000 && refused > 1000, "{walked} walked, {refused} refused: both ways must be met");
}
