//! Work on recordings, after the lesson: asked for by the server, done here one piece at a time, never at the cost of a lesson
//! that is live.
//!
//! What is done lies in the store and nowhere else; here is only what is under way. What was asked for is marked in the store
//! ([`marks`]), so that it is begun again after a restart, whether anybody asks for it or not.

mod error;
mod fill;
mod marks;
mod mp4;
mod routes;

use std::{
    collections::HashMap,
    path::{Path as Folder, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use object_store::ObjectStore;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
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
/// At the start and then so often what is marked is looked for, and old files go.
const ROUND: Duration = Duration::from_hours(1);
/// A recording that was changed so often while its file was made is left alone.
const MP4_TRIES: u32 = 3;

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
    /// Owns what goes on when who asked for it has gone.
    tasks: TaskTracker,
    queue: mpsc::Sender<Task>,
    under_way: Mutex<HashMap<Task, WorkStatus>>,
    files: mp4::Files,
    turns: fill::Turns,
    changes: fill::Changes,
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
        tasks: TaskTracker,
    ) -> (Self, Worker) {
        let (queue, inbox) = mpsc::channel(WAITING);
        let jobs = Self(Arc::new(Inner {
            store,
            store_dir: store_dir.to_owned(),
            work_dir: store_dir.join("work"),
            replays,
            key,
            clock,
            tasks,
            queue,
            under_way: Mutex::default(),
            files: mp4::Files::default(),
            turns: fill::Turns::default(),
            changes: fill::Changes::default(),
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
        // Asked for before a restart, or more was waiting than has a place.
        if self.is_marked(Task::Mp4(lesson)).await? {
            return self.enqueue(Task::Mp4(lesson));
        }
        Ok(WorkStatus::at(WorkStage::None))
    }

    /// Asks for the lesson's MP4 file; one that is there, or under way, is enough.
    async fn ask_mp4(&self, lesson: Uuid) -> Result<WorkStatus, JobError> {
        let task = Task::Mp4(lesson);
        self.under_way().retain(|id, status| *id != task || status.stage != WorkStage::Failed);
        let status = self.mp4_status(lesson).await?;
        if status.stage != WorkStage::None {
            return Ok(status);
        }
        self.mark(task).await?;
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
        let mut made = Err(JobError::NotReady);
        for _ in 0..MP4_TRIES {
            made = mp4::make(&self.0.store, lesson, progress).await;
            // A fill that is moved or withdrawn meanwhile takes away what was about to be read.
            if !matches!(made, Err(JobError::Changed)) {
                break;
            }
        }
        // What failed is not begun again by itself.
        self.unmark(task).await;
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

    /// Begins again what was asked for and is not done, and removes what was kept long enough.
    async fn round(&self) {
        self.sweep().await;
        self.remove_retired().await;
        let marked = self.marked().await.unwrap_or_else(|error| {
            tracing::error!(%error, "what is to be done could not be listed");
            Vec::new()
        });
        for task in marked {
            let begun = match task {
                Task::Mp4(_) => self.enqueue(task).map(drop),
                Task::Fill(lesson, fill) => self.want(lesson, fill).await.map(drop),
            };
            if let Err(error) = begun {
                // It stays marked: the next round finds it.
                tracing::warn!(?task, %error, "work is left waiting");
            }
        }
    }
}

impl Worker {
    /// Works until cancelled; what is under way then is begun again after the restart.
    pub async fn run(self, stop: &CancellationToken) {
        // Given up at any point, it leaves behind what a restart needs.
        let _ = stop.run_until_cancelled(self.work()).await;
    }

    async fn work(mut self) {
        let store_dir = self.jobs.0.store_dir.clone();
        // Thousands of lessons take tenths of a second.
        let _ = tokio::task::spawn_blocking(move || mp4::remove_unfinished(&store_dir)).await;
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = rounds.tick() => self.jobs.round().await,
                task = self.inbox.recv() => match task {
                    Some(Task::Mp4(lesson)) => self.jobs.make_mp4(lesson).await,
                    Some(Task::Fill(lesson, fill)) => self.jobs.run_fill(lesson, fill).await,
                    None => return,
                },
            }
        }
    }
}
