//! Size limits of a model, and the layout of its struct.

/// Version of the layout of `legend_model`.
pub const ABI_VERSION: u32 = 1;
/// Size of `legend_model` in bytes.
pub(crate) const STRUCT_BYTES: usize = 128;
/// Maximum number of golden rows read.
pub const GOLDEN_MAX: usize = 4_096;
/// Maximum depth of a tree: a perfect tree of this depth has 4,096 leaves.
pub const DEPTH_MAX: u32 = 12;
/// Maximum number of trees.
pub const TREES_MAX: u32 = 8_192;
/// Maximum features of a row.
pub const FEATURES_MAX: u32 = 1_024;
