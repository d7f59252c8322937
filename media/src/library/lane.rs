//! The queue of versions that are to be encoded, and who takes from it: so many workers at a time, one while a lesson is live.
//!
//! The queue is in memory; what belongs in it can be seen in the store ([`super::records`]): a plan, a whole file, no facts and no
//! failure. So it is filled again at every start.

use std::{path::Path, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
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
        let folders = (self.library.0.work_dir.clone(), self.library.0.library_dir.clone());
        let unfinished = move || {
            remove_unfinished(&folders.0);
            remove_half_written(&folders.1);
        };
        let _ = tokio::task::spawn_blocking(unfinished).await;
        let places = Arc::new(Semaphore::new(self.workers));
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut first = None;
        loop {
            let next = tokio::select! {
                biased;
                _ = rounds.tick() => {
                    if let Err(error) = self.library.fill_queue().await {
                        tracing::error!(%error, "what is to be encoded could not be listed");
                    }
                    continue;
                }
                next = self.next(&mut first, &places) => next,
            };
            let Some((version, place)) = next else { return };
            let (library, stop) = (self.library.clone(), stop.clone());
            self.library.0.tasks.spawn(async move {
                let _ = stop.run_until_cancelled(library.encode(version)).await;
                drop(place);
            });
        }
    }

    /// The next version and a place for it. The one at the head of the queue stays in `first` until it has one, also if this is
    /// given up and begun again; the others wait where they are.
    async fn next(
        &mut self,
        first: &mut Option<Uuid>,
        places: &Arc<Semaphore>,
    ) -> Option<(Uuid, OwnedSemaphorePermit)> {
        if first.is_none() {
            *first = Some(self.inbox.recv().await?);
        }
        let place = Arc::clone(places).acquire_owned().await.ok()?;
        while (self.busy)() && places.available_permits() + 1 < self.workers {
            sleep(LOOK).await;
        }
        first.take().map(|version| (version, place))
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
            match records::known(&*self.0.store, version).await {
                Ok(Some(known)) => self.look_at(version, &known).await,
                Ok(None) => {}
                // It is for this one to fail, and not for those behind it.
                Err(error) => tracing::error!(%version, %error, "a version cannot be looked at"),
            }
        }
        Ok(())
    }

    async fn look_at(&self, version: Uuid, known: &records::Known) {
        let received = self.0.parts.received(version).await;
        if known.facts.is_some() {
            if received > 0 {
                // The process was killed when all but this was done.
                self.0.parts.remove(version).await;
            }
        } else if known.failed.is_none() && received >= known.plan.bytes {
            self.0.parts.complete(version).await;
            self.enqueue(version);
        }
    }
}

/// Removes what a process left behind that was killed while it wrote into the store: the store gives such files their names
/// only when they are whole.
fn remove_half_written(library: &Path) {
    let versions = std::fs::read_dir(library).into_iter().flatten().flatten();
    for file in versions.filter_map(|version| std::fs::read_dir(version.path()).ok()).flatten().flatten() {
        if file.file_name().to_string_lossy().contains('#')
            && let Err(error) = std::fs::remove_file(file.path())
        {
            tracing::warn!(%error, "half a file could not be removed");
        }
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
