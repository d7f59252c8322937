//! For operators: health and metrics; for certificate authorities: that a name is ours.

mod challenge;
mod health;
mod metrics;

use axum::{Router, routing::get};

pub use metrics::recorder;

use crate::state::AppState;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/health", get(health::health))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/.well-known/acme-challenge/{token}", get(challenge::answer))
        .route("/metrics", get(metrics::metrics))
}
