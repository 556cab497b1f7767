//! Waiting in the log: readers for syncs, and what a refused writer leaves.

use std::fs::File;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::tests::{TempDir, batch, read_all};
use super::*;

/// Far longer than a call that returns at once.
const MOMENT: Duration = Duration::from_millis(200);
const LIMIT: Duration = Duration::from_secs(60);

fn open(dir: &TempDir) -> Topic {
    Log::open(&dir.0).expect("opens").topic("t", TopicOptions::default(), true).expect("topic")
}

/// The lock that a process takes to sync the topic.
fn sync_lock(dir: &TempDir) -> File {
    File::open(dir.0.join("t/sync.lock")).expect("the topic has it")
}

/// Waits for `offset` in a thread; the result comes through the channel.
fn wait<'a>(
    scope: &'a std::thread::Scope<'a, '_>,
    topic: &'a Topic,
    offset: u64,
    timeout: Duration,
) -> Receiver<bool> {
    let (result, results) = channel();
    scope.spawn(move || result.send(topic.wait(offset, timeout)));
    results
}

#[test]
fn a_reader_with_nothing_to_wait_for_does_not_ask_for_a_sync() {
    let dir = TempDir::new("idle");
    let topic = open(&dir);
    topic.append(&mut batch(&[b"one"]), Durability::None).expect("appends");
    let lock = sync_lock(&dir);
    lock.lock().expect("locks");
    std::thread::scope(|scope| {
        let begin = Instant::now();
        let found = wait(scope, &topic, 1, MOMENT).recv_timeout(LIMIT);
        let took = begin.elapsed();
        lock.unlock().expect("unlocks");
        assert_eq!(found, Ok(false), "it waited for the lock, or found a record that is not there");
        assert!(took >= MOMENT, "it gave up after {took:?}");
    });
}

#[test]
fn a_reader_waits_until_a_slow_sync_is_over() {
    let dir = TempDir::new("slow-sync");
    let topic = open(&dir);
    let lock = sync_lock(&dir);
    lock.lock().expect("locks");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| topic.append(&mut batch(&[b"one"]), Durability::Group));
        let begin = Instant::now();
        while topic.state.cursor().offset == 0 && begin.elapsed() < LIMIT {
            std::thread::sleep(Duration::from_millis(1));
        }
        let found = wait(scope, &topic, 0, LIMIT);
        let early = found.recv_timeout(MOMENT);
        lock.unlock().expect("unlocks");
        assert_eq!(early, Err(RecvTimeoutError::Timeout), "the record does not count yet");
        assert_eq!(found.recv_timeout(LIMIT), Ok(true));
        assert_eq!(writer.join().expect("no panic").expect("appends"), 0);
    });
}

/// A kill that comes before the write, or between the write and its completion.
struct Shut {
    from_the_start: bool,
}

impl Gate for Shut {
    fn enter(&self) -> bool {
        !self.from_the_start
    }

    fn is_open(&self) -> bool {
        false
    }

    fn leave(&self) {}
}

#[test]
fn an_append_refused_after_a_torn_write_leaves_no_record_and_a_log_that_can_be_packed() {
    for from_the_start in [true, false] {
        let dir = TempDir::new(&format!("refused-{from_the_start}"));
        let topic = open(&dir);
        for _ in 0..6 {
            topic.append(&mut batch(&[&[7; 60_000]]), Durability::None).expect("appends");
        }
        // State left by a writer killed between writing its first byte and moving the cursor.
        topic.state.set_writing(true);
        let gate = Shut { from_the_start };
        let refused = topic.append_through(Some(&gate), &mut batch(&[b"not this"]), Durability::None);
        assert_eq!(refused.expect_err("is refused").kind(), LogErrorKind::Closed, "{from_the_start}");
        assert_eq!((topic.end(), topic.state.cursor().offset), (6, 6), "{from_the_start}: nothing counts");
        topic.tidy().expect("tidies");
        let packs =
            log_files::log_files(&topic.dir).expect("lists").iter().filter(|file| !file.is_segment).count();
        assert_eq!(packs, 1, "{from_the_start}: nothing is written, so what is there is packed");
        topic.append(&mut batch(&[b"this"]), Durability::None).expect("continues");
        let (records, gaps) = read_all(&topic, 0);
        assert_eq!((records.len(), gaps.len()), (7, 0), "{from_the_start}");
        assert_eq!(records[6].1, b"this", "{from_the_start}");
    }
}

#[test]
fn room_on_the_disk_is_claimed_before_the_records_that_need_it() {
    let dir = TempDir::new("reserve");
    let topic = open(&dir);
    for size in [1, 100_000, 7 << 20] {
        topic.append(&mut batch(&[&vec![7; size]]), Durability::None).expect("appends");
        let (cursor, reserved) = (topic.state.cursor(), topic.state.reserved());
        assert!(reserved >= cursor.bytes, "{size}: {reserved} bytes for {}", cursor.bytes);
    }
}

#[test]
fn records_of_every_size_are_read_from_a_segment() {
    let dir = TempDir::new("sizes");
    let topic = open(&dir);
    let largest = format::RECORD_BYTES_MAX - format::RECORD_HEADER;
    let sizes = [1, 300 << 10, 1, largest, largest, 1];
    for (n, size) in (0..).zip(sizes) {
        topic.append(&mut batch(&[&vec![n; size]]), Durability::None).expect("appends");
    }
    assert!(log_files::log_files(&topic.dir).expect("lists").iter().all(|file| file.is_segment));
    for from in 0..sizes.len() {
        let (records, gaps) = read_all(&topic, from as u64);
        assert_eq!(gaps, [], "from {from}");
        let found: Vec<usize> = records.iter().map(|(_, value)| value.len()).collect();
        assert_eq!(found, sizes[from..], "from {from}");
        assert!(records.iter().all(|(offset, value)| value.iter().all(|&byte| u64::from(byte) == *offset)));
    }
}

#[test]
fn a_group_has_a_name_and_no_path() {
    let dir = TempDir::new("group-name");
    let topic = open(&dir);
    topic.commit("sink", Committed { offset: 7, lost: 0 }).expect("commits");
    for name in ["../state", "a/b", ".hidden", ""] {
        let refused = topic.commit(name, Committed { offset: 9, lost: 0 }).expect_err("is refused");
        assert_eq!(refused.kind(), LogErrorKind::Invalid, "{name}");
        assert!(topic.committed(name).is_err(), "{name}");
    }
    assert_eq!(topic.groups().expect("lists"), ["sink"]);
}

#[test]
fn an_unused_segment_does_not_stop_a_reader() {
    let dir = TempDir::new("unused");
    let topic = open(&dir);
    let append = || topic.append(&mut batch(&[b"one"]), Durability::None).expect("appends");
    for n in 0..3 {
        assert_eq!(append(), n);
    }
    // State left by a writer killed before it moves the end of the log; the next one continues where it was.
    segment::create_segment(&topic.dir, 3).expect("is made");
    for n in 3..6 {
        assert_eq!(append(), n);
    }
    for from in 0..6 {
        let (records, gaps) = read_all(&topic, from);
        let offsets: Vec<u64> = records.iter().map(|(offset, _)| *offset).collect();
        assert_eq!((offsets, gaps), ((from..6).collect(), Vec::new()), "from {from}");
    }
}
