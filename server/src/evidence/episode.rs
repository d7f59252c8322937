//! What an episode's evidence is judged against. An episode is a replay from the moment it can be heard: it has no gaps and no live
//! edge, and each length it ever had is a measure of it, so that nobody loses anything by a file that was replaced.

use yunke_domain::{Interval, Position, Utc};
use yunke_store::EpisodeTerms;

use super::convert::rule;
use crate::attendance::{HoursStep, Offer, Rule, Timeline};

/// The timeline of an episode.
pub(super) fn timeline_of(terms: &EpisodeTerms) -> Timeline {
    let length_ms = terms.lengths.iter().map(|(_, length)| *length).max();
    let since = terms.lengths.iter().map(|(at, _)| *at).min();
    Timeline {
        // All of it is there from the moment it can be heard.
        zero_at: since.zip(length_ms).map(|(at, length)| Utc::new(at - length)),
        planned_ms: length_ms.unwrap_or(0),
        length_ms,
        gaps: Vec::new(),
        trims: terms.lengths.iter().map(|(_, length)| up_to(*length)).collect(),
        ended_at: since.map(Utc::new),
        offers: terms
            .withdrawn_at
            .map(|at| Offer { from_at: Utc::new(at), stretch: None })
            .into_iter()
            .collect(),
    }
}

fn up_to(length_ms: i64) -> Interval<Position> {
    Interval::new(Position::ZERO, Position::new(length_ms))
}

/// The rule an episode is credited by: without hours where it earns nothing.
pub(super) fn rule_of(terms: &EpisodeTerms) -> Rule {
    let mut rule = rule(&terms.rule);
    if !terms.credited {
        rule.hours = vec![HoursStep { from_ms: 0, hours_milli: 0 }];
    }
    rule
}
