//! Slots for connections. When all are taken, the connection that has been in setup longest gives its slot to the new
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

/// All slots.
#[derive(Debug)]
pub(super) struct ConnectionSlots {
    free: Arc<Semaphore>,
    /// Connections in setup, oldest first; at most as many as there are slots.
    waiting: Mutex<VecDeque<CancellationToken>>,
}

/// A connection's slot; free again when dropped.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    put_out: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl ConnectionSlots {
    pub(super) fn new() -> Arc<Self> {
        Self::with(MAX_CONNECTIONS)
    }

    fn with(slots: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::new(Semaphore::new(slots)), waiting: Mutex::default() })
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<CancellationToken>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_out_oldest(&self) -> Option<()> {
        let mut waiting = self.waiting();
        waiting.pop_front()?.cancel(); // under the lock: see `keep`
        Some(())
    }

    /// A slot, if need be another's; `None` when all belong to publishers.
    pub(super) async fn take(self: &Arc<Self>) -> Option<ConnectionSlot> {
        let free = Arc::clone(&self.free);
        let permit = if let Ok(permit) = Arc::clone(&free).try_acquire_owned() {
            permit
        } else {
            self.put_out_oldest()?;
            timeout(LEAVE_TIME, free.acquire_owned()).await.ok()?.ok()?
        };
        let put_out = CancellationToken::new();
        self.waiting().push_back(put_out.clone());
        Some(ConnectionSlot { slots: Arc::clone(self), put_out, _permit: permit })
    }
}

impl ConnectionSlot {
    /// Cancelled when another needs the slot.
    pub(super) fn put_out(&self) -> CancellationToken {
        self.put_out.clone()
    }

    /// The connection publishes: it keeps its slot. False when it was put out just before.
    pub(super) fn keep(&self) -> bool {
        let mut waiting = self.slots.waiting();
        waiting.retain(|token| *token != self.put_out);
        !self.put_out.is_cancelled()
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.slots.waiting().retain(|token| *token != self.put_out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_in_setup_gives_way_and_a_publisher_does_not() {
        let slots = ConnectionSlots::with(2);
        let publisher = slots.take().await.expect("free");
        assert!(publisher.keep());
        let silent = slots.take().await.expect("free");
        let put_out = silent.put_out();
        let leaves = async move {
            put_out.cancelled().await;
            drop(silent);
        };
        let (lecturer, ()) = tokio::join!(slots.take(), leaves);
        let lecturer = lecturer.expect("the silent one's slot");
        assert!(lecturer.keep() && !publisher.put_out().is_cancelled());
        assert!(slots.take().await.is_none(), "both belong to publishers");
    }
}
