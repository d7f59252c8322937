//! How media comes in: a protocol asks a [`Gate`] whether a stream key may publish, and hands what arrives to the
//! [`Inlet`] it got, as access units. Only this module and what is below it know RTMP, SRT or WHIP.
//!
//! Everything here reads bytes of strangers: it must never panic, never trust a length, never hold more than its limits,
//! never log a stream key.

pub mod rtmp;
pub mod rtp;
pub mod srt;
pub mod whip;

use std::{future::Future, time::Duration};

use tokio_util::sync::CancellationToken;
use yunke_protocol::Transport;

use crate::{
    codec::CodecError,
    container::ContainerError,
    unit::{LeftOut, Unit},
};

/// Why a publisher is refused or sent away, in words for its log window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// For the protocol to choose its code by.
    pub kind: RefusalKind,
    /// English, one sentence, no secrets.
    pub reason: String,
}

/// What kind of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// No lesson has this key.
    WrongKey,
    /// The lesson has its publisher, or is over.
    Denied,
    /// Not now, but perhaps in a moment: the node or the server cannot.
    Later,
    /// What is sent cannot be used.
    Media,
    /// It is not encrypted with our passphrase.
    Passphrase,
}

impl Refusal {
    /// A refusal of unusable media.
    pub fn media(reason: impl Into<String>) -> Self {
        Self { kind: RefusalKind::Media, reason: reason.into() }
    }

    /// A refusal for the state of the lesson.
    pub fn denied(reason: impl Into<String>) -> Self {
        Self { kind: RefusalKind::Denied, reason: reason.into() }
    }
}

impl From<CodecError> for Refusal {
    fn from(error: CodecError) -> Self {
        Self::media(error.to_string())
    }
}

impl From<ContainerError> for Refusal {
    fn from(error: ContainerError) -> Self {
        Self::media(error.to_string())
    }
}

/// Decides who may publish.
pub trait Gate: Send + Sync + 'static {
    /// The publisher's place in its lesson.
    type Inlet: Inlet;

    /// Asks whether this key may publish now. May take some seconds when an earlier publisher of the lesson seems dead.
    fn open(
        &self,
        transport: Transport,
        stream_key: String,
    ) -> impl Future<Output = Result<Self::Inlet, Refusal>> + Send;

    /// Tells whoever gives this key's lesson why its publisher was refused before it asked for a seat, if there is a lesson.
    fn refused(
        &self,
        _transport: Transport,
        _stream_key: String,
        _refusal: &Refusal,
    ) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// A publisher's place in its lesson; dropping it says that the publisher is gone.
pub trait Inlet: Send + 'static {
    /// Takes a unit. The answer says how long to wait before reading on from the network, so that a publisher that sends
    /// faster than real time is held back by its own connection instead of by memory here.
    fn push(&mut self, unit: Unit) -> Result<Duration, Refusal>;

    /// A viewer cannot go on without a key frame. True once a question, and at most once a second.
    fn key_wanted(&self) -> bool {
        false
    }

    /// Cancelled when the place is taken away; [`Inlet::close_reason`] then has the reason.
    fn revoked(&self) -> CancellationToken;

    /// Why the place was taken away.
    fn close_reason(&self) -> Refusal;

    /// What was left out so far, all together.
    fn left_out(&mut self, _left_out: LeftOut) {}

    /// Its publisher is refused after all: for whoever gives the lesson. Not every protocol can tell its publisher why.
    fn refused(&mut self, _refusal: &Refusal) {}
}
