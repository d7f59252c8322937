//! The judged evidence of everyone in a lesson, kept up beat by beat. A cache: what it says is what a
//! recomputation from the store says, and when in doubt it is thrown away and read again.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;
use yunke_domain::{Interval, IntervalSet, Position, Utc};
use yunke_store::{BeatMode, BeatRow, LeaseDevice, LeaseRow, MemberEvidence};

use yunke_protocol::Delivery;

use super::digest::Digest;
use crate::{
    attendance::{Beat, Bounds, MemberBook, Past, group_by_receipt, visits},
    evidence::{beat, stretch, terms},
};

/// Nodes repeat what they sent for a minute.
const REPEATED_MS: i64 = 50_000;

/// One member.
#[derive(Debug)]
pub(super) struct Member {
    book: MemberBook,
    digest: Digest,
    leases: Vec<Uuid>,
    /// What nodes sent to the member.
    sent: IntervalSet<Position>,
    /// The member came through an edge: what is sent there nobody sees.
    behind_edge: bool,
    /// Another lesson claims some of the same time: only the whole recomputation knows the credit.
    contested: bool,
    last: Option<LastSeen>,
}

impl Member {
    /// Of all there is about them. It may take long: not for the workers that answer requests.
    pub(super) fn new(evidence: &MemberEvidence, beats: &[Beat], bounds: &Bounds, contested: bool) -> Self {
        let mut book = MemberBook::kept();
        for lease in &evidence.leases {
            book.open(terms(lease), bounds);
        }
        let mut beats = beats.to_vec();
        beats.sort_by_key(|beat| (beat.received_at, beat.lease, beat.seq));
        for group in group_by_receipt(&beats) {
            book.receive(group, bounds);
        }
        let latest = evidence.beats.iter().max_by_key(|beat| (beat.received_at, beat.body.seq));
        let last = latest.and_then(|beat| {
            let lease = evidence.leases.iter().find(|lease| lease.id == beat.lease_id)?;
            Some(LastSeen { device: lease.device, mode: beat.body.mode })
        });
        let issued: Vec<_> = evidence.leases.iter().map(|lease| (lease.id, terms(lease).issued_at)).collect();
        let digest = Digest::of(&beats, &issued, bounds);
        let leases = evidence.leases.iter().map(|lease| lease.id).collect();
        let sent = evidence.delivered.iter().map(|(_, sent)| stretch(*sent)).collect();
        let behind_edge = evidence.behind_edge;
        if behind_edge {
            book.unseen();
        }
        Self { book, digest, leases, sent, behind_edge, contested, last }
    }

    /// Presence, as far as it is known.
    pub(super) fn past(&self) -> &Past {
        &self.digest.past
    }
}

/// On what a member was last heard of.
#[derive(Debug, Clone, Copy)]
pub struct LastSeen {
    /// What plays.
    pub device: LeaseDevice,
    /// Video or audio.
    pub mode: BeatMode,
}

/// All members with evidence for a lesson.
#[derive(Debug, Default)]
pub(super) struct Members {
    books: HashMap<Uuid, Member>,
    /// Whose each lease is that was heard of.
    owners: HashMap<Uuid, Uuid>,
    people: HashSet<Uuid>,
}

impl Members {
    /// 人数.
    pub(super) fn people(&self) -> usize {
        self.people.len()
    }

    /// The book is in memory and continues with a receipt of this lease at `received_at`. With a lease that was not heard of for
    /// longer than nodes repeat what they sent it does not: what was sent under it before was not listened to here.
    pub(super) fn continues(&self, lease: &LeaseRow, received_at: i64) -> bool {
        let book = self.books.get(&lease.user_id).map(|member| &member.book);
        let heard_of = self.owners.contains_key(&lease.id) || received_at - lease.issued_at < REPEATED_MS;
        heard_of && book.is_some_and(|book| book.continues(lease.id.as_u128(), Utc::new(received_at)))
    }

    /// What counts, if that can be said without looking at other lessons and without reading anew. `heard` is when nodes were
    /// heard of; it matters only by a rule that wants what counts delivered.
    pub(super) fn covered(
        &mut self,
        user: Uuid,
        heard: &[Interval<Utc>],
        bounds: &Bounds,
        now: Utc,
    ) -> Option<IntervalSet<Position>> {
        let member = self.books.get_mut(&user).filter(|member| !member.contested)?;
        if bounds.uncorroborated_counts() {
            return Some(member.book.covered().clone());
        }
        Some(member.book.corroborated(&member.sent, heard, bounds, now))
    }

    /// Takes what a node told of the last minute.
    pub(super) fn sent(&mut self, deliveries: &[Delivery]) {
        for Delivery { lease, intervals, behind_edge } in deliveries {
            let Some(member) = self.owners.get(lease).and_then(|user| self.books.get_mut(user)) else {
                continue;
            };
            member.behind_edge |= behind_edge;
            if member.behind_edge {
                member.book.unseen();
            }
            for &(from, to) in intervals {
                member.sent.insert(stretch(Interval::new(from.max(0), to)));
            }
        }
    }

    /// What was read of a member's past, unless more is known already.
    pub(super) fn load(&mut self, user: Uuid, person: bool) {
        if person && !self.books.contains_key(&user) {
            self.people.insert(user);
        }
    }

    /// The book is in memory.
    pub(super) fn has(&self, user: Uuid) -> bool {
        self.books.contains_key(&user)
    }

    /// What is to be kept of a member whose book is in memory.
    pub(super) fn digest(&self, user: Uuid) -> Option<&Digest> {
        self.books.get(&user).map(|member| &member.digest)
    }

    /// Another lesson claims some of the same time.
    pub(super) fn contest(&mut self, user: Uuid) {
        if let Some(member) = self.books.get_mut(&user) {
            member.contested = true;
        }
    }

    /// Takes beats that were just kept.
    pub(super) fn receive(&mut self, lease: &LeaseRow, rows: &[BeatRow], bounds: &Bounds) {
        let Some(member) = self.books.get_mut(&lease.user_id) else { return };
        member.book.open(terms(lease), bounds);
        self.owners.insert(lease.id, lease.user_id);
        let beats: Vec<Beat> = rows.iter().map(beat).collect();
        member.digest.receive(&beats, terms(lease).issued_at, bounds);
        for verdict in member.book.receive(&beats, bounds) {
            metrics::counter!("yunke_beats_judged_total", "outcome" => verdict.outcome.code()).increment(1);
        }
        if let Some(row) = rows.last() {
            member.last = Some(LastSeen { device: lease.device, mode: row.body.mode });
        }
        self.count(lease.user_id);
    }

    /// On what a member was last heard of.
    pub(super) fn last_seen(&self, user: Uuid) -> Option<LastSeen> {
        self.books.get(&user)?.last
    }

    /// Takes all there is about a member, in place of what was there.
    pub(super) fn replace(&mut self, user: Uuid, member: Member) {
        self.owners.extend(member.leases.iter().map(|lease| (*lease, user)));
        self.books.insert(user, member);
        self.count(user);
    }

    /// Forgets a member; read again when needed.
    pub(super) fn forget(&mut self, user: Uuid) {
        self.books.remove(&user);
    }

    /// Forgets all books and says whose they were; who is one of the people stays so until read again.
    pub(super) fn forget_all(&mut self) -> Vec<Uuid> {
        self.books.drain().map(|(user, _)| user).collect()
    }

    fn count(&mut self, user: Uuid) {
        let Some(member) = self.books.get_mut(&user) else { return };
        member.digest.person = visits(member.book.viewing()).person;
        if member.digest.person {
            self.people.insert(user);
        } else {
            self.people.remove(&user);
        }
    }
}
