//! `kafka_bench BROKERS TOPIC produce PAYLOADS COUNT RATE` sends random lines of a file, acknowledged by all
//! replicas; RATE 0 = as fast as possible. `… consume COUNT` reads them back. Prints one JSON line.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kafka::{Delivered, KafkaLog, KafkaOptions, KafkaRead, KafkaTopic, OnDelivered, Producer};
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize| words.get(at).cloned().ok_or_else(|| format!("word {at} is missing"));
    let (brokers, name, verb) = (word(0)?, word(1)?, word(2)?);
    let options = KafkaOptions { brokers, ..KafkaOptions::default() };
    let log = Arc::new(KafkaLog::open(options.clone())?);
    let topic = Arc::new(KafkaTopic::open(log, &name, Some((6, false, 1)))?);
    if verb == "consume" {
        let count: u64 = word(3)?.parse()?;
        let mut reader = topic.reader(&[0; 6])?;
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
        return Ok(());
    }
    let payloads: Vec<Vec<u8>> = std::fs::read(word(3)?)?
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
        .collect();
    let (count, rate): (u64, u64) = (word(4)?.parse()?, word(5)?.parse()?);
    let producer = Producer::new(&options, None)?;
    // Encoded once, as the link gets blocks from an agent's log; with the current time, which retention uses.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let timestamp_ms = i64::try_from(now.as_millis())?;
    let mut blocks = Vec::new();
    for payload in &payloads {
        let mut block = Vec::new();
        format::append_stored(
            &mut block,
            &Record { key: None, value: Some(payload), headers: &[], timestamp_ms },
            0,
            0,
        );
        blocks.push(block);
    }
    let paced = rate > 0;
    let acks = Arc::new(Acks {
        begin: Instant::now(),
        done: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        sent: (0..if paced { count } else { 0 }).map(|_| AtomicU64::new(0)).collect(),
        took: Mutex::default(),
    });
    let on: Arc<dyn OnDelivered> = Arc::clone(&acks) as _;
    let (mut random, mut enqueue) = (0x9e37_79b9_7f4a_7c15_u64, Vec::new());
    let begin = Instant::now();
    for at in 0..count {
        if paced {
            let due = Duration::from_nanos(at * 1_000_000_000 / rate);
            while begin.elapsed() < due {
                std::hint::spin_loop();
            }
            acks.sent[at as usize].store(acks.begin.elapsed().as_nanos() as u64, SeqCst);
        }
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let block = &blocks[(random % blocks.len() as u64) as usize];
        let record = format::records(block).next().ok_or("a record")?;
        let handed = Instant::now();
        while !producer.send(&name, &record, None, &on, at)? {
            std::thread::sleep(Duration::from_micros(200));
        }
        if paced {
            enqueue.push(handed.elapsed().as_nanos() as u64);
        }
    }
    while acks.done.load(SeqCst) < count {
        std::thread::sleep(Duration::from_micros(200));
    }
    let seconds = begin.elapsed().as_secs_f64();
    enqueue.sort_unstable();
    let mut took = acks.took.lock().map(|list| list.clone()).unwrap_or_default();
    took.sort_unstable();
    println!(
        "{{\"records_per_s\":{:.0},\"failed\":{},\"enqueue_p50_ms\":{:.4},\"enqueue_p99_ms\":{:.4},\"ack_p50_ms\":{:.3},\"ack_p99_ms\":{:.3}}}",
        count as f64 / seconds,
        acks.failed.load(SeqCst),
        quantile(&enqueue, 0.5),
        quantile(&enqueue, 0.99),
        quantile(&took, 0.5),
        quantile(&took, 0.99),
    );
    Ok(())
}
