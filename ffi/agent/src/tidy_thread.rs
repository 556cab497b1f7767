//! The thread that keeps an agent's topics small. It writes to the disk and compresses, so it is separate:
//! the publisher waits for it only while a segment is being closed.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use topic_log::stderr::log_line;
use topic_log::{Log, LogError, LogErrorKind, Topic, TopicOptions};

use super::shared::{POLL_INTERVAL, Shared};

/// How often it checks whether there is enough for a pack: about as long as the disk has room for unpacked
/// records.
const INTERVAL: Duration = Duration::from_secs(2);

/// The topics that an agent fills.
pub(super) struct TidyThread {
    topics: Vec<TidiedTopic>,
}

/// A topic with the error of its latest attempt.
struct TidiedTopic {
    topic: Topic,
    last_error: Option<String>,
}

impl TidyThread {
    /// Opens existing topics.
    pub(super) fn open(
        data_dir: &Path,
        names: &[String],
        options: TopicOptions,
    ) -> Result<TidyThread, LogError> {
        let open = |log: &Log, name: &String| {
            Ok(TidiedTopic { topic: log.topic(name, options, false)?, last_error: None })
        };
        let topics = Log::open(&data_dir.join("log"))
            .and_then(|log| names.iter().map(|name| open(&log, name)).collect::<Result<_, LogError>>());
        Ok(TidyThread { topics: topics? })
    }

    /// Tidies until the agent has ended.
    pub(super) fn run(mut self, shared: &Shared) {
        let mut next = Instant::now() + INTERVAL;
        while !shared.finished.load(Relaxed) {
            std::thread::sleep(POLL_INTERVAL);
            if Instant::now() >= next {
                self.tidy();
                next = Instant::now() + INTERVAL;
            }
        }
    }

    /// A topic that cannot be tidied still accepts records; the reason is logged once.
    fn tidy(&mut self) {
        for TidiedTopic { topic, last_error } in &mut self.topics {
            if let Some(line) = line_to_log(last_error, topic.tidy()) {
                log_line(&line);
            }
        }
    }
}

/// The line to log after an attempt.
fn line_to_log(last_error: &mut Option<String>, outcome: Result<(), LogError>) -> Option<String> {
    let error = match outcome {
        // On a full disk the publisher logs that records wait; the previous error may still apply.
        Err(error) if error.kind() == LogErrorKind::NoSpace => return None,
        outcome => outcome.err().map(|error| error.to_string()),
    };
    if error == *last_error {
        return None;
    }
    last_error.clone_from(&error);
    Some(error.unwrap_or_else(|| "the log can be compacted again".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_logged_once_and_a_full_disk_is_not_logged_and_does_not_end_it() {
        let cannot = |topic: &str| Err(LogError::NoTopic(topic.to_owned()));
        let full = || {
            let source = std::io::ErrorKind::StorageFull.into();
            Err(LogError::Io { action: "write", path: "pack".into(), source })
        };
        let line = |topic| {
            format!("Cannot open topic {topic}: it does not exist, create it with `legend topics create`")
        };
        let mut last_error = None;
        for (outcome, line) in [
            (Ok(()), None),
            (full(), None),
            (Ok(()), None),
            (cannot("a"), Some(line("a"))),
            (cannot("a"), None),
            (full(), None),
            (cannot("b"), Some(line("b"))),
            (full(), None),
            (Ok(()), Some("the log can be compacted again".to_owned())),
            (Ok(()), None),
        ] {
            assert_eq!(line_to_log(&mut last_error, outcome), line);
        }
    }
}
