//! The thread that keeps the topics of an agent small. It writes to the disk and compresses, so it is a thread of its
//! own: the publisher waits for it only while a segment is closed.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use topic_log::stderr::say;
use topic_log::{Log, LogError, LogErrorKind, Topic, TopicOptions};

use super::shared::{Shared, WATCH};

/// How often it looks whether there is enough for a pack: about as long as a disk holds what is not packed yet.
const EVERY: Duration = Duration::from_secs(2);

/// The topics that an agent fills, with what was said of each last.
pub(super) struct Tidying {
    topics: Vec<(Topic, Option<String>)>,
}

impl Tidying {
    /// Opens topics that are there.
    pub(super) fn open(
        data_dir: &Path,
        names: &[String],
        options: TopicOptions,
    ) -> Result<Tidying, LogError> {
        let open = |log: &Log, name: &String| Ok((log.topic(name, options, false)?, None));
        let topics = Log::open(&data_dir.join("log"))
            .and_then(|log| names.iter().map(|name| open(&log, name)).collect::<Result<_, LogError>>());
        Ok(Tidying { topics: topics? })
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
            if let Some(line) = news(said, topic.tidy()) {
                say(&line);
            }
        }
    }
}

/// What is to be said after an attempt; `said` is what was in the way at the one before.
fn news(said: &mut Option<String>, outcome: Result<(), LogError>) -> Option<String> {
    let trouble = match outcome {
        // Of a full disk the publisher says that what is found waits; what was in the way before may still be.
        Err(error) if error.kind() == LogErrorKind::NoSpace => return None,
        outcome => outcome.err().map(|error| error.to_string()),
    };
    if trouble == *said {
        return None;
    }
    said.clone_from(&trouble);
    Some(trouble.unwrap_or_else(|| "the log is packed again".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_is_said_once_and_a_full_disk_is_neither_news_nor_its_end() {
        let cannot = |topic: &str| Err(LogError::NoTopic(topic.to_owned()));
        let full = || {
            let source = std::io::ErrorKind::StorageFull.into();
            Err(LogError::Io { action: "write", path: "pack".into(), source })
        };
        let line = |topic| {
            format!("Cannot open topic {topic}: it does not exist, create it with `legend topics create`")
        };
        let mut said = None;
        for (outcome, line) in [
            (Ok(()), None),
            (full(), None),
            (Ok(()), None),
            (cannot("a"), Some(line("a"))),
            (cannot("a"), None),
            (full(), None),
            (cannot("b"), Some(line("b"))),
            (full(), None),
            (Ok(()), Some("the log is packed again".to_owned())),
            (Ok(()), None),
        ] {
            assert_eq!(news(&mut said, outcome), line);
        }
    }
}
