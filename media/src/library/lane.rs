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

#[cfg(test)]
mod tests {
    use object_store::local::LocalFileSystem;
    use tokio_util::task::TaskTracker;
    use yunke_protocol::{FileKey, LeaseKey};

    use super::*;
    use crate::{live::Origin, upload::Parts};

    #[tokio::test]
    async fn what_waits_for_a_place_is_not_lost_when_a_round_comes_first() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let ground = Ground {
            store: Arc::new(LocalFileSystem::new_with_prefix(dir.path()).expect("a folder")),
            store_dir: dir.path().to_owned(),
            origin: Origin::new(LeaseKey::derive(b"secret"), Arc::new(|| 0)),
            parts: Parts::new(dir.path().join("work"), dir.path().to_owned()),
            key: FileKey::derive(b"secret"),
            clock: Arc::new(|| 0),
            tasks: TaskTracker::new(),
        };
        let limits = Limits { longest_ms: 1, keep_originals: false, workers: 1 };
        let (library, mut lane) = Library::new(ground, limits, Arc::new(|| false));
        let [one, other] = [1, 2].map(Uuid::from_u128);
        library.enqueue(one);
        library.enqueue(other);
        let (places, mut first) = (Arc::new(Semaphore::new(1)), None);
        let (version, place) = lane.next(&mut first, &places).await.expect("there is a place");
        assert_eq!(version, one);
        // A round: what waits is given up, and begun again.
        for _ in 0..3 {
            assert!(futures_util::poll!(Box::pin(lane.next(&mut first, &places))).is_pending());
        }
        drop(place);
        let (version, _) = lane.next(&mut first, &places).await.expect("there is a place");
        assert_eq!(version, other);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join(name);
        for folder in ["work/a.1.encoding", "library/a"] {
            std::fs::create_dir_all(at(folder)).expect("made");
        }
        for file in ["work/a.1.encoding/aac.m4a", "work/a.part", "library/a/aac.m4a", "library/a/aac.m4a#3"] {
            std::fs::write(at(file), "").expect("written");
        }
        remove_unfinished(&at("work"));
        remove_half_written(&at("library"));
        let left = |folder: &str| std::fs::read_dir(at(folder)).expect("a folder").count();
        assert_eq!((left("work"), left("library/a")), (1, 1));
        assert!(at("work/a.part").exists() && at("library/a/aac.m4a").exists());
    }
}
