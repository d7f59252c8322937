//! What WHIP needs of a WebRTC implementation, and no more: a [`Peer`] for an offer, and what it hears on a [`Wire`].
//! Only the folder `webrtc` knows the crate behind it.

use tokio::sync::mpsc;

use super::rtp::{Again, Packet, Report};
use crate::webrtc::signalling::{
    line::{Line, PeerError, Pending},
    offer::Offer,
};

/// What waits between a peer and its session: 2 s of 8 Mbit/s. When full, packets are dropped, as a network does.
pub const WIRE: usize = 2048;

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

/// The answer with all candidates, and the peer.
pub type Answered = Result<(String, Box<dyn Peer>), PeerError>;

/// Makes peers.
pub trait Peers: Send + Sync + 'static {
    /// Answers an offer; what the peer hears goes to `wire`.
    fn answer<'a>(&'a self, offer: &'a Offer, wire: mpsc::Sender<Wire>) -> Pending<'a, Answered>;
}

/// The other end of a publisher's WebRTC session.
pub trait Peer: Line {
    /// Asks for a key frame.
    fn ask_key_frame(&self) -> Pending<'_, ()>;

    /// Asks for packets again.
    fn ask_again(&self, again: Again) -> Pending<'_, ()>;
}
