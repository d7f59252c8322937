//! The sessions of each lease: one lease cannot take all places of a node.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use crate::webrtc::{signalling::session::Session, subscriber::Outlet};

/// Sessions of one lease at once. A lease is one player; a second session is its next attempt while the last one is not known to be
/// dead, a third the same once more. The oldest goes for a further one, as the newest is the one that is watched.
pub(super) const PER_LEASE: usize = 3;

type Own = Arc<Session<dyn Outlet>>;
type ByLease = HashMap<Uuid, VecDeque<Own>>;

/// The sessions of leases, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Leases(Mutex<ByLease>);

impl Leases {
    fn map(&self) -> MutexGuard<'_, ByLease> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a session until the guard goes; with it comes the one that is to be ended for it.
    pub(super) fn enter(self: &Arc<Self>, lease: Uuid, session: Own) -> (Entered, Option<Own>) {
        let mut map = self.map();
        let sessions = map.entry(lease).or_default();
        let oldest = if sessions.len() >= PER_LEASE { sessions.pop_front() } else { None };
        sessions.push_back(Arc::clone(&session));
        (Entered { leases: Arc::clone(self), lease, session }, oldest)
    }
}

/// A session among those of its lease.
pub(super) struct Entered {
    leases: Arc<Leases>,
    lease: Uuid,
    session: Own,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut map = self.leases.map();
        let Some(sessions) = map.get_mut(&self.lease) else { return };
        sessions.retain(|session| !Arc::ptr_eq(session, &self.session));
        if sessions.is_empty() {
            map.remove(&self.lease);
        }
    }
}
