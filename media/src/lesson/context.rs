//! What lessons share, what one starts from, and why it lets nobody in.

use std::{sync::Arc, time::Duration};

use object_store::ObjectStore;
use tokio::sync::{Notify, Semaphore};
use tokio_util::task::TaskTracker;

use crate::{clock::Clock, ingest::Refusal, live::Origin, recording::Beginning};

/// What all lessons share.
#[derive(Clone)]
pub struct Context {
    /// Where streams are opened.
    pub origin: Origin,
    /// Where recordings go.
    pub store: Arc<dyn ObjectStore>,
    /// The time.
    pub clock: Clock,
    /// Owns the recordings' tasks.
    pub tasks: TaskTracker,
    /// Told when the server should hear of something at once.
    pub changed: Arc<Notify>,
    /// `PART-TARGET`.
    pub part_target: Duration,
    /// A permit for each 360p rendition that may be made at a time.
    pub transcode_slots: Arc<Semaphore>,
}

/// What a lesson starts from.
#[derive(Debug, Clone)]
pub enum Origins {
    /// Nothing yet.
    Fresh,
    /// A recording of an earlier process, which goes on.
    Resumed(Beginning),
    /// It is over, and the store has nothing of it.
    Lost,
    /// A complete recording.
    Complete {
        /// The lesson's length.
        length_ms: i64,
    },
}

/// Why a publisher gets no seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoSeat {
    /// It is taken; its publisher last sent media then.
    Taken { last_media_at: i64 },
    /// The lesson is over, or not of this node any more.
    Closed(Refusal),
}
