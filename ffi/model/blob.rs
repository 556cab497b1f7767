// Compiled by build.rs to an object whose text and constants are the code of every artefact.
#![no_std]
#![no_main]

#[path = "src/core_eval.rs"]
mod core_eval;

use core_eval::Header;

#[unsafe(no_mangle)]
#[unsafe(link_section = ".text.legend.a")]
unsafe extern "C" fn legend_core_predict(x: *const f32, n: usize, h: *const Header) -> f32 {
    // SAFETY: the same contract as the caller's: valid rows, and a header before checked tables.
    unsafe { core_eval::predict(x, n, h) }
}

#[unsafe(no_mangle)]
#[unsafe(link_section = ".text.legend.b")]
unsafe extern "C" fn legend_core_batch(x: *const f32, rows: usize, stride: usize, out: *mut f32, h: *const Header) {
    // SAFETY: the same contract as the caller's: valid rows and answers, and a header before checked tables.
    unsafe { core_eval::predict_batch(x, rows, stride, out, h) }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
