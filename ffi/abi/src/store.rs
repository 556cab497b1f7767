//! ClickHouse from its library: the whole server runs on a thread of this process and ends with it.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::ManuallyDrop;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use serde::Deserialize;

use crate::buffers::call;
use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreOptions {
    /// Path of `libchdb.so`.
    library: String,
    /// Arguments of `clickhouse local`; the first one is the program's name.
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
    call!(out[out_len], options[options_len], |_| {
        let options: StoreOptions = options.json("Cannot start the store")?;
        run(&options).map(|()| 0)
    })
}

fn run(options: &StoreOptions) -> Result<(), Failure> {
    let io = |why: String| Failure::io(format!("Cannot run the store: {why}"));
    let words: Result<Vec<CString>, _> =
        options.args.iter().map(|word| CString::new(word.as_str())).collect();
    let words = words.map_err(|error| io(error.to_string()))?;
    let mut argv: Vec<*mut c_char> = words.iter().map(|word| word.as_ptr().cast_mut()).collect();
    argv.push(std::ptr::null_mut());
    // SAFETY: the file is ClickHouse's library, part of this executable, so its constructors may run here.
    let library = unsafe { Library::open(Some(options.library.as_str()), RTLD_NOW | RTLD_LOCAL) };
    let library = library.map_err(|error| match error {
        libloading::Error::DlOpen { source } => io(format!("{}: {source}", options.library)),
        libloading::Error::DlOpenUnknown => io(format!("{}: no reason given", options.library)),
        other => io(other.to_string()),
    })?;
    // Stays open to the end of the process: its threads may still be running.
    let library = ManuallyDrop::new(library);
    // SAFETY: the function has this type in chdb's header.
    let run: Option<Run> = unsafe { function(&library, c"chdb_query_cmdline") };
    // SAFETY: the function has this type in chdb's header.
    let error_of: Option<ErrorOf> = unsafe { function(&library, c"chdb_result_error") };
    // SAFETY: the function has this type in chdb's header.
    let signals: Option<Signals> = unsafe { function(&library, c"chdb_set_signal_handlers_enabled") };
    let (Some(run), Some(error_of)) = (run, error_of) else {
        return Err(io(format!(
            "{} is not a ClickHouse library of a version that legend can use",
            options.library
        )));
    };
    if let Some(signals) = signals {
        // SAFETY: the type is that of chdb's header; the function takes only a flag.
        unsafe { signals(0) };
    }
    // SAFETY: argv holds as many C strings as counted, then a null; all live until the call returns.
    let result = unsafe { run(c_int::try_from(words.len()).unwrap_or(c_int::MAX), argv.as_mut_ptr()) };
    if result.is_null() {
        return Ok(());
    }
    // SAFETY: the library returned `result`, which is not null; the text lives as long as it.
    let error = unsafe { error_of(result) };
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the text is not null, and is null-terminated.
    let error = unsafe { CStr::from_ptr(error) }.to_string_lossy().into_owned();
    if error.is_empty() || error.contains("QUERY_WAS_CANCELLED") { Ok(()) } else { Err(io(error)) }
}

/// A function of the library; `None` if it has none of this name.
///
/// # Safety
/// `F` must be the function's type.
unsafe fn function<F: Copy>(library: &Library, name: &CStr) -> Option<F> {
    // SAFETY: the caller guarantees the type; `None` is a symbol at address 0.
    let symbol = unsafe { library.get::<Option<F>>(name) };
    symbol.ok().and_then(|symbol| *symbol)
}
