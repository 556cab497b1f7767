//! Which commands an agent obeys: each once, from every host that shares the key, and an un-kill only from an
//! admin.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;

use control::agent_control::AgentControl;
use control::names::Module;
use control::signed::{EXPIRY_MS, Signed, Validity};
use control::socket_server::listen;
use control::state::StateFile;
use control::{keys, latch};
use topic_log::clock::now_ms;
use wire::control::{Action, Command};
use wire::jobs::Receipt;
use wire::prost::Message;

const KEY: &str = "7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b";

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("legend-commands-{}-{name}", std::process::id()));
        std::fs::create_dir_all(path.join("agents")).expect("makes a folder");
        keys::load_or_create(&path, keys::CONTROL_KEY).expect("makes its key");
        Folder(path)
    }

    fn agent(&self) -> AgentControl {
        let control = AgentControl::open(&self.0, Module::Mev, "one", Some(KEY)).expect("opens");
        // No events are handled here.
        control.live.handled(u64::MAX, 0);
        control
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn command(action: Action, args: &[(&str, &str)], request_id: &str, sender: &str, role: &str) -> Command {
    Command {
        ts: now_ms() / 1_000,
        module: Module::Mev.into(),
        action: action.into(),
        args: args
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect::<HashMap<_, _>>(),
        request_id: request_id.to_owned(),
        issuer: "test".to_owned(),
        schema_version: "ctrl-v1".to_owned(),
        role: role.to_owned(),
        sender: sender.to_owned(),
    }
}

fn throttle(pct: u8, request_id: &str, sender: &str, sequence: u64) -> Signed {
    let pct = pct.to_string();
    let command = command(Action::Throttle, &[("throttle_pct", &pct)], request_id, sender, "control");
    Signed::new(&command, &keys::from_hex(KEY).expect("a key"), sequence, now_ms())
}

fn kill(kill: bool, request_id: &str, role: &str, sequence: u64) -> Signed {
    let command =
        command(Action::Kill, &[("kill", if kill { "true" } else { "false" })], request_id, "one", role);
    Signed::new(&command, &keys::from_hex(KEY).expect("a key"), sequence, now_ms())
}

#[test]
fn a_command_that_is_sent_again_is_not_obeyed_again_with_its_bytes_or_with_its_sequence() {
    let folder = Folder::new("replay");
    let agent = folder.agent();
    let first = throttle(10, "first", "api", 500);
    let receipt = agent.obey(&first, false).expect("its module");
    assert!(receipt.applied, "{}", receipt.reason);
    assert!(agent.obey(&throttle(20, "second", "api", 501), false).expect("its module").applied);
    // The exact bytes of the socket frame: the old answer, and not obeyed a second time.
    let again = Signed::from_frame(&first.to_frame()[4..]).expect("a frame");
    let answer = agent.obey(&again, true).expect("its module");
    assert_eq!((answer.request_id.as_str(), answer.applied_ns), ("first", receipt.applied_ns));
    assert_eq!(agent.policy().throttle_pct, 20, "nothing came back");
    // Once its answer is evicted it is a replay, also after a restart.
    for n in 0..40 {
        assert!(
            agent
                .obey(&throttle(20, &format!("more {n}"), "api", 502 + n), false)
                .expect("its module")
                .applied
        );
    }
    drop(agent);
    let agent = folder.agent();
    for (replayed, name) in [
        (again, "the same bytes"),
        (throttle(30, "new id", "api", 501), "a used sequence under a new request"),
        (throttle(30, "older", "api", 7), "an older sequence under a new request"),
    ] {
        let refused = agent.obey(&replayed, true).expect("its module");
        assert!(!refused.applied && refused.reason.contains("replay"), "{name}: {}", refused.reason);
        assert_eq!(agent.policy().throttle_pct, 20, "{name}");
    }
}

/// Sends raw bytes to an agent's socket; returns what came back until it closed.
fn sent(folder: &Folder, bytes: &[u8]) -> Vec<u8> {
    let mut stream = UnixStream::connect(folder.0.join("agents/mev.sock")).expect("connects");
    stream.write_all(bytes).expect("sends");
    stream.shutdown(Shutdown::Write).expect("says that this is all");
    let mut answer = Vec::new();
    // A peer that closes with unread bytes resets the connection.
    let _ = stream.read_to_end(&mut answer);
    answer
}

#[test]
fn a_whole_command_on_the_socket_is_answered_with_its_receipt_and_half_a_command_is_not() {
    let folder = Folder::new("socket");
    let agent = Arc::new(folder.agent());
    let (sender, answered) = channel();
    listen(&agent, &folder.0.join("agents"), move |receipt| drop(sender.send(receipt))).expect("listens");
    let frame = throttle(10, "by socket", "api", 500).to_frame();
    let mut long = u32::MAX.to_le_bytes().to_vec();
    long.extend(&frame[4..]);
    for (what, bytes) in
        [("nothing", &[][..]), ("half a frame", &frame[..frame.len() - 1]), ("a length beyond any", &long)]
    {
        assert!(sent(&folder, bytes).is_empty(), "{what}");
        assert_eq!(agent.policy().throttle_pct, 0, "{what}");
    }
    let answer = sent(&folder, &frame);
    let (len, body) = answer.split_at(4);
    assert_eq!(u32::from_le_bytes(len.try_into().expect("four")) as usize, body.len());
    let receipt = Receipt::decode(body).expect("a receipt");
    assert!(receipt.applied && receipt.request_id == "by socket", "{}", receipt.reason);
    assert_eq!(agent.policy().throttle_pct, 10);
    assert_eq!(answered.recv().expect("is handed on"), receipt);
    assert!(answered.try_recv().is_err(), "one receipt for one command");
}

#[test]
fn the_counter_of_one_sender_blocks_no_other() {
    let folder = Folder::new("wedge");
    let agent = folder.agent();
    // A counter far ahead, as after a step of the clock; then other processes and hosts, whose clocks lag.
    assert!(
        agent.obey(&throttle(1, "ahead", "first host", u64::MAX - 1), false).expect("its module").applied
    );
    for (n, sender) in ["second host", "restarted", "", "third host"].into_iter().enumerate() {
        let sent = throttle(2, &format!("behind {n}"), sender, 5);
        let receipt = agent.obey(&sent, false).expect("its module");
        assert!(receipt.applied, "{sender}: {}", receipt.reason);
    }
    assert!(agent.obey(&kill(true, "kill", "control", 1), false).expect("its module").applied);
    let lifted = agent.obey(&kill(false, "lift", "admin", 2), false).expect("its module");
    assert!(lifted.applied, "an admin can always lift: {}", lifted.reason);
    // Commands signed too long ago, or in the future, are refused by their time.
    for (at_ms, word) in [(now_ms() - EXPIRY_MS - 1_000, "stale"), (now_ms() + 60_000, "future")] {
        let command = command(Action::Stop, &[], word, "one", "control");
        let signed = Signed::new(&command, &keys::from_hex(KEY).expect("a key"), 9, at_ms);
        assert!(agent.obey(&signed, false).expect("its module").reason.contains(word));
    }
}

#[test]
fn a_kill_is_lifted_by_an_admins_signed_command_alone() {
    let folder = Folder::new("role");
    let agent = folder.agent();
    assert!(agent.obey(&kill(true, "kill", "control", 1), false).expect("its module").applied);
    for role in ["control", "", "Admin"] {
        let refused = agent.obey(&kill(false, &format!("lift {role}"), role, 2), true).expect("its module");
        assert!(!refused.applied && refused.reason.contains("admin"), "{role}: {}", refused.reason);
    }
    // The role is inside the signed bytes: it cannot be changed in transit.
    let mut forged = kill(false, "forged", "control", 3);
    forged.bytes = kill(false, "forged", "admin", 3).bytes;
    assert!(!agent.obey(&forged, true).expect("its module").applied);
    assert!(agent.live.is_killed() && agent.policy().killed);
    assert!(agent.obey(&kill(false, "lift", "admin", 4), true).expect("its module").applied);
    assert!(!agent.live.is_killed());
    // The lifted kill does not kill again, by whichever way it arrives.
    let _ = agent.obey(&kill(true, "kill", "control", 1), true);
    assert!(!agent.live.is_killed());
}

#[test]
fn a_kill_that_is_sent_again_says_applied_only_while_it_holds() {
    let folder = Folder::new("again");
    let agent = folder.agent();
    let first = kill(true, "k", "control", 10);
    let receipt = agent.obey(&first, true).expect("its module");
    assert!(receipt.applied && agent.policy().killed, "{}", receipt.reason);
    let same = agent.obey(&kill(true, "k", "control", 11), true).expect("its module");
    assert_eq!((same.applied, same.applied_ns), (true, receipt.applied_ns), "while it holds it is one kill");
    assert!(agent.obey(&kill(false, "lift", "admin", 20), true).expect("its module").applied);
    // The log's copy of the first kill arrives late: it is older than the un-kill.
    let late = agent.obey(&first, false).expect("its module");
    assert!(late.applied && !agent.policy().killed);
    // Over the socket the same answer would say that the agent is stopped, which it is not.
    let stale = agent.obey(&first, true).expect("its module");
    assert!(!stale.applied && !agent.policy().killed && stale.reason.contains("lifted"), "{}", stale.reason);
    // Sent again it kills again, by either way, and reports it.
    for (sequence, local) in [(30, true), (50, false)] {
        let again = agent.obey(&kill(true, "k", "control", sequence), local).expect("its module");
        assert!(again.applied && agent.policy().killed, "{}", again.reason);
        let lift = kill(false, &format!("lift {sequence}"), "admin", sequence + 5);
        assert!(agent.obey(&lift, true).expect("its module").applied);
    }
    // Reusing the id of another command does not keep a kill from killing.
    assert!(agent.obey(&throttle(5, "t", "api", 60), true).expect("its module").applied);
    let under = agent.obey(&kill(true, "t", "control", 70), true).expect("its module");
    assert!(under.applied && agent.policy().killed, "{}", under.reason);
}

#[test]
fn a_latch_kills_a_running_and_a_starting_agent_until_an_unkill_and_never_again() {
    let folder = Folder::new("latch");
    let agent = folder.agent();
    assert!(agent.take_kill().is_none());
    latch::set(&folder.0, "mev", "from-the-latch").expect("latches");
    let receipt = agent.take_kill().expect("takes it");
    assert!(receipt.applied && agent.live.is_killed());
    assert_eq!(receipt.request_id, "from-the-latch");
    assert!(agent.take_kill().is_none(), "once");
    // The same kill by another way is answered and has no further effect; also after a lift.
    assert!(agent.obey(&kill(false, "lift", "admin", 1), true).expect("its module").applied);
    assert!(agent.take_kill().is_none() && !agent.live.is_killed());
    let _ = agent.obey(&kill(true, "from-the-latch", "control", 2), true);
    assert!(!agent.live.is_killed());
    drop(agent);
    assert!(!folder.agent().policy().killed, "what was lifted stays lifted over a start");
    latch::set(&folder.0, "mev", "second").expect("latches");
    assert!(folder.agent().policy().killed, "the next start is killed");
    std::fs::write(folder.0.join("agents/mev.kill"), b"rubbish").expect("damages");
    let agent = folder.agent();
    assert!(agent.obey(&kill(false, "lift 2", "admin", 3), true).expect("its module").applied);
    assert!(!agent.live.is_killed() && agent.take_kill().is_none(), "an un-kill repairs it");
}

#[test]
fn a_kill_stays_where_the_stored_gates_cannot_be_used() {
    let folder = Folder::new("closed");
    let (mut file, mut state) = StateFile::open(&folder.0.join("agents"), "mev").expect("makes");
    state.policy.gates.mint_refuse = vec!["a power of a later version".to_owned()];
    file.write(&state).expect("writes");
    drop(file);
    let agent = folder.agent();
    let receipt = agent.obey(&kill(true, "kill", "control", 500), true).expect("its module");
    assert!(receipt.applied, "{}", receipt.reason);
    assert_eq!(receipt.reason, "");
    drop(agent);
    let agent = folder.agent();
    assert!(agent.live.is_killed(), "the kill outlives a restart");
    let policy = agent.policy();
    assert!(policy.killed && policy.gates.gates().is_err(), "what cannot be used stays closed");
    assert!(policy.policy().trade_limits.liquidity_min_sol > 1e30);
}

#[test]
fn a_command_that_is_signed_as_valid_for_more_than_30_seconds_is_refused() {
    let folder = Folder::new("expiry");
    let agent = folder.agent();
    let sent = |longer_ms: u64, request_id: &str, sequence: u64| {
        let whole = throttle(5, request_id, "api", sequence);
        let validity = Validity { at_ms: whole.at_ms, expires_ms: whole.at_ms + 30_000 + longer_ms };
        Signed::over("legend ctrl-v1", whole.bytes, &keys::from_hex(KEY).expect("a key"), sequence, validity)
    };
    let refused = agent.obey(&sent(1, "longer", 1), false).expect("its module");
    assert!(!refused.applied && refused.reason.contains("future"), "{}", refused.reason);
    let receipt = agent.obey(&sent(0, "as long", 2), false).expect("its module");
    assert!(receipt.applied, "{}", receipt.reason);
}
