//! What every handler shares: the ground, and the services that stand on it. Cheap to clone; it owns no task. What is below
//! the handlers takes [`Core`], or just the service it needs.

use std::{
    ops::Deref,
    sync::{Arc, atomic::AtomicBool},
};

use uuid::Uuid;
use yunke_protocol::{FileKey, LeaseKey, PassKey};

use crate::{
    auth::Auth,
    catalogue::LibraryKeeper,
    core::Core,
    disk::DiskCheck,
    evidence::{KeptLevels, KeptProgress},
    exports::Exports,
    https::Https,
    library::Places,
    media_nodes::MediaNodes,
    results::Results,
    room::{Rooms, Sockets},
    roster::Imports,
    rule_preview::Previews,
    setup::SetupLink,
};

/// The shared state.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// Its parts.
pub struct Shared {
    /// The ground; its parts are those of the state, too.
    pub core: Core,
    /// Signs leases; media has the same.
    pub lease_key: LeaseKey,
    /// Signs publish passes.
    pub pass_key: PassKey,
    /// Signs passes to files at the media node.
    pub file_key: FileKey,
    /// What media nodes told last, and how to order them.
    pub media: MediaNodes,
    /// The certificate, if this server has one of its own.
    pub https: Https,
    /// Passwords and limits.
    pub auth: Auth,
    /// The one-time link of an empty server.
    pub setup: SetupLink,
    /// Progress with lessons that are over, as it was judged last.
    pub kept_progress: KeptProgress,
    /// Who has how much credit of a lesson, as it was computed last.
    pub kept_levels: KeptLevels,
    /// What rules would change, as it was asked for.
    pub previews: Previews,
    /// Export jobs.
    pub exports: Exports,
    /// The audio-lesson library.
    pub library: LibraryKeeper,
    /// Where members are in it, on the way to the store.
    pub places: Arc<Places>,
    /// What evidence was worth, as it is kept for years.
    pub results: Arc<Results>,
    /// Live rooms and their counts.
    pub rooms: Rooms,
    /// Their open sockets.
    pub sockets: Sockets,
    /// Rosters on their way in.
    pub imports: Imports,
    /// Whether the last sign of life could not be stored.
    pub unwritten: AtomicBool,
    /// The disk of the data folder.
    pub disk: DiskCheck,
}

impl AppState {
    /// Of these parts.
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Tells everyone who listens that a lesson changed, and the nodes.
    pub fn lesson_changed(&self, lesson: Uuid) {
        self.core.lesson_changed(lesson);
        self.media.orders_changed();
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Deref for Shared {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}
