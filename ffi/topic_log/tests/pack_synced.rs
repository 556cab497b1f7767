//! A power cut takes nothing of a topic being packed: a segment is removed only once its pack is on disk.

mod killer;

use topic_log::format::{Batch, Record};
use topic_log::{Durability, Log, LogError, TopicOptions};

use killer::{Call, Folder, calls_of};

#[test]
fn a_segment_is_removed_after_what_was_packed_of_it_is_on_disk() {
    let dir = Folder::new("pack-synced");
    let open = || Log::open(&dir.0)?.topic("t", TopicOptions::default(), true);
    let topic = open().expect("opens");
    for n in 0..6_u8 {
        let mut batch = Batch::default();
        batch.push(&Record { value: Some(&[n; 60_000]), ..Record::default() }).expect("fits");
        topic.append(&mut batch, Durability::None).expect("appends");
    }
    let calls = calls_of(|_| -> Result<(), LogError> { open()?.tidy() });
    let is = |call: &Call, numbers: &[i64]| numbers.contains(&call.number);
    let removed = calls.iter().rposition(|call| is(call, &[libc::SYS_unlink, libc::SYS_unlinkat]));
    let before = &calls[..removed.expect("the segment is removed")];
    let written = before.iter().rposition(|call| is(call, &[libc::SYS_write, libc::SYS_pwrite64]));
    let written = written.expect("the pack is written");
    let pack = before[written].arguments[0];
    let is_synced =
        |call: &Call| is(call, &[libc::SYS_fsync, libc::SYS_fdatasync]) && call.arguments[0] == pack;
    assert!(before[written..].iter().any(is_synced), "{:?}", &before[written..]);
}
