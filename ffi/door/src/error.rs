//! Errors of the door.

use std::io;

use thiserror::Error;

/// Why the door of the API cannot be guarded.
#[derive(Debug, Error)]
pub enum DoorError {
    /// The kernel does not list its sockets.
    #[error("Cannot limit the connections of the API: {0}")]
    Sockets(#[source] io::Error),
    /// The system cannot start a thread.
    #[error("Cannot limit the connections of the API: {0}")]
    Thread(#[source] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_door_names_its_cause() {
        for of in [DoorError::Sockets, DoorError::Thread] {
            let error = of(io::Error::from_raw_os_error(1)).to_string();
            assert_eq!(
                error,
                "Cannot limit the connections of the API: Operation not permitted (os error 1)"
            );
        }
    }
}
