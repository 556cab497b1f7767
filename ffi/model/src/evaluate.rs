//! The engine's own evaluator: `core/core.rs` compiled for what the processor can do, chosen once.

use crate::core_eval::{self, Header};
use crate::tables::Tables;

/// Which compilation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Plain,
    V3,
    V4,
}

/// A model that can be asked; asking takes no lock, no memory and no system call.
pub struct Evaluator {
    tables: Tables,
    width: Width,
}

impl Evaluator {
    /// Over checked tables.
    #[must_use]
    pub fn new(tables: Tables) -> Evaluator {
        let v3 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2");
        let v4 = v3 && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl");
        let width = match (v4, v3) {
            (true, _) => Width::V4,
            (_, true) => Width::V3,
            _ => Width::Plain,
        };
        Evaluator { tables, width }
    }

    /// Numbers of a row.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.tables.header().n_features as usize
    }

    /// The tables it reads.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The probability, 0..1; a row may be longer than what is read. NaN for a shorter one.
    #[must_use]
    pub fn predict(&self, row: &[f32]) -> f32 {
        let (x, n, h) = (row.as_ptr(), row.len(), std::ptr::from_ref(self.tables.header()));
        // SAFETY: the row is a slice; the tables were checked; the width was found on this processor.
        unsafe {
            match self.width {
                Width::Plain => core_eval::predict(x, n, h),
                Width::V3 => predict_v3(x, n, h),
                Width::V4 => predict_v4(x, n, h),
            }
        }
    }

    /// As [`Evaluator::predict`] for each row of `rows`, which are `stride` numbers apart.
    ///
    /// # Panics
    /// `rows` holds fewer than `out.len()` rows.
    pub fn predict_batch(&self, rows: &[f32], stride: usize, out: &mut [f32]) {
        assert!(rows.len() >= out.len() * stride, "rows {} are too few", rows.len());
        let (x, h) = (rows.as_ptr(), std::ptr::from_ref(self.tables.header()));
        // SAFETY: as in `predict`; the rows are there by the check above.
        unsafe {
            match self.width {
                Width::Plain => core_eval::predict_batch(x, out.len(), stride, out.as_mut_ptr(), h),
                Width::V3 => batch_v3(x, out.len(), stride, out.as_mut_ptr(), h),
                Width::V4 => batch_v4(x, out.len(), stride, out.as_mut_ptr(), h),
            }
        }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,fma,lzcnt,movbe")]
unsafe fn predict_v3(x: *const f32, n: usize, h: *const Header) -> f32 {
    // SAFETY: the caller's.
    unsafe { core_eval::predict(x, n, h) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,fma,lzcnt,movbe,avx512f,avx512vl")]
unsafe fn predict_v4(x: *const f32, n: usize, h: *const Header) -> f32 {
    // SAFETY: the caller's.
    unsafe { core_eval::predict(x, n, h) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,fma,lzcnt,movbe")]
unsafe fn batch_v3(x: *const f32, rows: usize, stride: usize, out: *mut f32, h: *const Header) {
    // SAFETY: the caller's.
    unsafe { core_eval::predict_batch(x, rows, stride, out, h) }
}

#[target_feature(enable = "avx2,bmi1,bmi2,fma,lzcnt,movbe,avx512f,avx512vl")]
unsafe fn batch_v4(x: *const f32, rows: usize, stride: usize, out: *mut f32, h: *const Header) {
    // SAFETY: the caller's.
    unsafe { core_eval::predict_batch(x, rows, stride, out, h) }
}
