//! Puts all packets of an access unit into a connection at once. The crate takes packets from a track one by one: before each of them it
//! looks the track's parameters up, and after it at all of its timers, queues and sockets, which costs more than encrypting and
//! sending it. So an outlet lays the packets of a unit on a [`Tray`] and gives the crate one that stands for all: on its way through the
//! connection [`Bursts`] puts in its place what lies on the tray. What the viewer asks for it hears there, too.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use rtc::{
    interceptor::{AttributedPacket, Packet, TaggedPacket},
    rtcp::payload_feedbacks::{
        full_intra_request::FullIntraRequest, picture_loss_indication::PictureLossIndication,
    },
    rtp,
};
use tokio::sync::mpsc;

use super::{segments::Run, tap::Tap};
use crate::webrtc::subscriber::News;

/// Units on their way to the connection, in order. Not more than the crate has room for (256): who lays more waits there.
#[derive(Debug, Default, Clone)]
pub(super) struct Tray {
    units: Arc<Mutex<VecDeque<Vec<rtp::Packet>>>>,
    run: Run,
}

impl Tray {
    /// An empty one, of who sends in such runs.
    pub(super) fn new(run: Run) -> Self {
        Self { units: Arc::default(), run }
    }

    /// Lays the packets of a unit behind those that lie there; the packet that stands for them.
    pub(super) fn lay(&self, packets: Vec<rtp::Packet>) -> Option<rtp::Packet> {
        let header = packets.first()?.header.clone();
        self.units.lock().unwrap_or_else(PoisonError::into_inner).push_back(packets);
        Some(rtp::Packet { header, payload: Bytes::new() })
    }

    /// Takes what lies there up to the unit that this packet stands for, and not more: what comes in one go is encrypted in one
    /// go, and of who joins all pictures since the key frame may lie there.
    fn take(&self, until: &rtp::Header) -> Vec<rtp::Packet> {
        let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
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

/// The tap of a viewer's connection. It has to be the first that a packet comes to that goes out.
pub(super) struct Bursts {
    tray: Tray,
    news: mpsc::Sender<News>,
}

impl Bursts {
    pub(super) fn new(tray: Tray, news: mpsc::Sender<News>) -> Self {
        Self { tray, news }
    }
}

impl Tap for Bursts {
    fn comes(&mut self, packet: &Packet) {
        if let Packet::Rtcp(packets) = packet
            && packets.iter().any(|packet| {
                packet.as_any().is::<PictureLossIndication>() || packet.as_any().is::<FullIntraRequest>()
            })
        {
            let _ = self.news.try_send(News::KeyWanted);
        }
    }

    fn goes(&mut self, packet: TaggedPacket, out: &mut VecDeque<TaggedPacket>) {
        let Packet::Rtp(stands) = &packet.message.packet else {
            out.push_back(packet);
            return;
        };
        let TaggedPacket { now, transport, .. } = packet;
        let packets = self.tray.take(&stands.header);
        self.tray.run.comes(packets.iter().map(|packet| packet.payload.len()));
        out.extend(packets.into_iter().map(|packet| TaggedPacket {
            now,
            transport,
            message: AttributedPacket::new(Packet::Rtp(packet)),
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rtc::shared::TransportContext;

    use super::*;

    fn packet(sequence_number: u16) -> rtp::Packet {
        let header = rtp::Header { sequence_number, ..rtp::Header::default() };
        rtp::Packet { header, ..rtp::Packet::default() }
    }

    fn pass(bursts: &mut Bursts, packet: Packet) -> Vec<Option<u16>> {
        let (now, transport) = (Instant::now(), TransportContext::default());
        let message = AttributedPacket::new(packet);
        let mut out = VecDeque::new();
        bursts.goes(TaggedPacket { now, transport, message }, &mut out);
        let number = |msg: TaggedPacket| match msg.message.packet {
            Packet::Rtp(packet) => Some(packet.header.sequence_number),
            _ => None,
        };
        out.into_iter().map(number).collect()
    }

    #[test]
    fn a_packet_brings_its_unit_and_what_lies_before_it() {
        let tray = Tray::default();
        let (news, _) = mpsc::channel(1);
        let mut bursts = Bursts::new(tray.clone(), news);
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
