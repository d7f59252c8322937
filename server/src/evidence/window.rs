//! Whether somebody who has not come to a lesson still can. Until every window is over they are pending (待定), and only then
//! absent (未参加). It must never decide about credit: what is watched later counts all the same.

use yunke_store::{Lesson, LessonPhase, UtcMillis};

/// The windows of a lesson, all of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// One can still come: to the lesson, or, where that is over, to its replay.
    Open {
        /// Until then; `None`: the lesson is not over.
        until: Option<UtcMillis>,
    },
    /// Whoever has not come is absent.
    Over,
}

impl Window {
    /// Of `lesson` at `now`; `replay`: there is one, or one may still come. One that is not open to members at present may be
    /// opened, and is one.
    pub fn of(lesson: &Lesson, replay: bool, now: UtcMillis) -> Self {
        match (lesson.phase, lesson.ended_at) {
            (LessonPhase::Planned | LessonPhase::Live, _) => Self::Open { until: None },
            (LessonPhase::Ended, Some(ended_at)) if replay => {
                let until = ended_at.saturating_add(lesson.rule.make_up_ms);
                if now < until { Self::Open { until: Some(until) } } else { Self::Over }
            }
            _ => Self::Over,
        }
    }

    /// One can still come.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// When an open one closes, where that is known.
    pub fn until(self) -> Option<UtcMillis> {
        match self {
            Self::Open { until } => until,
            Self::Over => None,
        }
    }
}
