//! Log lines for people: the Rust half of `core/platform/logger.ts`, in the same format.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::RwLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Format of this process's lines; JavaScript sets it once. Until then a line is just its message.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineStyle {
    /// Text or JSON.
    pub format: Format,
    /// Lines below this level are dropped.
    pub level: Level,
    /// `agent-mev`, `link` …
    pub part: String,
    /// The installation.
    pub instance: String,
}

/// `logging.format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `TIME LEVEL PART: MESSAGE`.
    Text,
    /// One JSON object per line.
    Json,
}

/// `logging.level`, and the severity of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something happened as expected.
    Info,
    /// Something that should be checked.
    Warn,
    /// Something that must be fixed.
    Error,
}

static STYLE: RwLock<Option<LineStyle>> = RwLock::new(None);

/// Sets the format of all following lines.
pub fn set_style(style: LineStyle) {
    *STYLE.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(style);
}

/// Writes one line to stderr: as an error if it begins with "Cannot", otherwise as information.
pub fn log_line(line: &str) {
    log_line_at(if line.starts_with("Cannot ") { Level::Error } else { Level::Info }, line);
}

/// Writes one line of this level to stderr.
pub fn log_line_at(level: Level, line: &str) {
    let style = STYLE.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(text) = format_line(style.as_ref(), SystemTime::now(), level, line) else { return };
    // Stderr may be closed; there is no other place to report it.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The line with its newline; `None` if its level is dropped.
fn format_line(style: Option<&LineStyle>, at: SystemTime, level: Level, message: &str) -> Option<String> {
    let Some(LineStyle { format, level: least, part, instance }) = style else {
        return Some(format!("{message}\n"));
    };
    if level < *least {
        return None;
    }
    let time = utc(at);
    if *format == Format::Json {
        let line = JsonLine { time: &time, level, part, instance, message };
        return serde_json::to_string(&line).ok().map(|text| one_line(&text) + "\n");
    }
    let name = match level {
        Level::Info => "INFO ",
        Level::Warn => "WARN ",
        Level::Error => "ERROR",
    };
    Some(format!("{time} {name} {part}: {}\n", one_line(message)))
}

#[derive(Serialize)]
struct JsonLine<'a> {
    time: &'a str,
    level: Level,
    part: &'a str,
    instance: &'a str,
    message: &'a str,
}

/// The message without characters that end a line or move the cursor: names and files come from others.
fn one_line(message: &str) -> String {
    message.chars().fold(String::with_capacity(message.len()), |mut text, letter| {
        match letter {
            '\n' => text.push(' '),
            '\t' => text.push('\t'),
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            other => text.push(other),
        }
        text
    })
}

/// `2026-11-27T13:05:43.123Z`. Days to a date by the civil calendar's 400-year cycle (H. Hinnant, "chrono-compatible
/// low-level date algorithms", `civil_from_days`).
fn utc(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        // As `date -u -d @SECONDS` prints them.
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_735_689_600_001, "2025-01-01T00:00:00.001Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(utc(UNIX_EPOCH + Duration::from_millis(ms)), text);
        }
    }

    /// A line of `tests/fixtures/log_lines.json`, which the TypeScript test reads too.
    #[derive(Deserialize)]
    struct Row {
        at_ms: u64,
        level: Level,
        part: String,
        instance: String,
        message: String,
        text: String,
        json: String,
    }

    #[test]
    fn a_line_has_its_time_level_and_part_and_stays_one_line() {
        let Ok(rows) =
            serde_json::from_str::<Vec<Row>>(include_str!("../../../tests/fixtures/log_lines.json"))
        else {
            panic!("the fixture is not a list of rows")
        };
        assert!(rows.len() >= 4);
        for Row { at_ms, level, part, instance, message, text, json } in rows {
            for (format, expected) in [(Format::Text, text), (Format::Json, json)] {
                let style =
                    LineStyle { format, level: Level::Info, part: part.clone(), instance: instance.clone() };
                let at = UNIX_EPOCH + Duration::from_millis(at_ms);
                assert_eq!(format_line(Some(&style), at, level, &message), Some(expected + "\n"));
            }
        }
    }

    #[test]
    fn a_line_below_the_level_is_left_out_and_without_a_form_a_line_is_its_message() {
        let style = LineStyle {
            format: Format::Text,
            level: Level::Error,
            part: "agent-mev".into(),
            instance: "9f2c".into(),
        };
        assert_eq!(format_line(Some(&style), UNIX_EPOCH, Level::Warn, "all is well"), None);
        assert_eq!(
            format_line(None, UNIX_EPOCH, Level::Info, "Cannot continue").as_deref(),
            Some("Cannot continue\n")
        );
    }
}
