//! What waits to be worked on, and how far it is. What is done lies in the store; here is only what is under way.

use std::{
    collections::HashMap,
    path::{Path as Folder, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use object_store::ObjectStore;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use yunke_protocol::{FileKey, WorkStage, WorkStatus};

use super::{error::JobError, mp4};
use crate::{clock::Clock, replay::Replays, upload::Parts};

/// Pieces of work that may wait. When full, whoever asks for more is told to come back.
const WAITING: usize = 64;
/// Failures that are remembered; then all are forgotten, and who asks again may try again.
const FAILURES: usize = 256;
/// Who changes a fill's record holds it, so that reading, deciding and writing are one step; in it the last stream number given.
pub(super) type Changes = tokio::sync::Mutex<u64>;

/// A piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Task {
    /// A lesson's MP4 file.
    Mp4(Uuid),
    /// A lesson's fill.
    Fill(Uuid, Uuid),
}

/// All work of this node. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) store: Arc<dyn ObjectStore>,
    /// Where the store's objects lie, for the worker.
    pub(super) store_dir: PathBuf,
    /// Files that are being sent.
    pub(super) parts: Arc<Parts>,
    pub(super) replays: Replays,
    pub(super) key: FileKey,
    pub(super) clock: Clock,
    /// Owns what goes on when who asked for it has gone.
    pub(super) tasks: TaskTracker,
    queue: mpsc::Sender<Task>,
    under_way: Mutex<HashMap<Task, WorkStatus>>,
    pub(super) files: mp4::Files,
    pub(super) changes: Changes,
}

impl Jobs {
    /// Nothing to do yet; what is asked for comes out of the other end.
    pub(super) fn with_inbox(
        store: Arc<dyn ObjectStore>,
        store_dir: &Folder,
        parts: Arc<Parts>,
        replays: Replays,
        key: FileKey,
        clock: Clock,
        tasks: TaskTracker,
    ) -> (Self, mpsc::Receiver<Task>) {
        let (queue, inbox) = mpsc::channel(WAITING);
        let jobs = Self(Arc::new(Inner {
            store,
            store_dir: store_dir.to_owned(),
            parts,
            replays,
            key,
            clock,
            tasks,
            queue,
            under_way: Mutex::default(),
            files: mp4::Files::default(),
            changes: Changes::default(),
        }));
        (jobs, inbox)
    }

    pub(super) fn under_way(&self) -> MutexGuard<'_, HashMap<Task, WorkStatus>> {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_under_way(&self, task: Task) -> bool {
        self.under_way().get(&task).is_some_and(|status| status.stage != WorkStage::Failed)
    }

    pub(super) fn set_status(&self, task: Task, status: WorkStatus) {
        self.under_way().insert(task, status);
    }

    /// Tells how far it is, unless nobody wants it any more.
    pub(super) fn update(&self, task: Task, status: WorkStatus) -> bool {
        self.under_way().get_mut(&task).map(|known| *known = status).is_some()
    }

    pub(super) fn done(&self, task: Task) {
        self.under_way().remove(&task);
    }

    pub(super) fn enqueue(&self, task: Task) -> Result<WorkStatus, JobError> {
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
}
