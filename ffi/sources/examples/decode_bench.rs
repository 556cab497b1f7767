//! `decode_bench JOURNAL JSON_FOLDER`: nanoseconds per transaction, median of rounds, for three ways to read
//! it.
//! Prints JSON: `{decode_ns, decode_p50_ns, decode_p99_ns, engine_ns, json_ns, transactions, frame_bytes, hot_p50_ns, hot_p99_ns}`.

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use engine::engine::{Engine, Event};
use engine::frame::Transaction;
use engine::legs::{self, DecodeCounts, Leg};
use engine::missed::Missed;
use sources::accounts;
use sources::block::TimedFrame;
use sources::file::FileSource;
use sources::journal::Frames;
use sources::sim::{FIRST_SLOT, SimSource};
use sources::unpack::Unpacked;

const ROUNDS: usize = 15;

const JSON_ROUNDS: usize = 5;
/// Slots of the simulated chain, and how many of them only fill the engine's state.
const SIMULATED_SLOTS: u64 = 1_500;
const WARM_UP_SLOTS: u64 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [journal, folder] = &args[..] else {
        return Err("usage: decode_bench JOURNAL JSON_FOLDER".into());
    };
    let frames = frames_of(journal)?;
    let mut decoder = Decoder::default();
    let (mut whole, mut single) = decode_times(&frames, &mut decoder);
    let mut engine_ns = engine_times(&frames);
    let mut hot = hot_path_times();
    let mut json_ns = json_times(folder, &mut decoder)?;
    single.sort_by(f64::total_cmp);
    hot.sort_by(f64::total_cmp);
    let frame_bytes = frames.iter().map(Vec::len).sum::<usize>() / frames.len();
    println!(
        "{{\"decode_ns\":{},\"decode_p50_ns\":{},\"decode_p99_ns\":{},\"engine_ns\":{},\"json_ns\":{},\"transactions\":{},\"frame_bytes\":{frame_bytes},\"hot_p50_ns\":{},\"hot_p99_ns\":{}}}",
        median(&mut whole),
        single[single.len() / 2],
        single[single.len() * 99 / 100],
        median(&mut engine_ns),
        median(&mut json_ns),
        frames.len(),
        hot[hot.len() / 2],
        hot[hot.len() * 99 / 100],
    );
    Ok(())
}

/// Frames of transactions; those of slots and pings are shorter.
fn frames_of(journal: &Path) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut journal = Frames::open(Unpacked::open(journal)?)?.ok_or("it is not a journal")?;
    let mut frames: Vec<Vec<u8>> = Vec::new();
    while let Some(Ok(captured)) = journal.next().transpose()? {
        frames.extend((captured.frame.len() > 200).then(|| captured.frame.to_vec()));
    }
    Ok(frames)
}

#[derive(Default)]
struct Decoder {
    transaction: Transaction,
    legs: Vec<Leg>,
    counts: DecodeCounts,
    missed: Missed,
}

impl Decoder {
    fn decode(&mut self, frame: &[u8]) {
        self.legs.clear();
        if self.transaction.walk(black_box(frame)).is_ok() {
            legs::decode(frame, &self.transaction, &mut self.legs, &mut self.counts, &mut self.missed);
        }
        black_box(&self.legs);
    }
}

/// Nanoseconds of a frame, on average in each round and one by one.
fn decode_times(frames: &[Vec<u8>], decoder: &mut Decoder) -> (Vec<f64>, Vec<f64>) {
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        frames.iter().for_each(|frame| decoder.decode(frame));
        whole.push(begin.elapsed().as_nanos() as f64 / frames.len() as f64);
    }
    for frame in frames.iter().cycle().take(10 * frames.len()) {
        let begin = Instant::now();
        decoder.decode(frame);
        single.push(begin.elapsed().as_nanos() as f64);
    }
    (whole, single)
}

fn engine_times(frames: &[Vec<u8>]) -> Vec<f64> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let (mut engine, mut out) = (Engine::default(), Vec::new());
        let begin = Instant::now();
        for frame in frames {
            engine.on_event(&Event::Transaction(frame), 0, &mut out);
        }
        times.push(begin.elapsed().as_nanos() as f64 / frames.len() as f64);
        black_box(&out);
    }
    times
}

/// The whole hot path with open opportunities: a simulated chain, whose pools are all known.
fn hot_path_times() -> Vec<f64> {
    let mut source = SimSource::new(1, FIRST_SLOT);
    let (mut engine, mut out, mut times) = (Engine::default(), Vec::new(), Vec::new());
    engine.load(&accounts::borrowed(&source.accounts()));
    for slot in 0..SIMULATED_SLOTS {
        let block = source.next_block();
        for TimedFrame { received_ns: at, frame } in block.frames() {
            let begin = Instant::now();
            engine.on_event(&Event::Transaction(frame), at, &mut out);
            if slot > WARM_UP_SLOTS {
                times.push(begin.elapsed().as_nanos() as f64);
            }
            out.clear();
        }
        engine.on_event(&Event::SlotEnd(block.slot), block.time_ns, &mut out);
        drop(engine.take_outcomes());
        drop(source.take_ledger());
        out.clear();
    }
    times
}

fn json_times(folder: &PathBuf, decoder: &mut Decoder) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..JSON_ROUNDS {
        let begin = Instant::now();
        let mut source = FileSource::open(std::slice::from_ref(folder), None)?;
        let mut transactions = 0;
        while source.read_file(|block| {
            for TimedFrame { frame, .. } in block.frames() {
                transactions += 1;
                decoder.decode(frame);
            }
            true
        })? {}
        times.push(begin.elapsed().as_nanos() as f64 / f64::from(transactions));
    }
    Ok(times)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
