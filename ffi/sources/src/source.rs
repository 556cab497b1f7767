//! One type for all the sources of `--source`.

use std::path::PathBuf;

use topic_log::clock::now_ns;

use super::block::Block;
use super::error::SourceError;
use super::file::{FileSource, SourceCounts};
use super::owned_account::OwnedAccount;
use super::sim::{FIRST_SLOT, SLOT_NS, SimSource};
use super::topic::TopicSource;

/// Maximum characters shown of a file's name.
const NAME_CHARS_MAX: usize = 80;

/// Where frames are read from.
pub enum Source {
    /// Captured files, which end.
    File(FileSource),
    /// Chain data on a topic: never ends, and comes at the pace of its producer.
    Topic(Box<TopicSource>),
    /// A simulated chain, which need not end.
    Sim {
        /// The chain.
        chain: Box<SimSource>,
        /// What was passed on so far.
        counts: SourceCounts,
        /// Blocks still to come; `None` = endless.
        left: Option<u64>,
    },
}

impl Source {
    /// Opens `file:PATH` (may be repeated) or `sim[:SEED[@SLOT]]`. `slot`: for a file that does not state it.
    /// `live`: a simulated chain without a slot begins at the clock's. `blocks`: how many blocks a simulated
    /// chain has.
    ///
    /// # Errors
    /// One line that names the source.
    pub fn open(
        specs: &[String],
        slot: Option<u64>,
        live: bool,
        blocks: Option<u64>,
    ) -> Result<Source, SourceError> {
        let wrong = |spec: &str, need| Err(SourceError::Spec { spec: spec.to_owned(), need });
        let files: Vec<PathBuf> = specs
            .iter()
            .filter_map(|spec| spec.strip_prefix("file:"))
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
            .collect();
        if files.len() == specs.len() {
            return Ok(Source::File(FileSource::open(&files, slot)?));
        }
        let odd = specs
            .iter()
            .find(|spec| *spec != "sim" && !spec.starts_with("sim:") && !spec.starts_with("file:"));
        if let Some(spec) = odd {
            return wrong(spec, "file:PATH or sim[:SEED]");
        }
        let [spec] = specs else { return wrong(&specs.join(", "), "files, or one simulator, not both") };
        let numbers = spec.strip_prefix("sim:").unwrap_or("1");
        let (seed, first) =
            numbers.split_once('@').map_or((numbers, None), |(seed, first)| (seed, Some(first)));
        let clock = if live { now_ns() / SLOT_NS } else { FIRST_SLOT };
        let first = first.map_or(Some(clock), |text| text.parse().ok().filter(|&first| first < 1 << 40));
        let (Ok(seed), Some(first)) = (seed.parse(), first) else {
            return wrong(spec, "sim[:SEED[@SLOT]] with numbers");
        };
        Ok(Source::Sim {
            chain: Box::new(SimSource::new(seed, first)),
            counts: SourceCounts::default(),
            left: blocks,
        })
    }

    /// Whether it is endless and sets its own pace.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self, Source::Sim { left: None, .. } | Source::Topic(_))
    }

    /// Whether the reader must pass on its frames at their own times.
    #[must_use]
    pub fn is_paced(&self) -> bool {
        matches!(self, Source::Sim { left: None, .. })
    }

    /// Its class (`sim`, `file`, `kafka`) and its name, without folders: results are never shown without
    /// them.
    #[must_use]
    pub fn named(&self, specs: &[String]) -> (&'static str, String) {
        match self {
            Source::Topic(_) => ("kafka", "topic sandwich-raw".to_owned()),
            Source::Sim { .. } => {
                let seed = specs.first().and_then(|spec| spec.strip_prefix("sim:")).unwrap_or("1");
                ("sim", format!("simulated chain, seed {}", seed.split('@').next().unwrap_or(seed)))
            }
            Source::File(_) => {
                let first = specs.first().map_or("", |spec| spec.rsplit(['/', ':']).next().unwrap_or(spec));
                let first: String = first.chars().take(NAME_CHARS_MAX).collect();
                let more =
                    if specs.len() > 1 { format!(" and {} more", specs.len() - 1) } else { String::new() };
                ("file", format!("captured {first}{more}"))
            }
        }
    }

    /// The pool state that the source knows before its next block.
    #[must_use]
    pub fn accounts(&self) -> Option<Vec<OwnedAccount>> {
        match self {
            Source::File(_) | Source::Topic(_) => None,
            Source::Sim { chain, .. } => Some(chain.accounts()),
        }
    }

    /// Calls `each` for the next blocks (of one file, or a single one); false if none is left. `each` stops
    /// the reading by returning false.
    ///
    /// # Errors
    /// Like [`FileSource::read_file`].
    pub fn read(&mut self, mut each: impl FnMut(&Block) -> bool) -> Result<bool, SourceError> {
        match self {
            Source::File(files) => files.read_file(each),
            Source::Topic(topic) => {
                topic.read(each);
                Ok(true)
            }
            Source::Sim { chain, counts, left } => {
                match left {
                    Some(0) => return Ok(false),
                    Some(left) => *left -= 1,
                    None => {}
                }
                let block = chain.next_block();
                counts.blocks += 1;
                counts.transactions += block.len() as u64;
                each(block);
                // The truth is only for tests; a running agent must not see it.
                drop(chain.take_ledger());
                Ok(true)
            }
        }
    }

    /// What was read so far, and what could not be used.
    #[must_use]
    pub fn counts(&self) -> SourceCounts {
        match self {
            Source::File(files) => files.counts(),
            Source::Topic(topic) => topic.counts(),
            Source::Sim { counts, .. } => *counts,
        }
    }
}
