//! What an episode's evidence is judged against. An episode is a replay from the moment it can be heard: it has no gaps and no live
//! edge. What it is measured by is its length now, and each other it had for long enough, for those who opened it then, so that nobody loses
//! anything by a file that was replaced, and nobody gains by a wrong one that stood for a minute.

use yunke_domain::{Interval, Utc};
use yunke_store::{EpisodeTerms, VersionTerms};

use super::convert::rule;
use crate::attendance::{Form, HoursStep, Offer, Rule, Timeline};

/// A version that was replaced sooner was a mistake.
const STOOD_MS: i64 = 10 * 60_000;
/// A shorter episode earns the same part of its hours.
const WHOLE_MS: i64 = 10 * 60_000;

/// The forms it is measured by: the one of now, and those that stood for long enough.
fn forms(versions: &[VersionTerms]) -> Vec<Form> {
    let until = versions.iter().skip(1).map(|version| Utc::new(version.ready_at)).chain([Utc::MAX]);
    let form = |(version, to): (&VersionTerms, Utc)| Form {
        during: Interval::new(Utc::new(version.ready_at), to),
        length_ms: version.length_ms,
    };
    versions
        .iter()
        .zip(until)
        .map(form)
        .filter(|form| form.during.to == Utc::MAX || form.during.to.since(form.during.from) >= STOOD_MS)
        .collect()
}

/// The timeline of an episode.
pub(super) fn timeline_of(terms: &EpisodeTerms) -> Timeline {
    timeline(&terms.versions, terms.withdrawn_at.map(Utc::new))
}

fn timeline(versions: &[VersionTerms], withdrawn_at: Option<Utc>) -> Timeline {
    let forms = forms(versions);
    let length_ms = forms.iter().map(|form| form.length_ms).max();
    let since = versions.iter().map(|version| version.ready_at).min();
    Timeline {
        // All of it is there from the moment it can be heard.
        zero_at: since.zip(length_ms).map(|(at, length)| Utc::new(at - length)),
        planned_ms: length_ms.unwrap_or(0),
        length_ms,
        gaps: Vec::new(),
        trims: Vec::new(),
        forms,
        ended_at: since.map(Utc::new),
        offers: withdrawn_at.map(|from_at| Offer { from_at, stretch: None }).into_iter().collect(),
        closed_at: withdrawn_at,
    }
}

/// The rule an episode is credited by: without hours where it earns nothing.
pub(super) fn rule_of(terms: &EpisodeTerms) -> Rule {
    let mut rule = rule(&terms.rule);
    rule.whole_ms = WHOLE_MS;
    if !terms.credited {
        rule.hours = vec![HoursStep { from_ms: 0, hours_milli: 0 }];
    }
    rule
}

#[cfg(test)]
mod tests {
    use yunke_domain::{IntervalSet, Position};
    use yunke_store::VersionTerms;

    use super::*;
    use crate::attendance::{CreditLevel, credit};

    const MIN: i64 = 60_000;

    fn version(ready_min: i64, length_min: i64) -> VersionTerms {
        VersionTerms { ready_at: ready_min * MIN, length_ms: length_min * MIN }
    }

    /// What so many minutes from the beginning are worth to who opened it then.
    fn worth(versions: &[VersionTerms], heard_min: i64, opened_min: i64) -> (CreditLevel, i64) {
        let heard: IntervalSet<Position> =
            [Interval::new(Position::ZERO, Position::new(heard_min * MIN))].into_iter().collect();
        let rule = Rule { whole_ms: WHOLE_MS, ..Rule::default() };
        let seen = timeline(versions, None).opened(&[Utc::new(opened_min * MIN)]);
        let credit = credit(&heard, &seen, &rule, Utc::new(100 * MIN));
        (credit.level, credit.hours_milli)
    }

    #[test]
    fn a_version_one_heard_stays_ones_measure_if_it_stood_for_long_enough() {
        let (full, none) = (CreditLevel::Full, CreditLevel::None);
        let replaced = |stood: i64| [version(1, 5), version(1 + stood, 60)];
        assert_eq!(worth(&replaced(10), 5, 3), (full, 125), "nobody loses what they heard of the one before");
        assert_eq!(
            worth(&replaced(9), 5, 3).0,
            none,
            "a short file for a moment is no measure of a long one"
        );
        assert_eq!(worth(&replaced(30), 5, 40).0, none, "who came later heard another one");
        assert_eq!(worth(&[version(1, 60), version(40, 5)], 5, 50), (full, 125), "the one of now always is");
        assert_eq!(
            worth(&[version(1, 60), version(40, 5)], 48, 3),
            (full, 1_000),
            "and the long one was, too"
        );
    }

    #[test]
    fn many_short_episodes_are_not_worth_more_than_a_long_one() {
        assert_eq!([10, 2, 30].map(|min| worth(&[version(1, min)], min, 2).1), [250, 50, 1_000]);
    }
}
