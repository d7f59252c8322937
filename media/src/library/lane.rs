//! The queue of versions that are to be encoded, and who takes from it: so many workers at a time, one while a lesson is live.
//!
//! The queue is in memory; what belongs in it can be seen in the store ([`super::records`]): a plan, a whole file, no facts and no
//! failure. So it is filled again at every start.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, mpsc},
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    core::{Busy, Ground, Library, Limits, Progress},
    error::LibraryError,
    records,
};

/// How often all versions are looked at for one that waits and is not in the queue.
const ROUND: Duration = Duration::from_mins(10);
/// How often it is looked whether a lesson is still live, while that keeps a version waiting.
const LOOK: Duration = Duration::from_secs(2);

/// The other end of the queue; has the work done.
pub struct Lane {
    library: Library,
    inbox: mpsc::Receiver<Uuid>,
    /// Versions that are encoded at a time.
    workers: usize,
    busy: Busy,
}

impl Lane {
    /// Works until cancelled; what is under way then is begun again after the restart.
    pub async fn run(self, stop: &CancellationToken) {
        let _ = stop.run_until_cancelled(self.work(stop)).await;
    }

    async fn work(mut self, stop: &CancellationToken) {
        let folder = self.library.0.work_dir.clone();
        let _ = tokio::task::spawn_blocking(move || remove_unfinished(&folder)).await;
        let places = Arc::new(Semaphore::new(self.workers));
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let version = tokio::select! {
                biased;
                _ = rounds.tick() => {
                    if let Err(error) = self.library.fill_queue().await {
                        tracing::error!(%error, "what is to be encoded could not be listed");
                    }
                    continue;
                }
                version = self.inbox.recv() => match version {
                    Some(version) => version,
                    None => return,
                },
            };
            // The queue waits where it is.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            while (self.busy)() && places.available_permits() + 1 < self.workers {
                sleep(LOOK).await;
            }
            let (library, stop) = (self.library.clone(), stop.clone());
            self.library.0.tasks.spawn(async move {
                let _ = stop.run_until_cancelled(library.encode(version)).await;
                drop(place);
            });
        }
    }
}

impl Library {
    /// Versions in this store, and who encodes them. Pages show passes signed with the key; while `busy` says that a lesson is
    /// live, no more than one is encoded.
    pub(crate) fn new(ground: Ground, limits: Limits, busy: Busy) -> (Self, Lane) {
        let (library, inbox) = Self::with_inbox(ground, limits);
        (library.clone(), Lane { library, inbox, workers: limits.workers.max(1), busy })
    }

    /// Puts a whole version into the queue, unless it is there. When the queue is full it waits for the next round.
    pub(super) fn enqueue(&self, version: Uuid) {
        let mut under_way = self.under_way();
        if under_way.contains_key(&version) || self.0.queue.try_send(version).is_err() {
            return;
        }
        under_way.insert(version, Progress { step: None, percent: 0 });
    }

    async fn fill_queue(&self) -> Result<(), LibraryError> {
        for version in records::versions(&*self.0.store).await? {
            if self.0.queue.capacity() == 0 {
                break;
            }
            if let Some(known) = records::known(&*self.0.store, version).await?
                && known.facts.is_none()
                && known.failed.is_none()
                && self.0.parts.received(version).await >= known.plan.bytes
            {
                self.enqueue(version);
            }
        }
        Ok(())
    }
}

/// Removes what processes left behind that were killed while they encoded.
fn remove_unfinished(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|kind| kind == "encoding")
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, "what was left of an encoding could not be removed");
        }
    }
}
