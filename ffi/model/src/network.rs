//! Training of a small network: two hidden layers, Adam, seeded, single-threaded, so that the same rows give
//! the same bytes on the same kind of processor.

use crate::form::{FeatureScale, Network};
use crate::tables::weights_of;

/// Width of each hidden layer.
pub const WIDTH: u32 = 32;
/// Number of weight layers.
pub const LAYERS: u32 = 3;
/// Number of rows in one step.
const BATCH: usize = 64;
/// Adam's decay of the first and the second moment.
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;

/// Adam's running means of a weight's gradient and of its square.
#[derive(Clone, Copy, Default)]
struct Moments {
    first: f32,
    second: f32,
}

/// A network in training.
pub struct Trainer {
    network: Network,
    moments: Vec<Moments>,
    steps: i32,
    learning_rate: f32,
    order: Vec<usize>,
    random: u64,
}

impl Trainer {
    /// `rows`: float32 `[len, n_features]`, row-major; the scale is computed from them, ignoring NaN.
    #[must_use]
    pub fn new(rows: &[f32], n_features: u32, learning_rate: f32, seed: u64) -> Trainer {
        let features = n_features as usize;
        let scale =
            (0..features).map(|feature| scale_of(rows.iter().skip(feature).step_by(features))).collect();
        let count = weights_of(n_features, WIDTH, LAYERS);
        let mut trainer = Trainer {
            network: Network { n_features, width: WIDTH, layers: LAYERS, scale, weights: vec![0.0; count] },
            moments: vec![Moments::default(); count],
            steps: 0,
            learning_rate,
            order: (0..rows.len() / features.max(1)).collect(),
            random: seed,
        };
        // He initialisation: standard deviation sqrt(2 / inputs), biases 0.
        let (mut at, mut wide) = (0, features);
        for layer in 0..LAYERS {
            let units = if layer + 1 == LAYERS { 1 } else { WIDTH as usize };
            for _ in 0..units {
                for _ in 0..wide {
                    let spread = (6.0 / wide as f32).sqrt();
                    trainer.network.weights[at] = (2.0 * trainer.uniform() - 1.0) * spread;
                    at += 1;
                }
                at += 1;
            }
            wide = units;
        }
        trainer
    }

    /// The network in its current state.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    fn uniform(&mut self) -> f32 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 40) as f32 / (1 << 24) as f32
    }

    /// One pass over all rows in a new order; returns the mean log loss during it. `weight` is that of a
    /// positive row.
    pub fn epoch(&mut self, rows: &[f32], labels: &[f32], weight: f32) -> f64 {
        for at in (1..self.order.len()).rev() {
            let other = (self.uniform() * (at + 1) as f32) as usize;
            self.order.swap(at, other.min(at));
        }
        let features = self.network.n_features as usize;
        let mut gradient = vec![0.0; self.network.weights.len()];
        let mut loss = 0.0;
        for batch in std::mem::take(&mut self.order).chunks(BATCH) {
            gradient.fill(0.0);
            for &row in batch {
                let share = if labels[row] > 0.5 { weight } else { 1.0 } / batch.len() as f32;
                loss += self.learn(
                    &rows[row * features..(row + 1) * features],
                    labels[row],
                    share,
                    &mut gradient,
                );
            }
            self.step(&gradient);
        }
        self.order = (0..labels.len()).collect();
        loss / labels.len().max(1) as f64
    }

    /// Adds one row's gradient; returns its log loss.
    fn learn(&self, row: &[f32], label: f32, share: f32, gradient: &mut [f32]) -> f64 {
        let Network { scale, weights, .. } = &self.network;
        let input = row.iter().zip(scale).map(|(value, scale)| {
            let z = (value - scale.mean) * scale.factor;
            if z.is_nan() { 0.0 } else { z.clamp(-10.0, 10.0) }
        });
        let mut values = vec![input.collect::<Vec<f32>>()];
        let mut begins = Vec::new();
        let mut at = 0;
        for layer in 0..LAYERS {
            begins.push(at);
            let below = &values[layer as usize];
            let last = layer + 1 == LAYERS;
            let units = if last { 1 } else { WIDTH as usize };
            let wide = below.len();
            let out = (0..units).map(|unit| {
                let own = &weights[at + unit * (wide + 1)..at + (unit + 1) * (wide + 1)];
                let sum = own[wide]
                    + own[..wide].iter().zip(below).map(|(weight, value)| weight * value).sum::<f32>();
                if last { sum } else { sum.max(0.0) }
            });
            let out: Vec<f32> = out.collect();
            at += units * (wide + 1);
            values.push(out);
        }
        let margin = values[LAYERS as usize][0];
        let probability = 1.0 / (1.0 + (-margin).exp());
        let mut error = vec![(probability - label) * share];
        for layer in (0..LAYERS as usize).rev() {
            let below = &values[layer];
            let wide = below.len();
            let mut back = vec![0.0; wide];
            for (unit, &error) in error.iter().enumerate().filter(|(_, error)| **error != 0.0) {
                let from = begins[layer] + unit * (wide + 1);
                for k in 0..wide {
                    gradient[from + k] += error * below[k];
                    back[k] += error * weights[from + k];
                }
                gradient[from + wide] += error;
            }
            // max(0, x) passes a gradient back only where it let the value through.
            back.iter_mut().zip(below).filter(|(_, value)| **value <= 0.0).for_each(|(back, _)| *back = 0.0);
            error = back;
        }
        let margin = f64::from(margin);
        margin.max(0.0) - f64::from(label) * margin + (-margin.abs()).exp().ln_1p()
    }

    fn step(&mut self, gradient: &[f32]) {
        self.steps += 1;
        // The moments begin at 0, which this corrects.
        let (first_share, second_share) = (1.0 - BETA_1.powi(self.steps), 1.0 - BETA_2.powi(self.steps));
        for ((weight, moments), gradient) in
            self.network.weights.iter_mut().zip(&mut self.moments).zip(gradient)
        {
            moments.first = BETA_1 * moments.first + (1.0 - BETA_1) * gradient;
            moments.second = BETA_2 * moments.second + (1.0 - BETA_2) * gradient * gradient;
            let (mean, square) = (moments.first / first_share, moments.second / second_share);
            *weight -= self.learning_rate * mean / (square.sqrt() + 1e-8);
        }
    }
}

/// Of the values that are numbers; zeros for a column without any, which thus has no effect.
fn scale_of<'a>(column: impl Iterator<Item = &'a f32>) -> FeatureScale {
    let (mut count, mut mean, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
    for value in column.filter(|value| value.is_finite()) {
        count += 1.0;
        let delta = f64::from(*value) - mean;
        mean += delta / count;
        squares += delta * (f64::from(*value) - mean);
    }
    let deviation = (squares / count.max(1.0)).sqrt();
    let factor = (1.0 / deviation) as f32;
    FeatureScale { mean: mean as f32, factor: if factor.is_finite() { factor } else { 0.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{Calibration, Form};
    use crate::judge::judge;

    #[test]
    fn a_network_learns_what_no_line_separates_and_the_same_in_two_runs() {
        let mut state = 9_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32
        };
        let mut rows: Vec<f32> = (0..4_000).map(|_| 2.0 * next() - 1.0).collect();
        let labels: Vec<f32> = rows.chunks_exact(2).map(|row| f32::from(row[0] * row[1] > 0.0)).collect();
        for at in (0..rows.len()).step_by(97) {
            rows[at] = f32::NAN;
        }
        let train = || {
            let mut trainer = Trainer::new(&rows, 2, 0.01, 3);
            let losses: Vec<f64> = (0..30).map(|_| trainer.epoch(&rows, &labels, 1.0)).collect();
            assert!(losses[29] < losses[0] / 2.0, "{losses:?}");
            trainer.network().clone()
        };
        let network = train();
        assert_eq!(network, train());
        let form = Form::Network(network);
        let p: Vec<f32> =
            rows.chunks_exact(2).map(|row| form.probability(&Calibration::default(), row) as f32).collect();
        assert!(judge(&labels, &p).auc > 0.97);
    }

    #[test]
    fn scale_of_leaves_out_what_is_not_a_number() {
        for (column, mean, factor) in [
            (&[1.0, f32::NAN, 3.0, f32::INFINITY][..], 2.0, 1.0),
            (&[f32::NAN], 0.0, 0.0),
            (&[5.0, 5.0], 5.0, 0.0),
        ] {
            assert_eq!(scale_of(column.iter()), FeatureScale { mean, factor });
        }
    }
}
