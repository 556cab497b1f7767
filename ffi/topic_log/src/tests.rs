//! The log in one process. For several processes see `tests/log_processes.rs`.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::Duration;

use super::format::{self, Batch, Record, StoredRecord};
use super::*;

pub(super) struct TempDir(pub(super) PathBuf);

impl TempDir {
    pub(super) fn new(name: &str) -> TempDir {
        let path = std::env::temp_dir().join(format!("legend-log-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("temp dir");
        TempDir(path)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(super) fn batch(values: &[&[u8]]) -> Batch {
    let mut batch = Batch::default();
    for value in values {
        batch.push(&Record { value: Some(value), ..Record::default() }).expect("fits");
    }
    batch
}

fn small() -> TopicOptions {
    TopicOptions { segment_bytes: 512, ..TopicOptions::default() }
}

/// Everything from `offset` on: values, and the gaps found.
pub(super) fn read_all(topic: &Topic, offset: u64) -> (Vec<(u64, Vec<u8>)>, Vec<Gap>) {
    let (mut records, mut gaps) = (Vec::new(), Vec::new());
    let mut reader = topic.reader(offset);
    loop {
        let mut out = Vec::new();
        match reader.read(&mut out, 300).expect("reads") {
            Read::Gap(gap) => gaps.push(gap),
            Read::Records(0) => return (records, gaps),
            Read::Records(_) => {
                let mut at = 0;
                while at < out.len() {
                    let len = format::len_of(&out[at..]);
                    let record = StoredRecord::parse(&out[at..at + len]).expect("parses");
                    records.push((record.offset, record.value.unwrap_or_default().to_vec()));
                    at += len;
                }
            }
        }
    }
}

fn fill(topic: &Topic, records: u64) {
    for n in topic.end()..topic.end() + records {
        topic.append(&mut batch(&[format!("value {n:04}").as_bytes()]), Durability::None).expect("appends");
    }
}

#[test]
fn append_gives_dense_offsets_over_segment_ends() {
    let dir = TempDir::new("dense");
    let topic = Log::open(&dir.0).expect("opens").topic("t", small(), true).expect("topic");
    for n in 0..100_u64 {
        let durability = [Durability::None, Durability::Group, Durability::Fsync][(n % 3) as usize];
        let base = topic.append(&mut batch(&[b"a", b"bb", n.to_string().as_bytes()]), durability);
        assert_eq!(base.expect("appends"), n * 3);
    }
    assert!(segment::segments(&dir.0.join("t")).expect("lists").len() > 5, "the test must roll");
    let (records, gaps) = read_all(&topic, 0);
    assert_eq!((records.len(), gaps.len(), topic.end()), (300, 0, 300));
    assert!(records.iter().enumerate().all(|(n, (offset, _))| *offset == n as u64));
    assert_eq!(read_all(&topic, 137).0.first().map(|record| record.0), Some(137), "read from the middle");
}

#[test]
fn bytes_that_are_not_interpreted_pass_unchanged() {
    let dir = TempDir::new("unknown");
    let topic = Log::open(&dir.0).expect("opens").topic("t", small(), true).expect("topic");
    // Field 99, wire type 2, and an overlong varint: a re-encoding reader would change or drop both.
    let value = [0x9a, 0x06, 0x03, 1, 2, 3, 0x08, 0x81, 0x80, 0x00];
    topic.append(&mut batch(&[&value]), Durability::Group).expect("appends");
    assert_eq!(read_all(&topic, 0).0[0].1, value);
}

#[test]
fn reopening_continues_where_it_ended_with_and_without_the_shared_page() {
    for keep_page in [true, false] {
        let dir = TempDir::new(&format!("reopen-{keep_page}"));
        let log = Log::open(&dir.0).expect("opens");
        fill(&log.topic("t", small(), true).expect("topic"), 40);
        if !keep_page {
            fs::remove_file(dir.0.join("t/state")).expect("removes");
        }
        let topic = log.topic("t", small(), false).expect("reopens");
        fill(&topic, 1);
        assert_eq!(read_all(&topic, 0).0.len(), 41);
    }
}

#[test]
fn a_segment_that_is_shorter_than_the_shared_page_has_is_read_again() {
    let dir = TempDir::new("shorter");
    let log = Log::open(&dir.0).expect("opens");
    fill(&log.topic("t", TopicOptions::default(), true).expect("topic"), 10);
    let path = dir.0.join("t/00000000000000000000.seg");
    let len = fs::metadata(&path).expect("there").len();
    OpenOptions::new().write(true).open(&path).and_then(|file| file.set_len(len - 5)).expect("cuts");
    let topic = log.topic("t", TopicOptions::default(), false).expect("reopens");
    assert_eq!(topic.end(), 9, "the last record is not whole");
    fill(&topic, 1);
    let (records, gaps) = read_all(&topic, 0);
    assert_eq!((records.len(), gaps.len()), (10, 0));
}

#[test]
fn torn_tail_is_cut_and_what_was_acknowledged_stays() {
    for cut in 1..45 {
        let dir = TempDir::new(&format!("torn-{cut}"));
        let log = Log::open(&dir.0).expect("opens");
        let options = TopicOptions::default();
        fill(&log.topic("t", options, true).expect("topic"), 3);
        let path = dir.0.join("t/00000000000000000000.seg");
        let len = fs::metadata(&path).expect("there").len();
        let mut torn = batch(&[b"value 0003"]);
        torn.seal(3);
        let file = OpenOptions::new().write(true).open(&path).expect("opens");
        file.write_all_at(&torn.bytes()[..cut], len).expect("writes");
        fs::remove_file(dir.0.join("t/state")).expect("removes");
        let topic = log.topic("t", options, false).expect("recovers");
        assert_eq!(topic.end(), 3, "cut {cut}");
        assert_eq!(fs::metadata(&path).expect("there").len(), len, "the tail is gone");
        fill(&topic, 1);
        assert_eq!(read_all(&topic, 0).0.len(), 4);
    }
}

#[test]
fn flipped_bits_are_reported_and_cost_only_their_record() {
    for recover in [false, true] {
        let dir = TempDir::new(&format!("flip-{recover}"));
        let log = Log::open(&dir.0).expect("opens");
        let options = TopicOptions::default();
        let topic = log.topic("t", options, true).expect("topic");
        fill(&topic, 10);
        let path = dir.0.join("t/00000000000000000000.seg");
        let good = fs::read(&path).expect("reads");
        let record = (good.len() - format::SEGMENT_HEADER) / 10;
        for byte in 0..record {
            let mut bad = good.clone();
            bad[format::SEGMENT_HEADER + 4 * record + byte] ^= 0x10;
            fs::write(&path, &bad).expect("writes");
            let reopened;
            let reader = if recover {
                fs::remove_file(dir.0.join("t/state")).expect("removes");
                reopened = log.topic("t", options, false).expect("recovers");
                &reopened
            } else {
                &topic
            };
            let (records, gaps) = read_all(reader, 0);
            assert_eq!(gaps, [Gap { from: 4, to: 5, cause: GapCause::Damage }], "byte {byte}");
            assert_eq!(records.len(), 9, "byte {byte}");
            assert_eq!(read_all(reader, 7).0.len(), 3, "reading after the damage, byte {byte}");
        }
    }
}

#[test]
fn each_flipped_bit_of_a_header_is_found_and_costs_no_record() {
    let dir = TempDir::new("flip-header");
    let topic = Log::open(&dir.0).expect("opens").topic("t", small(), true).expect("topic");
    fill(&topic, 400);
    let bases = segment::segments(&topic.dir).expect("lists");
    let paths: Vec<PathBuf> = bases.iter().map(|&base| segment::segment_path(&topic.dir, base)).collect();
    assert!(paths.len() > 1, "{} segments", paths.len());
    assert_eq!(topic.damaged_headers().expect("reads"), Vec::<PathBuf>::new());
    for path in [&paths[0], &paths[paths.len() - 1]] {
        let good = fs::read(path).expect("reads");
        for bit in 0..format::SEGMENT_HEADER * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            fs::write(path, &bad).expect("writes");
            assert_eq!(topic.damaged_headers().expect("reads"), std::slice::from_ref(path), "bit {bit}");
        }
        assert_eq!(read_all(&topic, 0).0.len(), 400);
        assert_eq!(read_all(&topic, 0).1, []);
        fs::write(path, good).expect("writes");
    }
    let shorter = fs::read(&paths[0]).expect("reads")[..format::SEGMENT_HEADER - 1].to_vec();
    fs::write(&paths[0], shorter).expect("writes");
    assert_eq!(topic.damaged_headers().expect("reads"), paths[..1]);
}

#[test]
fn damaged_last_record_is_a_gap_while_running() {
    let dir = TempDir::new("flip-last");
    let topic = Log::open(&dir.0).expect("opens").topic("t", small(), true).expect("topic");
    fill(&topic, 3);
    let path = dir.0.join("t/00000000000000000000.seg");
    let mut bytes = fs::read(&path).expect("reads");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(&path, bytes).expect("writes");
    assert_eq!(read_all(&topic, 0).1, [Gap { from: 2, to: 3, cause: GapCause::Damage }]);
}

#[test]
fn retention_removes_the_oldest_and_a_slow_reader_gets_a_gap() {
    let dir = TempDir::new("retention");
    let log = Log::open(&dir.0).expect("opens");
    let options = TopicOptions { retention_bytes: 2000, ..small() };
    let topic = log.topic("t", options, true).expect("topic");
    fill(&topic, 200);
    let start = topic.start();
    assert!(start > 100 && topic.bytes().expect("sizes") < 3000, "start {start}");
    let (records, gaps) = read_all(&topic, 5);
    assert_eq!(gaps, [Gap { from: 5, to: start, cause: GapCause::Retention }]);
    assert_eq!(records.len() as u64, 200 - start);
    drop(topic);
    fs::remove_file(dir.0.join("t/state")).expect("removes");
    assert_eq!(log.topic("t", options, false).expect("reopens").start(), start, "after a boot too");
    let aged =
        log.topic("t", TopicOptions { retention_age: Duration::ZERO, ..options }, false).expect("opens");
    assert_eq!(aged.enforce_retention().expect("enforces"), 200 - start, "age removes even the newest");
    fill(&aged, 1);
    assert_eq!(read_all(&aged, 200).0, [(200, b"value 0200".to_vec())]);
}

#[test]
fn commit_outlives_a_torn_write_of_the_next() {
    let dir = TempDir::new("group");
    let topic = Log::open(&dir.0).expect("opens").topic("t", small(), true).expect("topic");
    assert_eq!(topic.committed("g").expect("reads"), None);
    for offset in 1..=5 {
        topic.commit("g", Committed { offset, lost: offset / 2 }).expect("commits");
    }
    assert_eq!(topic.committed("g").expect("reads"), Some(Committed { offset: 5, lost: 2 }));
    let path = dir.0.join("t/groups/g");
    let mut bytes = fs::read(&path).expect("reads");
    bytes[32 + 8] ^= 1; // generation 5 is odd: slot 1
    fs::write(&path, bytes).expect("writes");
    assert_eq!(topic.committed("g").expect("reads"), Some(Committed { offset: 4, lost: 2 }));
    assert_eq!(topic.groups().expect("lists"), ["g"]);
}

#[test]
fn open_refuses_a_newer_format_and_bad_names() {
    let dir = TempDir::new("format");
    let log = Log::open(&dir.0).expect("opens");
    for name in ["", "..", "../x", "a/b", ".hidden", "a b", &"x".repeat(129)] {
        assert!(log.topic(name, small(), true).is_err(), "{name}");
    }
    assert_eq!(
        log.topic("missing", small(), false).err().map(|error| error.kind()),
        Some(LogErrorKind::NotFound)
    );
    fs::write(dir.0.join("FORMAT"), "legend-log 3\n").expect("writes");
    let error = Log::open(&dir.0).err().expect("refuses");
    assert_eq!(error.kind(), LogErrorKind::Unsupported);
    assert!(error.to_string().contains("legend-log 3"), "{error}");
}

#[test]
fn wait_wakes_a_reader_of_another_handle() {
    let dir = TempDir::new("wait");
    let log = Log::open(&dir.0).expect("opens");
    let (writer, reader) =
        (log.topic("t", small(), true).expect("topic"), log.topic("t", small(), true).expect("topic"));
    assert!(!reader.wait(0, Duration::from_millis(1)), "nothing there yet");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| reader.wait(0, Duration::from_secs(30)));
        fill(&writer, 1);
        assert!(waiting.join().expect("no panic"));
    });
}

#[test]
fn records_without_durability_become_visible_after_a_group_in_order() {
    let dir = TempDir::new("mixed");
    let topic = Log::open(&dir.0).expect("opens").topic("t", TopicOptions::default(), true).expect("topic");
    std::thread::scope(|scope| {
        for durability in [Durability::None, Durability::Group, Durability::None, Durability::Group] {
            let topic = &topic;
            scope.spawn(move || {
                for _ in 0..50 {
                    let base = topic.append(&mut batch(&[b"x"]), durability).expect("appends");
                    assert!(topic.end() > base, "acknowledged means readable");
                }
            });
        }
    });
    assert_eq!(read_all(&topic, 0).0.len(), 200);
}

#[test]
fn network_file_systems_are_distinguished_from_local_disks() {
    for (magic, name) in
        [(0x6969, Some("NFS")), (0xfe53_4d42, Some("SMB")), (0xef53, None), (0x0102_1994, None)]
    {
        assert_eq!(folder::network_file_system(magic), name);
    }
    // As a 32-bit kernel reports it: sign-extended.
    assert_eq!(folder::network_file_system(0xff53_4d42_u32.cast_signed().into()), Some("CIFS"));
}
