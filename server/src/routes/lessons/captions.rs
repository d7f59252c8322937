//! `GET /api/lessons/{id}/captions/{language}`: captions as `WebVTT`, on the lesson's timeline.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use yunke_store::{CaptionLanguage, Trim};

use crate::{
    auth::LessonScope,
    captions::{self, CaptionsError},
    problem::{ApiResult, Problem},
    routes::{extract::Path, lessons::leases::refuse_hidden},
    state::AppState,
};

/// Which captions.
#[derive(Debug, Deserialize)]
pub struct CaptionsPath {
    /// `zh`, `en` or `other`.
    pub language: CaptionLanguage,
}

/// Captions of a lesson. Members get those of the stretch that is shown.
#[utoipa::path(get, path = "/api/lessons/{id}/captions/{language}", tag = "lessons",
    params(("id" = uuid::Uuid, Path), ("language" = CaptionLanguage, Path)),
    responses((status = OK, description = "WebVTT; positions are the lesson's", body = String, content_type = "text/vtt"),
              (status = FORBIDDEN, description = "replay_hidden")))]
pub(super) async fn captions(
    State(app): State<AppState>,
    scope: LessonScope,
    Path(CaptionsPath { language }): Path<CaptionsPath>,
) -> ApiResult<Response> {
    let lesson = &scope.lesson;
    refuse_hidden(lesson, scope.may)?;
    let mut text = app.store.captions_text(lesson.id, language).await?.ok_or_else(Problem::not_found)?;
    let Trim { in_ms, out_ms } = lesson.trim();
    if !scope.may.run && lesson.trim() != Trim::default() {
        // Up to two megabytes: not on a thread that serves other requests.
        let cut = tokio::task::spawn_blocking(move || {
            let cues = captions::read(text.as_bytes())?;
            Ok::<_, CaptionsError>(captions::write(&captions::within(
                cues,
                in_ms,
                out_ms.unwrap_or(i64::MAX),
            )))
        });
        text = cut.await.map_err(Problem::internal)?.map_err(Problem::internal)?;
    }
    Ok(([(header::CONTENT_TYPE, "text/vtt; charset=utf-8")], text).into_response())
}
