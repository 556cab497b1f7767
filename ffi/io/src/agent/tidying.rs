//! The thread that keeps the topics of an agent small. It writes to the disk and compresses, so it is a thread of its
//! own: the publisher waits for it only while a segment is closed.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::{Shared, WATCH};
use crate::log::{Log, LogError, LogErrorKind, Topic, TopicOptions};
use crate::stderr::say;

/// How often it looks whether there is enough for a pack: about as long as a disk holds what is not packed yet.
const EVERY: Duration = Duration::from_secs(2);

/// The topics that an agent fills, with what was said of each last.
pub(super) struct Tidying {
    topics: Vec<(Topic, Option<String>)>,
}

impl Tidying {
    /// Opens topics that are there.
    pub(super) fn open(data_dir: &Path, names: &[String], options: TopicOptions) -> Result<Tidying, String> {
        let open = |log: &Log, name: &String| Ok((log.topic(name, options, false)?, None));
        let topics = Log::open(&data_dir.join("log"))
            .and_then(|log| names.iter().map(|name| open(&log, name)).collect::<Result<_, LogError>>());
        Ok(Tidying { topics: topics.map_err(|error| error.to_string())? })
    }

    /// Tidies until the agent has ended.
    pub(super) fn run(mut self, shared: &Shared) {
        let mut next = Instant::now() + EVERY;
        while !shared.finished.load(Relaxed) {
            std::thread::sleep(WATCH);
            if Instant::now() >= next {
                self.tidy();
                next = Instant::now() + EVERY;
            }
        }
    }

    /// A topic that cannot be tidied takes records all the same; why is said once.
    fn tidy(&mut self) {
        for (topic, said) in &mut self.topics {
            let trouble = topic.tidy().err();
            // Of a full disk the publisher says that what is found waits.
            let trouble = trouble.filter(|error| error.kind != LogErrorKind::NoSpace);
            let trouble = trouble.map(|error| error.to_string());
            if trouble != *said {
                say(trouble.as_deref().unwrap_or("the log is packed again"));
                *said = trouble;
            }
        }
    }
}
