//! Composition times below zero, and those that are all far off: encoders that do not set their decoding times back for the pictures
//! that are shown before they are decoded. Decoding times are moved, presentation times never: their distances are the picture's.
//!
//! Pure. It holds the first pictures of a publisher, at most [`LOOK_FRAMES`], until it is known how far back they have to go;
//! afterwards nothing waits.

use yunke_protocol::UtcMillis;

use crate::{
    codec::VideoConfig,
    unit::{Frame, Track, Unit},
};

/// Pictures that are looked at before the first goes on: twice what a decoder of a live stream holds back.
const LOOK_FRAMES: usize = 8;
/// And no longer than this.
const LOOK_MS: i64 = 400;
/// A picture is presented at most so long after or before it is decoded; what is further off is not meant so.
const FURTHEST_MS: i32 = 5_000;
pub(crate) const FURTHEST_US: i64 = 5_000_000;

/// Sets the times of one publisher's pictures right.
#[derive(Debug, Default)]
pub struct Composition {
    /// Taken off all composition times: an offset that is no order of pictures.
    bias_ms: i32,
    /// Decoding times go back by this.
    shift_ms: i32,
    look: Look,
    moved: u64,
}

#[derive(Debug)]
enum Look {
    /// No picture has come, its format perhaps. It waits for the first one: a lesson that knows of a format without pictures
    /// would begin anew for it, and once more with them.
    Before(Option<VideoConfig>),
    /// The first ones wait, since then.
    Under(Vec<Unit>, UtcMillis),
    /// Enough is known.
    Done,
}

impl Default for Look {
    fn default() -> Self {
        Self::Before(None)
    }
}

impl Composition {
    /// How often decoding times had to be moved: once for each composition time that was lower than all before.
    pub fn moved(&self) -> u64 {
        self.moved
    }

    /// Takes what arrived now; appends what goes on.
    pub fn push(&mut self, unit: Unit, now: UtcMillis, out: &mut Vec<Unit>) {
        if let (Look::Before(format), Unit::VideoConfig(config)) = (&mut self.look, &unit) {
            *format = Some(config.clone());
            return;
        }
        if let Unit::Frame(frame) = &unit
            && frame.track == Track::Video
        {
            self.learn(frame, now, out);
        }
        let Look::Under(held, since) = &mut self.look else {
            out.push(self.moved_back(unit));
            return;
        };
        let overdue = now - *since > LOOK_MS;
        match unit {
            Unit::VideoConfig(_) | Unit::Frame(Frame { track: Track::Video, .. }) => held.push(unit),
            sound => out.push(sound),
        }
        if overdue || held.len() > LOOK_FRAMES {
            let held = std::mem::take(held);
            self.look = Look::Done;
            let moved: Vec<Unit> = held.into_iter().map(|unit| self.moved_back(unit)).collect();
            out.extend(moved);
        }
    }

    fn learn(&mut self, frame: &Frame, now: UtcMillis, out: &mut Vec<Unit>) {
        if let Look::Before(format) = &mut self.look {
            let format = format.take().map(Unit::VideoConfig);
            if frame.cts_ms.abs() > FURTHEST_MS {
                self.bias_ms = frame.cts_ms;
                self.moved += 1;
            }
            // Whoever sets decoding times back has done so for the first picture, too.
            self.look = if frame.cts_ms == self.bias_ms {
                Look::Under(format.into_iter().collect(), now)
            } else {
                out.extend(format);
                Look::Done
            };
        }
        let least = frame.cts_ms.saturating_sub(self.bias_ms).saturating_add(self.shift_ms);
        if (-FURTHEST_MS..0).contains(&least) {
            self.shift_ms -= least;
            self.moved += 1;
        }
    }

    fn moved_back(&self, unit: Unit) -> Unit {
        match unit {
            Unit::Frame(frame) if frame.track == Track::Video => {
                let dts_ms = frame.dts_ms.wrapping_sub(self.shift_ms.cast_unsigned());
                let cts_ms = frame.cts_ms.saturating_sub(self.bias_ms).saturating_add(self.shift_ms);
                Unit::Frame(Frame { dts_ms, cts_ms, ..frame })
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn picture(dts_ms: u32, cts_ms: i32) -> Unit {
        Unit::Frame(Frame { track: Track::Video, dts_ms, cts_ms, key: dts_ms == 0, data: Bytes::new() })
    }

    /// Decoding and presentation times of what comes out.
    fn times(units: &[Unit]) -> Vec<(i64, i64)> {
        let time = |unit: &Unit| match unit {
            Unit::Frame(frame) if frame.track == Track::Video => {
                let dts = i64::from(frame.dts_ms.cast_signed());
                Some((dts, dts + i64::from(frame.cts_ms)))
            }
            _ => None,
        };
        units.iter().filter_map(time).collect()
    }

    /// I P B b b, as a pyramid, not set back.
    const PYRAMID: [i32; 9] = [0, 120, 0, -80, -40, 120, 0, -80, -40];

    fn through(composition: &mut Composition, all: &[i32], at: u32) -> Vec<Unit> {
        let mut out = Vec::new();
        for (n, cts) in (0_u32..).zip(all) {
            composition.push(picture(at + n * 40, *cts), (at + n * 40).into(), &mut out);
        }
        out
    }

    #[test]
    fn presentation_times_stay_and_decoding_times_go_back_from_the_first_picture_on() {
        let mut composition = Composition::default();
        let out = times(&through(&mut composition, &PYRAMID, 0));
        let given: Vec<i64> = (0..).zip(PYRAMID).map(|(n, cts)| n * 40 + i64::from(cts)).collect();
        assert_eq!(out.iter().map(|(_, pts)| *pts).collect::<Vec<_>>(), given);
        assert!(out.iter().all(|(dts, pts)| dts <= pts), "{out:?}");
        assert!(out.windows(2).all(|pair| pair[1].0 - pair[0].0 == 40), "{out:?}");
    }

    #[test]
    fn later_ones_that_go_further_back_move_what_follows() {
        let mut composition = Composition::default();
        through(&mut composition, &[0; 10], 0);
        let out = times(&through(&mut composition, &PYRAMID, 400));
        assert_eq!(out[3], (440, 440));
        assert!(out[3..].iter().all(|(dts, pts)| dts <= pts), "{out:?}");
    }

    #[test]
    fn nothing_waits_for_an_encoder_that_sets_them_back_itself() {
        let mut composition = Composition::default();
        let out = through(&mut composition, &[80, 200, 80, 0, 40], 0);
        assert_eq!((out.len(), composition.moved()), (5, 0));
        assert_eq!(times(&out)[3], (120, 120));
    }

    #[test]
    fn without_reordering_nothing_changes_and_sound_never_waits() {
        let mut composition = Composition::default();
        let mut out = Vec::new();
        composition.push(picture(0, 0), 0, &mut out);
        let sound = Frame { track: Track::Audio, dts_ms: 0, cts_ms: 0, key: true, data: Bytes::new() };
        composition.push(Unit::Frame(sound.clone()), 10, &mut out);
        assert_eq!(out, [Unit::Frame(sound.clone())]);
        composition.push(Unit::Frame(sound), 500, &mut out);
        assert_eq!(times(&out), [(0, 0)], "not held for ever where few pictures come");
        composition.push(picture(40, 0), 540, &mut out);
        assert_eq!(times(&out), [(0, 0), (40, 40)]);
    }

    #[test]
    fn a_format_waits_for_its_first_picture() {
        let record = Bytes::from_static(crate::codec::h264::tests::RECORD_720P);
        let format = Unit::VideoConfig(VideoConfig::parse(record).expect("a real record"));
        let mut composition = Composition::default();
        let mut out = Vec::new();
        composition.push(format.clone(), 0, &mut out);
        assert_eq!(out, []);
        composition.push(picture(0, 80), 5_000, &mut out);
        assert_eq!(out, [format.clone(), picture(0, 80)]);
        composition.push(format.clone(), 5_040, &mut out);
        assert_eq!(out[2], format, "later ones go on at once");
    }

    #[test]
    fn hours_that_all_have_are_taken_off_all() {
        let hour = 3_600_000;
        let mut composition = Composition::default();
        let all: Vec<i32> = PYRAMID.iter().map(|cts| cts + hour).collect();
        let out = times(&through(&mut composition, &all, 0));
        assert_eq!(out[0], (-80, 0));
        assert!(out.iter().all(|(dts, pts)| (0..=200).contains(&(pts - dts))), "{out:?}");
    }
}
