//! The log shared by several processes that are killed at random points, and on a full disk.
//!
//! The children are this same test program, started again with `LEGEND_LOG_CHILD` set. `LEGEND_LOG_RUNS`
//! (default 40) is the number of kill runs; `deno task soak` does 200.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use topic_log::format::{self, Batch, Record, StoredRecord};
use topic_log::{Durability, Gap, Log, LogErrorKind, Read, Topic, TopicOptions};

const APPENDS: u64 = 10_000;
const PRODUCERS: [&str; 2] = ["p0", "p1"];

fn options() -> TopicOptions {
    TopicOptions { segment_bytes: 256 << 10, ..TopicOptions::default() }
}

/// Calls `each` with every record from 0 on; returns the gaps.
fn scan(topic: &Topic, mut each: impl FnMut(&StoredRecord<'_>)) -> Vec<Gap> {
    let (mut reader, mut out, mut gaps) = (topic.reader(0), Vec::new(), Vec::new());
    loop {
        out.clear();
        match reader.read(&mut out, 1 << 20).expect("reads") {
            Read::Gap(gap) => gaps.push(gap),
            Read::Records(0) => return gaps,
            Read::Records(_) => {
                let mut at = 0;
                while at < out.len() {
                    let len = format::u32_at(&out, at) as usize;
                    each(&StoredRecord::parse(&out[at..at + len]).expect("parses"));
                    at += len;
                }
            }
        }
    }
}

fn seq_of(record: &StoredRecord<'_>) -> u64 {
    u64::from_le_bytes(record.value.and_then(|value| value.get(..8)).expect("8 bytes").try_into().expect("8"))
}

/// Appends the missing ones of `APPENDS` records of `producer` and prints each acknowledged seq on stdout.
fn child(dir: &Path, producer: &str) {
    let topic = Log::open(dir).expect("opens").topic("t", options(), true).expect("topic");
    let mut last = 0;
    scan(&topic, |record| {
        if record.key == Some(producer.as_bytes()) {
            last = last.max(seq_of(record));
        }
    });
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(&last.to_le_bytes()).and_then(|()| stdout.flush()).expect("is written");
    // In every second run they pack what they have written.
    let packs = dir.to_string_lossy().ends_with(['1', '3', '5', '7', '9']);
    let mut seq = last;
    while seq < APPENDS {
        let mut batch = Batch::default();
        let group = (1 + seq % 7).min(APPENDS - seq);
        for n in 1..=group {
            let mut value = [0x5a; 120];
            value[..8].copy_from_slice(&(seq + n).to_le_bytes());
            let record = Record { key: Some(producer.as_bytes()), value: Some(&value), ..Record::default() };
            batch.push(&record).expect("fits");
        }
        let durability = if seq % 500 < group { Durability::Group } else { Durability::None };
        topic.append(&mut batch, durability).expect("appends");
        if packs && seq % 1_000 < group {
            topic.tidy().expect("tidies");
        }
        seq += group;
        stdout.write_all(&seq.to_le_bytes()).and_then(|()| stdout.flush()).expect("is written");
    }
}

struct Writer {
    process: Child,
    acknowledged: u64,
}

fn start(dir: &Path, producer: &str) -> (Writer, Duration) {
    let begin = Instant::now();
    let mut process = Command::new(std::env::current_exe().expect("own path"))
        .args(["child_entry", "--exact", "--nocapture"])
        .env("LEGEND_LOG_CHILD", producer)
        .env("LEGEND_LOG_DIR", dir)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    // The test runner prints a line of its own first; the child's first 8 bytes follow the marker.
    let stdout = process.stdout.as_mut().expect("piped");
    let mut seen = Vec::new();
    while !seen.ends_with(b"\x01READY\x01") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).expect("the child is ready");
        seen.push(byte[0]);
    }
    let mut last = [0; 8];
    stdout.read_exact(&mut last).expect("the child has a last sequence");
    (Writer { process, acknowledged: u64::from_le_bytes(last) }, begin.elapsed())
}

impl Writer {
    /// Kills the process and collects what it had acknowledged.
    fn kill(mut self) -> u64 {
        self.process.kill().expect("kills");
        let mut rest = Vec::new();
        self.process.stdout.take().expect("piped").read_to_end(&mut rest).expect("reads");
        self.process.wait().expect("reaped");
        let mut acknowledged = rest.chunks_exact(8).map(|ack| u64::from_le_bytes(ack.try_into().expect("8")));
        acknowledged.rfind(|&seq| seq <= APPENDS).unwrap_or(0).max(self.acknowledged)
    }
}

/// Not a real test: the entry point of the children.
#[test]
fn child_entry() {
    let Some(producer) = std::env::var_os("LEGEND_LOG_CHILD") else { return };
    let dir = PathBuf::from(std::env::var_os("LEGEND_LOG_DIR").expect("set by the parent"));
    std::io::stdout().write_all(b"\x01READY\x01").expect("is written");
    child(&dir, producer.to_str().expect("ascii"));
}

fn temp(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("legend-procs-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    dir
}

/// splitmix64: the kill points of run N are the same in every run of the tests.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn killed_writers_lose_nothing_acknowledged_and_leave_no_hole_or_double() {
    let runs = std::env::var("LEGEND_LOG_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(40_u64);
    let (mut kills, mut slowest) = (0, Duration::ZERO);
    for run in 0..runs {
        let dir = temp(&format!("kill-{run}"));
        let mut seed = run;
        let mut acknowledged: HashMap<&str, u64> = HashMap::new();
        while PRODUCERS.iter().any(|producer| acknowledged.get(producer).copied().unwrap_or(0) < APPENDS) {
            let writers = PRODUCERS.map(|producer| {
                let (writer, ready) = start(&dir, producer);
                slowest = slowest.max(ready);
                let before = acknowledged.get(producer).copied().unwrap_or(0);
                assert!(
                    writer.acknowledged >= before,
                    "run {run}: {producer} had {before} acknowledged, log has {}",
                    writer.acknowledged
                );
                writer
            });
            std::thread::sleep(Duration::from_micros(random(&mut seed) % 30_000));
            for (producer, writer) in PRODUCERS.iter().zip(writers) {
                acknowledged.insert(producer, writer.kill());
                kills += 1;
                std::thread::sleep(Duration::from_micros(random(&mut seed) % 3_000));
            }
        }
        let topic = Log::open(&dir).expect("opens").topic("t", options(), false).expect("topic");
        let mut seqs: HashMap<Vec<u8>, u64> = HashMap::new();
        let gaps = scan(&topic, |record| {
            let last = seqs.entry(record.key.unwrap_or_default().to_vec()).or_default();
            assert_eq!(seq_of(record), *last + 1, "run {run}: hole or double at offset {}", record.offset);
            *last += 1;
        });
        assert_eq!(gaps, [], "run {run}");
        for producer in PRODUCERS {
            assert_eq!(seqs.get(producer.as_bytes()), Some(&APPENDS), "run {run}: {producer}");
        }
        let _ = std::fs::remove_dir_all(&dir);
    }
    println!("{runs} runs of {} appends, {kills} kills, slowest restart {slowest:?}", 2 * APPENDS);
    assert!(
        slowest < Duration::from_secs(6),
        "ready again in {slowest:?}, promised 2 s, failing at three times that"
    );
}

/// Needs a mount, hence root: `LEGEND_SMALL_DISK` names a folder on a file system of a few MiB.
#[test]
fn full_disk_is_an_error_before_damage_and_writing_continues_when_space_returns() {
    let Some(disk) = std::env::var_os("LEGEND_SMALL_DISK").map(PathBuf::from) else {
        println!("skipped: LEGEND_SMALL_DISK is not set (`deno task test` mounts one when it may)");
        return;
    };
    let dir = disk.join("log");
    let options = TopicOptions { segment_bytes: 1 << 20, ..TopicOptions::default() };
    let topic = Log::open(&dir).expect("opens").topic("t", options, true).expect("topic");
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![1; 512 << 10]).expect("space for the ballast");
    let append = |n: u64| {
        let mut batch = Batch::default();
        let value = [n.to_le_bytes().as_slice(), &[7; 20_000]].concat();
        batch.push(&Record { value: Some(&value), ..Record::default() }).expect("fits");
        topic.append(&mut batch, Durability::Group)
    };
    let mut stored = 0;
    let error = loop {
        match append(stored + 1) {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), LogErrorKind::NoSpace, "{error}");
    assert!(append(stored + 1).is_err(), "still full");
    std::fs::remove_file(&ballast).expect("removes");
    for _ in 0..10 {
        stored += 1;
        append(stored).expect("continues after space returned");
    }
    let mut seen = 0;
    let gaps = scan(&topic, |record| {
        seen += 1;
        assert_eq!(seq_of(record), seen);
    });
    assert_eq!((gaps.len(), seen), (0, stored));
    println!("full after {} records, then continued", stored - 10);
}
