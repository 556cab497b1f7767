//! The state of an agent's module, killed before each system call of its first start and its writes in turn.

#[path = "../../topic_log/tests/killer/mod.rs"]
mod killer;

use std::io::{PipeWriter, Write as _};
use std::path::Path;

use control::ControlError;
use control::state::StateFile;
use killer::{Folder, killed_at};

const WRITES: u8 = 4;

/// Makes the state, then throttles by 1, 2, 3 ... percent; writes one byte for each stored one.
fn write_all(folder: &Path, kept: &mut PipeWriter) -> Result<(), ControlError> {
    let (mut file, mut state) = StateFile::open(folder, "mev")?;
    for throttle_pct in 1..=WRITES {
        state.policy.throttle_pct = throttle_pct;
        file.write(&state).map_err(ControlError::StateNotKept)?;
        kept.write_all(&[1]).expect("the pipe is open");
    }
    Ok(())
}

#[test]
fn killed_before_any_system_call_the_state_opens_with_what_was_stored() {
    let mut call = 0;
    loop {
        let folder = Folder::new("state");
        let (written, ended) = killed_at(call, |pipe| write_all(&folder.0, pipe));
        let opened = StateFile::open(&folder.0, "mev");
        let (_, state) = opened.unwrap_or_else(|error| panic!("call {call}: {error}"));
        let found = u64::from(state.policy.throttle_pct);
        assert!((written..=written + 1).contains(&found), "call {call}: {written} written, {found} found");
        if ended {
            assert_eq!(found, u64::from(WRITES));
            break;
        }
        call += 1;
    }
    assert!(call > 10, "only {call} calls were seen");
}
