//! The origin's HTTP shell: checks the lease, waits where the core says wait, answers.
//!
//! What can be done once per part is done once per part; a reader costs a lookup, perhaps a wait, and a write. Thousands
//! wait here at a time, so a reader that waits keeps nothing of its request but the [`Question`].

pub(crate) mod answer;
mod front;
pub(crate) mod problem;
mod question;
#[cfg(test)]
mod tests;

use std::{future::Future, pin::Pin, time::Duration};

use axum::{
    http::{Method, Request},
    response::Response,
};

pub(crate) use self::front::Front;
use self::{problem::Problem, question::Question};
use super::{Origin, core::TARGET_DURATION};

/// How long requests are held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// A blocked request is given up after three target durations (RFC 8216bis 6.2.5.2).
    pub(crate) blocked: Duration,
    /// A plain request for the playlist of a stream that has just begun is held until there is something to play.
    pub(crate) beginning: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { blocked: TARGET_DURATION * 3, beginning: TARGET_DURATION }
    }
}

/// The answer to a request.
pub(crate) enum Answer {
    /// There is something to say.
    Now(Response),
    /// There will be; it does not hold the request.
    Later(Pin<Box<dyn Future<Output = Response> + Send>>),
}

/// Answers a request for `/live/{lease}/{lesson}/…`.
pub(crate) fn answer<B>(origin: &Origin, request: &Request<B>) -> Answer {
    let response = match *request.method() {
        Method::GET | Method::HEAD => match Question::read(origin, request) {
            Ok(question) => return question.answer(),
            Err(problem) => problem.response(),
        },
        Method::OPTIONS => answer::preflight(),
        _ => Problem::Method.response(),
    };
    Answer::Now(answer::open_to_all(response))
}
