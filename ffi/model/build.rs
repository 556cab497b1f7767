//! Compiles `blob.rs` to machine code and joins its sections into one block that needs no linker and no
//! loader: text and constants, with the distances between them resolved.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// `R_X86_64_PC32` and `R_X86_64_PLT32`: both are the distance to the target.
const DISTANCES: [u32; 2] = [2, 4];
/// Kinds of sections: `SHT_PROGBITS`, `SHT_SYMTAB`, `SHT_RELA`.
const CONTENT: usize = 1;
const SYMBOLS: usize = 2;
const RELOCATIONS: usize = 4;
/// Sizes of an entry of the latter two.
const SYMBOL_BYTES: usize = 24;
const RELOCATION_BYTES: usize = 24;

fn main() {
    for file in ["build.rs", "src/core_eval.rs", "blob.rs"] {
        println!("cargo::rerun-if-changed={file}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let object = out.join("blob.o");
    let rustc = env::var_os("RUSTC").expect("cargo sets RUSTC");
    let status = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type=lib", "--emit=obj", "-Copt-level=3", "-Cpanic=abort"])
        .args(["-Crelocation-model=pic", "-Ccodegen-units=1", "-Ctarget-cpu=x86-64", "-Cdebuginfo=0"])
        .args(["--target", "x86_64-unknown-linux-gnu", "--cap-lints", "allow", "-o"])
        .arg(&object)
        .arg("blob.rs")
        .status();
    assert!(status.expect("rustc runs").success(), "blob.rs does not compile");
    join(&fs::read(&object).expect("the object is there"), &out);
}

fn number(bytes: &[u8], at: usize, len: usize) -> usize {
    bytes[at..at + len].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

struct Section {
    name: String,
    kind: usize,
    link: usize,
    info: usize,
    offset: usize,
    size: usize,
    align: usize,
}

/// Lays out what the two functions need; writes `core.bin`, and `entry_points.rs` with the positions in it.
fn join(object: &[u8], out: &Path) {
    let (table, entry, count) = (number(object, 0x28, 8), number(object, 0x3a, 2), number(object, 0x3c, 2));
    let names = number(object, 0x3e, 2);
    let header = |index: usize| table + index * entry;
    let text_of = |section: usize, at: usize| {
        let from = number(object, header(section) + 0x18, 8) + at;
        let len = object[from..].iter().position(|byte| *byte == 0).expect("a name ends");
        String::from_utf8_lossy(&object[from..from + len]).into_owned()
    };
    let sections: Vec<Section> = (0..count)
        .map(|index| {
            let at = header(index);
            Section {
                name: text_of(names, number(object, at, 4)),
                kind: number(object, at + 4, 4),
                link: number(object, at + 0x28, 4),
                info: number(object, at + 0x2c, 4),
                offset: number(object, at + 0x18, 8),
                size: number(object, at + 0x20, 8),
                align: number(object, at + 0x30, 8).max(1),
            }
        })
        .collect();
    let mut blob = Vec::new();
    let mut positions = vec![None; count];
    for prefix in [".text.legend", ".rodata"] {
        for (index, section) in sections.iter().enumerate() {
            if section.name.starts_with(prefix) && section.kind == CONTENT {
                blob.resize(blob.len().next_multiple_of(section.align.max(16)), 0);
                positions[index] = Some(blob.len());
                blob.extend_from_slice(&object[section.offset..section.offset + section.size]);
            }
        }
    }
    for section in sections.iter().filter(|section| section.kind == RELOCATIONS) {
        let Some(base) = positions[section.info] else { continue };
        let symbols = sections[section.link].offset;
        for at in (section.offset..section.offset + section.size).step_by(RELOCATION_BYTES) {
            let (offset, info) = (number(object, at, 8), number(object, at + 8, 8));
            let addend = number(object, at + 16, 8) as i64;
            assert!(
                DISTANCES.contains(&(info as u32)),
                "blob.rs: relocation {} is not a distance",
                info as u32
            );
            let symbol = symbols + SYMBOL_BYTES * (info >> 32);
            let section = number(object, symbol + 6, 2);
            let target = positions.get(section).copied().flatten();
            let target =
                target.unwrap_or_else(|| panic!("blob.rs calls code of another section ({section})"));
            let target = target + number(object, symbol + 8, 8);
            let distance = target as i64 + addend - (base + offset) as i64;
            let distance = i32::try_from(distance).expect("the block is small");
            blob[base + offset..base + offset + 4].copy_from_slice(&distance.to_le_bytes());
        }
    }
    let table = sections.iter().find(|section| section.kind == SYMBOLS).expect("an object has symbols");
    let entry_of = |name: &str| {
        let mut symbols = (table.offset..table.offset + table.size).step_by(SYMBOL_BYTES);
        let found = symbols.find(|at| text_of(table.link, number(object, *at, 4)) == name);
        let at = found.unwrap_or_else(|| panic!("blob.rs has no {name}"));
        positions[number(object, at + 6, 2)].expect("a function has its section") + number(object, at + 8, 8)
    };
    let (predict, batch) = (entry_of("legend_core_predict"), entry_of("legend_core_batch"));
    fs::write(out.join("core.bin"), &blob).expect("OUT_DIR takes files");
    fs::write(out.join("entry_points.rs"), entry_points(predict, batch)).expect("OUT_DIR takes files");
}

/// The source of the two positions.
fn entry_points(predict: usize, batch: usize) -> String {
    format!(
        "/// Where the function for one row begins.\npub const PREDICT: usize = {predict};\n\
         /// Where the one for many begins.\npub const BATCH: usize = {batch};\n"
    )
}
