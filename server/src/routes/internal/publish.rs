//! May this stream key publish? The reason of a refusal is for the encoder's log window.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use yunke_protocol::{PublishGrant, PublishRefusal, PublishRequest, RefusalCode};
use yunke_store::LessonPhase;

use crate::{
    lesson_run::hash_key, media_nodes::order_of, problem::ApiResult, routes::extract::Body, state::AppState,
};

/// Longest stream key that is looked at.
const KEY_CHARS: usize = 128;

pub(super) async fn publish(
    State(app): State<AppState>,
    Body(request): Body<PublishRequest>,
) -> ApiResult<Response> {
    let target = if request.stream_key.len() <= KEY_CHARS {
        app.store.stream_target(&hash_key(&request.stream_key)).await?
    } else {
        None
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
            app.media.orders_changed();
            tracing::info!(lesson = %target.lesson_id, "publisher admitted");
            Ok(Json(PublishGrant { lesson }).into_response())
        }
        _ => Ok(refuse(RefusalCode::LessonOver, "This lesson is over. Take the key of another lesson.")),
    }
}

fn refuse(code: RefusalCode, message: &str) -> Response {
    let body = PublishRefusal { code, message: message.to_owned() };
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}
