//! Serves HTTP/1.1 connections with as little memory each as can be: thousands of readers wait here for their next part.
//!
//! `axum::serve` also speaks HTTP/2, whose state every connection then carries (19 KB instead of 10 KB for a reader that
//! waits). HTTP/2 is the edge's business, where there is TLS. Nothing here knows what is served.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    body::Body,
    extract::Request as AxumRequest,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use yunke_host::{AskedBody, AskedRequest, Outcome, Patient, Slots, answer_in_time};

/// Connections at a time, where there are files for them. When full, further ones stay in the kernel's queue until one ends,
/// or until what one line holds in silence is closed.
pub const CONNECTIONS: usize = 60_000;

/// Connections that may wait to be accepted; the kernel may allow fewer.
const QUEUE: u32 = 16_384;

/// A client that has not sent its request's head by then is not a player. One that is kept for the next request waits as long.
const HEAD_TIME: Duration = Duration::from_secs(25);

/// A reader that takes no byte of its answer for so long is gone.
const STALL_TIME: Duration = Duration::from_secs(25);

/// After a failed accept (no file descriptors left, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// An answer may take so long to begin once the request is there. Live playlists, which are waited for, come another way.
const ANSWER_TIME: Duration = Duration::from_mins(1);

/// Middleware: a body that comes too slowly is a 408, and what it held is free.
pub async fn in_time(request: AxumRequest, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let answer = |body| next.run(AxumRequest::from_parts(parts, Body::new(body)));
    match answer_in_time(body, ANSWER_TIME, answer).await {
        Outcome::Answered(response) => response,
        Outcome::SlowBody => {
            (StatusCode::REQUEST_TIMEOUT, "what you send comes too slowly\n").into_response()
        }
        Outcome::SlowAnswer => (StatusCode::SERVICE_UNAVAILABLE, "this took too long\n").into_response(),
    }
}

/// Listens with a queue as long as the kernel lets it be: a lesson that starts brings thousands at once.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Serves until `stop`, so many connections at a time; those under way then finish the answer they are at.
pub async fn http<S>(
    listener: TcpListener,
    service: S,
    connections: usize,
    tasks: TaskTracker,
    stop: CancellationToken,
) where
    S: Service<Request<AskedBody<Incoming>>, Response = Response, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    let slots = Slots::new(connections);
    let accept = async || {
        let permit = slots.room().await;
        (permit, listener.accept().await)
    };
    while let Some((permit, accepted)) = stop.run_until_cancelled(accept()).await {
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // A playlist's answer is small and awaited: it must not wait for more to send.
        let _ = socket.set_nodelay(true);
        let slot = slots.take(Some(peer.ip()), permit);
        let (calls, service) = (slot.calls(), service.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (head, body) = request.into_parts();
            let (asked, body) = AskedRequest::new(&calls, body);
            let answer = service.call(Request::from_parts(head, body));
            async { answer.await.map(|answer| answer.map(|body| asked.answered(body))) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .serve_connection(TokioIo::new(Patient::begun(socket, STALL_TIME)), service);
        let stop = stop.clone();
        tasks.spawn(async move {
            let mut connection = pin!(connection);
            tokio::select! {
                // A reader that hangs up is no error of ours.
                _ = connection.as_mut() => {}
                () = slot.wanted() => {}
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
        });
    }
}
