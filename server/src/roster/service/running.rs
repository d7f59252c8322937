//! Which imports are at work in this process, and how far they are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_domain::text_enum;

/// Imports at work at once, waiting ones and failed ones that nobody asked about again included. Who brings one more is told to
/// try again.
const AT_WORK: usize = 16;

/// Files read at once: each may take some hundred megabytes of memory while it is.
static READING: Semaphore = Semaphore::const_new(1);

text_enum! {
    /// What an import is doing.
    Stage {
        /// Another file is being read.
        Waiting = "waiting",
        /// Its file is read.
        Reading = "reading",
        /// Its rows are compared with the people there are.
        Comparing = "comparing",
        /// People are written.
        Writing = "writing",
        /// It broke off; it can be asked for again.
        Failed = "failed",
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportProgress)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// Rows so far, or people to write.
    pub rows: usize,
}

/// The imports at work.
#[derive(Debug, Clone, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<Uuid, Progress>>>);

impl Running {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Uuid, Progress>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn progress(&self, id: Uuid) -> Option<Progress> {
        self.with(|running| running.get(&id).copied())
    }

    /// None: it is at work already, or too many are.
    pub(super) fn begin(&self, id: Uuid) -> Option<Ticket> {
        self.with(|running| {
            if running.get(&id).is_some_and(|progress| progress.stage != Stage::Failed) {
                return None;
            }
            if running.len() >= AT_WORK {
                running.retain(|_, progress| progress.stage != Stage::Failed);
            }
            if running.len() >= AT_WORK {
                return None;
            }
            running.insert(id, Progress { stage: Stage::Waiting, rows: 0 });
            Some(Ticket { running: self.clone(), id, failed: true })
        })
    }
}

/// An import at work. Dropped without a word, it has failed: its task panicked.
#[derive(Debug)]
pub(super) struct Ticket {
    running: Running,
    id: Uuid,
    failed: bool,
}

impl Ticket {
    /// Waits until no other file is being read.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'static>> {
        READING.acquire().await.ok()
    }

    pub(super) fn stage(&self, stage: Stage, rows: usize) {
        self.running.with(|running| running.insert(self.id, Progress { stage, rows }));
    }

    /// What says so from a thread that may block.
    pub(super) fn teller(&self, stage: Stage) -> impl Fn(usize) + Send + use<> {
        let (running, id) = (self.running.clone(), self.id);
        move |rows| {
            running.with(|running| running.insert(id, Progress { stage, rows }));
        }
    }

    pub(super) fn done(mut self) {
        self.failed = false;
    }

    pub(super) fn failed(self) {
        drop(self);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.running.with(|running| {
            if self.failed {
                running.insert(self.id, Progress { stage: Stage::Failed, rows: 0 });
            } else {
                running.remove(&self.id);
            }
        });
    }
}
