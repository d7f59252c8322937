//! The built pages: precompressed, hashed names for ever, `index.html` asked for every time.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse as _, Response},
};
use tower::ServiceExt as _;
use tower_http::services::{ServeDir, ServeFile};

use super::arrive;
use crate::{problem::Problem, state::AppState};

/// Names with a hash of their content never change.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Everything else is asked for again, and mostly answered with 304.
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// Shown while the pages are not built.
const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Yunke 云课</title>\
    <p>页面尚未构建。请运行 <code>make</code>，或设置 <code>http.web_dir</code>。\
    <p>The pages are not built. Run <code>make</code>, or set <code>http.web_dir</code>.";

/// Pages and their files; unknown addresses of the API are problems.
pub(super) async fn page(State(app): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    if ["/api", "/internal", "/health"]
        .iter()
        .any(|prefix| path == *prefix || path.starts_with(&format!("{prefix}/")))
    {
        return Problem::not_found().into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "Only GET is possible here.",
        )
        .into_response();
    }
    let dir = &app.config.http.web_dir;
    let last = path.rsplit('/').next().unwrap_or_default();
    // A name with a dot is a file; every other path is a page of the application.
    if last.contains('.') && last != "index.html" {
        let hashed = path.starts_with("/assets/");
        let served = ServeDir::new(dir)
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip()
            .oneshot(request)
            .await;
        return finish(served.map(|response| response.map(Body::new)), if hashed { FOREVER } else { ASK });
    }
    let index = dir.join("index.html");
    if !index.is_file() {
        return (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response();
    }
    if let Some(code) = arrive::code(path)
        && let Ok(text) = tokio::fs::read_to_string(&index).await
    {
        return arrive::page(&app, code, request.headers(), &text).await;
    }
    let (mut parts, body) = request.into_parts();
    parts.uri = Uri::from_static("/index.html");
    let file = ServeFile::new(index).precompressed_br().precompressed_gzip();
    let served = file.oneshot(Request::from_parts(parts, body)).await;
    finish(served.map(|response| response.map(Body::new)), ASK)
}

fn finish(served: Result<Response, std::convert::Infallible>, cache: HeaderValue) -> Response {
    let mut response = served.unwrap_or_else(|never| match never {});
    if response.status() == StatusCode::NOT_FOUND {
        return Problem::not_found().into_response();
    }
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    response
}
