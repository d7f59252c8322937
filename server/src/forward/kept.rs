//! A body that holds the room for its request until its last byte is sent, or nobody takes it any more.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::room::Place;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

pub(super) struct Kept {
    pub(super) body: Incoming,
    pub(super) _place: Place,
}

impl Body for Kept {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
