//! A model as flat tables, ready to be evaluated in place; `core_eval.rs` defines the layout.

use crate::core_eval::{Header, KIND_NETWORK, KIND_TREES, LANES, Node as FlatNode, TABLES_MAGIC, WIDTH_MAX};
use crate::error::ModelError;
use crate::form::{Calibration, Form, Network, Node, Tree, Trees};
pub use crate::limits::{DEPTH_MAX, FEATURES_MAX, TREES_MAX};

/// Maximum number of layers of a network.
const LAYERS_MAX: u32 = 8;
const HEADER_BYTES: usize = size_of::<Header>();

/// Checked tables, aligned to 8 bytes.
#[derive(Clone)]
pub struct Tables {
    words: Vec<u64>,
}

impl Tables {
    /// Lays out a model as tables.
    ///
    /// # Errors
    /// What does not fit: depth, trees, features, or values that are not numbers.
    pub fn build(form: &Form, calibration: Calibration) -> Result<Tables, ModelError> {
        let bytes = match form {
            Form::Trees(trees) => lay_trees(trees, calibration)?,
            Form::Network(network) => lay_network(network, calibration)?,
        };
        Tables::parse(&bytes)
    }

    /// Takes tables from bytes after checking every offset and index that the evaluator will use.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(bytes: &[u8]) -> Result<Tables, ModelError> {
        if bytes.len() < HEADER_BYTES {
            return Err(ModelError::TablesShort(bytes.len()));
        }
        let mut words = vec![0_u64; bytes.len().div_ceil(8)];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks(8)) {
            let mut eight = [0; 8];
            eight[..chunk.len()].copy_from_slice(chunk);
            *word = u64::from_le_bytes(eight);
        }
        let tables = Tables { words };
        tables.check(bytes.len())?;
        Ok(tables)
    }

    /// Their header.
    #[must_use]
    pub fn header(&self) -> &Header {
        // SAFETY: `parse` ensured the size of a header, aligned to 8 bytes; any bits are a valid `Header`.
        unsafe { &*self.words.as_ptr().cast::<Header>() }
    }

    /// The bytes as they are in an artefact.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn check(&self, len: usize) -> Result<(), ModelError> {
        let header = *self.header();
        let part = |offset: u64, bytes: u64| {
            let end = offset.checked_add(bytes);
            let inside = offset.is_multiple_of(4)
                && offset >= HEADER_BYTES as u64
                && end.is_some_and(|end| end <= len as u64);
            if inside { Ok(offset as usize / 4) } else { Err(ModelError::TablesBeyond) }
        };
        let words: Vec<u32> =
            self.words.iter().flat_map(|word| [*word as u32, (word >> 32) as u32]).collect();
        let finite = |from: usize, count: usize| {
            words[from..from + count].iter().all(|bits| f32::from_bits(*bits).is_finite())
        };
        if header.magic != TABLES_MAGIC {
            return Err(ModelError::TablesMagic);
        }
        if header.n_features == 0 || header.n_features > FEATURES_MAX {
            return Err(ModelError::Features(header.n_features));
        }
        if ![header.base, header.slope, header.offset].iter().all(|number| number.is_finite()) {
            return Err(ModelError::NoNumber("its base or calibration"));
        }
        match header.kind {
            KIND_TREES => {
                let sound = (1..=DEPTH_MAX).contains(&header.depth)
                    && (LANES as u32..=TREES_MAX).contains(&header.n_trees)
                    && (header.n_trees as usize).is_multiple_of(LANES);
                if !sound {
                    return Err(ModelError::TreesOfDepth { trees: header.n_trees, depth: header.depth });
                }
                let inner = ((1_u64 << header.depth) - 1) * u64::from(header.n_trees);
                let leaves = (1_u64 << header.depth) * u64::from(header.n_trees);
                let nodes_at = part(header.nodes, inner * 8)?;
                let leaves_at = part(header.leaves, leaves * 4)?;
                part(header.nan, inner)?;
                for node in words[nodes_at..nodes_at + 2 * inner as usize].chunks_exact(2) {
                    if node[1] >= header.n_features {
                        return Err(ModelError::NodeFeature);
                    }
                }
                if !finite(leaves_at, leaves as usize) {
                    return Err(ModelError::NoNumber("one of its leaves"));
                }
                let nan_at = header.nan as usize;
                let bytes = self.words.iter().flat_map(|word| word.to_le_bytes());
                if bytes.skip(nan_at).take(inner as usize).any(|byte| byte > 1) {
                    return Err(ModelError::NodeNan);
                }
            }
            KIND_NETWORK => {
                let sound = (1..=LAYERS_MAX).contains(&header.depth)
                    && (1..=WIDTH_MAX as u32).contains(&header.width)
                    && header.n_features <= WIDTH_MAX as u32;
                if !sound {
                    return Err(ModelError::NetworkShape { layers: header.depth, width: header.width });
                }
                let count = weights_of(header.n_features, header.width, header.depth);
                let scale_at = part(header.nodes, 8 * u64::from(header.n_features))?;
                let weights_at = part(header.leaves, 4 * count as u64)?;
                if !finite(scale_at, 2 * header.n_features as usize) || !finite(weights_at, count) {
                    return Err(ModelError::NoNumber("one of its weights"));
                }
            }
            other => return Err(ModelError::Kind(other)),
        }
        Ok(())
    }
}

/// Number of a network's weights, including biases.
#[must_use]
pub fn weights_of(n_features: u32, width: u32, layers: u32) -> usize {
    let (mut count, mut wide) = (0, n_features as usize);
    for layer in 0..layers {
        let units = if layer + 1 == layers { 1 } else { width as usize };
        count += units * (wide + 1);
        wide = units;
    }
    count
}

/// What follows the header.
struct Parts {
    /// Nodes, or a network's scale.
    nodes: Vec<u8>,
    /// Leaves, or a network's weights.
    leaves: Vec<u8>,
    /// NaN bytes; empty for a network.
    nan: Vec<u8>,
}

/// The header, then the parts one after the other, each aligned to 8 bytes; sets their offsets.
fn join(mut header: Header, parts: Parts) -> Vec<u8> {
    let mut body = vec![0; HEADER_BYTES];
    let mut add = |part: Vec<u8>| {
        let offset = body.len() as u64;
        body.extend(part);
        body.resize(body.len().next_multiple_of(8), 0);
        offset
    };
    header.nodes = add(parts.nodes);
    header.leaves = add(parts.leaves);
    header.nan = add(parts.nan);
    let Header { magic, kind, n_features, depth, n_trees, width, base, slope, offset, reserved, .. } = header;
    let small = [magic, kind, n_features, depth, n_trees, width].map(u32::to_le_bytes);
    let floats = [base, slope, offset].map(f32::to_le_bytes);
    let head = [small.concat(), floats.concat(), reserved.to_le_bytes().to_vec()].concat();
    let offsets = [header.nodes, header.leaves, header.nan].map(u64::to_le_bytes);
    let head = [head, offsets.concat()].concat();
    body[..HEADER_BYTES].copy_from_slice(&head);
    body
}

fn lay_trees(trees: &Trees, calibration: Calibration) -> Result<Vec<u8>, ModelError> {
    let depth = trees.depth().max(1);
    if depth > DEPTH_MAX {
        return Err(ModelError::TooDeep(depth));
    }
    let n_trees = trees.trees.len().max(1).next_multiple_of(LANES);
    let inner = (1_usize << depth) - 1;
    let mut nodes = vec![FlatNode { threshold: f32::INFINITY, feature: 0 }; n_trees * inner];
    let mut leaves = vec![0.0_f32; n_trees * (inner + 1)];
    let mut nan = vec![0_u8; n_trees * inner];
    for (number, tree) in trees.trees.iter().enumerate() {
        let mut flat = PerfectTree {
            tree,
            inner,
            nodes: &mut nodes[number * inner..(number + 1) * inner],
            nan: &mut nan[number * inner..(number + 1) * inner],
            leaves: &mut leaves[number * (inner + 1)..(number + 1) * (inner + 1)],
        };
        flat.fill(0, 0);
    }
    let header = Header {
        magic: TABLES_MAGIC,
        kind: KIND_TREES,
        n_features: trees.n_features,
        depth,
        n_trees: n_trees as u32,
        base: trees.base,
        slope: calibration.slope,
        offset: calibration.offset,
        ..Header::default()
    };
    let flat =
        nodes.iter().flat_map(|node| [node.threshold.to_le_bytes(), node.feature.to_le_bytes()].concat());
    let leaves = leaves.iter().flat_map(|leaf| leaf.to_le_bytes()).collect();
    Ok(join(header, Parts { nodes: flat.collect(), leaves, nan }))
}

/// A tree as a perfect binary tree, breadth first.
struct PerfectTree<'a> {
    tree: &'a Tree,
    inner: usize,
    nodes: &'a mut [FlatNode],
    nan: &'a mut [u8],
    leaves: &'a mut [f32],
}

impl PerfectTree<'_> {
    /// Puts node `from` of the tree at `at`; a leaf above the bottom is put under both of its children.
    fn fill(&mut self, from: usize, at: usize) {
        match self.tree.0[from] {
            Node::Leaf(value) if at >= self.inner => self.leaves[at - self.inner] = value,
            Node::Leaf(_) => {
                self.fill(from, 2 * at + 1);
                self.fill(from, 2 * at + 2);
            }
            Node::Split { feature, threshold, left, right, nan_right } => {
                self.nodes[at] = FlatNode { threshold, feature };
                self.nan[at] = u8::from(nan_right);
                self.fill(left as usize, 2 * at + 1);
                self.fill(right as usize, 2 * at + 2);
            }
        }
    }
}

fn lay_network(network: &Network, calibration: Calibration) -> Result<Vec<u8>, ModelError> {
    let count = weights_of(network.n_features, network.width, network.layers);
    if network.weights.len() != count || network.scale.len() != network.n_features as usize {
        return Err(ModelError::Weights { has: network.weights.len(), need: count });
    }
    let header = Header {
        magic: TABLES_MAGIC,
        kind: KIND_NETWORK,
        n_features: network.n_features,
        depth: network.layers,
        width: network.width,
        slope: calibration.slope,
        offset: calibration.offset,
        ..Header::default()
    };
    let scale = network
        .scale
        .iter()
        .flat_map(|scale| [scale.mean, scale.factor])
        .flat_map(f32::to_le_bytes)
        .collect();
    let weights = network.weights.iter().flat_map(|weight| weight.to_le_bytes()).collect();
    Ok(join(header, Parts { nodes: scale, leaves: weights, nan: Vec::new() }))
}
