//! The body of a request and how fast it comes. Who sends slowly gets the time it takes; who sends next to nothing holds a
//! request for some seconds and no longer.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep_until, timeout},
};

/// A body may take so long, however short it is.
const GRACE: Duration = Duration::from_secs(20);

/// And a second more for so many bytes that have arrived.
const BYTES_A_SECOND: u64 = 2 << 10;

/// Set in `received` when nothing more comes, or nobody wants it.
const ENDED: u64 = 1 << 63;

/// How a request that was answered, or not, went.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It was answered.
    Answered(T),
    /// Its body came too slowly.
    SlowBody,
    /// The body was there, and the answer took too long.
    SlowAnswer,
}

#[derive(Debug, Default)]
struct Progress {
    received: AtomicU64,
    ended: Notify,
}

impl Progress {
    fn end(&self) {
        self.received.fetch_or(ENDED, Ordering::AcqRel);
        self.ended.notify_one();
    }

    /// Returns when the body is too slow; never, once it has ended.
    async fn too_slow(&self, began: Instant) {
        loop {
            let received = self.received.load(Ordering::Acquire);
            let deadline = began + GRACE + Duration::from_secs((received & !ENDED) / BYTES_A_SECOND);
            if Instant::now() >= deadline {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}

/// A body that tells how far it has come.
#[derive(Debug)]
pub struct PacedBody<B> {
    inner: B,
    progress: Arc<Progress>,
}

impl<B> Drop for PacedBody<B> {
    fn drop(&mut self) {
        self.progress.end();
    }
}

impl<B: Body + Unpin> Body for PacedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let poll = Pin::new(&mut self.inner).poll_frame(cx);
        match &poll {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, |data| data.remaining() as u64);
                self.progress.received.fetch_add(bytes, Ordering::AcqRel);
                if self.inner.is_end_stream() {
                    self.progress.end();
                }
            }
            Poll::Ready(_) => self.progress.end(),
            Poll::Pending => {}
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Answers a request with this body within `limit`, counted from when the body has arrived.
pub async fn answer_in_time<B, T, F>(
    body: B,
    limit: Duration,
    answer: impl FnOnce(PacedBody<B>) -> F,
) -> Outcome<T>
where
    B: Body + Unpin,
    F: Future<Output = T>,
{
    let progress = Arc::new(Progress::default());
    let ended = body.is_end_stream();
    let began = Instant::now();
    let answer = answer(PacedBody { inner: body, progress: Arc::clone(&progress) });
    tokio::pin!(answer);
    if !ended {
        select! {
            answered = &mut answer => return Outcome::Answered(answered),
            () = progress.ended.notified() => {}
            () = progress.too_slow(began) => return Outcome::SlowBody,
        }
    }
    timeout(limit, answer).await.map_or(Outcome::SlowAnswer, Outcome::Answered)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Pieces, and then an end or nothing for ever.
    struct Pieces(VecDeque<&'static [u8]>, bool);

    impl Body for Pieces {
        type Data = &'static [u8];
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
            match self.0.pop_front() {
                Some(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
                None if self.1 => Poll::Ready(None),
                None => Poll::Pending,
            }
        }
    }

    async fn read<B: Body + Unpin>(mut body: B) -> usize {
        let mut bytes = 0;
        while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            bytes += frame.data_ref().map_or(0, Buf::remaining);
        }
        bytes
    }

    #[tokio::test]
    async fn the_answer_has_its_time_when_the_body_is_there() {
        let limit = Duration::from_millis(50);
        let whole = Pieces([b"ab".as_slice(), b"cd"].into(), true);
        assert_eq!(answer_in_time(whole, limit, read).await, Outcome::Answered(4));
        let whole = Pieces([b"ab".as_slice()].into(), true);
        let slow = async |body| {
            read(body).await;
            std::future::pending::<()>().await;
        };
        assert_eq!(answer_in_time(whole, limit, slow).await, Outcome::SlowAnswer);
        let unread = Pieces([b"ab".as_slice()].into(), false);
        let slow = async |body| {
            drop(body);
            std::future::pending::<()>().await;
        };
        assert_eq!(answer_in_time(unread, limit, slow).await, Outcome::SlowAnswer);
    }

    #[tokio::test]
    async fn each_two_kilobytes_are_a_second_more() {
        let progress = Progress::default();
        let ago = |seconds| Instant::now() - Duration::from_secs(seconds);
        let is_slow = async |began| timeout(Duration::from_millis(5), progress.too_slow(began)).await.is_ok();
        assert!(!is_slow(ago(19)).await && is_slow(ago(20)).await);
        progress.received.store(10 * BYTES_A_SECOND, Ordering::Release);
        assert!(!is_slow(ago(29)).await && is_slow(ago(30)).await);
    }
}
