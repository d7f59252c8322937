//! Counting media packets by their headers.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::watch;

use crate::How;

/// More sequence numbers than a bounded run can have; what lies beyond is not counted.
const MOST: u64 = 1 << 22;
/// Where counting begins: below are packets that came late, before the first one seen.
const FIRST: u64 = 1 << 16;

/// One stream of packets (SSRC).
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// Payload type.
    pub payload_type: u8,
    /// Packets, those that came twice included.
    pub packets: u64,
    /// Bytes of them.
    pub bytes: u64,
    lowest: u64,
    highest: u64,
    /// One bit a sequence number, without the wrapping.
    seen: Vec<u64>,
}

impl Stream {
    pub(crate) fn take(&mut self, sequence: u16, bytes: usize) {
        let at = if self.packets == 0 { FIRST + u64::from(sequence) } else { self.unwrapped(sequence) };
        if at >= MOST {
            return;
        }
        if self.packets == 0 {
            (self.lowest, self.highest) = (at, at);
        }
        self.packets += 1;
        self.bytes += bytes as u64;
        (self.lowest, self.highest) = (self.lowest.min(at), self.highest.max(at));
        let word = usize::try_from(at / 64).unwrap_or_default();
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        self.seen[word] |= 1 << (at % 64);
    }

    /// The number nearest to the highest so far that ends in this.
    fn unwrapped(&self, sequence: u16) -> u64 {
        let [.., high, low] = self.highest.to_be_bytes();
        let step = sequence.wrapping_sub(u16::from_be_bytes([high, low])).cast_signed();
        self.highest.saturating_add_signed(step.into())
    }

    /// Packets between the first and the last that never came.
    pub fn missing(&self) -> u64 {
        if self.packets == 0 { 0 } else { self.highest + 1 - self.lowest - self.different() }
    }

    /// Packets that came, each counted once.
    pub fn different(&self) -> u64 {
        self.seen.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

/// What a socket saw.
#[derive(Debug)]
pub struct Counts {
    how: How,
    streams: Mutex<Streams>,
    first: watch::Sender<Option<Instant>>,
}

#[derive(Debug, Default)]
struct Streams {
    by_ssrc: HashMap<u32, Stream>,
    pictures: u64,
    lost: u64,
}

/// What is to become of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// WebRTC reads it.
    Pass,
    /// It ends here.
    Drop,
}

impl Counts {
    pub(crate) fn new(how: How) -> Self {
        Self { how, streams: Mutex::default(), first: watch::Sender::new(None) }
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a datagram. Of what shares the port (RFC 7983), media begins with version 2, and is not RTCP (RFC 5761).
    pub(crate) fn look(&self, datagram: &[u8]) -> Verdict {
        let &[0x80..=0xbf, marked_type, s0, s1, _, _, _, _, a, b, c, d, ..] = datagram else {
            return Verdict::Pass;
        };
        if (192..=223).contains(&marked_type) {
            return Verdict::Pass;
        }
        let payload_type = marked_type & 0x7f;
        let mut streams = self.streams();
        if self.how.lose_one_in > 0 && payload_type == crate::peer::PICTURE {
            streams.pictures += 1;
            if streams.pictures.is_multiple_of(self.how.lose_one_in) {
                streams.lost += 1;
                return Verdict::Drop;
            }
        }
        let stream = streams.by_ssrc.entry(u32::from_be_bytes([a, b, c, d])).or_default();
        stream.payload_type = payload_type;
        stream.take(u16::from_be_bytes([s0, s1]), datagram.len());
        drop(streams);
        self.first.send_if_modified(|first| first.is_none() && first.replace(Instant::now()).is_none());
        if self.how.whole { Verdict::Pass } else { Verdict::Drop }
    }

    pub(crate) async fn first(&self) -> Instant {
        let mut first = self.first.subscribe();
        let first = first.wait_for(Option::is_some).await.ok().and_then(|first| *first);
        first.unwrap_or_else(Instant::now)
    }

    /// The streams, in no order.
    pub fn all(&self) -> Vec<Stream> {
        self.streams().by_ssrc.values().cloned().collect()
    }

    /// Packets that were lost on purpose.
    pub fn lost_on_purpose(&self) -> u64 {
        self.streams().lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(numbers: &[u16]) -> Stream {
        let mut stream = Stream::default();
        for number in numbers {
            stream.take(*number, 10);
        }
        stream
    }

    #[test]
    fn gaps_are_counted_over_the_wrap_and_once() {
        let gap = stream(&[65_533, 65_534, 0, 1, 4]);
        assert_eq!((gap.packets, gap.different(), gap.missing()), (5, 5, 3));
        let repaired = stream(&[65_533, 65_534, 0, 1, 4, 65_535, 3, 3, 2, 65_532]);
        assert_eq!((repaired.packets, repaired.different(), repaired.missing()), (10, 9, 0));
        assert_eq!(stream(&[]).missing(), 0);
    }

    #[test]
    fn only_media_is_counted_and_only_pictures_are_lost() {
        let counts = Counts::new(How { whole: true, lose_one_in: 2, ..How::default() });
        let packet = |kind: u8, number: u8| [0x80, kind, 0, number, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2];
        assert_eq!(counts.look(&[0, 1, 0, 0]), Verdict::Pass, "STUN");
        assert_eq!(counts.look(&packet(200, 1)), Verdict::Pass, "RTCP");
        assert!(counts.all().is_empty());
        let verdicts: Vec<_> =
            (0..4).map(|number| counts.look(&packet(crate::peer::PICTURE, number))).collect();
        assert_eq!(verdicts, [Verdict::Pass, Verdict::Drop, Verdict::Pass, Verdict::Drop]);
        assert_eq!((counts.lost_on_purpose(), counts.all()[0].packets, counts.all()[0].missing()), (2, 2, 1));
    }
}
