//! The log's first steps, appends and segment rolls, killed before each of their system calls in turn.
//!
//! A killed writer leaves what the kernel did so far, so these are all states that `kill -9` can leave of one
//! writer. `log_processes.rs` kills several writers at random moments.

use std::fs;
use std::io::{PipeWriter, Write as _};
use std::path::Path;

mod killer;

use topic_log::format::{self, Batch, Record};
use topic_log::{Committed, Durability, Log, LogError, Read, Topic, TopicOptions};

use killer::{Folder, killed_at};

const APPENDS: u64 = 6;

fn open(dir: &Path) -> Result<Topic, LogError> {
    // Two records fill a segment.
    Log::open(dir)?.topic("t", TopicOptions { segment_bytes: 128, ..TopicOptions::default() }, true)
}

fn append(topic: &Topic, value: u64, durability: Durability) -> Result<u64, LogError> {
    let mut batch = Batch::default();
    batch.push(&Record { value: Some(&value.to_le_bytes()), ..Record::default() })?;
    topic.append(&mut batch, durability)
}

/// Opens, appends, commits; writes one byte for each acknowledged record.
fn write_all(dir: &Path, acknowledged: &mut PipeWriter) -> Result<(), LogError> {
    let topic = open(dir)?;
    for n in 0..APPENDS {
        append(&topic, n, [Durability::Fsync, Durability::None][(n % 2) as usize])?;
        topic.commit("g", Committed { offset: n + 1, lost: 0 })?;
        acknowledged.write_all(&[1]).expect("the pipe is open");
    }
    Ok(())
}

fn values(topic: &Topic) -> Vec<u64> {
    let (mut reader, mut out) = (topic.reader(0), Vec::new());
    loop {
        match reader.read(&mut out, 1 << 20).expect("reads") {
            Read::Gap(gap) => panic!("{gap:?}"),
            Read::Records(0) => break,
            Read::Records(_) => {}
        }
    }
    let records = format::records(&out);
    records.map(|record| format::u64_at(record.value.expect("a value"), 0)).collect()
}

#[test]
fn killed_before_any_system_call_the_log_opens_with_all_it_acknowledged_and_continues() {
    let mut call = 0;
    loop {
        let mut over = false;
        // With the shared page, as after a kill, and without it, as after a restart of the host.
        for keeps_page in [true, false] {
            let dir = Folder::new("log");
            let (acknowledged, ended) = killed_at(call, |report| write_all(&dir.0, report));
            over = ended;
            if !keeps_page {
                let _ = fs::remove_file(dir.0.join("t/state"));
            }
            let topic = open(&dir.0).unwrap_or_else(|error| panic!("call {call}: {error}"));
            let found = values(&topic);
            let kept = found.len() as u64;
            assert_eq!(found, (0..kept).collect::<Vec<_>>(), "call {call}");
            assert!((acknowledged..=acknowledged + 1).contains(&kept), "call {call}: {acknowledged}, {kept}");
            let committed = topic.committed("g").expect("reads").map_or(0, |committed| committed.offset);
            assert!((acknowledged..=kept).contains(&committed), "call {call}: {committed}");
            for n in kept..kept + 3 {
                assert_eq!(append(&topic, n, Durability::Fsync).expect("continues"), n, "call {call}");
            }
            assert_eq!(values(&topic), (0..kept + 3).collect::<Vec<_>>(), "call {call}");
        }
        if over {
            break;
        }
        call += 1;
    }
    assert!(call > 50, "only {call} calls were seen");
    writeln!(std::io::stderr(), "killed before each of {call} system calls").expect("is written");
}
