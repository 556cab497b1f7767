//! The lock of a module in a data folder.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use control::agent_process::lock_path;
use topic_log::disk;
use wire::control::Module;

use super::error::AgentError;

/// How long a start waits for the previous agent to end.
const PREDECESSOR_ENDS: Duration = Duration::from_secs(3);
/// How often it checks.
const LOOK: Duration = Duration::from_millis(20);

/// Allows one agent of a module per data folder: two would assign the same numbers to their records.
///
/// # Errors
/// Another process holds it, or the folder cannot be written.
pub fn lock_agent(data_dir: &Path, module: Module) -> Result<File, AgentError> {
    let path = lock_path(data_dir, module);
    let cannot = |source| AgentError::Lock { path: path.clone(), source };
    disk::make_folder(&data_dir.join("agents")).map_err(cannot)?;
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    let mut file = open.map_err(cannot)?;
    // An agent whose supervisor was killed takes a moment to end.
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
            // The kill signal is sent to this process id.
            let named = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            named.map_err(cannot)?;
            Ok(file)
        }
        Err(std::fs::TryLockError::WouldBlock) => Err(AgentError::Held(data_dir.to_path_buf())),
        Err(std::fs::TryLockError::Error(error)) => Err(cannot(error)),
    }
}
