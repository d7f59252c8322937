//! The web listener: HTTP/1 and 2 on an injected socket, with limits against silent, slow and garbled peers,
//! and an end that lets running answers finish.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;
use yunke_host::{AskedBody, AskedRequest, Patience, Patient, Slot, Slots};

use crate::config::HttpConfig;

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

/// Serves until `stopping`, then drains. Connections beyond the limit wait in the kernel's queue for what others hold in silence.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    stopping: CancellationToken,
    config: &HttpConfig,
) {
    let connections = TaskTracker::new();
    let slots = Slots::new(config.max_connections);
    // A proxy's connections are those of everybody behind it, and it opens none before there is something to ask.
    let by_line = !config.trust_forwarded;
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
                connections.spawn(connection(stream, peer, slot, router, stopping));
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

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    slot: Slot,
    router: Router,
    stopping: CancellationToken,
) {
    // Small frames of a room must not wait for more.
    let _ = stream.set_nodelay(true);
    let calls = slot.calls();
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (head, body) = request.into_parts();
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
