//! Places for connections. When all are taken, the connection that has been in setup longest gives its place to the new
//! one: silent connections, however many, cannot keep a lecturer out, and publishers are never put out.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Connections at once. A node has tens of lessons.
const MAX_CONNECTIONS: usize = 256;
/// How long a connection that was put out may take to go.
const LEAVE_TIME: Duration = Duration::from_millis(500);

/// All places.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    /// Connections in setup, oldest first; at most as many as there are places.
    waiting: Mutex<VecDeque<CancellationToken>>,
}

/// A connection's place; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    put_out: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new() -> Arc<Self> {
        Self::with(MAX_CONNECTIONS)
    }

    fn with(places: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::new(Semaphore::new(places)), waiting: Mutex::default() })
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<CancellationToken>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_out_oldest(&self) -> Option<()> {
        let mut waiting = self.waiting();
        waiting.pop_front()?.cancel(); // under the lock: see `keep`
        Some(())
    }

    /// A place, if need be another's; `None` when all belong to publishers.
    pub(super) async fn take(self: &Arc<Self>) -> Option<Place> {
        let free = Arc::clone(&self.free);
        let permit = if let Ok(permit) = Arc::clone(&free).try_acquire_owned() {
            permit
        } else {
            self.put_out_oldest()?;
            timeout(LEAVE_TIME, free.acquire_owned()).await.ok()?.ok()?
        };
        let put_out = CancellationToken::new();
        self.waiting().push_back(put_out.clone());
        Some(Place { places: Arc::clone(self), put_out, _permit: permit })
    }
}

impl Place {
    /// Cancelled when another needs the place.
    pub(super) fn put_out(&self) -> CancellationToken {
        self.put_out.clone()
    }

    /// The connection publishes: it keeps its place. False when it was put out just before.
    pub(super) fn keep(&self) -> bool {
        let mut waiting = self.places.waiting();
        waiting.retain(|token| *token != self.put_out);
        !self.put_out.is_cancelled()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.waiting().retain(|token| *token != self.put_out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_in_setup_gives_way_and_a_publisher_does_not() {
        let places = Places::with(2);
        let publisher = places.take().await.expect("free");
        assert!(publisher.keep());
        let silent = places.take().await.expect("free");
        let put_out = silent.put_out();
        let leaves = async move {
            put_out.cancelled().await;
            drop(silent);
        };
        let (lecturer, ()) = tokio::join!(places.take(), leaves);
        let lecturer = lecturer.expect("the silent one's place");
        assert!(lecturer.keep() && !publisher.put_out().is_cancelled());
        assert!(places.take().await.is_none(), "both belong to publishers");
    }
}
