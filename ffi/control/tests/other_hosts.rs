//! Agents' records, checked on another host: they count if the key that both hosts share certified the
//! signer.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use control::agent_control::AgentControl;
use control::client::{RecordKind, is_signed};
use control::keys;
use control::names::Module;
use control::signed::Signed;
use topic_log::clock::now_ms;
use wire::control::{Action, Command};
use wire::jobs::{AgentReport, Receipt};
use wire::prost::Message;

const SHARED: &str = "7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b";
const OTHERS: &str = "1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c";

struct Host(PathBuf);

impl Host {
    fn new(name: &str) -> Host {
        let path = std::env::temp_dir().join(format!("legend-host-{}-{name}", std::process::id()));
        std::fs::create_dir_all(path.join("agents")).expect("makes a folder");
        std::fs::write(path.join("instance"), "one\n").expect("names it");
        keys::load_or_create(&path, keys::CONTROL_KEY).expect("makes its key");
        Host(path)
    }

    fn agent(&self, sign_sk_hex: Option<&str>) -> AgentControl {
        let control = AgentControl::open(&self.0, Module::Mev, "one", sign_sk_hex).expect("opens");
        // No events are handled here.
        control.live.handled(u64::MAX, 0);
        control
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn throttle(sequence: u64) -> Signed {
    let command = Command {
        ts: now_ms() / 1_000,
        module: Module::Mev.into(),
        action: Action::Throttle.into(),
        args: HashMap::from([("throttle_pct".to_owned(), "7".to_owned())]),
        request_id: format!("request-{sequence}"),
        issuer: "test".to_owned(),
        schema_version: "ctrl-v1".to_owned(),
        role: "control".to_owned(),
        sender: "test".to_owned(),
    };
    Signed::new(&command, &keys::from_hex(SHARED).expect("a key"), sequence, now_ms())
}

fn counts(kind: RecordKind, bytes: &[u8], data_dir: &Path, key: Option<&str>) -> bool {
    is_signed(kind, bytes, data_dir, key).expect("its own key is there")
}

#[test]
fn a_receipt_counts_where_the_shared_key_is_trusted_and_unaltered() {
    let [one, two] = ["receipt-1", "receipt-2"].map(Host::new);
    let agent = one.agent(Some(SHARED));
    let receipt = agent.obey(&throttle(1), false).expect("its module");
    assert!(receipt.applied, "{}", receipt.reason);
    let counts = |receipt: &Receipt, host: &Host, key| {
        counts(RecordKind::Receipt, &receipt.encode_to_vec(), &host.0, key)
    };
    for (host, key, expected) in [
        (&one, None, true),
        (&one, Some(SHARED), true),
        (&two, Some(SHARED), true),
        (&two, Some(OTHERS), false),
        (&two, None, false),
    ] {
        assert_eq!(counts(&receipt, host, key), expected, "{} {key:?}", host.0.display());
    }
    for altered in [
        Receipt { applied: false, ..receipt.clone() },
        Receipt { instance: "mev-two".to_owned(), ..receipt.clone() },
        Receipt { signature: Vec::new(), ..receipt.clone() },
        Receipt { certificate: String::new(), ..receipt.clone() },
        // Another host's agent, with its own certificate, cannot sign for this one.
        Receipt { certificate: two.agent(Some(SHARED)).report(Vec::new()).certificate, ..receipt.clone() },
    ] {
        assert!(!counts(&altered, &two, Some(SHARED)), "{altered:?}");
    }
    // PendingRequest again, also after a restart, it gives the same receipt, and that one counts too.
    drop(agent);
    let again = one.agent(Some(SHARED)).obey(&throttle(1), false).expect("its module");
    assert_eq!(again, receipt);
    assert!(counts(&again, &two, Some(SHARED)));
}

#[test]
fn a_receipt_that_names_the_first_event_is_signed_with_it() {
    let host = Host::new("event");
    let agent = host.agent(Some(SHARED));
    agent.live.handled(u64::MAX, 1_234);
    let receipt = agent.obey(&throttle(1), false).expect("its module");
    assert_eq!((receipt.applied, receipt.first_event_ns), (true, 1_234));
    assert!(counts(RecordKind::Receipt, &receipt.encode_to_vec(), &host.0, None));
    let altered = Receipt { first_event_ns: 1_235, ..receipt };
    assert!(!counts(RecordKind::Receipt, &altered.encode_to_vec(), &host.0, None));
}

#[test]
fn receipts_of_a_host_without_a_shared_key_count_on_that_host_alone() {
    let [one, two] = ["alone-1", "alone-2"].map(Host::new);
    let receipt = one.agent(None).obey(&throttle(1), false).expect("its module");
    assert!(!receipt.applied, "a key that is not trusted");
    let bytes = receipt.encode_to_vec();
    assert!(counts(RecordKind::Receipt, &bytes, &one.0, None));
    assert!(!counts(RecordKind::Receipt, &bytes, &two.0, Some(SHARED)));
}

#[test]
fn a_report_counts_unaltered_and_never_as_a_receipt() {
    let [one, two] = ["report-1", "report-2"].map(Host::new);
    let report = one.agent(Some(SHARED)).report(br#"{"killed":false}"#.to_vec());
    let counts = |kind, report: &AgentReport| counts(kind, &report.encode_to_vec(), &two.0, Some(SHARED));
    assert!(counts(RecordKind::Report, &report));
    assert!(!counts(RecordKind::Receipt, &report));
    for altered in [
        AgentReport { status_json: br#"{"killed":true}"#.to_vec(), ..report.clone() },
        AgentReport { at_ns: report.at_ns + 1, ..report.clone() },
        AgentReport { instance: "mev-two".to_owned(), ..report.clone() },
        AgentReport { module: "arbitrage".to_owned(), ..report.clone() },
    ] {
        assert!(!counts(RecordKind::Report, &altered), "{altered:?}");
    }
    for bytes in [&b""[..], b"\xff\xff", &[0; 64]] {
        assert!(!is_signed(RecordKind::Report, bytes, &two.0, Some(SHARED)).expect("its own key is there"));
    }
}
