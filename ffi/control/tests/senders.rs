//! Commands from the sender's side: by an agent's socket, by signal and latch, by the state on disk.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use control::agent_control::AgentControl;
use control::client::{COMMANDS_TOPIC, SendOptions, Sent, send};
use control::keys;
use control::live_policy::kill_on_signal;
use control::names::Module;
use control::socket_server::listen;
use control::state::is_killed_on_disk;
use topic_log::format::{self, StoredRecord};
use topic_log::{Log, Read, TopicOptions};

const LIMIT: Duration = Duration::from_secs(60);

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("legend-senders-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("agents")).expect("makes a folder");
        fs::write(path.join("instance"), "one\n").expect("names it");
        keys::load_or_create(&path, keys::CONTROL_KEY).expect("makes its key");
        Folder(path)
    }

    fn options(&self, action: &str, args: &[(&str, &str)], request_id: &str) -> SendOptions {
        SendOptions {
            data_dir: self.0.clone(),
            instance: "one".to_owned(),
            module: "mev".to_owned(),
            action: action.to_owned(),
            args: args.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            issuer: "test".to_owned(),
            role: "control".to_owned(),
            request_id: request_id.to_owned(),
            sign_sk_hex: None,
            wait_ms: 60_000,
            log_wait_ms: 60_000,
            disk: true,
        }
    }

    fn send(&self, action: &str, args: &[(&str, &str)], request_id: &str) -> Sent {
        send(&self.options(action, args, request_id)).expect("it can be made")
    }

    fn kill(&self, request_id: &str) -> Sent {
        self.send("kill", &[("kill", "true")], request_id)
    }

    /// Number of records in the commands' topic.
    fn on_log(&self) -> usize {
        let log = Log::open(&self.0.join("log")).expect("opens");
        let topic = log.topic(COMMANDS_TOPIC, TopicOptions::default(), false).expect("is there");
        let (mut reader, mut out) = (topic.reader(0), Vec::new());
        while !matches!(reader.read(&mut out, 1 << 20).expect("reads"), Read::Records(0)) {}
        format::records(&out).collect::<Vec<StoredRecord<'_>>>().len()
    }

    fn is_killed(&self) -> Option<bool> {
        is_killed_on_disk(&self.0.join("agents"), "mev")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The receipt's request, whether it was applied, and whether an agent of this installation signed it.
fn receipt(sent: &Sent) -> (String, bool, bool) {
    let receipt = sent.receipt.as_ref().expect("it was answered");
    let is = |name: &str| receipt[name].as_bool().expect("a truth value");
    (receipt["request_id"].as_str().expect("a text").to_owned(), is("applied"), is("genuine"))
}

/// An agent in this process that listens.
fn listening(folder: &Folder) -> Arc<AgentControl> {
    let agent = Arc::new(AgentControl::open(&folder.0, Module::Mev, "one", None).expect("opens"));
    agent.live.handled(u64::MAX, 5);
    listen(&agent, &folder.0.join("agents"), drop).expect("listens");
    agent
}

#[test]
fn an_agent_that_listens_answers_on_its_socket_and_no_other_way_is_tried() {
    let folder = Folder::new("socket");
    let agent = listening(&folder);
    let sent = folder.send("throttle", &[("throttle_pct", "10")], "slower");
    assert_eq!((sent.path, sent.taken, sent.log_error, sent.agent_error), ("socket", true, None, None));
    assert!(sent.at_ms > 1_600_000_000_000);
    assert_eq!(receipt(&folder.send("stop", &[], "end")), ("end".to_owned(), true, true));
    assert_eq!(agent.policy().throttle_pct, 10);
    assert_eq!(
        receipt(&folder.send("policy", &[("speed", "2")], "unknown")),
        ("unknown".to_owned(), false, true)
    );
    assert_eq!(folder.on_log(), 3);
}

#[test]
fn a_kill_that_is_answered_on_the_socket_is_complete() {
    for attempt in 0..50 {
        let folder = Folder::new(&format!("kill-{attempt}"));
        let agent = listening(&folder);
        let begin = Instant::now();
        let killed = folder.kill("kill");
        if killed.path == "socket" {
            assert!(agent.live.is_killed() && killed.taken);
            assert_eq!(receipt(&killed), ("kill".to_owned(), true, true));
            assert_eq!((killed.log_error, killed.agent_error), (None, None));
            assert!(agent.take_kill().is_none(), "no latch was set");
            return;
        }
        assert!(begin.elapsed() >= Duration::from_millis(400), "{}: {:?}", killed.path, killed.agent_error);
    }
    panic!("no kill was answered by the socket");
}

#[test]
fn without_a_running_agent_the_state_on_disk_is_changed() {
    let folder = Folder::new("disk");
    let sent = folder.send("throttle", &[("throttle_pct", "10")], "slower");
    assert_eq!((sent.path, sent.taken, sent.log_error.as_ref()), ("disk", true, None));
    assert_eq!(receipt(&sent), ("slower".to_owned(), true, true));
    let killed = folder.kill("kill");
    assert_eq!((killed.path, killed.taken, killed.agent_error), ("disk", true, None));
    assert_eq!(folder.is_killed(), Some(true));
    let agent = AgentControl::open(&folder.0, Module::Mev, "one", None).expect("opens");
    assert!(agent.live.is_killed() && agent.policy().throttle_pct == 10);
}

#[test]
fn a_command_that_cannot_be_built_names_what_it_needs() {
    let folder = Folder::new("refused");
    for (module, action, why) in [
        ("market", "stop", "Cannot control market: need arbitrage or mev"),
        (
            "mev",
            "pause",
            "Cannot control: no action `pause`, need start, stop, restart, throttle, policy or kill",
        ),
    ] {
        let options = SendOptions { module: module.to_owned(), ..folder.options(action, &[], "x") };
        assert_eq!(send(&options).err().map(|error| error.to_string()).as_deref(), Some(why));
    }
    assert!(!folder.0.join("log").exists(), "nothing was sent");
}

/// An agent that holds its lock and has no socket: this same program, started again with
/// `LEGEND_SENDERS_CHILD` set.
struct Deaf(Child);

impl Deaf {
    fn start(folder: &Folder) -> Deaf {
        let mut child = Command::new(std::env::current_exe().expect("own path"))
            .args(["child_entry", "--exact", "--nocapture"])
            .env("LEGEND_SENDERS_CHILD", &folder.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let (stdout, mut seen) = (child.stdout.as_mut().expect("piped"), Vec::new());
        while !seen.ends_with(b"\x01READY\x01") {
            let mut byte = [0];
            stdout.read_exact(&mut byte).expect("the child says ready");
            seen.push(byte[0]);
        }
        Deaf(child)
    }

    fn signal(&self, signal: libc::c_int) {
        let pid = i32::try_from(self.0.id()).expect("a number of a process");
        // SAFETY: kill(2) takes only integers; the child is ours and not reaped yet, so the id is still its
        // own.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
    }

    /// Stops the child and waits until the kernel reports it.
    fn freeze(&self) {
        self.signal(libc::SIGSTOP);
        let (begin, path) = (Instant::now(), format!("/proc/{}/stat", self.0.id()));
        while !fs::read_to_string(&path).expect("it lives").contains(") T ") {
            assert!(begin.elapsed() < LIMIT, "it is not stopped");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends it; returns whether its module was killed before that.
    fn end(mut self) -> bool {
        drop(self.0.stdin.take());
        match self.0.wait().expect("is over").code() {
            Some(0) => true,
            Some(9) => false,
            code => panic!("it ended with {code:?}"),
        }
    }
}

impl Drop for Deaf {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Takes kills by signal and latch until its input ends; the exit code says whether one came.
fn deaf(data_dir: &Path) -> bool {
    let lock = File::create(data_dir.join("agents/mev.lock")).expect("makes its lock");
    lock.lock().expect("locks");
    kill_on_signal();
    let agent = AgentControl::open(data_dir, Module::Mev, "one", None).expect("opens");
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(b"\x01READY\x01").and_then(|()| stdout.flush()).expect("says ready");
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = sender.send(());
    });
    let mut is_killed = false;
    while ended.recv_timeout(Duration::from_millis(1)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
        is_killed |= agent.take_kill().is_some();
    }
    // What arrived before the end of the input counts.
    is_killed | agent.take_kill().is_some()
}

/// Not a real test: the entry point of the children.
#[test]
fn child_entry() {
    let Some(data_dir) = std::env::var_os("LEGEND_SENDERS_CHILD") else { return };
    std::process::exit(if deaf(Path::new(&data_dir)) { 0 } else { 9 });
}

#[test]
fn an_agent_without_a_socket_is_killed_by_signal_and_latch() {
    let folder = Folder::new("signal");
    let agent = Deaf::start(&folder);
    let stopped = folder.send("stop", &[], "stop");
    assert_eq!(
        (stopped.path, stopped.receipt),
        ("none", None),
        "a command other than a kill waits for the log"
    );
    assert_eq!(folder.is_killed(), Some(false));
    // An agent without processor time has not taken the signal yet: the kill is sent again.
    let mut sent = (0..50).map(|n| folder.kill(&format!("kill {n}")));
    let sent = sent.find(|sent| sent.taken).expect("is taken");
    assert_eq!((sent.path, sent.receipt), ("signal", None), "{:?}", sent.agent_error);
    let begin = Instant::now();
    while folder.is_killed() != Some(true) {
        assert!(begin.elapsed() < LIMIT, "it has not logged that");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(agent.end());
}

#[test]
fn a_frozen_agent_takes_the_kill_when_it_runs_again() {
    let folder = Folder::new("frozen");
    let agent = Deaf::start(&folder);
    agent.freeze();
    let sent = folder.kill("kill");
    assert_eq!((sent.path, sent.taken), ("signal", true), "{:?}", sent.agent_error);
    let note = "the mev agent is frozen: it stops deciding as soon as it runs again";
    assert_eq!(sent.agent_error.as_deref(), Some(note));
    assert_eq!(folder.is_killed(), Some(false), "it runs nothing");
    agent.signal(libc::SIGCONT);
    assert!(agent.end());
    assert_eq!(folder.is_killed(), Some(true));
}

#[test]
fn an_agent_of_another_module_is_not_killed() {
    let folder = Folder::new("other");
    let agent = Deaf::start(&folder);
    let options = SendOptions { module: "arbitrage".to_owned(), ..folder.options("kill", &[], "kill") };
    let sent = send(&options).expect("it can be made");
    assert_eq!((sent.path, sent.taken), ("disk", true), "{:?}", sent.agent_error);
    assert!(!agent.end());
}
