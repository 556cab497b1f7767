//! An artefact against the plain form it was made from: by the engine's evaluator, and loaded as a program
//! would.

use std::mem::ManuallyDrop;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use model::artefact::{self, FILE_BYTES_MAX, GOLDEN_ROWS};
use model::tables::Tables;
use model::{Calibration, Evaluator, FeatureScale, Form, Network, Node, Tree, Trees};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn float(&mut self) -> f32 {
        (self.next() as f32 / (1_u64 << 31) as f32) * 4.0 - 2.0
    }

    /// Includes values that break sums and comparisons.
    fn unusual(&mut self) -> f32 {
        match self.next() % 12 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => f32::NEG_INFINITY,
            3 => f32::from_bits(1 + (self.next() % 1_000) as u32),
            4 => -f32::from_bits(1 + (self.next() % 1_000) as u32),
            5 => 0.0,
            6 => -0.0,
            _ => self.float(),
        }
    }
}

fn tree(random: &mut Random, depth: u32, features: u32) -> Tree {
    fn grow(nodes: &mut Vec<Node>, random: &mut Random, depth: u32, features: u32) -> u32 {
        let at = nodes.len();
        nodes.push(Node::Leaf(random.float() * 0.1));
        if depth > 0 && !random.next().is_multiple_of(8) {
            let left = grow(nodes, random, depth - 1, features);
            let right = grow(nodes, random, depth - 1, features);
            let threshold = match random.unusual() {
                unusual if unusual.is_nan() => 0.0,
                unusual => unusual,
            };
            let (feature, nan_right) =
                ((random.next() % u64::from(features)) as u32, random.next().is_multiple_of(2));
            nodes[at] = Node::Split { feature, threshold, left, right, nan_right };
        }
        at as u32
    }
    let mut nodes = Vec::new();
    grow(&mut nodes, random, depth, features);
    Tree(nodes)
}

fn forms(random: &mut Random) -> Vec<(String, Form)> {
    let mut forms = Vec::new();
    for (trees, depth) in [(0, 1), (1, 1), (7, 3), (100, 6), (40, 8), (33, 12)] {
        let count = trees;
        let trees = (0..count).map(|_| tree(random, depth, 9)).collect();
        let name = format!("trees {count} {depth}");
        forms.push((name, Form::Trees(Trees { n_features: 9, base: 0.3, trees })));
    }
    let count = model::tables::weights_of(9, 32, 3);
    let network = Network {
        n_features: 9,
        width: 32,
        layers: 3,
        scale: (0..9).map(|_| FeatureScale { mean: random.float(), factor: random.float().abs() }).collect(),
        weights: (0..count).map(|_| random.float() * 0.2).collect(),
    };
    forms.push(("network".to_owned(), Form::Network(network)));
    forms
}

type Predict = extern "C" fn(*const f32, usize) -> f32;
type Batch = extern "C" fn(*const f32, usize, usize, *mut f32);

/// The file as the loader sees it: it identifies files by path, so each needs its own. It is never closed: a
/// function in use must not be unloaded.
fn loaded(bytes: &[u8], name: &str) -> (Predict, Batch) {
    let path = std::env::temp_dir().join(format!("legend-{}-{name}.so", std::process::id()));
    std::fs::write(&path, bytes).expect("a temporary file");
    // SAFETY: the file is this test's own artefact, which has no constructors.
    let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) };
    std::fs::remove_file(&path).expect("it is there");
    let library = ManuallyDrop::new(library.expect("the loader takes it"));
    // SAFETY: the signatures are those of `core/blob.rs` behind their stubs.
    unsafe {
        (
            *library.get(c"treelite_predict").expect("it is in it"),
            *library.get(c"treelite_predict_batch").expect("it is in it"),
        )
    }
}

#[test]
fn an_artefact_answers_as_its_form_alone_in_batches_and_from_the_loader() {
    let mut random = Random(11);
    let calibration = Calibration { slope: 1.3, offset: -0.2 };
    for (name, form) in forms(&mut random) {
        let golden: Vec<f32> = (0..GOLDEN_ROWS * 9).map(|_| random.unusual()).collect();
        let bytes =
            artefact::write(&form, calibration, 77, &golden, "{\"module\":\"mev\"}").expect("it is written");
        assert_eq!(
            bytes,
            artefact::write(&form, calibration, 77, &golden, "{\"module\":\"mev\"}").expect("again")
        );
        let read = artefact::read(&bytes).expect("it is read");
        assert_eq!((read.schema_hash, read.n_features, &*read.metadata), (77, 9, "{\"module\":\"mev\"}"));
        assert_eq!(read.golden.answers.len(), GOLDEN_ROWS);
        let evaluator = Evaluator::new(read.tables.expect("it has tables"));
        let (predict, batch) = loaded(&bytes, &name.replace(' ', "-"));
        let rows: Vec<f32> = (0..10_001 * 9).map(|_| random.unusual()).collect();
        let (mut ours, mut theirs) = (vec![0.0; 10_001], vec![0.0; 10_001]);
        evaluator.predict_batch(&rows, 9, &mut ours);
        batch(rows.as_ptr(), theirs.len(), 9, theirs.as_mut_ptr());
        for (at, row) in rows.chunks_exact(9).enumerate() {
            let wanted = form.probability(&calibration, row) as f32;
            let got = [evaluator.predict(row), predict(row.as_ptr(), 9), ours[at], theirs[at]];
            for (how, got) in got.iter().enumerate() {
                assert!((got - wanted).abs() <= 1e-6, "{name} row {at} way {how}: {got}, need {wanted}");
            }
        }
        assert!(evaluator.predict(&rows[..8]).is_nan() && predict(rows.as_ptr(), 8).is_nan(), "too short");
    }
}

#[test]
fn a_file_with_any_byte_changed_or_cut_is_refused_or_stays_within_its_bounds() {
    let mut random = Random(5);
    let form = Form::Trees(Trees {
        n_features: 3,
        base: 0.0,
        trees: (0..5).map(|_| tree(&mut random, 3, 3)).collect(),
    });
    let golden: Vec<f32> = (0..GOLDEN_ROWS * 3).map(|_| random.unusual()).collect();
    let bytes = artefact::write(&form, Calibration::default(), 1, &golden, "{}").expect("it is written");
    let row = [0.1, f32::NAN, 3.0];
    for len in (0..bytes.len()).step_by(61) {
        if let Ok(read) = artefact::read(&bytes[..len]) {
            panic!("{len} of {} bytes were read with {} features", bytes.len(), read.n_features);
        }
    }
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1 << (random.next() % 8);
        if let Ok(read) = artefact::read(&bad)
            && let Some(tables) = read.tables
            && tables.header().n_features <= 3
        {
            let _ = Evaluator::new(tables).predict(&row);
        }
    }
    let text = artefact::read(b"not a model at all").err().expect("refused").to_string();
    assert_eq!(text, "it is not a shared object of this machine");
    assert!(bytes.len() < FILE_BYTES_MAX);
}

#[test]
fn tables_that_would_read_beyond_their_end_are_refused() {
    let form = Form::Trees(Trees { n_features: 2, base: 0.0, trees: vec![Tree(vec![Node::Leaf(0.5)])] });
    let good = Tables::build(&form, Calibration::default()).expect("it fits").bytes();
    let word = |at: usize, value: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    for (what, bytes) in [
        ("magic", word(0, 1)),
        ("kind", word(4, 9)),
        ("features", word(8, 0)),
        ("depth", word(12, 13)),
        ("trees", word(16, 17)),
        ("many trees", word(16, 1 << 30)),
        ("nodes", word(40, 8)),
        ("leaves", word(48, u32::MAX)),
        ("nan", word(56, 1 << 20)),
        ("cut", good[..good.len() - 8].to_vec()),
        ("base", word(24, f32::NAN.to_bits())),
    ] {
        assert!(Tables::parse(&bytes).is_err(), "{what}");
    }
    assert!(Tables::parse(&good).is_ok());
}
