//! For operators: health and metrics.

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
        .route("/metrics", get(metrics::metrics))
}
