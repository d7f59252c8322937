//! Work on recordings, after the lesson: asked for by the server, done here one piece at a time, never at the cost of a lesson
//! that is live.
//!
//! What is done lies in the store and nowhere else; here is only what is under way. What was asked for is marked in the store, so
//! that after a restart whoever asks how far it is has it begun again.

mod mp4;
mod routes;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_protocol::{FileKey, WorkStage, WorkStatus};

pub use self::routes::{control, router};
use crate::live::Clock;

/// Pieces of work that may wait. When full, whoever asks for more is told to come back.
const WAITING: usize = 64;
/// Failures that are remembered; then all are forgotten, and who asks again may try again.
const FAILURES: usize = 256;

/// Why work cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum JobError {
    /// The recording is not complete.
    #[error("the recording is not complete")]
    NotReady,
    /// Nothing was recorded.
    #[error("nothing was recorded")]
    Nothing,
    /// More than a file can have.
    #[error("the recording is too long for one file")]
    TooLong,
    /// What the index names is missing or is something else.
    #[error("the recording is damaged")]
    Damaged,
    /// Too much is waiting.
    #[error("too much work is waiting")]
    Busy,
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[source] object_store::Error),
}

impl From<object_store::Error> for JobError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Damaged,
            other => Self::Store(other),
        }
    }
}

impl JobError {
    /// For programs.
    fn code(&self) -> &'static str {
        match self {
            Self::NotReady => "replay_not_ready",
            Self::Nothing => "nothing_recorded",
            Self::TooLong => "too_long",
            Self::Damaged => "recording_damaged",
            Self::Busy => "busy",
            Self::Store(_) => "storage",
        }
    }
}

/// All work of this node. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    key: FileKey,
    clock: Clock,
    queue: mpsc::Sender<Uuid>,
    under_way: Mutex<HashMap<Uuid, WorkStatus>>,
    files: mp4::Files,
}

/// The other end of the queue; runs the work.
pub struct Worker {
    jobs: Jobs,
    inbox: mpsc::Receiver<Uuid>,
}

impl Jobs {
    /// Work on what this store has; files are sent to who shows a pass signed with this key.
    pub fn new(store: Arc<dyn ObjectStore>, key: FileKey, clock: Clock) -> (Self, Worker) {
        let (queue, inbox) = mpsc::channel(WAITING);
        let (under_way, files) = (Mutex::default(), mp4::Files::default());
        let jobs = Self(Arc::new(Inner { store, key, clock, queue, under_way, files }));
        (jobs.clone(), Worker { jobs, inbox })
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Uuid, WorkStatus>> {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the lesson's MP4 file is.
    async fn mp4_status(&self, lesson: Uuid) -> Result<WorkStatus, JobError> {
        if let Some(status) = self.under_way().get(&lesson) {
            return Ok(status.clone());
        }
        if let Some(bytes) = mp4::size(&*self.0.store, lesson).await? {
            return Ok(WorkStatus::ready(bytes));
        }
        match self.0.store.head(&wanted_path(lesson)).await {
            // Asked for before a restart.
            Ok(_) => self.enqueue(lesson),
            Err(object_store::Error::NotFound { .. }) => Ok(WorkStatus::at(WorkStage::None)),
            Err(error) => Err(JobError::Store(error)),
        }
    }

    /// Asks for the lesson's MP4 file; one that is there, or under way, is enough.
    async fn ask_mp4(&self, lesson: Uuid) -> Result<WorkStatus, JobError> {
        self.under_way().retain(|id, status| *id != lesson || status.stage != WorkStage::Failed);
        let status = self.mp4_status(lesson).await?;
        if status.stage != WorkStage::None {
            return Ok(status);
        }
        self.0.store.put(&wanted_path(lesson), bytes::Bytes::new().into()).await.map_err(JobError::Store)?;
        self.enqueue(lesson)
    }

    fn enqueue(&self, lesson: Uuid) -> Result<WorkStatus, JobError> {
        let mut under_way = self.under_way();
        if let Some(status) = under_way.get(&lesson) {
            return Ok(status.clone());
        }
        self.0.queue.try_send(lesson).map_err(|_| JobError::Busy)?;
        if under_way.len() >= FAILURES + WAITING {
            under_way.retain(|_, status| status.stage != WorkStage::Failed);
        }
        let status = WorkStatus::at(WorkStage::Queued);
        under_way.insert(lesson, status.clone());
        Ok(status)
    }

    async fn make_mp4(&self, lesson: Uuid) {
        let tell = |status| self.under_way().insert(lesson, status);
        tell(WorkStatus::running(0));
        let progress = |percent| {
            tell(WorkStatus::running(percent));
        };
        let made = mp4::make(&self.0.store, lesson, progress).await;
        // What failed is not begun again by itself.
        let unmarked = self.0.store.delete(&wanted_path(lesson)).await;
        if let Err(error) = unmarked {
            tracing::warn!(%lesson, %error, "a mark could not be removed");
        }
        match made {
            Ok(()) => {
                tracing::info!(%lesson, "an MP4 file is ready");
                self.under_way().remove(&lesson);
            }
            Err(error) => {
                tracing::error!(%lesson, %error, "an MP4 file could not be made");
                tell(WorkStatus::failed(error.code()));
            }
        }
    }
}

/// Stands while the lesson's MP4 file is asked for and not made.
fn wanted_path(lesson: Uuid) -> Path {
    Path::from(format!("lessons/{lesson}/export/mp4.wanted"))
}

impl Worker {
    /// Works until cancelled; what is under way then is begun again after the restart.
    pub async fn run(mut self, stop: &CancellationToken) {
        while let Some(Some(lesson)) = stop.run_until_cancelled(self.inbox.recv()).await {
            if stop.run_until_cancelled(self.jobs.make_mp4(lesson)).await.is_none() {
                return;
            }
        }
    }
}
