//! What a room has to know of one member's past, and exactly which beats are in it. It is kept in the store, so that the room
//! of a large lesson opens at once; it must never say more than the beats it names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use yunke_domain::{Interval, Utc};
use yunke_store::{PastEvidence, RoomDigest};

use crate::attendance::{
    Beat, Bounds, LastWord, LeaseTerms, MemberBook, Past, group_by_receipt, past_presence, visits,
};

/// One member's digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digest {
    /// Presence.
    pub(super) past: Past,
    /// Viewed at least a minute.
    pub(super) person: bool,
    /// Beats 1 … n of each lease are in it.
    through: BTreeMap<Uuid, i64>,
    /// A beat came before one with a smaller number: which are in it cannot be said in figures, and it is not kept.
    holed: bool,
    /// The first lease.
    issued_at: Utc,
    /// The last receipt.
    received_at: Utc,
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Body {
    issued_at: Utc,
    received_at: Utc,
    person: bool,
    over: Vec<(Utc, Utc)>,
    leases: Vec<LeaseBody>,
}

#[derive(Serialize, Deserialize)]
struct LeaseBody {
    id: Uuid,
    through: i64,
    last_seq: u32,
    here: Option<(Utc, Utc)>,
}

impl Digest {
    /// Of all there is about a member, in any order. `leases`: which, and when each was issued.
    pub(super) fn of(beats: &[Beat], leases: &[(Uuid, Utc)], bounds: &Bounds) -> Self {
        let issued_at = leases.iter().map(|(_, issued_at)| *issued_at).min().unwrap_or(Utc::MAX);
        let mut counted: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
        for beat in beats {
            let (count, last) = counted.entry(Uuid::from_u128(beat.lease)).or_default();
            *count += 1;
            *last = i64::from(beat.seq).max(*last);
        }
        Self {
            past: past_presence(beats, bounds.zero_at(), bounds.rule()),
            person: false,
            holed: counted.values().any(|(count, last)| count != last),
            through: counted.into_iter().map(|(lease, (_, last))| (lease, last)).collect(),
            issued_at,
            received_at: beats.iter().map(|beat| beat.received_at).max().unwrap_or(Utc::MIN),
        }
    }

    /// The same with the judgement it needs made, for whom nobody keeps a book.
    pub(super) fn judged(evidence: &PastEvidence, beats: &[Beat], bounds: &Bounds) -> Self {
        let mut book = MemberBook::default();
        for lease in &evidence.leases {
            book.open(LeaseTerms { id: lease.id.as_u128(), issued_at: Utc::new(lease.issued_at) }, bounds);
        }
        let mut sorted = beats.to_vec();
        sorted.sort_by_key(|beat| (beat.received_at, beat.lease, beat.seq));
        for group in group_by_receipt(&sorted) {
            book.receive(group, bounds);
        }
        let leases: Vec<_> =
            evidence.leases.iter().map(|lease| (lease.id, Utc::new(lease.issued_at))).collect();
        Self { person: visits(book.viewing()).person, ..Self::of(beats, &leases, bounds) }
    }

    /// Takes beats of one lease that were just kept, ascending by number, received after all that is in it.
    pub(super) fn receive(&mut self, beats: &[Beat], issued_at: Utc, bounds: &Bounds) {
        self.issued_at = self.issued_at.min(issued_at);
        for beat in beats {
            self.past.receive(beat, bounds.zero_at(), bounds.rule());
            self.received_at = self.received_at.max(beat.received_at);
            let through = self.through.entry(Uuid::from_u128(beat.lease)).or_default();
            self.holed |= i64::from(beat.seq) != *through + 1;
            *through = i64::from(beat.seq).max(*through);
        }
    }

    /// Goes on with what came since it was kept; `false`: the member has to be judged from all there is.
    pub(super) fn continued(&mut self, news: &PastEvidence, beats: &[Beat], bounds: &Bounds) -> bool {
        let fits = news
            .leases
            .iter()
            .all(|lease| self.through.get(&lease.id).copied().unwrap_or(0) == lease.through);
        // More evidence makes nobody less of a person; who is none yet may be by now.
        if !fits || !self.person || beats.iter().any(|beat| beat.received_at < self.received_at) {
            return false;
        }
        let mut sorted = beats.to_vec();
        sorted.sort_by_key(|beat| (beat.lease, beat.received_at, beat.seq));
        for lease in &news.leases {
            let of_lease: Vec<Beat> =
                sorted.iter().filter(|beat| beat.lease == lease.id.as_u128()).copied().collect();
            self.receive(&of_lease, Utc::new(lease.issued_at), bounds);
        }
        true
    }

    /// As the store keeps it, with the beats that are in it. `None`: there is nothing to keep.
    pub(super) fn row(&self, user_id: Uuid, bounds: &Bounds) -> Option<(RoomDigest, Vec<(Uuid, i64)>)> {
        if self.holed || self.through.is_empty() {
            return None;
        }
        let words: BTreeMap<_, _> = self.past.last_words().collect();
        let leases = self.through.iter().map(|(id, through)| {
            let word = words.get(&id.as_u128()).copied().unwrap_or_default();
            let here = word.here.map(|here| (here.from, here.to));
            LeaseBody { id: *id, through: *through, last_seq: word.seq, here }
        });
        let body = Body {
            issued_at: self.issued_at,
            received_at: self.received_at,
            person: self.person,
            over: self.past.over().iter().map(|span| (span.from, span.to)).collect(),
            leases: leases.collect(),
        };
        let body = serde_json::to_string(&body).expect("figures and ids");
        let basis = bounds.basis(self.issued_at, self.received_at).cast_signed();
        let through = self.through.iter().map(|(lease, through)| (*lease, *through)).collect();
        Some((RoomDigest { user_id, basis, body }, through))
    }

    /// From the store; `None` if it was judged by something else, or cannot be read.
    pub(super) fn read(row: &RoomDigest, bounds: &Bounds) -> Option<Self> {
        let body: Body = serde_json::from_str(&row.body).ok()?;
        if bounds.basis(body.issued_at, body.received_at).cast_signed() != row.basis {
            return None;
        }
        let span = |(from, to)| Interval::new(from, to);
        let words = body
            .leases
            .iter()
            .map(|lease| (lease.id.as_u128(), LastWord { seq: lease.last_seq, here: lease.here.map(span) }));
        Some(Self {
            past: Past::new(body.over.iter().copied().map(span).collect(), words),
            person: body.person,
            through: body.leases.iter().map(|lease| (lease.id, lease.through)).collect(),
            holed: false,
            issued_at: body.issued_at,
            received_at: body.received_at,
        })
    }
}
