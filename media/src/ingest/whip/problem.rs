//! What can be wrong with a WHIP request, as RFC 9457 problem+json with a stable code.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{fragment::FragmentError, offer::OfferError};
use crate::ingest::{Refusal, RefusalKind, peer::PeerError};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("the content type must be {0}")]
    Type(&'static str),
    #[error("the body is too large")]
    TooLarge,
    #[error("{0}")]
    Offer(#[from] OfferError),
    #[error("{0}")]
    Fragment(#[from] FragmentError),
    #[error("the body is not UTF-8")]
    Text,
    #[error("the stream key is missing: send it as a Bearer token")]
    NoKey,
    #[error("{0}")]
    Refused(Refusal),
    #[error("{0}")]
    Peer(#[from] PeerError),
    #[error("the node has all the publishers it can take, or is busy: try again in some seconds")]
    Full,
    #[error("the session could not be set up in time")]
    Failed,
    #[error("there is no such session, or it is over")]
    NoSession,
    #[error("If-Match is missing: give the ETag of the session")]
    NoMatch,
    #[error("the ETag is not that of the session as it is now")]
    OldMatch,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::Type(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Offer(OfferError::Malformed(_)) | Self::Fragment(_) | Self::Text => StatusCode::BAD_REQUEST,
            Self::Offer(OfferError::NotPlayable(_)) | Self::Peer(PeerError::Offer(_)) => {
                StatusCode::NOT_ACCEPTABLE
            }
            Self::NoKey => StatusCode::UNAUTHORIZED,
            Self::Refused(refusal) => match refusal.kind {
                RefusalKind::WrongKey => StatusCode::UNAUTHORIZED,
                RefusalKind::Denied => StatusCode::CONFLICT,
                RefusalKind::Later => StatusCode::SERVICE_UNAVAILABLE,
                RefusalKind::Media => StatusCode::NOT_ACCEPTABLE,
            },
            Self::Full | Self::Failed | Self::Peer(PeerError::Here) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoSession => StatusCode::NOT_FOUND,
            Self::NoMatch => StatusCode::PRECONDITION_REQUIRED,
            Self::OldMatch => StatusCode::PRECONDITION_FAILED,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Type(_) => "content_type",
            Self::TooLarge => "too_large",
            Self::Offer(OfferError::Malformed(_)) | Self::Text => "offer_malformed",
            Self::Offer(OfferError::NotPlayable(_)) | Self::Peer(PeerError::Offer(_)) => "offer_not_playable",
            Self::Fragment(_) => "fragment_malformed",
            Self::NoKey => "key_missing",
            Self::Refused(refusal) => match refusal.kind {
                RefusalKind::WrongKey => "key_wrong",
                RefusalKind::Denied => "lesson_taken_or_over",
                RefusalKind::Later => "try_later",
                RefusalKind::Media => "offer_not_playable",
            },
            Self::Full => "full",
            Self::Failed | Self::Peer(PeerError::Here) => "try_later",
            Self::NoSession => "session_unknown",
            Self::NoMatch => "if_match_missing",
            Self::OldMatch => "if_match_old",
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "code": self.code(),
            "detail": self.to_string(),
        });
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::CONFLICT => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("3"));
            }
            _ => {}
        }
        response
    }
}
