//! A peer's place at what all peers share: its inboxes, one for each family of addresses, and its streams, the connections
//! of ICE over TCP (RFC 6544) that named it.

use std::{
    net::SocketAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::segments::Run;

/// Datagrams that wait for one peer: 1 s of 8 Mbit/s. When full, further ones are dropped, as a network does.
const INBOX: usize = 1024;
/// Datagrams that wait for one stream: 1 s of 4 Mbit/s. When full, further ones are dropped: late media is worth nothing.
const OUTBOX: usize = 512;
/// Streams of one peer: its networks, and a restart. When full, the oldest is closed.
const MAX_STREAMS: usize = 4;

/// A datagram and where it came from.
pub(super) type Datagram = (Bytes, SocketAddr);

/// What comes for a peer by one family of addresses.
pub(super) type Inbox = mpsc::Receiver<Datagram>;

/// What is to go out by a stream; the stream is to end when it does.
pub(super) type Outbox = mpsc::Receiver<Bytes>;

/// Streams by the address they came from.
type Streams = Vec<(SocketAddr, mpsc::Sender<Bytes>)>;

/// A seat.
#[derive(Debug)]
pub(super) struct PeerRegistration {
    v4: mpsc::Sender<Datagram>,
    v6: mpsc::Sender<Datagram>,
    /// Nearly no peer has one: looked at before the lock.
    any: AtomicBool,
    /// `None` once the peer left.
    streams: Mutex<Option<Streams>>,
    /// What the peer's connection writes next.
    pub(super) run: Run,
}

impl PeerRegistration {
    /// A seat, and its inboxes for IPv4 and IPv6.
    pub(super) fn new() -> (Self, [Inbox; 2]) {
        let ((v4, in4), (v6, in6)) = (mpsc::channel(INBOX), mpsc::channel(INBOX));
        let streams = Mutex::new(Some(Vec::new()));
        (Self { v4, v6, any: AtomicBool::new(false), streams, run: Run::default() }, [in4, in6])
    }

    /// Puts a datagram into the peer's inbox; whether there was room.
    pub(super) fn put(&self, datagram: Bytes, from: SocketAddr) -> bool {
        let inbox = if from.is_ipv4() { &self.v4 } else { &self.v6 };
        inbox.try_send((datagram, from)).is_ok()
    }

    /// From now on what goes to this address goes by this stream. `None`: the peer has left.
    pub(super) fn join(&self, from: SocketAddr) -> Option<Outbox> {
        let (tx, rx) = mpsc::channel(OUTBOX);
        let mut streams = self.streams();
        let list = streams.as_mut()?;
        list.retain(|(address, stream)| *address != from && !stream.is_closed());
        if list.len() >= MAX_STREAMS {
            list.remove(0);
        }
        list.push((from, tx));
        self.any.store(true, Ordering::Release);
        Some(rx)
    }

    /// Hands datagrams to the stream to this address, each for a frame of its own; whether there is one.
    pub(super) fn stream<'a>(&self, datagrams: impl Iterator<Item = &'a [u8]>, to: SocketAddr) -> bool {
        if !self.any.load(Ordering::Acquire) {
            return false;
        }
        let streams = self.streams();
        let stream = streams.iter().flatten().find(|(address, stream)| *address == to && !stream.is_closed());
        let Some((_, stream)) = stream else { return false };
        for datagram in datagrams {
            if stream.try_send(Bytes::copy_from_slice(datagram)).is_err() {
                metrics::counter!("yunke_media_webrtc_outbox_full_total").increment(1);
            }
        }
        true
    }

    /// The peer is gone: its streams end, and none joins any more.
    pub(super) fn leave(&self) {
        *self.streams() = None;
    }

    fn streams(&self) -> MutexGuard<'_, Option<Streams>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn stream(seat: &PeerRegistration, to: SocketAddr) -> bool {
        seat.stream([&b"x"[..]].into_iter(), to)
    }

    #[test]
    fn each_family_has_an_inbox() {
        let (seat, [mut v4, mut v6]) = PeerRegistration::new();
        let far = SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 7));
        assert!(seat.put(Bytes::from_static(b"four"), at(1)));
        assert!(seat.put(Bytes::from_static(b"six"), far));
        assert_eq!(v4.try_recv().ok(), Some((Bytes::from_static(b"four"), at(1))));
        assert_eq!(v6.try_recv().ok(), Some((Bytes::from_static(b"six"), far)));
    }

    #[test]
    fn a_stream_takes_what_goes_to_its_address_until_it_ends() {
        let (seat, _inboxes) = PeerRegistration::new();
        assert!(!stream(&seat, at(1)));
        let mut one = seat.join(at(1)).expect("a seat in use");
        assert!(stream(&seat, at(1)) && !stream(&seat, at(2)));
        assert_eq!(one.try_recv().ok(), Some(Bytes::from_static(b"x")));
        drop(one);
        assert!(!stream(&seat, at(1)), "by UDP again");
    }

    #[test]
    fn each_datagram_of_a_run_is_a_frame_of_its_own() {
        let (seat, _inboxes) = PeerRegistration::new();
        let mut stream = seat.join(at(1)).expect("a seat in use");
        assert!(seat.stream(b"aabbc".chunks(2), at(1)));
        let frames: Vec<Bytes> = std::iter::from_fn(|| stream.try_recv().ok()).collect();
        assert_eq!(frames, ["aa", "bb", "c"]);
    }

    #[test]
    fn streams_and_what_waits_in_them_are_bounded() {
        let (seat, _inboxes) = PeerRegistration::new();
        let mut first = seat.join(at(0)).expect("a seat in use");
        for _ in 0..2 * OUTBOX {
            assert!(stream(&seat, at(0)));
        }
        assert_eq!(std::iter::from_fn(|| first.try_recv().ok()).count(), OUTBOX);
        let _others = [1, 2, 3, 4].map(|port| seat.join(at(port)));
        assert!(!stream(&seat, at(0)) && stream(&seat, at(4)));
        assert_eq!(first.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    }

    #[test]
    fn who_left_has_no_streams() {
        let (seat, _inboxes) = PeerRegistration::new();
        let mut stream = seat.join(at(1)).expect("a seat in use");
        seat.leave();
        assert_eq!(stream.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        assert!(seat.join(at(1)).is_none());
    }
}
