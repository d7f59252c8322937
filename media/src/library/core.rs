//! All there is of the library in this process.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use object_store::ObjectStore;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use yunke_protocol::{AudioStep, FileKey};

use super::kept::Episodes;
use crate::{clock::Clock, live::Origin, upload::Parts};

/// Versions that may wait in memory. When full, the next round finds the others.
const WAITING: usize = 4_096;

/// Whether a lesson is live or about to be.
pub type Busy = Arc<dyn Fn() -> bool + Send + Sync>;

/// The library of this node. Cheap to clone.
#[derive(Clone)]
pub struct Library(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) store: Arc<dyn ObjectStore>,
    /// Where workers put what they make, on the disk of the uploads.
    pub(super) work_dir: PathBuf,
    /// Where the versions lie in the store.
    pub(super) library_dir: PathBuf,
    /// Checks leases and counts what is delivered.
    pub(super) origin: Origin,
    pub(super) limits: Limits,
    pub(super) queue: mpsc::Sender<Uuid>,
    /// Names of folders that no other start of this process uses at the same time.
    pub(super) number: AtomicU64,
    pub(super) episodes: Episodes,
    pub(super) parts: Arc<Parts>,
    pub(super) key: FileKey,
    pub(super) clock: Clock,
    /// Owns what goes on when who asked for it has gone.
    pub(super) tasks: TaskTracker,
    /// Versions that wait or are worked on; as many as the queue holds and the workers have.
    pub(super) under_way: Mutex<HashMap<Uuid, Progress>>,
    /// Who changes a version's records holds it, so that reading, deciding and writing are one step.
    pub(super) changes: tokio::sync::Mutex<()>,
}

/// How far the work on a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// None: it waits.
    pub(super) step: Option<AudioStep>,
    pub(super) percent: u8,
}

/// What the operator allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A longer sound is refused.
    pub longest_ms: i64,
    /// Uploaded files stay in the store beside what was made of them.
    pub keep_originals: bool,
    /// Versions that are encoded at a time.
    pub workers: usize,
}

/// What the library stands on.
pub(crate) struct Ground {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Where the store is on this machine's disk.
    pub(crate) store_dir: PathBuf,
    pub(crate) origin: Origin,
    pub(crate) parts: Arc<Parts>,
    pub(crate) key: FileKey,
    pub(crate) clock: Clock,
    pub(crate) tasks: TaskTracker,
}

impl Library {
    /// Versions in this store, and what comes out of their queue.
    pub(super) fn with_inbox(ground: Ground, limits: Limits) -> (Self, mpsc::Receiver<Uuid>) {
        let Ground { store, store_dir, origin, parts, key, clock, tasks } = ground;
        let (queue, inbox) = mpsc::channel(WAITING);
        let started = u64::try_from(clock()).unwrap_or(0);
        let library = Self(Arc::new(Inner {
            store,
            work_dir: store_dir.join("work"),
            library_dir: store_dir.join("library"),
            origin,
            limits,
            queue,
            number: AtomicU64::new(started),
            episodes: Episodes::default(),
            parts,
            key,
            clock,
            tasks,
            under_way: Mutex::default(),
            changes: tokio::sync::Mutex::default(),
        }));
        (library, inbox)
    }

    pub(super) fn under_way(&self) -> MutexGuard<'_, HashMap<Uuid, Progress>> {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn number(&self) -> u64 {
        self.0.number.fetch_add(1, Ordering::Relaxed)
    }
}
