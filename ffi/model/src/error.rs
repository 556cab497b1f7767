//! Why a file, tables or what a trainer wrote is not used: said behind its name.

use crate::limits::{ABI_VERSION, DEPTH_MAX, FEATURES_MAX, GOLDEN_MAX, STRUCT_BYTES, TREES_MAX};

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// No ELF file of a shared object, or without what one has.
    #[error("it is no shared object of this machine")]
    NoSharedObject,
    /// Machine code of another processor.
    #[error("it is of another processor")]
    OtherProcessor,
    /// The file ends before what it names.
    #[error("it is cut off")]
    CutOff,
    /// One of the symbols that it must have.
    #[error("it has no symbol {0}")]
    NoSymbol(&'static str),
    /// Its struct ends before what it names.
    #[error("its legend_model is cut off")]
    StructCutOff,
    /// Another first number.
    #[error("its legend_model does not begin as one does")]
    StructMagic,
    /// A layout that this version does not read.
    #[error("its ABI is {abi} with {bytes} bytes, need {ABI_VERSION} with {STRUCT_BYTES}")]
    Abi {
        /// Its number.
        abi: u32,
        /// The size of its struct.
        bytes: u32,
    },
    /// Too many numbers of a row, or none.
    #[error("it reads {0} features, need 1..{FEATURES_MAX}")]
    Features(u32),
    /// Too many golden rows, or none.
    #[error("it has {0} golden rows, need 1..{GOLDEN_MAX}")]
    GoldenRows(usize),
    /// Golden rows reach beyond the file.
    #[error("its golden rows are cut off")]
    GoldenCutOff,
    /// Metadata that are not UTF-8.
    #[error("its metadata is no text")]
    Metadata,
    /// Tables reach beyond the file.
    #[error("its tables are cut off")]
    TablesCutOff,
    /// The tables say another number of features than the file.
    #[error("its tables read another number of features than it says")]
    OtherFeatures,
    /// An answer that is no number of 0..1.
    #[error("it answers {got} to golden row {row}, need a probability 0..1")]
    NoProbability {
        /// The answer.
        got: f32,
        /// Of this row, from 0.
        row: usize,
    },
    /// Another answer than the golden one.
    #[error("it answers {got} to golden row {row}, need {wanted}")]
    OtherAnswer {
        /// The answer.
        got: f32,
        /// Of this row, from 0.
        row: usize,
        /// The golden answer.
        wanted: f32,
    },
    /// Tables that are shorter than their header.
    #[error("its tables are cut off at {0} bytes")]
    TablesShort(usize),
    /// A part of the tables reaches beyond them.
    #[error("its tables reach beyond their end")]
    TablesBeyond,
    /// Another first number of the tables.
    #[error("its tables do not begin as tables do")]
    TablesMagic,
    /// NaN or infinity where a number must be.
    #[error("{0} is no number")]
    NoNumber(&'static str),
    /// Trees that the evaluator does not walk.
    #[error("it has {trees} trees of depth {depth}")]
    TreesOfDepth {
        /// How many.
        trees: u32,
        /// How deep.
        depth: u32,
    },
    /// A split by a feature beyond the row.
    #[error("a node of it reads a feature that is not there")]
    NodeFeature,
    /// Neither left nor right.
    #[error("a node of it does not say where a NaN goes")]
    NodeNan,
    /// A network that the evaluator does not run.
    #[error("its network is {layers} layers of {width}")]
    NetworkShape {
        /// How many.
        layers: u32,
        /// How wide.
        width: u32,
    },
    /// Tables of something else.
    #[error("it is of kind {0}, which this version does not know")]
    Kind(u32),
    /// Trees that do not fit the tables.
    #[error("its trees are {0} deep, need at most {DEPTH_MAX}")]
    TooDeep(u32),
    /// A network whose weights are not as many as its shape has.
    #[error("its network has {has} weights, need {need}")]
    Weights {
        /// Weights that there are.
        has: usize,
        /// Weights of its shape.
        need: usize,
    },
    /// More trees than are read.
    #[error("it has {0} trees, need at most {TREES_MAX}")]
    TooManyTrees(usize),
    /// XGBoost's model cannot be parsed.
    #[error("XGBoost's model is no JSON: {0}")]
    NoJson(#[source] serde_json::Error),
    /// A trainer's model lacks what it must have.
    #[error("{trainer}'s model has no {name}")]
    Missing {
        /// Who wrote it.
        trainer: &'static str,
        /// What is missing.
        name: String,
    },
    /// A trainer's model answers something else than a probability.
    #[error("{trainer}'s model is of objective {objective}, need {need}")]
    Objective {
        /// Who wrote it.
        trainer: &'static str,
        /// Its objective.
        objective: String,
        /// The one that is read.
        need: &'static str,
    },
    /// Numbers of XGBoost's model that cannot be.
    #[error("XGBoost's model has base_score {base_score} and {features} features")]
    XgboostNumbers {
        /// The probability that its trees begin at.
        base_score: f64,
        /// Numbers of a row.
        features: u32,
    },
    /// A number of LightGBM's model that is none.
    #[error("LightGBM's max_feature_idx is no number")]
    MaxFeature,
    /// LightGBM's model reads too many numbers of a row.
    #[error("LightGBM's model has {0} features, need at most {FEATURES_MAX}")]
    LightgbmFeatures(u32),
    /// A tree without what each has.
    #[error("a tree of {0}'s model is not as trees are")]
    Tree(&'static str),
}
