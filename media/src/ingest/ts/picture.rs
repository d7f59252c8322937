//! H.264 as a byte stream (ITU-T H.264, annex B): PES packets become pictures with their times.

use super::{
    ms,
    pes::{Clock, Pes},
};
use crate::ingest::{
    Frame, Refusal, Track, Unit,
    rtp::h264::{Depacketizer, Event},
};

/// The distance of pictures without times until it is known: 25 a second, in 90 kHz.
const USUAL_STEP: i64 = 3600;
/// Longer than this is no distance of two pictures but a jump.
const LONGEST_STEP: i64 = 90_000;

/// Puts pictures together. A NAL unit is a packet to the depacketizer that WebRTC uses, too: what it does about parameter
/// sets, losses and key frames is the same for both.
#[derive(Debug)]
pub(super) struct Pictures {
    depacketizer: Depacketizer,
    /// Tells access units apart.
    number: u32,
    /// Decoding time of the last picture, its distance to the one before, and presentation minus decoding time; 90 kHz.
    last: Option<(i64, i64, i64)>,
}

impl Pictures {
    pub(super) fn new() -> Self {
        Self { depacketizer: Depacketizer::new(), number: 0, last: None }
    }

    /// Pictures are missing before the next packet, which itself is whole.
    pub(super) fn lost(&mut self) -> Result<(), Refusal> {
        self.depacketizer.lost();
        self.depacketizer.push(self.number, true, &[])?;
        self.number = self.number.wrapping_add(1);
        Ok(())
    }

    /// Takes a PES packet; gives how many pictures in it are damaged or wait for a key frame.
    pub(super) fn push(
        &mut self,
        pes: &Pes,
        clock: &mut Clock,
        units: &mut Vec<Unit>,
    ) -> Result<u64, Refusal> {
        let mut given = pes.dts.or(pes.pts).map(|dts| {
            let dts = clock.unwrap(dts);
            (dts, pes.pts.map_or(dts, |pts| clock.unwrap(pts)) - dts)
        });
        let (mut damaged, mut has_slice) = (0, false);
        for nal in nal_units(&pes.data) {
            let kind = nal[0] & 0x1f;
            // A delimiter begins the next access unit of the same packet.
            if kind == 9 && has_slice {
                damaged += self.finish(given.take(), units)?;
                has_slice = false;
            }
            has_slice |= matches!(kind, 1..=5);
            // From 24 on, numbers mean something else in RTP and nothing here.
            if kind < 24 {
                self.depacketizer.push(self.number, false, nal)?;
            }
        }
        Ok(damaged + self.finish(given, units)?)
    }

    fn finish(&mut self, given: Option<(i64, i64)>, units: &mut Vec<Unit>) -> Result<u64, Refusal> {
        let events = self.depacketizer.push(self.number, true, &[])?;
        self.number = self.number.wrapping_add(1);
        let (dts, offset) = match (given, self.last) {
            (Some(given), _) => given,
            (None, Some((dts, step, offset))) => (dts + step, offset),
            (None, None) => {
                // No time yet. What refers to this picture cannot be shown, either.
                self.depacketizer.again();
                return Ok(1);
            }
        };
        let step =
            self.last.map(|(before, _, _)| dts - before).filter(|step| (1..=LONGEST_STEP).contains(step));
        let step = step.or(self.last.map(|(_, step, _)| step)).unwrap_or(USUAL_STEP);
        self.last = Some((dts, step, offset));
        let mut damaged = 0;
        for event in events {
            let Event::Picture(picture) = event else {
                damaged += 1;
                continue;
            };
            units.extend(picture.config.map(Unit::VideoConfig));
            let cts_ms = i32::try_from((offset + 45).div_euclid(90)).unwrap_or_default();
            let (dts_ms, key, data) = (ms(dts), picture.key, picture.data);
            units.push(Unit::Frame(Frame { track: Track::Video, dts_ms, cts_ms, key, data }));
        }
        Ok(damaged)
    }
}

/// The NAL units between start codes, none of them empty.
fn nal_units(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = after_code(data);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let next = after_code(bytes);
        let end = next.map_or(bytes.len(), |next| bytes.len() - next.len() - 3);
        rest = next;
        let nal = &bytes[..end];
        let zeros = nal.iter().rev().take_while(|byte| **byte == 0).count();
        Some(&nal[..end - zeros])
    })
    .filter(|nal| !nal.is_empty())
}

/// What follows the first start code.
fn after_code(data: &[u8]) -> Option<&[u8]> {
    data.windows(3).position(|bytes| bytes == [0, 0, 1]).map(|at| &data[at + 3..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nal_units_are_between_start_codes_of_either_length() {
        let data = [7, 0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x65, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0x41];
        let found: Vec<_> = nal_units(&data).collect();
        assert_eq!(found, [&[9, 0xf0][..], &[0x65, 1], &[0x41]]);
        assert_eq!(nal_units(&[1, 2, 3]).count(), 0);
        assert_eq!(nal_units(&[0, 0, 1]).count(), 0);
    }
}
