//! Lines to people.

use std::io::Write;

/// Writes one line to stderr.
pub fn say(line: &str) {
    // Stderr may be gone; there is nowhere else to say it.
    let _ = writeln!(std::io::stderr(), "{line}");
}
