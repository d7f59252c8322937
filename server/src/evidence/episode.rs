//! What an episode's evidence is judged against. An episode is a replay from the moment it can be heard: it has no gaps and no live
//! edge. What it is measured by is its length now, and each other it had for long enough and was heard with, so that nobody loses
//! anything by a file that was replaced, and nobody gains by a wrong one that stood for a minute.

use yunke_domain::Utc;
use yunke_store::{EpisodeTerms, UtcMillis, VersionTerms};

use super::convert::rule;
use crate::attendance::{HoursStep, Offer, Rule, Timeline};

/// A version that was replaced sooner was a mistake.
const STOOD_MS: i64 = 10 * 60_000;
/// A shorter episode earns the same part of the least hours, or many short ones would be worth more than a lesson.
const WHOLE_MS: i64 = 10 * 60_000;

/// The lengths it is measured by, and since when; the last one is that of now.
fn measures(versions: &[VersionTerms]) -> Vec<(UtcMillis, i64)> {
    let until = versions.iter().skip(1).map(|version| Some(version.ready_at)).chain([None]);
    versions
        .iter()
        .zip(until)
        .filter(|(version, until)| until.is_none_or(|at| version.opened && at - version.ready_at >= STOOD_MS))
        .map(|(version, _)| (version.ready_at, version.length_ms))
        .collect()
}

/// The timeline of an episode.
pub(super) fn timeline_of(terms: &EpisodeTerms) -> Timeline {
    timeline(&terms.versions, terms.withdrawn_at.map(Utc::new))
}

fn timeline(versions: &[VersionTerms], withdrawn_at: Option<Utc>) -> Timeline {
    let measures = measures(versions);
    let length_ms = measures.iter().map(|(_, length)| *length).max();
    let since = versions.iter().map(|version| version.ready_at).min();
    Timeline {
        // All of it is there from the moment it can be heard.
        zero_at: since.zip(length_ms).map(|(at, length)| Utc::new(at - length)),
        planned_ms: length_ms.unwrap_or(0),
        length_ms,
        gaps: Vec::new(),
        trims: Vec::new(),
        lengths: measures.into_iter().map(|(_, length)| length).collect(),
        ended_at: since.map(Utc::new),
        offers: withdrawn_at.map(|from_at| Offer { from_at, stretch: None }).into_iter().collect(),
        closed_at: withdrawn_at,
    }
}

/// The rule an episode is credited by.
pub(super) fn rule_of(terms: &EpisodeTerms) -> Rule {
    let mut rule = rule(&terms.rule);
    rule.hours = if terms.credited {
        hours_of(&terms.versions, &rule.hours)
    } else {
        vec![HoursStep { from_ms: 0, hours_milli: 0 }]
    };
    rule
}

fn hours_of(versions: &[VersionTerms], hours: &[HoursStep]) -> Vec<HoursStep> {
    let length_ms = measures(versions).iter().map(|(_, length)| *length).max().unwrap_or(0);
    let part = |step: &HoursStep| match step.from_ms {
        0 => HoursStep { hours_milli: step.hours_milli * length_ms.min(WHOLE_MS) / WHOLE_MS, ..*step },
        _ => *step,
    };
    hours.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attendance::{CreditLevel, credit};
    use yunke_domain::{Interval, IntervalSet, Position};

    const MIN: i64 = 60_000;

    fn version(ready_min: i64, length_min: i64, opened: bool) -> VersionTerms {
        VersionTerms { ready_at: ready_min * MIN, length_ms: length_min * MIN, opened }
    }

    /// What so many minutes from the beginning are worth.
    fn worth(versions: &[VersionTerms], heard_min: i64) -> (CreditLevel, i64) {
        let heard: IntervalSet<Position> =
            [Interval::new(Position::ZERO, Position::new(heard_min * MIN))].into_iter().collect();
        let mut rule = Rule::default();
        rule.hours = hours_of(versions, &rule.hours);
        let credit = credit(&heard, &timeline(versions, None), &rule, Utc::new(100 * MIN));
        (credit.level, credit.hours_milli)
    }

    #[test]
    fn a_version_that_was_heard_for_long_enough_stays_a_measure_of_any_length() {
        let (full, none) = (CreditLevel::Full, CreditLevel::None);
        let replaced = |stood: i64, opened: bool| [version(1, 5, opened), version(1 + stood, 60, false)];
        assert_eq!(worth(&replaced(10, true), 5).0, full, "nobody loses what they heard of the one before");
        assert_eq!(
            worth(&replaced(9, true), 5).0,
            none,
            "a short file for a moment is no measure of a long one"
        );
        assert_eq!(worth(&replaced(30, false), 5).0, none, "nor is one that nobody opened");
        assert_eq!(
            worth(&[version(1, 60, true), version(40, 5, true)], 5).0,
            full,
            "the one of now always is"
        );
        assert_eq!(
            worth(&[version(1, 60, true), version(40, 5, true)], 48).0,
            full,
            "and the long one was, too"
        );
    }

    #[test]
    fn many_short_episodes_are_not_worth_more_than_a_long_one() {
        assert_eq!(worth(&[version(1, 10, true)], 10).1, 250);
        assert_eq!(worth(&[version(1, 2, true)], 2).1, 50);
        assert_eq!(worth(&[version(1, 30, true)], 30).1, 1_000);
    }
}
