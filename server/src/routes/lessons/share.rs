//! Short links to lessons: created by staff, opened by anybody who has one. The page behind a link describes
//! it to chat programs; it must never reveal more of a lesson than title, lecturer, unit and time.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use qrcode::EcLevel;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{Lesson, LessonPhase, NewShareCode, SharedCode, StoreError};

use crate::{
    auth::{LessonScope, Viewer, share_code},
    problem::{ApiResult, Problem},
    qr::{self, QrDrawing},
    routes::{extract::Path, origin::shared_origin},
    state::AppState,
    typed,
};

/// A new code exists already with a chance of one in 10^14; then another one is generated.
const TRIES: usize = 3;

/// A lesson's short link.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct ShareLink {
    /// Ten letters and digits.
    code: String,
    url: String,
    /// `url` as a QR code.
    qr: Option<QrDrawing>,
    /// Only this machine can open it: the server does not know by which name others reach it.
    here_only: bool,
}

/// What a link is about, for whoever has it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SharedLesson {
    lesson_id: Uuid,
    title: String,
    lecturer_name: String,
    unit_name: String,
    planned_start_at: i64,
    planned_end_at: i64,
    phase: LessonPhase,
    /// Whoever asks is signed in.
    signed_in: bool,
}

impl SharedLesson {
    fn new(lesson: Lesson, signed_in: bool) -> Self {
        Self {
            signed_in,
            lesson_id: lesson.id,
            title: lesson.title,
            lecturer_name: lesson.lecturer_name,
            unit_name: lesson.unit.name,
            planned_start_at: lesson.planned_start_at,
            planned_end_at: lesson.planned_end_at,
            phase: lesson.phase,
        }
    }
}

/// The short link of a lesson, made when it is first asked for.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/share", tag = "studio", params(("id" = Uuid, Path)),
    responses((status = OK, body = ShareLink)))]
pub(in crate::routes) async fn share(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Json<ShareLink>> {
    let code = keep_code(&app, &viewer, &scope, false).await?;
    Ok(Json(link(&app, &headers, code)))
}

/// Revokes the short link of a lesson and makes another: who opens the old one is told that it is not valid any more.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/share/renew", tag = "studio", params(("id" = Uuid, Path)),
    responses((status = OK, body = ShareLink)))]
pub(in crate::routes) async fn renew(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Json<ShareLink>> {
    let code = keep_code(&app, &viewer, &scope, true).await?;
    Ok(Json(link(&app, &headers, code)))
}

/// The lesson's code; with `renew` a new one, and the old one is revoked.
async fn keep_code(app: &AppState, viewer: &Viewer, scope: &LessonScope, renew: bool) -> ApiResult<String> {
    let mut tries = 0;
    loop {
        let new = NewShareCode {
            lesson_id: scope.lesson.id,
            code: share_code(app.source.bytes()),
            actor_id: viewer.user.id,
            at: app.source.now(),
        };
        tries += 1;
        let kept =
            if renew { app.store.renew_share_code(new).await } else { app.store.share_code(new).await };
        match kept {
            Err(StoreError::Duplicate) if tries < TRIES => {}
            other => return Ok(other?),
        }
    }
}

fn link(app: &AppState, headers: &HeaderMap, code: String) -> ShareLink {
    let (origin, here_only) = shared_origin(headers, &app.config);
    let url = format!("{origin}/s/{code}");
    ShareLink { qr: qr::draw(&url, EcLevel::M), code, url, here_only }
}

/// What a short link is about.
#[utoipa::path(get, path = "/api/share/{code}", tag = "lessons", params(("code" = String, Path)),
    responses((status = OK, body = SharedLesson), (status = NOT_FOUND, description = "There is no such link"),
        (status = GONE, description = "link_revoked: the lesson has another link now")))]
pub(super) async fn shared(
    State(app): State<AppState>,
    viewer: Option<Viewer>,
    Path(code): Path<String>,
) -> ApiResult<Json<SharedLesson>> {
    let lesson = find(&app, &code).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(SharedLesson::new(lesson, viewer.is_some())))
}

/// The lesson of a code, however it was typed off a poster; a code that was revoked is a problem of its own.
pub(in crate::routes) async fn find(app: &AppState, code: &str) -> ApiResult<Option<Lesson>> {
    let code = typed::code(code).to_ascii_lowercase();
    match app.store.shared(&code).await? {
        Some(SharedCode::Lesson(id)) => Ok(app.store.lesson(id).await?),
        Some(SharedCode::Revoked) => {
            let sentence = "This link is not valid any more. Ask whoever sent it for the new one.";
            Err(Problem::new(StatusCode::GONE, "link_revoked", sentence))
        }
        None => Ok(None),
    }
}
