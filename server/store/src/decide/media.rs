//! What a media node's report changes of a lesson. Repeating it changes nothing, and nothing is ever taken back.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{Interval, LessonMillis, LessonPhase, MediaReport, UtcMillis};

/// Whether a snapshot is news: `last` is the boot and the version of the node's last one. Another boot counts from anew.
pub fn is_news(last: Option<(Uuid, i64)>, boot: Uuid, version: i64) -> bool {
    last.is_none_or(|(last_boot, last_version)| last_boot != boot || last_version < version)
}

/// A lesson as media has reported it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFacts {
    /// Where it is in its life.
    pub phase: LessonPhase,
    /// What was stored of its timeline.
    pub timeline: Timeline,
    /// Its closed outages.
    pub gaps: Vec<Interval>,
}

/// The columns of a lesson that come from media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeline {
    /// UTC of position 0.
    pub zero_at: Option<UtcMillis>,
    /// Position up to which media exists.
    pub edge_ms: LessonMillis,
    /// The final length.
    pub length_ms: Option<LessonMillis>,
    /// The replay stands.
    pub replay_ready: bool,
}

/// What a report changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reported {
    /// The lesson's columns, if any of them changes.
    pub timeline: Option<Timeline>,
    /// Outages that are new, or longer than they were stored.
    pub gaps: Vec<Interval>,
}

/// What one report changes of its lesson: nothing, if the lesson is unknown or was never started and so has no timeline.
pub fn report(before: Option<&MediaFacts>, report: &MediaReport) -> Reported {
    let Some(MediaFacts { phase: phase @ (LessonPhase::Live | LessonPhase::Ended), timeline, gaps }) = before
    else {
        return Reported::default();
    };
    let over = *phase == LessonPhase::Ended;
    let after = Timeline {
        // A zero once stored stays: evidence refers to it.
        zero_at: timeline.zero_at.or(report.zero_at),
        edge_ms: timeline.edge_ms.max(report.edge_ms),
        length_ms: timeline.length_ms.or(report.length_ms.filter(|_| over)),
        replay_ready: timeline.replay_ready || (over && report.replay_ready),
    };
    let mut known: BTreeMap<i64, i64> = gaps.iter().map(|gap| (gap.from, gap.to)).collect();
    let mut longer = BTreeMap::new();
    for gap in report.gaps.iter().filter(|gap| 0 <= gap.from && gap.from < gap.to) {
        if known.get(&gap.from).is_none_or(|to| *to < gap.to) {
            known.insert(gap.from, gap.to);
            longer.insert(gap.from, gap.to);
        }
    }
    Reported {
        timeline: (after != *timeline).then_some(after),
        gaps: longer.into_iter().map(|(from, to)| Interval { from, to }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Timeline = Timeline { zero_at: None, edge_ms: 0, length_ms: None, replay_ready: false };
    const WHOLE: Timeline =
        Timeline { zero_at: Some(900), edge_ms: 70, length_ms: Some(70), replay_ready: true };

    fn says(timeline: Timeline, gaps: &[(i64, i64)]) -> MediaReport {
        let Timeline { zero_at, edge_ms, length_ms, replay_ready } = timeline;
        let gaps = gaps.iter().map(|(from, to)| Interval { from: *from, to: *to }).collect();
        MediaReport { lesson_id: Uuid::nil(), zero_at, edge_ms, gaps, length_ms, replay_ready }
    }

    fn changes(phase: LessonPhase, before: Timeline, by: &MediaReport) -> Option<Timeline> {
        report(Some(&MediaFacts { phase, timeline: before, gaps: vec![] }), by).timeline
    }

    #[test]
    fn an_older_snapshot_of_the_same_boot_is_no_news() {
        let (boot, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert!(is_news(None, boot, 0));
        assert!(is_news(Some((boot, 6)), boot, 7));
        assert!(!is_news(Some((boot, 7)), boot, 7));
        assert!(!is_news(Some((boot, 8)), boot, 7));
        assert!(is_news(Some((other, 8)), boot, 1));
    }

    #[test]
    fn a_lesson_without_a_timeline_gets_none() {
        assert_eq!(report(None, &says(WHOLE, &[(1, 2)])), Reported::default());
        for phase in [LessonPhase::Planned, LessonPhase::Cancelled] {
            let before = MediaFacts { phase, timeline: NOTHING, gaps: vec![] };
            assert_eq!(report(Some(&before), &says(WHOLE, &[(1, 2)])), Reported::default(), "{phase:?}");
        }
    }

    #[test]
    fn what_is_final_is_taken_when_the_lesson_is_over() {
        let live = Timeline { length_ms: None, replay_ready: false, ..WHOLE };
        assert_eq!(changes(LessonPhase::Live, NOTHING, &says(WHOLE, &[])), Some(live));
        assert_eq!(changes(LessonPhase::Ended, live, &says(WHOLE, &[])), Some(WHOLE));
        assert_eq!(changes(LessonPhase::Ended, WHOLE, &says(WHOLE, &[])), None, "once more");
    }

    #[test]
    fn a_timeline_is_written_once_and_only_grows() {
        let other = Timeline { zero_at: Some(5), edge_ms: 60, length_ms: Some(60), replay_ready: false };
        assert_eq!(changes(LessonPhase::Ended, WHOLE, &says(other, &[])), None);
        let later = Timeline { edge_ms: 80, ..other };
        let grown = Timeline { edge_ms: 80, ..WHOLE };
        assert_eq!(changes(LessonPhase::Ended, WHOLE, &says(later, &[])), Some(grown));
    }

    #[test]
    fn outages_are_added_and_grow() {
        let known = vec![Interval { from: 10, to: 20 }, Interval { from: 40, to: 50 }];
        let before = MediaFacts { phase: LessonPhase::Live, timeline: NOTHING, gaps: known };
        let added = |gaps| report(Some(&before), &says(NOTHING, gaps)).gaps;
        assert_eq!(added(&[(10, 20), (40, 45)]), []);
        let grown = [Interval { from: 10, to: 25 }, Interval { from: 60, to: 63 }];
        assert_eq!(added(&[(60, 61), (10, 25), (60, 63), (60, 62)]), grown, "the longest of each");
        assert_eq!(added(&[(-1, 5), (30, 30), (35, 31)]), [], "what is none");
    }
}
