//! Keeps the digests of a room's members in the store, some at a time beside the room. One that could not be kept costs nothing:
//! the older one says which beats are in it, and the rest is read. It must never hold up a question.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use uuid::Uuid;
use yunke_store::{RoomDigest, Store};

use super::members::Members;
use crate::{attendance::Bounds, core::Core, problem::source_chain};

/// Of whom something new is known the digest is kept this often: what a room has to read after a kill −9.
const ROUND_EVERY: Duration = Duration::from_mins(1);

/// Digests in one transaction: beats wait for it.
pub(super) const AT_ONCE: usize = 256;

/// A room that ends takes so long at most to keep the rest.
const AT_THE_END: Duration = Duration::from_secs(3);

/// Whose digests are to be kept.
#[derive(Debug)]
pub(super) struct Keeping {
    /// Since the round began; no more than the room has members.
    changed: HashSet<Uuid>,
    round: Vec<Uuid>,
    next_round_at: Instant,
    /// One transaction at a time.
    writing: Arc<AtomicBool>,
}

impl Keeping {
    pub(super) fn new() -> Self {
        Self {
            changed: HashSet::new(),
            round: Vec::new(),
            next_round_at: Instant::now() + ROUND_EVERY,
            writing: Arc::default(),
        }
    }

    /// Something new is known of the member.
    pub(super) fn changed(&mut self, user: Uuid) {
        self.changed.insert(user);
    }

    /// Keeps what is due, beside the room.
    pub(super) fn keep_due(&mut self, core: &Core, lesson: Uuid, members: &Members, bounds: &Bounds) {
        if self.next_round_at.elapsed() > Duration::ZERO && self.round.is_empty() {
            self.round = self.changed.drain().collect();
            self.next_round_at = Instant::now() + ROUND_EVERY;
        }
        if self.round.is_empty() || self.writing.swap(true, Ordering::AcqRel) {
            return;
        }
        let rows = self.next_rows(members, bounds);
        let (store, writing) = (core.store.clone(), self.writing.clone());
        core.tasks.spawn(async move {
            write(store.as_ref(), lesson, rows).await;
            writing.store(false, Ordering::Release);
        });
    }

    /// Keeps all that is left, for a room that ends.
    pub(super) async fn keep_all(&mut self, core: &Core, lesson: Uuid, members: &Members, bounds: &Bounds) {
        self.round.extend(self.changed.drain());
        let deadline = Instant::now() + AT_THE_END;
        while !self.round.is_empty() && Instant::now() < deadline {
            let rows = self.next_rows(members, bounds);
            write(core.store.as_ref(), lesson, rows).await;
        }
    }

    fn next_rows(&mut self, members: &Members, bounds: &Bounds) -> Vec<(RoomDigest, Vec<(Uuid, i64)>)> {
        let from = self.round.len().saturating_sub(AT_ONCE);
        let users = self.round.split_off(from);
        users.iter().filter_map(|user| members.digest(*user)?.row(*user, bounds)).collect()
    }
}

/// Keeps digests; a failure is only said.
pub(super) async fn write(store: &dyn Store, lesson: Uuid, rows: Vec<(RoomDigest, Vec<(Uuid, i64)>)>) {
    if rows.is_empty() {
        return;
    }
    let (digests, through): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let through: Vec<_> = through.into_iter().flatten().collect();
    if let Err(error) = store.keep_room_digests(lesson, &digests, &through).await {
        tracing::warn!(%lesson, error = source_chain(&error), "what a room knows of its members could not be kept");
    }
}
