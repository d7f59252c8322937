//! `POST /api/studio/lessons/{id}/booth`: a publish pass for the page; the stream key stays as it is.

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;
use utoipa::ToSchema;
use yunke_protocol::PublishPass;
use yunke_store::EditOutcome;

use crate::{
    auth::{LessonScope, Viewer},
    lesson_run::wrong_phase,
    problem::{ApiResult, Problem},
    routes::origin,
    state::AppState,
};

/// How long a pass lasts: longer than any lesson, shorter than a day.
const PASS_MS: i64 = 12 * 3_600_000;

/// Where and with what the booth publishes.
#[derive(Serialize, ToSchema)]
pub(super) struct BoothGrant {
    /// Such as `http://192.168.1.5:8081/whip` (RFC 9725).
    whip_url: String,
    /// The bearer token; kept nowhere, good for this lesson alone.
    pass: String,
    /// UTC milliseconds.
    expires_at: i64,
}

/// Opens the booth: a pass to publish into this lesson by WHIP.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/booth", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = BoothGrant), (status = CONFLICT, description = "wrong_phase")))]
pub(super) async fn open(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Json<BoothGrant>> {
    let now = app.source.now();
    match app.store.open_booth(scope.lesson.id, Some(viewer.user.id), now).await? {
        EditOutcome::Done => app.media.orders_changed(),
        EditOutcome::WrongPhase(phase) => return Err(wrong_phase(phase)),
        EditOutcome::NotFound | EditOutcome::TimesReversed | EditOutcome::RuleUnknown => {
            return Err(Problem::not_found());
        }
    }
    // The token has whole seconds; the answer says the same.
    let expires_at = (now + PASS_MS).div_euclid(1000) * 1000;
    let pass = PublishPass { lesson: scope.lesson.id, person: viewer.user.id, expires_at };
    Ok(Json(BoothGrant {
        whip_url: origin::whip_url(&headers, &app.config, app.media.http_port()),
        pass: pass.sign(&app.pass_key),
        expires_at,
    }))
}
