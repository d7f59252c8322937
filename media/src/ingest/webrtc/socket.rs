//! One UDP socket for all peers. Each peer has a [`VirtualSocket`]: it sends through the shared socket, and receives what
//! the [`Exchange`] finds to be its own.

use std::{
    fmt,
    future::Future,
    io::{self, IoSliceMut},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::{net::UdpSocket, sync::mpsc};
use tokio_util::sync::CancellationToken;
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use super::routes::{PeerId, Routes};

/// Datagrams that wait for one peer: 1 s of 8 Mbit/s. When full, further ones are dropped, as a network does.
const INBOX: usize = 1024;
/// Largest datagram.
const MAX_DATAGRAM: usize = 2000;

type Datagram = (Bytes, SocketAddr);

/// The shared socket.
#[derive(Debug)]
pub(super) struct Exchange {
    socket: UdpSocket,
    routes: Mutex<Routes<mpsc::Sender<Datagram>>>,
    next: AtomicU64,
}

impl Exchange {
    pub(super) fn new(socket: UdpSocket) -> Arc<Self> {
        Arc::new(Self { socket, routes: Mutex::default(), next: AtomicU64::new(1) })
    }

    fn routes(&self) -> MutexGuard<'_, Routes<mpsc::Sender<Datagram>>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a peer; given up when dropped.
    pub(super) fn place(self: &Arc<Self>) -> Place {
        let peer = self.next.fetch_add(1, Ordering::Relaxed);
        let (tx, rx) = mpsc::channel(INBOX);
        self.routes().add(peer, tx);
        Place { exchange: Arc::clone(self), peer, inbox: Arc::new(Mutex::new(rx)) }
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
            match self.routes().route(datagram, from) {
                None => strangers.increment(1),
                Some(inbox) => {
                    if inbox.try_send((Bytes::copy_from_slice(datagram), from)).is_err() {
                        full.increment(1);
                    }
                }
            }
        }
    }
}

/// A peer's place at the shared socket.
#[derive(Debug)]
pub(super) struct Place {
    exchange: Arc<Exchange>,
    peer: PeerId,
    inbox: Arc<Mutex<mpsc::Receiver<Datagram>>>,
}

impl Place {
    /// STUN requests with this user name fragment are for this peer.
    pub(super) fn name(&self, ufrag: &str) {
        self.exchange.routes().name(self.peer, ufrag);
    }

    /// The socket the peer is given in place of `local`, whose address it keeps: it is only a name.
    pub(super) fn socket(&self, local: SocketAddr) -> VirtualSocket {
        VirtualSocket {
            exchange: Arc::clone(&self.exchange),
            inbox: Arc::clone(&self.inbox),
            local,
            waiting: Mutex::default(),
        }
    }
}

impl Place {
    /// Nothing is received any more; what still holds the place (tasks that end) sees its socket broken.
    pub(super) fn leave(&self) {
        self.exchange.routes().remove(self.peer);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

type Writable = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

/// A socket as one peer sees it.
pub(super) struct VirtualSocket {
    exchange: Arc<Exchange>,
    inbox: Arc<Mutex<mpsc::Receiver<Datagram>>>,
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
        loop {
            match self.exchange.socket.try_send_to(transmit.contents, transmit.destination) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                    let exchange = Arc::clone(&self.exchange);
                    let wait = waiting
                        .get_or_insert_with(|| Box::pin(async move { exchange.socket.writable().await }));
                    let writable = ready!(wait.as_mut().poll(cx));
                    *waiting = None;
                    writable?;
                }
                // Unreachable for now is a lost datagram, not the end of the socket that all share.
                Err(_) => return Poll::Ready(Ok(transmit.contents.len())),
                sent => return Poll::Ready(sent),
            }
        }
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
