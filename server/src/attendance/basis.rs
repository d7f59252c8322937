//! What a judgement stood on, as one number. It must never leave out anything that a judgement depends on.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use yunke_domain::{Interval, Position, Utc};

use super::book::Bounds;

/// Raised when the code judges the same evidence in another way.
const JUDGED_BY: u32 = 3;

impl Bounds {
    /// What receipts up to `received_at` under leases issued from `issued_at` on were judged by: while this is the same, judging
    /// them again gives the same. What only came later (a gap, the end, an outage) is not in it. Between versions of the
    /// program it may differ without a reason.
    pub fn basis(&self, issued_at: Utc, received_at: Utc) -> u64 {
        let mut hash = DefaultHasher::new();
        (JUDGED_BY, self.rule(), self.zero_at).hash(&mut hash);
        // No claim that was received by then lies beyond it on the timeline.
        let reach = self.zero_at.map_or(Position::ZERO, |zero| {
            let edge = zero.position_of(received_at).saturating_add(self.rule().edge_tolerance_ms);
            edge.max(Position::ZERO)
        });
        for gap in self.gaps.within(Interval::new(Position::ZERO, reach)) {
            gap.hash(&mut hash);
        }
        let ended_at = self.ended_at.filter(|ended_at| *ended_at <= received_at);
        ended_at.hash(&mut hash);
        // Of a lesson that went on the length was not known, and limits only what lies beyond it.
        let known = ended_at.is_some() || self.ended_at.is_none();
        self.end.filter(|end| known || *end < reach).hash(&mut hash);
        for offer in self.offers.iter().filter(|offer| offer.from_at <= received_at) {
            offer.hash(&mut hash);
        }
        self.closed_at.filter(|closed_at| *closed_at <= received_at).hash(&mut hash);
        for out in self.outages.iter().filter(|out| out.to > issued_at && out.from < received_at) {
            out.hash(&mut hash);
        }
        hash.finish()
    }
}
