//! Puts packets in order. While none is missing they pass at once; a hole is asked for and waited for as long as the line
//! needs to send it again, then it is a loss.

use std::collections::BTreeMap;

use super::{
    missing::{Missing, Tally},
    trip::Trip,
};
use crate::webrtc::rtp::Packet;

/// Packets held while one is missing: two seconds of 8 Mbit/s. When full, the hole is a loss at once.
const MAX_HELD: usize = 2048;
/// A step of the sequence number this large is a new beginning of the sender, not a hole.
const RESET: i64 = 3_000;

/// How long a hole is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Questions that can be answered meanwhile.
    pub tries: i64,
    /// And at least so long.
    pub least_us: i64,
    /// And no longer.
    pub most_us: i64,
}

impl Patience {
    fn us(&self, trip: &Trip) -> i64 {
        (self.tries * trip.again_us()).clamp(self.least_us, self.most_us)
    }
}

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
    patience: Patience,
    /// The number that comes next, not wrapping.
    next: Option<i64>,
    held: BTreeMap<i64, Packet>,
    missing: Missing,
}

impl Reorder {
    /// Waits so long for what is missing.
    pub fn new(patience: Patience) -> Self {
        Self { patience, next: None, held: BTreeMap::new(), missing: Missing::default() }
    }

    /// Takes a packet that arrived now. Whether it is of use: not too late, not there already.
    pub fn push(&mut self, packet: Packet, now_us: i64, trip: &mut Trip) -> bool {
        let next = *self.next.get_or_insert(packet.sequence.into());
        // The nearest number that wraps to the packet's.
        let wrapped = u16::try_from(next & 0xffff).unwrap_or_default();
        let step = packet.sequence.wrapping_sub(wrapped).cast_signed();
        let at = next + i64::from(step);
        if at < next && next - at < RESET {
            return false; // late or twice
        }
        if (at - next).abs() >= RESET {
            self.held.clear();
            self.next = Some(packet.sequence.into());
            self.missing.reset(packet.sequence.into());
            self.held.insert(packet.sequence.into(), packet);
            return true;
        }
        self.missing.came(at, now_us, trip);
        self.held.insert(at, packet).is_none()
    }

    /// What can go on now.
    pub fn pop(&mut self, now_us: i64, trip: &Trip) -> Option<Ordered> {
        let next = self.next?;
        let (first, _) = self.held.first_key_value()?;
        let first = *first;
        if first != next {
            if now_us < self.gives_up_us(next, now_us, trip) && self.held.len() < MAX_HELD {
                return None;
            }
            let count = (first - next).unsigned_abs();
            self.next = Some(first);
            self.missing.give_up(first);
            self.missing.lost(count);
            return Some(Ordered::Lost(count));
        }
        let packet = self.held.remove(&first)?;
        self.next = Some(next + 1);
        Some(Ordered::Packet(packet))
    }

    /// The numbers to ask for now; they count as asked.
    pub fn ask(&mut self, now_us: i64, trip: &Trip) -> Vec<u16> {
        let asked = self.missing.ask(now_us, trip);
        asked.into_iter().filter_map(|at| u16::try_from(at & 0xffff).ok()).collect()
    }

    /// When there is something to ask for or to give up.
    pub fn due_us(&self, now_us: i64, trip: &Trip) -> Option<i64> {
        let next =
            self.next.filter(|next| self.held.first_key_value().is_some_and(|(first, _)| first != next))?;
        let gives_up = self.gives_up_us(next, now_us, trip);
        Some(self.missing.due_us(trip).map_or(gives_up, |asks| asks.min(gives_up)))
    }

    /// What became of packets so far.
    pub fn tally(&self) -> Tally {
        self.missing.tally()
    }

    fn gives_up_us(&self, next: i64, now_us: i64, trip: &Trip) -> i64 {
        // One of a hole too large to be asked for is missing since always.
        self.missing.since_us(next).map_or(now_us, |since| since + self.patience.us(trip))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::unit::Track;

    const PATIENCE: Patience = Patience { tries: 2, least_us: 200_000, most_us: 1_000_000 };

    fn packet(sequence: u16) -> Packet {
        Packet { track: Track::Video, sequence, timestamp: 0, marker: false, payload: Bytes::new() }
    }

    fn drain(reorder: &mut Reorder, now_us: i64) -> Vec<Result<u16, u64>> {
        std::iter::from_fn(|| reorder.pop(now_us, &Trip::default()))
            .map(|ordered| match ordered {
                Ordered::Packet(packet) => Ok(packet.sequence),
                Ordered::Lost(count) => Err(count),
            })
            .collect()
    }

    fn push(reorder: &mut Reorder, sequence: u16, now_us: i64) {
        reorder.push(packet(sequence), now_us, &mut Trip::default());
    }

    #[test]
    fn swapped_packets_come_out_in_order_across_the_wrap() {
        let mut reorder = Reorder::new(PATIENCE);
        for sequence in [65_534, 0, 65_535, 1] {
            push(&mut reorder, sequence, 0);
        }
        assert_eq!(drain(&mut reorder, 0), [Ok(65_534), Ok(65_535), Ok(0), Ok(1)]);
    }

    #[test]
    fn a_hole_is_asked_for_waited_for_and_then_lost() {
        let (mut reorder, trip) = (Reorder::new(PATIENCE), Trip::default());
        push(&mut reorder, 1, 0);
        assert_eq!(drain(&mut reorder, 0), [Ok(1)]);
        assert_eq!(reorder.due_us(0, &trip), None);
        push(&mut reorder, 4, 10);
        assert_eq!(drain(&mut reorder, 100_000), []);
        assert_eq!(reorder.due_us(100_000, &trip), Some(10_010));
        assert_eq!(reorder.ask(100_000, &trip), [2, 3]);
        push(&mut reorder, 2, 100_000);
        assert_eq!(drain(&mut reorder, 100_000), [Ok(2)]);
        assert_eq!(drain(&mut reorder, 210_009), []);
        assert_eq!(drain(&mut reorder, 210_010), [Err(1), Ok(4)]);
        push(&mut reorder, 3, 310_000);
        assert_eq!(drain(&mut reorder, 310_000), [], "too late");
        assert_eq!(reorder.ask(900_000, &trip), [] as [u16; 0]);
    }

    #[test]
    fn what_is_missing_behind_a_hole_is_waited_for_from_when_it_showed_itself() {
        let mut reorder = Reorder::new(PATIENCE);
        for (sequence, now_us) in [(1, 0), (3, 0), (5, 100_000)] {
            push(&mut reorder, sequence, now_us);
        }
        assert_eq!(drain(&mut reorder, 210_000), [Ok(1), Err(1), Ok(3)]);
        assert_eq!(drain(&mut reorder, 309_999), []);
        assert_eq!(drain(&mut reorder, 310_000), [Err(1), Ok(5)]);
    }

    #[test]
    fn a_new_beginning_is_no_hole() {
        let mut reorder = Reorder::new(PATIENCE);
        push(&mut reorder, 1, 0);
        push(&mut reorder, 40_000, 0);
        assert_eq!(drain(&mut reorder, 0), [Ok(40_000)]);
    }

    proptest! {
        #[test]
        fn whatever_comes_it_is_bounded_and_never_goes_back(
            sequences in proptest::collection::vec(any::<u16>(), 0..3000),
            near in any::<bool>(),
        ) {
            let mut reorder = Reorder::new(PATIENCE);
            let mut trip = Trip::default();
            for (n, sequence) in sequences.into_iter().enumerate() {
                let now = i64::try_from(n).unwrap_or_default() * 1000;
                let sequence = if near { sequence % 500 } else { sequence };
                reorder.push(packet(sequence), now, &mut trip);
                let before = reorder.next;
                while reorder.pop(now, &trip).is_some() {}
                let next = reorder.next.unwrap_or_default();
                prop_assert!(reorder.next >= before);
                prop_assert!(reorder.held.len() <= MAX_HELD);
                let wrapped = |at: i64| u16::try_from(at & 0xffff).unwrap_or_default();
                let near = |asked: u16| asked.wrapping_sub(wrapped(next)) < 3_000;
                prop_assert!(reorder.ask(now, &trip).into_iter().all(near), "only what can still come");
            }
        }
    }
}
