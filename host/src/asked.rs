//! Bodies that tell a connection's slot when something is asked whole, and until when it is being answered.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};

use crate::slots::{Call, Calls};

/// Who has sent so much of a request's body is no stranger that holds a connection for nothing, however long the rest is.
const ENOUGH: usize = 16 << 10;

#[derive(Debug)]
struct Asked {
    calls: Calls,
    call: OnceLock<Call>,
}

impl Asked {
    fn whole(&self) {
        self.call.get_or_init(|| self.calls.begin());
    }
}

/// A request over a connection: [`AskedBody`] is its body, [`AnsweredBody`] that of the answer.
#[derive(Debug, Clone)]
pub struct Request(Arc<Asked>);

impl Request {
    /// A request whose head is there, and its body.
    pub fn new<B: Body>(calls: &Calls, body: B) -> (Self, AskedBody<B>) {
        let asked = Self(Arc::new(Asked { calls: calls.clone(), call: OnceLock::new() }));
        if body.is_end_stream() {
            asked.0.whole();
        }
        (asked.clone(), AskedBody { inner: body, received: 0, asked })
    }

    /// The answer, whose body is being sent from now on.
    pub fn answered<B>(self, body: B) -> AnsweredBody<B> {
        self.0.whole();
        AnsweredBody { inner: body, _asked: self }
    }
}

/// The body of a request.
#[derive(Debug)]
pub struct AskedBody<B> {
    inner: B,
    received: usize,
    asked: Request,
}

impl<B: Body + Unpin> Body for AskedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let poll = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(frame) = &poll {
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()).and_then(Frame::data_ref);
            self.received = self.received.saturating_add(data.map_or(0, Buf::remaining));
            if frame.is_none() || self.received >= ENOUGH || self.inner.is_end_stream() {
                self.asked.0.whole();
            }
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

/// The body of an answer.
#[derive(Debug)]
pub struct AnsweredBody<B> {
    inner: B,
    _asked: Request,
}

impl<B: Body + Unpin> Body for AnsweredBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
