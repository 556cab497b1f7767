//! Times compiled models, ours and others, in one process: `model_bench ROWS.f32 FEATURES NAME=KIND=FILE…`.
//! KIND is one of `ours` (tables by the engine's evaluator), `so` (`treelite_predict`), `tl2cgen`
//! (`predict(Entry*, int, float*)`). Prints one line `NAME single_ns batch_ns` per model: medians of
//! alternating rounds.

use std::hint::black_box;
use std::mem::ManuallyDrop;
use std::time::Instant;

use libloading::os::unix::{Library, RTLD_NOW};
use model::{Evaluator, artefact};

const ROUNDS: usize = 15;
const BATCH: usize = 1_000;

type Single = unsafe extern "C" fn(*const f32, usize) -> f32;
type Tl2cgen = unsafe extern "C" fn(*mut Entry, i32, *mut f32);

/// tl2cgen's row: a number, or missing.
#[repr(C)]
#[derive(Clone, Copy)]
union Entry {
    missing: i32,
    value: f32,
}

enum Model {
    Ours(Box<Evaluator>),
    So(Single),
    Tl2cgen(Tl2cgen),
}

/// # Safety
/// `T` is the function's type.
unsafe fn function<T: Copy>(file: &str, name: &str) -> T {
    // SAFETY: the files were made for this bench; the caller guarantees the type. The library is never
    // closed, so the function stays valid.
    unsafe {
        let library = ManuallyDrop::new(Library::open(Some(file), RTLD_NOW).expect("it loads"));
        *library.get::<T>(name).expect("it is in it")
    }
}

fn open(kind: &str, file: &str) -> Model {
    match kind {
        "ours" => {
            let artefact = artefact::read(&std::fs::read(file).expect("a file")).expect("an artefact");
            Model::Ours(Box::new(Evaluator::new(artefact.tables.expect("tables"))))
        }
        // SAFETY: `treelite_predict` has this type.
        "so" => Model::So(unsafe { function::<Single>(file, "treelite_predict") }),
        // SAFETY: tl2cgen's `predict` has this type.
        _ => Model::Tl2cgen(unsafe { function::<Tl2cgen>(file, "predict") }),
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let features: usize = args[1].parse().expect("a number");
    let bytes = std::fs::read(&args[0]).expect("rows");
    let rows: Vec<f32> =
        bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    let count = rows.len() / features;
    let models: Vec<(String, Model)> = args[2..]
        .iter()
        .map(|arg| {
            let parts: Vec<&str> = arg.splitn(3, '=').collect();
            (parts[0].to_owned(), open(parts[1], parts[2]))
        })
        .collect();
    let mut times = vec![(Vec::new(), Vec::new()); models.len()];
    let mut entries = vec![Entry { missing: -1 }; features];
    for _ in 0..ROUNDS {
        for ((_, model), (single, batch)) in models.iter().zip(&mut times) {
            let begin = Instant::now();
            for row in rows.chunks_exact(features) {
                match model {
                    Model::Ours(evaluator) => {
                        black_box(evaluator.predict(black_box(row)));
                    }
                    // SAFETY: the row has as many numbers as the model reads.
                    Model::So(predict) => unsafe {
                        black_box(predict(black_box(row.as_ptr()), features));
                    },
                    Model::Tl2cgen(predict) => {
                        for (to, from) in entries.iter_mut().zip(row) {
                            *to = if from.is_nan() { Entry { missing: -1 } } else { Entry { value: *from } };
                        }
                        let mut out = 0.0_f32;
                        // SAFETY: there are as many entries as the model reads.
                        unsafe { predict(entries.as_mut_ptr(), 0, &raw mut out) };
                        black_box(out);
                    }
                }
            }
            single.push(begin.elapsed().as_nanos() as f64 / count as f64);
            if let Model::Ours(evaluator) = model {
                let mut out = [0.0; BATCH];
                let begin = Instant::now();
                for block in rows.chunks_exact(features * BATCH) {
                    evaluator.predict_batch(block, features, &mut out);
                    black_box(&out);
                }
                batch.push(begin.elapsed().as_nanos() as f64 / (count / BATCH) as f64);
            }
        }
    }
    for ((name, _), (single, batch)) in models.iter().zip(&mut times) {
        let middle = |list: &mut Vec<f64>| {
            list.sort_by(f64::total_cmp);
            list.get(list.len() / 2).copied().unwrap_or(0.0)
        };
        println!("{name} {:.1} {:.1}", middle(single), middle(batch));
    }
}
