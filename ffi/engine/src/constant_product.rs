//! Closed forms on constant-product pools (shared reference: "Sandwich and arbitrage mathematics"). They give sizes;
//! what is decided is always quoted again in integers.

/// A hop, or several in a row: `out = a x / (b + c x)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moebius {
    a: f64,
    b: f64,
    c: f64,
}

impl Moebius {
    /// One pool. Reserves in base units, `gamma` = 1 - fee.
    #[must_use]
    pub fn pool(reserve_in: f64, reserve_out: f64, gamma: f64) -> Moebius {
        Moebius { a: gamma * reserve_out, b: reserve_in, c: gamma }
    }

    /// This hop, then `next`.
    #[must_use]
    pub fn then(self, next: Moebius) -> Moebius {
        Moebius { a: self.a * next.a, b: self.b * next.b, c: next.b * self.c + next.c * self.a }
    }

    /// The input of the largest gain; `None` for a cycle that pays nothing.
    #[must_use]
    pub fn best(self) -> Option<Optimum> {
        let Moebius { a, b, c } = self;
        if a <= b || c <= 0.0 || !(a.is_finite() && b.is_finite() && c.is_finite()) {
            return None;
        }
        let input = ((a * b).sqrt() - b) / c;
        let gain = (a.sqrt() - b.sqrt()).powi(2) / c;
        Some(Optimum { input, gain })
    }
}

/// The input at which a cycle gains most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimum {
    /// What goes in.
    pub input: f64,
    /// What comes out above it.
    pub gain: f64,
}

/// The largest front-run that leaves a victim its minimum: the positive root of
/// `gamma m f^2 + m (x + gamma (x + gamma v)) f + m x (x + gamma v) - x y gamma v = 0`.
///
/// `x`, `y`: reserves in and out; `v`: the victim's input; `m`: its fewest units out (above 0).
/// `None` when the victim would not get its minimum even alone.
#[must_use]
pub fn largest_front(x: f64, y: f64, gamma: f64, v: f64, m: f64) -> Option<f64> {
    let (a, b) = (gamma * m, m * (x + gamma * (x + gamma * v)));
    let c = m * x * (x + gamma * v) - x * y * gamma * v;
    let root = (-b + (b * b - 4.0 * a * c).sqrt()) / (2.0 * a);
    (root > 0.0 && root.is_finite()).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(state: &mut u64) -> f64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// What a pool pays, without the closed form.
    fn pay(x: f64, y: f64, gamma: f64, amount: f64) -> f64 {
        y - x * y / (x + gamma * amount)
    }

    #[test]
    fn best_input_beats_every_other_size_of_a_brute_force_search() {
        let mut state = 5;
        for case in 0..2_000 {
            let pools: Vec<(f64, f64, f64)> = (0..2 + case % 3)
                .map(|_| {
                    let x = 1e9 * (1.0 + 99.0 * random(&mut state));
                    (x, x * (0.9 + 0.25 * random(&mut state)), 0.9975)
                })
                .collect();
            let cycle = pools.iter().map(|&(x, y, gamma)| Moebius::pool(x, y, gamma));
            let cycle = cycle.reduce(Moebius::then).expect("two pools or more");
            let gain = |amount: f64| {
                pools.iter().fold(amount, |held, &(x, y, gamma)| pay(x, y, gamma, held)) - amount
            };
            let brute = (1..4_000).map(|step| gain(f64::from(step) * 2.5e6)).fold(0.0, f64::max);
            match cycle.best() {
                Some(Optimum { input, gain: best }) => {
                    assert!((gain(input) - best).abs() <= 1e-6 * best.abs() + 1.0, "case {case}");
                    assert!(best + 1.0 >= brute, "case {case}: {best} < {brute}");
                }
                None => assert!(brute <= 1.0, "case {case}: {brute} to gain"),
            }
        }
    }

    #[test]
    fn largest_front_leaves_the_victim_its_minimum_and_not_a_unit_more() {
        let mut state = 9;
        for case in 0..2_000 {
            let (x, y) = (1e10 * (1.0 + random(&mut state)), 1e12 * (1.0 + random(&mut state)));
            let (gamma, v) = (0.9975, 1e6 + 1e9 * random(&mut state));
            let m = pay(x, y, gamma, v) * (0.85 + 0.2 * random(&mut state));
            let after = |front: f64| pay(x + front, y - pay(x, y, gamma, front), gamma, v);
            match largest_front(x, y, gamma, v, m) {
                Some(front) => {
                    assert!((after(front) / m - 1.0).abs() < 1e-6, "case {case}");
                    assert!(after(front * 1.001) < m, "case {case}");
                }
                None => assert!(after(0.0) <= m * (1.0 + 1e-9), "case {case}"),
            }
        }
    }
}
