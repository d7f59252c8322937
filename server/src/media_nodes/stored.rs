//! What a snapshot says of a lesson that has to last.

use yunke_protocol::{LessonSnapshot, Phase};
use yunke_store::{Interval, MediaReport};

/// What of a lesson is in the store, as far as this process knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    zero_at: Option<i64>,
    gaps: usize,
    last_gap_ends_ms: i64,
    length_ms: Option<i64>,
    replay_ready: bool,
}

impl Stored {
    /// Of a lesson as a snapshot has it.
    pub(super) fn of(lesson: &LessonSnapshot) -> Self {
        Self {
            zero_at: lesson.zero_at,
            gaps: lesson.gaps.len(),
            last_gap_ends_ms: lesson.gaps.last().map_or(0, |gap| gap.to_ms),
            length_ms: length(lesson),
            replay_ready: lesson.replay_ready,
        }
    }
}

fn length(lesson: &LessonSnapshot) -> Option<i64> {
    lesson.edge_ms.filter(|_| lesson.phase == Phase::Ended)
}

/// What the store is told of it.
pub(super) fn report(lesson: &LessonSnapshot) -> MediaReport {
    MediaReport {
        lesson_id: lesson.lesson,
        zero_at: lesson.zero_at,
        edge_ms: lesson.edge_ms.unwrap_or(0),
        gaps: lesson.gaps.iter().map(|gap| Interval { from: gap.from_ms, to: gap.to_ms }).collect(),
        length_ms: length(lesson),
        replay_ready: lesson.replay_ready,
    }
}
