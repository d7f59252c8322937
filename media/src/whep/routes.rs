//! WHEP over HTTP: `/whep/<lease>/<lesson>` takes offers, `/whep/<session>` is what the viewer then has.

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

use super::{Accepted, Whep};
use crate::webrtc::signalling::{
    http::{SDP, authorized, created, cross_origin, of_type, options, text, trickle},
    offer::{MAX_OFFER_BYTES, Offer, Role},
    problem::Problem,
};

/// The routes.
pub fn router(whep: Arc<Whep>) -> Router {
    Router::new()
        .route("/whep/{lease}/{lesson}", post(watch).options(options))
        .route("/whep/{session}", patch(change).delete(end).options(options))
        .layer(from_fn(cross_origin))
        .with_state(whep)
}

async fn watch(
    State(whep): State<Arc<Whep>>,
    Path((lease, lesson)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let lease = whep
        .origin
        .access()
        .lease(&lease, &lesson)
        .map_err(|problem| Problem::new(problem.status(), problem.code(), problem.to_string()))?;
    of_type(&headers, SDP)?;
    let offer = Offer::parse(&text(body, MAX_OFFER_BYTES).await?, Role::Viewer)?;
    let through_an_edge = whep.origin.access().is_edge(&headers);
    if through_an_edge {
        whep.origin.behind_edge(&lease);
    }
    let Accepted { answer, session } = whep.accept(&offer, lease, !through_an_edge).await?;
    created(answer, "/whep", &session, &whep.links)
}

async fn change(
    State(whep): State<Arc<Whep>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let session = authorized(whep.sessions.find(&name), &headers)?;
    trickle(&session, &headers, body).await
}

/// Tags are not looked at: the end is the end.
async fn end(
    State(whep): State<Arc<Whep>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let session = authorized(whep.sessions.find(&name), &headers)?;
    whep.sessions.end(&session);
    Ok(StatusCode::OK)
}
