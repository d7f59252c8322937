//! `GET /api/console/certificate`: the certificate of this server, for the page Today.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{https::Facts, state::AppState};

/// How it stands with the certificate.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum CertificateState {
    /// This server has no https of its own.
    Off,
    /// All is well.
    Good,
    /// It is valid, and its successor is late.
    Late,
    /// It is valid, and comes without those between it and its root: phones refuse it.
    Alone,
    /// It is over, or not valid yet.
    Invalid,
    /// There is none yet.
    Missing,
}

/// The certificate of this server.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CertificateNow {
    state: CertificateState,
    /// The names it is for.
    names: Vec<String>,
    /// Until when it is valid.
    not_after: Option<i64>,
    /// When its successor is ordered, at the earliest; `null`: somebody else brings it as files.
    next_order_at: Option<i64>,
    /// What went wrong last, in English, and what to do.
    trouble: Option<String>,
}

fn state(app: &AppState, facts: Option<&Facts>) -> CertificateState {
    let now = app.source.now();
    match facts {
        _ if app.config.https.listen.is_none() => CertificateState::Off,
        None => CertificateState::Missing,
        Some(facts) if !facts.is_valid(now) => CertificateState::Invalid,
        Some(facts) if now >= facts.warn_at() => CertificateState::Late,
        Some(facts) if facts.leaf_only => CertificateState::Alone,
        Some(_) => CertificateState::Good,
    }
}

/// The certificate of this server.
#[utoipa::path(get, path = "/api/console/certificate", tag = "console",
    responses((status = OK, body = CertificateNow)))]
pub(super) async fn certificate(State(app): State<AppState>) -> Json<CertificateNow> {
    let facts = app.https.facts();
    Json(CertificateNow {
        state: state(&app, facts.as_ref()),
        names: facts.as_ref().map(|facts| facts.names.clone()).unwrap_or_default(),
        not_after: facts.as_ref().map(|facts| facts.not_after),
        next_order_at: app.https.next_order(),
        trouble: app.https.trouble(),
    })
}
