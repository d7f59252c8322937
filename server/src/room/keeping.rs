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
use yunke_store::RoomDigest;

use super::{registry::RoomParts, task::Room};
use crate::problem::source_chain;

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
}

impl Room {
    /// Keeps what is due.
    pub(super) fn keep_digests(&mut self) {
        if self.keeping.next_round_at.elapsed() > Duration::ZERO && self.keeping.round.is_empty() {
            self.keeping.round = self.keeping.changed.drain().collect();
            self.keeping.next_round_at = Instant::now() + ROUND_EVERY;
        }
        if self.keeping.round.is_empty() || self.keeping.writing.swap(true, Ordering::AcqRel) {
            return;
        }
        let rows = self.next_rows();
        let (parts, lesson, writing) = (self.parts.clone(), self.lesson.id, self.keeping.writing.clone());
        self.parts.tasks.spawn(async move {
            write(&parts, lesson, rows).await;
            writing.store(false, Ordering::Release);
        });
    }

    /// Keeps all that is left, for a room that ends.
    pub(super) async fn keep_all_digests(&mut self) {
        self.keeping.round.extend(self.keeping.changed.drain());
        let deadline = Instant::now() + AT_THE_END;
        while !self.keeping.round.is_empty() && Instant::now() < deadline {
            let rows = self.next_rows();
            write(&self.parts, self.lesson.id, rows).await;
        }
    }

    fn next_rows(&mut self) -> Vec<(RoomDigest, Vec<(Uuid, i64)>)> {
        let from = self.keeping.round.len().saturating_sub(AT_ONCE);
        let users = self.keeping.round.split_off(from);
        users.iter().filter_map(|user| self.members.digest(*user)?.row(*user, &self.bounds)).collect()
    }
}

/// Keeps digests; a failure is only said.
pub(super) async fn write(parts: &RoomParts, lesson: Uuid, rows: Vec<(RoomDigest, Vec<(Uuid, i64)>)>) {
    if rows.is_empty() {
        return;
    }
    let (digests, through): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let through: Vec<_> = through.into_iter().flatten().collect();
    if let Err(error) = parts.store.keep_room_digests(lesson, &digests, &through).await {
        tracing::warn!(%lesson, error = source_chain(&error), "what a room knows of its members could not be kept");
    }
}
