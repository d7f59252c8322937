//! The web listeners: HTTP/1 and 2 on an injected socket, plain or over TLS, with limits against silent, slow and garbled
//! peers, and an end that lets running answers finish.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;
use yunke_host::{AskedBody, AskedRequest, Patience, Patient, Slot, Slots};

use crate::{
    arrival,
    https::{Handshakes, handshake},
};

/// How long a client may take to send its request's head; a connection that is kept for the next request waits as long.
const HEAD_LIMIT: Duration = Duration::from_secs(15);

/// How long a client may take until it is known which HTTP it speaks, and without taking a byte of an answer.
const PATIENCE: Patience = Patience { begin: Duration::from_secs(15), write: Duration::from_secs(25) };

/// An HTTP/2 client that is silent for so long is asked for a sign of life, and gone without an answer after the second.
/// Half a frame is silence, too: nothing behind it can be read.
const H2_SILENCE: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(10));

/// How long running answers may go on after the server was told to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// Pause after an accept that failed (out of file descriptors): trying at once again would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where connections come in.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    /// What each begins with; `None`: plain http.
    pub(crate) handshakes: Option<Handshakes>,
    /// Whether who holds connections in silence is told apart by address. A proxy's connections are those of everybody behind it,
    /// and it opens none before there is something to ask.
    pub(crate) by_line: bool,
}

/// Serves until `stopping`, then drains. Connections beyond the limit, which all doors share, wait in the kernel's queue for what
/// others hold in silence.
pub(crate) async fn serve(door: Door, router: Router, slots: Arc<Slots>, stopping: CancellationToken) {
    let connections = TaskTracker::new();
    let Door { listener, handshakes, by_line } = door;
    loop {
        let accepted = async {
            let permit = slots.room().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (router, stopping) = (router.clone(), stopping.clone());
                let slot = slots.take(by_line.then_some(peer.ip()), permit);
                // Small frames of a room must not wait for more.
                let _ = stream.set_nodelay(true);
                match handshakes.clone() {
                    None => connections.spawn(connection(stream, peer, false, slot, router, stopping)),
                    Some(handshakes) => {
                        connections.spawn(over_tls(handshakes, stream, peer, slot, router, stopping))
                    }
                };
            }
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN_LIMIT, connections.wait()).await.is_err() {
        tracing::debug!(connections = connections.len(), "connections are cut off");
    }
}

async fn over_tls(
    handshakes: Handshakes,
    stream: TcpStream,
    peer: SocketAddr,
    slot: Slot,
    router: Router,
    stopping: CancellationToken,
) {
    // TLS takes a whole answer and keeps it: who reads nothing is found out beneath it.
    let stream = Patient::begun(stream, PATIENCE.write);
    let stream = tokio::select! {
        done = handshake(&handshakes, stream) => done,
        () = slot.wanted() => return,
        () = stopping.cancelled() => return,
    };
    match stream {
        Ok(stream) => connection(stream, peer, true, slot, router, stopping).await,
        Err(error) => tracing::trace!(%error, "no handshake"),
    }
}

async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: SocketAddr,
    own_tls: bool,
    slot: Slot,
    router: Router,
    stopping: CancellationToken,
) {
    let calls = slot.calls();
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (mut head, body) = request.into_parts();
        arrival::arrived(&mut head, own_tls);
        let (asked, body) = AskedRequest::new(&calls, body);
        let mut request = Request::from_parts(head, body);
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        async move {
            let ready = <Router as tower::ServiceExt<Request<AskedBody<Incoming>>>>::ready(&mut router).await;
            match ready {
                Ok(router) => {
                    router.call(request).await.map(|answer| answer.map(|body| asked.answered(body)))
                }
                Err(never) => match never {},
            }
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(64)
        .keep_alive_interval(H2_SILENCE.0)
        .keep_alive_timeout(H2_SILENCE.1);
    let connection =
        builder.serve_connection_with_upgrades(TokioIo::new(Patient::new(stream, PATIENCE)), service);
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = slot.wanted() => Ok(()),
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::trace!(%error, "connection ended");
    }
}
