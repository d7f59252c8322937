//! One UDP socket for all peers. Each peer has a [`VirtualSocket`] for each family of addresses: it sends through the shared
//! socket, or a stream that came from the address, and receives what the [`Exchange`] finds to be its own.

use std::{
    fmt,
    future::Future,
    io::{self, IoSliceMut},
    net::{Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use super::{
    registration::{Inbox, PeerRegistration},
    routes::{PeerId, Routes, stun_name},
    segments::{Run, Segments},
};

/// Largest datagram.
pub(super) const MAX_DATAGRAM: usize = 2000;

/// The shared socket.
#[derive(Debug)]
pub(super) struct Exchange {
    socket: UdpSocket,
    segments: Segments,
    /// The socket is one of IPv6, which takes IPv4 as mapped addresses.
    both: bool,
    /// A peer may have a name of IPv6: the machine has not switched it off.
    names: bool,
    routes: Mutex<Routes<Arc<PeerRegistration>>>,
    next: AtomicU64,
}

impl Exchange {
    pub(super) fn new(socket: UdpSocket) -> io::Result<Arc<Self>> {
        let both = socket.local_addr()?.is_ipv6();
        let names = both && std::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
        let (segments, routes, next) = (Segments::new()?, Mutex::default(), AtomicU64::new(1));
        Ok(Arc::new(Self { socket, segments, both, names, routes, next }))
    }

    fn routes(&self) -> MutexGuard<'_, Routes<Arc<PeerRegistration>>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A slot for a peer; given up when dropped.
    pub(super) fn slot(self: &Arc<Self>) -> PeerSlot {
        let peer = self.next.fetch_add(1, Ordering::Relaxed);
        let (seat, inboxes) = PeerRegistration::new();
        let seat = Arc::new(seat);
        self.routes().add(peer, Arc::clone(&seat));
        PeerSlot {
            exchange: Arc::clone(self),
            peer,
            seat,
            inboxes: inboxes.map(|inbox| Arc::new(Mutex::new(inbox))),
        }
    }

    /// The peer that a STUN request names.
    pub(super) fn named(&self, request: &[u8]) -> Option<Arc<PeerRegistration>> {
        self.routes().named(stun_name(request)?).cloned()
    }

    /// Hands datagrams out until cancelled.
    pub(super) async fn run(&self, stop: &CancellationToken) {
        let strangers = metrics::counter!("yunke_media_webrtc_strangers_dropped_total");
        let full = metrics::counter!("yunke_media_webrtc_inbox_full_total");
        let mut buffer = [0; MAX_DATAGRAM];
        while let Some(received) = stop.run_until_cancelled(self.socket.recv_from(&mut buffer)).await {
            // An ICMP answer of a peer that went is no error of the socket.
            let Ok((length, from)) = received else {
                tokio::task::yield_now().await;
                continue;
            };
            let datagram = &buffer[..length];
            let from = plain(from);
            match self.routes().route(datagram, from) {
                None => strangers.increment(1),
                Some(seat) => {
                    if !seat.put(Bytes::copy_from_slice(datagram), from) {
                        full.increment(1);
                    }
                }
            }
        }
    }

    /// Sends a datagram, or several of this size. The only error is that the socket would block.
    fn send(&self, contents: &[u8], size: usize, to: SocketAddr) -> io::Result<()> {
        let to = self.outward(to);
        if size < contents.len() {
            return self.segments.send(&self.socket, contents, size, to);
        }
        match self.socket.try_send_to(contents, to) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(error),
            // Unreachable for now is a lost datagram, not the end of the socket that all share.
            _ => Ok(()),
        }
    }

    /// An address as the shared socket takes it.
    fn outward(&self, to: SocketAddr) -> SocketAddr {
        match to {
            SocketAddr::V4(v4) if self.both => SocketAddr::from((v4.ip().to_ipv6_mapped(), v4.port())),
            to => to,
        }
    }
}

/// The address without the wrapping that a socket of both families puts around IPv4. A scope is lost: link-local addresses are
/// offered to nobody.
pub(super) fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// A peer's slot at the shared socket.
#[derive(Debug)]
pub(super) struct PeerSlot {
    exchange: Arc<Exchange>,
    peer: PeerId,
    seat: Arc<PeerRegistration>,
    /// For IPv4 and IPv6.
    inboxes: [Arc<Mutex<Inbox>>; 2],
}

impl PeerSlot {
    /// STUN requests with this user name fragment are for this peer.
    pub(super) fn name(&self, ufrag: &str) {
        self.exchange.routes().name(self.peer, ufrag);
    }

    /// Who writes for the peer tells there what comes.
    pub(super) fn run(&self) -> Run {
        self.seat.run.clone()
    }

    /// Names for the peer's virtual sockets, one for each family of addresses it can be reached by. They must be addresses of this
    /// machine, as the peer binds a socket there before it is given ours.
    pub(super) fn names(&self) -> Vec<SocketAddr> {
        let v4 = SocketAddr::from(([127, 0, 0, 1], 0));
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
        if self.exchange.names { vec![v4, v6] } else { vec![v4] }
    }

    /// The socket the peer is given in slot of `local`, whose address it keeps: it is only a name.
    pub(super) fn socket(&self, local: SocketAddr) -> VirtualSocket {
        VirtualSocket {
            exchange: Arc::clone(&self.exchange),
            seat: Arc::clone(&self.seat),
            inbox: Arc::clone(&self.inboxes[usize::from(local.is_ipv6())]),
            local,
            waiting: Mutex::default(),
        }
    }

    /// Nothing is received any more; what still holds the slot (tasks that end) sees its socket broken.
    pub(super) fn leave(&self) {
        self.exchange.routes().remove(self.peer);
        self.seat.leave();
    }
}

impl Drop for PeerSlot {
    fn drop(&mut self) {
        self.leave();
    }
}

type Writable = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

/// A socket as one peer sees it.
pub(super) struct VirtualSocket {
    exchange: Arc<Exchange>,
    seat: Arc<PeerRegistration>,
    inbox: Arc<Mutex<Inbox>>,
    local: SocketAddr,
    /// The wait of this peer for the shared socket to take more; its own, as the socket remembers one waker only.
    waiting: Mutex<Option<Writable>>,
}

impl fmt::Debug for VirtualSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualSocket").field("local", &self.local).finish_non_exhaustive()
    }
}

impl AsyncUdpSocket for VirtualSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let Transmit { contents, destination, segment_size, .. } = *transmit;
        let size = segment_size.unwrap_or(contents.len()).max(1);
        if self.seat.stream(contents.chunks(size), destination) {
            return Poll::Ready(Ok(contents.len()));
        }
        while self.exchange.send(contents, size, destination).is_err() {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let exchange = Arc::clone(&self.exchange);
            let wait =
                waiting.get_or_insert_with(|| Box::pin(async move { exchange.socket.writable().await }));
            let writable = ready!(wait.as_mut().poll(cx));
            *waiting = None;
            writable?;
        }
        Poll::Ready(Ok(contents.len()))
    }

    fn max_gso_segments(&self) -> usize {
        if self.exchange.segments.taken() { self.seat.run.length() } else { 1 }
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((datagram, from)) = ready!(inbox.poll_recv(cx)) else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let (Some(buffer), Some(meta)) = (bufs.first_mut(), meta.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        let length = datagram.len().min(buffer.len());
        buffer[..length].copy_from_slice(&datagram[..length]);
        *meta = RecvMeta::default();
        meta.addr = from;
        meta.len = length;
        meta.stride = length.max(1);
        Poll::Ready(Ok(1))
    }
}
