//! The lock of a module in a data folder, and why nothing starts there.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use control::agent_process::lock_path;
use sources::error::SourceError;
use topic_log::disk;
use wire::control::Module;

/// How long a start waits for the agent before it to end.
const PREDECESSOR_ENDS: Duration = Duration::from_secs(3);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(20);

/// Why nothing starts in a data folder, in one line.
#[derive(Debug)]
pub enum StartError {
    /// The data folder is not free for it: something runs there, or what it holds is in the way.
    Held(String),
    /// Anything else.
    Failed(String),
}

impl From<SourceError> for StartError {
    fn from(error: SourceError) -> StartError {
        StartError::Failed(error.to_string())
    }
}

impl From<String> for StartError {
    fn from(line: String) -> StartError {
        StartError::Failed(line)
    }
}

/// One agent of a module per data folder: two would number their records alike.
///
/// # Errors
/// Another process holds it, or the folder cannot be written.
pub fn lock_agent(data_dir: &Path, module: Module) -> Result<File, StartError> {
    let path = lock_path(data_dir, module);
    let cannot = |error: std::io::Error| format!("Cannot use {}: {}", path.display(), disk::why(&error));
    disk::make_folder(&data_dir.join("agents")).map_err(cannot)?;
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    let mut file = open.map_err(cannot)?;
    // An agent whose supervisor was killed needs a moment to end.
    let begin = Instant::now();
    let locked = loop {
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) if begin.elapsed() < PREDECESSOR_ENDS => {
                std::thread::sleep(LOOK);
            }
            locked => break locked,
        }
    };
    match locked {
        Ok(()) => {
            // For the kill signal: whom to send it to.
            let named = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            named.map_err(cannot)?;
            Ok(file)
        }
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::Held(format!(
            "Cannot start: another legend runs in {}, stop it or use another --data-dir",
            data_dir.display()
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(cannot(error).into()),
    }
}
