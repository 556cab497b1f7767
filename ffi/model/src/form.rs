//! A model in its trainer's form, before it becomes tables, and its answers, computed in the plain way.

/// One node of a tree: an inner one, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node {
    /// Right where `x[feature] >= threshold`, left below; for a NaN, `nan_right` decides. No value reaches a
    /// threshold that is NaN.
    Split {
        /// Index of the feature.
        feature: u32,
        /// The value it is compared with.
        threshold: f32,
        /// Index of the left child in the tree's list.
        left: u32,
        /// Index of the right child.
        right: u32,
        /// Where a NaN goes.
        nan_right: bool,
    },
    /// Added to the margin.
    Leaf(f32),
}

/// Nodes; the first is the root.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree(pub Vec<Node>);

/// A boosted ensemble.
#[derive(Clone, Debug, PartialEq)]
pub struct Trees {
    /// Features of a row.
    pub n_features: u32,
    /// The margin without any tree.
    pub base: f32,
    /// The trees, in the order in which they were grown.
    pub trees: Vec<Tree>,
}

/// How a feature becomes an input of a network: `(value - mean) * factor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeatureScale {
    /// Mean of the training rows.
    pub mean: f32,
    /// Reciprocal of the standard deviation of the training rows; 0 for a feature without effect.
    pub factor: f32,
}

/// A network of equally wide hidden layers with max(0, x) between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Features of a row.
    pub n_features: u32,
    /// Width of each hidden layer.
    pub width: u32,
    /// Number of weight layers; the last one has one output.
    pub layers: u32,
    /// How each feature is scaled.
    pub scale: Vec<FeatureScale>,
    /// By layer, then by unit: its weights, then its bias.
    pub weights: Vec<f32>,
}

/// Platt's calibration: the probability is the logistic of `slope * margin + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// 1 = as trained.
    pub slope: f32,
    /// 0 = as trained.
    pub offset: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Calibration { slope: 1.0, offset: 0.0 }
    }
}

/// Any model that can become an artefact.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A boosted ensemble.
    Trees(Trees),
    /// A network.
    Network(Network),
}

impl Form {
    /// Features of a row.
    #[must_use]
    pub fn n_features(&self) -> u32 {
        match self {
            Form::Trees(trees) => trees.n_features,
            Form::Network(network) => network.n_features,
        }
    }

    /// The margin, in double precision and one node at a time: the reference for the tables.
    #[must_use]
    pub fn margin(&self, row: &[f32]) -> f64 {
        match self {
            Form::Trees(trees) => trees.margin(row),
            Form::Network(network) => network.margin(row),
        }
    }

    /// The probability, computed like [`Form::margin`].
    #[must_use]
    pub fn probability(&self, calibration: &Calibration, row: &[f32]) -> f64 {
        let margin = f64::from(calibration.slope) * self.margin(row) + f64::from(calibration.offset);
        1.0 / (1.0 + (-margin).exp())
    }
}

impl Trees {
    fn margin(&self, row: &[f32]) -> f64 {
        let leaf = |tree: &Tree| {
            let mut at = 0;
            loop {
                match tree.0[at] {
                    Node::Leaf(value) => return f64::from(value),
                    Node::Split { feature, threshold, left, right, nan_right } => {
                        let value = row[feature as usize];
                        let goes_right = if value.is_nan() { nan_right } else { value >= threshold };
                        at = if goes_right { right } else { left } as usize;
                    }
                }
            }
        };
        f64::from(self.base) + self.trees.iter().map(leaf).sum::<f64>()
    }

    /// Maximum number of splits between the root and a leaf.
    #[must_use]
    pub fn depth(&self) -> u32 {
        fn below(tree: &Tree, at: usize) -> u32 {
            match tree.0[at] {
                Node::Leaf(_) => 0,
                Node::Split { left, right, .. } => {
                    1 + below(tree, left as usize).max(below(tree, right as usize))
                }
            }
        }
        self.trees.iter().map(|tree| below(tree, 0)).max().unwrap_or(0)
    }
}

impl Network {
    fn margin(&self, row: &[f32]) -> f64 {
        let scaled = |(value, scale): (&f32, &FeatureScale)| {
            let z = (f64::from(*value) - f64::from(scale.mean)) * f64::from(scale.factor);
            if z.is_nan() { 0.0 } else { z.clamp(-10.0, 10.0) }
        };
        let mut values: Vec<f64> = row.iter().zip(&self.scale).map(scaled).collect();
        let mut weights = self.weights.iter().map(|weight| f64::from(*weight));
        for layer in 0..self.layers {
            let last = layer + 1 == self.layers;
            let units = if last { 1 } else { self.width };
            values = (0..units)
                .map(|_| {
                    let sum: f64 = values.iter().map(|value| value * weights.next().unwrap_or(0.0)).sum();
                    let sum = sum + weights.next().unwrap_or(0.0);
                    if last { sum } else { sum.max(0.0) }
                })
                .collect();
        }
        values[0]
    }
}
