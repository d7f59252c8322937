//! What WHEP needs of a WebRTC implementation: an [`Outlet`] for an offer, and the [`News`] of who is behind it. Only
//! `ingest/webrtc` knows the crate.

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::{
    unit::Track,
    webrtc::signalling::{
        line::{Line, PeerError, Pending},
        offer::{Format, Offer},
    },
};

/// News that wait. When full, a request for a key frame is dropped: one of the others stands for it.
pub const NEWS: usize = 16;

/// What is heard of a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// ICE and DTLS are through. Nothing may be sent before.
    Connected,
    /// It cannot show anything without a key frame.
    KeyWanted,
    /// It said goodbye, or was not heard for too long.
    Gone,
}

/// Which formats of an offer are sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chosen {
    /// H.264.
    pub video: Option<Format>,
    /// The payload type of its retransmissions.
    pub repair: Option<u8>,
    /// Opus.
    pub audio: Option<Format>,
}

/// The connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection is closed")]
pub struct Closed;

/// Packets of one access unit.
#[derive(Debug, Clone, Copy)]
pub struct Burst<'a> {
    /// Picture or sound.
    pub track: Track,
    /// RTP time of all of them.
    pub timestamp: u32,
    /// Of the first; the others count on.
    pub sequence: u16,
    /// RTP payloads; shared with all other viewers.
    pub payloads: &'a [Bytes],
}

/// The same instant on both clocks (RFC 3550, 6.4.1).
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// Whose.
    pub track: Track,
    /// Microseconds since 1970, UTC.
    pub utc_us: i64,
    /// RTP time.
    pub timestamp: u32,
    /// Packets sent so far, wrapping.
    pub packets: u32,
    /// Bytes of payload sent so far, wrapping.
    pub bytes: u32,
}

/// The answer with all candidates, and the outlet.
pub type Answered = Result<(String, Box<dyn Outlet>), PeerError>;

/// Makes outlets.
pub trait Outlets: Send + Sync + 'static {
    /// Answers an offer with these of its formats.
    fn answer<'a>(
        &'a self,
        offer: &'a Offer,
        chosen: &'a Chosen,
        news: mpsc::Sender<News>,
    ) -> Pending<'a, Answered>;
}

/// Our end of a viewer's WebRTC connection.
pub trait Outlet: Line {
    /// Sends packets; waits while the connection does not keep up. What the other side misses is sent again from here.
    fn send<'a>(&'a self, burst: Burst<'a>) -> Pending<'a, Result<(), Closed>>;

    /// Sends a sender report.
    fn report(&self, report: Report) -> Pending<'_, Result<(), Closed>>;
}
