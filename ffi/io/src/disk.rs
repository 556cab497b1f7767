//! What the disk refuses, in words that say what to do.

use std::io::{Error, ErrorKind};

/// Whether the disk or the user's share of it is full.
pub(crate) fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// The reason, for the end of a line: a full disk is the one an operator meets, and "os error 28" helps nobody.
pub(crate) fn why(error: &Error) -> String {
    if is_full(error) { "the disk is full, free some space".to_owned() } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_full_quota_say_what_to_do_and_the_rest_is_as_the_system_says_it() {
        for (errno, words) in [
            (libc::ENOSPC, "the disk is full, free some space"),
            (libc::EDQUOT, "the disk is full, free some space"),
            (libc::EACCES, "Permission denied (os error 13)"),
        ] {
            assert_eq!(why(&Error::from_raw_os_error(errno)), words);
        }
    }
}
