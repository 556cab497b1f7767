//! `instructions append|decode|json ROUNDS [BLOCK_FILE]`: a fixed amount of work for callgrind to count.
//! `tools/instructions.ts` runs it with two numbers of rounds; the difference is the cost per event.

use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;

use engine::frame::Transaction;
use engine::legs::{self, DecodeCounts};
use engine::missed::Missed;
use sources::file::FileSource;
use topic_log::format::{Batch, Record};
use topic_log::{Durability, Log, TopicOptions};

const GROUP: usize = 100;
const RECORD: [u8; 120] = [0x5a; 120];

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["append", rounds] => append(rounds.parse()?),
        ["decode", rounds, file] => decode(rounds.parse()?, file.into()),
        ["json", rounds, file] => json(rounds.parse()?, &file.into()),
        _ => Err("usage: instructions append ROUNDS | decode|json ROUNDS BLOCK_FILE".into()),
    }
}

/// Each round appends a group of records; an event is one record.
fn append(rounds: usize) -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("legend-instructions-{}", std::process::id()));
    let topic = Log::open(&folder)?.topic("t", TopicOptions::default(), true)?;
    let mut batch = Batch::default();
    for _ in 0..rounds {
        batch.clear();
        for _ in 0..GROUP {
            batch.push(&Record { key: Some(b"pool"), value: Some(&RECORD), ..Record::default() })?;
        }
        black_box(topic.append(&mut batch, Durability::None)?);
    }
    println!("{}", GROUP);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// Each round decodes every frame of the file; an event is one frame.
fn decode(rounds: usize, file: PathBuf) -> Result<(), Box<dyn Error>> {
    let mut frames: Vec<Vec<u8>> = Vec::new();
    FileSource::open(&[file], None)?.read_file(|block| {
        frames.extend(block.frames().map(|timed| timed.frame.to_vec()));
        true
    })?;
    let (mut transaction, mut legs, mut counts) =
        (Transaction::default(), Vec::new(), DecodeCounts::default());
    let mut missed = Missed::default();
    for _ in 0..rounds {
        for frame in &frames {
            legs.clear();
            transaction.walk(black_box(frame)).map_err(|error| format!("{error:?}"))?;
            legs::decode(frame, &transaction, &mut legs, &mut counts, &mut missed);
            black_box(&legs);
        }
    }
    println!("{}", frames.len());
    Ok(())
}

/// Each round reads the block's JSON into frames; an event is one frame.
fn json(rounds: usize, file: &PathBuf) -> Result<(), Box<dyn Error>> {
    let mut frames = 0;
    for _ in 0..rounds {
        frames = 0;
        FileSource::open(std::slice::from_ref(file), None)?.read_file(|block| {
            frames += black_box(block).len();
            true
        })?;
    }
    println!("{frames}");
    Ok(())
}
