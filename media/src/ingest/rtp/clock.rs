//! One clock for picture and sound. A track's first packet lies where it arrived; when both tracks' sender reports are
//! there, the sound is laid where it was recorded in relation to the picture. What moves by a later report is corrected
//! gently further on ([`crate::pipeline::repair`]).

use super::{Report, clock_rate};
use crate::ingest::Track;

/// Reports that would move the sound further than this are not believed.
const MAX_CORRECTION_US: i64 = 3_000_000;

/// Ticks that wrap at 2³² → ticks that don't.
#[derive(Debug, Default, Clone, Copy)]
struct Unwrap {
    last: Option<i64>,
}

impl Unwrap {
    fn near(&mut self, timestamp: u32) -> i64 {
        let ticks = self.look(timestamp);
        self.last = Some(ticks);
        ticks
    }

    fn look(self, timestamp: u32) -> i64 {
        match self.last {
            None => i64::from(timestamp),
            Some(last) => {
                let wrapped = u32::try_from(last & 0xffff_ffff).unwrap_or_default();
                last + i64::from(timestamp.wrapping_sub(wrapped).cast_signed())
            }
        }
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct TrackClock {
    unwrap: Unwrap,
    /// Ticks and the time that goes with them, by arrival.
    anchor: Option<(i64, i64)>,
    /// Ticks and the sender's wall clock.
    report: Option<(i64, i64)>,
}

impl TrackClock {
    fn by_arrival(&self, track: Track, ticks: i64) -> Option<i64> {
        self.anchor.map(|(at, time)| time + micros(track, ticks - at))
    }
}

/// The clock of a publisher.
#[derive(Debug, Default)]
pub struct Clock {
    video: TrackClock,
    audio: TrackClock,
}

impl Clock {
    fn track(&mut self, track: Track) -> &mut TrackClock {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }

    /// Ticks that do not wrap, of a packet that arrived now.
    pub fn ticks(&mut self, track: Track, timestamp: u32, now_us: i64) -> i64 {
        let clock = self.track(track);
        let ticks = clock.unwrap.near(timestamp);
        clock.anchor.get_or_insert((ticks, now_us));
        ticks
    }

    /// Takes a sender report; without a packet before it there is nothing to relate it to.
    pub fn report(&mut self, report: Report) {
        let clock = self.track(report.track);
        if clock.anchor.is_some() {
            clock.report = Some((clock.unwrap.look(report.timestamp), report.wall_us));
        }
    }

    /// The time of these ticks, microseconds of our clock; `None` before the track's first packet.
    pub fn time_us(&self, track: Track, ticks: i64) -> Option<i64> {
        match track {
            Track::Video => self.video.by_arrival(track, ticks),
            Track::Audio => {
                let arrived = self.audio.by_arrival(track, ticks)?;
                let moved = self.beside_picture(ticks);
                Some(moved.filter(|time| (time - arrived).abs() <= MAX_CORRECTION_US).unwrap_or(arrived))
            }
        }
    }

    /// How far the reports move the sound against its arrival, microseconds; for logs and tests.
    pub fn correction_us(&self) -> Option<i64> {
        let (ticks, time) = self.audio.anchor?;
        self.beside_picture(ticks).map(|beside| beside - time)
    }

    fn beside_picture(&self, audio_ticks: i64) -> Option<i64> {
        let (video_at, video_wall) = self.video.report?;
        let (audio_at, audio_wall) = self.audio.report?;
        let wall_to_ours = self.video.by_arrival(Track::Video, video_at)?.checked_sub(video_wall)?;
        audio_wall.checked_add(micros(Track::Audio, audio_ticks - audio_at))?.checked_add(wall_to_ours)
    }
}

fn micros(track: Track, ticks: i64) -> i64 {
    let (ticks, rate) = (i128::from(ticks), i128::from(clock_rate(track)));
    i64::try_from(ticks * 1_000_000 / rate).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn before_reports_tracks_lie_where_they_arrived() {
        let mut clock = Clock::default();
        let first = clock.ticks(Track::Video, u32::MAX - 44_999, 1_000_000);
        assert_eq!(clock.time_us(Track::Video, first), Some(1_000_000));
        let second = clock.ticks(Track::Video, 45_000, 2_300_000);
        assert_eq!(clock.time_us(Track::Video, second), Some(2_000_000), "its own clock, over the wrap");
        assert_eq!(clock.time_us(Track::Audio, 0), None);
    }

    #[test]
    fn reports_lay_the_sound_beside_the_picture() {
        let mut clock = Clock::default();
        let wall = 3_900_000_000_000_000;
        // The picture was taken at `wall` and took 30 ms, the sound was taken then too and took 110 ms.
        clock.ticks(Track::Video, 900, 30_000);
        let sound = clock.ticks(Track::Audio, 4_800, 110_000);
        assert_eq!(clock.time_us(Track::Audio, sound), Some(110_000));
        clock.report(Report { track: Track::Video, wall_us: wall + 1_000_000, timestamp: 90_900 });
        clock.report(Report { track: Track::Audio, wall_us: wall + 2_000_000, timestamp: 100_800 });
        assert_eq!(clock.time_us(Track::Audio, sound), Some(30_000));
        assert_eq!(clock.correction_us(), Some(-80_000));
    }

    #[test]
    fn a_report_of_another_day_is_not_believed() {
        let mut clock = Clock::default();
        clock.ticks(Track::Video, 0, 0);
        let sound = clock.ticks(Track::Audio, 0, 0);
        clock.report(Report { track: Track::Video, wall_us: 0, timestamp: 0 });
        clock.report(Report { track: Track::Audio, wall_us: 86_400_000_000, timestamp: 0 });
        assert_eq!(clock.time_us(Track::Audio, sound), Some(0));
    }

    proptest! {
        #[test]
        fn whatever_is_reported_nothing_panics(
            packets in proptest::collection::vec((any::<bool>(), any::<u32>(), any::<i64>()), 0..50),
        ) {
            let mut clock = Clock::default();
            for (video, timestamp, wall_us) in packets {
                let track = if video { Track::Video } else { Track::Audio };
                let ticks = clock.ticks(track, timestamp, i64::from(timestamp));
                clock.report(Report { track, wall_us, timestamp: timestamp.rotate_left(3) });
                let _ = clock.time_us(track, ticks);
            }
        }
    }
}
