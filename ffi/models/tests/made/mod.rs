//! Models made by our own writer.

use std::path::Path;

use control::keys::{self, CONTROL_KEY};
use control::names::Module;
use model::{Calibration, Form, Node, Tree, Trees, artefact};
use models::{Trust, registry};
use serde_json::json;

/// A model that answers the logistic of `leaf` for every row.
fn constant(leaf: f32) -> Form {
    let split = Node::Split { feature: 0, threshold: 0.0, left: 1, right: 2, nan_right: false };
    let tree = Tree(vec![split, Node::Leaf(leaf), Node::Leaf(leaf)]);
    Form::Trees(Trees { n_features: 5, base: 0.0, trees: vec![tree] })
}

/// An artefact of it, for features with this hash.
pub fn bytes_of(leaf: f32, schema: u64) -> Vec<u8> {
    artefact::write(&constant(leaf), Calibration::default(), schema, &[0.5; 5 * 4], "{}")
        .expect("it is written")
}

/// Registers it under this installation's key.
pub fn register(data: &Path, bytes: &[u8]) -> String {
    let key = keys::load_or_create(data, CONTROL_KEY).expect("a key");
    registry::register(data, Module::Mev, bytes, &json!({}), &key).expect("it is registered")
}

/// Trusts this installation's key, and code of models.
pub fn trusted(data: &Path) -> Trust {
    Trust {
        keys: vec![keys::load_or_create(data, CONTROL_KEY).expect("a key").verifying_key()],
        foreign: true,
    }
}

/// The answer of a model with this leaf.
pub fn probability(leaf: f32) -> f32 {
    1.0 / (1.0 + (-leaf).exp())
}
