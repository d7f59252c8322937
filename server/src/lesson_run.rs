//! Starting and ending a lesson: the lecturer's buttons, and the demo's.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use yunke_store::{EditOutcome, Lesson, LessonPhase, PhaseChange, PhaseOutcome};

use crate::{
    problem::{ApiResult, Problem},
    state::AppState,
    typed::{KEY_ALPHABET, KEY_CHARS},
};

/// A picture older than this is none, in milliseconds.
const PICTURE_FRESH_MS: i64 = 5_000;

/// Starts a planned lesson; something must be arriving from the lecturer.
pub async fn start(app: &AppState, lesson: &Lesson, actor: Option<Uuid>) -> ApiResult<()> {
    let now = app.source.now();
    if lesson.phase == LessonPhase::Planned {
        if !app.media.is_up(now) {
            let sentence = "The media service is not running right now. It is being restarted; try again.";
            return Err(Problem::unavailable("media_unavailable", sentence, 5));
        }
        let view = app.media.view();
        // Both times are the node's: its clock need not agree with ours.
        let arrives = view
            .lessons
            .get(&lesson.id)
            .and_then(|told| told.publisher.as_ref())
            .is_some_and(|publisher| view.taken_at - publisher.last_media_at < PICTURE_FRESH_MS);
        if !arrives {
            let sentence =
                "Nothing arrives from the lecturer yet. Start sending first, then start the lesson.";
            return Err(Problem::conflict("no_picture", sentence));
        }
    }
    change(app, lesson.id, LessonPhase::Live, actor).await
}

/// Ends a live lesson.
pub async fn end(app: &AppState, lesson: Uuid, actor: Option<Uuid>) -> ApiResult<()> {
    change(app, lesson, LessonPhase::Ended, actor).await
}

async fn change(app: &AppState, lesson_id: Uuid, to: LessonPhase, actor_id: Option<Uuid>) -> ApiResult<()> {
    let change = PhaseChange { lesson_id, to, actor_id, at: app.source.now() };
    match app.store.change_phase(change).await? {
        PhaseOutcome::Done => {
            tracing::info!(lesson = %lesson_id, phase = ?to, "lesson");
            app.lesson_changed(lesson_id);
            Ok(())
        }
        PhaseOutcome::Already => Ok(()),
        PhaseOutcome::NotFound => Err(Problem::not_found()),
        PhaseOutcome::WrongPhase(phase) => Err(wrong_phase(phase)),
    }
}

/// 409 that names the phase.
pub fn wrong_phase(phase: LessonPhase) -> Problem {
    use yunke_store::TextEnum as _;
    let phase = phase.as_str();
    Problem::conflict(
        "wrong_phase",
        format!("The lesson is {phase}; this is not possible any more or not yet."),
    )
    .with("phase", phase)
}

/// Gives a lesson a new stream key and returns it; the old one opens nothing any more.
pub async fn new_key(app: &AppState, lesson: Uuid, actor: Option<Uuid>) -> ApiResult<String> {
    let key: String = app
        .source
        .bytes::<KEY_CHARS>()
        .iter()
        .map(|byte| char::from(KEY_ALPHABET[usize::from(byte % 32)]))
        .collect();
    match app.store.set_stream_key(lesson, &hash_key(&key), actor, app.source.now()).await? {
        EditOutcome::Done => {
            app.lesson_changed(lesson);
            Ok(key)
        }
        EditOutcome::WrongPhase(phase) => Err(wrong_phase(phase)),
        EditOutcome::NotFound | EditOutcome::TimesReversed | EditOutcome::RuleUnknown => {
            Err(Problem::not_found())
        }
    }
}

/// Takes a lesson's stream key away; who publishes with it is sent away.
pub async fn revoke_key(app: &AppState, lesson: Uuid, actor: Option<Uuid>) -> ApiResult<()> {
    match app.store.revoke_stream_key(lesson, actor, app.source.now()).await? {
        EditOutcome::Done => {
            app.lesson_changed(lesson);
            Ok(())
        }
        EditOutcome::WrongPhase(phase) => Err(wrong_phase(phase)),
        EditOutcome::NotFound | EditOutcome::TimesReversed | EditOutcome::RuleUnknown => {
            Err(Problem::not_found())
        }
    }
}

/// What the store keeps of a stream key.
pub fn hash_key(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}
