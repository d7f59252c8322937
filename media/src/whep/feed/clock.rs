//! RTP time of a lesson. Pictures are stamped with UTC itself, so that all publishers of a lesson, and its outages, lie on one
//! clock. Sound keeps the publisher's own count of samples, as decoders want it; sender reports say how far that is off UTC, which
//! the drift of a sound card makes ever more.

use crate::{unit::Track, webrtc::rtp::clock_rate};

/// The count is kept while it is this near to where it was lately beside UTC, 60 ms; else it is laid anew.
const TOLERANCE_TICKS: i64 = 2_880;
/// What is measured counts for one of so many parts.
const SMOOTH: i64 = 64;

/// Ticks of a track at a UTC time in microseconds; RTP time is its lower half.
pub(crate) fn ticks(track: Track, utc_us: i64) -> i64 {
    let ticks = i128::from(utc_us) * i128::from(clock_rate(track)) / 1_000_000;
    i64::try_from(ticks).unwrap_or_default()
}

/// What is written into a packet.
pub(crate) fn timestamp(ticks: i64) -> u32 {
    u32::try_from(ticks & 0xffff_ffff).unwrap_or_default()
}

/// The count of the sound.
#[derive(Debug, Default)]
pub(super) struct Count {
    /// Added to the publisher's ticks.
    offset: Option<i64>,
    last: Option<i64>,
    /// UTC minus the count, smoothed; [`SMOOTH`]ths of a tick.
    off: i64,
}

impl Count {
    /// Ticks of a packet that the publisher counts as `theirs` and that lies at `at_us`; `None` when it lies before one that
    /// went out.
    pub(super) fn place(&mut self, theirs: i64, at_us: i64) -> Option<i64> {
        let utc = ticks(Track::Audio, at_us);
        let counted = self.offset.map(|offset| theirs + offset);
        let place = match counted {
            Some(counted) if (utc - counted - self.off()).abs() <= TOLERANCE_TICKS => {
                self.off += utc - counted - self.off / SMOOTH;
                counted
            }
            _ => {
                self.offset = Some(utc - theirs);
                self.off = 0;
                utc
            }
        };
        if self.last.is_some_and(|last| place <= last) {
            return None;
        }
        self.last = Some(place);
        Some(place)
    }

    /// UTC minus the count, ticks.
    pub(super) fn off(&self) -> i64 {
        self.off / SMOOTH
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START_US: i64 = 1_800_000_000_000_000;

    #[test]
    fn pictures_lie_at_utc() {
        assert_eq!(ticks(Track::Video, START_US), 162_000_000_000_000);
        assert_eq!(ticks(Track::Video, START_US + 40_000) - ticks(Track::Video, START_US), 3_600);
        assert_eq!(timestamp(ticks(Track::Video, START_US)), 2_423_529_472);
    }

    #[test]
    fn sound_keeps_its_count_while_it_is_near() {
        let mut count = Count::default();
        let first = count.place(960, START_US).expect("the first");
        for n in 1..2_000 {
            // Rounded to milliseconds, and a clock that is 0.002 % fast.
            let at_us = START_US + n * 20_000 + n % 3 * 300 + n * 2 / 5;
            assert_eq!(count.place(960 + n * 960, at_us), Some(first + n * 960));
        }
        assert!((20..=60).contains(&count.off()), "{}", count.off());
    }

    #[test]
    fn an_hour_of_drift_lays_nothing_anew() {
        for ppm in [200, -200] {
            let mut count = Count::default();
            let first = count.place(960, START_US).expect("the first");
            for n in 1..180_000 {
                let at_us = START_US + n * 20_000 + n * 20_000 * ppm / 1_000_000;
                assert_eq!(count.place(960 + n * 960, at_us), Some(first + n * 960));
            }
            // 0.72 s, as sender reports will say.
            assert!((count.off() - 34_560 * ppm.signum()).abs() < 50, "{}", count.off());
        }
    }

    #[test]
    fn a_jump_lays_it_anew_and_never_goes_back() {
        let mut count = Count::default();
        let first = count.place(0, START_US).expect("the first");
        assert_eq!(count.place(960, START_US + 5_000_000), Some(first + 240_000));
        assert_eq!(count.place(1_920, START_US), None, "it would lie before what went out");
        assert_eq!(count.off(), 0);
    }

    proptest! {
        #[test]
        fn what_goes_out_ascends(steps in proptest::collection::vec((-5_000_i64..5_000, -200_000_i64..200_000), 1..60)) {
            let (mut count, mut last) = (Count::default(), i64::MIN);
            let (mut theirs, mut at_us) = (0, START_US);
            for (ticks, us) in steps {
                (theirs, at_us) = (theirs + ticks, at_us + us);
                let off = count.off();
                if let Some(place) = count.place(theirs, at_us) {
                    let utc = super::ticks(Track::Audio, at_us);
                    prop_assert!(place > last);
                    prop_assert!(place == utc || (utc - place - off).abs() <= TOLERANCE_TICKS);
                    last = place;
                }
            }
        }
    }
}
