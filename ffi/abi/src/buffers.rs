//! The caller's buffers, and the shell of every call that can fail. The unsafe lines of such a call are those of
//! [`call`]; its body is safe code.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

use crate::failure::{Failure, Status};

/// What a call returns: a value >= 0, or why there is none.
pub(crate) type Answer = Result<i32, Failure>;

/// Bytes of a size that stands before a text.
const SIZE_BYTES: usize = 4;

/// The shell of an export that can fail: `out[out_len]` is the buffer for its answer, each further
/// `name[name_len]` an argument, which the body has as an [`Input`].
macro_rules! call {
    ($out:ident[$out_len:ident] $(, $input:ident[$len:ident])*, |$answer:pat_param| $body:expr) => {{
        $(
            // SAFETY: by the export's contract the argument is valid for that many reads until it returns.
            let $input = unsafe { $crate::buffers::Input::new($input, $len) };
        )*
        // SAFETY: by the export's contract `out` is valid for that many writes, and unshared until it returns.
        let out = unsafe { $crate::buffers::Output::new($out, $out_len) };
        $crate::buffers::guard(out, |$answer| $body)
    }};
}
pub(crate) use call;

/// An argument of the caller.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    /// `None`: a null pointer where bytes are needed.
    bytes: Option<&'a [u8]>,
}

impl<'a> Input<'a> {
    /// # Safety
    /// `from` must be null, or valid for `len` bytes of reads for `'a`.
    pub(crate) unsafe fn new(from: *const u8, len: u32) -> Input<'a> {
        if len == 0 {
            return Input { bytes: Some(&[]) };
        }
        if from.is_null() {
            return Input { bytes: None };
        }
        // SAFETY: `from` is not null, and the caller guarantees its length.
        Input { bytes: Some(unsafe { std::slice::from_raw_parts(from, len as usize) }) }
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8], Failure> {
        self.bytes.ok_or_else(|| Failure::new(Status::NullPointer, "Cannot read an argument: it is null"))
    }

    pub(crate) fn text(self) -> Result<&'a str, Failure> {
        std::str::from_utf8(self.bytes()?)
            .map_err(|_| Failure::invalid("Cannot read a text argument: it is not UTF-8"))
    }

    /// Options as JSON; `cannot` begins the line of a failure.
    pub(crate) fn json<T: DeserializeOwned>(self, cannot: &str) -> Result<T, Failure> {
        serde_json::from_str(self.text()?).map_err(|error| Failure::invalid(format!("{cannot}: {error}")))
    }

    /// float32 numbers.
    pub(crate) fn floats(self) -> Result<Vec<f32>, Failure> {
        let fours = self.bytes()?.chunks_exact(4);
        Ok(fours.map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect())
    }
}

/// The caller's buffer for the answer.
pub(crate) struct Output<'a> {
    /// `None`: a null pointer.
    bytes: Option<&'a mut [u8]>,
}

impl Output<'_> {
    /// # Safety
    /// `to` must be null, or valid for `len` bytes of writes and unshared as long as the result lives.
    pub(crate) unsafe fn new(to: *mut u8, len: u32) -> Self {
        if to.is_null() {
            return Output { bytes: None };
        }
        // SAFETY: `to` is not null, and the caller guarantees its length and exclusive access.
        let bytes = unsafe { std::slice::from_raw_parts_mut(to, len as usize) };
        Output { bytes: Some(bytes) }
    }
}

/// Runs `call` with the buffer for its answer; a failure or panic becomes a status and a line in the buffer.
pub(crate) fn guard(out: Output<'_>, call: impl FnOnce(&mut [u8]) -> Answer) -> i32 {
    let Some(out) = out.bytes else { return Status::NullPointer as i32 };
    let answer = catch_unwind(AssertUnwindSafe(|| call(out))).unwrap_or_else(|_| {
        Err(Failure::new(Status::Panicked, "Cannot continue: a bug, see the lines above"))
    });
    match answer {
        Ok(value) => value,
        Err(Failure { status, line }) => {
            if status != Status::TooSmall {
                write_line(out, &line);
            }
            status as i32
        }
    }
}

/// Copies a whole text to `out`; returns its length.
pub(crate) fn answer_text(out: &mut [u8], text: &str) -> Answer {
    answer_bytes(out, text.as_bytes())
}

/// Copies all of `bytes` to `out`; returns their length. Where `out` is too small, its first bytes hold the
/// size that is needed.
pub(crate) fn answer_bytes(out: &mut [u8], bytes: &[u8]) -> Answer {
    let Some(target) = out.get_mut(..bytes.len()) else { return Err(too_small(out, bytes.len())) };
    target.copy_from_slice(bytes);
    Ok(bytes.len() as i32)
}

/// Puts the size that is needed into the first bytes of `out`.
pub(crate) fn too_small(out: &mut [u8], needed: usize) -> Failure {
    if let Some(size) = out.get_mut(..SIZE_BYTES) {
        size.copy_from_slice(&(needed as u32).to_le_bytes());
    }
    Failure::too_small()
}

/// Writes a number at `at`; returns its size.
pub(crate) fn put_u64(out: &mut [u8], at: usize, value: u64) -> Answer {
    let len = out.len();
    let Some(target) = out.get_mut(at..at + 8) else {
        return Err(Failure::invalid(format!("Cannot answer: {len} bytes of room, need {}", at + 8)));
    };
    target.copy_from_slice(&value.to_le_bytes());
    Ok(8)
}

fn write_line(out: &mut [u8], line: &str) {
    let Some(room) = out.len().checked_sub(SIZE_BYTES) else { return };
    let mut len = line.len().min(room);
    while !line.is_char_boundary(len) {
        len -= 1;
    }
    out[..SIZE_BYTES].copy_from_slice(&(len as u32).to_le_bytes());
    out[SIZE_BYTES..SIZE_BYTES + len].copy_from_slice(&line.as_bytes()[..len]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(out: &mut [u8], call: impl FnOnce(&mut [u8]) -> Answer) -> i32 {
        guard(Output { bytes: Some(out) }, call)
    }

    #[test]
    fn guard_answers_a_status_and_a_line_for_failures_and_panics() {
        let mut out = [0; 32];
        assert_eq!(run(&mut out, |_| Err(Failure::new(Status::NotFound, "Cannot find x"))), -6);
        assert_eq!((out[0], &out[4..17]), (13, &b"Cannot find x"[..]));
        assert_eq!(run(&mut out, |_| panic!("on purpose")), Status::Panicked as i32);
        assert_eq!(run(&mut out, |_| Ok(7)), 7);
        assert_eq!(guard(Output { bytes: None }, |_| Ok(0)), Status::NullPointer as i32);
    }

    #[test]
    fn a_null_argument_is_refused_unless_it_is_empty() {
        for (len, status) in [(1, Some(Status::NullPointer)), (0, None)] {
            // SAFETY: null is allowed.
            let input = unsafe { Input::new(std::ptr::null(), len) };
            assert_eq!(input.text().err().map(|failure| failure.status), status);
        }
        // SAFETY: null is allowed.
        let out = unsafe { Output::new(std::ptr::null_mut(), 8) };
        assert_eq!(guard(out, |_| Ok(0)), Status::NullPointer as i32);
    }

    #[test]
    fn a_line_is_cut_at_a_character_and_a_tiny_buffer_is_left_alone() {
        let mut out = [0; 7];
        run(&mut out, |_| Err(Failure::new(Status::Io, "aü€")));
        assert_eq!((out[0], &out[4..]), (3, "aü".as_bytes()));
        let mut tiny = [9; 3];
        run(&mut tiny, |_| Err(Failure::new(Status::Io, "x")));
        assert_eq!(tiny, [9; 3]);
    }
}
