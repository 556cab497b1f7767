//! The shared library of an engine, its functions and its errors.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::error::TrainingError;

/// What an engine's functions take and give: a matrix, a dataset or a booster.
pub(super) type Handle = *mut c_void;
/// Returns the text of this thread's last error.
pub(super) type LastError = unsafe extern "C" fn() -> *const c_char;
/// Frees what a handle stands for.
pub(super) type Free = unsafe extern "C" fn(Handle) -> c_int;

/// A loaded engine; it is never unloaded, because its threads never end, so its functions stay valid.
pub(super) struct Loaded(ManuallyDrop<Library>);

impl Loaded {
    /// Loads `path`, after the libraries that it needs.
    pub(super) fn open(path: &Path, needs: &[&Path]) -> Result<Loaded, TrainingError> {
        let load = |path: &Path| {
            // SAFETY: the file is part of this executable, so its constructors may run here.
            let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
            library.map(ManuallyDrop::new)
        };
        for path in needs {
            // The system's own library serves as well; if one is really missing, the next load reports it.
            let _ = load(path);
        }
        load(path).map(Loaded).map_err(TrainingError::Load)
    }

    /// # Safety
    /// `T` is the function's type as its header declares it.
    pub(super) unsafe fn function<T: Copy>(&self, name: &CStr) -> Result<T, TrainingError> {
        // SAFETY: the caller guarantees the type; `None` is a symbol at address 0.
        let symbol = unsafe { self.0.get::<Option<T>>(name) };
        let function = symbol.ok().and_then(|symbol| *symbol);
        function.ok_or_else(|| TrainingError::NoFunction(name.to_owned()))
    }
}

/// A struct of an engine's functions, each with its type and its symbol as the engine's header declares them.
macro_rules! functions {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty = $symbol:literal,)* }) => {
        $(#[$doc])*
        struct $name {
            $($field: $type,)*
        }

        impl $name {
            fn of(library: &Loaded) -> Result<$name, TrainingError> {
                Ok($name {
                    // SAFETY: the type is the one that the engine's header declares for this symbol.
                    $($field: unsafe { library.function::<$type>($symbol) }?,)*
                })
            }
        }
    };
}
pub(super) use functions;

/// A text as C reads it.
pub(super) fn c_text(text: &str) -> Result<CString, TrainingError> {
    CString::new(text).map_err(TrainingError::Nul)
}

/// Converts a status to the engine's own line about its last error.
///
/// # Safety
/// `last_error` is the engine's own function, which returns a C string.
pub(super) unsafe fn checked(status: c_int, last_error: LastError) -> Result<(), TrainingError> {
    if status == 0 {
        return Ok(());
    }
    // SAFETY: the caller guarantees the function, which takes nothing.
    let line = unsafe { last_error() };
    // SAFETY: the caller guarantees a C string; it is copied before this thread's next call changes it.
    let line = unsafe { CStr::from_ptr(line) }.to_string_lossy();
    let line = line.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gives no reason");
    Err(TrainingError::Engine(line.trim().to_owned()))
}
