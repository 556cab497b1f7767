//! Writes a shared object without a linker: one read-only segment with the symbol tables, one with code, one
//! with constants, and a writable one with the pointers that the loader relocates.

use super::numbers::{
    DYNAMIC, DYNAMIC_BYTES, END, HASH, HEADER_BYTES, LOAD, MAGIC, NAMES, NAMES_LEN, OWN_NAME, RELATIVE,
    RELATIVE_COUNT, RELOCATION_BYTES, RELOCATION_LEN, RELOCATIONS, RELOCATIONS_LEN, SEGMENT_BYTES,
    SHARED_OBJECT, STACK, SYMBOL_BYTES, SYMBOL_LEN, SYMBOLS, X86_64,
};

const PAGE: usize = 0x1000;
const SEGMENTS: usize = 6;
/// What a segment's memory may be used for.
const READ: usize = 4;
const READ_EXECUTE: usize = 5;
const READ_WRITE: usize = 6;

/// The part of the file that holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Code,
    Constants,
    Data,
}

pub(crate) struct Symbol {
    pub name: &'static str,
    pub section: Section,
    pub offset: usize,
    pub size: usize,
}

/// A pointer in the data that the loader relocates: at `at`, to `offset` of `section`.
pub(crate) struct Pointer {
    pub at: usize,
    pub section: Section,
    pub offset: usize,
}

/// Addresses of the sections, which are also their file offsets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub code: usize,
    pub constants: usize,
    pub data: usize,
}

impl Layout {
    pub(crate) fn new(code_len: usize, constants_len: usize) -> Layout {
        let constants = (PAGE + code_len).next_multiple_of(PAGE);
        Layout { code: PAGE, constants, data: (constants + constants_len).next_multiple_of(PAGE) }
    }

    fn of(&self, section: Section) -> usize {
        match section {
            Section::Code => self.code,
            Section::Constants => self.constants,
            Section::Data => self.data,
        }
    }
}

/// Content of the sections.
pub(crate) struct Content<'a> {
    pub code: &'a [u8],
    pub constants: &'a [u8],
    pub data: &'a [u8],
}

/// The tables that the loader reads.
struct Tables {
    hash: Vec<u8>,
    symbols: Vec<u8>,
    names: Vec<u8>,
    relocations: Vec<u8>,
    /// Place of the file's own name among the names.
    own_name: usize,
}

/// Where the tables lie; they share the first page with the header.
struct Places {
    hash: usize,
    symbols: usize,
    names: usize,
    relocations: usize,
    end: usize,
}

/// The file's bytes.
pub(crate) fn write(content: &Content<'_>, symbols: &[Symbol], pointers: &[Pointer]) -> Vec<u8> {
    let layout = Layout::new(content.code.len(), content.constants.len());
    let tables = Tables::of(&layout, symbols, pointers);
    let places = tables.places();
    assert!(places.end <= PAGE, "a handful of symbols fits one page");
    let dynamic_at = layout.data + content.data.len().next_multiple_of(DYNAMIC_BYTES);
    let dynamic = tables.dynamic(&places, pointers.len());
    let end = dynamic_at + dynamic.len();
    let mut head = header();
    for segment in [
        Segment { kind: LOAD, rights: READ, at: 0, len: places.end, align: PAGE },
        Segment { kind: LOAD, rights: READ_EXECUTE, at: layout.code, len: content.code.len(), align: PAGE },
        Segment { kind: LOAD, rights: READ, at: layout.constants, len: content.constants.len(), align: PAGE },
        Segment { kind: LOAD, rights: READ_WRITE, at: layout.data, len: end - layout.data, align: PAGE },
        Segment { kind: DYNAMIC, rights: READ_WRITE, at: dynamic_at, len: dynamic.len(), align: 8 },
        // No executable stack.
        Segment { kind: STACK, rights: READ_WRITE, at: 0, len: 0, align: 16 },
    ] {
        head.extend(segment.bytes());
    }
    let mut file = vec![0; end];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &head);
    put(places.hash, &tables.hash);
    put(places.symbols, &tables.symbols);
    put(places.names, &tables.names);
    put(places.relocations, &tables.relocations);
    put(layout.code, content.code);
    put(layout.constants, content.constants);
    put(layout.data, content.data);
    put(dynamic_at, &dynamic);
    file
}

impl Tables {
    fn of(layout: &Layout, symbols: &[Symbol], pointers: &[Pointer]) -> Tables {
        let (mut names, mut table) = (vec![0_u8], vec![0_u8; SYMBOL_BYTES]);
        for symbol in symbols {
            table.extend(word(names.len()));
            names.extend(symbol.name.as_bytes());
            names.push(0);
            // Global; a function or an object; in any section.
            table.extend([1 << 4 | if symbol.section == Section::Code { 2 } else { 1 }, 0]);
            table.extend(half(1));
            table.extend(long(layout.of(symbol.section) + symbol.offset));
            table.extend(long(symbol.size));
        }
        let own_name = names.len();
        names.extend(b"legend_model.so\0");
        // One bucket whose chain holds all symbols in order.
        let count = symbols.len() + 1;
        let mut hash = [word(1), word(count), word(usize::from(count > 1))].concat();
        for at in 0..count {
            hash.extend(word(if at == 0 || at + 1 == count { 0 } else { at + 1 }));
        }
        let mut relocations = Vec::new();
        for pointer in pointers {
            relocations.extend(long(layout.data + pointer.at));
            relocations.extend(long(RELATIVE));
            relocations.extend(long(layout.of(pointer.section) + pointer.offset));
        }
        Tables { hash, symbols: table, names, relocations, own_name }
    }

    fn places(&self) -> Places {
        let hash = HEADER_BYTES + SEGMENT_BYTES * SEGMENTS;
        let symbols = (hash + self.hash.len()).next_multiple_of(8);
        let names = symbols + self.symbols.len();
        let relocations = (names + self.names.len()).next_multiple_of(8);
        Places { hash, symbols, names, relocations, end: relocations + self.relocations.len() }
    }

    /// The dynamic section: where the loader finds the tables.
    fn dynamic(&self, places: &Places, pointers: usize) -> Vec<u8> {
        let entries = [
            (HASH, places.hash),
            (NAMES, places.names),
            (SYMBOLS, places.symbols),
            (NAMES_LEN, self.names.len()),
            (SYMBOL_LEN, SYMBOL_BYTES),
            (OWN_NAME, self.own_name),
            (RELOCATIONS, places.relocations),
            (RELOCATIONS_LEN, self.relocations.len()),
            (RELOCATION_LEN, RELOCATION_BYTES),
            (RELATIVE_COUNT, pointers),
            (END, 0),
        ];
        entries.iter().flat_map(|(tag, value)| [long(*tag), long(*value)].concat()).collect()
    }
}

/// A part of the file that the loader maps or reads.
struct Segment {
    kind: usize,
    rights: usize,
    /// Address and file offset.
    at: usize,
    len: usize,
    align: usize,
}

impl Segment {
    fn bytes(&self) -> Vec<u8> {
        let &Segment { kind, rights, at, len, align } = self;
        let mut bytes = [word(kind), word(rights)].concat();
        bytes.extend([at, at, at, len, len, align].map(long).concat());
        bytes
    }
}

/// The file's header; the segments follow it, and there are no sections.
fn header() -> Vec<u8> {
    let mut header = [MAGIC, b"\x01\0\0\0\0\0\0\0\0\0"].concat();
    header.extend([half(SHARED_OBJECT), half(X86_64)].concat());
    header.extend(word(1));
    header.extend([long(0), long(HEADER_BYTES), long(0)].concat());
    header.extend(word(0));
    header.extend([HEADER_BYTES, SEGMENT_BYTES, SEGMENTS, 64, 0, 0].map(half).concat());
    header
}

fn long(number: usize) -> [u8; 8] {
    (number as u64).to_le_bytes()
}

fn word(number: usize) -> [u8; 4] {
    (number as u32).to_le_bytes()
}

fn half(number: usize) -> [u8; 2] {
    (number as u16).to_le_bytes()
}
