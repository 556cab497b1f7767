//! Why a record cannot be a row.

use thiserror::Error;
use wire::prost::DecodeError;

/// Why a record cannot be a row: the reason in its headers on the dead-letter topic.
#[derive(Debug, Error)]
pub enum RowError {
    /// It has no value.
    #[error("it has no value")]
    NoValue,
    /// Its bytes are not an Envelope.
    #[error("it is not an Envelope ({0})")]
    NoEnvelope(#[source] DecodeError),
    /// Of another schema.
    #[error("its schema is `{0}`, need rt-v1")]
    Schema(String),
    /// Its time is outside the range of the store's columns.
    #[error("its event_ns {0} is after the year 2299")]
    Time(u64),
    /// An Envelope without a payload.
    #[error("it has no payload")]
    NoPayload,
    /// A type that is only streamed.
    #[error("its type has no table")]
    NoTable,
    /// Its stated type differs from its payload.
    #[error("its type is {0}, but its payload is of another type")]
    OtherType(i32),
    /// Evidence whose key is not a decision id.
    #[error("its key is not a decision id of 16 bytes")]
    NoDecision,
    /// Evidence that is not UTF-8.
    #[error("it is not text")]
    NoText,
    /// Evidence that is text, but not JSON.
    #[error("it is not JSON ({0})")]
    NoJson(#[source] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use wire::prost::Message;
    use wire::realtime::Envelope;

    use super::*;

    #[test]
    fn each_reason_is_the_text_of_its_dead_letter() {
        let no_envelope = Envelope::decode(&b"\xff"[..]).expect_err("none");
        let no_json = serde_json::from_str::<u8>("x").expect_err("none");
        let envelope = format!("it is not an Envelope ({no_envelope})");
        let json = format!("it is not JSON ({no_json})");
        for (error, expected) in [
            (RowError::NoValue, "it has no value"),
            (RowError::NoEnvelope(no_envelope), &envelope),
            (RowError::Schema("rt-v2".to_owned()), "its schema is `rt-v2`, need rt-v1"),
            (RowError::Time(7), "its event_ns 7 is after the year 2299"),
            (RowError::NoPayload, "it has no payload"),
            (RowError::NoTable, "its type has no table"),
            (RowError::OtherType(3), "its type is 3, but its payload is of another type"),
            (RowError::NoDecision, "its key is not a decision id of 16 bytes"),
            (RowError::NoText, "it is not text"),
            (RowError::NoJson(no_json), &json),
        ] {
            assert_eq!(error.to_string(), expected);
        }
    }
}
