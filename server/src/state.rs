//! What every handler and every task of the server shares. Cheap to clone; it owns no task.

use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicBool},
};

use tokio::sync::broadcast;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use yunke_protocol::{FileKey, LeaseKey, PassKey};
use yunke_store::Store;

use crate::{
    auth::Auth,
    clock::Source,
    config::Config,
    disk::DiskCheck,
    evidence::{KeptLevels, KeptProgress},
    media_nodes::MediaNodes,
    room::{Rooms, Sockets},
    setup::SetupLink,
};

/// Changes of lessons that may wait to be looked at; who falls behind is told so and reads everything anew.
const LESSON_CHANGES: usize = 256;

/// The shared state.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// Its parts.
pub struct Shared {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Clock and randomness.
    pub source: Source,
    /// The configuration as it was validated.
    pub config: Config,
    /// Signs leases; media has the same.
    pub lease_key: LeaseKey,
    /// Signs publish passes.
    pub pass_key: PassKey,
    /// Signs passes to files at the media node.
    pub file_key: FileKey,
    /// What media nodes told last, and how to order them.
    pub media: MediaNodes,
    /// Passwords and limits.
    pub auth: Auth,
    /// The one-time link of an empty server.
    pub setup: SetupLink,
    /// Progress with lessons that are over, as it was judged last.
    pub kept_progress: KeptProgress,
    /// Who has how much credit of a lesson, as it was computed last.
    pub kept_levels: KeptLevels,
    /// Live rooms and their counts.
    pub rooms: Rooms,
    /// Their open sockets.
    pub sockets: Sockets,
    /// The record of this run, for signs of life.
    pub run_id: Uuid,
    /// Whether the last sign of life could not be stored.
    pub unwritten: AtomicBool,
    /// The disk of the data folder.
    pub disk: DiskCheck,
    /// Which lesson was planned, changed, started, ended or cancelled.
    pub lesson_changes: broadcast::Sender<Uuid>,
    /// Owns every task that outlives a request.
    pub tasks: TaskTracker,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
}

impl AppState {
    /// Of these parts.
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// A channel for [`Shared::lesson_changes`].
    pub fn lesson_changes() -> broadcast::Sender<Uuid> {
        broadcast::Sender::new(LESSON_CHANGES)
    }

    /// Tells everyone who listens that a lesson changed.
    pub fn lesson_changed(&self, lesson: Uuid) {
        // Nobody listening is fine: there is no room open.
        let _ = self.lesson_changes.send(lesson);
        self.media.orders_changed();
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
