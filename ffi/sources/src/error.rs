//! What a source says when it cannot be read.

/// An error of the source: one line that names the file.
#[derive(Debug)]
pub struct SourceError {
    pub(super) line: String,
    /// Only a part of the file: what else is in it was handed out.
    pub partial: bool,
}

impl SourceError {
    /// With this line.
    #[must_use]
    pub fn new(line: String) -> Self {
        SourceError { line, partial: false }
    }
}

impl std::fmt::Display for SourceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)
    }
}

impl std::error::Error for SourceError {}
