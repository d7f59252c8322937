//! What WHIP needs of a WebRTC implementation, and no more: a [`Peer`] for an offer, and what it hears on a [`Wire`].
//! Only the folder `webrtc` knows the crate behind it.

use std::{future::Future, pin::Pin};

use tokio::sync::mpsc;

use super::{
    rtp::{Packet, Report},
    whip::{fragment::Credentials, offer::Offer},
};

/// What waits between a peer and its session: 2 s of 8 Mbit/s. When full, packets are dropped, as a network does.
pub const WIRE: usize = 2048;

/// A future in a box.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a peer hears.
#[derive(Debug)]
pub enum Wire {
    /// ICE and DTLS are through.
    Connected,
    /// Media.
    Packet(Packet),
    /// A sender report.
    Report(Report),
    /// The other side said goodbye, or was not heard for too long.
    Gone,
}

/// Why there is no peer, or no restart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The description cannot be followed; the sentence says why.
    #[error("the offer cannot be followed: {0}")]
    Offer(String),
    /// It failed on this side.
    #[error("a WebRTC session cannot be made at the moment")]
    Here,
}

/// The answer with all candidates, and the peer.
pub type Answered = Result<(String, Box<dyn Peer>), PeerError>;

/// Makes peers.
pub trait Peers: Send + Sync + 'static {
    /// Answers an offer; what the peer hears goes to `wire`.
    fn answer<'a>(&'a self, offer: &'a Offer, wire: mpsc::Sender<Wire>) -> Pending<'a, Answered>;
}

/// The other end of a publisher's WebRTC session; closed when dropped, at the latest.
pub trait Peer: Send + Sync + 'static {
    /// Restarts ICE with the publisher's new credentials: ours, and our candidates. When it fails, all stays as it was.
    fn restart(&self, theirs: Credentials) -> Pending<'_, Result<Restarted, PeerError>>;

    /// Asks for a key frame.
    fn ask_key_frame(&self) -> Pending<'_, ()>;

    /// Says goodbye.
    fn close(&self) -> Pending<'_, ()>;
}

/// Our side of restarted ICE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restarted {
    /// New.
    pub credentials: Credentials,
    /// `a=candidate` values.
    pub candidates: Vec<String>,
}
