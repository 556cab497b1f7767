//! A block's frames, with the time at which each was received.

/// One block, or a single transaction.
#[derive(Default)]
pub struct Block {
    /// Its slot.
    pub slot: u64,
    /// Unix nanoseconds of the block's end; 0 if the source does not state it.
    pub time_ns: u64,
    /// A whole block: its end is the end of the slot.
    pub whole: bool,
    frames: Vec<u8>,
    ends: Vec<FrameEnd>,
}

/// Where a frame ends in the block's bytes, and when it was received.
struct FrameEnd {
    at: usize,
    received_ns: u64,
}

/// A frame with the time at which it was received.
#[derive(Clone, Copy)]
pub struct TimedFrame<'a> {
    /// Unix nanoseconds.
    pub received_ns: u64,
    /// A `SubscribeUpdate`.
    pub frame: &'a [u8],
}

impl Block {
    /// The frames in order.
    pub fn frames(&self) -> impl Iterator<Item = TimedFrame<'_>> {
        let begins = std::iter::once(0).chain(self.ends.iter().map(|end| end.at));
        begins.zip(&self.ends).map(|(begin, &FrameEnd { at, received_ns })| TimedFrame {
            received_ns,
            frame: &self.frames[begin..at],
        })
    }

    /// Number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Size of all frames in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.frames.len()
    }

    /// Whether it has no frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn clear(&mut self, slot: u64, time_ns: u64, whole: bool) {
        (self.slot, self.time_ns, self.whole) = (slot, time_ns, whole);
        self.frames.clear();
        self.ends.clear();
    }

    /// Sets the slot of a whole block, and when it was received completely.
    pub(crate) fn end(&mut self, slot: u64, time_ns: u64) {
        (self.slot, self.time_ns) = (slot, time_ns);
        self.ends.iter_mut().for_each(|end| end.received_ns = time_ns);
    }

    /// Adds what `write` appends as one frame; adds nothing if it fails.
    pub(crate) fn push<E>(
        &mut self,
        received_ns: u64,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let begin = self.frames.len();
        match write(&mut self.frames) {
            Ok(()) => self.ends.push(FrameEnd { at: self.frames.len(), received_ns }),
            Err(error) => {
                self.frames.truncate(begin);
                return Err(error);
            }
        }
        Ok(())
    }
}
