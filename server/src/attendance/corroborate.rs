//! Was the media of a claim ever sent to the lease? Time that counts otherwise is told apart into what a media
//! node delivered and what it did not; the rule says whether the latter counts.
//!
//! Silence is no testimony: a lease of which no fetch was ever seen (a cache answered in the node's place) and a beat
//! from a time in which no node was heard of are left as they are.

use std::collections::HashMap;

use super::{
    evidence::{Beat, LeaseId, LeaseTerms},
    interval::{Interval, IntervalSet},
    rule::Rule,
    verdict::{Reason, Verdict},
};

/// A node that is heard of so soon after a lease began has seen all that the lease fetched.
const HEARD_LATE_MS: i64 = 5_000;

/// What was sent to a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The lease.
    pub lease: LeaseId,
    /// The stretch of the timeline.
    pub stretch: Interval,
}

/// What media nodes told of a lesson's deliveries to a member. The default: nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Testimony<'a> {
    /// In any order; stretches may overlap and be there twice.
    pub delivered: &'a [Delivered],
    /// Server time in which nodes were heard of without a break, its last millisecond included.
    pub heard: &'a [Interval],
}

/// What is known of a lease.
#[derive(Debug)]
struct Sent {
    /// Nothing was fetched before.
    begins_at: i64,
    /// With the slack on both sides.
    stretches: IntervalSet,
}

#[derive(Debug)]
pub(super) struct Corroborator<'a> {
    leases: HashMap<LeaseId, Sent>,
    heard: &'a [Interval],
    rule: &'a Rule,
}

impl<'a> Corroborator<'a> {
    /// `zero_at`: nothing of the lesson was sent before.
    pub(super) fn new(
        testimony: Testimony<'a>,
        leases: &[LeaseTerms],
        zero_at: Option<i64>,
        rule: &'a Rule,
    ) -> Self {
        let mut sent: HashMap<LeaseId, Sent> = HashMap::new();
        let slack = rule.delivery_slack_ms;
        for Delivered { lease, stretch } in testimony.delivered {
            let Some(terms) = leases.iter().find(|terms| terms.id == *lease) else { continue };
            if stretch.is_empty() {
                continue;
            }
            let begins_at = terms.issued_at.max(zero_at.unwrap_or(i64::MIN));
            let sent =
                sent.entry(*lease).or_insert_with(|| Sent { begins_at, stretches: IntervalSet::default() });
            let Interval { from, to } = *stretch;
            sent.stretches.insert(Interval::new(from.saturating_sub(slack), to.saturating_add(slack)));
        }
        Self { leases: sent, heard: testimony.heard, rule }
    }

    /// A node was heard of when the beat came, and had been for as long as what was fetched last may be in store at
    /// the player, or since the lease began.
    fn heard_of(&self, at: i64, begins_at: i64) -> bool {
        self.heard.iter().any(|heard| {
            let from_the_start = heard.from <= begins_at.saturating_add(HEARD_LATE_MS);
            let long_ago = heard.from.saturating_add(self.rule.outage_grace_ms) <= at;
            heard.from <= at && at <= heard.to && (from_the_start || long_ago)
        })
    }

    /// Marks what nobody delivered. True: less counts now.
    pub(super) fn mark(&self, beat: &Beat, verdict: &mut Verdict) -> bool {
        let Some(sent) = self.leases.get(&beat.lease) else { return false };
        if verdict.pieces.is_empty() || !self.heard_of(beat.received_at, sent.begins_at) {
            return false;
        }
        let missing: Vec<Interval> =
            verdict.pieces.iter().flat_map(|piece| sent.stretches.outside(*piece)).collect();
        if missing.is_empty() {
            return false;
        }
        verdict.reasons.add(Reason::Uncorroborated);
        verdict.uncorroborated = missing;
        if self.rule.uncorroborated_counts {
            return false;
        }
        verdict.pieces = verdict.pieces.iter().flat_map(|piece| sent.stretches.within(*piece)).collect();
        verdict.settle(beat.claim());
        true
    }
}
