//! Errors reported by the cluster's client.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::ClientContext;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Keeps the client's latest error message, for the line that a person reads.
#[derive(Default, Clone)]
pub struct LastError {
    last: Arc<Mutex<Option<(RDKafkaErrorCode, String)>>>,
}

impl LastError {
    /// The latest message; cleared when something succeeds.
    #[must_use]
    pub fn message(&self) -> Option<String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, reason)| reason.clone())
    }

    pub(super) fn clear(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl ClientContext for LastError {
    fn log(&self, _: rdkafka::config::RDKafkaLogLevel, _: &str, _: &str) {}

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // "All brokers are down" follows the actual reason, and a refused login is followed by closed
        // connections.
        let hides = match &*last {
            None => false,
            Some((known, _)) => {
                code == RDKafkaErrorCode::AllBrokersDown
                    || (matches!(known, RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL)
                        && code != *known)
            }
        };
        if !hides {
            *last = Some((code, reason.to_owned()));
        }
    }
}

impl ConsumerContext for LastError {}
