//! A block's frames with the time each was received.

/// One block, or one transaction alone.
#[derive(Default)]
pub struct Block {
    /// Its slot.
    pub slot: u64,
    /// Unix nanoseconds of the block's end; 0 when the source does not say.
    pub time_ns: u64,
    /// Whole block: its end is the slot's end.
    pub whole: bool,
    frames: Vec<u8>,
    ends: Vec<(usize, u64)>,
}

impl Block {
    /// The frames with their receive times (Unix nanoseconds), in order.
    pub fn frames(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let begins = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        begins.zip(&self.ends).map(|(begin, &(end, ns))| (ns, &self.frames[begin..end]))
    }

    /// How many frames it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all frames.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.frames.len()
    }

    /// Whether it holds no frame.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn clear(&mut self, slot: u64, time_ns: u64, whole: bool) {
        (self.slot, self.time_ns, self.whole) = (slot, time_ns, whole);
        self.frames.clear();
        self.ends.clear();
    }

    /// Says the slot of a whole block and when all of it was received.
    pub(crate) fn end(&mut self, slot: u64, time_ns: u64) {
        (self.slot, self.time_ns) = (slot, time_ns);
        self.ends.iter_mut().for_each(|(_, received_ns)| *received_ns = time_ns);
    }

    /// Adds what `write` appends as one frame; nothing when it fails.
    pub(crate) fn push<E>(
        &mut self,
        received_ns: u64,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let begin = self.frames.len();
        match write(&mut self.frames) {
            Ok(()) => self.ends.push((self.frames.len(), received_ns)),
            Err(error) => {
                self.frames.truncate(begin);
                return Err(error);
            }
        }
        Ok(())
    }
}
