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

use crate::elf::{self, Home, Layout, Pointer, Reader, Symbol};
use crate::error::ModelError;
use crate::evaluate::Evaluator;
use crate::form::{Calibration, Form};
pub use crate::limits::{ABI_VERSION, GOLDEN_MAX};
use crate::limits::{FEATURES_MAX, STRUCT_BYTES};
use crate::tables::Tables;

include!(concat!(env!("OUT_DIR"), "/places.rs"));
/// The evaluator's machine code with its constants.
const CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/core.bin"));

/// First u32 of `legend_model`: `LGMD`.
pub const MAGIC: u32 = 0x444D_474C;
const HAS_TABLES: u32 = 1;
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
    let n_trees = match form {
        Form::Trees(trees) => trees.trees.len() as u32,
        Form::Network(_) => 0,
    };
    let table_bytes = tables.bytes();
    check_golden(&Evaluator::new(tables), &golden, features)?;
    // Code: one stub per function, which adds the tables' address as the last argument, then the evaluator.
    let stubs = 32;
    let code_len = stubs + CORE.len();
    let mut constants = table_bytes;
    let place = |constants: &mut Vec<u8>, bytes: &[u8]| {
        let at = constants.len().next_multiple_of(8);
        constants.resize(at, 0);
        constants.extend_from_slice(bytes);
        at
    };
    let tables_len = constants.len();
    let floats = |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
    let rows_at = place(&mut constants, &floats(&golden.rows));
    let answers_at = place(&mut constants, &floats(&golden.answers));
    let metadata_at = place(&mut constants, &[metadata.as_bytes(), b"\0"].concat());
    let layout = Layout::new(code_len, constants.len());
    let mut code = Vec::with_capacity(code_len);
    for (load, target) in [([0x48, 0x8d, 0x15], PREDICT), ([0x4c, 0x8d, 0x05], BATCH)] {
        let distance = |to: usize, from: usize| ((to as i64 - from as i64) as i32).to_le_bytes();
        let at = code.len();
        code.extend(load); // lea rdx | r8, [rip + tables]
        code.extend(distance(layout.constants, layout.code + at + 7));
        code.push(0xe9); // jmp
        code.extend(distance(stubs + target, at + 12));
        code.resize(at + 16, 0xcc);
    }
    code.extend_from_slice(CORE);
    let head = [MAGIC, ABI_VERSION, STRUCT_BYTES as u32, HAS_TABLES].map(u32::to_le_bytes).concat();
    let mut data = [head, schema_hash.to_le_bytes().to_vec()].concat();
    let counts = [form.n_features(), n_trees, golden.answers.len() as u32, 0].map(u32::to_le_bytes).concat();
    data.extend(counts);
    let pointers = [
        (40, Home::Code, 0),
        (48, Home::Code, 16),
        (56, Home::Constants, rows_at),
        (64, Home::Constants, answers_at),
        (72, Home::Constants, 0),
        (88, Home::Constants, metadata_at),
    ];
    data.resize(STRUCT_BYTES, 0);
    data[80..88].copy_from_slice(&(tables_len as u64).to_le_bytes());
    data[96..104].copy_from_slice(&(metadata.len() as u64).to_le_bytes());
    let symbols = [
        Symbol { name: "treelite_predict", home: Home::Code, offset: 0, size: 16 },
        Symbol { name: "treelite_predict_batch", home: Home::Code, offset: 16, size: 16 },
        Symbol { name: "legend_model", home: Home::Data, offset: 0, size: STRUCT_BYTES },
    ];
    let pointers = pointers.map(|(at, home, offset)| Pointer { at, home, offset });
    Ok(elf::write(&code, &constants, &data, &symbols, &pointers))
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
    if word(0) != MAGIC {
        return Err(ModelError::StructMagic);
    }
    if word(4) != ABI_VERSION || (word(8) as usize) < STRUCT_BYTES {
        return Err(ModelError::Abi { abi: word(4), bytes: word(8) });
    }
    let (n_features, n_golden) = (word(24), word(32) as usize);
    if n_features == 0 || n_features > FEATURES_MAX {
        return Err(ModelError::Features(n_features));
    }
    if n_golden == 0 || n_golden > GOLDEN_MAX {
        return Err(ModelError::GoldenRows(n_golden));
    }
    let part = |pointer: usize, len: usize| elf.at(elf.pointer(at + pointer)?, len);
    let floats = |pointer: usize, count: usize| {
        let bytes = part(pointer, 4 * count).ok_or(ModelError::GoldenCutOff)?;
        let numbers =
            bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        Ok::<Vec<f32>, ModelError>(numbers.collect())
    };
    let golden = Golden { rows: floats(56, n_golden * n_features as usize)?, answers: floats(64, n_golden)? };
    let len = usize::try_from(long(96)).ok().filter(|len| *len <= METADATA_MAX).ok_or_else(cut)?;
    let metadata = part(88, len).ok_or_else(cut)?;
    let metadata = String::from_utf8(metadata.to_vec()).map_err(|_| ModelError::Metadata)?;
    let tables = if word(12) & HAS_TABLES == 0 {
        None
    } else {
        let len = usize::try_from(long(80)).ok().filter(|len| *len <= bytes.len()).ok_or_else(cut)?;
        let tables = Tables::parse(part(72, len).ok_or(ModelError::TablesCutOff)?)?;
        if tables.header().n_features != n_features {
            return Err(ModelError::OtherFeatures);
        }
        Some(tables)
    };
    Ok(Artefact { schema_hash: long(16), n_features, n_trees: word(28), golden, metadata, tables })
}

/// Checks that the evaluator gives the golden answers.
///
/// # Errors
/// The first answer that differs.
pub fn check_golden(evaluator: &Evaluator, golden: &Golden, features: usize) -> Result<(), ModelError> {
    check_answers(golden, features, |row| evaluator.predict(row))
}

/// As [`check_golden`], for any function.
///
/// # Errors
/// The first answer that deviates too much, is not a number, or is not a probability.
pub fn check_answers(
    golden: &Golden,
    features: usize,
    predict: impl Fn(&[f32]) -> f32,
) -> Result<(), ModelError> {
    for (at, (row, wanted)) in golden.rows.chunks_exact(features).zip(&golden.answers).enumerate() {
        let got = predict(row);
        if !(0.0..=1.0).contains(&got) {
            return Err(ModelError::NoProbability { got, row: at });
        }
        if (got - wanted).abs() > TOLERANCE || wanted.is_nan() {
            return Err(ModelError::OtherAnswer { got, row: at, wanted: *wanted });
        }
    }
    Ok(())
}
