//! Was the media of a claim ever sent to the member? Time that counts otherwise is told apart into what a media node
//! delivered and what it did not; the rule says whether the latter counts.
//!
//! Where a node reported all the time its silence is testimony: whoever fetched nothing watched nothing. A beat from a time
//! in which no node was heard of is left as it is, and so is a member behind an edge that the operator named: there nobody
//! can see the fetches.
//!
//! What was sent under one lease corroborates all of the member's: a page goes on with the media of its last lease when it
//! takes another, and may report under this what it fetched under that.

use yunke_domain::{Interval, IntervalSet, Position, Utc};

use super::{
    evidence::Beat,
    rule::Rule,
    verdict::{Reason, Verdict},
};

/// A node that is heard of so soon after a lease began has seen all that was fetched.
const HEARD_LATE_MS: i64 = 5_000;

/// So long after a beat it is known whether a node was heard of when it came: snapshots are written every 10 s, and a
/// silence of 45 s is none.
const KNOWN_AFTER_MS: i64 = 120_000;

/// What media nodes told of a lesson's deliveries to a member. The default: nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Testimony<'a> {
    /// Stretches of the timeline that were sent, in any order; they may overlap and be there twice.
    pub delivered: &'a [Interval<Position>],
    /// Server time in which nodes were heard of without a break, its last millisecond included.
    pub heard: &'a [Interval<Utc>],
    /// The member came through an edge that the operator named.
    pub behind_edge: bool,
}

/// A node was heard of when a beat came, and had been for as long as what was fetched last may be in store at the player,
/// or since there was something to fetch.
fn observed(heard: &[Interval<Utc>], at: Utc, begins_at: Utc, rule: &Rule) -> bool {
    heard.iter().any(|heard| {
        let from_the_start = heard.from <= begins_at.saturating_add(HEARD_LATE_MS);
        let long_ago = heard.from.saturating_add(rule.outage_grace_ms) <= at;
        heard.from <= at && at <= heard.to && (from_the_start || long_ago)
    })
}

fn with_slack(stretch: Interval<Position>, rule: &Rule) -> Interval<Position> {
    let slack = rule.delivery_slack_ms;
    if stretch.is_empty() {
        return stretch;
    }
    Interval::new(stretch.from.saturating_sub(slack), stretch.to.saturating_add(slack))
}

#[derive(Debug)]
pub(super) struct Corroborator<'a> {
    testimony: Testimony<'a>,
    /// With the slack on both sides.
    stretches: IntervalSet<Position>,
    rule: &'a Rule,
}

impl<'a> Corroborator<'a> {
    pub(super) fn new(testimony: Testimony<'a>, rule: &'a Rule) -> Self {
        let stretches = testimony.delivered.iter().map(|stretch| with_slack(*stretch, rule)).collect();
        Self { testimony, stretches, rule }
    }

    /// Marks what nobody delivered. `begins_at`: nothing was fetched before. True: less counts now.
    pub(super) fn mark(&self, beat: &Beat, begins_at: Utc, verdict: &mut Verdict) -> bool {
        if verdict.pieces.is_empty() {
            return false;
        }
        if self.testimony.behind_edge {
            verdict.reasons.add(Reason::Unobserved);
            return false;
        }
        if !observed(self.testimony.heard, beat.received_at, begins_at, self.rule) {
            return false;
        }
        let missing: Vec<_> =
            verdict.pieces.iter().flat_map(|piece| self.stretches.outside(*piece)).collect();
        if missing.is_empty() {
            return false;
        }
        verdict.reasons.add(Reason::Uncorroborated);
        verdict.uncorroborated = missing;
        if self.rule.uncorroborated_counts {
            return false;
        }
        verdict.pieces = verdict.pieces.iter().flat_map(|piece| self.stretches.within(*piece)).collect();
        verdict.settle(beat.claim());
        true
    }
}

/// What counts of a member before deliveries are looked at, told apart by whether a node was heard of, so that an open
/// room can say what counts without judging everything anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Receipts (and when the first fetch can have been) of which it is not known yet whether a node was heard of; ascending. As many as a member sends within
    /// [`KNOWN_AFTER_MS`], once it was looked at.
    waiting: Vec<(Utc, Utc, Vec<Interval<Position>>)>,
    observed: IntervalSet<Position>,
    unobserved: IntervalSet<Position>,
}

impl Seen {
    /// These pieces count, of a beat received at `at`; nothing was fetched before `begins_at`.
    pub(super) fn add(&mut self, at: Utc, begins_at: Utc, pieces: &[Interval<Position>]) {
        if !pieces.is_empty() {
            self.waiting.push((at, begins_at, pieces.to_vec()));
        }
    }

    /// What counts by a rule that wants it delivered. `sent` is the union of what was.
    pub(super) fn corroborated(
        &mut self,
        sent: &IntervalSet<Position>,
        heard: &[Interval<Utc>],
        rule: &Rule,
        now: Utc,
    ) -> IntervalSet<Position> {
        let Self { waiting, observed: seen, unobserved } = self;
        waiting.retain(|(at, begins_at, pieces)| {
            let known = if observed(heard, *at, *begins_at, rule) {
                &mut *seen
            } else if now.since(*at) > KNOWN_AFTER_MS {
                &mut *unobserved
            } else {
                return true;
            };
            for piece in pieces {
                known.insert(*piece);
            }
            false
        });
        let delivered = sent.iter().flat_map(|stretch| self.observed.within(with_slack(stretch, rule)));
        let unknown = self.waiting.iter().flat_map(|(_, _, pieces)| pieces.iter().copied());
        delivered.chain(self.unobserved.iter()).chain(unknown).collect()
    }
}
