//! Answers whether a stream key may publish. The reason of a refusal is for the encoder's log window.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use yunke_protocol::{PublishGrant, PublishPass, PublishRefusal, PublishRequest, RefusalCode, Transport};
use yunke_store::{LessonPhase, StreamTarget};

use crate::{
    auth::May, lesson_run::hash_key, media_nodes::order_of, problem::ApiResult, routes::extract::Body,
    state::AppState, typed::stream_key,
};

pub(super) async fn publish(
    State(app): State<AppState>,
    Body(request): Body<PublishRequest>,
) -> ApiResult<Response> {
    let passed = by_pass(&app, &request).await?;
    let by_pass = passed.is_some();
    let target = match passed {
        Some(target) => Some(target),
        None => app.store.stream_target(&hash_key(&stream_key(&request.stream_key))).await?,
    };
    let Some(target) = target else {
        tracing::info!(node = request.node, "publisher refused: no lesson has its key");
        return Ok(refuse(
            RefusalCode::WrongKey,
            "No lesson has this stream key. Copy it again from the studio page.",
        ));
    };
    match (target.phase, order_of(&target)) {
        (LessonPhase::Planned | LessonPhase::Live, Some(lesson)) => {
            // Orders may not name it yet: a lesson far ahead is rehearsed, too.
            app.media.admitted(target.lesson_id, app.source.now());
            tracing::info!(lesson = %target.lesson_id, by_pass, "publisher admitted");
            Ok(Json(PublishGrant { lesson, by_pass }).into_response())
        }
        _ => Ok(refuse(RefusalCode::LessonOver, "This lesson is over. Take the key of another lesson.")),
    }
}

/// The lesson a publish pass opens, if it is a pass and its person may still run the lesson. Pages publish by
/// WHIP; a pass must not be used in an RTMP address.
async fn by_pass(app: &AppState, request: &PublishRequest) -> ApiResult<Option<StreamTarget>> {
    if request.transport != Transport::Whip {
        return Ok(None);
    }
    let Ok(pass) = PublishPass::verify(&request.stream_key, &app.pass_key, app.source.now()) else {
        return Ok(None);
    };
    let lesson = app.store.lesson(pass.lesson).await?;
    let person = app.store.user(pass.person, app.source.now()).await?;
    match (lesson, person) {
        (Some(lesson), Some(person)) if May::of(&person, &lesson).run => {
            Ok(app.store.lesson_target(pass.lesson).await?)
        }
        _ => Ok(None),
    }
}

fn refuse(code: RefusalCode, message: &str) -> Response {
    let body = PublishRefusal { code, message: message.to_owned() };
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}
