//! The phase machine of lessons, and the stream keys that hang on it.
//!
//! planned → live → ended; planned → cancelled. Nothing goes back.

use serde_json::json;
use uuid::Uuid;

use super::{audit::Action, lesson::LessonFacts};
use crate::{AuditEntry, Cancel, EditOutcome, LessonPhase, PhaseChange, PhaseOutcome, UtcMillis};

/// A lesson in another phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseChanged {
    /// The phase.
    pub phase: LessonPhase,
    /// When it was started.
    pub started_at: Option<UtcMillis>,
    /// When it was ended.
    pub ended_at: Option<UtcMillis>,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// Starts a planned lesson, or ends a live one. To ask for it again is no error: two people press the button.
pub fn change(before: Option<LessonFacts>, change: &PhaseChange) -> Result<PhaseChanged, PhaseOutcome> {
    let PhaseChange { lesson_id, to, actor_id, at } = *change;
    let LessonFacts { phase, started_at, .. } = before.ok_or(PhaseOutcome::NotFound)?;
    let (action, started_at, ended_at) = match (phase, to) {
        (LessonPhase::Planned, LessonPhase::Live) => ("lesson.start", Some(at), None),
        (LessonPhase::Live, LessonPhase::Ended) => ("lesson.end", started_at, Some(at)),
        (phase, to) if phase == to => return Err(PhaseOutcome::Already),
        (phase, _) => return Err(PhaseOutcome::WrongPhase(phase)),
    };
    let audit = Action { name: action, actor_id, at }.on_lesson(lesson_id, &json!({}));
    Ok(PhaseChanged { phase: to, started_at, ended_at, audit })
}

/// Cancels a lesson that was not started.
pub fn cancel(before: Option<LessonFacts>, cancel: &Cancel) -> Result<PhaseChanged, EditOutcome> {
    let before = before.ok_or(EditOutcome::NotFound)?;
    if before.phase != LessonPhase::Planned {
        return Err(EditOutcome::WrongPhase(before.phase));
    }
    let audit =
        Action::of(cancel.actor_id, "lesson.cancel", cancel.at).on_lesson(cancel.lesson_id, &json!({}));
    Ok(PhaseChanged { phase: LessonPhase::Cancelled, started_at: None, ended_at: None, audit })
}

/// The stream key of a lesson, or that it is open without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChanged {
    /// The version that counts.
    pub version: i64,
    /// Its line of the audit log: neither the key nor its hash.
    pub audit: AuditEntry,
}

/// What is done to a stream key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyChange {
    /// Another one is given out.
    Replace,
    /// It is taken away.
    Revoke,
    /// The booth may publish without one; if there is one, it stays.
    OpenBooth,
}

/// Changes the stream key of a lesson that is planned or live.
pub fn key(
    before: Option<LessonFacts>,
    lesson_id: Uuid,
    change: KeyChange,
    actor_id: Option<Uuid>,
    at: UtcMillis,
) -> Result<KeyChanged, EditOutcome> {
    let LessonFacts { phase, key_version, .. } = before.ok_or(EditOutcome::NotFound)?;
    if !matches!(phase, LessonPhase::Planned | LessonPhase::Live) {
        return Err(EditOutcome::WrongPhase(phase));
    }
    let (action, version) = match change {
        KeyChange::Replace => ("lesson.stream_key", key_version + 1),
        KeyChange::Revoke => ("lesson.stream_key_revoke", key_version + 1),
        KeyChange::OpenBooth => ("lesson.booth", key_version.max(1)),
    };
    Ok(KeyChanged { version, audit: Action { name: action, actor_id, at }.on_lesson(lesson_id, &json!({})) })
}

#[cfg(test)]
mod tests {
    use LessonPhase::{Cancelled, Ended, Live, Planned};

    use super::*;
    use crate::decide::lesson::LessonPlan;

    const LESSON: Uuid = Uuid::from_u128(1);
    const PHASES: [LessonPhase; 4] = [Planned, Live, Ended, Cancelled];

    fn there(phase: LessonPhase, key_version: i64) -> LessonFacts {
        let plan = LessonPlan {
            title: String::new(),
            summary: String::new(),
            lecturer_id: LESSON,
            planned_start_at: 0,
            planned_end_at: 1,
            low_latency: false,
            rule: (Uuid::nil(), 1),
        };
        let started_at = matches!(phase, Live | Ended).then_some(40);
        LessonFacts { phase, started_at, key_version, plan }
    }

    #[test]
    fn only_a_start_and_an_end_change_the_phase() {
        for from in PHASES {
            for to in PHASES {
                let asked = PhaseChange { lesson_id: LESSON, to, actor_id: None, at: 50 };
                let moved =
                    change(Some(there(from, 0)), &asked).map(|moved| (moved.started_at, moved.ended_at));
                let wanted = match (from, to) {
                    (Planned, Live) => Ok((Some(50), None)),
                    (Live, Ended) => Ok((Some(40), Some(50))),
                    _ if from == to => Err(PhaseOutcome::Already),
                    _ => Err(PhaseOutcome::WrongPhase(from)),
                };
                assert_eq!(moved, wanted, "{from:?} → {to:?}");
            }
        }
        let start = PhaseChange { lesson_id: LESSON, to: Live, actor_id: None, at: 50 };
        assert_eq!(change(None, &start), Err(PhaseOutcome::NotFound));
        assert_eq!(change(Some(there(Planned, 0)), &start).expect("started").audit.action, "lesson.start");
    }

    #[test]
    fn only_what_was_not_started_is_cancelled() {
        let wish = Cancel { lesson_id: LESSON, actor_id: LESSON, at: 50 };
        assert_eq!(cancel(None, &wish), Err(EditOutcome::NotFound));
        for phase in [Live, Ended, Cancelled] {
            assert_eq!(cancel(Some(there(phase, 0)), &wish), Err(EditOutcome::WrongPhase(phase)));
        }
        let cancelled = cancel(Some(there(Planned, 0)), &wish).expect("cancelled");
        assert_eq!((cancelled.phase, cancelled.started_at, cancelled.ended_at), (Cancelled, None, None));
    }

    #[test]
    fn a_key_has_the_next_version_and_a_booth_at_least_the_first() {
        use KeyChange::{OpenBooth, Replace, Revoke};
        let version = |phase, before, wish| {
            key(Some(there(phase, before)), LESSON, wish, None, 50).map(|changed| changed.version)
        };
        for phase in [Planned, Live] {
            assert_eq!(version(phase, 4, Replace), Ok(5));
            assert_eq!(version(phase, 4, Revoke), Ok(5));
            assert_eq!((version(phase, 0, OpenBooth), version(phase, 4, OpenBooth)), (Ok(1), Ok(4)));
        }
        for (phase, wish) in [(Ended, Replace), (Ended, OpenBooth), (Cancelled, Revoke)] {
            assert_eq!(version(phase, 0, wish), Err(EditOutcome::WrongPhase(phase)));
        }
        assert_eq!(key(None, LESSON, OpenBooth, None, 50), Err(EditOutcome::NotFound));
    }
}
