//! The LL-HLS origin: a ring of parts and segments for each stream of a lesson, playlists, blocking reload.
//!
//! [`event`] is what a pipeline pushes. A pure core (no clock, no I/O) renders playlists and resolves requests; a thin axum
//! shell waits, compresses, checks leases and counts what went out. It must never block a pipeline or forget a waiter.

pub mod event;

use std::sync::Arc;

use uuid::Uuid;
use yunke_protocol::{Delivery, LeaseKey, UtcMillis};

use self::event::{Completed, Event, StreamStart};

/// Where the time comes from; injected.
pub type Clock = Arc<dyn Fn() -> UtcMillis + Send + Sync>;

/// Who may see a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Rehearsal: `Preview` leases only; `Watch` leases get 503 with `Retry-After`.
    Preview,
    /// Live: everybody with a lease of the lesson.
    Members,
}

/// All streams of this node, and the HTTP interface to them. Cheap to clone.
#[derive(Clone)]
pub struct Origin {}

impl Origin {
    /// Empty.
    pub fn new(_key: LeaseKey, _clock: Clock) -> Self {
        Self {}
    }

    /// This node has (or awaits) media of the lesson: until a stream is opened its URLs answer 503 with `Retry-After`,
    /// not 404. Idempotent.
    pub fn expect(&self, _lesson: Uuid) {}

    /// Starts a stream. The lesson's earlier stream is retired: readers who wait on it go on with this one.
    pub fn open(&self, _lesson: Uuid, _audience: Audience, _start: StreamStart) -> LiveHandle {
        LiveHandle {}
    }

    /// The lesson is none of this node's business any more: 404 from now on.
    pub fn forget(&self, _lesson: Uuid) {}

    /// What each lease fetched of the lesson in the last 60 s, on the lesson's timeline.
    pub fn deliveries(&self, _lesson: Uuid, _zero_at: UtcMillis) -> Vec<Delivery> {
        Vec::new()
    }

    /// `/live/{lease}/{lesson}/…`
    pub fn router(&self) -> axum::Router {
        axum::Router::new()
    }
}

/// The pipeline's end of a stream. Any thread may push; pushing never waits for readers or I/O.
/// Dropping it ends nothing: push [`Event::End`].
pub struct LiveHandle {}

impl LiveHandle {
    /// Applies an event; returns the segments it completed, in order, to be recorded.
    pub fn push(&self, _event: Event) -> Vec<Completed> {
        Vec::new()
    }

    /// The number the next new segment will get.
    pub fn next_msn(&self) -> u64 {
        0
    }

    /// Discontinuities so far, those before the stream's start included.
    pub fn discontinuities(&self) -> u64 {
        0
    }

    /// UTC up to which media exists (exclusive), outages included: the furthest rendition's.
    pub fn edge(&self) -> Option<UtcMillis> {
        None
    }
}
