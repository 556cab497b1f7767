//! ClickHouse out of its library: the whole server runs on a thread of this process, which ends with it.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

use serde::Deserialize;

use crate::{Failure, Status, guard, text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreOptions {
    /// Path of `libchdb.so`.
    library: String,
    /// Words of `clickhouse local`, the first one the program's name.
    args: Vec<String>,
}

type Run = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;
type ErrorOf = unsafe extern "C" fn(*mut c_void) -> *const c_char;
type Signals = unsafe extern "C" fn(c_int);

/// Runs ClickHouse (`StoreOptions` as JSON) until its query ends. Blocks. Once per process.
/// On a thread of its own.
///
/// # Safety
/// `options` valid for `options_len` reads, `out` for `out_len` writes, unshared until the call returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn legend_store_run(
    options: *const u8,
    options_len: u32,
    out: *mut u8,
    out_len: u32,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe {
        guard(out, out_len, |_| {
            let invalid = |why: String| Failure(Status::Invalid, format!("Cannot start the store: {why}"));
            let options: StoreOptions = serde_json::from_str(text(options, options_len)?)
                .map_err(|error| invalid(error.to_string()))?;
            run(&options).map(|()| 0)
        })
    }
}

fn run(options: &StoreOptions) -> Result<(), Failure> {
    let io = |why: String| Failure(Status::Io, format!("Cannot run the store: {why}"));
    let path = CString::new(options.library.as_str()).map_err(|error| io(error.to_string()))?;
    let words: Result<Vec<CString>, _> =
        options.args.iter().map(|word| CString::new(word.as_str())).collect();
    let words = words.map_err(|error| io(error.to_string()))?;
    let mut argv: Vec<*mut c_char> = words.iter().map(|word| word.as_ptr().cast_mut()).collect();
    argv.push(std::ptr::null_mut());
    // SAFETY: a path that ends in 0; the library stays open to the end of the process.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    if library.is_null() {
        // SAFETY: dlerror gives a text or null right after a failure.
        let why = unsafe { libc::dlerror() };
        if why.is_null() {
            return Err(io(format!("{}: no reason given", options.library)));
        }
        // SAFETY: not null, ends in 0, and nobody calls dlopen in between.
        let why = unsafe { CStr::from_ptr(why) }.to_string_lossy();
        return Err(io(format!("{}: {why}", options.library)));
    }
    // SAFETY: an open library and names that end in 0.
    let (run, error_of, signals) = unsafe {
        (
            libc::dlsym(library, c"chdb_query_cmdline".as_ptr()),
            libc::dlsym(library, c"chdb_result_error".as_ptr()),
            libc::dlsym(library, c"chdb_set_signal_handlers_enabled".as_ptr()),
        )
    };
    if run.is_null() || error_of.is_null() {
        return Err(io(format!("{} is not ClickHouse's library of a known version", options.library)));
    }
    // SAFETY: the functions have these types in chdb's header.
    let (run, error_of) = unsafe {
        (std::mem::transmute::<*mut c_void, Run>(run), std::mem::transmute::<*mut c_void, ErrorOf>(error_of))
    };
    if !signals.is_null() {
        // SAFETY: as above; it takes a flag.
        unsafe { std::mem::transmute::<*mut c_void, Signals>(signals)(0) };
    }
    // SAFETY: argv holds argc texts and a null behind them, all alive until the call returns.
    let result = unsafe { run(c_int::try_from(words.len()).unwrap_or(c_int::MAX), argv.as_mut_ptr()) };
    if result.is_null() {
        return Ok(());
    }
    // SAFETY: a result that the library gave; the text lives as long as it.
    let error = unsafe { error_of(result) };
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, ends in 0.
    let error = unsafe { CStr::from_ptr(error) }.to_string_lossy().into_owned();
    if error.is_empty() || error.contains("QUERY_WAS_CANCELLED") { Ok(()) } else { Err(io(error)) }
}
