//! A socket whose other side gets so long to begin and so long to take what it is sent, and no longer.
//!
//! hyper limits the time of a request's head, and of nothing else: a connection that sends no byte, or half of HTTP/2's
//! preface, or that never reads its answer, would be held for ever.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// What a client of HTTP/2 sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long the other side may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until it is known which HTTP it speaks.
    pub begin: Duration,
    /// Without taking a byte of what is to be sent.
    pub write: Duration,
}

/// A connection with limits. Costs no timer while all goes well.
#[derive(Debug)]
pub struct Patient<S> {
    inner: S,
    write: Duration,
    /// Bytes of the preface seen so far, and until when the rest is waited for; none: it has begun.
    beginning: Option<(usize, Pin<Box<Sleep>>)>,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// Around a connection that was just accepted.
    pub fn new(inner: S, patience: Patience) -> Self {
        let Patience { begin, write } = patience;
        Self { inner, write, beginning: Some((0, Box::pin(sleep(begin)))), stalled: None }
    }

    /// Around one whose beginning somebody else looks after.
    pub fn begun(inner: S, write: Duration) -> Self {
        Self { inner, write, beginning: None, stalled: None }
    }

    /// What was just read: anything but a beginning of the preface is HTTP/1, whose head has a limit of its own.
    fn saw(&mut self, bytes: &[u8]) {
        let Some((seen, _)) = &mut self.beginning else { return };
        let rest = &PREFACE[*seen..];
        if bytes.len() < rest.len() && rest.starts_with(bytes) {
            *seen += bytes.len();
        } else {
            self.beginning = None;
        }
    }

    /// A write that cannot go on now. False: it has waited too long.
    fn may_wait(&mut self, cx: &mut Context<'_>) -> bool {
        let limit = self.write;
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        timer.as_mut().poll(cx).is_pending()
    }

    fn wrote<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stalled = None;
        } else if !self.may_wait(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        poll
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.inner).poll_read(cx, buf);
        if poll.is_ready() {
            let bytes = &buf.filled()[before..];
            if !bytes.is_empty() {
                self.saw(bytes);
            }
        }
        if poll.is_pending()
            && let Some((_, timer)) = &mut self.beginning
        {
            ready!(timer.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.wrote(cx, poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.wrote(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        time::Instant,
    };

    use super::*;

    const PATIENCE: Patience =
        Patience { begin: Duration::from_millis(150), write: Duration::from_millis(200) };

    /// Reads what was sent, and then what never comes; whether it was given up.
    async fn gives_up(sent: &[u8]) -> bool {
        let (mut far, near) = duplex(1024);
        let mut near = Patient::new(near, PATIENCE);
        far.write_all(sent).await.expect("sent");
        let mut bytes = [0; 64];
        if !sent.is_empty() {
            assert_eq!(near.read(&mut bytes).await.expect("read"), sent.len());
        }
        match tokio::time::timeout(PATIENCE.begin * 3, near.read(&mut bytes)).await {
            Ok(ended) => ended.expect_err("nothing comes").kind() == io::ErrorKind::TimedOut,
            Err(_) => false,
        }
    }

    #[tokio::test]
    async fn silence_and_half_a_preface_are_given_up_and_what_has_begun_is_not() {
        for part in [b"".as_slice(), &PREFACE[..1], &PREFACE[..3], &PREFACE[..23]] {
            assert!(gives_up(part).await, "{part:?}");
        }
        for begun in [PREFACE, b"G", b"PUT", b"\x16\x03", b"PRI * HTTP/1.1"] {
            assert!(!gives_up(begun).await, "{begun:?}");
        }
    }

    #[tokio::test]
    async fn who_takes_nothing_is_given_up_and_who_takes_slowly_is_not() {
        let (mut far, near) = duplex(16);
        let mut near = Patient::begun(near, PATIENCE.write);
        let began = Instant::now();
        let slow = async {
            for _ in 0..4 {
                tokio::time::sleep(PATIENCE.write / 2).await;
                far.read_exact(&mut [0; 16]).await.expect("read");
            }
            far
        };
        let sending = [1; 96];
        let (sent, _far) = tokio::join!(near.write_all(&sending), slow);
        assert_eq!(sent.expect_err("it stopped reading").kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= PATIENCE.write * 3, "it was slow for longer than the limit");
    }
}
