//! Packs in one process. For several processes see `tests/log_processes.rs`; for killed ones
//! `tests/pack_killed.rs`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::format::{self, Batch, Record, SEGMENT_HEADER};
use super::pack::BLOCK_BYTES;
use super::segment::segments;
use super::tests::{TempDir, batch, read_all};
use super::*;

/// Xorshift random numbers: the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Like real records: some words repeat, some do not.
    fn value(&mut self, bytes: usize) -> Vec<u8> {
        let mut value = Vec::with_capacity(bytes + 24);
        while value.len() < bytes {
            let word = if self.below(4) == 0 { self.next() } else { self.below(40) };
            value.extend_from_slice(format!("{{\"pool\":\"{word:016x}\"}}").as_bytes());
        }
        value.truncate(bytes);
        value
    }
}

fn fill(topic: &Topic, random: &mut Random, records: u64, bytes: usize) -> Vec<Vec<u8>> {
    (0..records)
        .map(|_| {
            let value = random.value(bytes);
            topic.append(&mut batch(&[&value]), Durability::None).expect("appends");
            value
        })
        .collect()
}

fn files(topic: &Topic, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(&topic.dir).expect("lists").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|found| found == ending)).collect();
    paths.sort();
    paths
}

fn values(topic: &Topic, offset: u64) -> Vec<Vec<u8>> {
    let (records, gaps) = read_all(topic, offset);
    assert_eq!(gaps, [], "from {offset}");
    assert!(records.iter().zip(offset..).all(|((found, _), expected)| *found == expected), "from {offset}");
    records.into_iter().map(|(_, value)| value).collect()
}

fn open(dir: &TempDir, options: TopicOptions) -> Topic {
    Log::open(&dir.0).expect("opens").topic("t", options, true).expect("topic")
}

#[test]
fn what_is_packed_is_read_as_it_was_from_every_offset_and_takes_less() {
    for seed in 1..=6 {
        let dir = TempDir::new(&format!("pack-{seed}"));
        let segment_bytes = [64 << 20, 300_000, 1 << 20][(seed % 3) as usize];
        let topic = open(&dir, TopicOptions { segment_bytes, ..TopicOptions::default() });
        let mut random = Random(seed);
        let mut expected = Vec::new();
        for _ in 0..4 {
            let (records, bytes) = (random.below(400), 1 + random.below(3_000) as usize);
            expected.extend(fill(&topic, &mut random, records, bytes));
            topic.tidy().expect("tidies");
            topic.tidy().expect("again, with nothing to do or with what was written since");
        }
        expected.extend(fill(&topic, &mut random, 200, 2_000));
        let plain = expected.iter().map(|value| value.len() as u64 + 36).sum::<u64>();
        topic.tidy().expect("tidies");
        assert!(
            topic.bytes().expect("sizes") * 2 < plain,
            "seed {seed}: {} of {plain}",
            topic.bytes().expect("sizes")
        );
        assert_eq!(values(&topic, 0), expected, "seed {seed}");
        for _ in 0..50 {
            let from = random.below(expected.len() as u64) as usize;
            assert_eq!(values(&topic, from as u64), expected[from..], "seed {seed}");
        }
        // As after a restart of the host: positions are found from the files alone.
        fs::remove_file(dir.0.join("t/state")).expect("removes");
        let reopened = open(&dir, TopicOptions::default());
        assert_eq!((reopened.start(), reopened.end()), (0, expected.len() as u64));
        assert_eq!(values(&reopened, 0), expected, "seed {seed}");
        assert_eq!(reopened.damaged_headers().expect("looks"), Vec::<PathBuf>::new());
    }
}

#[test]
fn headers_keys_tombstones_and_the_largest_record_are_packed_unchanged() {
    let dir = TempDir::new("pack-parts");
    let topic = open(&dir, TopicOptions::default());
    let large = vec![7; format::RECORD_BYTES_MAX - format::RECORD_HEADER];
    let headers: &[(&str, &[u8])] = &[("sig", &[1, 2]), ("kid", &[])];
    let records = [
        Record { key: Some(b"k"), value: None, headers, timestamp_ms: -5 },
        Record { key: None, value: Some(&large), ..Record::default() },
        Record { key: Some(b""), value: Some(b""), ..Record::default() },
    ];
    let mut batch = Batch::default();
    for record in &records {
        batch.push(record).expect("fits");
    }
    topic.append(&mut batch, Durability::Group).expect("appends");
    topic.tidy().expect("tidies");
    assert_eq!((files(&topic, "pack").len(), files(&topic, "seg").len()), (1, 1));
    assert!(topic.bytes().expect("sizes") < 10_000);
    let (mut out, mut reader) = (Vec::new(), topic.reader(0));
    while reader.offset() < 3 {
        assert!(matches!(reader.read(&mut out, 100).expect("reads"), Read::Records(1)));
    }
    assert_eq!(out, batch.bytes(), "to the byte, checksums too");
}

#[test]
fn a_small_topic_is_left_as_it_is_and_an_older_legend_reads_the_log_until_there_is_a_pack() {
    let dir = TempDir::new("pack-small");
    let topic = open(&dir, TopicOptions::default());
    let format = || fs::read_to_string(dir.0.join("FORMAT")).expect("reads");
    fill(&topic, &mut Random(1), 10, 1_000);
    topic.tidy().expect("tidies");
    assert_eq!((files(&topic, "pack").len(), files(&topic, "seg").len()), (0, 1));
    assert_eq!(format(), "legend-log 1\n");
    fill(&topic, &mut Random(1), 300, 1_000);
    topic.tidy().expect("tidies");
    assert_eq!(files(&topic, "pack").len(), 1);
    assert_eq!(format(), "legend-log 2\n");
    Log::open(&dir.0).expect("a legend that knows packs opens it");
}

#[test]
fn a_reader_that_is_slow_sees_no_gap_when_its_segments_are_packed_under_it() {
    let dir = TempDir::new("pack-slow");
    let topic = open(&dir, TopicOptions { segment_bytes: 300_000, ..TopicOptions::default() });
    let mut random = Random(9);
    let mut expected = fill(&topic, &mut random, 600, 1_000);
    // In the middle of the first segment, at its end, and in the active one.
    let mut readers: Vec<_> = [10, 280, 599].map(|from| topic.reader(from)).into();
    let mut got: Vec<Vec<Vec<u8>>> = vec![Vec::new(); 3];
    let mut step = |got: &mut Vec<Vec<Vec<u8>>>| {
        for (reader, got) in readers.iter_mut().zip(got) {
            let mut out = Vec::new();
            match reader.read(&mut out, 5_000).expect("reads") {
                Read::Gap(gap) => panic!("{gap:?}"),
                Read::Records(_) => {
                    got.extend(format::records(&out).map(|record| record.value.expect("a value").to_vec()));
                }
            }
        }
    };
    step(&mut got);
    topic.tidy().expect("tidies");
    assert_eq!(segments(&topic.dir).expect("lists").len(), 1, "only the active one is left");
    for _ in 0..300 {
        step(&mut got);
    }
    expected.extend(fill(&topic, &mut random, 600, 1_000));
    topic.tidy().expect("tidies");
    for _ in 0..600 {
        step(&mut got);
    }
    for (from, got) in [10, 280, 599].into_iter().zip(got) {
        assert_eq!(got, expected[from..], "from {from}");
    }
}

#[test]
fn each_damaged_byte_of_a_pack_costs_its_block_alone_and_is_reported() {
    let dir = TempDir::new("pack-damage");
    let topic = open(&dir, TopicOptions::default());
    // Three blocks of barely compressible records, small enough to try each byte.
    for byte in 0..3_u8 {
        for _ in 0..5 {
            topic.append(&mut batch(&[&vec![byte; BLOCK_BYTES / 5]]), Durability::None).expect("appends");
        }
        topic.tidy().expect("tidies");
    }
    let path = files(&topic, "pack")[0].clone();
    let good = fs::read(&path).expect("reads");
    assert!(good.len() < 2_000, "{} bytes", good.len());
    assert_eq!(read_all(&topic, 0).0.len(), 15);
    let mut losses = [0; 3];
    for at in SEGMENT_HEADER..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        fs::write(&path, &bad).expect("writes");
        let (records, gaps) = read_all(&topic, 0);
        // Bytes 36..40 of a block's header are unused, but its checksum covers them.
        assert_eq!(records.len(), 10, "byte {at}");
        let lost = (0..3)
            .find(|block| gaps == [Gap { from: 5 * block, to: 5 * block + 5, cause: GapCause::Damage }]);
        losses[lost.unwrap_or_else(|| panic!("byte {at}: {gaps:?}")) as usize] += 1;
        assert_eq!(read_all(&topic, 14).0.len() + read_all(&topic, 14).1.len(), 1, "byte {at}");
        assert_eq!(topic.start(), 0);
    }
    assert!(losses.iter().all(|&bytes| bytes > 40), "{losses:?}");
    // The header of the file is not needed for reading; damage to it is reported.
    for at in 0..SEGMENT_HEADER {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).expect("writes");
        assert_eq!(topic.damaged_headers().expect("looks"), std::slice::from_ref(&path), "byte {at}");
        assert_eq!(read_all(&topic, 0).0.len(), 15);
    }
    // Cut at any length: what is whole before the cut is read.
    for len in SEGMENT_HEADER..good.len() {
        fs::write(&path, &good[..len]).expect("writes");
        let (records, gaps) = read_all(&topic, 0);
        assert_eq!((records.len() % 5, gaps.len(), gaps[0].to), (0, 1, 15), "{len}");
    }
}

#[test]
fn damage_from_before_packing_is_still_reported_and_costs_its_record() {
    let dir = TempDir::new("pack-damaged-before");
    let topic = open(&dir, TopicOptions::default());
    let expected = fill(&topic, &mut Random(4), 400, 1_000);
    let path = dir.0.join("t/00000000000000000000.seg");
    let mut bytes = fs::read(&path).expect("reads");
    for record in [7, 399] {
        bytes[SEGMENT_HEADER + 1_036 * record + 500] ^= 1;
    }
    fs::write(&path, bytes).expect("writes");
    topic.tidy().expect("tidies");
    let (records, gaps) = read_all(&topic, 0);
    let gap = |from| Gap { from, to: from + 1, cause: GapCause::Damage };
    assert_eq!(gaps, [gap(7), gap(399)]);
    assert_eq!((records.len(), &records[398 - 1].1), (398, &expected[398]));
}

#[test]
fn hostile_blocks_are_refused_before_anything_is_unpacked() {
    let dir = TempDir::new("pack-hostile");
    let topic = open(&dir, TopicOptions::default());
    fill(&topic, &mut Random(5), 300, 1_000);
    topic.tidy().expect("tidies");
    let path = files(&topic, "pack")[0].clone();
    let good = fs::read(&path).expect("reads");
    let forge = |change: &dyn Fn(&mut [u8])| {
        let mut bad = good.clone();
        change(&mut bad[SEGMENT_HEADER..]);
        let crc = crc32c::crc32c(&bad[SEGMENT_HEADER + 8..SEGMENT_HEADER + 40]);
        bad[SEGMENT_HEADER + 4..SEGMENT_HEADER + 8].copy_from_slice(&crc.to_le_bytes());
        fs::write(&path, &bad).expect("writes");
        let (records, gaps) = read_all(&topic, 0);
        assert_eq!((records.len(), gaps.len()), (0, 1), "{gaps:?}");
        assert_eq!(gaps[0], Gap { from: 0, to: 300, cause: GapCause::Damage });
    };
    // Larger than any block, larger than the block, smaller than it, and zero.
    for plain_len in [u32::MAX, 300 * 1_036 + 1, 300 * 1_036 - 1, 0] {
        forge(&|block| block[12..16].copy_from_slice(&plain_len.to_le_bytes()));
    }
    for packed_len in [u32::MAX, 1 << 30] {
        forge(&|block| block[8..12].copy_from_slice(&packed_len.to_le_bytes()));
    }
    // Offsets that end before they begin.
    forge(&|block| block[24..32].copy_from_slice(&0_u64.to_le_bytes()));
    // A valid header over foreign bytes: a megabyte of zeros packs to a few bytes.
    let bomb = zstd::bulk::compress(&vec![0; 1 << 28], 1).expect("packs");
    let mut bad = good[..SEGMENT_HEADER + 40].to_vec();
    bad.extend_from_slice(&bomb);
    let block = &mut bad[SEGMENT_HEADER..];
    block[8..12].copy_from_slice(&(bomb.len() as u32).to_le_bytes());
    block[32..36].copy_from_slice(&crc32c::crc32c(&bomb).to_le_bytes());
    let crc = crc32c::crc32c(&block[8..40]);
    block[4..8].copy_from_slice(&crc.to_le_bytes());
    fs::write(&path, &bad).expect("writes");
    assert_eq!(read_all(&topic, 0).1, [Gap { from: 0, to: 300, cause: GapCause::Damage }]);
    // Random bytes: no panic, and no record that was never written.
    let mut random = Random(6);
    for _ in 0..1_000 {
        let mut bad = good.clone();
        for _ in 0..=random.below(6) {
            let at = random.below(bad.len() as u64) as usize;
            bad[at] = random.next() as u8;
        }
        bad.truncate(1 + random.below(bad.len() as u64) as usize);
        fs::write(&path, &bad).expect("writes");
        let (records, gaps) = read_all(&topic, 0);
        assert!(records.is_empty() || records.len() == 300);
        assert_eq!(records.is_empty(), gaps.iter().any(|gap| gap.to == 300));
    }
}

#[test]
fn retention_counts_packs_as_they_are_and_a_slow_reader_gets_a_gap() {
    let dir = TempDir::new("pack-retention");
    let options = TopicOptions { segment_bytes: 20_000, retention_bytes: 200_000, ..TopicOptions::default() };
    let topic = open(&dir, options);
    let mut random = Random(7);
    for _ in 0..60 {
        fill(&topic, &mut random, 40, 1_000);
        topic.tidy().expect("tidies");
    }
    let start = topic.start();
    assert!(start > 0 && files(&topic, "pack").len() > 1, "start {start}");
    assert!(topic.bytes().expect("sizes") < 200_000 + 2 * 20_000, "{}", topic.bytes().expect("sizes"));
    let (records, gaps) = read_all(&topic, 5);
    assert_eq!(gaps, [Gap { from: 5, to: start, cause: GapCause::Retention }]);
    assert_eq!(records.len() as u64, 2_400 - start);
    let aged = open(&dir, TopicOptions { retention_age: Duration::ZERO, ..options });
    aged.tidy().expect("tidies");
    assert_eq!((aged.start(), aged.end()), (2_400, 2_400));
    assert_eq!(files(&aged, "pack"), Vec::<PathBuf>::new());
    fill(&aged, &mut random, 1, 10);
    assert_eq!(read_all(&aged, 2_400).0.len(), 1);
}

#[test]
fn readers_see_each_record_once_and_in_order_while_others_append_and_pack() {
    const RECORDS: u64 = 6_000;
    let dir = TempDir::new("pack-race");
    let options = TopicOptions { segment_bytes: 40_000, ..TopicOptions::default() };
    // Each has its own handle, as separate processes do.
    let [writer, packer] = [open(&dir, options), open(&dir, options)];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random(11);
            for n in 0..RECORDS {
                let mut value = random.value(500);
                value[..8].copy_from_slice(&n.to_le_bytes());
                writer.append(&mut batch(&[&value]), Durability::None).expect("appends");
            }
        });
        scope.spawn(|| {
            while packer.end() < RECORDS {
                packer.tidy().expect("tidies");
            }
        });
        for from in [0, 0, 100] {
            let reading = open(&dir, options);
            scope.spawn(move || {
                let (mut next, mut out) = (from, Vec::new());
                let mut reader = reading.reader(from);
                while next < RECORDS {
                    out.clear();
                    match reader.read(&mut out, 3_000).expect("reads") {
                        Read::Gap(gap) => panic!("{gap:?}"),
                        Read::Records(0) => {
                            reading.wait(next, Duration::from_secs(60));
                        }
                        Read::Records(_) => {}
                    }
                    for record in format::records(&out) {
                        assert_eq!(record.offset, next);
                        assert_eq!(format::u64_at(record.value.expect("a value"), 0), next);
                        next += 1;
                    }
                    // Sometimes a reader that begins in the middle.
                    if next.is_multiple_of(50) && next < RECORDS {
                        reader = reading.reader(next);
                    }
                }
            });
        }
    });
    packer.tidy().expect("tidies");
    assert!(files(&packer, "pack").len() > 1, "more than one pack");
    assert_eq!(read_all(&packer, 0).0.len() as u64, RECORDS);
}
