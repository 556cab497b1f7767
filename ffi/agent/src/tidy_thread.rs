//! The thread that keeps an agent's topics small. It writes to the disk and compresses, so it is separate:
//! the publisher waits for it only while a segment is being closed.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use topic_log::stderr::say;
use topic_log::{Log, LogError, LogErrorKind, Topic, TopicOptions};

use super::shared::{Shared, WATCH};

/// How often it checks whether there is enough for a pack: about as long as the disk has room for unpacked
/// records.
const EVERY: Duration = Duration::from_secs(2);

/// The topics that an agent fills, with the latest log line about each.
pub(super) struct Tidying {
    topics: Vec<(Topic, Option<String>)>,
}

impl Tidying {
    /// Opens existing topics.
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

    /// A topic that cannot be tidied still accepts records; the reason is logged once.
    fn tidy(&mut self) {
        for (topic, said) in &mut self.topics {
            if let Some(line) = news(said, topic.tidy()) {
                say(&line);
            }
        }
    }
}

/// The line to log after an attempt; `said` holds the previous attempt's error.
fn news(said: &mut Option<String>, outcome: Result<(), LogError>) -> Option<String> {
    let trouble = match outcome {
        // On a full disk the publisher logs that records wait; the previous error may still apply.
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
