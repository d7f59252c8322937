//! `/.well-known/acme-challenge/{token}`: a certificate authority looks whether a name is ours. Never redirected, for whatever host.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Path, State},
    http::StatusCode,
};

use crate::state::AppState;

/// The answer to a token of the order under way.
pub(super) async fn answer(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(token): Path<String>,
) -> Result<String, StatusCode> {
    app.https.challenges().answer(&token, Some(peer.ip())).ok_or(StatusCode::NOT_FOUND)
}
