//! A member's record for a lesson, computed from the evidence each time it is asked for. Nothing of it
//! is stored, so nothing of it can be out of date or tampered with.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_domain::{Interval, IntervalSet, Item, Position, Utc};
use yunke_store::{MemberEvidence, Store, StoreResult, UtcMillis};

use super::{Subject, convert, off_the_workers, outages};
use crate::attendance::{
    Beat, Bounds, Claim, Credit, CreditLevel, Evidence, Judged, LeaseTerms, Rule, Testimony, Visits, credit,
    judge, visits,
};

/// A pause between receipts that no claim bridges, unless the server was away in it.
const APART_MS: i64 = 10 * 60_000;
/// Spans of one item that are asked for at most.
const SITTINGS: usize = 64;

/// How much credit, as the API says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Credit)]
pub enum CreditWord {
    /// Below half.
    None,
    /// Half of the hours.
    Half,
    /// All of them.
    Full,
}

impl From<CreditLevel> for CreditWord {
    fn from(level: CreditLevel) -> Self {
        match level {
            CreditLevel::None => Self::None,
            CreditLevel::Half => Self::Half,
            CreditLevel::Full => Self::Full,
        }
    }
}

/// How far somebody is with a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Progress {
    /// Milliseconds of the lesson that count.
    pub counted_ms: i64,
    /// Needed for full credit.
    pub needed_full_ms: i64,
    /// Needed for half credit.
    pub needed_half_ms: i64,
    /// What the percentages are of: the lesson without interruptions; while it is live at least as planned.
    pub lesson_ms: i64,
    /// While the lesson is live, as if it ended now.
    pub credit: CreditWord,
    /// Credit hours × 1000.
    pub hours_milli: i64,
}

impl From<Credit> for Progress {
    fn from(credit: Credit) -> Self {
        Self {
            counted_ms: credit.counted_ms,
            needed_full_ms: credit.needed_full_ms,
            needed_half_ms: credit.needed_half_ms,
            lesson_ms: credit.countable_ms,
            credit: credit.level.into(),
            hours_milli: credit.hours_milli,
        }
    }
}

/// The judged evidence of one member for one lesson.
#[derive(Debug, Clone)]
pub struct Record {
    /// Who, and what was kept.
    pub evidence: MemberEvidence,
    /// The judgement.
    pub judged: Judged,
    /// What it is worth.
    pub credit: Credit,
    /// In how many visits.
    pub visits: Visits,
}

impl Record {
    /// Full credit.
    pub fn is_full(&self) -> bool {
        self.credit.level == CreditLevel::Full
    }
}

/// What somebody's evidence is worth by two rules.
#[derive(Debug, Clone, Copy)]
pub struct Compared {
    /// Who.
    pub user_id: Uuid,
    /// There are reports of theirs to judge.
    pub reported: bool,
    /// By the item's own rule.
    pub now: Credit,
    /// By the other one.
    pub then: Credit,
}

/// Computes records of one item; created for every question.
pub struct Records {
    store: Arc<dyn Store>,
    subject: Subject,
    bounds: Bounds,
    outages: Vec<Interval<Utc>>,
    now: Utc,
    /// Bounds of other items met on the way; as many as the members asked for have followed meanwhile.
    others: HashMap<Item, Option<Bounds>>,
}

impl Records {
    /// For questions about `subject` at `now`.
    pub async fn new(
        store: Arc<dyn Store>,
        subject: impl Into<Subject>,
        now: UtcMillis,
    ) -> StoreResult<Self> {
        let outages = outages(store.as_ref(), now).await?;
        Ok(Self::with_outages(store, subject, outages, now))
    }

    /// The same when the server's outages are known already.
    pub fn with_outages(
        store: Arc<dyn Store>,
        subject: impl Into<Subject>,
        outages: Vec<Interval<Utc>>,
        now: UtcMillis,
    ) -> Self {
        let subject = subject.into();
        let bounds = subject.bounds(&outages);
        Self { store, subject, bounds, outages, now: Utc::new(now), others: HashMap::new() }
    }

    /// The record of one member; `None` if they never opened it.
    pub async fn of(&mut self, user_id: Uuid) -> StoreResult<Option<Record>> {
        Ok(self.of_all(&[user_id]).await?.pop())
    }

    /// The records of these members, in this order, without those who never opened it.
    pub async fn of_all(&mut self, users: &[Uuid]) -> StoreResult<Vec<Record>> {
        let mut records = Vec::with_capacity(users.len());
        for evidence in self.store.member_evidence(self.subject.item.id, users).await? {
            let rivals = self.rivals(&evidence).await?;
            let (item, bounds) = (self.subject.item, self.bounds.clone());
            let (evidence, judged) = off_the_workers(move || {
                let judged = judge_one(item, &evidence, &rivals, &bounds);
                (evidence, judged)
            })
            .await;
            let opened: Vec<Utc> = evidence.leases.iter().map(|lease| Utc::new(lease.issued_at)).collect();
            let seen = self.subject.timeline.opened(&opened);
            let credit = credit(&judged.covered, &seen, &self.subject.rule, self.now);
            let visits = visits(&judged.claim.viewing);
            records.push(Record { evidence, judged, credit, visits });
        }
        Ok(records)
    }

    /// What the evidence of these members is worth, and what it would be by `other`: judged from the same reading of it.
    pub async fn compared(&mut self, users: &[Uuid], other: &Rule) -> StoreResult<Vec<Compared>> {
        let subject = Subject { rule: other.clone(), ..self.subject.clone() };
        let bounds = subject.bounds(&self.outages);
        let mut all = Vec::with_capacity(users.len());
        for evidence in self.store.member_evidence(self.subject.item.id, users).await? {
            let rivals = self.rivals(&evidence).await?;
            let (item, both) = (self.subject.item, [self.bounds.clone(), bounds.clone()]);
            let opened: Vec<Utc> = evidence.leases.iter().map(|lease| Utc::new(lease.issued_at)).collect();
            let (user_id, reported) = (evidence.user_id, !evidence.beats.is_empty());
            let covered = off_the_workers(move || {
                both.map(|bounds| judge_one(item, &evidence, &rivals, &bounds).covered)
            })
            .await;
            let seen = self.subject.timeline.opened(&opened);
            let [now, then] = [(&covered[0], &self.subject.rule), (&covered[1], other)]
                .map(|(covered, rule)| credit(covered, &seen, rule, self.now));
            all.push(Compared { user_id, reported, now, then });
        }
        Ok(all)
    }

    /// What this much of it is worth.
    pub fn credit(&self, covered: &IntervalSet<Position>) -> Credit {
        credit(covered, &self.subject.timeline, &self.subject.rule, self.now)
    }

    /// How far a member is, also one who never opened it.
    pub async fn progress(&mut self, user_id: Uuid) -> StoreResult<Progress> {
        let record = self.of(user_id).await?;
        Ok(record.map_or_else(|| self.credit(&IntervalSet::default()), |record| record.credit).into())
    }

    /// Other items' claims to the same time of the same member: of those that were heard of while this one was.
    async fn rivals(&mut self, evidence: &MemberEvidence) -> StoreResult<Vec<Claim>> {
        let outage_ms = self.outages.iter().map(|outage| outage.ms()).max().unwrap_or(0);
        let mut items = BTreeSet::new();
        for (from, to) in sittings(evidence, APART_MS + outage_ms) {
            items.extend(self.store.rival_items(evidence.user_id, self.subject.item.id, from, to).await?);
        }
        let mut claims = Vec::new();
        for item in items {
            if !self.others.contains_key(&item) {
                let other = Subject::find(self.store.as_ref(), item).await?;
                self.others.insert(item, other.map(|other| other.bounds(&self.outages)));
            }
            let Some(Some(bounds)) = self.others.get(&item) else { continue };
            for other in self.store.member_evidence(item.id, &[evidence.user_id]).await? {
                let bounds = bounds.clone();
                claims.push(off_the_workers(move || judge_one(item, &other, &[], &bounds).claim).await);
            }
        }
        Ok(claims)
    }
}

/// When the member was at it: spans of receipts without a longer pause than `apart_ms`. Somebody listens to an
/// episode for a year, and what else they did in that year is not all its rival.
fn sittings(evidence: &MemberEvidence, apart_ms: i64) -> Vec<(UtcMillis, UtcMillis)> {
    let mut received: Vec<UtcMillis> = evidence.beats.iter().map(|beat| beat.received_at).collect();
    received.sort_unstable();
    let mut spans: Vec<(UtcMillis, UtcMillis)> = Vec::new();
    for at in received {
        match spans.last_mut() {
            Some((_, to)) if at - *to <= apart_ms => *to = at,
            _ => spans.push((at, at)),
        }
    }
    // The shortest pauses are bridged when there are too many: that asks for more items than needed, never for fewer.
    while spans.len() > SITTINGS {
        let at = (1..spans.len()).min_by_key(|at| spans[*at].0 - spans[at - 1].1).unwrap_or(1);
        spans[at - 1].1 = spans[at].1;
        spans.remove(at);
    }
    spans.into_iter().map(|(from, to)| (from - apart_ms, to + apart_ms)).collect()
}

fn judge_one(item: Item, evidence: &MemberEvidence, rivals: &[Claim], bounds: &Bounds) -> Judged {
    let leases: Vec<LeaseTerms> = evidence.leases.iter().map(convert::terms).collect();
    let beats: Vec<Beat> = evidence.beats.iter().map(convert::beat).collect();
    let lesson = convert::claims_id(item);
    let delivered: Vec<_> = evidence.delivered.iter().map(|(_, sent)| convert::stretch(*sent)).collect();
    let heard = convert::heard(&evidence.heard);
    let testimony = Testimony { delivered: &delivered, heard: &heard, behind_edge: evidence.behind_edge };
    judge(&Evidence { lesson, leases: &leases, beats: &beats, rivals, testimony }, bounds)
}
