//! What everything in the server stands on: the database, the clock, the configuration, and the tasks with their end.
//! Cheap to clone. It must know nothing of what stands on it: rooms, media nodes and routes take it, never the other way.

use std::sync::Arc;

use tokio::sync::broadcast;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use yunke_store::Store;

use crate::{clock::Source, config::Config};

/// Changes of lessons that may wait to be looked at; who falls behind is told so and reads everything anew.
const LESSON_CHANGES: usize = 256;

/// The ground.
#[derive(Clone)]
pub struct Core {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Clock and randomness.
    pub source: Source,
    /// The configuration as it was validated.
    pub config: Arc<Config>,
    /// The record of this run, for signs of life.
    pub run_id: Uuid,
    /// Which lesson was planned, changed, started, ended or cancelled.
    pub lesson_changes: broadcast::Sender<Uuid>,
    /// Owns every task that outlives a request.
    pub tasks: TaskTracker,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
}

impl Core {
    /// Of these, with no task yet.
    pub fn new(store: Arc<dyn Store>, source: Source, config: Config, run_id: Uuid) -> Self {
        Self {
            store,
            source,
            config: Arc::new(config),
            run_id,
            lesson_changes: broadcast::Sender::new(LESSON_CHANGES),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// Tells everyone who listens that a lesson changed.
    pub fn lesson_changed(&self, lesson: Uuid) {
        // Nobody listening is fine: there is no room open.
        let _ = self.lesson_changes.send(lesson);
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Core")
    }
}
