//! Puts packets in order. While none is missing they pass at once; a hole is waited for until a retransmission had its
//! time, then it is a loss.

use std::collections::BTreeMap;

use super::Packet;

/// Packets held while one is missing: two seconds of 4 Mbit/s. When full, the hole is a loss at once.
const MAX_HELD: usize = 1024;
/// A step of the sequence number this large is a new beginning of the sender, not a hole.
const RESET: i64 = 3_000;

/// What comes out.
#[derive(Debug, PartialEq, Eq)]
pub enum Ordered {
    /// The next packet.
    Packet(Packet),
    /// So many are missing here for good.
    Lost(u64),
}

/// The packets of one track.
#[derive(Debug)]
pub struct Reorder {
    patience_us: i64,
    /// The number that comes next, not wrapping.
    next: Option<i64>,
    held: BTreeMap<i64, Packet>,
    /// Since when the hole before the held packets is waited for.
    hole_since: Option<i64>,
}

impl Reorder {
    /// Waits so long for what is missing.
    pub fn new(patience_us: i64) -> Self {
        Self { patience_us, next: None, held: BTreeMap::new(), hole_since: None }
    }

    /// Takes a packet that arrived now.
    pub fn push(&mut self, packet: Packet, now_us: i64) {
        let next = *self.next.get_or_insert(packet.sequence.into());
        // The nearest number that wraps to the packet's.
        let wrapped = u16::try_from(next & 0xffff).unwrap_or_default();
        let step = packet.sequence.wrapping_sub(wrapped).cast_signed();
        let at = next + i64::from(step);
        if at < next && next - at < RESET {
            return; // late or twice
        }
        if (at - next).abs() >= RESET {
            self.held.clear();
            self.next = Some(packet.sequence.into());
            self.hole_since = None;
            self.held.insert(packet.sequence.into(), packet);
            return;
        }
        self.held.insert(at, packet);
        if !self.held.contains_key(&next) {
            self.hole_since.get_or_insert(now_us);
        }
    }

    /// What can go on now.
    pub fn pop(&mut self, now_us: i64) -> Option<Ordered> {
        let next = self.next?;
        let (first, _) = self.held.first_key_value()?;
        let first = *first;
        if first != next {
            let since = *self.hole_since.get_or_insert(now_us);
            if now_us - since < self.patience_us && self.held.len() < MAX_HELD {
                return None;
            }
            self.next = Some(first);
            self.hole_since = None;
            return Some(Ordered::Lost((first - next).unsigned_abs()));
        }
        let packet = self.held.remove(&first)?;
        self.next = Some(next + 1);
        self.hole_since = None;
        Some(Ordered::Packet(packet))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::ingest::Track;

    fn packet(sequence: u16) -> Packet {
        Packet { track: Track::Video, sequence, timestamp: 0, marker: false, payload: Bytes::new() }
    }

    fn drain(reorder: &mut Reorder, now_us: i64) -> Vec<Result<u16, u64>> {
        std::iter::from_fn(|| reorder.pop(now_us))
            .map(|ordered| match ordered {
                Ordered::Packet(packet) => Ok(packet.sequence),
                Ordered::Lost(count) => Err(count),
            })
            .collect()
    }

    #[test]
    fn swapped_packets_come_out_in_order_across_the_wrap() {
        let mut reorder = Reorder::new(200_000);
        for sequence in [65_534, 0, 65_535, 1] {
            reorder.push(packet(sequence), 0);
        }
        assert_eq!(drain(&mut reorder, 0), [Ok(65_534), Ok(65_535), Ok(0), Ok(1)]);
    }

    #[test]
    fn a_hole_is_waited_for_and_then_lost() {
        let mut reorder = Reorder::new(200_000);
        reorder.push(packet(1), 0);
        assert_eq!(drain(&mut reorder, 0), [Ok(1)]);
        reorder.push(packet(4), 10);
        assert_eq!(drain(&mut reorder, 100_000), []);
        reorder.push(packet(2), 100_000);
        assert_eq!(drain(&mut reorder, 100_000), [Ok(2)]);
        assert_eq!(drain(&mut reorder, 310_000), [Err(1), Ok(4)]);
        reorder.push(packet(3), 310_000);
        assert_eq!(drain(&mut reorder, 310_000), [], "too late");
    }

    #[test]
    fn a_new_beginning_is_no_hole() {
        let mut reorder = Reorder::new(200_000);
        reorder.push(packet(1), 0);
        reorder.push(packet(40_000), 0);
        assert_eq!(drain(&mut reorder, 0), [Ok(40_000)]);
    }

    proptest! {
        #[test]
        fn whatever_comes_it_is_bounded_and_never_goes_back(
            sequences in proptest::collection::vec(any::<u16>(), 0..3000),
            near in any::<bool>(),
        ) {
            let mut reorder = Reorder::new(50_000);
            for (n, sequence) in sequences.into_iter().enumerate() {
                let now = i64::try_from(n).unwrap_or_default() * 1000;
                let sequence = if near { sequence % 500 } else { sequence };
                reorder.push(packet(sequence), now);
                let before = reorder.next;
                while reorder.pop(now).is_some() {}
                prop_assert!(reorder.next >= before);
                prop_assert!(reorder.held.len() <= MAX_HELD);
            }
        }
    }
}
