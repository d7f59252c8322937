//! Two lessons at one moment: only the one the member last turned to by hand accrues. The evidence of
//! the other is kept, with the reason.

use yunke_domain::{Interval, IntervalSet, Position, Utc};

use super::verdict::{Reason, Verdict};

/// When a member followed a lesson, and when the member's own hand chose it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// The lesson; breaks a tie of gestures within one millisecond, so that one of two always wins.
    pub lesson: u128,
    /// Opening the lesson (the lease) and taps on play, server time, any order.
    pub gestures: Vec<Utc>,
    /// Server time that the lesson's counted pieces stand for.
    pub viewing: IntervalSet<Utc>,
}

/// A claim to the same member's time by another lesson.
pub type Rival = Claim;

/// Server time at which `own` must yield to one of the rivals.
pub fn lost_to_rivals(own: &Claim, rivals: &[Rival]) -> IntervalSet<Utc> {
    let mut lost = IntervalSet::default();
    for rival in rivals {
        let mut steps: Vec<_> = own
            .gestures
            .iter()
            .map(|at| (*at, own.lesson))
            .chain(rival.gestures.iter().map(|at| (*at, rival.lesson)))
            .collect();
        steps.sort_unstable();
        for (index, (at, lesson)) in steps.iter().enumerate() {
            if *lesson == rival.lesson {
                let until = steps.get(index + 1).map_or(Utc::MAX, |next| next.0);
                for span in rival.viewing.within(Interval::new(*at, until)) {
                    lost.insert(span);
                }
            }
        }
    }
    lost
}

/// Takes the lost time out of a verdict: the same share of the media as of the time.
pub(super) fn yield_time(verdict: &mut Verdict, claimed: Interval<Position>, lost: &IntervalSet<Utc>) {
    let span = verdict.span;
    let kept = lost.outside(span);
    let kept_ms: i64 = kept.iter().map(|time| time.ms()).sum();
    if kept_ms == span.ms() {
        return;
    }
    let media = verdict.accepted_ms();
    let played_ms = |at: Utc| {
        let share = i128::from(at - span.from) * i128::from(media) / i128::from(span.ms());
        i64::try_from(share).unwrap_or(media)
    };
    let pieces = kept
        .iter()
        .flat_map(|time| slice(&verdict.pieces, played_ms(time.from), played_ms(time.to)))
        .collect();
    verdict.pieces = pieces;
    verdict.reasons.add(Reason::OtherLesson);
    verdict.settle(claimed);
}

/// The part of the pieces, laid end to end, that lies in `[from_ms, to_ms)`.
fn slice(pieces: &[Interval<Position>], from_ms: i64, to_ms: i64) -> Vec<Interval<Position>> {
    let mut passed = 0;
    let mut out = Vec::new();
    for piece in pieces {
        let part = Interval::new(from_ms - passed, to_ms - passed).and(Interval::new(0, piece.ms()));
        if !part.is_empty() {
            out.push(Interval { from: piece.from + part.from, to: piece.from + part.to });
        }
        passed += piece.ms();
    }
    out
}
