//! The trainers' output as a [`Trees`]: XGBoost's JSON model and LightGBM's text model.

use serde_json::Value;

use crate::error::ModelError;
use crate::form::{Node, Tree, Trees};
use crate::limits::{FEATURES_MAX, TREES_MAX};

/// Maximum nodes read per tree.
const NODES_MAX: usize = 1 << 16;
/// Bits of LightGBM's `decision_type`: where a missing value goes, and which value counts as missing.
const DEFAULT_LEFT: u32 = 2;
const MISSING_SHIFT: u32 = 2;
const MISSING_MASK: u32 = 3;
const MISSING_NONE: u32 = 0;
const MISSING_NAN: u32 = 2;

fn missing(trainer: &'static str, name: &str) -> ModelError {
    ModelError::Missing { trainer, name: name.to_owned() }
}

/// Reads the JSON of `XGBoosterSaveModelToBuffer` for a `binary:logistic` gbtree.
///
/// # Errors
/// What is missing or invalid.
pub fn from_xgboost(json: &[u8]) -> Result<Trees, ModelError> {
    let plain = plain_json(json);
    let model: Value = serde_json::from_slice(&plain).map_err(ModelError::NoJson)?;
    let learner = &model["learner"];
    let params = &learner["learner_model_param"];
    let text = |value: &Value| value.as_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let n_features: u32 =
        text(&params["num_feature"]).parse().map_err(|_| missing("XGBoost", "num_feature"))?;
    let base_score: f64 =
        text(&params["base_score"]).parse().map_err(|_| missing("XGBoost", "base_score"))?;
    if learner["objective"]["name"] != "binary:logistic" {
        return Err(ModelError::Objective {
            trainer: "XGBoost",
            objective: learner["objective"]["name"].to_string(),
            need: "binary:logistic",
        });
    }
    if !(0.0..1.0).contains(&base_score) || base_score == 0.0 || n_features == 0 || n_features > FEATURES_MAX
    {
        return Err(ModelError::XgboostNumbers { base_score, features: n_features });
    }
    let trees = learner["gradient_booster"]["model"]["trees"]
        .as_array()
        .ok_or_else(|| missing("XGBoost", "trees"))?;
    if trees.len() > TREES_MAX as usize {
        return Err(ModelError::TooManyTrees(trees.len()));
    }
    let trees: Option<Vec<Tree>> = trees.iter().map(|tree| xgboost_tree(tree, n_features)).collect();
    let trees = trees.ok_or(ModelError::Tree("XGBoost"))?;
    Ok(Trees { n_features, base: (base_score / (1.0 - base_score)).ln() as f32, trees })
}

/// XGBoost writes values that JSON cannot express: infinities become numbers beyond float32, NaN becomes
/// null.
fn plain_json(json: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(json.len());
    let (mut at, mut quoted) = (0, false);
    while at < json.len() {
        let rest = &json[at..];
        let (put, len): (&[u8], usize) = match rest[0] {
            b'\\' if quoted => (&rest[..rest.len().min(2)], 2),
            b'I' if !quoted && rest.starts_with(b"Infinity") => (b"1e39", 8),
            b'N' if !quoted && rest.starts_with(b"NaN") => (b"null", 3),
            byte => {
                quoted ^= byte == b'"';
                (&rest[..1], 1)
            }
        };
        plain.extend_from_slice(put);
        at += len;
    }
    plain
}

fn xgboost_tree(tree: &Value, n_features: u32) -> Option<Tree> {
    let list = |name: &str| tree[name].as_array();
    let (left, right) = (list("left_children")?, list("right_children")?);
    let (feature, condition, default) =
        (list("split_indices")?, list("split_conditions")?, list("default_left")?);
    let count = left.len();
    if count == 0
        || count > NODES_MAX
        || [right, feature, condition, default].iter().any(|l| l.len() != count)
    {
        return None;
    }
    let node = |at: usize| {
        let number = condition[at].as_f64()? as f32;
        let child = left[at].as_i64()?;
        if child < 0 {
            return Some(Node::Leaf(number));
        }
        let default_left =
            default[at].as_u64().map_or_else(|| default[at].as_bool(), |flag| Some(flag != 0))?;
        let feature = feature[at].as_u64()?;
        let (left, right, nan_right) = (child, right[at].as_i64()?, !default_left);
        RawSplit { feature, threshold: number, left, right, nan_right }.checked(at, count, n_features)
    };
    Some(Tree((0..count).map(node).collect::<Option<_>>()?))
}

/// A split as a trainer writes it.
struct RawSplit {
    feature: u64,
    threshold: f32,
    left: i64,
    right: i64,
    nan_right: bool,
}

impl RawSplit {
    /// The node at `at` of `count`. In both formats, children come after their parent, so that no walk can loop.
    fn checked(self, at: usize, count: usize, n_features: u32) -> Option<Node> {
        let child = |child: i64| {
            u32::try_from(child).ok().filter(|&child| (child as usize) > at && (child as usize) < count)
        };
        let feature = u32::try_from(self.feature).ok().filter(|&feature| feature < n_features)?;
        let RawSplit { threshold, nan_right, .. } = self;
        Some(Node::Split {
            feature,
            threshold,
            left: child(self.left)?,
            right: child(self.right)?,
            nan_right,
        })
    }
}

/// Reads the text of `LGBM_BoosterSaveModelToString` for a `binary` model with `sigmoid:1`.
///
/// LightGBM goes left where `x <= threshold` in double precision: in float32 this means right where `x` is at
/// least the next float above the threshold. Source: `Tree::NumericalDecision` and `decision_type` in
/// LightGBM's tree.h.
///
/// # Errors
/// What is missing or invalid.
pub fn from_lightgbm(text: &str) -> Result<Trees, ModelError> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.ok_or_else(|| missing("LightGBM", name))
    };
    if !field("objective")?.starts_with("binary sigmoid:1") {
        return Err(ModelError::Objective {
            trainer: "LightGBM",
            objective: field("objective")?.to_owned(),
            need: "binary sigmoid:1",
        });
    }
    let last: u32 = field("max_feature_idx")?.parse().map_err(|_| ModelError::MaxFeature)?;
    let n_features = last.saturating_add(1);
    if n_features > FEATURES_MAX {
        return Err(ModelError::LightgbmFeatures(n_features));
    }
    let body = text.split("end of trees").next().unwrap_or_default();
    let parts = body.split("\nTree=").skip(1);
    let trees: Option<Vec<Tree>> = parts.map(|part| lightgbm_tree(part, n_features)).collect();
    let trees = trees.ok_or(ModelError::Tree("LightGBM"))?;
    if trees.len() > TREES_MAX as usize {
        return Err(ModelError::TooManyTrees(trees.len()));
    }
    Ok(Trees { n_features, base: 0.0, trees })
}

fn lightgbm_tree(text: &str, n_features: u32) -> Option<Tree> {
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    fn list<T: std::str::FromStr>(text: &str) -> Option<Vec<T>> {
        text.split_whitespace().map(|number| number.parse().ok()).collect()
    }
    let leaves: Vec<f64> = list(line("leaf_value")?)?;
    if line("num_leaves")? == "1" {
        return Some(Tree(vec![Node::Leaf(*leaves.first()? as f32)]));
    }
    let (feature, threshold): (Vec<u64>, Vec<f64>) =
        (list(line("split_feature")?)?, list(line("threshold")?)?);
    let (left, right): (Vec<i64>, Vec<i64>) = (list(line("left_child")?)?, list(line("right_child")?)?);
    let decision: Vec<u32> = list(line("decision_type")?)?;
    let inner = feature.len();
    let same = [threshold.len(), left.len(), right.len(), decision.len()].iter().all(|len| *len == inner);
    if !same
        || leaves.len() != inner + 1
        || inner > NODES_MAX
        || line("num_cat").is_some_and(|count| count != "0")
    {
        return None;
    }
    // Leaves are numbered separately, below 0; here they come after the inner nodes.
    let index = |child: i64| if child >= 0 { child } else { inner as i64 + !child };
    let node = |at: usize| {
        let threshold = above(threshold[at]);
        let nan_right = match decision[at] >> MISSING_SHIFT & MISSING_MASK {
            MISSING_NAN => decision[at] & DEFAULT_LEFT == 0,
            MISSING_NONE => 0.0 >= threshold,
            _ => return None,
        };
        let (left, right) = (index(left[at]), index(right[at]));
        let split = RawSplit { feature: feature[at], threshold, left, right, nan_right };
        split.checked(at, inner + leaves.len(), n_features)
    };
    let mut nodes = (0..inner).map(node).collect::<Option<Vec<_>>>()?;
    nodes.extend(leaves.iter().map(|leaf| Node::Leaf(*leaf as f32)));
    Some(Tree(nodes))
}

/// The smallest float32 greater than `threshold`; NaN, which no value reaches, if there is none.
fn above(threshold: f64) -> f32 {
    if threshold == f64::INFINITY {
        return f32::NAN;
    }
    let near = threshold as f32;
    if f64::from(near) > threshold { near } else { near.next_up() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn above_separates_floats_like_the_double() {
        for threshold in [0.0, 1.0, -1.0, 0.1, -0.1, 1e-40, -1e-40, 1e30, 1.000_000_000_000_000_2] {
            let at = above(threshold);
            assert!(f64::from(at) > threshold && f64::from(at.next_down()) <= threshold, "{threshold}");
        }
    }

    #[test]
    fn plain_json_replaces_what_is_not_json_outside_of_texts() {
        let json = br#"{"a":[Infinity,-Infinity,NaN],"NaN \" Infinity":"\\"}"#;
        assert_eq!(plain_json(json), br#"{"a":[1e39,-1e39,null],"NaN \" Infinity":"\\"}"#);
        assert!(above(f64::INFINITY).is_nan() && above(1e300) == f32::INFINITY);
    }

    #[test]
    fn a_text_that_is_not_of_a_trainer_is_refused_in_one_line() {
        for text in
            ["", "{}", "{\"learner\":{}}", "tree\nversion=v4\nobjective=regression\nmax_feature_idx=3\n"]
        {
            assert!(!from_xgboost(text.as_bytes()).expect_err("refuses").to_string().contains('\n'));
            assert!(!from_lightgbm(text).expect_err("refuses").to_string().contains('\n'));
        }
        let round = "tree\nobjective=binary sigmoid:1\nmax_feature_idx=0\n\nTree=0\nnum_leaves=2\nnum_cat=0\n\
            split_feature=0\nthreshold=1\ndecision_type=2\nleft_child=0\nright_child=-1\nleaf_value=1 2\n";
        assert!(from_lightgbm(round).is_err(), "a child before its parent");
    }
}
