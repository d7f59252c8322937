//! The core of tus 1.0 (<https://tus.io/protocols/resumable-upload>) with termination. Creation is the server's: it gives the
//! address of an upload that exists already.
//!
//! A body may be of any length and goes to the disk as it comes.

use std::{fmt::Display, sync::Arc};

use async_trait::async_trait;
use axum::{
    body::{Body, BodyDataStream},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::UploadError;
use crate::live::http::answer;

const VERSION: &str = "1.0.0";
const OFFSET_STREAM: &str = "application/offset+octet-stream";
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
/// For clients whose way lets only GET and POST through.
const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
const EXPOSED: &str = "Upload-Offset, Upload-Length, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Location, Retry-After";
const ALLOWED: &str = "Content-Type, Tus-Resumable, Upload-Offset, Upload-Length, Upload-Metadata, X-HTTP-Method-Override, X-Requested-With, X-Request-ID";
const METHODS: &str = "OPTIONS, HEAD, PATCH, DELETE, POST";

/// Bodies that are taken at a time. Who comes with one more is told to come back.
const BODIES: usize = 64;

static PLACES: Semaphore = Semaphore::const_new(BODIES);

/// An upload behind an address.
#[async_trait]
pub(crate) trait Upload: Send + Sync {
    /// Bytes that are there, and the size of the file.
    async fn so_far(&self) -> Result<(u64, u64), UploadError>;
    /// Takes a body that begins at this byte; the new end.
    async fn append(&self, offset: u64, body: BodyDataStream) -> Result<u64, UploadError>;
    /// Nobody wants it any more.
    async fn end(&self) -> Result<(), UploadError>;
}

/// What the answer to a request that may not be made is.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    offset: Option<u64>,
}

impl Refused {
    /// With this status and code.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Display) -> Self {
        Self { status, code, detail: detail.to_string(), offset: None }
    }
}

impl From<UploadError> for Refused {
    fn from(error: UploadError) -> Self {
        let (status, code) = match error {
            UploadError::Unknown => (StatusCode::NOT_FOUND, "not_found"),
            UploadError::Locked => (StatusCode::LOCKED, "upload_locked"),
            UploadError::Offset(_) => (StatusCode::CONFLICT, "upload_offset"),
            UploadError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "upload_too_large"),
            UploadError::Unfit => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_a_recording"),
            UploadError::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            UploadError::Disk => (StatusCode::SERVICE_UNAVAILABLE, "storage"),
            UploadError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            UploadError::Expired => (StatusCode::GONE, "pass_expired"),
            UploadError::Broken => (StatusCode::REQUEST_TIMEOUT, "upload_broken"),
        };
        let offset = if let UploadError::Offset(received) = error { Some(received) } else { None };
        Self { offset, ..Self::new(status, code, error) }
    }
}

/// Answers a request for the upload that `find` finds. `max` is the largest file there may be; tasks own what goes on when the
/// sender has hung up.
pub(crate) async fn answer(
    request: Request,
    find: impl FnOnce() -> Result<Arc<dyn Upload>, Refused>,
    max: u64,
    tasks: &TaskTracker,
) -> Response {
    let answered = exchange(request, find, max, tasks).await.unwrap_or_else(refusal);
    let mut response = answer::open_to_all(answered);
    let headers = response.headers_mut();
    headers.insert(RESUMABLE, HeaderValue::from_static(VERSION));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    response
}

async fn exchange(
    request: Request,
    find: impl FnOnce() -> Result<Arc<dyn Upload>, Refused>,
    max: u64,
    tasks: &TaskTracker,
) -> Result<Response, Refused> {
    let method = method(&request);
    if method == Method::OPTIONS {
        return Ok(options(max));
    }
    if request.headers().get(RESUMABLE).is_none_or(|version| version != VERSION) {
        return Err(Refused::new(StatusCode::PRECONDITION_FAILED, "tus_version", "this is tus 1.0.0"));
    }
    let upload = find()?;
    match method {
        Method::HEAD => {
            let (received, size) = upload.so_far().await?;
            let mut response = StatusCode::OK.into_response();
            response.headers_mut().insert(UPLOAD_OFFSET, received.into());
            response.headers_mut().insert(UPLOAD_LENGTH, size.into());
            Ok(response)
        }
        Method::PATCH => {
            let received = patch(upload, request, tasks).await?;
            let mut response = StatusCode::NO_CONTENT.into_response();
            response.headers_mut().insert(UPLOAD_OFFSET, received.into());
            Ok(response)
        }
        Method::DELETE => {
            upload.end().await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Err(Refused::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", METHODS)),
    }
}

async fn patch(upload: Arc<dyn Upload>, request: Request, tasks: &TaskTracker) -> Result<u64, Refused> {
    let headers = request.headers();
    if !text(headers, &header::CONTENT_TYPE).is_some_and(|kind| kind.eq_ignore_ascii_case(OFFSET_STREAM)) {
        return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", OFFSET_STREAM));
    }
    let missing =
        || Refused::new(StatusCode::BAD_REQUEST, "upload_offset_missing", "Upload-Offset is missing");
    let offset = text(headers, &UPLOAD_OFFSET).and_then(|value| value.parse().ok()).ok_or_else(missing)?;
    let announced: u64 =
        text(headers, &header::CONTENT_LENGTH).and_then(|value| value.parse().ok()).unwrap_or(0);
    let (received, size) = upload.so_far().await?;
    if offset != received {
        return Err(UploadError::Offset(received).into());
    }
    if announced > size.saturating_sub(received) {
        return Err(UploadError::TooLarge.into());
    }
    let place = PLACES.try_acquire().map_err(|_| UploadError::Busy)?;
    let body: Body = request.into_body();
    // It is kept whether or not anybody waits for the answer, and the next writer has its turn when this one is done.
    let kept = tasks.spawn(async move {
        let _place = place;
        upload.append(offset, body.into_data_stream()).await
    });
    Ok(kept.await.unwrap_or(Err(UploadError::Disk))?)
}

fn method(request: &Request) -> Method {
    let named = || text(request.headers(), &OVERRIDE)?.parse().ok();
    if *request.method() == Method::POST { named().unwrap_or(Method::POST) } else { request.method().clone() }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn options(max: u64) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        ("tus-version", VERSION),
        ("tus-extension", "termination"),
        ("allow", METHODS),
        ("access-control-allow-methods", METHODS),
        ("access-control-allow-headers", ALLOWED),
        ("access-control-max-age", "86400"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("tus-max-size", max.into());
    response
}

fn refusal(refused: Refused) -> Response {
    let Refused { status, code, detail, offset } = refused;
    let body = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
        "code": code,
    });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    let mut response = (status, kind, body.to_string()).into_response();
    let headers = response.headers_mut();
    if let Some(offset) = offset {
        headers.insert(UPLOAD_OFFSET, offset.into());
    }
    if status == StatusCode::PRECONDITION_FAILED {
        headers.insert("tus-version", HeaderValue::from_static(VERSION));
    }
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::LOCKED) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}
