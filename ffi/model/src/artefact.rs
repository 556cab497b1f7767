//! The shared object of a model: `treelite_predict`, `treelite_predict_batch` and the struct `legend_model`.
//!
//! `legend_model`, 128 bytes, append-only; a reader never reads beyond `struct_size`:
//!
//! | at | what |
//! | --- | --- |
//! | 0 | magic `LGMD`, ABI version: u32 each |
//! | 8 | struct size, flags (1 = has tables): u32 each |
//! | 16 | hash of the feature schema: u64 |
//! | 24 | features, trees, golden rows, 0: u32 each |
//! | 40 | pointers: predict, predict batch, golden rows (f32, row after row), golden answers (f32) |
//! | 72 | pointer to the tables, their length: u64 |
//! | 88 | pointer to the metadata (JSON), its length: u64 |
//! | 104 | 0 |

use crate::elf::{self, Content, Layout, Pointer, Reader, Section, Symbol};
use crate::error::ModelError;
use crate::evaluate::Evaluator;
use crate::form::{Calibration, Form};
pub use crate::limits::{ABI_VERSION, GOLDEN_MAX};
use crate::limits::{FEATURES_MAX, STRUCT_BYTES};
use crate::tables::Tables;

include!(concat!(env!("OUT_DIR"), "/entry_points.rs"));
/// The evaluator's machine code with its constants.
const CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/core.bin"));

/// First u32 of `legend_model`: `LGMD`.
pub const MAGIC: u32 = 0x444D_474C;
/// Flag: the file has tables, so its own code need not be executed.
const HAS_TABLES: u32 = 1;
/// Where the fields of `legend_model` begin.
const MAGIC_AT: usize = 0;
const ABI_AT: usize = 4;
const SIZE_AT: usize = 8;
const FLAGS_AT: usize = 12;
const SCHEMA_AT: usize = 16;
const FEATURES_AT: usize = 24;
const TREES_AT: usize = 28;
const GOLDEN_AT: usize = 32;
const PREDICT_AT: usize = 40;
const BATCH_AT: usize = 48;
const ROWS_AT: usize = 56;
const ANSWERS_AT: usize = 64;
const TABLES_AT: usize = 72;
const TABLES_LEN_AT: usize = 80;
const METADATA_AT: usize = 88;
const METADATA_LEN_AT: usize = 96;
/// Bytes of a stub, and of both.
const STUB_BYTES: usize = 16;
const STUBS_BYTES: usize = 2 * STUB_BYTES;
/// Machine code of a stub: `lea rdx | r8, [rip + distance]`, `jmp distance`, and what fills the rest.
const LEA_RDX: [u8; 3] = [0x48, 0x8d, 0x15];
const LEA_R8: [u8; 3] = [0x4c, 0x8d, 0x05];
const JMP: u8 = 0xe9;
const INT3: u8 = 0xcc;
/// Number of golden rows in an artefact.
pub const GOLDEN_ROWS: usize = 32;
const METADATA_MAX: usize = 1 << 20;
/// Maximum deviation of a golden answer.
pub const TOLERANCE: f32 = 1e-6;
/// Maximum size of a file that is read: a third more than 8,192 trees of depth 12 need.
pub const FILE_BYTES_MAX: usize = 512 << 20;

/// Rows, and the answers that the model must give for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Golden {
    /// float32 `[rows, n_features]`, row-major.
    pub rows: Vec<f32>,
    /// float32 `[rows]`, 0..1.
    pub answers: Vec<f32>,
}

/// The parsed content of a file.
pub struct Artefact {
    /// Hash of the names and order of its features.
    pub schema_hash: u64,
    /// Features per row.
    pub n_features: u32,
    /// Number of trees, 0 for other models.
    pub n_trees: u32,
    /// Rows with the answers that it must give.
    pub golden: Golden,
    /// JSON: module, features, lineage.
    pub metadata: String,
    /// Its tables; `None` for a foreign file, whose code must be executed.
    pub tables: Option<Tables>,
}

/// Writes the shared object of a model.
///
/// `golden_rows`: float32 `[rows, n_features]`; their answers are computed here from the plain form.
///
/// # Errors
/// The form does not fit tables, or its tables do not give the form's answers.
pub fn write(
    form: &Form,
    calibration: Calibration,
    schema_hash: u64,
    golden_rows: &[f32],
    metadata: &str,
) -> Result<Vec<u8>, ModelError> {
    let tables = Tables::build(form, calibration)?;
    let features = form.n_features() as usize;
    let golden = Golden {
        rows: golden_rows.to_vec(),
        answers: golden_rows
            .chunks_exact(features)
            .map(|row| form.probability(&calibration, row) as f32)
            .collect(),
    };
    let table_bytes = tables.bytes();
    check_golden(&Evaluator::new(tables), &golden, features)?;
    let constants = Constants::of(table_bytes, &golden, metadata);
    let layout = Layout::new(STUBS_BYTES + CORE.len(), constants.bytes.len());
    let code = code(&layout);
    let data = struct_bytes(form, schema_hash, &golden, &constants);
    let pointer = |at: usize, section: Section, offset: usize| Pointer { at, section, offset };
    let pointers = [
        pointer(PREDICT_AT, Section::Code, 0),
        pointer(BATCH_AT, Section::Code, STUB_BYTES),
        pointer(ROWS_AT, Section::Constants, constants.rows_at),
        pointer(ANSWERS_AT, Section::Constants, constants.answers_at),
        pointer(TABLES_AT, Section::Constants, 0),
        pointer(METADATA_AT, Section::Constants, constants.metadata_at),
    ];
    let symbols = [
        Symbol { name: "treelite_predict", section: Section::Code, offset: 0, size: STUB_BYTES },
        Symbol {
            name: "treelite_predict_batch",
            section: Section::Code,
            offset: STUB_BYTES,
            size: STUB_BYTES,
        },
        Symbol { name: "legend_model", section: Section::Data, offset: 0, size: STRUCT_BYTES },
    ];
    let content = Content { code: &code, constants: &constants.bytes, data: &data };
    Ok(elf::write(&content, &symbols, &pointers))
}

/// The constants: first the tables, then what the struct points to.
struct Constants {
    bytes: Vec<u8>,
    tables_len: usize,
    rows_at: usize,
    answers_at: usize,
    metadata_at: usize,
    metadata_len: usize,
}

impl Constants {
    fn of(tables: Vec<u8>, golden: &Golden, metadata: &str) -> Constants {
        let tables_len = tables.len();
        let mut bytes = tables;
        let mut add = |part: &[u8]| {
            let at = bytes.len().next_multiple_of(8);
            bytes.resize(at, 0);
            bytes.extend_from_slice(part);
            at
        };
        let floats =
            |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
        let rows_at = add(&floats(&golden.rows));
        let answers_at = add(&floats(&golden.answers));
        let metadata_at = add(&[metadata.as_bytes(), b"\0"].concat());
        Constants { bytes, tables_len, rows_at, answers_at, metadata_at, metadata_len: metadata.len() }
    }
}

/// One stub per function, which adds the tables' address as the last argument, then the evaluator.
fn code(layout: &Layout) -> Vec<u8> {
    let mut code = Vec::with_capacity(STUBS_BYTES + CORE.len());
    for (load, target) in [(LEA_RDX, PREDICT), (LEA_R8, BATCH)] {
        let distance = |to: usize, from: usize| ((to as i64 - from as i64) as i32).to_le_bytes();
        let at = code.len();
        // Distances count from the end of their instruction: 7 bytes, then 5.
        code.extend(load);
        code.extend(distance(layout.constants, layout.code + at + 7));
        code.push(JMP);
        code.extend(distance(STUBS_BYTES + target, at + 12));
        code.resize(at + STUB_BYTES, INT3);
    }
    code.extend_from_slice(CORE);
    code
}

/// The struct `legend_model`, whose pointers the loader fills.
fn struct_bytes(form: &Form, schema_hash: u64, golden: &Golden, constants: &Constants) -> Vec<u8> {
    let n_trees = match form {
        Form::Trees(trees) => trees.trees.len() as u32,
        Form::Network(_) => 0,
    };
    let mut data = vec![0; STRUCT_BYTES];
    let mut put_word = |at: usize, value: u32| data[at..at + 4].copy_from_slice(&value.to_le_bytes());
    put_word(MAGIC_AT, MAGIC);
    put_word(ABI_AT, ABI_VERSION);
    put_word(SIZE_AT, STRUCT_BYTES as u32);
    put_word(FLAGS_AT, HAS_TABLES);
    put_word(FEATURES_AT, form.n_features());
    put_word(TREES_AT, n_trees);
    put_word(GOLDEN_AT, golden.answers.len() as u32);
    let mut put_long = |at: usize, value: u64| data[at..at + 8].copy_from_slice(&value.to_le_bytes());
    put_long(SCHEMA_AT, schema_hash);
    put_long(TABLES_LEN_AT, constants.tables_len as u64);
    put_long(METADATA_LEN_AT, constants.metadata_len as u64);
    data
}

/// Parses and checks a file; executes nothing of it.
///
/// # Errors
/// What is wrong with it; the text follows its name.
pub fn read(bytes: &[u8]) -> Result<Artefact, ModelError> {
    let elf = Reader::open(bytes)?;
    if elf.symbol("treelite_predict").is_none() {
        return Err(ModelError::NoSymbol("treelite_predict"));
    }
    let at = elf.symbol("legend_model").ok_or(ModelError::NoSymbol("legend_model"))?;
    let cut = || ModelError::StructCutOff;
    let head = elf.at(at, STRUCT_BYTES).ok_or_else(cut)?;
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    let (abi, struct_bytes, n_features) = (word(ABI_AT), word(SIZE_AT), word(FEATURES_AT));
    let n_golden = word(GOLDEN_AT) as usize;
    if word(MAGIC_AT) != MAGIC {
        return Err(ModelError::StructMagic);
    }
    if abi != ABI_VERSION || (struct_bytes as usize) < STRUCT_BYTES {
        return Err(ModelError::Abi { abi, bytes: struct_bytes });
    }
    if n_features == 0 || n_features > FEATURES_MAX {
        return Err(ModelError::Features(n_features));
    }
    if n_golden == 0 || n_golden > GOLDEN_MAX {
        return Err(ModelError::GoldenRows(n_golden));
    }
    let part = |pointer_at: usize, len: usize| elf.at(elf.pointer(at + pointer_at)?, len);
    let floats = |pointer_at: usize, count: usize| {
        let bytes = part(pointer_at, 4 * count).ok_or(ModelError::GoldenCutOff)?;
        let numbers =
            bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        Ok::<Vec<f32>, ModelError>(numbers.collect())
    };
    let golden = Golden {
        rows: floats(ROWS_AT, n_golden * n_features as usize)?,
        answers: floats(ANSWERS_AT, n_golden)?,
    };
    let len_of = |len_at: usize, max: usize| {
        usize::try_from(long(len_at)).ok().filter(|len| *len <= max).ok_or_else(cut)
    };
    let metadata = part(METADATA_AT, len_of(METADATA_LEN_AT, METADATA_MAX)?).ok_or_else(cut)?;
    let metadata = String::from_utf8(metadata.to_vec()).map_err(|_| ModelError::Metadata)?;
    let tables = if word(FLAGS_AT) & HAS_TABLES == 0 {
        None
    } else {
        let tables = part(TABLES_AT, len_of(TABLES_LEN_AT, bytes.len())?);
        let tables = Tables::parse(tables.ok_or(ModelError::TablesCutOff)?)?;
        if tables.header().n_features != n_features {
            return Err(ModelError::OtherFeatures);
        }
        Some(tables)
    };
    let n_trees = word(TREES_AT);
    Ok(Artefact { schema_hash: long(SCHEMA_AT), n_features, n_trees, golden, metadata, tables })
}

/// Checks that the evaluator gives the golden answers.
///
/// # Errors
/// The first answer that differs.
pub fn check_golden(evaluator: &Evaluator, golden: &Golden, features: usize) -> Result<(), ModelError> {
    check_answers(golden, features, |row| evaluator.predict(row))
}

/// Like [`check_golden`], for any function.
///
/// # Errors
/// The first answer that deviates too much, is not a number, or is not a probability.
pub fn check_answers(
    golden: &Golden,
    features: usize,
    predict: impl Fn(&[f32]) -> f32,
) -> Result<(), ModelError> {
    for (at, (row, expected)) in golden.rows.chunks_exact(features).zip(&golden.answers).enumerate() {
        let got = predict(row);
        if !(0.0..=1.0).contains(&got) {
            return Err(ModelError::NoProbability { got, row: at });
        }
        if (got - expected).abs() > TOLERANCE || expected.is_nan() {
            return Err(ModelError::OtherAnswer { got, row: at, expected: *expected });
        }
    }
    Ok(())
}
