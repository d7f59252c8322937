//! Puts all packets of an access unit into a connection at once. The crate takes packets from a track one by one: before each of them it
//! looks the track's parameters up, and after it at all of its timers, queues and sockets, which costs more than encrypting and
//! sending it. So an outlet lays the packets of a unit on a [`Tray`] and gives the crate one that stands for all: on its way through the
//! connection [`Bursts`] puts in its place what lies on the tray.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use rtc::{
    interceptor::{AttributedPacket, Interceptor, Packet, StreamInfo, TaggedPacket},
    rtp,
    sansio::Protocol,
    shared::error::Error,
};

/// Packets on their way to the connection, in order. Not more than the crate has room for units (256): who lays more waits there.
#[derive(Debug, Default, Clone)]
pub(super) struct Tray(Arc<Mutex<VecDeque<rtp::Packet>>>);

impl Tray {
    /// Lays packets behind those that lie there.
    pub(super) fn lay(&self, packets: impl IntoIterator<Item = rtp::Packet>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(packets);
    }

    fn clear(&self) -> VecDeque<rtp::Packet> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The interceptor, for what an outlet sends. It has to be the first that a packet comes to.
pub(super) struct Bursts {
    tray: Tray,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl Bursts {
    pub(super) fn new(tray: Tray) -> Self {
        Self { tray, reads: VecDeque::new(), writes: VecDeque::new() }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Bursts {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, msg: TaggedPacket) -> Result<(), Error> {
        self.reads.push_back(msg);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, msg: TaggedPacket) -> Result<(), Error> {
        if !matches!(msg.message.packet, Packet::Rtp(_)) {
            self.writes.push_back(msg);
            return Ok(());
        }
        let TaggedPacket { now, transport, .. } = msg;
        // The tray may hold later units, too, whose first packets then find it empty.
        let packets = self.tray.clear().into_iter();
        self.writes.extend(packets.map(|packet| TaggedPacket {
            now,
            transport,
            message: AttributedPacket::new(Packet::Rtp(packet)),
        }));
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }
}

impl Interceptor for Bursts {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}

    fn unbind_local_stream(&mut self, _: &StreamInfo) {}

    fn bind_remote_stream(&mut self, _: &StreamInfo) {}

    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}

#[cfg(test)]
mod tests {
    use rtc::shared::TransportContext;

    use super::*;

    fn packet(sequence_number: u16) -> rtp::Packet {
        let header = rtp::Header { sequence_number, ..rtp::Header::default() };
        rtp::Packet { header, ..rtp::Packet::default() }
    }

    fn pass(bursts: &mut Bursts, packet: Packet) -> Vec<Option<u16>> {
        let (now, transport) = (Instant::now(), TransportContext::default());
        let message = AttributedPacket::new(packet);
        bursts.handle_write(TaggedPacket { now, transport, message }).expect("taken");
        let number = |msg: TaggedPacket| match msg.message.packet {
            Packet::Rtp(packet) => Some(packet.header.sequence_number),
            _ => None,
        };
        std::iter::from_fn(|| bursts.poll_write()).map(number).collect()
    }

    #[test]
    fn what_lies_on_the_tray_goes_once_and_in_order() {
        let tray = Tray::default();
        let mut bursts = Bursts::new(tray.clone());
        tray.lay([packet(1), packet(2), packet(3)]);
        // The next unit is laid before the first one's packet has come through.
        tray.lay([packet(4), packet(5)]);
        assert_eq!(pass(&mut bursts, Packet::Rtp(packet(1))), [1, 2, 3, 4, 5].map(Some));
        assert_eq!(pass(&mut bursts, Packet::Rtp(packet(4))), []);
        tray.lay([packet(6)]);
        assert_eq!(pass(&mut bursts, Packet::Rtcp(Vec::new())), [None], "reports wait for nothing");
        assert_eq!(pass(&mut bursts, Packet::Rtp(packet(6))), [Some(6)]);
    }
}
