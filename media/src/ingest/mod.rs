//! How media comes in: a protocol asks a [`Gate`] whether a stream key may publish, and hands what arrives to the
//! [`Inlet`] it got, as access units. Only this module and what is below it know RTMP, FLV, SRT, MPEG-TS or WebRTC.
//!
//! Everything here reads bytes of strangers: it must never panic, never trust a length, never hold more than its limits,
//! never log a stream key.

pub mod aac;
pub mod avc;
pub(crate) mod bits;
pub(crate) mod entry;
pub mod flv;
mod nal;
pub mod peer;
pub mod rtmp;
pub mod rtp;
mod sets;
pub mod sound_chain;
pub mod srt;
pub mod ts;
pub mod webrtc;
pub mod whip;

use std::{future::Future, time::Duration};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use yunke_protocol::Transport;

pub use self::{aac::AudioConfig, avc::VideoConfig};

/// Picture or sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Track {
    /// H.264.
    Video,
    /// AAC.
    Audio,
}

/// One thing a publisher sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// The picture's format; before its first frame and whenever it changes.
    VideoConfig(VideoConfig),
    /// The sound's format; likewise.
    AudioConfig(AudioConfig),
    /// An access unit.
    Frame(Frame),
    /// The sound as it came, where it was made AAC of: for viewers who take Opus.
    Opus(Opus),
}

/// A packet of Opus (RFC 7587).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opus {
    /// Its time on the clock of the frames, milliseconds, wrapping at 2³².
    pub time_ms: u32,
    /// Its time by the publisher's own count, 48 kHz, not wrapping.
    pub ticks: i64,
    /// The packet.
    pub data: Bytes,
}

/// One access unit, timestamps as the publisher has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Picture or sound.
    pub track: Track,
    /// Decoding time, milliseconds, wrapping at 2³².
    pub dts_ms: u32,
    /// Presentation minus decoding time, milliseconds.
    pub cts_ms: i32,
    /// Decoding can start here.
    pub key: bool,
    /// Length-prefixed NAL units, or one raw AAC frame.
    pub data: Bytes,
}

/// What was left out of what a publisher sends, since it began: for the lecturer, who would not know otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Pictures and pieces of sound that do not add up.
    pub damaged: u64,
    /// Key frames without the parameter sets they need.
    pub without_sets: u64,
    /// Sound before its format.
    pub without_format: u64,
    /// Messages of further tracks or streams beside the first.
    pub further: u64,
    /// Messages that are too large to be read.
    pub oversized: u64,
}

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

    /// Cancelled when the place is taken away; [`Inlet::farewell`] then has the reason.
    fn revoked(&self) -> CancellationToken;

    /// Why the place was taken away.
    fn farewell(&self) -> Refusal;

    /// What was left out so far, all together.
    fn left_out(&mut self, _left_out: LeftOut) {}

    /// Its publisher is refused after all: for whoever gives the lesson. Not every protocol can tell its publisher why.
    fn refused(&mut self, _refusal: &Refusal) {}
}
