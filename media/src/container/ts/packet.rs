//! Transport packets (ITU-T H.222.0, 2.4.3): cut out of a stream of bytes, and their headers.

use bytes::{Buf as _, BytesMut};

/// A transport packet.
pub(super) const SIZE: usize = 188;
const SYNC: u8 = 0x47;

/// Cuts bytes into packets. Holds less than a packet after [`Framer::next`] gave its last.
#[derive(Debug, Default)]
pub(super) struct Framer {
    bytes: BytesMut,
}

impl Framer {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next packet, past whatever is none.
    pub(super) fn next(&mut self) -> Option<BytesMut> {
        let junk = self.bytes.iter().position(|byte| *byte == SYNC).unwrap_or(self.bytes.len());
        self.bytes.advance(junk);
        (self.bytes.len() >= SIZE).then(|| self.bytes.split_to(SIZE))
    }
}

/// A packet's header, and what it carries.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) pid: u16,
    /// A section or a PES packet begins in the payload.
    pub(super) start: bool,
    counter: u8,
    /// The sender says that the counter starts anew.
    discontinuity: bool,
    pub(super) payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// `None`: damaged, scrambled or without payload.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let (damaged, scrambled) = (head[1] & 0x80 != 0, head[3] & 0xc0 != 0);
        let (adapted, loaded) = (head[3] & 0x20 != 0, head[3] & 0x10 != 0);
        if head[0] != SYNC || damaged || scrambled || !loaded {
            return None;
        }
        let (mut payload, mut discontinuity) = (rest, false);
        if adapted {
            let (&length, after) = rest.split_first()?;
            let (field, after) = after.split_at_checked(length.into())?;
            discontinuity = field.first().is_some_and(|flags| flags & 0x80 != 0);
            payload = after;
        }
        let pid = u16::from_be_bytes([head[1], head[2]]) & 0x1fff;
        Some(Self { pid, start: head[1] & 0x40 != 0, counter: head[3] & 0x0f, discontinuity, payload })
    }
}

/// What a packet's counter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Next,
    /// The same packet once more.
    Again,
    /// Packets are missing before it.
    AfterLoss,
}

/// Follows the counter of one PID.
#[derive(Debug, Default)]
pub(super) struct Continuity(Option<u8>);

impl Continuity {
    pub(super) fn follow(&mut self, packet: &Packet<'_>) -> Order {
        match self.0.replace(packet.counter) {
            Some(last) if packet.counter == last && !packet.discontinuity => Order::Again,
            Some(last) if packet.counter != (last + 1) & 0x0f && !packet.discontinuity => Order::AfterLoss,
            _ => Order::Next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(counter: u8) -> Vec<u8> {
        let mut bytes = vec![SYNC, 0x41, 0x00, 0x10 | counter];
        bytes.resize(SIZE, 7);
        bytes
    }

    #[test]
    fn packets_are_found_among_junk_and_over_the_borders_of_datagrams() {
        let mut framer = Framer::default();
        let bytes = [&[1, 2, 3][..], &packet(0), &[9, 9], &packet(1)].concat();
        framer.push(&bytes[..100]);
        assert_eq!(framer.next(), None);
        framer.push(&bytes[100..]);
        assert_eq!(framer.next().as_deref(), Some(&packet(0)[..]));
        assert_eq!(framer.next().as_deref(), Some(&packet(1)[..]));
        assert_eq!(framer.next(), None);
    }

    #[test]
    fn the_payload_is_behind_the_adaptation_field() {
        let mut bytes = packet(5);
        bytes[3] |= 0x20;
        (bytes[4], bytes[5]) = (183 - 2, 0x80);
        let packet = Packet::read(&bytes).expect("a packet");
        assert_eq!((packet.pid, packet.start, packet.discontinuity), (0x100, true, true));
        assert_eq!(packet.payload, [7, 7]);
        bytes[4] = 255;
        assert_eq!(Packet::read(&bytes), None);
    }

    #[test]
    fn the_counter_tells_a_loss_from_a_repetition() {
        let mut continuity = Continuity::default();
        let mut follow = |counter| continuity.follow(&Packet::read(&packet(counter)).expect("a packet"));
        assert_eq!(
            [15, 0, 0, 2].map(&mut follow),
            [Order::Next, Order::Next, Order::Again, Order::AfterLoss]
        );
    }
}
