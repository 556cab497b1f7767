//! Looks up symbols in a shared object, foreign or ours. Every offset is checked; nothing is executed.

use super::numbers::{
    DYNAMIC, DYNAMIC_BYTES, HASH, HEADER_BYTES, LOAD, MAGIC, NAMES, RELATIVE, RELOCATION_BYTES, RELOCATIONS,
    RELOCATIONS_LEN, SEGMENT_BYTES, SHARED_OBJECT, SYMBOL_BYTES, SYMBOLS, X86_64,
};
use crate::error::ModelError;

/// Maximum symbols read from a file.
const SYMBOLS_MAX: usize = 1 << 16;

/// File bytes by symbol.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    segments: Vec<Segment>,
    relocations: Vec<Relocation>,
    symbols: Vec<Symbol<'a>>,
}

/// A part of the file that is mapped at an address.
struct Segment {
    address: usize,
    offset: usize,
    len: usize,
}

/// The pointer at address `at` gets the address `to`.
struct Relocation {
    at: usize,
    to: usize,
}

struct Symbol<'a> {
    name: &'a [u8],
    address: usize,
}

/// Addresses in the dynamic section.
#[derive(Default)]
struct Dynamic {
    hash: Option<usize>,
    names: Option<usize>,
    symbols: Option<usize>,
    relocations: Option<usize>,
    relocations_len: usize,
}

impl<'a> Reader<'a> {
    /// Walks the dynamic section.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Reader<'a>, ModelError> {
        check_header(bytes)?;
        let mut reader = Reader { bytes, segments: Vec::new(), relocations: Vec::new(), symbols: Vec::new() };
        let dynamic = reader.read_segments()?.ok_or(ModelError::NoSharedObject)?;
        let dynamic = Dynamic::of(bytes, &dynamic);
        reader.read_symbols(&dynamic)?;
        reader.read_relocations(&dynamic);
        Ok(reader)
    }

    /// Returns the segment with the dynamic section.
    fn read_segments(&mut self) -> Result<Option<Segment>, ModelError> {
        let cut = || ModelError::CutOff;
        let table = number(self.bytes, 32, 8).ok_or_else(cut)?;
        let count = number(self.bytes, 56, 2).ok_or_else(cut)?;
        let mut dynamic = None;
        for index in 0..count {
            let at = table.checked_add(index * SEGMENT_BYTES).ok_or_else(cut)?;
            let field = |offset: usize, len: usize| number(self.bytes, at.checked_add(offset)?, len);
            let (kind, offset) = (field(0, 4).ok_or_else(cut)?, field(8, 8).ok_or_else(cut)?);
            let (address, len) = (field(16, 8).ok_or_else(cut)?, field(32, 8).ok_or_else(cut)?);
            if offset.checked_add(len).is_none_or(|end| end > self.bytes.len()) {
                return Err(cut());
            }
            let segment = Segment { address, offset, len };
            match kind {
                LOAD => self.segments.push(segment),
                DYNAMIC => dynamic = Some(segment),
                _ => {}
            }
        }
        Ok(dynamic)
    }

    fn read_symbols(&mut self, dynamic: &Dynamic) -> Result<(), ModelError> {
        let (not, cut) = (|| ModelError::NoSharedObject, || ModelError::CutOff);
        let bytes = self.bytes;
        let names = self.offset_of(dynamic.names.ok_or_else(not)?).ok_or_else(cut)?;
        let table = self.offset_of(dynamic.symbols.ok_or_else(not)?).ok_or_else(cut)?;
        // Without a symbol count, the symbols end where the names begin, as every linker lays them out.
        let count = match dynamic.hash.and_then(|hash| number(bytes, self.offset_of(hash)? + 4, 4)) {
            Some(count) => count,
            None => names.saturating_sub(table) / SYMBOL_BYTES,
        };
        for index in 0..count.min(SYMBOLS_MAX) {
            let at = table + index * SYMBOL_BYTES;
            let (Some(name), Some(section), Some(address)) =
                (number(bytes, at, 4), number(bytes, at + 6, 2), number(bytes, at + 8, 8))
            else {
                return Err(cut());
            };
            let name = bytes.get(names + name..).ok_or_else(cut)?;
            let len = name.iter().position(|byte| *byte == 0).ok_or_else(cut)?;
            // Section 0: the symbol is of another library.
            if section != 0 {
                self.symbols.push(Symbol { name: &name[..len], address });
            }
        }
        Ok(())
    }

    fn read_relocations(&mut self, dynamic: &Dynamic) {
        let Some(start) = dynamic.relocations.and_then(|address| self.offset_of(address)) else { return };
        let end = start.saturating_add(dynamic.relocations_len);
        for entry in (start..end).step_by(RELOCATION_BYTES).take(SYMBOLS_MAX) {
            if number(self.bytes, entry + 8, 4) == Some(RELATIVE)
                && let (Some(at), Some(to)) =
                    (number(self.bytes, entry, 8), number(self.bytes, entry + 16, 8))
            {
                self.relocations.push(Relocation { at, to });
            }
        }
    }

    /// Address of a symbol.
    pub(crate) fn symbol(&self, name: &str) -> Option<usize> {
        self.symbols.iter().find(|symbol| symbol.name == name.as_bytes()).map(|symbol| symbol.address)
    }

    /// `len` bytes at an address.
    pub(crate) fn at(&self, address: usize, len: usize) -> Option<&'a [u8]> {
        let from = self.offset_of(address)?;
        self.bytes.get(from..from.checked_add(len)?)
    }

    /// The target that the loader gives the pointer at `address`.
    pub(crate) fn pointer(&self, address: usize) -> Option<usize> {
        self.relocations.iter().find(|relocation| relocation.at == address).map(|relocation| relocation.to)
    }

    /// The file offset of an address.
    fn offset_of(&self, address: usize) -> Option<usize> {
        let holds =
            |segment: &&Segment| address >= segment.address && address - segment.address < segment.len;
        self.segments.iter().find(holds).map(|segment| address - segment.address + segment.offset)
    }
}

impl Dynamic {
    fn of(bytes: &[u8], segment: &Segment) -> Dynamic {
        let mut dynamic = Dynamic::default();
        for at in (segment.offset..segment.offset + segment.len).step_by(DYNAMIC_BYTES) {
            let (Some(tag), Some(value)) = (number(bytes, at, 8), number(bytes, at + 8, 8)) else { break };
            match tag {
                HASH => dynamic.hash = Some(value),
                NAMES => dynamic.names = Some(value),
                SYMBOLS => dynamic.symbols = Some(value),
                RELOCATIONS => dynamic.relocations = Some(value),
                RELOCATIONS_LEN => dynamic.relocations_len = value,
                _ => {}
            }
        }
        dynamic
    }
}

fn check_header(bytes: &[u8]) -> Result<(), ModelError> {
    let is_elf = bytes.len() >= HEADER_BYTES && bytes.starts_with(MAGIC);
    if !is_elf || number(bytes, 16, 2) != Some(SHARED_OBJECT) {
        return Err(ModelError::NoSharedObject);
    }
    if number(bytes, 18, 2) != Some(X86_64) {
        return Err(ModelError::OtherProcessor);
    }
    Ok(())
}

fn number(bytes: &[u8], at: usize, len: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(len)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}
