//! Serves HTTP/1.1 connections with as little memory each as can be: thousands of readers wait here for their next part.
//!
//! `axum::serve` also speaks HTTP/2, whose state every connection then carries (19 KB instead of 10 KB for a reader that
//! waits). HTTP/2 is the edge's business, where there is TLS. Nothing here knows what is served.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

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
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpSocket},
};
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

/// Requests below this path are told what their connection has sent so far: see [`Written`].
const COUNTED: &str = "/audio/";

/// How many bytes the socket of a connection has taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written(Arc<AtomicU64>);

impl Written {
    /// So far, heads of answers included.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// A socket whose bytes are counted.
struct Counted<S> {
    socket: S,
    written: Written,
}

impl<S> Counted<S> {
    fn wrote(&self, poll: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &poll {
            self.written.0.fetch_add(*bytes as u64, Ordering::AcqRel);
        }
        poll
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.wrote(poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.wrote(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

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
        let written = Written::default();
        let socket = Counted { socket, written: written.clone() };
        let service = service_fn(move |request: Request<Incoming>| {
            let (mut head, body) = request.into_parts();
            if head.uri.path().starts_with(COUNTED) {
                head.extensions.insert(written.clone());
            }
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
