//! The streams of this node by lesson: opened and pushed into by pipelines, read by the HTTP shell.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use uuid::Uuid;
use yunke_protocol::{Delivery, Lease, LeaseKey, Purpose, ReplayDeliveries, UtcMillis};

use super::{
    access::Access,
    core::{TARGET_DURATION, ring::Ring, track::Track},
    delivery::Deliveries,
    event::{Completed, Event, Rendition, StreamStart},
    replays::Fetched,
    stream::{Audience, Stream},
};
use crate::clock::Clock;

/// Readers that may wait on a node at a time. When full, further ones get 503 and come back in a second.
pub const WAITERS: usize = 50_000;

/// How long requests are held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// A blocked request is given up after three target durations (RFC 8216bis 6.2.5.2).
    pub(crate) blocked: Duration,
    /// A plain request for the playlist of a stream that has just begun is held until there is something to play.
    pub(crate) beginning: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { blocked: TARGET_DURATION * 3, beginning: TARGET_DURATION }
    }
}

/// All streams of this node, and the HTTP interface to them. Cheap to clone.
#[derive(Clone)]
pub struct Origin(Arc<Inner>);

struct Inner {
    access: Access,
    lessons: RwLock<HashMap<Uuid, Arc<Lesson>>>,
    replays: Fetched,
    waiting: AtomicUsize,
    patience: Patience,
}

/// A lesson on this node.
#[derive(Default)]
pub(super) struct Lesson {
    stream: Mutex<Option<Arc<Stream>>>,
    pub(super) deliveries: Deliveries,
}

impl Lesson {
    pub(super) fn stream(&self) -> Option<Arc<Stream>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a new stream in place of the old one; who waits on that looks again.
    fn open(&self, audience: Audience, start: StreamStart) -> Arc<Stream> {
        let mut place = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = Arc::new(Stream::new(audience, start, place.clone()));
        let old = place.replace(Arc::clone(&stream));
        drop(place);
        if let Some(old) = old {
            old.retire();
        }
        stream
    }

    fn close(&self) {
        let old = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(old) = old {
            old.retire();
        }
    }
}

impl Origin {
    /// Empty.
    pub fn new(key: LeaseKey, clock: Clock) -> Self {
        Self::with_patience(key, clock, Patience::default())
    }

    /// The same, behind edges that prove themselves with `edge_token`, if it is not empty.
    pub fn behind(key: LeaseKey, clock: Clock, edge_token: &str) -> Self {
        Self::made(Access::new(key, clock).with_edge(edge_token), Patience::default())
    }

    /// Holds requests for so long; other than by default only in tests.
    pub(crate) fn with_patience(key: LeaseKey, clock: Clock, patience: Patience) -> Self {
        Self::made(Access::new(key, clock), patience)
    }

    fn made(access: Access, patience: Patience) -> Self {
        Self(Arc::new(Inner {
            access,
            lessons: RwLock::default(),
            replays: Fetched::default(),
            waiting: AtomicUsize::new(0),
            patience,
        }))
    }

    /// This node has (or awaits) media of the lesson: until a stream is opened its URLs answer 503 with `Retry-After`,
    /// not 404. Idempotent.
    pub fn expect(&self, lesson: Uuid) {
        self.lesson_or_new(lesson);
    }

    /// Starts a stream. The lesson's earlier stream is retired: readers who wait on it go on with this one, and what it had
    /// announced to them stays until this one has something whole.
    pub fn open(&self, lesson: Uuid, audience: Audience, start: StreamStart) -> LiveHandle {
        LiveHandle(self.lesson_or_new(lesson).open(audience, start))
    }

    /// The lesson is none of this node's business any more: 404 from now on.
    pub fn forget(&self, lesson: Uuid) {
        let forgotten = self.0.lessons.write().unwrap_or_else(PoisonError::into_inner).remove(&lesson);
        if let Some(lesson) = forgotten {
            lesson.close();
        }
    }

    /// What each lease fetched of the live lesson in the last 60 s, on the lesson's timeline.
    pub fn deliveries(&self, lesson: Uuid, zero_at: UtcMillis) -> Vec<Delivery> {
        let now = self.0.access.now();
        self.lesson(lesson).map(|lesson| lesson.deliveries.report(zero_at, now)).unwrap_or_default()
    }

    /// What was fetched of replays in the last 60 s.
    pub fn replays(&self) -> Vec<ReplayDeliveries> {
        self.0.replays.report(self.0.access.now())
    }

    /// Readers that wait at the moment.
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// How long requests are held.
    pub(super) fn patience(&self) -> Patience {
        self.0.patience
    }

    /// Checks leases.
    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    /// The server's list of leases that open nothing any more.
    pub(crate) fn revoke(&self, leases: &[Uuid]) {
        self.0.access.revoke(leases);
    }

    /// A lease was sent this stretch of its lesson's replay; the lesson's timeline begins at `zero_at`.
    pub(crate) fn replayed(&self, lease: &Lease, zero_at: UtcMillis, interval: (UtcMillis, UtcMillis)) {
        if lease.purpose == Purpose::Watch
            && let Some(deliveries) = self.0.replays.of(lease.lesson, zero_at)
        {
            deliveries.record(lease.id, interval, self.0.access.now());
        }
    }

    /// A lease came to its lesson's replay through an edge.
    pub(crate) fn replayed_behind_edge(&self, lease: &Lease, zero_at: UtcMillis) {
        if lease.purpose == Purpose::Watch
            && let Some(deliveries) = self.0.replays.of(lease.lesson, zero_at)
        {
            deliveries.behind_edge(lease.id, self.0.access.now());
        }
    }

    /// A lease was sent this stretch of its lesson by a connection.
    pub(crate) fn delivered(&self, lease: &Lease, interval: (UtcMillis, UtcMillis)) {
        if lease.purpose == Purpose::Watch
            && let Some(lesson) = self.lesson(lease.lesson)
        {
            lesson.deliveries.record(lease.id, interval, self.0.access.now());
        }
    }

    /// A lease came through an edge.
    pub(crate) fn behind_edge(&self, lease: &Lease) {
        if lease.purpose == Purpose::Watch
            && let Some(lesson) = self.lesson(lease.lesson)
        {
            lesson.deliveries.behind_edge(lease.id, self.0.access.now());
        }
    }

    pub(super) fn lesson(&self, lesson: Uuid) -> Option<Arc<Lesson>> {
        self.0.lessons.read().unwrap_or_else(PoisonError::into_inner).get(&lesson).cloned()
    }

    fn lesson_or_new(&self, lesson: Uuid) -> Arc<Lesson> {
        let mut lessons = self.0.lessons.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lessons.entry(lesson).or_default())
    }

    /// Counts a reader that begins to wait; it is counted off when the guard goes, however that comes about.
    pub(super) fn wait(&self) -> Option<Waiter> {
        let waiter = Waiter(self.clone());
        (self.0.waiting.fetch_add(1, Ordering::Relaxed) < WAITERS).then_some(waiter)
    }
}

pub(super) struct Waiter(Origin);

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The pipeline's end of a stream. Any thread may push; pushing never waits for readers or I/O.
/// Dropping it ends nothing: push [`Event::End`].
#[derive(Clone, Debug)]
pub struct LiveHandle(Arc<Stream>);

impl LiveHandle {
    /// Applies an event; returns the segments it completed, in order, to be recorded.
    pub fn push(&self, event: Event) -> Vec<Completed> {
        self.0.push(event)
    }

    /// The number the next new segment will get.
    pub fn next_msn(&self) -> u64 {
        self.0.read(Ring::next_msn)
    }

    /// Discontinuities so far, those before the stream's start included.
    pub fn discontinuities(&self) -> u64 {
        self.0.read(Ring::discontinuities)
    }

    /// UTC up to which media exists (exclusive), outages included: the furthest rendition's.
    pub fn edge(&self) -> Option<UtcMillis> {
        self.0.edge()
    }

    /// Whether the stream has this rendition, or awaits it.
    pub fn has(&self, rendition: Rendition) -> bool {
        self.0.read(|ring| ring.track(rendition).is_some())
    }

    /// Bytes the ring holds.
    pub fn bytes(&self) -> usize {
        self.0.read(|ring| ring.tracks().iter().map(Track::bytes).sum())
    }

    /// Parts that could not be taken: late, without an initialization section, or too large.
    pub fn dropped_parts(&self) -> u64 {
        self.0.read(Ring::dropped_parts)
    }
}
