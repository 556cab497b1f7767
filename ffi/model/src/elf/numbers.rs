//! Sizes, places and numbers of ELF files for x86-64 (System V ABI), as far as they are used here.

pub(super) const HEADER_BYTES: usize = 64;
pub(super) const SEGMENT_BYTES: usize = 56;
pub(super) const SYMBOL_BYTES: usize = 24;
pub(super) const RELOCATION_BYTES: usize = 24;
pub(super) const DYNAMIC_BYTES: usize = 16;

/// The first bytes: 64 bits, little endian.
pub(super) const MAGIC: &[u8] = b"\x7fELF\x02\x01";
/// `ET_DYN`.
pub(super) const SHARED_OBJECT: usize = 3;
/// `EM_X86_64`.
pub(super) const X86_64: usize = 62;

/// Kinds of segments: `PT_LOAD`, `PT_DYNAMIC`, `PT_GNU_STACK`.
pub(super) const LOAD: usize = 1;
pub(super) const DYNAMIC: usize = 2;
pub(super) const STACK: usize = 0x6474_e551;

/// Entries of the dynamic section: `DT_HASH`, `DT_STRTAB`, `DT_STRSZ`, `DT_SONAME`, `DT_SYMTAB`, `DT_SYMENT`.
pub(super) const HASH: usize = 4;
pub(super) const NAMES: usize = 5;
pub(super) const NAMES_LEN: usize = 10;
pub(super) const OWN_NAME: usize = 14;
pub(super) const SYMBOLS: usize = 6;
pub(super) const SYMBOL_LEN: usize = 11;
/// `DT_RELA`, `DT_RELASZ`, `DT_RELAENT`, `DT_RELACOUNT`.
pub(super) const RELOCATIONS: usize = 7;
pub(super) const RELOCATIONS_LEN: usize = 8;
pub(super) const RELOCATION_LEN: usize = 9;
pub(super) const RELATIVE_COUNT: usize = 0x6fff_fff9;
/// `DT_NULL`.
pub(super) const END: usize = 0;

/// `R_X86_64_RELATIVE`: the address of the file in memory is added.
pub(super) const RELATIVE: usize = 8;
