//! The routes the server calls: all behind the shared secret, compared in constant time.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;
use yunke_protocol::{Orders, Snapshot, paths};

use super::Control;

/// Orders of a thousand lessons have 200 kB.
const MAX_BODY_BYTES: usize = 4 << 20;

#[derive(Clone)]
struct Routes {
    control: Arc<Control>,
    secret: Arc<str>,
    shutdown: CancellationToken,
}

/// The control routes, and `work`, which is guarded like them. `shutdown` is cancelled when the server asks for the end.
pub fn router(control: Arc<Control>, work: Router, secret: &str, shutdown: CancellationToken) -> Router {
    let routes = Routes { control, secret: secret.into(), shutdown };
    Router::new()
        .route(paths::ORDERS, get(read).put(follow))
        .route(paths::SHUTDOWN, post(end))
        .with_state(routes.clone())
        .merge(work)
        .layer(from_fn_with_state(routes, guard))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

async fn guard(State(routes): State<Routes>, request: Request, next: Next) -> Response {
    if authorized(request.headers(), &routes.secret) {
        next.run(request).await
    } else {
        StatusCode::UNAUTHORIZED.into_response()
    }
}

fn authorized(headers: &HeaderMap, secret: &str) -> bool {
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    shown.is_some_and(|shown| shown.as_bytes().ct_eq(secret.as_bytes()).into())
}

async fn read(State(routes): State<Routes>) -> Json<Snapshot> {
    Json(routes.control.snapshot())
}

async fn follow(State(routes): State<Routes>, Json(orders): Json<Orders>) -> Json<Snapshot> {
    routes.control.sent(orders).await;
    Json(routes.control.snapshot())
}

async fn end(State(routes): State<Routes>) -> StatusCode {
    tracing::info!("the server asks for the end");
    routes.shutdown.cancel();
    StatusCode::ACCEPTED
}
