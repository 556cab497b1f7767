//! `log_bench throughput|pingpong`: measures our log and a peer, alternating in one run. Prints JSON lines
//! `{name, value, unit, peer, peer_value}` with medians; `bench/main.ts` makes the table.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use topic_log::format::{Batch, Record};
use topic_log::{Durability, Log, Read as LogRead, Topic, TopicOptions};

type Outcome<T> = Result<T, Box<dyn Error>>;

const RECORD_BYTES: usize = 120;
const ROUNDS: usize = 9;
const TRIPS: usize = 5_000;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["throughput", folder] => throughput(Path::new(folder)),
        ["pingpong", folder] => ping_pong(Path::new(folder)),
        ["echo-pipe"] => echo_pipe(),
        ["echo-log", folder] => echo_log(Path::new(folder)),
        _ => Err("usage: log_bench throughput|pingpong FOLDER".into()),
    }
}

/// Distinct payloads: repeated ones would favour anything that compresses below us.
fn payload(n: u64) -> [u8; RECORD_BYTES] {
    let mut state = n;
    std::array::from_fn(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
}

fn throughput(folder: &Path) -> Outcome<()> {
    for (group, groups) in [(100, 200), (1_000, 60), (10_000, 20)] {
        let (mut ours, mut plain) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            ours.push(log_groups(&folder.join(format!("log-{group}-{round}")), group, groups)?);
            plain.push(plain_groups(&folder.join(format!("plain-{group}-{round}")), group, groups)?);
        }
        let per_second = |seconds: f64| (group * groups) as f64 / seconds;
        report(
            &format!("log_append_group_{group}"),
            per_second(median(&mut ours)),
            "records/s",
            "write + fdatasync",
            per_second(median(&mut plain)),
        );
    }
    Ok(())
}

fn log_groups(folder: &Path, group: usize, groups: usize) -> Outcome<f64> {
    let topic = Log::open(folder)?.topic("t", TopicOptions::default(), true)?;
    let payloads: Vec<_> = (0..group as u64).map(payload).collect();
    let begin = Instant::now();
    let mut batch = Batch::default();
    for _ in 0..groups {
        batch.clear();
        for payload in &payloads {
            batch.push(&Record { value: Some(payload), ..Record::default() })?;
        }
        topic.append(&mut batch, Durability::Group)?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    fs::remove_dir_all(folder)?;
    Ok(seconds)
}

/// The peer: the same payloads in the same groups, appended to a file, one `fdatasync` each.
fn plain_groups(path: &Path, group: usize, groups: usize) -> Outcome<f64> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let payloads: Vec<_> = (0..group as u64).map(payload).collect();
    let begin = Instant::now();
    let mut batch = Vec::new();
    for _ in 0..groups {
        batch.clear();
        for payload in &payloads {
            batch.extend_from_slice(payload);
        }
        file.write_all(&batch)?;
        file.sync_data()?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    fs::remove_file(path)?;
    Ok(seconds)
}

fn ping_pong(folder: &Path) -> Outcome<()> {
    let (mut ours, mut pipe) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        ours.push(ping_log(&folder.join(format!("ping-{round}")))?);
        pipe.push(ping_pipe()?);
    }
    report("log_round_trip", median(&mut ours) * 1e6, "us", "pipe round trip", median(&mut pipe) * 1e6);
    Ok(())
}

fn start(args: &[&str]) -> Outcome<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    Ok(command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
}

/// Median seconds of one round trip of a 120-byte record through pipes.
fn ping_pipe() -> Outcome<f64> {
    let mut child = start(&["echo-pipe"])?;
    let (mut to, mut from) = (child.stdin.take().ok_or("no stdin")?, child.stdout.take().ok_or("no stdout")?);
    let mut times = Vec::new();
    for n in 0..TRIPS {
        let begin = Instant::now();
        to.write_all(&payload(n as u64))?;
        from.read_exact(&mut [0; RECORD_BYTES])?;
        times.push(begin.elapsed().as_secs_f64());
    }
    drop(to);
    child.wait()?;
    Ok(median(&mut times))
}

fn echo_pipe() -> Outcome<()> {
    let (mut stdin, mut stdout) = (std::io::stdin(), std::io::stdout());
    let mut record = [0; RECORD_BYTES];
    while stdin.read_exact(&mut record).is_ok() {
        stdout.write_all(&record)?;
        stdout.flush()?;
    }
    Ok(())
}

/// Median time of a round trip, in seconds: a record goes to another process over one topic and returns over
/// a second topic.
fn ping_log(folder: &Path) -> Outcome<f64> {
    let log = Log::open(folder)?;
    let (there, back) = (
        log.topic("there", TopicOptions::default(), true)?,
        log.topic("back", TopicOptions::default(), true)?,
    );
    let mut child = start(&["echo-log", folder.to_str().ok_or("path")?])?;
    child.stdout.take().ok_or("no stdout")?.read_exact(&mut [0])?;
    let mut reader = back.reader(0);
    let (mut times, mut out) = (Vec::new(), Vec::new());
    for n in 0..TRIPS {
        let begin = Instant::now();
        append_one(&there, &payload(n as u64))?;
        read_one(&back, &mut reader, &mut out, n as u64)?;
        times.push(begin.elapsed().as_secs_f64());
    }
    child.kill()?;
    child.wait()?;
    fs::remove_dir_all(folder)?;
    Ok(median(&mut times))
}

fn echo_log(folder: &Path) -> Outcome<()> {
    let log = Log::open(&PathBuf::from(folder))?;
    let (there, back) = (
        log.topic("there", TopicOptions::default(), true)?,
        log.topic("back", TopicOptions::default(), true)?,
    );
    std::io::stdout().write_all(b"r")?;
    std::io::stdout().flush()?;
    let mut reader = there.reader(0);
    let mut out = Vec::new();
    for n in 0..TRIPS {
        read_one(&there, &mut reader, &mut out, n as u64)?;
        append_one(&back, &payload(n as u64))?;
    }
    Ok(())
}

fn append_one(topic: &Topic, value: &[u8]) -> Outcome<()> {
    let mut batch = Batch::default();
    batch.push(&Record { value: Some(value), ..Record::default() })?;
    topic.append(&mut batch, Durability::None)?;
    Ok(())
}

fn read_one(
    topic: &Topic,
    reader: &mut topic_log::Reader<'_>,
    out: &mut Vec<u8>,
    offset: u64,
) -> Outcome<()> {
    loop {
        topic.wait(offset, Duration::from_secs(10));
        out.clear();
        match reader.read(out, 1)? {
            LogRead::Records(1) => return Ok(()),
            LogRead::Records(_) => {}
            LogRead::Gap(gap) => return Err(format!("gap {gap:?}").into()),
        }
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(name: &str, value: f64, unit: &str, peer: &str, peer_value: f64) {
    println!(
        "{{\"name\":\"{name}\",\"value\":{value},\"unit\":\"{unit}\",\"peer\":\"{peer}\",\"peer_value\":{peer_value}}}"
    );
}
