//! Does the work, one piece at a time, and begins again what a restart left undone.

use std::{path::Path as Folder, sync::Arc, time::Duration};

use object_store::ObjectStore;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use yunke_protocol::{FileKey, WorkStage, WorkStatus};

use super::{
    error::JobError,
    mp4,
    queue::{Jobs, Task},
};
use crate::{clock::Clock, replay::Replays, upload::Parts};

/// At the start and then so often what is marked is looked for, and old files go.
const ROUND: Duration = Duration::from_hours(1);
/// A recording that was changed so often while its file was made is left alone.
const MP4_TRIES: u32 = 3;

/// The other end of the queue; runs the work.
pub struct Worker {
    jobs: Jobs,
    inbox: mpsc::Receiver<Task>,
}

impl Jobs {
    /// Work on what the store in this folder has; files are sent to, and taken from, who shows a pass signed with this key.
    pub(crate) fn new(
        store: Arc<dyn ObjectStore>,
        store_dir: &Folder,
        parts: Arc<Parts>,
        replays: Replays,
        key: FileKey,
        clock: Clock,
        tasks: TaskTracker,
    ) -> (Self, Worker) {
        let (jobs, inbox) = Self::with_inbox(store, store_dir, parts, replays, key, clock, tasks);
        (jobs.clone(), Worker { jobs, inbox })
    }

    /// How far the lesson's MP4 file is.
    pub(super) async fn mp4_status(&self, lesson: Uuid) -> Result<WorkStatus, JobError> {
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
    pub(super) async fn ask_mp4(&self, lesson: Uuid) -> Result<WorkStatus, JobError> {
        let task = Task::Mp4(lesson);
        self.under_way().retain(|id, status| *id != task || status.stage != WorkStage::Failed);
        let status = self.mp4_status(lesson).await?;
        if status.stage != WorkStage::None {
            return Ok(status);
        }
        self.mark(task).await?;
        self.enqueue(task)
    }

    async fn make_mp4(&self, lesson: Uuid) {
        let task = Task::Mp4(lesson);
        self.set_status(task, WorkStatus::running(0));
        let progress = |percent| self.set_status(task, WorkStatus::running(percent));
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
                self.set_status(task, WorkStatus::failed(error.code()));
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
