//! WHIP over HTTP: `/whip` takes offers, `/whip/<session>` is what the publisher then has.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    middleware::from_fn,
    response::Response,
    routing::{patch, post},
};

use super::{Accepted, Whip};
use crate::{
    ingest::Gate,
    webrtc::signalling::{
        http::{SDP, authorized, bearer, created, cross_origin, of_type, options, text, trickle},
        offer::MAX_OFFER_BYTES,
        problem::Problem,
    },
};

/// The routes.
pub fn router<G: Gate>(whip: Arc<Whip<G>>) -> Router {
    Router::new()
        .route("/whip", post(publish::<G>).options(options))
        .route("/whip/{session}", patch(change::<G>).delete(end::<G>).options(options))
        .layer(from_fn(cross_origin))
        .with_state(whip)
}

async fn publish<G: Gate>(
    State(whip): State<Arc<Whip<G>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    of_type(&headers, SDP)?;
    let no_key = || {
        let detail = "the stream key is missing: send it as a Bearer token";
        Problem::new(StatusCode::UNAUTHORIZED, "key_missing", detail)
    };
    let key = bearer(&headers).ok_or_else(no_key)?.to_owned();
    let offer = whip.read(&text(body, MAX_OFFER_BYTES).await?, &key).await?;
    let Accepted { answer, session } = whip.accept(&offer, key).await?;
    created(answer, "/whip", &session, &whip.links)
}

async fn change<G: Gate>(
    State(whip): State<Arc<Whip<G>>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let session = authorized(whip.sessions.find(&name), &headers)?;
    trickle(&session, &headers, body).await
}

/// Tags are not looked at: the end is the end.
async fn end<G: Gate>(
    State(whip): State<Arc<Whip<G>>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let session = authorized(whip.sessions.find(&name), &headers)?;
    whip.sessions.end(&session);
    Ok(StatusCode::OK)
}
