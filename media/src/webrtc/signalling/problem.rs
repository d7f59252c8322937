//! What can be wrong with a WHIP or WHEP request, as RFC 9457 problem+json with a stable code.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{fragment::FragmentError, line::PeerError, offer::OfferError};

/// Seconds after which it is worth coming again.
const RETRY_AFTER: &str = "3";

/// A refusal. None of them names a key, a lease or a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    retry: bool,
}

impl Problem {
    /// `detail` is an English sentence for whoever has to do with it.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), retry: status == StatusCode::SERVICE_UNAVAILABLE }
    }

    /// The same request may be right in some seconds.
    pub(crate) fn worth_a_retry(self) -> Self {
        Self { retry: true, ..self }
    }

    pub(crate) fn content_type(wanted: &str) -> Self {
        let detail = format!("the content type must be {wanted}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", detail)
    }

    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large")
    }

    pub(crate) fn no_text() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "offer_malformed", "the body is not UTF-8")
    }

    pub(crate) fn full() -> Self {
        let detail = "the node has all the sessions it can take, or is busy: try again in some seconds";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "full", detail)
    }

    pub(crate) fn failed() -> Self {
        let detail = "the session could not be set up in time";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "try_later", detail)
    }

    pub(crate) fn no_session() -> Self {
        let detail = "there is no such session, or it is over";
        Self::new(StatusCode::NOT_FOUND, "session_unknown", detail)
    }

    pub(crate) fn no_match() -> Self {
        let detail = "If-Match is missing: give the ETag of the session";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "if_match_missing", detail)
    }

    pub(crate) fn old_match() -> Self {
        let detail = "the ETag is not that of the session as it is now";
        Self::new(StatusCode::PRECONDITION_FAILED, "if_match_old", detail)
    }
}

impl From<OfferError> for Problem {
    fn from(error: OfferError) -> Self {
        let (status, code) = match error {
            OfferError::Malformed(_) => (StatusCode::BAD_REQUEST, "offer_malformed"),
            OfferError::NotPlayable(_) => (StatusCode::NOT_ACCEPTABLE, "offer_not_playable"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<FragmentError> for Problem {
    fn from(error: FragmentError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "fragment_malformed", error.to_string())
    }
}

impl From<PeerError> for Problem {
    fn from(error: PeerError) -> Self {
        let (status, code) = match error {
            PeerError::Offer(_) => (StatusCode::NOT_ACCEPTABLE, "offer_not_playable"),
            PeerError::Here => (StatusCode::SERVICE_UNAVAILABLE, "try_later"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or_default(),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        response
    }
}
