//! `kafka_bench BROKERS TOPIC produce PAYLOADS COUNT RATE` sends random lines of a file, acknowledged by all
//! replicas; RATE 0 = as fast as possible. `… consume COUNT` reads them back. Prints one JSON line.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kafka::{
    Delivered, KafkaLog, KafkaOptions, KafkaRead, KafkaTopic, NewTopic, OnDelivered, Producer, Queued,
};
use topic_log::format::{self, Record};

struct Acks {
    begin: Instant,
    done: AtomicU64,
    failed: AtomicU64,
    /// Nanoseconds from the start to the time each record was handed over.
    sent: Vec<AtomicU64>,
    /// Nanoseconds from hand-over to acknowledgement.
    took: Mutex<Vec<u64>>,
}

impl OnDelivered for Acks {
    fn delivered(&self, at: u64, delivered: Delivered) {
        if delivered.is_err() {
            self.failed.fetch_add(1, SeqCst);
        }
        if let Some(sent) = self.sent.get(at as usize) {
            let took = (self.begin.elapsed().as_nanos() as u64).saturating_sub(sent.load(SeqCst));
            if let Ok(mut list) = self.took.lock() {
                list.push(took);
            }
        }
        self.done.fetch_add(1, SeqCst);
    }
}

fn quantile(sorted: &[u64], share: f64) -> f64 {
    let at = ((sorted.len().max(1) - 1) as f64 * share) as usize;
    sorted.get(at).map_or(0.0, |&ns| ns as f64 / 1e6)
}

/// Partitions of the topic.
const PARTITIONS: u16 = 6;

type AnyError = Box<dyn std::error::Error>;

fn main() -> Result<(), AnyError> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize| words.get(at).cloned().ok_or_else(|| format!("word {at} is missing"));
    let (brokers, name, verb) = (word(0)?, word(1)?, word(2)?);
    let options = KafkaOptions { brokers, ..KafkaOptions::default() };
    let log = Arc::new(KafkaLog::open(options.clone())?);
    let topic = Arc::new(KafkaTopic::open(
        log,
        &name,
        Some(NewTopic { partitions: PARTITIONS, compacted: false, replicas: 1 }),
    )?);
    if verb == "consume" {
        return consume(&topic, word(3)?.parse()?);
    }
    let blocks = blocks_of(&word(3)?)?;
    produce(&options, &name, &blocks, word(4)?.parse()?, word(5)?.parse()?)
}

fn consume(topic: &Arc<KafkaTopic>, count: u64) -> Result<(), AnyError> {
    let mut reader = topic.reader(&[0; PARTITIONS as usize])?;
    let (mut out, mut read) = (Vec::new(), 0);
    let begin = Instant::now();
    while read < count {
        out.clear();
        match reader.read(&mut out, 4 << 20) {
            KafkaRead::Records(0) => {
                reader.wait(Duration::from_secs(1));
            }
            KafkaRead::Records(records) => read += u64::from(records),
            KafkaRead::Gap(..) => {}
        }
    }
    println!("{{\"records_per_s\":{:.0}}}", read as f64 / begin.elapsed().as_secs_f64());
    Ok(())
}

/// Each line of a file as a record. Encoded once, as the link gets blocks from an agent's log; with the current
/// time, which retention uses.
fn blocks_of(path: &str) -> Result<Vec<Vec<u8>>, AnyError> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let timestamp_ms = i64::try_from(now.as_millis())?;
    let payloads = std::fs::read(path)?;
    let lines = payloads.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let block_of = |payload: &[u8]| {
        let mut block = Vec::new();
        let record = Record { key: None, value: Some(payload), headers: &[], timestamp_ms };
        format::append_stored(&mut block, &record, 0, 0);
        block
    };
    Ok(lines.map(block_of).collect())
}

fn produce(
    options: &KafkaOptions,
    topic: &str,
    blocks: &[Vec<u8>],
    count: u64,
    rate: u64,
) -> Result<(), AnyError> {
    let producer = Producer::new(options, None)?;
    let paced = rate > 0;
    let acks = Arc::new(Acks {
        begin: Instant::now(),
        done: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        sent: (0..if paced { count } else { 0 }).map(|_| AtomicU64::new(0)).collect(),
        took: Mutex::default(),
    });
    let on: Arc<dyn OnDelivered> = Arc::clone(&acks) as _;
    let (mut random, mut enqueue) = (Random(0x9e37_79b9_7f4a_7c15), Vec::new());
    let begin = Instant::now();
    for at in 0..count {
        if paced {
            let due = Duration::from_nanos(at * 1_000_000_000 / rate);
            while begin.elapsed() < due {
                std::hint::spin_loop();
            }
            acks.sent[at as usize].store(acks.begin.elapsed().as_nanos() as u64, SeqCst);
        }
        let block = &blocks[(random.next() % blocks.len() as u64) as usize];
        let record = format::records(block).next().ok_or("a record")?;
        let handed = Instant::now();
        while producer.send(topic, &record, None, &on, at)? == Queued::Full {
            std::thread::sleep(Duration::from_micros(200));
        }
        if paced {
            enqueue.push(handed.elapsed().as_nanos() as u64);
        }
    }
    while acks.done.load(SeqCst) < count {
        std::thread::sleep(Duration::from_micros(200));
    }
    report(&acks, count, begin.elapsed(), enqueue);
    Ok(())
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn report(acks: &Acks, count: u64, took: Duration, mut enqueue: Vec<u64>) {
    enqueue.sort_unstable();
    let mut acked = acks.took.lock().map(|list| list.clone()).unwrap_or_default();
    acked.sort_unstable();
    println!(
        "{{\"records_per_s\":{:.0},\"failed\":{},\"enqueue_p50_ms\":{:.4},\"enqueue_p99_ms\":{:.4},\"ack_p50_ms\":{:.3},\"ack_p99_ms\":{:.3}}}",
        count as f64 / took.as_secs_f64(),
        acks.failed.load(SeqCst),
        quantile(&enqueue, 0.5),
        quantile(&enqueue, 0.99),
        quantile(&acked, 0.5),
        quantile(&acked, 0.99),
    );
}
