//! From what the store keeps to what the judgement takes. Words stay words, figures stay figures.

use uuid::Uuid;
use yunke_store::{BeatCause, BeatMode, BeatRow, BeatSource, BeatState, LeaseRow, Lesson, LessonPhase};

use crate::attendance::{
    Beat, Cause, Delivered, HoursStep, Interval, LeaseTerms, Mode, PlayState, Rule, Source, Timeline,
};

/// How long after the server came back its outage can still be claimed (docs/adr/0008).
const OUTAGE_GRACE_MS: i64 = 120_000;

/// A beat.
pub fn beat(row: &BeatRow) -> Beat {
    let body = &row.body;
    Beat {
        received_at: row.received_at,
        seq: u32::try_from(body.seq).unwrap_or(u32::MAX),
        lease: row.lease_id.as_u128(),
        state: match body.state {
            BeatState::Playing => PlayState::Playing,
            BeatState::Paused => PlayState::Paused,
            BeatState::Buffering => PlayState::Buffering,
            BeatState::Ended => PlayState::Ended,
            BeatState::Left => PlayState::Left,
        },
        cause: match body.cause {
            BeatCause::Tick => Cause::Tick,
            BeatCause::Play => Cause::Play,
            BeatCause::Pause => Cause::Pause,
            BeatCause::Seek => Cause::Seek,
            BeatCause::Rate => Cause::Rate,
            BeatCause::Visibility => Cause::Visibility,
            BeatCause::End => Cause::End,
            BeatCause::Hide => Cause::Hide,
        },
        source: match body.source {
            BeatSource::Live => Source::Live,
            BeatSource::Replay => Source::Replay,
        },
        mode: match body.mode {
            BeatMode::Video => Mode::Video,
            BeatMode::Audio => Mode::Audio,
        },
        from_ms: body.from_ms,
        to_ms: body.to_ms,
        rate_milli: body.rate_milli.max(1),
        visible: body.visible,
        gesture: body.gesture,
    }
}

/// A lease.
pub fn terms(lease: &LeaseRow) -> LeaseTerms {
    LeaseTerms { id: lease.id.as_u128(), issued_at: lease.issued_at }
}

/// A lesson as a claim names it.
pub fn claims_id(lesson: Uuid) -> u128 {
    lesson.as_u128()
}

/// A gap.
pub fn interval(gap: yunke_store::Gap) -> Interval {
    Interval::new(gap.from_ms, gap.to_ms)
}

/// What was sent to a lease.
pub(super) fn delivered(lease: Uuid, stretch: yunke_store::Stretch) -> Delivered {
    Delivered { lease: lease.as_u128(), stretch: Interval::new(stretch.from_ms, stretch.to_ms) }
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
        zero_at: lesson.zero_at,
        planned_ms: lesson.planned_end_at - lesson.planned_start_at,
        length_ms: ended.then(|| lesson.length_ms.unwrap_or_else(until_end)),
        gaps: lesson.gaps.iter().copied().map(interval).collect(),
    }
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
        allowance_ms: rule.allowance_ms,
        edge_tolerance_ms: rule.edge_slack_ms,
        outage_grace_ms: OUTAGE_GRACE_MS,
        hours: vec![
            step(rule.long_ms, rule.long_hours_milli),
            step(rule.medium_ms, rule.medium_hours_milli),
            step(0, rule.short_hours_milli),
        ],
        hidden_video_counts: rule.hidden_video_counts,
        uncorroborated_counts: rule.uncorroborated_counts,
        delivery_slack_ms: rule.delivery_slack_ms,
        checks_required: u32::try_from(rule.checks_required).unwrap_or(0),
    }
}

/// Length of the lesson's time axis, interruptions included: what evidence is drawn on.
pub fn axis_ms(lesson: &Lesson, now: yunke_store::UtcMillis) -> i64 {
    let timeline = timeline(lesson);
    let so_far = timeline.zero_at.map_or(0, |zero_at| now - zero_at);
    timeline.length_ms.unwrap_or_else(|| so_far.max(timeline.planned_ms))
}
