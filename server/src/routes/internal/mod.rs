//! Requests and reports of media nodes. Only with the shared secret; no cookies, so no cross-site concern.

mod publish;
mod snapshot;

use axum::{
    Router,
    extract::{Request, State},
    http::header,
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::post,
};
use yunke_protocol::paths;

use crate::{
    problem::{ApiResult, Problem},
    state::AppState,
};

pub(super) fn routes(app: &AppState) -> Router<AppState> {
    Router::new()
        .route(paths::PUBLISH, post(publish::publish))
        .route(paths::SNAPSHOT, post(snapshot::snapshot))
        .route_layer(from_fn_with_state(app.clone(), with_secret))
}

async fn with_secret(State(app): State<AppState>, request: Request, next: Next) -> ApiResult<Response> {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if token.is_some_and(|token| app.media.is_secret(token)) {
        return Ok(next.run(request).await);
    }
    Err(Problem::new(
        axum::http::StatusCode::UNAUTHORIZED,
        "secret_wrong",
        "The shared secret is missing or wrong.",
    ))
}
