//! Errors as RFC 9457 problem+json with a stable code. None of them names the lease or anything of the inside.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use crate::live::core::{directives::BadDirective, frontier::Reason};

/// What can be wrong with a request for media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Problem {
    /// Not a lease of ours.
    #[error("the lease in the path is not valid")]
    LeaseInvalid,
    /// Genuine, but over.
    #[error("the lease in the path has expired")]
    LeaseExpired,
    /// Genuine, and its member was signed out everywhere or disabled.
    #[error("the lease in the path was revoked")]
    LeaseRevoked,
    /// Genuine, for something else.
    #[error("the lease in the path is for another lesson")]
    LeaseOtherLesson,
    /// Genuine, for something else of the lesson: what is live, or another stretch of the replay.
    #[error("the lease in the path does not open this replay, or not this stretch of it")]
    LeaseNoReplay,
    /// Not a file pass of ours, or for something else.
    #[error("the pass in the path is not valid")]
    PassInvalid,
    /// Genuine, but over.
    #[error("the pass in the path has expired")]
    PassExpired,
    /// Nothing of that name here.
    #[error("there is nothing of this name")]
    NotFound,
    /// Not this node's.
    #[error("this node has no such lesson")]
    LessonUnknown,
    /// Announced, but the stream ended before it came.
    #[error("the stream has ended before this part")]
    Ended,
    /// A directive that is no number.
    #[error("{0}")]
    Directive(#[from] BadDirective),
    /// A directive against the rules.
    #[error("{0}")]
    Reload(#[from] Reason),
    /// Only GET, HEAD and OPTIONS.
    #[error("only GET and HEAD are of use here")]
    Method,
    /// No byte of it is there.
    #[error("the range lies outside the file")]
    Range,
    /// Rehearsal, or waiting for the publisher.
    #[error("the lesson is not on air yet")]
    NotOnAir,
    /// Live, or its recording is being completed.
    #[error("the recording of this lesson is not complete yet")]
    ReplayNotReady,
    /// Blocked for three target durations.
    #[error("nothing new has come in time")]
    TooLong,
    /// Too many readers wait.
    #[error("too many readers wait on this node")]
    Busy,
    /// The store failed; the cause is in the log.
    #[error("the recording cannot be read at present")]
    Storage,
}

impl Problem {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::LeaseInvalid
            | Self::LeaseExpired
            | Self::LeaseRevoked
            | Self::LeaseOtherLesson
            | Self::LeaseNoReplay
            | Self::PassInvalid
            | Self::PassExpired => StatusCode::FORBIDDEN,
            Self::NotFound | Self::LessonUnknown => StatusCode::NOT_FOUND,
            Self::Ended => StatusCode::GONE,
            Self::Directive(_) | Self::Reload(_) => StatusCode::BAD_REQUEST,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Range => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::NotOnAir | Self::ReplayNotReady | Self::TooLong | Self::Busy | Self::Storage => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// For programs.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::LeaseInvalid => "lease_invalid",
            Self::LeaseExpired => "lease_expired",
            Self::LeaseRevoked => "lease_revoked",
            Self::LeaseOtherLesson => "lease_other_lesson",
            Self::LeaseNoReplay => "lease_no_replay",
            Self::PassInvalid => "pass_invalid",
            Self::PassExpired => "pass_expired",
            Self::NotFound => "not_found",
            Self::LessonUnknown => "lesson_unknown",
            Self::Ended => "stream_ended",
            Self::Directive(_) => "directive_invalid",
            Self::Reload(Reason::PartWithoutMsn) => "part_without_msn",
            Self::Reload(_) => "too_far_ahead",
            Self::Method => "method_not_allowed",
            Self::Range => "range_not_satisfiable",
            Self::NotOnAir => "not_on_air",
            Self::ReplayNotReady => "replay_not_ready",
            Self::TooLong => "nothing_new",
            Self::Busy => "busy",
            Self::Storage => "storage",
        }
    }

    /// What an edge may do with it. What depends on the lease, which an edge strips from its key, and what may be
    /// right in a moment must not be kept at all.
    fn cache_control(self) -> &'static str {
        match self {
            Self::NotFound | Self::LessonUnknown | Self::Ended | Self::Directive(_) | Self::Reload(_) => {
                "public, max-age=1"
            }
            _ => "no-store",
        }
    }

    fn retry_after(self) -> Option<&'static str> {
        match self {
            Self::NotOnAir | Self::ReplayNotReady => Some("2"),
            Self::TooLong | Self::Busy | Self::Storage => Some("1"),
            _ => None,
        }
    }

    /// The answer.
    pub(crate) fn response(self) -> Response {
        let status = self.status();
        let body = serde_json::json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": self.to_string(),
            "code": self.code(),
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache_control()));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        if self == Self::Method {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
        }
        response
    }
}
