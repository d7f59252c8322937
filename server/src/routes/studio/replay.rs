//! `PUT /api/studio/lessons/{id}/replay/trim` and `…/hidden`: what members see of a replay.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;
use yunke_store::{LessonPhase, REPLAY_EDITS_MAX, ReplayChange, ReplayOutcome, Trim};

use crate::{
    auth::{LessonScope, Viewer},
    lesson_run::wrong_phase,
    problem::{ApiResult, Problem},
    routes::{
        extract::Body,
        lessons::replay::{ReplayView, replay_of},
    },
    state::AppState,
};

/// The shortest stretch a trim may leave, in milliseconds.
const SHORTEST_MS: i64 = 1_000;

/// The stretch that is shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrimIn {
    /// First position that is shown; 0: from the start.
    in_ms: i64,
    /// First position that is not shown any more; null: to the end.
    out_ms: Option<i64>,
}

/// Whether members see the replay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HiddenIn {
    hidden: bool,
}

/// Shows only a stretch of the replay; 0 and null show all of it again. Nothing recorded is touched.
#[utoipa::path(put, path = "/api/studio/lessons/{id}/replay/trim", tag = "studio",
    params(("id" = uuid::Uuid, Path)), request_body = TrimIn,
    responses((status = OK, body = ReplayView),
              (status = CONFLICT, description = "wrong_phase, replay_not_ready, too_many_edits"),
              (status = UNPROCESSABLE_ENTITY, description = "trim_wrong")))]
pub(super) async fn trim(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Body(wish): Body<TrimIn>,
) -> ApiResult<Json<ReplayView>> {
    let lesson = &scope.lesson;
    if lesson.phase != LessonPhase::Ended {
        return Err(wrong_phase(lesson.phase));
    }
    let length = lesson.length_ms.ok_or_else(|| {
        Problem::conflict("replay_not_ready", "The length of the replay is not known yet. Try again shortly.")
    })?;
    let wrong = |field: &str, sentence: String| {
        Problem::field(field, "trim_wrong", sentence).with("length_ms", length)
    };
    if wish.in_ms < 0 || wish.in_ms > length - SHORTEST_MS {
        return Err(wrong(
            "in_ms",
            format!("The replay can begin between 0 and {} ms.", length - SHORTEST_MS),
        ));
    }
    // Up to the end is not a cut: if a later report changes the length, it stays whole.
    let out_ms = wish.out_ms.filter(|out| *out != length);
    if out_ms.is_some_and(|out| out > length || out < wish.in_ms + SHORTEST_MS) {
        let sentence = "The replay must end at least a second after it begins, and within the lesson.";
        return Err(wrong("out_ms", sentence.to_owned()));
    }
    change(&app, &viewer, &scope, Some(Trim { in_ms: wish.in_ms, out_ms }), None).await
}

/// Hides the replay from members, or shows it again; staff see it all the same. Possible beforehand, too.
#[utoipa::path(put, path = "/api/studio/lessons/{id}/replay/hidden", tag = "studio",
    params(("id" = uuid::Uuid, Path)), request_body = HiddenIn,
    responses((status = OK, body = ReplayView), (status = CONFLICT, description = "wrong_phase, too_many_edits")))]
pub(super) async fn hidden(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Body(wish): Body<HiddenIn>,
) -> ApiResult<Json<ReplayView>> {
    if scope.lesson.phase == LessonPhase::Cancelled {
        return Err(wrong_phase(scope.lesson.phase));
    }
    change(&app, &viewer, &scope, None, Some(wish.hidden)).await
}

async fn change(
    app: &AppState,
    viewer: &Viewer,
    scope: &LessonScope,
    trim: Option<Trim>,
    hidden: Option<bool>,
) -> ApiResult<Json<ReplayView>> {
    let (lesson_id, actor_id, at) = (scope.lesson.id, viewer.user.id, app.source.now());
    match app.store.edit_replay(ReplayChange { lesson_id, trim, hidden, actor_id, at }).await? {
        ReplayOutcome::Done => {
            tracing::info!(lesson = %lesson_id, "replay edited");
            app.lesson_changed(lesson_id);
        }
        ReplayOutcome::Already => {}
        ReplayOutcome::Full => {
            let sentence = format!("A replay can be edited {REPLAY_EDITS_MAX} times, and was.");
            return Err(Problem::conflict("too_many_edits", sentence));
        }
    }
    let lesson = app.store.lesson(lesson_id).await?.ok_or_else(Problem::not_found)?;
    replay_of(app, &lesson, scope.may).await.map(Json)
}
