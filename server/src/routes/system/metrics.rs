//! `/metrics`, for a Prometheus on this machine only: direct loopback peers without a proxy.

use std::{net::SocketAddr, sync::OnceLock};

use axum::{
    extract::{ConnectInfo, State},
    http::HeaderMap,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{
    problem::{ApiResult, Problem},
    state::AppState,
};

/// Buckets of durations, in seconds.
const SECONDS: &[f64] = &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// The process's recorder, installed at the first call.
pub fn recorder() -> &'static PrometheusHandle {
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
            .expect("the buckets are not empty")
            .build_recorder();
        let handle = recorder.handle();
        // Another recorder is there only in a program that embeds this one; then its metrics are its own.
        let _ = metrics::set_global_recorder(recorder);
        handle
    })
}

pub(super) async fn metrics(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> ApiResult<String> {
    if !peer.ip().to_canonical().is_loopback() || headers.contains_key("x-forwarded-for") {
        return Err(Problem::not_found());
    }
    let handle = recorder();
    app.rooms.measure();
    handle.run_upkeep();
    Ok(handle.render())
}
