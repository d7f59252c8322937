//! Work on recordings, after the lesson: asked for by the server, done here one piece at a time, never at the cost of a lesson
//! that is live.
//!
//! What is done lies in the store and nowhere else; here is only what is under way. What was asked for is marked in the store, so
//! that after a restart whoever asks how far it is has it begun again.

mod error;
mod fill;
mod mp4;
mod routes;

use std::{
    collections::HashMap,
    path::{Path as Folder, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_protocol::{FileKey, WorkStage, WorkStatus};

use self::error::JobError;
pub use self::{
    fill::work,
    routes::{control, router},
};
use crate::{live::Clock, replay::Replays};

/// Pieces of work that may wait. When full, whoever asks for more is told to come back.
const WAITING: usize = 64;
/// Failures that are remembered; then all are forgotten, and who asks again may try again.
const FAILURES: usize = 256;

/// A piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Task {
    /// A lesson's MP4 file.
    Mp4(Uuid),
    /// A lesson's fill.
    Fill(Uuid, Uuid),
}

/// All work of this node. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    store: Arc<dyn ObjectStore>,
    /// Where the store's objects lie, for the worker.
    store_dir: PathBuf,
    /// Files that are being sent.
    work_dir: PathBuf,
    replays: Replays,
    key: FileKey,
    clock: Clock,
    queue: mpsc::Sender<Task>,
    under_way: Mutex<HashMap<Task, WorkStatus>>,
    files: mp4::Files,
    turns: fill::Turns,
}

/// The other end of the queue; runs the work.
pub struct Worker {
    jobs: Jobs,
    inbox: mpsc::Receiver<Task>,
}

impl Jobs {
    /// Work on what the store in this folder has; files are sent to, and taken from, who shows a pass signed with this key.
    pub fn new(
        store: Arc<dyn ObjectStore>,
        store_dir: &Folder,
        replays: Replays,
        key: FileKey,
        clock: Clock,
    ) -> (Self, Worker) {
        let (queue, inbox) = mpsc::channel(WAITING);
        let jobs = Self(Arc::new(Inner {
            store,
            store_dir: store_dir.to_owned(),
            work_dir: store_dir.join("work"),
            replays,
            key,
            clock,
            queue,
            under_way: Mutex::default(),
            files: mp4::Files::default(),
            turns: fill::Turns::default(),
        }));
        (jobs.clone(), Worker { jobs, inbox })
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<Task, WorkStatus>> {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_under_way(&self, task: Task) -> bool {
        self.under_way().get(&task).is_some_and(|status| status.stage != WorkStage::Failed)
    }

    fn tell(&self, task: Task, status: WorkStatus) {
        self.under_way().insert(task, status);
    }

    /// Tells how far it is, unless nobody wants it any more.
    fn update(&self, task: Task, status: WorkStatus) -> bool {
        self.under_way().get_mut(&task).map(|told| *told = status).is_some()
    }

    fn done(&self, task: Task) {
        self.under_way().remove(&task);
    }

    /// How far the lesson's MP4 file is.
    async fn mp4_status(&self, lesson: Uuid) -> Result<WorkStatus, JobError> {
        if let Some(status) = self.under_way().get(&Task::Mp4(lesson)) {
            return Ok(status.clone());
        }
        if let Some(bytes) = mp4::size(&*self.0.store, lesson).await? {
            return Ok(WorkStatus::ready(bytes));
        }
        match self.0.store.head(&wanted_path(lesson)).await {
            // Asked for before a restart.
            Ok(_) => self.enqueue(Task::Mp4(lesson)),
            Err(object_store::Error::NotFound { .. }) => Ok(WorkStatus::at(WorkStage::None)),
            Err(error) => Err(JobError::Store(error)),
        }
    }

    /// Asks for the lesson's MP4 file; one that is there, or under way, is enough.
    async fn ask_mp4(&self, lesson: Uuid) -> Result<WorkStatus, JobError> {
        let task = Task::Mp4(lesson);
        self.under_way().retain(|id, status| *id != task || status.stage != WorkStage::Failed);
        let status = self.mp4_status(lesson).await?;
        if status.stage != WorkStage::None {
            return Ok(status);
        }
        self.0.store.put(&wanted_path(lesson), bytes::Bytes::new().into()).await.map_err(JobError::Store)?;
        self.enqueue(task)
    }

    fn enqueue(&self, task: Task) -> Result<WorkStatus, JobError> {
        let mut under_way = self.under_way();
        if let Some(status) = under_way.get(&task) {
            return Ok(status.clone());
        }
        self.0.queue.try_send(task).map_err(|_| JobError::Busy)?;
        if under_way.len() >= FAILURES + WAITING {
            under_way.retain(|_, status| status.stage != WorkStage::Failed);
        }
        let status = WorkStatus::at(WorkStage::Queued);
        under_way.insert(task, status.clone());
        Ok(status)
    }

    async fn make_mp4(&self, lesson: Uuid) {
        let task = Task::Mp4(lesson);
        self.tell(task, WorkStatus::running(0));
        let progress = |percent| self.tell(task, WorkStatus::running(percent));
        let made = mp4::make(&self.0.store, lesson, progress).await;
        // What failed is not begun again by itself.
        let unmarked = self.0.store.delete(&wanted_path(lesson)).await;
        if let Err(error) = unmarked {
            tracing::warn!(%lesson, %error, "a mark could not be removed");
        }
        match made {
            Ok(()) => {
                tracing::info!(%lesson, "an MP4 file is ready");
                self.done(task);
            }
            Err(error) => {
                tracing::error!(%lesson, %error, "an MP4 file could not be made");
                self.tell(task, WorkStatus::failed(error.code()));
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
        while let Some(Some(task)) = stop.run_until_cancelled(self.inbox.recv()).await {
            let work = async {
                match task {
                    Task::Mp4(lesson) => self.jobs.make_mp4(lesson).await,
                    Task::Fill(lesson, fill) => self.jobs.run_fill(lesson, fill).await,
                }
            };
            if stop.run_until_cancelled(work).await.is_none() {
                return;
            }
        }
    }
}
