//! The recording of a lesson: its segments go to the object store while it is live.
//!
//! It must never hold up the live path: what the store does not take in time is lost, counted and said; the index then has
//! an entry without media, so that the replay shows a gap and not a wrong time.

pub mod fill;
pub mod index;
mod load;
mod reserve;
mod status;
#[cfg(test)]
mod tests;
mod writer;

use std::{sync::Arc, time::Duration};

use object_store::ObjectStore;
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::timeout,
};
use tokio_util::task::TaskTracker;
use yunke_protocol::{LessonMillis, UtcMillis};

use self::{
    index::Arrival,
    writer::{Job, Writer},
};
pub use self::{
    load::{Beginning, Loaded, fills, load, retired, whole},
    status::Status,
};
pub(crate) use self::{reserve::Reserved, status::no_space};
use crate::live::event::{Completed, Content};

/// Entries that may wait: four hours of four renditions, for a disk may stay full. Beyond, even the entry is dropped.
const MAX_PENDING_ENTRIES: usize = 32_768;

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
            self.status.written(counted);
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
