//! The JSON values of a text: one, an array of them, or one a line.

use std::path::Path;

use serde_json::value::RawValue;

use crate::error::SourceError;
use crate::rpc::List;

/// A line of NDJSON that is not JSON.
pub(super) struct TornLine {
    /// Its number in the text, from 1.
    pub(super) number: usize,
    pub(super) why: serde_json::Error,
}

/// Calls `each` for every value of NDJSON, a JSON array, or one value; stops when it returns false. A line of
/// NDJSON that is not JSON goes to `torn` with its number, and reading continues.
pub(super) fn for_each_document(
    path: &Path,
    text: &str,
    torn: &mut Vec<TornLine>,
    mut each: impl FnMut(&RawValue) -> Result<bool, SourceError>,
) -> Result<(), SourceError> {
    let broken = |source| SourceError::NotJson { path: path.to_path_buf(), source };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut any = false;
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    loop {
        let begin = values.byte_offset();
        let Some(value) = values.next() else { break };
        let value = match value {
            Ok(value) => value,
            Err(error) => {
                let begin = begin + (text[begin..].len() - text[begin..].trim_start().len());
                return for_each_line(text, begin, any, torn, &mut each)
                    .unwrap_or_else(|| Err(broken(error)));
            }
        };
        any = true;
        if !value.get().starts_with('[') {
            if !each(value)? {
                return Ok(());
            }
            continue;
        }
        let List(items): List<'_> = serde_json::from_str(value.get()).map_err(broken)?;
        for item in items {
            if !each(item)? {
                return Ok(());
            }
        }
    }
    if any { Ok(()) } else { Err(SourceError::Empty(path.to_path_buf())) }
}

/// Continues line by line from the torn line at `begin`; `None` if the text is not NDJSON: no value came
/// before that line, and none follows it.
fn for_each_line(
    text: &str,
    begin: usize,
    any: bool,
    torn: &mut Vec<TornLine>,
    each: &mut impl FnMut(&RawValue) -> Result<bool, SourceError>,
) -> Option<Result<(), SourceError>> {
    let is_value = |line: &str| line.starts_with('{') && serde_json::from_str::<&RawValue>(line).is_ok();
    if !any && !text[begin..].lines().skip(1).take(1).any(|line| is_value(line.trim())) {
        return None;
    }
    let before = text[..begin].bytes().filter(|byte| *byte == b'\n').count();
    for (number, line) in (before + 1..).zip(text[begin..].lines()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        match serde_json::from_str::<&RawValue>(line) {
            Ok(value) => match each(value) {
                Ok(true) => {}
                Ok(false) => return Some(Ok(())),
                Err(error) => return Some(Err(error)),
            },
            Err(error) => torn.push(TornLine { number, why: error }),
        }
    }
    Some(Ok(()))
}

/// Whether the answer contains `"result": null`, which parses like an answer without a result.
pub(super) fn has_null_result(raw: &RawValue) -> bool {
    #[derive(serde::Deserialize)]
    struct Answer<'a> {
        #[serde(borrow, default, deserialize_with = "as_it_stands")]
        result: Option<&'a RawValue>,
    }
    fn as_it_stands<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
        <&RawValue as serde::Deserialize>::deserialize(value).map(Some)
    }
    serde_json::from_str::<Answer<'_>>(raw.get())
        .is_ok_and(|answer| answer.result.is_some_and(|result| result.get() == "null"))
}
