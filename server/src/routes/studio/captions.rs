//! `PUT` and `DELETE /api/studio/lessons/{id}/captions/{language}`: captions as a file.

use axum::{Json, extract::State};
use yunke_store::{CaptionLanguage, LessonPhase, NewCaptions};

use crate::{
    auth::{LessonScope, Viewer},
    captions::{self, CaptionsError},
    lesson_run::wrong_phase,
    problem::{ApiResult, Problem},
    routes::{
        extract::{Path, Upload},
        lessons::{
            captions::CaptionsPath,
            replay::{ReplayView, replay_of},
        },
    },
    state::AppState,
};

impl From<CaptionsError> for Problem {
    fn from(error: CaptionsError) -> Self {
        let mut sentence = error.to_string();
        sentence.push('.');
        let problem = Self::field("file", error.code(), sentence);
        match error.line() {
            Some(line) => problem.with("line", line),
            None => problem,
        }
    }
}

/// Takes captions, in place of those of the same language: `WebVTT` or `SubRip`, UTF-8, at most 2 MB.
#[utoipa::path(put, path = "/api/studio/lessons/{id}/captions/{language}", tag = "studio",
    params(("id" = uuid::Uuid, Path), ("language" = CaptionLanguage, Path)),
    request_body(content = String, content_type = "text/vtt"),
    responses((status = OK, body = ReplayView), (status = CONFLICT, description = "wrong_phase"),
              (status = UNPROCESSABLE_ENTITY, description = "captions_not_utf8, captions_empty, captions_time, \
                                                             captions_reversed, captions_long, captions_too_many")))]
pub(super) async fn put(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(CaptionsPath { language }): Path<CaptionsPath>,
    Upload(file): Upload,
) -> ApiResult<Json<ReplayView>> {
    let lesson = &scope.lesson;
    if lesson.phase == LessonPhase::Cancelled {
        return Err(wrong_phase(lesson.phase));
    }
    // Two megabytes are parsed in some milliseconds; still not on a thread that serves other requests.
    let read = tokio::task::spawn_blocking(move || {
        let cues = captions::read(&file)?;
        Ok::<_, CaptionsError>((captions::write(&cues), cues.len()))
    });
    let (vtt, cues) = read.await.map_err(Problem::internal)??;
    let cues = i64::try_from(cues).unwrap_or(i64::MAX);
    let (lesson_id, actor_id, at) = (lesson.id, viewer.user.id, app.source.now());
    app.store.set_captions(NewCaptions { lesson_id, language, vtt, cues, actor_id, at }).await?;
    replay_of(&app, lesson, scope.may).await.map(Json)
}

/// Removes the captions of a language.
#[utoipa::path(delete, path = "/api/studio/lessons/{id}/captions/{language}", tag = "studio",
    params(("id" = uuid::Uuid, Path), ("language" = CaptionLanguage, Path)),
    responses((status = OK, body = ReplayView)))]
pub(super) async fn remove(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(CaptionsPath { language }): Path<CaptionsPath>,
) -> ApiResult<Json<ReplayView>> {
    let lesson = &scope.lesson;
    if !app.store.remove_captions(lesson.id, language, viewer.user.id, app.source.now()).await? {
        return Err(Problem::not_found());
    }
    replay_of(&app, lesson, scope.may).await.map(Json)
}
