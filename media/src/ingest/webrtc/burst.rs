//! Puts all packets of an access unit into a connection at once. The crate takes packets from a track one by one: before each of them it
//! looks the track's parameters up, and after it at all of its timers, queues and sockets, which costs more than encrypting and
//! sending it. So an outlet lays the packets of a unit on a [`Tray`] and gives the crate one that stands for all: on its way through the
//! connection [`Bursts`] puts in its place what lies on the tray.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use rtc::{
    interceptor::{AttributedPacket, Interceptor, Packet, StreamInfo, TaggedPacket},
    rtp,
    sansio::Protocol,
    shared::error::Error,
};

/// Units on their way to the connection, in order. Not more than the crate has room for (256): who lays more waits there.
#[derive(Debug, Default, Clone)]
pub(super) struct Tray(Arc<Mutex<VecDeque<Vec<rtp::Packet>>>>);

impl Tray {
    /// Lays the packets of a unit behind those that lie there; the packet that stands for them.
    pub(super) fn lay(&self, packets: Vec<rtp::Packet>) -> Option<rtp::Packet> {
        let header = packets.first()?.header.clone();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(packets);
        Some(rtp::Packet { header, payload: Bytes::new() })
    }

    /// Takes what lies there up to the unit that this packet stands for, and not more: what comes in one go is encrypted in one
    /// go, and of who joins all pictures since the key frame may lie there.
    fn take(&self, until: &rtp::Header) -> Vec<rtp::Packet> {
        let mut units = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut packets = Vec::new();
        while let Some(unit) = units.pop_front() {
            let last = unit.first().is_some_and(|packet| {
                (packet.header.ssrc, packet.header.sequence_number) == (until.ssrc, until.sequence_number)
            });
            packets.extend(unit);
            if last {
                break;
            }
        }
        packets
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
        let Packet::Rtp(stands) = &msg.message.packet else {
            self.writes.push_back(msg);
            return Ok(());
        };
        let TaggedPacket { now, transport, .. } = msg;
        let packets = self.tray.take(&stands.header).into_iter();
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
    fn a_packet_brings_its_unit_and_what_lies_before_it() {
        let tray = Tray::default();
        let mut bursts = Bursts::new(tray.clone());
        assert_eq!(tray.lay(Vec::new()), None);
        let lay = |numbers: &[u16]| {
            let stands = tray.lay(numbers.iter().map(|number| packet(*number)).collect());
            Packet::Rtp(stands.expect("a unit"))
        };
        // The next units are laid before the first one's packet has come through; that of the second is lost.
        let (first, _, third) = (lay(&[1, 2, 3]), lay(&[4, 5]), lay(&[6]));
        assert_eq!(pass(&mut bursts, first), [1, 2, 3].map(Some));
        assert_eq!(pass(&mut bursts, Packet::Rtcp(Vec::new())), [None], "reports bring nothing");
        assert_eq!(pass(&mut bursts, third), [4, 5, 6].map(Some));
        assert_eq!(pass(&mut bursts, Packet::Rtp(packet(6))), []);
    }
}
