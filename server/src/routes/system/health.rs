//! `/health`: whether all is well, and if not, what is wrong. No secrets, no personal data.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use crate::{problem::source_chain, state::AppState};

/// How the server is.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    /// `ok`, `degraded` (people can sign in, something is missing) or `down`.
    status: &'static str,
    version: &'static str,
    checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    /// What is wrong and what to do; empty when it is well.
    reason: &'static str,
}

async fn look(app: &AppState) -> Health {
    let store = app.store.check().await;
    if let Err(error) = &store {
        tracing::error!(error = source_chain(error), "health: store");
    }
    let media = app.media.is_up(app.source.now());
    let web = app.config.http.web_dir.join("index.html").is_file();
    let check = |name, ok, wrong| Check { name, ok, reason: if ok { "" } else { wrong } };
    Health {
        status: if store.is_err() {
            "down"
        } else if media && web {
            "ok"
        } else {
            "degraded"
        },
        version: env!("CARGO_PKG_VERSION"),
        checks: vec![
            check("store", store.is_ok(), "the database cannot be written; see the log, check the disk"),
            check(
                "media",
                media,
                "the media service does not report; it is restarted by itself, see the log",
            ),
            check("web", web, "the pages are not built; run make web or set http.web_dir"),
        ],
    }
}

/// All checks; 200 as long as people can sign in.
pub(super) async fn health(State(app): State<AppState>) -> (StatusCode, Json<Health>) {
    let health = look(&app).await;
    let status = if health.status == "down" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(health))
}

/// The process answers.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// Requests can be served: the same checks; media may be away, the API works without it.
pub(super) async fn ready(State(app): State<AppState>) -> (StatusCode, Json<Health>) {
    health(State(app)).await
}
