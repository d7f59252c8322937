//! RTMP ingest: a listener, and a task for each connection that carries bytes between the socket and the pure
//! [`session`]. Bounded in connections, time and bytes; a refused publisher gets to read the reason.

mod aggregate;
mod amf;
mod chunk;
pub(crate) mod converse;
mod handshake;
mod session;
mod slots;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::BytesMut;
use futures_util::FutureExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, Interest},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use yunke_protocol::Transport;

use self::{
    session::{Event, Session, SessionError},
    slots::{ConnectionSlot, ConnectionSlots},
};
use super::{Gate, Inlet, Refusal};
use crate::{
    container::flv::TagReader,
    unit::{LeftOut, Unit},
};

/// From the connection to an accepted `publish`; a slow line needs two seconds, a scanner never gets there.
const SETUP_TIME: Duration = Duration::from_secs(10);
/// Without a byte from a publisher for so long the connection is dead.
const IDLE_TIME: Duration = Duration::from_secs(15);
/// How long a refused publisher has to read why.
const FAREWELL_TIME: Duration = Duration::from_secs(1);
/// Read from the socket at once.
const READ_BYTES: usize = 32 << 10;

/// Accepts connections until cancelled, then waits for none: the tracker owns them, and they end with the token.
pub async fn serve<G: Gate>(
    listener: TcpListener,
    gate: Arc<G>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    let slots = ConnectionSlots::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "rtmp: accept failed");
                sleep(Duration::from_millis(100)).await; // out of descriptors: don't spin
                continue;
            }
        };
        let Some(slot) = slots.take().await else {
            metrics::counter!("yunke_media_rtmp_connections_refused_total").increment(1);
            continue;
        };
        let (gate, shutdown) = (Arc::clone(&gate), shutdown.clone());
        tasks.spawn(async move {
            connection(socket, peer, &slot, &*gate, &shutdown).await;
        });
    }
}

async fn connection<G: Gate>(
    socket: TcpStream,
    peer: SocketAddr,
    slot: &ConnectionSlot,
    gate: &G,
    shutdown: &CancellationToken,
) {
    let started = Instant::now();
    let _ = socket.set_nodelay(true);
    let mut connection =
        Connection { socket, session: Session::new(), input: BytesMut::new(), refused: false };
    let end = tokio::select! {
        end = connection.run(gate, slot) => end,
        () = slot.put_out().cancelled_owned() => Err(End::PutOut),
        () = shutdown.cancelled() => Err(End::Shutdown),
    };
    match &end {
        Ok(()) => tracing::debug!(peer.port = peer.port(), "rtmp: connection closed by peer"),
        Err(End::Refused(refusal)) => {
            tracing::info!(refusal.kind = ?refusal.kind, refusal.reason = %refusal, "rtmp: publisher refused");
            metrics::counter!("yunke_media_publishers_refused_total").increment(1);
        }
        Err(end) => tracing::debug!(peer.port = peer.port(), %end, "rtmp: connection ended"),
    }
    if connection.refused {
        connection.close().await;
    }
    metrics::histogram!("yunke_media_rtmp_connection_seconds").record(started.elapsed().as_secs_f64());
}

#[derive(Debug, thiserror::Error)]
enum End {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("nothing arrived in time")]
    Silent,
    #[error("refused: {0}")]
    Refused(Refusal),
    #[error("its slot was needed")]
    PutOut,
    #[error("the service ends")]
    Shutdown,
}

struct Connection {
    socket: TcpStream,
    session: Session,
    input: BytesMut,
    refused: bool,
}

impl Connection {
    async fn run<G: Gate>(&mut self, gate: &G, slot: &ConnectionSlot) -> Result<(), End> {
        loop {
            let deadline = Instant::now() + SETUP_TIME;
            let Some(key) = timeout_at(deadline, self.until_publish()).await.map_err(|_| End::Silent)??
            else {
                return Ok(());
            };
            let inlet = match gate.open(Transport::Rtmp, key).await {
                Ok(inlet) => inlet,
                Err(refusal) => return self.refuse(refusal).await,
            };
            if !slot.keep() {
                return Err(End::PutOut);
            }
            self.session.accept();
            self.flush().await?;
            if !self.publish(inlet).await? {
                return Ok(());
            }
        }
    }

    /// Reads until the peer wants to publish; `None` when it goes.
    async fn until_publish(&mut self) -> Result<Option<String>, End> {
        loop {
            let event = self.session.next(&mut self.input);
            self.flush().await?;
            match event? {
                Some(Event::Publish(key)) => return Ok(Some(key)),
                Some(_) => {}
                None if self.fill().await? => {}
                None => return Ok(None),
            }
        }
    }

    /// Carries media; true when the publication ended but the connection stays.
    async fn publish<I: Inlet>(&mut self, mut inlet: I) -> Result<bool, End> {
        let mut tags = TagReader::default();
        let mut units: Vec<Unit> = Vec::new();
        let mut left_out = LeftOut::default();
        let revoked = inlet.revoked();
        loop {
            let event = match self.session.next(&mut self.input) {
                Ok(event) => event,
                Err(error) => return self.misunderstood(&mut inlet, error).await,
            };
            let read = match event {
                Some(Event::Video(at, tag)) => tags.video(at, tag, &mut units),
                Some(Event::Audio(at, tag)) => tags.audio(at, tag, &mut units),
                Some(Event::Unpublish | Event::Publish(_)) => {
                    self.flush().await?;
                    return Ok(true);
                }
                None => {
                    self.flush().await?;
                    let more = tokio::select! {
                        more = timeout(IDLE_TIME, self.fill()) => more.map_err(|_| End::Silent)??,
                        () = revoked.cancelled() => return self.send_away(&mut inlet).await,
                    };
                    if !more {
                        return Ok(false);
                    }
                    continue;
                }
            };
            let (oversized, streams) = self.session.left_out();
            let further = tags.left_out().further + streams;
            let now = LeftOut { further, oversized, ..tags.left_out() };
            if left_out != now {
                left_out = now;
                inlet.left_out(now);
            }
            let mut pause = read.map(|()| Duration::ZERO).map_err(Refusal::from);
            for unit in units.drain(..) {
                pause = pause.and_then(|pause| Ok(pause.max(inlet.push(unit)?)));
            }
            match pause {
                Ok(Duration::ZERO) => {}
                Ok(pause) => {
                    tokio::select! {
                        () = sleep(pause) => {}
                        () = revoked.cancelled() => {}
                    }
                    if self.is_gone() {
                        return Ok(false);
                    }
                }
                Err(refusal) => {
                    inlet.refused(&refusal);
                    return self.refuse(refusal).await;
                }
            }
            if revoked.is_cancelled() {
                return self.send_away(&mut inlet).await;
            }
        }
    }

    /// What it sends cannot be read any more: it and the lecturer are told why.
    async fn misunderstood<T>(&mut self, inlet: &mut impl Inlet, error: SessionError) -> Result<T, End> {
        let refusal = Refusal::media(format!("what the encoder sends cannot be read: {error}"));
        inlet.refused(&refusal);
        self.refuse(refusal).await
    }

    /// Its slot was taken away.
    async fn send_away<T>(&mut self, inlet: &mut impl Inlet) -> Result<T, End> {
        let why = inlet.close_reason();
        inlet.refused(&why);
        self.refuse(why).await
    }

    /// The peer has closed. What it sent ahead of time and is not read yet would keep its seat for as long as it lasts.
    fn is_gone(&self) -> bool {
        let ready = self.socket.ready(Interest::READABLE).now_or_never();
        matches!(ready, Some(Ok(ready)) if ready.is_read_closed())
    }

    async fn fill(&mut self) -> io::Result<bool> {
        self.input.reserve(READ_BYTES);
        let n = (&mut self.socket).take(READ_BYTES as u64).read_buf(&mut self.input).await?;
        self.session.count(n);
        Ok(n > 0)
    }

    async fn flush(&mut self) -> io::Result<()> {
        let bytes = self.session.take_output();
        if !bytes.is_empty() {
            // A peer that does not read its answers is as dead as one that does not write.
            timeout(IDLE_TIME, self.socket.write_all(&bytes)).await??;
        }
        Ok(())
    }

    async fn refuse<T>(&mut self, refusal: Refusal) -> Result<T, End> {
        self.session.refuse(&refusal);
        self.refused = true;
        self.flush().await?;
        Err(End::Refused(refusal))
    }

    /// Reads on for a moment without keeping anything: closing with unread bytes would reset the connection, and the
    /// peer would lose the reason it is about to read.
    async fn close(&mut self) {
        let _ = self.socket.shutdown().await;
        self.input.clear();
        let mut sink = [0; 4096];
        let drain = async { while self.socket.read(&mut sink).await.is_ok_and(|n| n > 0) {} };
        let _ = timeout(FAREWELL_TIME, drain).await;
    }
}
