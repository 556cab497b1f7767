//! One outbound topic: what is in flight, what was acknowledged, and how far that is stored.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use topic_log::disk::PreallocatedFile;
use topic_log::format::{self, StoredRecord};
use topic_log::{Committed, RETENTION_HOLD_GROUP, Read, Topic};

use super::shared::{
    BLOCK_BYTES, Direction, IDLE, LinkPosition, ORIGIN_HEADER, SETTLE, Shared, locked, origin,
};
use crate::with_librdkafka::error::{Cause, ClusterError};
use crate::with_librdkafka::producer::{Delivered, OnDelivered, Producer, Queued, StoredAt};

/// Maximum records of one topic in flight.
const IN_FLIGHT_MAX: usize = 50_000;
/// How often the position is stored while records flow.
const STORE_EVERY: Duration = Duration::from_millis(100);

/// Delivery results of the records in flight, oldest first.
#[derive(Default)]
pub(super) struct InFlight {
    state: Mutex<InFlightState>,
    changed: Condvar,
}

#[derive(Default)]
struct InFlightState {
    /// Offset of the first entry.
    base: u64,
    entries: VecDeque<Entry>,
    error: Option<Cause>,
}

#[derive(Clone, Copy)]
enum Entry {
    Sent,
    /// Nothing to send: the record came from the cluster, or was sent before.
    Passed,
    Arrived(StoredAt),
}

impl InFlight {
    /// Nothing in flight yet; the next record has offset `base`.
    pub(super) fn from(base: u64) -> Arc<InFlight> {
        let state = Mutex::new(InFlightState { base, ..InFlightState::default() });
        Arc::new(InFlight { state, changed: Condvar::new() })
    }
}

impl OnDelivered for InFlight {
    fn delivered(&self, at: u64, delivered: Delivered) {
        let mut state = locked(&self.state);
        match delivered {
            Ok(stored) => {
                let index = usize::try_from(at.wrapping_sub(state.base)).unwrap_or(usize::MAX);
                if let Some(entry) = state.entries.get_mut(index) {
                    *entry = Entry::Arrived(stored);
                }
            }
            Err(error) => state.error = Some(error),
        }
        self.changed.notify_all();
    }
}

/// One outbound topic.
pub(super) struct TopicSender<'a> {
    pub(super) shared: &'a Shared,
    pub(super) at: usize,
    pub(super) local: &'a Topic,
    pub(super) producer: Arc<Producer>,
    pub(super) in_flight: Arc<InFlight>,
    pub(super) already_sent: HashSet<u64>,
    pub(super) position: LinkPosition,
    pub(super) committed: Committed,
    pub(super) file: PreallocatedFile,
    pub(super) stored: Instant,
}

impl TopicSender<'_> {
    /// Sends until the link stops or an error occurs.
    pub(super) fn run(&mut self) -> Result<(), ClusterError> {
        let counters = &self.shared.counters[self.at];
        let (mut reader, mut out) = (self.local.reader(self.committed.offset), Vec::new());
        while !self.shared.stopped() {
            out.clear();
            match reader.read(&mut out, BLOCK_BYTES)? {
                Read::Gap(gap) => {
                    // First wait for all records before the gap, so that the count is exact.
                    self.settle(0)?;
                    self.committed.lost += gap.to - gap.from;
                    self.committed.offset = gap.to;
                    locked(&self.in_flight.state).base = gap.to;
                    counters.lost.store(self.committed.lost, SeqCst);
                    self.store(true)?;
                }
                Read::Records(0) => {
                    self.settle(0)?;
                    self.store(false)?;
                    counters.clear_error(Direction::Out);
                    counters.end.store(self.local.end(), SeqCst);
                    self.local.wait(reader.offset(), IDLE);
                }
                Read::Records(_) => {
                    if self.position.clean {
                        // Before the first record is sent, the file says that one may be in flight.
                        self.position.clean = false;
                        self.position.write(&self.file)?;
                    }
                    for record in format::records(&out) {
                        self.send(&record)?;
                    }
                    counters.end.store(self.local.end(), SeqCst);
                    self.settle(IN_FLIGHT_MAX)?;
                    if self.stored.elapsed() >= STORE_EVERY {
                        self.store(true)?;
                        counters.clear_error(Direction::Out);
                    }
                }
            }
        }
        self.settle_briefly()?;
        self.store(false)
    }

    fn send(&mut self, record: &StoredRecord<'_>) -> Result<(), ClusterError> {
        let counters = &self.shared.counters[self.at];
        let topic = &self.shared.options.topics[self.at].name;
        let own = format!("{}:{}", self.shared.options.instance, record.offset);
        // The record came from the cluster.
        let foreign = origin(record).is_some();
        if foreign || self.already_sent.remove(&record.offset) {
            counters.skipped.fetch_add(1, SeqCst);
            locked(&self.in_flight.state).entries.push_back(Entry::Passed);
            return Ok(());
        }
        locked(&self.in_flight.state).entries.push_back(Entry::Sent);
        let on: Arc<dyn OnDelivered> = Arc::clone(&self.in_flight) as _;
        loop {
            let extra = Some((ORIGIN_HEADER, own.as_bytes()));
            match self.producer.send(topic, record, extra, &on, record.offset) {
                Ok(Queued::Yes) => return Ok(()),
                Ok(Queued::Full) => {
                    if self.shared.stopped() {
                        return Err(ClusterError::LinkEnds);
                    }
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(why) => {
                    let (topic, offset) = (topic.clone(), record.offset);
                    return Err(ClusterError::NotSent { topic, offset, why });
                }
            }
        }
    }

    /// Waits until at most `unacknowledged_max` records are unacknowledged; advances the position past the
    /// acknowledged ones.
    fn settle(&mut self, unacknowledged_max: usize) -> Result<(), ClusterError> {
        let counters = &self.shared.counters[self.at];
        let in_flight = Arc::clone(&self.in_flight);
        let mut state = locked(&in_flight.state);
        loop {
            if let Some(why) = state.error.take() {
                let topic = self.shared.options.topics[self.at].name.clone();
                return Err(ClusterError::NotArrived { topic, why });
            }
            let mut arrived = 0;
            while let Some(entry) = state.entries.front().copied() {
                match entry {
                    Entry::Sent => break,
                    Entry::Passed => {}
                    Entry::Arrived(StoredAt { partition, offset }) => {
                        arrived += 1;
                        if let Some(end) = self.position.ends.get_mut(usize::from(partition)) {
                            *end = (offset + 1).max(*end);
                        }
                    }
                }
                state.entries.pop_front();
                state.base += 1;
            }
            self.committed.offset = state.base;
            counters.offset.store(state.base, SeqCst);
            counters.sent.fetch_add(arrived, SeqCst);
            counters.end.fetch_max(self.local.end(), SeqCst);
            if state.entries.len() <= unacknowledged_max {
                return Ok(());
            }
            if self.shared.stopped() || self.producer.is_dead() {
                return Err(ClusterError::ProducerEnds);
            }
            let waited = in_flight.changed.wait_timeout(state, IDLE);
            state = waited.map(|(state, _)| state).unwrap_or_else(|error| error.into_inner().0);
        }
    }

    /// At the end: records in flight may still arrive.
    fn settle_briefly(&mut self) -> Result<(), ClusterError> {
        self.producer.flush(SETTLE);
        self.settle(IN_FLIGHT_MAX)
    }

    /// Stores the position: first in the host's log, then for the cluster, so that a kill in between only
    /// means more to check.
    fn store(&mut self, busy: bool) -> Result<(), ClusterError> {
        let before = self.local.committed(RETENTION_HOLD_GROUP)?;
        let clean = !busy && locked(&self.in_flight.state).entries.is_empty();
        if before != Some(self.committed) {
            self.local.commit(RETENTION_HOLD_GROUP, self.committed)?;
        } else if self.position.clean == clean {
            return Ok(());
        }
        self.position.clean = clean;
        self.position.write(&self.file)?;
        self.stored = Instant::now();
        Ok(())
    }
}
