//! Writes a shared object without a linker: one read-only segment with the symbol tables, one with code, one
//! with constants, and a writable one with the pointers that the loader relocates. x86-64, System V ABI.

use crate::error::ModelError;

const PAGE: usize = 0x1000;
const HEADER_BYTES: usize = 64;
const SEGMENT_BYTES: usize = 56;
const SEGMENTS: usize = 6;
const SYMBOL_BYTES: usize = 24;

/// The part of the file that holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    Code,
    Constants,
    Data,
}

pub(crate) struct Symbol {
    pub name: &'static str,
    pub home: Home,
    pub offset: usize,
    pub size: usize,
}

/// A pointer in the data that the loader relocates: at `at`, to `offset` of `home`.
pub(crate) struct Pointer {
    pub at: usize,
    pub home: Home,
    pub offset: usize,
}

/// Addresses of the parts, which are also their file offsets.
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

    fn of(&self, home: Home) -> usize {
        match home {
            Home::Code => self.code,
            Home::Constants => self.constants,
            Home::Data => self.data,
        }
    }
}

/// The file's bytes.
pub(crate) fn write(
    code: &[u8],
    constants: &[u8],
    data: &[u8],
    symbols: &[Symbol],
    pointers: &[Pointer],
) -> Vec<u8> {
    let layout = Layout::new(code.len(), constants.len());
    let long = |number: usize| (number as u64).to_le_bytes();
    let word = |number: usize| (number as u32).to_le_bytes();
    let half = |number: usize| (number as u16).to_le_bytes();
    let (mut names, mut table) = (vec![0_u8], vec![0_u8; SYMBOL_BYTES]);
    for symbol in symbols {
        table.extend(word(names.len()));
        names.extend(symbol.name.as_bytes());
        names.push(0);
        // Global; a function or an object; in any section.
        table.extend([1 << 4 | if symbol.home == Home::Code { 2 } else { 1 }, 0]);
        table.extend(half(1));
        table.extend(long(layout.of(symbol.home) + symbol.offset));
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
    let mut moves = Vec::new();
    for pointer in pointers {
        moves.extend(long(layout.data + pointer.at));
        moves.extend(long(8)); // R_X86_64_RELATIVE
        moves.extend(long(layout.of(pointer.home) + pointer.offset));
    }
    let hash_at = HEADER_BYTES + SEGMENT_BYTES * SEGMENTS;
    let table_at = (hash_at + hash.len()).next_multiple_of(8);
    let names_at = table_at + table.len();
    let moves_at = (names_at + names.len()).next_multiple_of(8);
    let head_len = moves_at + moves.len();
    assert!(head_len <= PAGE, "a handful of symbols fits one page");
    let dynamic_at = layout.data + data.len().next_multiple_of(16);
    let entries = [
        (4, hash_at),
        (5, names_at),
        (6, table_at),
        (10, names.len()),
        (11, SYMBOL_BYTES),
        (14, own_name),
        (7, moves_at),
        (8, moves.len()),
        (9, 24),
        (0x6fff_fff9, pointers.len()),
        (0, 0),
    ];
    let dynamic: Vec<u8> =
        entries.iter().flat_map(|(tag, value)| [long(*tag), long(*value)].concat()).collect();
    let mut head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    head.extend([half(3), half(62)].concat());
    head.extend(word(1));
    head.extend([long(0), long(HEADER_BYTES), long(0)].concat());
    head.extend(word(0));
    head.extend([HEADER_BYTES, SEGMENT_BYTES, SEGMENTS, 64, 0, 0].map(half).concat());
    let (load, read, execute, change) = (1, 4, 5, 6);
    let end = dynamic_at + dynamic.len();
    for (kind, rights, at, len, align) in [
        (load, read, 0, head_len, PAGE),
        (load, execute, layout.code, code.len(), PAGE),
        (load, read, layout.constants, constants.len(), PAGE),
        (load, change, layout.data, end - layout.data, PAGE),
        (2, change, dynamic_at, dynamic.len(), 8),
        // No executable stack.
        (0x6474_e551, change, 0, 0, 16),
    ] {
        head.extend([word(kind), word(rights)].concat());
        head.extend([at, at, at, len, len, align].map(long).concat());
    }
    let mut file = vec![0; end];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &head);
    put(hash_at, &hash);
    put(table_at, &table);
    put(names_at, &names);
    put(moves_at, &moves);
    put(layout.code, code);
    put(layout.constants, constants);
    put(layout.data, data);
    put(dynamic_at, &dynamic);
    file
}

/// Looks up symbols in a shared object, foreign or ours: file bytes by symbol.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    segments: Vec<[usize; 3]>,
    moves: Vec<(usize, usize)>,
    symbols: Vec<(&'a [u8], usize)>,
}

/// Maximum symbols read from a file.
const SYMBOLS_MAX: usize = 1 << 16;

impl<'a> Reader<'a> {
    /// Walks the dynamic section; every offset is checked.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Reader<'a>, ModelError> {
        let not = || ModelError::NoSharedObject;
        if bytes.len() < HEADER_BYTES
            || !bytes.starts_with(b"\x7fELF\x02\x01")
            || number(bytes, 16, 2) != Some(3)
        {
            return Err(not());
        }
        if number(bytes, 18, 2) != Some(62) {
            return Err(ModelError::OtherProcessor);
        }
        let cut = || ModelError::CutOff;
        let (table, count) = (number(bytes, 32, 8).ok_or_else(cut)?, number(bytes, 56, 2).ok_or_else(cut)?);
        let mut reader = Reader { bytes, segments: Vec::new(), moves: Vec::new(), symbols: Vec::new() };
        let mut dynamic = None;
        for index in 0..count {
            let at = table.checked_add(index * SEGMENT_BYTES).ok_or_else(cut)?;
            let field = |offset: usize, len: usize| number(bytes, at.checked_add(offset)?, len);
            let (kind, offset) = (field(0, 4).ok_or_else(cut)?, field(8, 8).ok_or_else(cut)?);
            let (address, len) = (field(16, 8).ok_or_else(cut)?, field(32, 8).ok_or_else(cut)?);
            if offset.checked_add(len).is_none_or(|end| end > bytes.len()) {
                return Err(cut());
            }
            match kind {
                1 => reader.segments.push([address, offset, len]),
                2 => dynamic = Some((offset, len)),
                _ => {}
            }
        }
        let (offset, len) = dynamic.ok_or_else(not)?;
        let mut found = [None; 4];
        let (mut moves, mut moves_len) = (None, 0);
        for at in (offset..offset + len).step_by(16) {
            let (Some(tag), Some(value)) = (number(bytes, at, 8), number(bytes, at + 8, 8)) else { break };
            match tag {
                4 => found[0] = Some(value),
                5 => found[1] = Some(value),
                6 => found[2] = Some(value),
                0x6fff_fef5 => found[3] = Some(value),
                7 => moves = Some(value),
                8 => moves_len = value,
                _ => {}
            }
        }
        let names = reader.place(found[1].ok_or_else(not)?).ok_or_else(cut)?;
        let table = reader.place(found[2].ok_or_else(not)?).ok_or_else(cut)?;
        // Without a symbol count, the symbols end where the names begin, as every linker lays them out.
        let count = match found[0].and_then(|hash| number(bytes, reader.place(hash)? + 4, 4)) {
            Some(count) => count,
            None => names.saturating_sub(table) / SYMBOL_BYTES,
        };
        for index in 0..count.min(SYMBOLS_MAX) {
            let at = table + index * SYMBOL_BYTES;
            let (Some(name), Some(section), Some(value)) =
                (number(bytes, at, 4), number(bytes, at + 6, 2), number(bytes, at + 8, 8))
            else {
                return Err(cut());
            };
            let name = bytes.get(names + name..).ok_or_else(cut)?;
            let len = name.iter().position(|byte| *byte == 0).ok_or_else(cut)?;
            if section != 0 {
                reader.symbols.push((&name[..len], value));
            }
        }
        if let Some(at) = moves.and_then(|address| reader.place(address)) {
            for at in (at..at.saturating_add(moves_len)).step_by(24).take(SYMBOLS_MAX) {
                if number(bytes, at + 8, 4) == Some(8)
                    && let (Some(from), Some(to)) = (number(bytes, at, 8), number(bytes, at + 16, 8))
                {
                    reader.moves.push((from, to));
                }
            }
        }
        Ok(reader)
    }

    /// Address of a symbol.
    pub(crate) fn symbol(&self, name: &str) -> Option<usize> {
        self.symbols.iter().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| *value)
    }

    /// `len` bytes at an address.
    pub(crate) fn at(&self, address: usize, len: usize) -> Option<&'a [u8]> {
        let from = self.place(address)?;
        self.bytes.get(from..from.checked_add(len)?)
    }

    /// The target that the loader gives the pointer at `address`.
    pub(crate) fn pointer(&self, address: usize) -> Option<usize> {
        self.moves.iter().find(|(from, _)| *from == address).map(|(_, to)| *to)
    }

    fn place(&self, address: usize) -> Option<usize> {
        let inside = |[begin, _, len]: &&[usize; 3]| address >= *begin && address - begin < *len;
        self.segments.iter().find(inside).map(|[begin, offset, _]| address - begin + offset)
    }
}

fn number(bytes: &[u8], at: usize, len: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(len)?)?;
    Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}
