//! Keeps the catalogue: reads it again when somebody changed it, here or on another server.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use tokio::sync::Mutex;
use yunke_store::{StoreError, StoreResult};

use super::Catalogue;
use crate::{core::Core, problem::source_chain};

/// How often it is looked whether another server changed it.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The catalogue as it is now. Cheap to clone.
#[derive(Clone)]
pub struct LibraryKeeper(Arc<Inner>);

struct Inner {
    core: Core,
    now: RwLock<Option<Arc<Catalogue>>>,
    /// One reads; the others wait and find it read.
    reading: Mutex<()>,
}

impl std::fmt::Debug for LibraryKeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LibraryKeeper")
    }
}

impl LibraryKeeper {
    /// Nothing is read yet.
    pub fn new(core: Core) -> Self {
        Self(Arc::new(Inner { core, now: RwLock::default(), reading: Mutex::default() }))
    }

    /// The catalogue; the first time it is read.
    pub async fn catalogue(&self) -> StoreResult<Arc<Catalogue>> {
        match self.read() {
            Some(catalogue) => Ok(catalogue),
            None => self.refresh().await,
        }
    }

    /// The catalogue with every change that was stored before this was called.
    pub async fn refresh(&self) -> StoreResult<Arc<Catalogue>> {
        let wanted = self.0.core.store.library_revision().await?;
        let _reading = self.0.reading.lock().await;
        if let Some(catalogue) = self.read().filter(|catalogue| catalogue.revision() >= wanted) {
            return Ok(catalogue);
        }
        let library = self.0.core.store.library().await?;
        let catalogue = tokio::task::spawn_blocking(move || Arc::new(Catalogue::new(library))).await;
        let catalogue = catalogue.map_err(|panic| StoreError::Failed(Box::new(panic)))?;
        *self.0.now.write().expect("no panic while held") = Some(Arc::clone(&catalogue));
        Ok(catalogue)
    }

    /// Looks for changes of others until the server stops.
    pub async fn watch(self) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.0.core.stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.refresh().await {
                tracing::warn!(error = source_chain(&error), "the library could not be read");
            }
        }
    }

    fn read(&self) -> Option<Arc<Catalogue>> {
        self.0.now.read().expect("no panic while held").clone()
    }
}
