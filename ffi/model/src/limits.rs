//! What a model may have at most, and the layout of its struct.

/// Version of the layout of `legend_model`.
pub const ABI_VERSION: u32 = 1;
/// Bytes of `legend_model`.
pub(crate) const STRUCT_BYTES: usize = 128;
/// Most golden rows that are read.
pub const GOLDEN_MAX: usize = 4_096;
/// Deepest tree: a perfect tree of it has 4,096 leaves.
pub const DEPTH_MAX: u32 = 12;
/// Most trees.
pub const TREES_MAX: u32 = 8_192;
/// Most numbers of a row.
pub const FEATURES_MAX: u32 = 1_024;
