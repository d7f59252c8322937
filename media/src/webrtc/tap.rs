//! Somebody who sees what passes through a connection: the crate keeps RTCP to itself, and shows it to interceptors only.

use std::{collections::VecDeque, time::Instant};

use rtc::{
    interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket},
    sansio::Protocol,
    shared::error::Error,
};

/// What is done at the tap; by itself, nothing.
pub(super) trait Tap: Send + Sync + 'static {
    /// A packet of the other side passes.
    fn comes(&mut self, _packet: &Packet) {}

    /// A packet is to go out; puts into `out` what goes in its place.
    fn goes(&mut self, packet: TaggedPacket, out: &mut VecDeque<TaggedPacket>) {
        out.push_back(packet);
    }

    /// The other side begins to send a stream.
    fn begins(&mut self, _stream: &StreamInfo) {}

    /// The other side ends a stream.
    fn ends(&mut self, _stream: &StreamInfo) {}
}

/// The interceptor.
pub(super) struct Tapped<T> {
    tap: T,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl<T> Tapped<T> {
    pub(super) fn new(tap: T) -> Self {
        Self { tap, reads: VecDeque::new(), writes: VecDeque::new() }
    }
}

impl<T: Tap> Protocol<TaggedPacket, TaggedPacket, ()> for Tapped<T> {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, msg: TaggedPacket) -> Result<(), Error> {
        self.tap.comes(&msg.message.packet);
        self.reads.push_back(msg);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, msg: TaggedPacket) -> Result<(), Error> {
        self.tap.goes(msg, &mut self.writes);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }
}

impl<T: Tap> Interceptor for Tapped<T> {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}

    fn unbind_local_stream(&mut self, _: &StreamInfo) {}

    fn bind_remote_stream(&mut self, info: &StreamInfo) {
        self.tap.begins(info);
    }

    fn unbind_remote_stream(&mut self, info: &StreamInfo) {
        self.tap.ends(info);
    }
}
