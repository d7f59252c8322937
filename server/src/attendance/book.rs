//! One member's evidence for one lesson, judged as it arrives. Feeding it the stored beats in order of
//! receipt gives exactly what feeding it live gave; it must never depend on anything else.

use std::collections::HashMap;

use yunke_domain::{BeatMode, BeatSource, BeatState, Interval, IntervalSet, Position, Utc};

use super::{
    bucket::{Bucket, Claimed, cost_ms},
    corroborate::Seen,
    evidence::{Beat, LeaseId, LeaseTerms, Offer, Timeline},
    rule::Rule,
    verdict::{Outcome, Reason, Reasons, Verdict},
};

/// Who watches live is this much behind the edge at most when the lesson ends.
const LIVE_TAIL_MS: i64 = 60_000;

/// By the beat that ends a silence: it says what was played in it. The one before it is from when the page was still looked at.
fn claimed(beat: &Beat) -> Claimed {
    let hidden_sound = beat.state == BeatState::Playing && beat.mode == BeatMode::Audio && !beat.visible;
    if hidden_sound { Claimed::HiddenSound } else { Claimed::Usual }
}

/// What all beats of a lesson are judged against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    rule: Rule,
    pub(super) zero_at: Option<Utc>,
    /// Where the timeline ends, once it has.
    pub(super) end: Option<Position>,
    pub(super) gaps: IntervalSet<Position>,
    pub(super) ended_at: Option<Utc>,
    pub(super) offers: Vec<Offer>,
    pub(super) closed_at: Option<Utc>,
    /// Ascending by end.
    pub(super) outages: Vec<Interval<Utc>>,
}

impl Bounds {
    /// `outages` are times in which the server itself was down.
    pub fn new(rule: &Rule, timeline: &Timeline, outages: &[Interval<Utc>]) -> Self {
        let mut outages = outages.to_vec();
        outages.sort_unstable_by_key(|out| out.to);
        Self {
            rule: rule.clone(),
            zero_at: timeline.zero_at,
            end: timeline.length_ms.map(Position::new),
            gaps: timeline.gaps.iter().copied().collect(),
            ended_at: timeline.ended_at,
            offers: timeline.offers.clone(),
            closed_at: timeline.closed_at,
            outages,
        }
    }

    /// The figures.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// UTC of position 0.
    pub fn zero_at(&self) -> Option<Utc> {
        self.zero_at
    }

    /// What no node delivered counts all the same.
    pub fn uncorroborated_counts(&self) -> bool {
        self.rule.uncorroborated_counts
    }

    /// What a claim under a lease of `issued_at` can be of. A lease from before the end opens the lesson while it is live,
    /// one from after it what the replay offered when it was issued: that is signed into it.
    fn offered(&self, beat: &Beat, issued_at: Utc) -> Option<Interval<Position>> {
        let all = Interval::new(Position::ZERO, Position::MAX);
        let opens_replay = self.ended_at.map_or(self.end.is_some(), |ended_at| issued_at >= ended_at);
        if !opens_replay {
            return (beat.source == BeatSource::Live).then_some(all);
        }
        let in_force = self.offers.partition_point(|offer| offer.from_at <= issued_at);
        match in_force.checked_sub(1) {
            None => Some(all),
            Some(last) => self.offers[last].stretch,
        }
    }

    /// Server time up to which a lease of `issued_at` earns: one that opens the live lesson does not after its end, and none
    /// does once all of it was taken away. What was played before may arrive later.
    fn earns_until(&self, issued_at: Utc) -> Utc {
        let live = self.ended_at.filter(|ended_at| issued_at < *ended_at);
        let live = live.map_or(Utc::MAX, |ended_at| ended_at.saturating_add(LIVE_TAIL_MS));
        self.closed_at.map_or(live, |closed_at| live.min(closed_at))
    }

    /// The pieces of the claim that could be watched when it arrived, and why not the rest.
    fn available(&self, beat: &Beat, issued_at: Utc) -> Result<(Vec<Interval<Position>>, Reasons), Reason> {
        if beat.state != BeatState::Playing {
            return Err(Reason::NotPlaying);
        }
        if beat.rate_milli > self.rule.max_rate_milli {
            return Err(Reason::RateTooHigh);
        }
        if beat.mode == BeatMode::Video && !beat.visible && !self.rule.hidden_video_counts {
            return Err(Reason::HiddenVideo);
        }
        let zero_at = self.zero_at.ok_or(Reason::NotStarted)?;
        let offered = self.offered(beat, issued_at).ok_or(Reason::NotOffered)?;
        let claim = beat.claim();
        let mut reasons = Reasons::default();
        let edge = zero_at.position_of(beat.received_at).saturating_add(self.rule.edge_tolerance_ms);
        let mut whole = claim.and(Interval::new(Position::ZERO, Position::MAX));
        if whole.and(offered) != whole && !whole.is_empty() {
            reasons.add(Reason::NotOffered);
            whole = whole.and(offered);
            if whole.is_empty() {
                return Err(Reason::NotOffered);
            }
        }
        if whole.to > edge {
            reasons.add(Reason::AheadOfEdge);
            whole = Interval::new(whole.from, whole.to.min(edge));
        }
        if let Some(end) = self.end
            && whole.to > end
        {
            reasons.add(Reason::PastEnd);
            whole = Interval::new(whole.from, whole.to.min(end));
        }
        if claim.is_empty() {
            let ahead = reasons.has(Reason::AheadOfEdge);
            return if ahead { Err(Reason::AheadOfEdge) } else { Ok((Vec::new(), Reasons::default())) };
        }
        let pieces = self.gaps.outside(whole);
        if pieces.iter().map(|piece| piece.ms()).sum::<i64>() < whole.ms() {
            reasons.add(Reason::InGap);
        }
        Ok((pieces, reasons))
    }
}

/// One lease's part of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LeaseJudge {
    issued_at: Utc,
    bucket: Bucket,
}

impl LeaseJudge {
    /// `covered` grows by what counts; `budget` is the member's, over all leases, and pays for what is new in it.
    fn beat(
        &mut self,
        beat: &Beat,
        bounds: &Bounds,
        budget: &mut Bucket,
        covered: &mut IntervalSet<Position>,
    ) -> Verdict {
        let (mut pieces, mut reasons) = match bounds.available(beat, self.issued_at) {
            Ok(found) => found,
            Err(reason) => return Verdict::refused(reason, beat.received_at),
        };
        let wanted = total_ms(&pieces);
        let what = claimed(beat);
        let granted = self.bucket.take(wanted, beat.rate_milli, what);
        if granted < wanted {
            let silence = self.bucket.spilled(what);
            reasons.add(if silence { Reason::SilenceTooLong } else { Reason::TooFast });
            keep_last(&mut pieces, granted);
        }
        let fresh: Vec<_> = pieces.iter().flat_map(|piece| covered.outside(*piece)).collect();
        let unpaid_ms = total_ms(&fresh) - budget.take_fresh(total_ms(&fresh), beat.rate_milli, what);
        if unpaid_ms > 0 {
            reasons.add(Reason::TooFast);
            let unpaid: IntervalSet<Position> = first_of(&fresh, unpaid_ms).into_iter().collect();
            pieces = pieces.iter().flat_map(|piece| unpaid.outside(*piece)).collect();
        }
        for piece in &pieces {
            covered.insert(*piece);
        }
        let began_at = beat.received_at.saturating_sub(cost_ms(total_ms(&pieces), beat.rate_milli));
        let span = Interval::new(began_at, beat.received_at);
        let uncorroborated = Vec::new();
        let mut verdict = Verdict { outcome: Outcome::Accepted, reasons, pieces, uncorroborated, span };
        verdict.settle(beat.claim());
        verdict
    }

    /// Beats that arrived together played one after the other: the last one ended at the receipt.
    fn place(&self, received_at: Utc, verdicts: &mut [Verdict]) {
        let mut end = received_at;
        for verdict in verdicts.iter_mut().rev() {
            let from = (end - verdict.span.ms()).max(self.issued_at.min(end));
            verdict.span = Interval::new(from, end);
            end = from;
        }
    }
}

/// Keeps the last `ms` of the pieces.
fn keep_last(pieces: &mut Vec<Interval<Position>>, ms: i64) {
    let mut left = ms;
    for piece in pieces.iter_mut().rev() {
        let keep = piece.ms().min(left);
        piece.from = piece.to - keep;
        left -= keep;
    }
    pieces.retain(|piece| !piece.is_empty());
}

fn total_ms(pieces: &[Interval<Position>]) -> i64 {
    pieces.iter().map(|piece| piece.ms()).sum()
}

/// The first `ms` of the pieces.
fn first_of(pieces: &[Interval<Position>], ms: i64) -> Vec<Interval<Position>> {
    let mut left = ms;
    let mut first = Vec::new();
    for piece in pieces {
        let part = Interval::new(piece.from, piece.to.min(piece.from.saturating_add(left)));
        left -= part.ms();
        first.push(part);
    }
    first
}

/// A member's judged evidence for one lesson.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberBook {
    leases: HashMap<LeaseId, LeaseJudge>,
    /// What the union may grow by; from the first lease that was heard of.
    budget: Option<Bucket>,
    /// What was judged last: all leases share the budget, so their order matters.
    last: Option<(Utc, LeaseId)>,
    covered: IntervalSet<Position>,
    viewing: IntervalSet<Utc>,
    received: Option<Interval<Utc>>,
    /// Only of a book that is kept: of one that is thrown away nobody asks for it.
    seen: Option<Seen>,
}

impl MemberBook {
    /// A book that is kept, and asked what counts by a rule that wants it delivered ([`MemberBook::corroborated`]).
    pub fn kept() -> Self {
        Self { seen: Some(Seen::default()), ..Self::default() }
    }

    /// Makes a lease known. Beats of a lease that is not known are refused by the caller, not here.
    pub fn open(&mut self, terms: LeaseTerms, bounds: &Bounds) {
        self.leases.entry(terms.id).or_insert_with(|| LeaseJudge {
            issued_at: terms.issued_at,
            bucket: Bucket::new(terms.issued_at, &bounds.rule),
        });
    }

    /// The lease is known.
    pub fn knows(&self, lease: LeaseId) -> bool {
        self.leases.contains_key(&lease)
    }

    /// Beats of `lease` received at `at` come after all that was judged.
    pub fn continues(&self, lease: LeaseId, at: Utc) -> bool {
        self.last.is_none_or(|last| last < (at, lease))
    }

    /// Judges beats of one lease that were received together, ascending by seq, later than all before
    /// ([`MemberBook::continues`]). One verdict a beat; none at all if the lease is not known.
    pub fn receive(&mut self, group: &[Beat], bounds: &Bounds) -> Vec<Verdict> {
        let Some(first) = group.first() else { return Vec::new() };
        let Some(judge) = self.leases.get_mut(&first.lease) else { return Vec::new() };
        let at = first.received_at;
        self.last = Some((at, first.lease));
        let filled_at = at.min(bounds.earns_until(judge.issued_at));
        let hidden_sound = group.iter().any(|beat| claimed(beat) == Claimed::HiddenSound);
        let what = if hidden_sound { Claimed::HiddenSound } else { Claimed::Usual };
        judge.bucket.fill(filled_at, what, &bounds.outages, &bounds.rule);
        let budget = self.budget.get_or_insert_with(|| Bucket::new(judge.issued_at, &bounds.rule));
        budget.begin_by(judge.issued_at);
        budget.fill(at, what, &bounds.outages, &bounds.rule);
        let covered = &mut self.covered;
        let mut verdicts: Vec<_> =
            group.iter().map(|beat| judge.beat(beat, bounds, budget, covered)).collect();
        judge.place(at, &mut verdicts);
        let begins_at = budget.began_at().max(bounds.zero_at.unwrap_or(Utc::MIN));
        for verdict in &verdicts {
            self.viewing.insert(verdict.span);
            if let Some(seen) = &mut self.seen
                && !bounds.rule.uncorroborated_counts
            {
                seen.add(at, begins_at, &verdict.pieces);
            }
        }
        self.received = Some(match self.received {
            None => Interval { from: at, to: at },
            Some(seen) => Interval { from: seen.from.min(at), to: seen.to.max(at) },
        });
        verdicts
    }

    /// Union of what counts, on the timeline, before other lessons and deliveries are looked at.
    pub fn covered(&self) -> &IntervalSet<Position> {
        &self.covered
    }

    /// Nothing that the member was sent was sent before: the first lease that was heard of so far, or the start of the lesson.
    pub(super) fn begins_at(&self, bounds: &Bounds) -> Utc {
        let opened_at = self.budget.as_ref().map_or(Utc::MIN, Bucket::began_at);
        opened_at.max(bounds.zero_at.unwrap_or(Utc::MIN))
    }

    /// Nobody can see what is fetched: [`MemberBook::corroborated`] says what counts otherwise, and nothing more is kept for it.
    pub fn unseen(&mut self) {
        self.seen = None;
    }

    /// Union of what counts by a rule that wants it delivered, before other lessons are looked at. `sent` is what nodes
    /// sent to the member, `heard` when they were heard of. Of a [`MemberBook::kept`] book, judged by such a rule only.
    pub fn corroborated(
        &mut self,
        sent: &IntervalSet<Position>,
        heard: &[Interval<Utc>],
        bounds: &Bounds,
        now: Utc,
    ) -> IntervalSet<Position> {
        match &mut self.seen {
            Some(seen) => seen.corroborated(sent, heard, &bounds.rule, now),
            None => self.covered.clone(),
        }
    }

    /// Union of the server time the counted pieces stand for: how long, and in how many visits, the
    /// member was there. Watching a piece again is in it.
    pub fn viewing(&self) -> &IntervalSet<Utc> {
        &self.viewing
    }

    /// First and last receipt.
    pub fn received(&self) -> Option<Interval<Utc>> {
        self.received
    }
}

/// Splits beats sorted by (receipt, lease, seq) into what arrived together under one lease.
pub fn group_by_receipt(sorted: &[Beat]) -> impl Iterator<Item = &[Beat]> {
    sorted.chunk_by(|a, b| a.received_at == b.received_at && a.lease == b.lease)
}
