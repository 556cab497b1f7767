//! Files replaced by hand with other ones: only their own records are lost, and no record of another file.

use std::fs;

use super::format::{RECORD_HEADER, SEGMENT_HEADER};
use super::tests::{TempDir, batch, read_all};
use super::*;

const VALUE_BYTES: usize = 1_000;

/// Appends until the topic has `end` records; each value begins with its offset and hardly compresses.
fn fill(topic: &Topic, end: u64) {
    for offset in topic.end()..end {
        let mut value = format!("{offset:020}");
        let mut random = offset + 1;
        while value.len() < VALUE_BYTES {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            value.push_str(&format!("{random:020}"));
        }
        topic.append(&mut batch(&[value.as_bytes()]), Durability::None).expect("appends");
    }
}

fn open(dir: &TempDir, segment_bytes: u64) -> Topic {
    let options = TopicOptions { segment_bytes, ..TopicOptions::default() };
    Log::open(&dir.0).expect("opens").topic("t", options, true).expect("topic")
}

/// The offsets read from `from` on, each checked for its own value, and the gaps.
fn offsets(topic: &Topic, from: u64) -> (Vec<u64>, Vec<(u64, u64)>) {
    let (records, gaps) = read_all(topic, from);
    for (offset, value) in &records {
        assert_eq!(String::from_utf8_lossy(&value[..20]).parse(), Ok(*offset));
    }
    let gaps = gaps.iter().map(|gap| (gap.from, gap.to)).collect();
    (records.into_iter().map(|(offset, _)| offset).collect(), gaps)
}

#[test]
fn a_segment_or_pack_of_later_offsets_in_the_place_of_the_first_costs_the_first_alone() {
    for ending in ["seg", "pack"] {
        let dir = TempDir::new(&format!("foreign-{ending}"));
        let topic = open(&dir, 50 * (VALUE_BYTES + RECORD_HEADER) as u64);
        for end in [300, 600, 900] {
            fill(&topic, end);
            if ending == "pack" {
                topic.tidy().expect("tidies");
            }
        }
        let mut files: Vec<_> = fs::read_dir(&topic.dir)
            .expect("lists")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|found| found == ending))
            .collect();
        files.sort();
        let base =
            |at: usize| files[at].file_stem().and_then(|name| name.to_str()?.parse().ok()).expect("a base");
        let (second, third): (u64, u64) = (base(1), base(2));
        fs::copy(&files[2], &files[0]).expect("copies");
        let (found, gaps) = offsets(&topic, 0);
        assert_eq!(gaps, [(0, second)], "{ending}");
        assert_eq!(found, (second..900).collect::<Vec<_>>(), "{ending}");
        assert_eq!(offsets(&topic, third - 1).0, (third - 1..900).collect::<Vec<_>>(), "{ending}");
    }
}

#[test]
fn a_block_of_far_offsets_between_others_costs_nothing_and_the_next_packing_cuts_nothing() {
    let (here, far) = (TempDir::new("foreign-block"), TempDir::new("foreign-far"));
    let (topic, other) = (open(&here, 64 << 20), open(&far, 64 << 20));
    fill(&topic, 900);
    topic.tidy().expect("tidies");
    fill(&other, 2_000);
    other.tidy().expect("tidies");
    let pack = topic.dir.join("00000000000000000000.pack");
    let good = fs::read(&pack).expect("reads");
    let far_bytes = fs::read(other.dir.join("00000000000000000000.pack")).expect("reads");
    let last = far_bytes.windows(4).rposition(|bytes| bytes == b"BLK\n").expect("a block");
    let second = SEGMENT_HEADER
        + 4
        + good[SEGMENT_HEADER + 4..].windows(4).position(|bytes| bytes == b"BLK\n").expect("a second block");
    let mixed = [&good[..second], &far_bytes[last..], &good[second..]].concat();
    fs::write(&pack, mixed).expect("writes");
    assert_eq!(offsets(&topic, 0), ((0..900).collect(), Vec::new()));
    fill(&topic, 1_500);
    topic.tidy().expect("tidies");
    assert_eq!(offsets(&topic, 0), ((0..1_500).collect(), Vec::new()));
}
