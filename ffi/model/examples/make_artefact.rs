//! Makes an artefact from XGBoost's JSON model: `make_artefact MODEL.json OUT.so`; prints how many
//! milliseconds it took.

use std::time::Instant;

use model::artefact::{self, GOLDEN_ROWS};
use model::{Calibration, Form, trainers};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let json = std::fs::read(&args[0]).expect("a model");
    let trees = trainers::from_xgboost(&json).expect("XGBoost's");
    let golden = vec![0.25; GOLDEN_ROWS * trees.n_features as usize];
    let form = Form::Trees(trees);
    let begin = Instant::now();
    let bytes = artefact::write(&form, Calibration::default(), 1, &golden, "{}").expect("it is written");
    std::fs::write(&args[1], bytes).expect("a file");
    println!("{:.3}", begin.elapsed().as_secs_f64() * 1e3);
}
