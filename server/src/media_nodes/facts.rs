//! One lesson's timeline as it is now: what is stored, and what the node told since.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use yunke_protocol::{Gap, Phase, Publisher, RefusedPublisher, Tracks, WaitingFor};
use yunke_store::{Lesson, LessonPhase, UtcMillis};

use super::MediaNodes;

/// Whether members hear and see something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnAir {
    /// Not started, or started and the first picture is on its way.
    Waiting,
    /// Media arrives.
    OnAir,
    /// Live, but nothing arrives from the lecturer.
    LecturerAway,
    /// Over or cancelled.
    Ended,
}

/// The timeline of a lesson now.
#[derive(Debug, Clone, PartialEq)]
pub struct LessonFacts {
    /// Whether members hear and see something.
    pub on_air: OnAir,
    /// UTC of position 0.
    pub zero_at: Option<UtcMillis>,
    /// Position up to which media exists.
    pub edge_ms: i64,
    /// Closed outages, ascending.
    pub gaps: Vec<Gap>,
    /// The replay stands.
    pub replay_ready: bool,
    /// Which tracks arrive now; `None`: nothing does.
    pub tracks: Option<Tracks>,
    /// Since when nothing arrives; staff only.
    pub outage_since: Option<UtcMillis>,
    /// What keeps a lesson that was started from going on air; staff only.
    pub waiting_for: Option<WaitingFor>,
    /// Who sends; staff only.
    pub publisher: Option<Publisher>,
    /// Who was refused a moment ago; staff only.
    pub refused: Option<RefusedPublisher>,
}

impl MediaNodes {
    /// What is true of a lesson now; `now` decides whether the last snapshot still counts.
    pub fn facts(&self, lesson: &Lesson, now: UtcMillis) -> LessonFacts {
        let told = self.lesson(lesson.id, now);
        let running = matches!(lesson.phase, LessonPhase::Live | LessonPhase::Ended);
        // In rehearsal the node knows no timeline of this lesson; what it says of one is not ours.
        let line = told.as_ref().filter(|told| running && told.phase != Phase::Rehearsal);
        let stored = || lesson.gaps.iter().map(|gap| Gap { from_ms: gap.from, to_ms: gap.to }).collect();
        let zero_at = lesson.zero_at.or(line.and_then(|told| told.zero_at));
        let away = told.as_ref().is_none_or(|told| told.publisher.is_none() || told.outage_since.is_some());
        let on_air = match lesson.phase {
            LessonPhase::Planned => OnAir::Waiting,
            LessonPhase::Ended | LessonPhase::Cancelled => OnAir::Ended,
            LessonPhase::Live if zero_at.is_none() => OnAir::Waiting,
            LessonPhase::Live if away => OnAir::LecturerAway,
            LessonPhase::Live => OnAir::OnAir,
        };
        LessonFacts {
            on_air,
            zero_at,
            edge_ms: lesson
                .length_ms
                .unwrap_or_else(|| line.and_then(|told| told.edge_ms).unwrap_or(0).max(lesson.edge_ms)),
            gaps: line
                .filter(|told| told.gaps.len() > lesson.gaps.len())
                .map_or_else(stored, |told| told.gaps.clone()),
            replay_ready: lesson.replay_ready || line.is_some_and(|told| told.replay_ready),
            tracks: told.as_ref().and_then(|told| told.tracks),
            outage_since: line.and_then(|told| told.outage_since),
            waiting_for: told.as_ref().and_then(|told| told.waiting_for),
            refused: told.as_ref().and_then(|told| told.refused.clone()),
            publisher: told.and_then(|told| told.publisher),
        }
    }
}
