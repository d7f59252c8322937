//! The recording of a lesson: its segments go to the object store while it is live.
//!
//! It must never hold up the live path: what the store does not take in time is lost, counted and said; the index then has
//! an entry without media, so that the replay shows a gap and not a wrong time.

pub mod fill;
pub mod index;
mod load;
mod reserve;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    error::Error,
    io::{self, ErrorKind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use object_store::ObjectStore;
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::timeout,
};
use tokio_util::task::TaskTracker;
use yunke_protocol::{LessonMillis, UtcMillis};

pub use self::load::{Loaded, fills, load, retired, whole};
pub(crate) use self::reserve::Reserved;
use self::{
    index::{Arrival, Index},
    writer::Writer,
};
use crate::live::event::{Completed, Content};

/// Segments that may wait for the store, in bytes of all of a lesson: about two minutes of 2 Mbit/s. Beyond, the media of
/// segments is dropped and their entries kept, until half of it is free: a hole is better than a replay in shreds.
const MAX_PENDING_BYTES: usize = 32 << 20;
/// Entries that may wait: four hours of four renditions, for a disk may stay full. Beyond, even the entry is dropped.
const MAX_PENDING_ENTRIES: usize = 32_768;

/// Where a lesson's recording goes on after a restart, or starts.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// What is recorded already; empty for a new recording.
    pub index: Index,
    /// Pages in the store.
    pub pages: u32,
}

/// What may be asked of a recording at any time.
#[derive(Debug, Default)]
pub struct Status {
    lost: AtomicU64,
    pending_bytes: AtomicUsize,
    complete: AtomicBool,
    failing: AtomicBool,
    full: AtomicBool,
    dropping: AtomicBool,
}

impl Status {
    /// Segments that are not in the recording because the store did not take them.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// The lesson has ended and its whole index stands.
    pub fn complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// The store refuses at the moment.
    pub fn failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// It refuses because the disk is full.
    pub fn full(&self) -> bool {
        self.failing() && self.full.load(Ordering::Relaxed)
    }

    /// Whether so many bytes may wait, too; if so, they are counted.
    fn admit(&self, size: usize) -> bool {
        let half = self.dropping.load(Ordering::Relaxed);
        let most = if half { MAX_PENDING_BYTES / 2 } else { MAX_PENDING_BYTES };
        let admitted = self.pending_bytes.fetch_add(size, Ordering::Relaxed) + size <= most;
        if !admitted {
            self.pending_bytes.fetch_sub(size, Ordering::Relaxed);
        }
        self.dropping.store(!admitted, Ordering::Relaxed);
        admitted
    }

    fn lose(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("yunke_media_recording_segments_lost_total").increment(1);
    }
}

#[derive(Debug)]
enum Job {
    Segment(Completed),
    Arrives(Arrival),
    Finish { end: UtcMillis, length_ms: LessonMillis },
    Flush(oneshot::Sender<()>),
}

/// The lesson's end of its recording.
#[derive(Debug, Clone)]
pub struct Recorder {
    jobs: mpsc::Sender<Job>,
    status: Arc<Status>,
}

impl Recorder {
    /// Starts to record a live stream. `changed` is told when the recording is complete.
    pub fn start(
        store: Arc<dyn ObjectStore>,
        stream: u64,
        beginning: Beginning,
        tasks: &TaskTracker,
        changed: Arc<Notify>,
    ) -> Self {
        let (jobs, inbox) = mpsc::channel(MAX_PENDING_ENTRIES);
        let status = Arc::new(Status::default());
        let writer = Writer::new(store, stream, beginning, Arc::clone(&status), changed);
        tasks.spawn(writer.run(inbox));
        Self { jobs, status }
    }

    /// Hands over a segment; never waits.
    pub fn offer(&self, mut segment: Completed) {
        let mut counted = 0;
        if let Content::Media { bytes, .. } = &segment.content {
            if self.status.admit(bytes.len()) {
                counted = bytes.len();
            } else {
                self.status.lose();
                segment.content = Content::Gap;
            }
        }
        if self.jobs.try_send(Job::Segment(segment)).is_err() {
            self.status.pending_bytes.fetch_sub(counted, Ordering::Relaxed);
            self.status.lose();
        }
    }

    /// Which tracks arrive from now on. Where it cannot be queued the replay does not say that one is missing.
    pub fn arrives(&self, arrival: Arrival) {
        let _ = self.jobs.try_send(Job::Arrives(arrival));
    }

    /// The lesson has ended: a gap that reaches past `end` is not part of it.
    pub fn finish(&self, end: UtcMillis, length_ms: LessonMillis) {
        if self.jobs.try_send(Job::Finish { end, length_ms }).is_err() {
            tracing::error!("the end of a recording could not be queued; it is completed at the next start");
        }
    }

    /// Waits until everything handed over is in the store, or the time is over.
    pub async fn flush(&self, limit: Duration) {
        let (done, wait) = oneshot::channel();
        let flushed = async {
            if self.jobs.send(Job::Flush(done)).await.is_ok() {
                let _ = wait.await;
            }
        };
        if timeout(limit, flushed).await.is_err() {
            tracing::warn!("the store did not take the last segments in time");
        }
    }

    /// How it is going.
    pub fn status(&self) -> &Arc<Status> {
        &self.status
    }
}

/// Whether it failed because nothing more goes onto the disk.
pub(crate) fn no_space(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if let Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) = kind {
            return true;
        }
        cause = error.source();
    }
    false
}
