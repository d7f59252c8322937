//! The middleware stack, in one place, outermost first.
//!
//! 1. `observe`: request id, span, one log line and the metrics; never a path's or query's value.
//! 2. `catch_panic`: a panic is a 500 problem, and the process goes on.
//! 3. `secure`: security headers and the content-security policy.
//! 4. `to_https`: pages asked for over plain http are at https, where the certificate is one that every browser trusts.
//! 5. `time_limit`: a body that comes too slowly is a 408; an answer that takes too long after it a 503.
//! 6. `same_origin`: unsafe methods and WebSockets of browsers come from our own pages.
//! 7. `announced_size`: a body that says it is too large is refused before it is sent.
//! 8. compression of JSON, body limit (extractors).

use std::time::{Duration, Instant};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{Predicate as _, SizeAbove},
    },
};
use tracing::Instrument as _;
use yunke_host::{Outcome, answer_in_time};
use yunke_store::UtcMillis;

use super::{
    extract::{BODY_BYTES, ROSTER_BYTES, UPLOAD_BYTES, too_large},
    origin,
    to_https::to_https,
};
use crate::{
    problem::{ApiResult, Problem},
    state::AppState,
};

/// How long an answer may take to begin once the request is complete.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Routes that take a file as the body.
const UPLOADS: [&str; 3] = [
    "/api/studio/lessons/{id}/captions/{language}",
    "/api/studio/lessons/{id}/poster",
    "/api/console/library/series/{series_id}/cover",
];

/// The route that takes a roster.
const ROSTER: &str = "/api/console/roster/imports";

/// JSON shorter than this is sent as it is, in bytes.
const COMPRESS_ABOVE: u64 = 1024;

/// Puts the stack around all routes.
pub(super) fn wrap(router: Router, app: &AppState) -> Router {
    let json = SizeAbove::new(COMPRESS_ABOVE).and(is_json);
    router
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(CompressionLayer::new().gzip(true).compress_when(json))
        .layer(from_fn(announced_size))
        .layer(from_fn_with_state(app.clone(), same_origin))
        .layer(from_fn(time_limit))
        .layer(from_fn_with_state(app.clone(), to_https))
        .layer(from_fn_with_state(app.clone(), secure))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), observe))
}

/// A response is compressed only if it is JSON: pages are compressed when they are built.
fn is_json(_: StatusCode, _: axum::http::Version, headers: &HeaderMap, _: &axum::http::Extensions) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().ends_with(b"json"))
}

/// The id a request has in the log and in the header `x-request-id`.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

async fn observe(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = hex(&app.source.bytes::<8>());
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("page", |path| path.as_str()).to_owned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", id, method, route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let seconds = begun.elapsed().as_secs_f64();
    span.in_scope(|| {
        if status >= 500 {
            tracing::warn!(status, duration_ms = seconds * 1000.0, "answered");
        } else {
            tracing::debug!(status, duration_ms = seconds * 1000.0, "answered");
        }
    });
    let class = ["1xx", "2xx", "3xx", "4xx", "5xx"][usize::from(status / 100).clamp(1, 5) - 1];
    metrics::counter!("yunke_http_requests_total", "method" => method, "route" => route.clone(), "status" => class)
        .increment(1);
    metrics::histogram!("yunke_http_request_duration_seconds", "route" => route).record(seconds);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    // Pages set their clocks by it: it is the clock that positions and leases are measured by.
    if let Some(value) = date(app.source.now()) {
        response.headers_mut().insert(header::DATE, value);
    }
    response
}

fn date(at: UtcMillis) -> Option<HeaderValue> {
    let at = jiff::Timestamp::from_millisecond(at).ok()?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()?;
    HeaderValue::try_from(text).ok()
}

/// Known methods by name; an invented one must not become a metric of its own.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn panicked(cause: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&'static str>().copied())
        .unwrap_or("no text");
    Problem::internal(format_args!("panic: {text}")).into_response()
}

async fn time_limit(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let answer = |body| next.run(Request::from_parts(parts, Body::new(body)));
    match answer_in_time(body, ANSWER_LIMIT, answer).await {
        Outcome::Answered(response) => response,
        Outcome::SlowBody => slow_body(),
        Outcome::SlowAnswer => {
            tracing::error!("the answer took too long");
            Problem::unavailable("timeout", "This took too long. Try again in a moment.", 5).into_response()
        }
    }
}

fn slow_body() -> Response {
    let sentence = "What you send comes too slowly. Try again where the network is better.";
    let mut response = Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", sentence).into_response();
    // The rest of the body may still arrive: it could not be distinguished from another request.
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn secure(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let media = origin::media_origin(request.headers(), &app.config, app.media.http_port());
    // Older Safari does not count a WebSocket of our own as 'self'.
    let socket = origin::page_origin(request.headers(), &app.config).replacen("http", "ws", 1);
    let api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set =
        |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()",
    );
    if api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&content_policy(&media, &socket)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}

/// Scripts and styles only from here; `style-src-attr` is what Vant and Element Plus need to place
/// pop-ups; media, its playlists and stills from the media origin; workers from blobs for hls.js.
fn content_policy(media: &str, socket: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
         img-src 'self' data: blob: {media}; media-src 'self' blob: {media}; font-src 'self' data:; \
         connect-src 'self' {socket} {media}; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

async fn same_origin(State(app): State<AppState>, request: Request, next: Next) -> ApiResult<Response> {
    let headers = request.headers();
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let needed = !safe || headers.contains_key(header::UPGRADE);
    if needed && !origin::is_same_origin(headers, &app.config) {
        return Err(Problem::forbidden("cross_origin", "This may only be asked for by Yunke's own pages."));
    }
    Ok(next.run(request).await)
}

/// Refuses at once a body that would be refused later.
async fn announced_size(request: Request, next: Next) -> ApiResult<Response> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let bytes = announced.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let limit = match route {
        Some(ROSTER) => ROSTER_BYTES,
        Some(route) if UPLOADS.contains(&route) => UPLOAD_BYTES,
        _ => BODY_BYTES,
    };
    if bytes.is_some_and(|bytes| bytes > limit) {
        return Err(too_large(limit));
    }
    Ok(next.run(request).await)
}
