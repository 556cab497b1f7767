//! Quality of probabilities, and their calibration: AUC, PR-AUC, log loss, Brier, calibration error, Platt.

use crate::evaluate::Evaluator;
use crate::form::Calibration;

/// Number of bins of the calibration curve.
const BINS: usize = 10;
const PLATT_STEPS: usize = 100;

/// A model's quality on a set of labelled rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// Number of rows.
    pub rows: usize,
    /// Number of rows with label 1.
    pub positives: usize,
    /// Area under the ROC curve; NaN unless both labels occur.
    pub auc: f64,
    /// Average precision; NaN without a positive.
    pub pr_auc: f64,
    /// Mean negative log likelihood.
    pub log_loss: f64,
    /// Mean squared error.
    pub brier: f64,
    /// Mean distance between probability and frequency over the bins.
    pub calibration_error: f64,
    /// The calibration curve: the bins of probability that have rows.
    pub curve: Vec<CurveBin>,
}

/// The rows whose probability lies in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CurveBin {
    /// How many.
    pub rows: f64,
    /// Their mean probability.
    pub probability: f64,
    /// The fraction with label 1.
    pub frequency: f64,
}

/// Judges probabilities against labels (0 or 1).
#[must_use]
pub fn judge(labels: &[f32], probabilities: &[f32]) -> Judgement {
    let rows = labels.len().min(probabilities.len());
    let (labels, probabilities) = (&labels[..rows], &probabilities[..rows]);
    let positives = labels.iter().filter(|label| **label > 0.5).count();
    let Ranking { auc, pr_auc } = ranking(labels, probabilities, positives);
    let mut bins = [CurveBin::default(); BINS];
    let (mut log_loss, mut brier) = (0.0, 0.0);
    for (label, probability) in labels.iter().zip(probabilities) {
        let (label, p) = (f64::from(*label), f64::from(*probability));
        let clamped = p.clamp(1e-7, 1.0 - 1e-7);
        log_loss -= label * clamped.ln() + (1.0 - label) * (1.0 - clamped).ln();
        brier += (p - label) * (p - label);
        let bin = &mut bins[((p * BINS as f64) as usize).min(BINS - 1)];
        bin.rows += 1.0;
        // Sums here, means below.
        bin.probability += p;
        bin.frequency += label;
    }
    let count = rows.max(1) as f64;
    let mean = |bin: &CurveBin| CurveBin {
        rows: bin.rows,
        probability: bin.probability / bin.rows,
        frequency: bin.frequency / bin.rows,
    };
    let curve: Vec<CurveBin> = bins.iter().filter(|bin| bin.rows > 0.0).map(mean).collect();
    let distance = |bin: &CurveBin| bin.rows * (bin.probability - bin.frequency).abs();
    Judgement {
        rows,
        positives,
        auc,
        pr_auc,
        log_loss: log_loss / count,
        brier: brier / count,
        calibration_error: curve.iter().map(distance).sum::<f64>() / count,
        curve,
    }
}

/// How well probabilities order the rows.
struct Ranking {
    auc: f64,
    pr_auc: f64,
}

fn ranking(labels: &[f32], probabilities: &[f32], positives: usize) -> Ranking {
    let rows = labels.len();
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let (negatives, mut at) = (rows - positives, 0);
    let (mut above, mut wins, mut seen, mut precision) = (0_usize, 0.0, 0_usize, 0.0);
    while at < rows {
        let mut end = at;
        while end < rows && probabilities[order[end]] == probabilities[order[at]] {
            end += 1;
        }
        let tied = order[at..end].iter().filter(|&&row| labels[row] > 0.5).count();
        let lost = end - at - tied;
        // Each negative here scores below `above` positives and equal to `tied`.
        wins += lost as f64 * (above as f64 + tied as f64 / 2.0);
        above += tied;
        seen += end - at;
        precision += tied as f64 * above as f64 / seen as f64;
        at = end.max(at + 1);
    }
    Ranking { auc: wins / (positives as f64 * negatives as f64), pr_auc: precision / positives as f64 }
}

/// Fits Platt's line to margins by Newton's method, with his smoothed targets (Platt 1999; Lin, Lin, Weng
/// 2007). Without both labels the line stays the identity.
#[must_use]
pub fn platt(labels: &[f32], margins: &[f32]) -> Calibration {
    let positives = labels.iter().filter(|label| **label > 0.5).count() as f64;
    let negatives = labels.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return Calibration::default();
    }
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let loss = |slope: f64, offset: f64| -> f64 {
        let one = |(label, margin): (&f32, &f32)| {
            let (target, z) = (if *label > 0.5 { high } else { low }, slope * f64::from(*margin) + offset);
            z.max(0.0) - target * z + (-z.abs()).exp().ln_1p()
        };
        labels.iter().zip(margins).map(one).sum()
    };
    let (mut slope, mut offset) = (0.0_f64, ((positives + 1.0) / (negatives + 1.0)).ln());
    let mut current = loss(slope, offset);
    for _ in 0..PLATT_STEPS {
        let (mut haa, mut hbb, mut hab, mut ga, mut gb) = (1e-12, 1e-12, 0.0, 0.0, 0.0);
        for (label, margin) in labels.iter().zip(margins) {
            let (target, m) = (if *label > 0.5 { high } else { low }, f64::from(*margin));
            let p = 1.0 / (1.0 + (-(slope * m + offset)).exp());
            let (weight, off) = (p * (1.0 - p), p - target);
            haa += weight * m * m;
            hbb += weight;
            hab += weight * m;
            ga += off * m;
            gb += off;
        }
        if ga.abs() < 1e-7 && gb.abs() < 1e-7 {
            break;
        }
        let determinant = haa * hbb - hab * hab;
        let (step_a, step_b) = ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant);
        let mut share = 1.0;
        loop {
            let next = loss(slope - share * step_a, offset - share * step_b);
            if next <= current {
                (slope, offset, current) = (slope - share * step_a, offset - share * step_b, next);
                break;
            }
            share /= 2.0;
            if share < 1e-10 {
                return usable(slope, offset);
            }
        }
    }
    usable(slope, offset)
}

/// A line that does not rise would reverse the model, so none is used.
fn usable(slope: f64, offset: f64) -> Calibration {
    let line = Calibration { slope: slope as f32, offset: offset as f32 };
    let sound = line.slope.is_finite() && line.offset.is_finite() && line.slope > 0.0;
    if sound { line } else { Calibration::default() }
}

/// How much the log loss grows when a feature is shuffled among the rows (permutation importance, Breiman
/// 2001), one feature at a time; seeded, so that the same rows give the same result.
#[must_use]
pub fn importance(evaluator: &Evaluator, rows: &[f32], labels: &[f32]) -> Vec<f64> {
    let features = evaluator.n_features();
    let count = labels.len().min(rows.len() / features);
    let mut answers = vec![0.0; count];
    let mut loss = |rows: &[f32]| {
        evaluator.predict_batch(rows, features, &mut answers);
        judge(&labels[..count], &answers).log_loss
    };
    let unshuffled = loss(rows);
    let mut random = 0x5eed_u64;
    let mut shuffled = rows[..count * features].to_vec();
    (0..features)
        .map(|feature| {
            for at in (1..count).rev() {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let other = (random >> 33) as usize % (at + 1);
                shuffled.swap(at * features + feature, other * features + feature);
            }
            let without = loss(&shuffled);
            for row in 0..count {
                shuffled[row * features + feature] = rows[row * features + feature];
            }
            without - unshuffled
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares every pair of a positive and a negative.
    fn auc_by_pairs(labels: &[f32], probabilities: &[f32]) -> f64 {
        let (mut wins, mut pairs) = (0.0, 0.0);
        for (a, p) in labels.iter().zip(probabilities).filter(|(label, _)| **label > 0.5) {
            for (_, q) in labels.iter().zip(probabilities).filter(|(label, _)| **label < 0.5) {
                pairs += f64::from(*a);
                wins += if p > q {
                    1.0
                } else if p == q {
                    0.5
                } else {
                    0.0
                };
            }
        }
        wins / pairs
    }

    fn rows(count: usize) -> (Vec<f32>, Vec<f32>) {
        let mut state = 5_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32
        };
        let margins: Vec<f32> = (0..count).map(|_| ((next() - 0.5) * 16.0).round() / 4.0).collect();
        // The true probability is a line of the margin other than the identity.
        let labels =
            margins.iter().map(|m| f32::from(next() < 1.0 / (1.0 + (-(0.5 * m - 0.7)).exp()))).collect();
        (labels, margins)
    }

    #[test]
    fn judge_agrees_with_counting_every_pair_and_knows_the_corners() {
        let (labels, margins) = rows(500);
        let p: Vec<f32> = margins.iter().map(|m| 1.0 / (1.0 + (-m).exp())).collect();
        let judgement = judge(&labels, &p);
        assert!((judgement.auc - auc_by_pairs(&labels, &p)).abs() < 1e-12, "{judgement:?}");
        assert_eq!((judgement.rows, judgement.curve.iter().map(|bin| bin.rows).sum::<f64>()), (500, 500.0));
        let perfect = judge(&[1.0, 0.0, 1.0], &[0.9, 0.1, 0.8]);
        assert_eq!((perfect.auc, perfect.pr_auc), (1.0, 1.0));
        assert!(judge(&[1.0, 1.0], &[0.5, 0.5]).auc.is_nan() && judge(&[], &[]).rows == 0);
    }

    #[test]
    fn platt_finds_the_line_and_lowers_the_calibration_error() {
        let (labels, margins) = rows(20_000);
        let line = platt(&labels, &margins);
        assert!((line.slope - 0.5).abs() < 0.05 && (line.offset + 0.7).abs() < 0.1, "{line:?}");
        let p = |slope: f32, offset: f32| -> Vec<f32> {
            margins.iter().map(|m| 1.0 / (1.0 + (-(slope * m + offset)).exp())).collect()
        };
        let (before, after) = (judge(&labels, &p(1.0, 0.0)), judge(&labels, &p(line.slope, line.offset)));
        assert!(after.calibration_error < before.calibration_error / 3.0, "{before:?} {after:?}");
        assert_eq!(platt(&[1.0, 1.0], &[0.0, 1.0]), Calibration::default());
        assert_eq!(platt(&[1.0, 0.0], &[-1.0, 1.0]), Calibration::default(), "it would turn round");
    }
}
