//! Why a file, tables or a trainer's output are not used; the texts follow the name.

use crate::limits::{ABI_VERSION, DEPTH_MAX, FEATURES_MAX, GOLDEN_MAX, STRUCT_BYTES, TREES_MAX};

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Not the ELF file of a shared object, or incomplete.
    #[error("it is not a shared object of this machine")]
    NoSharedObject,
    /// Machine code of another processor.
    #[error("it is for another processor")]
    OtherProcessor,
    /// The file ends before something it refers to.
    #[error("it is cut off")]
    CutOff,
    /// A required symbol is missing.
    #[error("it has no symbol {0}")]
    NoSymbol(&'static str),
    /// Its struct ends before something it refers to.
    #[error("its legend_model is cut off")]
    StructCutOff,
    /// Its struct has another magic number.
    #[error("its legend_model begins with another magic number")]
    StructMagic,
    /// A struct layout that this version does not read.
    #[error("its ABI is {abi} with {bytes} bytes, need {ABI_VERSION} with {STRUCT_BYTES}")]
    Abi {
        /// Its version.
        abi: u32,
        /// The size of its struct.
        bytes: u32,
    },
    /// Too many features, or none.
    #[error("it reads {0} features, need 1..{FEATURES_MAX}")]
    Features(u32),
    /// Too many golden rows, or none.
    #[error("it has {0} golden rows, need 1..{GOLDEN_MAX}")]
    GoldenRows(usize),
    /// Golden rows reach beyond the file.
    #[error("its golden rows are cut off")]
    GoldenCutOff,
    /// The metadata are not UTF-8.
    #[error("its metadata is not text")]
    Metadata,
    /// The tables reach beyond the file.
    #[error("its tables are cut off")]
    TablesCutOff,
    /// The tables have another number of features than the file.
    #[error("its tables and its header have different numbers of features")]
    OtherFeatures,
    /// An answer outside 0..1, or NaN.
    #[error("it returns {got} for golden row {row}, need a probability 0..1")]
    NoProbability {
        /// The answer.
        got: f32,
        /// The row's index, from 0.
        row: usize,
    },
    /// An answer differs from the golden one.
    #[error("it returns {got} for golden row {row}, need {expected}")]
    OtherAnswer {
        /// The answer.
        got: f32,
        /// The row's index, from 0.
        row: usize,
        /// The golden answer.
        expected: f32,
    },
    /// The tables are shorter than their header.
    #[error("its tables are cut off at {0} bytes")]
    TablesShort(usize),
    /// A part of the tables reaches beyond their end.
    #[error("its tables reach beyond their end")]
    TablesBeyond,
    /// The tables have another magic number.
    #[error("its tables begin with another magic number")]
    TablesMagic,
    /// NaN or infinity where a number is required.
    #[error("{0} is not a number")]
    NoNumber(&'static str),
    /// Trees that the evaluator cannot walk.
    #[error("it has {trees} trees of depth {depth}, which the evaluator cannot walk")]
    TreesOfDepth {
        /// Their number.
        trees: u32,
        /// Their depth.
        depth: u32,
    },
    /// A node splits by a feature that the row does not have.
    #[error("one of its nodes reads a feature that its rows do not have")]
    NodeFeature,
    /// A node's NaN byte means neither left nor right.
    #[error("one of its nodes sends a NaN neither left nor right")]
    NodeNan,
    /// A network that the evaluator cannot run.
    #[error("its network has {layers} layers of width {width}, which the evaluator cannot run")]
    NetworkShape {
        /// Its number of layers.
        layers: u32,
        /// Its width.
        width: u32,
    },
    /// Tables of an unknown kind.
    #[error("it is of kind {0}, which this version does not know")]
    Kind(u32),
    /// Trees too deep for tables.
    #[error("its trees are {0} deep, need at most {DEPTH_MAX}")]
    TooDeep(u32),
    /// A network whose number of weights does not match its shape.
    #[error("its network has {has} weights, need {need}")]
    Weights {
        /// Number of its weights.
        has: usize,
        /// Number that its shape needs.
        need: usize,
    },
    /// More trees than the maximum.
    #[error("it has {0} trees, need at most {TREES_MAX}")]
    TooManyTrees(usize),
    /// XGBoost's model cannot be parsed.
    #[error("XGBoost's model is not JSON: {0}")]
    NoJson(#[source] serde_json::Error),
    /// A trainer's model lacks something required.
    #[error("{trainer}'s model has no {name}")]
    Missing {
        /// The trainer.
        trainer: &'static str,
        /// What is missing.
        name: String,
    },
    /// A trainer's model answers something other than a probability.
    #[error("{trainer}'s model is of objective {objective}, need {need}")]
    Objective {
        /// The trainer.
        trainer: &'static str,
        /// Its objective.
        objective: String,
        /// The supported objective.
        need: &'static str,
    },
    /// Impossible numbers in XGBoost's model.
    #[error("XGBoost's model has base_score {base_score} and {features} features, which cannot be")]
    XgboostNumbers {
        /// The probability that its trees start from.
        base_score: f64,
        /// Its number of features.
        features: u32,
    },
    /// A field of LightGBM's model that is not a number.
    #[error("LightGBM's max_feature_idx is not a number")]
    MaxFeature,
    /// LightGBM's model reads too many features.
    #[error("LightGBM's model has {0} features, need at most {FEATURES_MAX}")]
    LightgbmFeatures(u32),
    /// A tree lacks a required field.
    #[error("a tree of {0}'s model is malformed")]
    Tree(&'static str),
}
