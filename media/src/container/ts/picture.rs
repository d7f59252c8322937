//! H.264 as a byte stream (ITU-T H.264, annex B): PES packets become pictures with their times.

use super::pes::{Clock, Pes, ms};
use crate::{
    codec::{
        assembler::{Assembled, Assembler},
        nal,
    },
    container::ContainerError,
    unit::{Frame, Track, Unit},
};

/// The distance of pictures without times until it is known: 25 a second, in 90 kHz.
const USUAL_STEP: i64 = 3600;
/// Longer than this is no distance of two pictures but a jump.
const LONGEST_STEP: i64 = 90_000;

/// Puts pictures together.
#[derive(Debug)]
pub(super) struct Pictures {
    assembler: Assembler,
    /// Decoding time of the last picture, its distance to the one before, and presentation minus decoding time; 90 kHz.
    last: Option<(i64, i64, i64)>,
}

impl Pictures {
    pub(super) fn new() -> Self {
        Self { assembler: Assembler::new(), last: None }
    }

    /// Pictures are missing before the next packet, which itself is whole.
    pub(super) fn lost(&mut self) -> Result<(), ContainerError> {
        self.assembler.lost();
        self.assembler.finish()?;
        Ok(())
    }

    /// Takes a PES packet; gives how many pictures in it are damaged or wait for a key frame.
    pub(super) fn push(
        &mut self,
        pes: &Pes,
        clock: &mut Clock,
        units: &mut Vec<Unit>,
    ) -> Result<u64, ContainerError> {
        let mut given = pes.dts.or(pes.pts).map(|dts| {
            let dts = clock.unwrap(dts);
            (dts, pes.pts.map_or(dts, |pts| clock.unwrap(pts)) - dts)
        });
        let (mut damaged, mut has_slice) = (0, false);
        for nal in nal::between_codes(&pes.data) {
            let kind = nal[0] & 0x1f;
            // A delimiter begins the next access unit of the same packet.
            if kind == 9 && has_slice {
                damaged += self.finish(given.take(), units)?;
                has_slice = false;
            }
            has_slice |= matches!(kind, 1..=5);
            // From 24 on, numbers mean nothing here; 0 is no NAL unit.
            if kind == 0 || (kind < 24 && self.assembler.nal(nal).is_none()) {
                self.assembler.lost();
            }
        }
        Ok(damaged + self.finish(given, units)?)
    }

    fn finish(&mut self, given: Option<(i64, i64)>, units: &mut Vec<Unit>) -> Result<u64, ContainerError> {
        let assembled = self.assembler.finish()?;
        let (dts, offset) = match (given, self.last) {
            (Some(given), _) => given,
            (None, Some((dts, step, offset))) => (dts + step, offset),
            (None, None) => {
                // No time yet. What refers to this picture cannot be shown, either.
                self.assembler.again();
                return Ok(1);
            }
        };
        let step =
            self.last.map(|(before, _, _)| dts - before).filter(|step| (1..=LONGEST_STEP).contains(step));
        let step = step.or(self.last.map(|(_, step, _)| step)).unwrap_or(USUAL_STEP);
        self.last = Some((dts, step, offset));
        match assembled {
            None => Ok(0),
            Some(Assembled::Damaged) => Ok(1),
            Some(Assembled::Picture { key, data, config }) => {
                units.extend(config.map(Unit::VideoConfig));
                let cts_ms = i32::try_from((offset + 45).div_euclid(90)).unwrap_or_default();
                units.push(Unit::Frame(Frame { track: Track::Video, dts_ms: ms(dts), cts_ms, key, data }));
                Ok(0)
            }
        }
    }
}
