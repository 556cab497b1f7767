// The evaluator, in one file without dependencies: build.rs compiles it once to the machine code in every
// artefact, and src/evaluate.rs compiles it as a module of the engine. Two compilations of one source cannot
// disagree.
//
// Tables: a `Header`, then at its offsets the nodes of perfect binary trees, breadth first, and their leaves,
// or the weights of a network. A row goes right where `x >= threshold`; for a NaN the `nan` byte decides.

/// What precedes the tables. Offsets are bytes from the start of the header.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Header {
    /// `TABLES_MAGIC`.
    pub magic: u32,
    /// `KIND_TREES` or `KIND_NETWORK`.
    pub kind: u32,
    /// Features of a row that are read.
    pub n_features: u32,
    /// Trees: levels of each. Network: number of weight layers.
    pub depth: u32,
    /// Trees: their number, a multiple of `LANES`. Network: 0.
    pub n_trees: u32,
    /// Network: width of every hidden layer.
    pub width: u32,
    /// Added to the sum of the leaves.
    pub base: f32,
    /// The answer is the logistic of `slope * margin + offset`.
    pub slope: f32,
    /// See `slope`.
    pub offset: f32,
    /// Always 0; keeps the following fields aligned to 8 bytes.
    pub reserved: u32,
    /// Offset of the nodes, or of the network's means.
    pub nodes: u64,
    /// Offset of the leaves, or of the network's weights.
    pub leaves: u64,
    /// Offset of the NaN bytes, one per node: 1 = a NaN goes right.
    pub nan: u64,
}

/// One node.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// The row goes right unless its feature is below this.
    pub threshold: f32,
    /// Index of the feature.
    pub feature: u32,
}

/// First u32 of a header: `LGMT`.
pub const TABLES_MAGIC: u32 = 0x544D_474C;
/// Trees.
pub const KIND_TREES: u32 = 0;
/// A network of equally wide hidden layers.
pub const KIND_NETWORK: u32 = 1;
/// Number of trees that are walked in parallel.
pub const LANES: usize = 16;
/// Number of rows that are walked in parallel.
pub const ROWS: usize = 8;
/// Maximum width of a layer, and maximum features of a network.
pub const WIDTH_MAX: usize = 64;

/// `1 / (1 + e^-x)`, within 2e-7.
#[inline(always)]
fn logistic(x: f32) -> f32 {
    let z = if x > 80.0 {
        -80.0
    } else if x < -80.0 {
        80.0
    } else {
        -x
    };
    let k = z * core::f32::consts::LOG2_E;
    let i = if k >= 0.0 { (k + 0.5) as i32 } else { (k - 0.5) as i32 };
    let n = i as f32;
    // Cephes: ln 2 in two parts, then a polynomial on -ln2/2..ln2/2.
    let f = z - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let mut p = 1.987_569_1e-4_f32;
    p = p * f + 1.398_2e-3;
    p = p * f + 8.333_452e-3;
    p = p * f + 4.166_579_6e-2;
    p = p * f + 1.666_666_5e-1;
    p = p * f + 5e-1;
    let e = p * f * f + f + 1.0;
    1.0 / (1.0 + e * f32::from_bits(((i + 127) as u32) << 23))
}

/// The sum of one row's leaves, with the trees in parallel; `levels` is a constant where the caller knows it.
///
/// # Safety
/// As `predict`; no feature of the row is NaN.
#[inline(always)]
unsafe fn trees(x: *const f32, h: *const Header, levels: u32) -> f32 {
    // SAFETY: the header's offsets and every node's feature were checked when the tables were made or read.
    unsafe {
        let inner = (1_usize << levels) - 1;
        let mut node = (h as *const u8).add((*h).nodes as usize) as *const Node;
        let mut leaf = (h as *const u8).add((*h).leaves as usize) as *const f32;
        let mut sums = [0.0_f32; LANES];
        let mut left = (*h).n_trees as usize;
        while left > 0 {
            let mut at = [0_usize; LANES];
            let mut level = 0;
            while level < levels {
                let mut lane = 0;
                while lane < LANES {
                    let n = *node.add(lane * inner + at[lane]);
                    at[lane] = 2 * at[lane] + 1 + usize::from(*x.add(n.feature as usize) >= n.threshold);
                    lane += 1;
                }
                level += 1;
            }
            let mut lane = 0;
            while lane < LANES {
                sums[lane] += *leaf.add(lane * (inner + 1) + at[lane] - inner);
                lane += 1;
            }
            node = node.add(LANES * inner);
            leaf = leaf.add(LANES * (inner + 1));
            left -= LANES;
        }
        let mut sum = (*h).base;
        let mut lane = 0;
        while lane < LANES {
            sum += sums[lane];
            lane += 1;
        }
        sum
    }
}

/// As `trees`, for a row that contains NaN.
///
/// # Safety
/// As `predict`.
#[inline(always)]
unsafe fn trees_with_nan(x: *const f32, h: *const Header) -> f32 {
    // SAFETY: the header's offsets and every node's feature were checked when the tables were made or read.
    unsafe {
        let levels = (*h).depth;
        let inner = (1_usize << levels) - 1;
        let nodes = (h as *const u8).add((*h).nodes as usize) as *const Node;
        let leaves = (h as *const u8).add((*h).leaves as usize) as *const f32;
        let nan = (h as *const u8).add((*h).nan as usize);
        let mut sums = [0.0_f32; LANES];
        let mut tree = 0;
        while tree < (*h).n_trees as usize {
            let (mut at, mut level) = (0_usize, 0);
            while level < levels {
                let n = *nodes.add(tree * inner + at);
                let value = *x.add(n.feature as usize);
                let right = if value.is_nan() {
                    *nan.add(tree * inner + at) as usize
                } else {
                    usize::from(value >= n.threshold)
                };
                at = 2 * at + 1 + right;
                level += 1;
            }
            sums[tree % LANES] += *leaves.add(tree * (inner + 1) + at - inner);
            tree += 1;
        }
        let mut sum = (*h).base;
        let mut lane = 0;
        while lane < LANES {
            sum += sums[lane];
            lane += 1;
        }
        sum
    }
}

/// The output of a network: rows are centred and scaled (a NaN becomes the mean), then each layer is a
/// matrix, a bias and, except for the last one, max(0, x).
///
/// # Safety
/// As `predict`.
#[inline(always)]
unsafe fn network(x: *const f32, h: *const Header) -> f32 {
    // SAFETY: widths are at most `WIDTH_MAX`; all offsets were checked when the tables were made or read.
    unsafe {
        let inputs = (*h).n_features as usize;
        let scale = (h as *const u8).add((*h).nodes as usize) as *const f32;
        let mut weight = (h as *const u8).add((*h).leaves as usize) as *const f32;
        let mut held = core::mem::MaybeUninit::<[f32; WIDTH_MAX]>::uninit();
        let mut next = core::mem::MaybeUninit::<[f32; WIDTH_MAX]>::uninit();
        let (mut from, mut to) = (held.as_mut_ptr() as *mut f32, next.as_mut_ptr() as *mut f32);
        let mut at = 0;
        while at < inputs {
            let value = *x.add(at);
            let z = (value - *scale.add(2 * at)) * *scale.add(2 * at + 1);
            // Values far out are clamped: an infinity times a weight of 0 would be NaN.
            let z = if z.is_nan() { 0.0 } else { z.clamp(-10.0, 10.0) };
            *from.add(at) = z;
            at += 1;
        }
        let mut wide = inputs;
        let mut layer = 0;
        while layer < (*h).depth {
            let last = layer + 1 == (*h).depth;
            let out = if last { 1 } else { (*h).width as usize };
            let mut unit = 0;
            while unit < out {
                let mut sum = *weight.add(wide);
                let mut k = 0;
                while k < wide {
                    sum += *weight.add(k) * *from.add(k);
                    k += 1;
                }
                weight = weight.add(wide + 1);
                *to.add(unit) = if !last && sum < 0.0 { 0.0 } else { sum };
                unit += 1;
            }
            wide = out;
            core::mem::swap(&mut from, &mut to);
            layer += 1;
        }
        *from + (*h).base
    }
}

/// The answer for one row of `n` numbers; NaN if `n` is less than the model reads.
///
/// # Safety
/// `x` is valid for `n` reads; `h` precedes tables that were checked (`Tables::parse`).
#[inline(always)]
pub unsafe fn predict(x: *const f32, n: usize, h: *const Header) -> f32 {
    // SAFETY: `x` is read only below `n_features`, at most `n`; the caller guarantees checked tables.
    unsafe {
        let features = (*h).n_features as usize;
        if n < features {
            return f32::from_bits(0x7fc0_0000);
        }
        let margin = if (*h).kind == KIND_NETWORK {
            network(x, h)
        } else {
            let (mut has_nan, mut at) = (false, 0);
            while at < features {
                has_nan |= (*x.add(at)).is_nan();
                at += 1;
            }
            if has_nan {
                trees_with_nan(x, h)
            } else {
                match (*h).depth {
                    4 => trees(x, h, 4),
                    6 => trees(x, h, 6),
                    8 => trees(x, h, 8),
                    levels => trees(x, h, levels),
                }
            }
        };
        logistic((*h).slope * margin + (*h).offset)
    }
}

/// Eight rows through each tree at once, so that a tree's nodes stay in the fastest cache.
///
/// # Safety
/// As `predict_batch`; no number of the rows is NaN.
#[inline(always)]
unsafe fn block(x: *const f32, stride: usize, out: *mut f32, h: *const Header, levels: u32) {
    // SAFETY: the header's offsets and every node's feature were checked when the tables were made or read.
    unsafe {
        let inner = (1_usize << levels) - 1;
        let mut node = (h as *const u8).add((*h).nodes as usize) as *const Node;
        let mut leaf = (h as *const u8).add((*h).leaves as usize) as *const f32;
        let mut sums = [(*h).base; ROWS];
        let mut tree = 0;
        while tree < (*h).n_trees {
            let mut at = [0_usize; ROWS];
            let mut level = 0;
            while level < levels {
                let mut row = 0;
                while row < ROWS {
                    let n = *node.add(at[row]);
                    let right = *x.add(row * stride + n.feature as usize) >= n.threshold;
                    at[row] = 2 * at[row] + 1 + usize::from(right);
                    row += 1;
                }
                level += 1;
            }
            let mut row = 0;
            while row < ROWS {
                sums[row] += *leaf.add(at[row] - inner);
                row += 1;
            }
            node = node.add(inner);
            leaf = leaf.add(inner + 1);
            tree += 1;
        }
        let mut row = 0;
        while row < ROWS {
            *out.add(row) = logistic((*h).slope * sums[row] + (*h).offset);
            row += 1;
        }
    }
}

/// The answers for `rows` rows, `stride` numbers apart.
///
/// # Safety
/// `x` is valid for `rows * stride` reads, `out` for `rows` writes; `h` as in `predict`.
#[inline(always)]
pub unsafe fn predict_batch(x: *const f32, rows: usize, stride: usize, out: *mut f32, h: *const Header) {
    // SAFETY: the caller guarantees `rows * stride` reads, `rows` writes, and checked tables.
    unsafe {
        let features = (*h).n_features as usize;
        let mut row = 0;
        while row + ROWS <= rows && (*h).kind == KIND_TREES && stride >= features {
            let from = x.add(row * stride);
            let (mut has_nan, mut each) = (false, 0);
            while each < ROWS {
                let mut at = 0;
                while at < features {
                    let value = *from.add(each * stride + at);
                    has_nan |= value.is_nan();
                    at += 1;
                }
                each += 1;
            }
            if has_nan {
                let mut each = 0;
                while each < ROWS {
                    *out.add(row + each) = predict(from.add(each * stride), stride, h);
                    each += 1;
                }
            } else {
                match (*h).depth {
                    6 => block(from, stride, out.add(row), h, 6),
                    8 => block(from, stride, out.add(row), h, 8),
                    levels => block(from, stride, out.add(row), h, levels),
                }
            }
            row += ROWS;
        }
        while row < rows {
            *out.add(row) = predict(x.add(row * stride), stride, h);
            row += 1;
        }
    }
}
