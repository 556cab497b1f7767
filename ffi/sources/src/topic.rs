//! `--source kafka`: chain data that another program puts on `sandwich-raw` as JSON, one answer of getBlock
//! or getTransaction (or `{slot, block}`) per record. Read from Kafka if it is configured, otherwise from
//! this host's log.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kafka::{KafkaLog, KafkaOptions, KafkaReader, KafkaTopic};
use topic_log::format::{self, StoredRecord};
use topic_log::{Log, Position, Read, Topic, TopicOptions};

use super::block::Block;
use super::error::SourceError;
use super::file::{FileSource, SourceCounts};

/// The topic.
pub const RAW_TOPIC: &str = wire::topics::SANDWICH_RAW;
const RAW_PARTITIONS: u16 = 6;
const BLOCK_BYTES: usize = 4 << 20;
/// How long one read waits for a record: in between, commands are checked.
const READ_WAIT: Duration = Duration::from_millis(20);
/// Pause before an unreachable broker is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

enum Input {
    Embedded(Box<Topic>, Box<Position>),
    Kafka(Box<KafkaReader>),
}

/// Records from the topic's end on, endless.
pub struct TopicSource {
    data_dir: PathBuf,
    kafka: Option<KafkaOptions>,
    input: Option<Input>,
    parser: FileSource,
    records: Vec<u8>,
    /// Whether the current error was already logged.
    error_logged: bool,
}

impl TopicSource {
    /// Opens nothing yet: a broker may become available later.
    #[must_use]
    pub fn new(data_dir: &Path, kafka: Option<KafkaOptions>) -> TopicSource {
        TopicSource {
            data_dir: data_dir.to_path_buf(),
            kafka,
            input: None,
            parser: FileSource::of_texts(),
            records: Vec::new(),
            error_logged: false,
        }
    }

    fn open(&self) -> Result<Input, SourceError> {
        let Some(kafka) = &self.kafka else {
            let log = Log::open(&self.data_dir.join("log"))?;
            let topic = log.topic(RAW_TOPIC, TopicOptions::default(), true)?;
            let position = Position::at(topic.end());
            return Ok(Input::Embedded(Box::new(topic), Box::new(position)));
        };
        let log = Arc::new(KafkaLog::open(kafka.clone())?);
        let topic = Arc::new(KafkaTopic::open(log, RAW_TOPIC, None)?);
        let from = vec![KafkaReader::END; RAW_PARTITIONS.into()];
        Ok(Input::Kafka(Box::new(topic.reader(&from)?)))
    }

    /// Calls `each` for the blocks that are available; waits briefly if there are none.
    pub fn read(&mut self, mut each: impl FnMut(&Block) -> bool) {
        if self.input.is_none() {
            match self.open() {
                Ok(input) => (self.input, self.error_logged) = (Some(input), false),
                Err(error) => {
                    if !self.error_logged {
                        topic_log::stderr::log_line(&error.to_string());
                        self.error_logged = true;
                    }
                    std::thread::sleep(RETRY_PAUSE);
                    return;
                }
            }
        }
        self.records.clear();
        match &mut self.input {
            Some(Input::Embedded(topic, position)) => {
                match position.read(topic, &mut self.records, BLOCK_BYTES) {
                    Ok(Read::Records(0)) => drop(topic.wait(position.offset(), READ_WAIT)),
                    Ok(_) => {}
                    Err(error) => {
                        topic_log::stderr::log_line(&error.to_string());
                        self.input = None;
                    }
                }
            }
            Some(Input::Kafka(reader)) => {
                reader.read(&mut self.records, BLOCK_BYTES);
                if self.records.is_empty() {
                    reader.wait(READ_WAIT);
                }
            }
            None => {}
        }
        let records = std::mem::take(&mut self.records);
        for StoredRecord { value, .. } in format::records(&records) {
            let text = value.and_then(|value| std::str::from_utf8(value).ok());
            let read = text.map(|text| self.parser.read_text(Path::new(RAW_TOPIC), text, None, &mut each));
            if !matches!(read, Some(Ok(()))) {
                self.parser.count_malformed();
            }
        }
        self.records = records;
    }

    /// What was read so far, and what could not be used.
    #[must_use]
    pub fn counts(&self) -> SourceCounts {
        self.parser.counts()
    }
}
