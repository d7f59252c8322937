//! From what the store keeps to what the judgement takes. Words stay words, and a figure gets its axis here: a moment of the
//! server's clock or a position on the timeline.

use yunke_domain::{Interval, Item, Position, Utc};
use yunke_store::{BeatRow, LeaseRow, Lesson, LessonPhase, ReplayEdit, Trim, UtcMillis};

use crate::attendance::{Beat, HoursStep, LeaseTerms, Offer, Rule, Timeline};

/// How long after the server came back its outage can still be claimed (docs/adr/0008).
const OUTAGE_GRACE_MS: i64 = 120_000;

/// A trim that was taken back sooner was a slip of the hand, and no measure for anybody.
const TRIM_STOOD_MS: i64 = 10 * 60_000;

/// A beat.
pub fn beat(row: &BeatRow) -> Beat {
    let body = &row.body;
    Beat {
        received_at: Utc::new(row.received_at),
        seq: u32::try_from(body.seq).unwrap_or(u32::MAX),
        lease: row.lease_id.as_u128(),
        state: body.state,
        cause: body.cause,
        source: body.source,
        mode: body.mode,
        from: Position::new(body.from_ms),
        to: Position::new(body.to_ms),
        rate_milli: body.rate_milli.max(1),
        visible: body.visible,
        gesture: body.gesture,
    }
}

/// A lease.
pub fn terms(lease: &LeaseRow) -> LeaseTerms {
    LeaseTerms { id: lease.id.as_u128(), issued_at: Utc::new(lease.issued_at) }
}

/// A stretch of a timeline.
pub fn stretch(stored: Interval) -> Interval<Position> {
    stored.map(Position::new)
}

/// The interruptions of a lesson.
pub fn gaps(lesson: &Lesson) -> impl Iterator<Item = Interval<Position>> + '_ {
    lesson.gaps.iter().copied().map(stretch)
}

/// Server time in which nodes were heard of without a break.
pub fn heard(spans: &[(UtcMillis, UtcMillis)]) -> Vec<Interval<Utc>> {
    spans.iter().map(|&(from, to)| Interval::new(Utc::new(from), Utc::new(to))).collect()
}

/// An item as a claim names it.
pub fn claims_id(item: Item) -> u128 {
    item.id.as_u128()
}

/// The timeline a lesson's evidence is judged against. Between the lecturer's "end" and the node's word
/// on the final length, the length is the time from zero to the end.
pub fn timeline(lesson: &Lesson) -> Timeline {
    let until_end = || match (lesson.zero_at, lesson.ended_at) {
        (Some(zero_at), Some(ended_at)) => (ended_at - zero_at).max(0),
        _ => 0,
    };
    let ended = lesson.phase == LessonPhase::Ended;
    Timeline {
        zero_at: lesson.zero_at.map(Utc::new),
        planned_ms: lesson.planned_end_at - lesson.planned_start_at,
        length_ms: ended.then(|| lesson.length_ms.unwrap_or_else(until_end)),
        gaps: gaps(lesson).collect(),
        trims: trims(&lesson.edits),
        ended_at: lesson.ended_at.filter(|_| ended).map(Utc::new),
        offers: lesson.edits.iter().map(offer).collect(),
        forms: Vec::new(),
        closed_at: None,
    }
}

/// What a version of the replay's edits offers.
fn offer(edit: &ReplayEdit) -> Offer {
    Offer { from_at: Utc::new(edit.changed_at), stretch: (!edit.hidden).then(|| shown(edit.trim)) }
}

fn shown(Trim { in_ms, out_ms }: Trim) -> Interval<Position> {
    Interval::new(Position::new(in_ms), out_ms.map_or(Position::MAX, Position::new))
}

/// The stretches a replay was trimmed to for long enough, and last the one it is trimmed to now.
fn trims(edits: &[ReplayEdit]) -> Vec<Interval<Position>> {
    // Hiding makes a version, too, and is no other trim.
    let versions: Vec<&[ReplayEdit]> = edits.chunk_by(|a, b| a.trim == b.trim).collect();
    let until = versions.iter().skip(1).map(|version| Some(version[0].changed_at)).chain([None]);
    versions
        .iter()
        .zip(until)
        .filter(|(version, until)| until.is_none_or(|at| at - version[0].changed_at >= TRIM_STOOD_MS))
        .map(|(version, _)| shown(version[0].trim))
        .collect()
}

/// The rule a lesson is credited by.
pub fn rule(rule: &yunke_store::Rule) -> Rule {
    let step = |from_ms, hours_milli| HoursStep { from_ms, hours_milli };
    Rule {
        version: rule.version,
        full_percent: rule.full_percent,
        half_percent: rule.half_percent,
        max_rate_milli: rule.max_rate_milli,
        max_silence_ms: rule.receipt_gap_ms,
        hidden_sound_silence_ms: rule.hidden_sound_gap_ms,
        allowance_ms: rule.allowance_ms,
        edge_tolerance_ms: rule.edge_slack_ms,
        outage_grace_ms: OUTAGE_GRACE_MS,
        hours: vec![
            step(rule.long_ms, rule.long_hours_milli),
            step(rule.medium_ms, rule.medium_hours_milli),
            step(0, rule.short_hours_milli),
        ],
        whole_ms: 0,
        hidden_video_counts: rule.hidden_video_counts,
        uncorroborated_counts: rule.uncorroborated_counts,
        delivery_slack_ms: rule.delivery_slack_ms,
        checks_required: u32::try_from(rule.checks_required).unwrap_or(0),
    }
}

/// Length of the lesson's time axis, interruptions included: what evidence is drawn on.
pub fn axis_ms(lesson: &Lesson, now: UtcMillis) -> i64 {
    let timeline = timeline(lesson);
    let so_far = timeline.zero_at.map_or(0, |zero_at| Utc::new(now) - zero_at);
    timeline.length_ms.unwrap_or_else(|| so_far.max(timeline.planned_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trim_that_stood_or_stands_is_a_measure_and_a_slip_of_the_hand_is_none() {
        let minute = 60_000;
        let edit = |version, in_ms, hidden, minutes: i64| ReplayEdit {
            version,
            trim: Trim { in_ms, out_ms: None },
            hidden,
            changed_at: minutes * minute,
        };
        let all = [
            edit(1, 5, false, 0),
            // Hidden and shown again: the trim of 5 stood for 10 minutes.
            edit(2, 5, true, 4),
            edit(3, 5, false, 8),
            edit(4, 6, false, 10),
            edit(5, 0, false, 19),
            edit(6, 7, false, 40),
        ];
        let starts = |upto: usize| trims(&all[..upto]).iter().map(|trim| trim.from.ms()).collect::<Vec<_>>();
        assert!(starts(0).is_empty());
        assert_eq!(starts(1), [5]);
        assert_eq!(starts(4), [5, 6], "6 stands");
        assert_eq!(starts(5), [5, 0], "6 stood for nine minutes, and now there is none");
        assert_eq!(starts(6), [5, 0, 7]);
    }
}
