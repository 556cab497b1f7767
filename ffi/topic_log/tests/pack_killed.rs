//! Packing a topic, killed before each system call in turn: no record is lost, read twice or out of order.

use std::fs;
use std::io::PipeWriter;
use std::path::Path;

mod killer;

use topic_log::format::{self, Batch, Record};
use topic_log::{Durability, Log, LogError, Read, Topic, TopicOptions};

use killer::{Folder, killed_at};

/// These records fill more than a block.
const RECORDS: u64 = 6;
const RECORD_BYTES: usize = 50_000;

fn open(dir: &Path) -> Result<Topic, LogError> {
    Log::open(dir)?.topic("t", TopicOptions::default(), true)
}

fn append(topic: &Topic, from: u64) -> Result<(), LogError> {
    for n in from..from + RECORDS {
        let mut batch = Batch::default();
        batch
            .push(&Record { value: Some(&n.to_le_bytes().repeat(RECORD_BYTES / 8)), ..Record::default() })?;
        topic.append(&mut batch, Durability::None)?;
    }
    Ok(())
}

fn values(topic: &Topic, from: u64) -> Vec<u64> {
    let (mut reader, mut out) = (topic.reader(from), Vec::new());
    loop {
        match reader.read(&mut out, 1 << 20).expect("reads") {
            Read::Gap(gap) => panic!("{gap:?}"),
            Read::Records(0) => break,
            Read::Records(_) => {}
        }
    }
    format::records(&out).map(|record| format::u64_at(record.value.expect("a value"), 0)).collect()
}

/// As after a restart of the host.
fn copy_without_page(from: &Path, to: &Path) {
    fs::create_dir(to.join("t")).expect("makes a folder");
    for folder in ["", "t"] {
        for entry in fs::read_dir(from.join(folder)).expect("lists") {
            let entry = entry.expect("an entry");
            if entry.path().is_file() && entry.file_name() != "state" {
                fs::copy(entry.path(), to.join(folder).join(entry.file_name())).expect("copies");
            }
        }
    }
}

/// All `records` are there, more are accepted, and the next pack run packs them all.
fn continues(dir: &Path, records: u64, call: u32) {
    let all: Vec<u64> = (0..records + RECORDS).collect();
    let topic = open(dir).unwrap_or_else(|error| panic!("call {call}: {error}"));
    assert_eq!(values(&topic, 0), all[..records as usize], "call {call}");
    assert_eq!(values(&topic, 5), all[5..records as usize], "call {call}");
    append(&topic, records).expect("continues");
    assert_eq!(values(&topic, 0), all, "call {call}");
    topic.tidy().expect("the next one does it");
    for from in [0, records as usize + 1] {
        assert_eq!(values(&topic, from as u64), all[from..], "call {call}");
    }
    assert_eq!(topic.damaged_headers().expect("looks").len(), 0, "call {call}");
    let bytes = topic.bytes().expect("sizes");
    assert!(bytes < 20_000, "call {call}: {bytes} bytes");
}

fn tidy(dir: &Path, _: &mut PipeWriter) -> Result<(), LogError> {
    open(dir)?.tidy()
}

#[test]
fn ended_before_any_system_call_packing_loses_nothing_and_is_done_by_the_next() {
    let mut call = 0;
    loop {
        let mut over = true;
        // The first round starts without a pack; the second one extends it.
        for rounds in [1, 2] {
            let dir = Folder::new("pack");
            for round in 0..rounds {
                let topic = open(&dir.0).expect("opens");
                append(&topic, round * RECORDS).expect("appends");
                if round + 1 < rounds {
                    topic.tidy().expect("tidies");
                }
            }
            let (_, ended) = killed_at(call, |report| tidy(&dir.0, report));
            over &= ended;
            let restarted = Folder::new("pack-restarted");
            copy_without_page(&dir.0, &restarted.0);
            for dir in [dir, restarted] {
                continues(&dir.0, rounds * RECORDS, call);
            }
        }
        if over {
            break;
        }
        call += 1;
    }
    assert!(call > 60, "only {call} calls were seen");
}
