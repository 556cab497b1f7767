//! Packs: closed segments of a topic, compressed in blocks of whole records.
//!
//! Records of one topic resemble each other (pools, mints, field names), which compressing each record alone
//! cannot exploit. A pack begins like a segment, with another magic number. Its blocks follow one after the
//! other, all integers little endian:
//!
//! | at | field | |
//! |---|---|---|
//! | 0 | magic u32 | |
//! | 4 | `crc` u32 | CRC-32C of bytes 8..40 |
//! | 8 | `packed_len` u32 | at most [`PACKED_BYTES_MAX`] |
//! | 12 | `plain_len` u32 | at most [`PLAIN_BYTES_MAX`] |
//! | 16 | `first` u64 | offsets first..end are here, except those damaged before they were packed |
//! | 24 | `end` u64 | |
//! | 32 | `packed_crc` u32 | CRC-32C of the packed bytes |
//! | 36 | 0 u32 | |
//! | 40 | packed bytes | one zstd frame of `plain_len` bytes: records as in a segment, each with its own checksum |

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::LogError;
use super::format::{self, Checked, RECORD_BYTES_MAX, RECORD_HEADER, SEGMENT_HEADER};

/// A block is closed once it has this many bytes of records; the last block of a segment may have twice as
/// many.
pub(super) const BLOCK_BYTES: usize = 256 << 10;
/// Maximum bytes of records in a block: it may be one record short of full when the largest record arrives.
const PLAIN_BYTES_MAX: usize = 2 * BLOCK_BYTES + RECORD_BYTES_MAX;
/// Maximum size of zstd's output for incompressible bytes.
const PACKED_BYTES_MAX: usize = PLAIN_BYTES_MAX + (PLAIN_BYTES_MAX >> 8) + 64;
const ZSTD_LEVEL: i32 = 6;
const PACK_MAGIC: &[u8; 8] = b"LGNDPAK\n";
const BLOCK_MAGIC: [u8; 4] = *b"BLK\n";
const BLOCK_HEADER: usize = 40;
/// Bytes searched at a time for the next block after damage.
const SEARCH_BYTES: usize = 1 << 20;

/// The file of the pack whose first offset is `base`.
pub(super) fn pack_path(dir: &Path, base: u64) -> PathBuf {
    dir.join(format!("{base:020}.pack"))
}

/// The position of a block, and the fields of its header.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// Position of its header.
    at: u64,
    packed_len: usize,
    plain_len: usize,
    first: u64,
    end: u64,
    packed_crc: u32,
}

impl Block {
    fn header(&self) -> [u8; BLOCK_HEADER] {
        let mut header = [0; BLOCK_HEADER];
        header[..4].copy_from_slice(&BLOCK_MAGIC);
        header[8..12].copy_from_slice(&(self.packed_len as u32).to_le_bytes());
        header[12..16].copy_from_slice(&(self.plain_len as u32).to_le_bytes());
        header[16..24].copy_from_slice(&self.first.to_le_bytes());
        header[24..32].copy_from_slice(&self.end.to_le_bytes());
        header[32..36].copy_from_slice(&self.packed_crc.to_le_bytes());
        let crc = crc32c::crc32c(&header[8..]);
        header[4..8].copy_from_slice(&crc.to_le_bytes());
        header
    }

    /// Reads the header in `bytes`, which lies at `at`; `None` if it is not one or exceeds a limit.
    fn parse(bytes: &[u8], at: u64) -> Option<Block> {
        let header = bytes.get(..BLOCK_HEADER)?;
        if header[..4] != BLOCK_MAGIC || crc32c::crc32c(&header[8..]) != format::u32_at(header, 4) {
            return None;
        }
        let block = Block {
            at,
            packed_len: format::u32_at(header, 8) as usize,
            plain_len: format::u32_at(header, 12) as usize,
            first: format::u64_at(header, 16),
            end: format::u64_at(header, 24),
            packed_crc: format::u32_at(header, 32),
        };
        let sound = block.packed_len <= PACKED_BYTES_MAX
            && block.plain_len <= PLAIN_BYTES_MAX
            && block.first < block.end;
        sound.then_some(block)
    }

    /// One past its last byte.
    fn ends_at(&self) -> u64 {
        self.at + (BLOCK_HEADER + self.packed_len) as u64
    }
}

/// The blocks of a pack.
struct Index {
    blocks: Vec<Block>,
    /// Whether the bytes before some block do not form a block.
    damaged: bool,
}

impl Index {
    /// The blocks before the offset `until`. Records from `until` on are in another file; a block here that
    /// names them was put here by hand, or its packer was killed before the segment was removed.
    fn read(file: &File, until: u64) -> io::Result<Index> {
        let len = file.metadata()?.len();
        let (mut at, mut end) = (SEGMENT_HEADER as u64, 0);
        let mut index = Index { blocks: Vec::new(), damaged: false };
        let mut header = [0; BLOCK_HEADER];
        while at + BLOCK_HEADER as u64 <= len {
            if !read_whole(file, &mut header, at)? {
                break;
            }
            match Block::parse(&header, at).filter(|block| block.first >= end) {
                // A writer was killed in the middle of it, or is writing it now.
                Some(block) if block.ends_at() > len => break,
                Some(block) if block.end > until => {
                    (at, index.damaged) = (block.ends_at(), index.damaged || block.first < until);
                }
                Some(block) => {
                    (at, end) = (block.ends_at(), block.end);
                    index.blocks.push(block);
                }
                None => match next_block(file, at + 1, len, end)? {
                    Some(found) => (at, index.damaged) = (found, true),
                    None => break,
                },
            }
        }
        Ok(index)
    }
}

/// The position of the next block header at or after `at` with offsets from `end` on.
fn next_block(file: &File, mut at: u64, len: u64, end: u64) -> io::Result<Option<u64>> {
    let mut bytes = vec![0; SEARCH_BYTES];
    while at + BLOCK_HEADER as u64 <= len {
        let size = (len - at).min(SEARCH_BYTES as u64) as usize;
        if !read_whole(file, &mut bytes[..size], at)? {
            break;
        }
        let positions = size + 1 - BLOCK_HEADER;
        let found = (0..positions).find(|&inside| {
            Block::parse(&bytes[inside..size], at + inside as u64).is_some_and(|block| block.first >= end)
        });
        if let Some(inside) = found {
            return Ok(Some(at + inside as u64));
        }
        at += positions as u64;
    }
    Ok(None)
}

/// What a pack holds at an offset.
pub(super) enum Found<'a> {
    /// The record, as in a segment.
    Record(&'a [u8]),
    /// Nothing before this larger offset.
    Missing(u64),
    /// The pack ends before the offset.
    Beyond,
}

/// Reads one pack forward, keeping one block in memory.
pub(super) struct PackReader {
    path: PathBuf,
    file: File,
    blocks: Vec<Block>,
    loaded: Option<usize>,
    plain: Vec<u8>,
    at: usize,
}

impl PackReader {
    /// Opens a pack for its records before the offset `until`, where the next file begins.
    pub(super) fn open(path: PathBuf, until: u64) -> io::Result<PackReader> {
        let file = File::open(&path)?;
        let blocks = Index::read(&file, until)?.blocks;
        Ok(PackReader { path, file, blocks, loaded: None, plain: Vec::new(), at: 0 })
    }

    /// One past its last offset.
    pub(super) fn end(&self) -> Option<u64> {
        self.blocks.last().map(|block| block.end)
    }

    /// Finds the record `next`, which may not decrease from call to call.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn find(&mut self, next: u64) -> Result<Found<'_>, LogError> {
        let number = self.blocks.partition_point(|block| block.end <= next);
        let Some(&block) = self.blocks.get(number) else { return Ok(Found::Beyond) };
        if block.first > next {
            return Ok(Found::Missing(block.first));
        }
        if self.loaded != Some(number) {
            self.load(block).map_err(|error| LogError::io("read", &self.path, error))?;
            self.loaded = Some(number);
        }
        while let Some(rest) = self.plain.get(self.at..).filter(|rest| rest.len() >= RECORD_HEADER) {
            let (len, offset) = (format::len_of(rest), format::offset_of(rest));
            if offset >= next || !(RECORD_HEADER..=rest.len()).contains(&len) {
                break;
            }
            self.at += len;
        }
        let rest = self.plain.get(self.at..).unwrap_or_default();
        Ok(match format::check_any(rest) {
            Checked::Record(len) => match format::offset_of(rest) {
                offset if offset == next => Found::Record(&rest[..len]),
                later => Found::Missing(later.clamp(next + 1, block.end)),
            },
            Checked::Short | Checked::Damaged => Found::Missing(block.end),
        })
    }

    /// Unpacks a block; a damaged one has no records. Its stated size was checked, and no more than that is
    /// unpacked.
    fn load(&mut self, block: Block) -> io::Result<()> {
        self.at = 0;
        self.plain.clear();
        let mut packed = vec![0; block.packed_len];
        let whole = read_whole(&self.file, &mut packed, block.at + BLOCK_HEADER as u64)?;
        if !whole || crc32c::crc32c(&packed) != block.packed_crc {
            return Ok(());
        }
        self.plain.reserve_exact(block.plain_len);
        let unpacked = zstd::bulk::Decompressor::new()?.decompress_to_buffer(&packed, &mut self.plain);
        if unpacked.ok() != Some(block.plain_len) {
            self.plain.clear();
        }
        Ok(())
    }
}

/// Fills `out`; false when the file is too short: its writer may have cut it.
fn read_whole(file: &File, out: &mut [u8], at: u64) -> io::Result<bool> {
    match file.read_exact_at(out, at) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    }
}

/// Whether a pack's header was changed, or bytes between its blocks do not form a block. The next file begins
/// at `until`.
pub(super) fn is_damaged(path: &Path, base: u64, until: u64) -> io::Result<bool> {
    let file = File::open(path)?;
    let mut header = [0; SEGMENT_HEADER];
    Ok(!read_whole(&file, &mut header, 0)?
        || header != pack_header(base)
        || Index::read(&file, until)?.damaged)
}

/// One past the last offset of a pack.
pub(super) fn end_of(path: &Path) -> io::Result<Option<u64>> {
    PackReader::open(path.to_path_buf(), u64::MAX).map(|pack| pack.end())
}

/// Appends blocks to a pack.
pub(super) struct PackWriter {
    path: PathBuf,
    file: File,
    len: u64,
    base: u64,
    compressor: zstd::bulk::Compressor<'static>,
}

impl PackWriter {
    /// Opens the pack of `base`, made if missing, for records from offset `from` on. Blocks with those
    /// records, left by a writer that was killed before it finished, are cut.
    pub(super) fn open(dir: &Path, base: u64, from: u64) -> Result<PackWriter, LogError> {
        let path = pack_path(dir, base);
        let opened = (|| {
            let file = match OpenOptions::new().read(true).write(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => create(dir, &path, base)?,
                opened => opened?,
            };
            let kept = Index::read(&file, from)?.blocks;
            let len = kept.last().map_or(SEGMENT_HEADER as u64, Block::ends_at);
            file.set_len(len)?;
            let compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
            Ok(PackWriter { path: path.clone(), file, len, base, compressor })
        })();
        opened.map_err(|error| LogError::io("open", &path, error))
    }

    /// Bytes on disk.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Its first offset.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// Appends the records of offsets `first..end`.
    pub(super) fn append(&mut self, plain: &[u8], first: u64, end: u64) -> Result<(), LogError> {
        let written = self.compressor.compress(plain).and_then(|packed| {
            let block = Block {
                at: self.len,
                packed_len: packed.len(),
                plain_len: plain.len(),
                first,
                end,
                packed_crc: crc32c::crc32c(&packed),
            };
            self.file.write_all_at(&block.header(), self.len)?;
            self.file.write_all_at(&packed, self.len + BLOCK_HEADER as u64)?;
            self.len = block.ends_at();
            Ok(())
        });
        written.map_err(|error| {
            // The next writer cuts it too; until then it would take up room on a full disk.
            let _ = self.file.set_len(self.len);
            LogError::io("write", &self.path, error)
        })
    }

    /// Writes the pack to disk.
    pub(super) fn sync(&self) -> Result<(), LogError> {
        self.file.sync_all().map_err(|error| LogError::io("sync", &self.path, error))
    }

    /// Whether the file still has its name: retention may have removed it.
    pub(super) fn exists(&self) -> bool {
        let id = |meta: io::Result<fs::Metadata>| meta.ok().map(|meta| (meta.dev(), meta.ino()));
        id(fs::metadata(&self.path)).is_some_and(|there| Some(there) == id(self.file.metadata()))
    }
}

/// Writes an empty pack and its folder entry to disk, by rename, as for a segment.
fn create(dir: &Path, path: &Path, base: u64) -> io::Result<File> {
    let unnamed = dir.join("next-pack");
    let file =
        OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&unnamed)?;
    file.write_all_at(&pack_header(base), 0)?;
    file.sync_all()?;
    fs::rename(&unnamed, path)?;
    File::open(dir)?.sync_all()?;
    Ok(file)
}

fn pack_header(base: u64) -> [u8; SEGMENT_HEADER] {
    format::file_header(PACK_MAGIC, base)
}
