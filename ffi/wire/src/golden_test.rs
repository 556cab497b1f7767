//! The same hand-made bytes as proto/golden_test.ts: what both languages must write and read.

use crate::realtime::envelope::{Payload, Type};
use crate::realtime::{ArbOpportunity, Batch, BundleOutcome, Envelope, Kind, Module};
use crate::{control, jobs};
use prost::Message;

fn golden(name: &str) -> Vec<u8> {
    let text = include_str!("../../../tests/fixtures/golden.txt");
    let (_, block) = text.split_once(&format!("\n{name}\n")).expect("the block is there");
    let lines = block.lines().take_while(|line| !line.is_empty());
    let words = lines.flat_map(|line| line.split('#').next().unwrap_or_default().split_whitespace());
    words.map(|word| u8::from_str_radix(word, 16).expect("hex")).collect()
}

fn check<M: Message + Default + PartialEq + std::fmt::Debug>(name: &str, message: &M) {
    let bytes = golden(name);
    assert!(bytes.len() > 10, "{name}: an empty block must not pass");
    assert_eq!(message.encode_to_vec(), bytes, "{name}: encode");
    assert_eq!(&M::decode(&bytes[..]).expect("decodes"), message, "{name}: decode");
}

fn envelope(seq: u64) -> Envelope {
    Envelope { seq, ..Envelope::default() }
}

#[test]
fn envelopes_equal_the_golden_bytes_both_ways() {
    let arb = ArbOpportunity {
        version: "sota-arb-1.1".into(),
        slot: 285_000_037,
        tx_signature: "s".into(),
        net_sol: 0.5,
        classification: "atomic_2hop".into(),
        p_land_est: 1.0,
        tip_ladder: vec![0.5, 0.75],
        ..ArbOpportunity::default()
    };
    check(
        "arb_envelope",
        &Envelope {
            schema_version: "rt-v1".into(),
            r#type: Type::Arb.into(),
            decision_id: (0..16).collect(),
            producer_id: "p".into(),
            seq: 300,
            event_ns: 1 << 63,
            kind: Kind::Arbitrage.into(),
            module: Module::Arbitrage.into(),
            payload: Some(Payload::Arb(arb)),
            ..Envelope::default()
        },
    );
    let outcome = BundleOutcome {
        bundle_id: "b".into(),
        landed: true,
        tip_lamports: 1000,
        path: "Jito".into(),
        leader: "L".into(),
        simulated: true,
        reason: String::new(),
        module: "mev".into(),
        slot: 1,
    };
    check(
        "outcome_envelope",
        &Envelope {
            schema_version: "rt-v1".into(),
            r#type: Type::Outcome.into(),
            seq: 1,
            payload: Some(Payload::Outcome(outcome)),
            ..Envelope::default()
        },
    );
    let batch = Batch { items: vec![envelope(1), envelope(2)], epoch: 7, from: 10, to: 12, dropped: 3 };
    check("batch_by_concatenation", &batch);
}

#[test]
fn commands_and_receipts_equal_the_golden_bytes_both_ways() {
    check(
        "kill_command",
        &control::Command {
            ts: 150,
            module: control::Module::Mev.into(),
            action: control::Action::Kill.into(),
            args: [("kill".to_owned(), "true".to_owned())].into(),
            request_id: "r1".into(),
            issuer: "local:0".into(),
            schema_version: "ctrl-v1".into(),
            ..control::Command::default()
        },
    );
    check(
        "receipt",
        &jobs::Receipt {
            schema_version: "rcpt-v1".into(),
            request_id: "r".into(),
            applied: true,
            sequence: 128,
            policy_hash: vec![0xff, 0],
            ..jobs::Receipt::default()
        },
    );
}

#[test]
fn a_batch_is_its_items_fields_one_after_another() {
    let mut bytes = Vec::new();
    for seq in [1, 2] {
        let item = envelope(seq).encode_to_vec();
        bytes.extend([0x0a, item.len() as u8]);
        bytes.extend(item);
    }
    bytes.extend([0x10, 7, 0x18, 10, 0x20, 12, 0x28, 3]);
    assert_eq!(bytes, golden("batch_by_concatenation"));
}
