//! PES packets (ITU-T H.222.0, 2.4.3.6): put together from payloads, and their times.

use bytes::{Bytes, BytesMut};

/// Largest PES packet: as large as a picture may be.
const MAX_BYTES: usize = 4 << 20;
/// Times count 33 bits at 90 kHz.
const WRAP: i64 = 1 << 33;

/// A PES packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pes {
    /// 90 kHz, 33 bits.
    pub(super) pts: Option<i64>,
    /// Likewise; `None` when it is the same as `pts`.
    pub(super) dts: Option<i64>,
    pub(super) data: Bytes,
}

impl Pes {
    fn read(bytes: &Bytes) -> Option<Self> {
        let [0, 0, 1, _, _, _, _, flags, size, rest @ ..] = &bytes[..] else { return None };
        let fields = rest.get(..usize::from(*size))?;
        let pts = (flags & 0x80 != 0).then(|| time(fields)).flatten();
        let dts = (flags & 0xc0 == 0xc0).then(|| time(fields.get(5..)?)).flatten();
        Some(Self { pts, dts, data: bytes.slice(9 + usize::from(*size)..) })
    }
}

fn time(field: &[u8]) -> Option<i64> {
    let bytes = field.first_chunk::<5>()?.map(i64::from);
    // 3, 15 and 15 bits, a marker behind each.
    let parts = [bytes[0] >> 1 & 7, (bytes[1] << 8 | bytes[2]) >> 1, (bytes[3] << 8 | bytes[4]) >> 1];
    Some(parts[0] << 30 | parts[1] << 15 | parts[2])
}

/// Puts the PES packets of one PID together.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    under_way: Option<BytesMut>,
}

impl Assembler {
    /// Payloads are missing before the next one; true when a packet was under way.
    pub(super) fn lost(&mut self) -> bool {
        self.under_way.take().is_some()
    }

    /// Takes a payload; gives the packets that are whole. `Err`: one that is not.
    pub(super) fn push(&mut self, start: bool, payload: &[u8]) -> [Option<Result<Pes, Broken>>; 2] {
        // A packet without a length ends where the next one begins.
        let before = if start { self.under_way.take().map(finish) } else { None };
        if start {
            self.under_way = Some(BytesMut::new());
        }
        let Some(bytes) = &mut self.under_way else { return [None, None] };
        bytes.extend_from_slice(payload);
        let now = if bytes.len() > MAX_BYTES {
            self.under_way = None;
            Some(Err(Broken))
        } else if length(bytes).is_some_and(|length| bytes.len() >= length) {
            self.under_way.take().map(finish)
        } else {
            None
        };
        [before, now]
    }
}

/// A PES packet that is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// The whole packet's length, if it says one.
fn length(bytes: &[u8]) -> Option<usize> {
    match u16::from_be_bytes([*bytes.get(4)?, *bytes.get(5)?]) {
        0 => None,
        length => Some(6 + usize::from(length)),
    }
}

fn finish(mut bytes: BytesMut) -> Result<Pes, Broken> {
    if let Some(length) = length(&bytes) {
        if bytes.len() < length {
            return Err(Broken);
        }
        bytes.truncate(length); // stuffing
    }
    Pes::read(&bytes.freeze()).ok_or(Broken)
}

/// Makes times of 33 bits into times that do not wrap, for all streams of a program together.
#[derive(Debug, Default)]
pub(super) struct Clock(Option<i64>);

impl Clock {
    /// The time nearest to the last one that has these bits.
    pub(super) fn unwrap(&mut self, ticks: i64) -> i64 {
        let last = self.0.unwrap_or(ticks);
        let step = (ticks - last + WRAP / 2).rem_euclid(WRAP) - WRAP / 2;
        self.0 = Some(last + step);
        last + step
    }
}

/// Milliseconds as units have them: wrapping at 2³².
pub(super) fn ms(ticks: i64) -> u32 {
    let ms = (ticks + 45).div_euclid(90).rem_euclid(1 << 32);
    u32::try_from(ms).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamp(prefix: u8, ticks: i64) -> [u8; 5] {
        let byte = |shift: u32, mask: i64| u8::try_from(ticks >> shift & mask).expect("masked");
        [
            prefix | byte(30, 7) << 1 | 1,
            byte(22, 255),
            byte(15, 127) << 1 | 1,
            byte(7, 255),
            byte(0, 127) << 1 | 1,
        ]
    }

    /// A PES packet as encoders write it; `sized` gives its length.
    pub(in super::super) fn pes(pts: Option<i64>, dts: Option<i64>, sized: bool, data: &[u8]) -> Vec<u8> {
        let mut fields = Vec::new();
        let both = dts.is_some();
        fields.extend(pts.iter().flat_map(|ticks| stamp(if both { 0x30 } else { 0x20 }, *ticks)));
        fields.extend(dts.iter().flat_map(|ticks| stamp(0x10, *ticks)));
        let flags = if both { 0xc0 } else { u8::from(pts.is_some()) << 7 };
        let size = u8::try_from(fields.len()).expect("short");
        let length = if sized { u16::try_from(3 + fields.len() + data.len()).expect("short") } else { 0 };
        [&[0, 0, 1, 0xe0][..], &length.to_be_bytes(), &[0x80, flags, size], &fields, data].concat()
    }

    #[test]
    fn with_a_length_it_ends_there_and_without_one_at_the_next() {
        let mut assembler = Assembler::default();
        let sized = pes(Some((1 << 33) - 1), Some(5), true, &[1, 2, 3]);
        assert_eq!(assembler.push(true, &sized[..10]), [None, None]);
        let [None, Some(Ok(whole))] = assembler.push(false, &sized[10..]) else { panic!("a packet") };
        assert_eq!((whole.pts, whole.dts, &whole.data[..]), (Some((1 << 33) - 1), Some(5), &[1, 2, 3][..]));
        assert_eq!(assembler.push(true, &pes(Some(9), None, false, &[4])), [None, None]);
        let [Some(Ok(whole)), None] = assembler.push(true, &pes(None, None, false, &[6])) else {
            panic!("a packet")
        };
        assert_eq!((whole.pts, whole.dts, &whole.data[..]), (Some(9), None, &[4][..]));
    }

    #[test]
    fn a_packet_that_is_cut_short_is_broken() {
        let mut assembler = Assembler::default();
        let sized = pes(Some(1), None, true, &[1, 2, 3]);
        let _ = assembler.push(true, &sized[..12]);
        assert!(matches!(assembler.push(true, &sized), [Some(Err(Broken)), Some(Ok(_))]));
        let _ = assembler.push(true, &sized[..12]);
        assert!(assembler.lost() && !assembler.lost());
        assert_eq!(assembler.push(false, &sized[12..]), [None, None]);
    }

    #[test]
    fn times_go_on_over_the_wrap_and_an_hour_is_an_hour() {
        let mut clock = Clock::default();
        assert_eq!(clock.unwrap(WRAP - 10), WRAP - 10);
        assert_eq!(clock.unwrap(20), WRAP + 20);
        assert_eq!(clock.unwrap(WRAP - 5), WRAP - 5, "the other track is a little behind");
        assert_eq!(clock.unwrap(324_000_000), WRAP + 324_000_000);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(payloads in proptest::collection::vec(
            (any::<bool>(), proptest::collection::vec(any::<u8>(), 0..30)), 0..20)) {
            let mut assembler = Assembler::default();
            for (start, payload) in payloads {
                let bytes = if start { [&[0, 0, 1][..], &payload].concat() } else { payload };
                let _ = assembler.push(start, &bytes);
            }
        }
    }
}
