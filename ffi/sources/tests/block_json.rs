//! A block as JSON, with its slot and time at any position.

use std::path::Path;

use engine::frame::Transaction;
use serde_json::value::RawValue;
use sources::error::SourceError;
use sources::file::FileSource;

/// Slot, Unix nanoseconds and bytes of each frame.
type Frames = Vec<(u64, u64, Vec<u8>)>;

/// The frames of `text`, or why there are none, and the number of transactions that could not be used.
fn read(text: &str, hint: Option<u64>) -> (Result<Frames, SourceError>, u64) {
    let (mut source, mut frames) = (FileSource::of_texts(), Frames::new());
    let read = source.read_text(Path::new("memory"), text, hint, &mut |block| {
        assert!(block.whole, "it is a whole block");
        frames.extend(block.frames().map(|timed| (block.slot, timed.received_ns, timed.frame.to_vec())));
        true
    });
    (read.map(|()| frames), source.counts().malformed)
}

/// Like [`read`], but `None` instead of the error.
fn taken(text: &str, hint: Option<u64>) -> (Option<Frames>, u64) {
    let (frames, malformed) = read(text, hint);
    (frames.ok(), malformed)
}

/// The 20 real transactions of examples/, as written there.
fn transactions() -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Block<'a> {
        #[serde(borrow)]
        transactions: Vec<&'a RawValue>,
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/slot_285000037.json");
    let text = std::fs::read_to_string(path).expect("the example is there");
    let block: Block = serde_json::from_str(&text).expect("it is a block");
    block.transactions.iter().map(|raw| raw.get().to_owned()).collect()
}

#[test]
fn the_slot_and_the_time_may_stand_anywhere() {
    let list = transactions().join(",");
    // Inside another answer, each transaction is read separately.
    let inside = format!(r#"{{"slot":7,"block":{{"blockTime":5,"transactions":[{list}]}}}}"#);
    let (expected, malformed) = read(&inside, None);
    let expected = expected.expect("reads");
    assert_eq!((expected.len(), malformed), (20, 0));
    for (slot, ns, frame) in &expected {
        let mut transaction = Transaction::default();
        assert_eq!(transaction.walk(frame), Ok(()));
        assert_eq!((*slot, transaction.slot, *ns), (7, 7, 5_000_000_000));
    }
    for (text, hint) in [
        (format!(r#"{{"slot":7,"blockTime":5,"transactions":[{list}]}}"#), None),
        (format!(r#"{{"slot":7,"blockTime":5,"transactions":[{list}]}}"#), Some(9)),
        (format!(r#"{{"transactions":[{list}],"blockTime":5,"slot":7}}"#), None),
        (format!(r#"{{"transactions":[{list}],"blockTime":5,"slot":7}}"#), Some(9)),
        (format!(r#"{{"blockTime":5,"transactions":[{list}],"slot":null,"rewards":[{{}}]}}"#), Some(7)),
    ] {
        let shown = text.replace(&list, "…");
        assert_eq!(taken(&text, hint), (Some(expected.clone()), 0), "{shown} with {hint:?}");
    }
    let (refused, _) = read(&format!(r#"{{"transactions":[{list}],"blockTime":5}}"#), None);
    assert!(
        refused.expect_err("no slot").to_string().contains("neither it nor the file name states its slot")
    );
    let (refused, _) = read(&format!(r#"{{"slot":7,"transactions":[{list}],"slot":8}}"#), None);
    assert!(refused.expect_err("two slots").to_string().contains("duplicate field `slot`"));
}

#[test]
fn a_transaction_that_cannot_be_used_does_not_affect_the_others() {
    let mut list = transactions();
    let text = |list: &[String]| format!(r#"{{"transactions":[{}],"slot":7}}"#, list.join(","));
    let (expected, _) = read(&text(&list), None);
    let mut expected = expected.expect("reads");
    list[11] = r#"{"transaction":{"signatures":[]},"meta":{}}"#.to_owned();
    expected.remove(11);
    assert_eq!(taken(&text(&list), None), (Some(expected), 1));
}

#[test]
fn a_block_without_transactions_is_a_block() {
    assert_eq!(taken(r#"{"transactions":[],"slot":7}"#, None), (Some(Vec::new()), 0));
}
