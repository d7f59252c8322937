//! Extractors whose refusals are problems that say what to do.

use axum::{
    Json,
    body::Bytes,
    extract::{
        DefaultBodyLimit, FromRequest, FromRequestParts, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::{StatusCode, request::Parts},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use crate::problem::Problem;

/// Largest request body.
pub const BODY_BYTES: usize = 256 * 1024;

/// Largest uploaded file.
pub const UPLOAD_BYTES: usize = 2 << 20;

/// Largest file of a roster.
pub const ROSTER_BYTES: usize = 20 << 20;

/// A field that may be missing, null or there: missing and null differ (RFC 7396).
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(body_problem(&rejection)),
        }
    }
}

fn body_problem(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "json_required",
            "Send the body as JSON with Content-Type: application/json.",
        ),
        JsonRejection::JsonSyntaxError(error) => Problem::bad_request("json_broken", error.body_text()),
        JsonRejection::JsonDataError(error) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "json_unexpected", error.body_text())
        }
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => too_large(BODY_BYTES),
        other => Problem::bad_request("body_unreadable", other.body_text()),
    }
}

/// 413, with the limit.
pub fn too_large(limit: usize) -> Problem {
    let sentence = format!("This body may have at most {} KB.", limit / 1024);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", sentence).with("limit_bytes", limit)
}

/// A file as the body. Its route needs the layer [`uploads`], or it is limited like other bodies.
#[derive(Debug)]
pub struct Upload(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(other) if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large(UPLOAD_BYTES)),
            Err(other) => Err(Problem::bad_request("body_unreadable", other.body_text())),
        }
    }
}

/// A roster as the body. Its route needs the layer [`roster_uploads`].
#[derive(Debug)]
pub struct RosterUpload(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RosterUpload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(other) if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large(ROSTER_BYTES)),
            Err(other) => Err(Problem::bad_request("body_unreadable", other.body_text())),
        }
    }
}

/// For routes that take a [`RosterUpload`].
pub fn roster_uploads() -> DefaultBodyLimit {
    DefaultBodyLimit::max(ROSTER_BYTES)
}

/// For routes that take an [`Upload`].
pub fn uploads() -> DefaultBodyLimit {
    DefaultBodyLimit::max(UPLOAD_BYTES)
}

/// Parameters after the `?`.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(query_problem(&rejection)),
        }
    }
}

fn query_problem(rejection: &QueryRejection) -> Problem {
    // The sentence could repeat a value; parameters such as leases must not come back or be logged.
    let _ = rejection;
    Problem::bad_request(
        "query_unexpected",
        "A parameter after the ? is missing, unknown or of a wrong kind.",
    )
}

/// Parameters in the path; anything that does not parse is a 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(params)) => Ok(Self(params)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => Err(Problem::not_found()),
            Err(other) => Err(Problem::internal(other)),
        }
    }
}
