//! Members whose evidence a room reads anew: who comes, who was missed, whose receipts overtook each other. The store knows
//! the order; a room must never guess it.

use tokio::time::Instant;
use uuid::Uuid;
use yunke_store::{BeatRow, LeaseRow, StoreResult};

use super::{members::Member, task::Room};
use crate::{attendance::Beat, evidence, problem::source_chain};

/// Members read anew between two questions, in one go.
const CATCH_UP: usize = 64;

/// While more than so many wait to be read, who has to be waits with them; else they are read at once.
const FEW: usize = 8;

/// Nobody is read more often because receipts overtook each other: it may be a large record each time.
const READ_EVERY: std::time::Duration = std::time::Duration::from_secs(3);

/// So many of those who were read are remembered.
const READ_LATELY: usize = 4096;

impl Room {
    pub(super) async fn take(&mut self, lease: &LeaseRow, rows: &[BeatRow], contested: bool) {
        let Some(first) = rows.first() else { return };
        if self.lesson.zero_at.is_none() {
            self.reload().await;
        }
        if self.members.continues(lease, first.received_at) {
            self.members.receive(lease, rows, &self.bounds);
            self.keeping.changed(lease.user_id);
        } else {
            // New here, or receipts overtook each other on the way: the store knows the order.
            let user = lease.user_id;
            let many = self.missed.lock().expect("no panic while held").len() > FEW;
            if many || !self.may_be_read(user) {
                self.missed.lock().expect("no panic while held").insert(user);
            } else {
                if self.members.has(user) {
                    if self.read_at.len() >= READ_LATELY {
                        self.read_at.retain(|_, at| at.elapsed() < READ_EVERY);
                    }
                    self.read_at.insert(user, Instant::now());
                }
                self.members.forget(user);
                self.read(&[user]).await;
            }
        }
        if contested {
            self.members.contest(lease.user_id);
        }
        for row in rows {
            let member = lease.user_id.as_u128();
            self.presence.receive(member, &evidence::beat(row), self.bounds.zero_at(), &self.rule);
        }
        self.news = true;
    }

    /// Reads members anew of whom something was missed, a few at a time.
    pub(super) async fn catch_up(&mut self) {
        let next: Vec<Uuid> = {
            let mut missed = self.missed.lock().expect("no panic while held");
            let due = missed.iter().filter(|user| self.may_be_read(**user)).take(CATCH_UP);
            let next: Vec<Uuid> = due.copied().collect();
            missed.retain(|user| !next.contains(user));
            next
        };
        if next.is_empty() {
            return;
        }
        for user in &next {
            self.members.forget(*user);
        }
        self.read(&next).await;
        self.news = true;
    }

    pub(super) fn is_missed(&self, user: Uuid) -> bool {
        self.missed.lock().expect("no panic while held").contains(&user)
    }

    fn may_be_read(&self, user: Uuid) -> bool {
        self.read_at.get(&user).is_none_or(|at| at.elapsed() >= READ_EVERY)
    }

    pub(super) fn waits_to_be_read(&self) -> bool {
        self.missed.lock().expect("no panic while held").iter().any(|user| self.may_be_read(*user))
    }

    async fn is_contested(&self, evidence: &yunke_store::MemberEvidence) -> StoreResult<bool> {
        let first = evidence.leases.iter().map(|lease| lease.issued_at).min();
        let last = evidence.beats.iter().map(|beat| beat.received_at).max();
        let (Some(first), Some(last)) = (first, last) else { return Ok(false) };
        let rivals = self.core.store.rival_items(evidence.user_id, self.lesson.id, first, last).await?;
        Ok(!rivals.is_empty())
    }

    /// Reads members anew. A failure leaves them unread: the next question tries again.
    pub(super) async fn read(&mut self, users: &[Uuid]) {
        let read = async {
            for evidence in self.core.store.member_evidence(self.lesson.id, users).await? {
                let user = evidence.user_id;
                let contested = self.is_contested(&evidence).await?;
                let bounds = self.bounds.clone();
                let member = evidence::off_the_workers(move || {
                    let beats: Vec<Beat> = evidence.beats.iter().map(evidence::beat).collect();
                    Member::new(&evidence, &beats, &bounds, contested)
                })
                .await;
                self.presence.restore(user.as_u128(), member.past());
                self.members.replace(user, member);
                self.keeping.changed(user);
            }
            StoreResult::Ok(())
        };
        if let Err(error) = read.await {
            tracing::error!(error = source_chain(&error), "a member's evidence could not be read");
        }
    }
}
