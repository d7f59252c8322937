//! `/health`: whether everything works, and if not, what is wrong. No secrets, no personal data.

use std::sync::atomic::Ordering;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use crate::{disk::Disk, problem::source_chain, state::AppState};

/// The state of the server.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    /// `ok`, `degraded` (people continue, something is missing) or `down` (the database cannot be read).
    status: &'static str,
    version: &'static str,
    checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    /// What is wrong and what to do; empty when all is well.
    reason: &'static str,
}

async fn look(app: &AppState) -> Health {
    let read = app.store.last_run().await;
    let written = app.store.check().await;
    for error in [read.as_ref().err(), written.as_ref().err()].into_iter().flatten() {
        tracing::error!(error = source_chain(error), "health: store");
    }
    let disk = app.disk.look(&app.config.data_dir, app.source.uptime()).await;
    let writes = written.is_ok() && !app.unwritten.load(Ordering::Relaxed) && disk != Disk::Closed;
    let media = app.media.is_up(app.source.now());
    let web = app.config.http.web_dir.join("index.html").is_file();
    let check = |name, ok, wrong| Check { name, ok, reason: if ok { "" } else { wrong } };
    let mut checks = vec![
        check("store", read.is_ok(), "the database cannot be read; see the log, check the disk"),
        check(
            "writing",
            writes,
            "nothing can be written: nobody can sign in and nothing is counted; make room, see the log",
        ),
        check("disk", disk != Disk::Low, "the disk is nearly full and lessons are not recorded; make room"),
        check("media", media, "the media service does not report; it is restarted by itself, see the log"),
        check("web", web, "the pages are not built; run make web or set http.web_dir"),
    ];
    if app.config.https.listen.is_some() {
        let valid = app.https.facts().is_some_and(|facts| facts.is_valid(app.source.now()));
        checks.push(check(
            "https",
            valid,
            "there is no certificate that is valid now; plain http works; see the log",
        ));
    }
    let status = match read {
        Err(_) => "down",
        Ok(_) if checks.iter().all(|check| check.ok) => "ok",
        Ok(_) => "degraded",
    };
    Health { status, version: env!("CARGO_PKG_VERSION"), checks }
}

/// All checks; 200 as long as pages and lessons can be served.
pub(super) async fn health(State(app): State<AppState>) -> (StatusCode, Json<Health>) {
    let health = look(&app).await;
    let status = if health.status == "down" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, Json(health))
}

/// Liveness: the process answers.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// Readiness: the same checks; media may be away, the API works without it.
pub(super) async fn ready(State(app): State<AppState>) -> (StatusCode, Json<Health>) {
    health(State(app)).await
}
