//! What must be tried against the counting (ATTENDANCE.md), one named test for each line that applies
//! to this pure part. Parsing, storing and sockets have theirs where they live.

mod basis;
mod budget;
mod corroboration;
mod counting;
mod crediting;
mod offers;
mod plausibility;
mod properties;
mod timeline;
mod trims;

use proptest::prelude::*;
use yunke_domain::{BeatCause, BeatMode, BeatSource, BeatState, Interval, IntervalSet, Position, Utc};

use super::*;

/// Lessons in these tests start here: an hour before midnight of a leap day in Shanghai.
const ZERO: Utc = Utc::new(1_835_362_800_000);
const S: i64 = 1_000;
const MIN: i64 = 60_000;
const LESSON: u128 = 7;

fn live(planned_min: i64) -> Timeline {
    Timeline {
        zero_at: Some(ZERO),
        planned_ms: planned_min * MIN,
        length_ms: None,
        gaps: vec![],
        trims: vec![],
        ended_at: None,
        offers: vec![],
        forms: vec![],
        closed_at: None,
    }
}

fn ended(length_ms: i64) -> Timeline {
    Timeline { length_ms: Some(length_ms), planned_ms: length_ms, ..live(0) }
}

/// A piece of the timeline.
fn piece(from: i64, to: i64) -> Interval<Position> {
    Interval::new(Position::new(from), Position::new(to))
}

/// The first milliseconds of a lesson.
fn first(ms: i64) -> IntervalSet<Position> {
    [piece(0, ms)].into_iter().collect()
}

fn bounds(timeline: &Timeline) -> Bounds {
    Bounds::new(&Rule::default(), timeline, &[])
}

/// A playing beat received `at` ms after zero.
fn beat(lease: LeaseId, seq: u32, at: i64, from: i64, to: i64) -> Beat {
    Beat {
        received_at: ZERO + at,
        seq,
        lease,
        state: BeatState::Playing,
        cause: BeatCause::Tick,
        source: BeatSource::Live,
        mode: BeatMode::Video,
        from: Position::new(from),
        to: Position::new(to),
        rate_milli: 1000,
        visible: true,
        gesture: false,
    }
}

/// Picture or sound, on a page that is looked at or not.
fn any_look() -> impl Strategy<Value = (BeatMode, bool)> {
    (prop::sample::select(vec![BeatMode::Video, BeatMode::Audio]), any::<bool>())
}

fn lease(id: LeaseId, issued: i64) -> LeaseTerms {
    LeaseTerms { id, issued_at: ZERO + issued }
}

/// An honest live viewer: opens at `from`, plays at once, a beat every 15 s, until `to`.
fn honest(id: LeaseId, from: i64, to: i64) -> Vec<Beat> {
    let mut beats = vec![Beat { cause: BeatCause::Play, gesture: true, ..beat(id, 1, from, from, from) }];
    let mut at = from;
    while at < to {
        let next = (at + 15 * S).min(to);
        let seq = u32::try_from(beats.len()).expect("few") + 1;
        beats.push(beat(id, seq, next, at, next));
        at = next;
    }
    beats
}

fn judged(timeline: &Timeline, leases: &[LeaseTerms], beats: &[Beat]) -> Judged {
    judge(
        &Evidence { lesson: LESSON, leases, beats, rivals: &[], testimony: Testimony::default() },
        &bounds(timeline),
    )
}

/// Counted milliseconds of one lease opened at zero.
fn counted(timeline: &Timeline, beats: &[Beat]) -> i64 {
    judged(timeline, &[lease(1, 0)], beats).counted_ms()
}

fn last(judged: &Judged) -> &Verdict {
    &judged.beats.last().expect("there are beats").1
}
