//! Reads files from others in bounded memory: a size stated in a header is never trusted, and a few bytes
//! that unpack to very many are refused.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use super::error::SourceError;

/// Maximum bytes of unpacked text held at once; a single value that is larger is refused.
pub const TEXT_BYTES_MAX: usize = 256 << 20;
/// Maximum unpacked bytes per packed byte, above [`FREE_BYTES`]: chain data packs ten to one, a bomb
/// thousands to one.
const RATIO_MAX: u64 = 256;
/// Unpacked bytes up to which no ratio applies.
const FREE_BYTES: u64 = 16 << 20;
const BUFFER_BYTES: usize = 256 << 10;

/// A file's bytes, unpacked according to its ending.
pub struct Unpacked<'a> {
    path: &'a Path,
    inner: Box<dyn BufRead>,
    /// Bytes read from the file, if it is packed.
    packed: Option<Rc<Cell<u64>>>,
    unpacked: u64,
}

struct Counted {
    file: File,
    /// Bytes read from it.
    count: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}

impl<'a> Unpacked<'a> {
    /// # Errors
    /// It is missing, or its beginning does not match its ending.
    pub fn open(path: &'a Path) -> Result<Unpacked<'a>, SourceError> {
        let file = File::open(path).map_err(|error| SourceError::read(path.to_path_buf(), error))?;
        let count = Rc::new(Cell::new(0));
        let counted = Counted { file, count: Rc::clone(&count) };
        let (inner, packed): (Box<dyn BufRead>, _) = match path.extension().and_then(|ending| ending.to_str())
        {
            Some("zst") => {
                let decoder = zstd::Decoder::new(counted)
                    .map_err(|error| SourceError::read(path.to_path_buf(), error))?;
                (Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder)), Some(count))
            }
            Some("gz") => {
                let decoder = flate2::read::MultiGzDecoder::new(counted);
                (Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder)), Some(count))
            }
            _ => (Box::new(BufReader::with_capacity(BUFFER_BYTES, counted)), None),
        };
        Ok(Unpacked { path, inner, packed, unpacked: 0 })
    }

    /// Bytes in memory, treated like a plain file.
    #[cfg(test)]
    pub(super) fn of(bytes: Vec<u8>) -> Unpacked<'static> {
        let inner = Box::new(io::Cursor::new(bytes));
        Unpacked { path: Path::new("memory"), inner, packed: None, unpacked: 0 }
    }

    /// Appends up to `more` bytes to `out`; fewer only at the end.
    ///
    /// # Errors
    /// The file cannot be read or unpacked, or is a bomb.
    pub fn append(&mut self, out: &mut Vec<u8>, more: usize) -> Result<usize, SourceError> {
        let mut left = more;
        while left > 0 {
            let (path, is_packed) = (self.path, self.packed.is_some());
            let at_hand = self.inner.fill_buf().map_err(|error| broken(path, is_packed, error))?;
            if at_hand.is_empty() {
                break;
            }
            let take = at_hand.len().min(left);
            out.extend_from_slice(&at_hand[..take]);
            self.inner.consume(take);
            left -= take;
            self.unpacked += take as u64;
            if let Some(packed) = &self.packed
                && self.unpacked > FREE_BYTES
                && self.unpacked / packed.get().max(1) > RATIO_MAX
            {
                return Err(SourceError::Bomb {
                    path: self.path.to_path_buf(),
                    packed: packed.get(),
                    unpacked: self.unpacked,
                    ratio_max: RATIO_MAX,
                });
            }
        }
        Ok(more - left)
    }
}

fn broken(path: &Path, is_packed: bool, source: io::Error) -> SourceError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::UnexpectedEof => SourceError::Truncated(path),
        _ if is_packed => SourceError::Unpack { path, source },
        _ => SourceError::Read { path, source },
    }
}

/// A whole file as text, unpacked according to its ending.
///
/// # Errors
/// It is missing, truncated, longer than `bytes_max` or not UTF-8.
pub fn read_text(path: &Path, bytes_max: usize) -> Result<String, SourceError> {
    let mut bytes = Vec::new();
    if Unpacked::open(path)?.append(&mut bytes, bytes_max + 1)? > bytes_max {
        return Err(too_long(path, bytes_max));
    }
    text_of(path, bytes)
}

pub(super) fn too_long(path: &Path, bytes_max: usize) -> SourceError {
    SourceError::TooLong { path: path.to_path_buf(), bytes_max }
}

pub(super) fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String, SourceError> {
    String::from_utf8(bytes).map_err(|_| SourceError::NotText(path.to_path_buf()))
}

/// Calls `each` with a text of whole lines at a time, and with whether it is the whole file: a file of lines
/// may be longer than what is held in memory. `each` stops the reading by returning false.
///
/// # Errors
/// Like [`read_text`], or what `each` returns.
pub fn for_each_text(
    path: &Path,
    bytes_max: usize,
    mut each: impl FnMut(&str, bool) -> Result<bool, SourceError>,
) -> Result<(), SourceError> {
    let mut file = Unpacked::open(path)?;
    let mut rest = Vec::new();
    let mut first = true;
    loop {
        let wanted = bytes_max + 1 - rest.len();
        if file.append(&mut rest, wanted)? < wanted {
            // After the last whole lines, nothing may be left.
            if first || !rest.is_empty() {
                each(&text_of(path, rest)?, first)?;
            }
            return Ok(());
        }
        let end = rest.iter().rposition(|byte| *byte == b'\n').ok_or_else(|| too_long(path, bytes_max))?;
        let later = rest.split_off(end + 1);
        if !each(&text_of(path, std::mem::replace(&mut rest, later))?, false)? {
            return Ok(());
        }
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::PathBuf;

    use super::*;

    fn file(name: &str, bytes: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("legend-unpack-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("writes");
        path
    }

    fn refusal(path: &Path, bytes_max: usize) -> String {
        let message = read_text(path, bytes_max).expect_err("it is refused").to_string();
        std::fs::remove_file(path).expect("removes");
        message
    }

    #[test]
    fn a_few_bytes_that_unpack_to_very_many_are_refused_long_before_the_end() {
        let zeros = vec![0_u8; 64 << 20];
        let zst = file("bomb.json.zst", &zstd::encode_all(&zeros[..], 3).expect("packs"));
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gz.write_all(&zeros).expect("packs");
        let gz = file("bomb.json.gz", &gz.finish().expect("packs"));
        for path in [zst, gz] {
            let message = refusal(&path, TEXT_BYTES_MAX);
            assert!(
                message.starts_with("Cannot unpack ") && message.contains("at most 256 to one"),
                "{message}"
            );
        }
    }

    #[test]
    fn the_size_that_a_header_claims_is_not_trusted() {
        // A frame header that claims 2^62 bytes, and no block after it.
        let mut claim = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
        claim.extend_from_slice(&(1_u64 << 62).to_le_bytes());
        let message = refusal(&file("claim.json.zst", &claim), TEXT_BYTES_MAX);
        assert!(message.starts_with("Cannot unpack "), "{message}");
    }

    #[test]
    fn a_text_may_be_as_long_as_is_allowed_and_no_longer() {
        let path = file("long.json", b"1234567890");
        assert_eq!(read_text(&path, 10).expect("fits"), "1234567890");
        assert!(refusal(&path, 9).contains("is longer than 9 bytes"));
    }

    #[test]
    fn a_file_of_lines_is_read_in_whole_lines_whatever_its_length() {
        let lines: String = (0..1_000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
        for (text, bytes_max) in [(lines.as_str(), 64), (lines.trim_end(), 4_096), (lines.as_str(), 1 << 20)]
        {
            let path = file("lines.ndjson", text.as_bytes());
            let (mut all, mut pieces) = (String::new(), 0);
            for_each_text(&path, bytes_max, |piece, whole| {
                assert!(piece.len() <= bytes_max + 1 && piece.starts_with('{'));
                assert_eq!(whole, text.len() <= bytes_max);
                all.push_str(piece);
                pieces += 1;
                Ok(true)
            })
            .expect("reads");
            std::fs::remove_file(&path).expect("removes");
            assert_eq!(all, text);
            assert_eq!(pieces == 1, text.len() <= bytes_max);
        }
        let path = file("line.ndjson", "x".repeat(100).as_bytes());
        let message =
            for_each_text(&path, 99, |_, _| Ok(true)).expect_err("one line is too long").to_string();
        assert!(message.contains("is longer than 99 bytes"), "{message}");
        std::fs::remove_file(&path).expect("removes");
    }
}
