//! One clock for picture and sound. A track lies where the packet arrived that was the least late; when both tracks'
//! sender reports are there, the sound is laid where it was recorded in relation to the picture. The clock of a sender is
//! never quite ours: one that is fast has packets that are less and less late, one that is slow has none any more that are on
//! time, and both are followed. What moves is corrected gently further on ([`super::drift`]).

use crate::{
    unit::Track,
    webrtc::rtp::{Report, clock_rate},
};

/// Reports that would move the sound further than this against its arrival are not believed.
const MAX_CORRECTION_US: i64 = 2_000_000;
/// Two reports of a track that differ by more than this are both not believed: those of webrtcbin 1.22 do, by seconds.
const STEADY_US: u64 = 20_000;
/// Packets later than this show that the sender's timestamps jumped; so do those that much too early of a sound that is laid by
/// reports, which nothing else would move.
const JUMP_US: i64 = 10_000_000;
/// When for so long no packet was on time, within [`ON_TIME_US`], the sender's clock is slow, or the line is.
const WINDOW_US: i64 = 10_000_000;
const ON_TIME_US: i64 = 5_000;
/// It is followed by so much a window: clocks are off by 0.02 % at most, and what a busy line holds up for a while is to move little.
const MAX_RISE_US: i64 = 10_000;

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
    /// Our time of tick 0.
    base_us: Option<i64>,
    /// The sender's wall clock at tick 0, by its last report.
    wall_us: Option<i64>,
    /// The report before said the same.
    steady: bool,
    /// Since when, and how late its least late packet was.
    window: Option<(i64, i64)>,
}

impl TrackClock {
    /// By how much the track lies too early, once that is sure. `late`: how much a packet was that arrived now.
    fn rise(&mut self, late: i64, now_us: i64) -> Option<i64> {
        let (since, least) = self.window.get_or_insert((now_us, late));
        *least = (*least).min(late);
        if now_us - *since < WINDOW_US {
            return None;
        }
        let least = *least;
        self.window = None;
        (least > ON_TIME_US).then_some(least.min(MAX_RISE_US))
    }
}

/// The clock of a publisher.
#[derive(Debug, Default)]
pub struct Clock {
    video: TrackClock,
    audio: TrackClock,
    /// The sound is laid by reports, not by its arrival.
    laid: bool,
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
        let ticks = self.track(track).unwrap.near(timestamp);
        let arrived_us = now_us - micros(track, ticks);
        let before = *self.track(track).base_us.get_or_insert(arrived_us);
        let late = arrived_us - before;
        let laid = track == Track::Audio && self.laid;
        if late > JUMP_US || (laid && late < -JUMP_US) {
            self.laid = false;
            self.track(track).window = None;
            self.track(track).base_us = Some(arrived_us);
        } else if late < 0 && !laid {
            self.track(track).window = None;
            self.shift(track, late);
        } else if !laid && let Some(rise) = self.track(track).rise(late, now_us) {
            self.shift(track, rise);
        }
        ticks
    }

    /// Moves a track, and the sound with the picture it is laid beside.
    fn shift(&mut self, track: Track, by_us: i64) {
        let moved = |base: Option<i64>| base.map(|base| base + by_us);
        self.track(track).base_us = moved(self.track(track).base_us);
        if track == Track::Video && self.laid {
            self.audio.base_us = moved(self.audio.base_us);
        }
    }

    /// Takes a sender report; without a packet before it there is nothing to relate it to.
    pub fn report(&mut self, report: Report) {
        let clock = self.track(report.track);
        if clock.base_us.is_none() {
            return;
        }
        let ticks = clock.unwrap.look(report.timestamp);
        let wall_us = report.wall_us.checked_sub(micros(report.track, ticks));
        clock.steady = wall_us.zip(clock.wall_us).is_some_and(|(new, old)| new.abs_diff(old) <= STEADY_US);
        clock.wall_us = wall_us;
        let Some(off) = self.off_us() else { return };
        if self.video.steady && self.audio.steady && off.saturating_abs() <= MAX_CORRECTION_US {
            self.audio.base_us = self.audio.base_us.map(|base| base + off);
            self.laid = true;
        }
    }

    /// The time of these ticks, microseconds of our clock; `None` before the track's first packet.
    pub fn time_us(&self, track: Track, ticks: i64) -> Option<i64> {
        let clock = match track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        };
        clock.base_us.map(|base| base + micros(track, ticks))
    }

    /// How far the last reports would move the sound from where it lies, microseconds; for logs and tests.
    pub fn off_us(&self) -> Option<i64> {
        Some(self.beside_picture()?.saturating_sub(self.audio.base_us?))
    }

    /// Where tick 0 of the sound lies by the reports.
    fn beside_picture(&self) -> Option<i64> {
        let wall_to_ours = self.video.base_us?.checked_sub(self.video.wall_us?)?;
        self.audio.wall_us?.checked_add(wall_to_ours)
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

    const WALL: i64 = 3_900_000_000_000_000;

    fn near(got: Option<i64>, wanted: i64) {
        let got = got.expect("a time");
        assert!((got - wanted).abs() <= 1, "{got}, not {wanted}");
    }

    #[test]
    fn before_reports_tracks_lie_where_they_arrived() {
        let mut clock = Clock::default();
        let first = clock.ticks(Track::Video, u32::MAX - 44_999, 1_000_000);
        near(clock.time_us(Track::Video, first), 1_000_000);
        let second = clock.ticks(Track::Video, 45_000, 2_300_000);
        near(clock.time_us(Track::Video, second), 2_000_000);
        assert_eq!(clock.time_us(Track::Audio, 0), None);
    }

    #[test]
    fn what_was_kept_by_the_sender_does_not_lead_for_ever() {
        let mut clock = Clock::default();
        // A second of pictures arrives at once, then they come as they are taken.
        for n in 0..30 {
            clock.ticks(Track::Video, n * 3_000, i64::from(n) * 1_000);
        }
        let next = clock.ticks(Track::Video, 90_000, 62_000);
        near(clock.time_us(Track::Video, next), 62_000);
    }

    /// The picture was taken at `WALL` and took 30 ms, the sound was taken then too and took 160 ms.
    fn on_the_way() -> (Clock, i64) {
        let mut clock = Clock::default();
        clock.ticks(Track::Video, 900, 30_000);
        let sound = clock.ticks(Track::Audio, 4_800, 160_000);
        near(clock.time_us(Track::Audio, sound), 160_000);
        (clock, sound)
    }

    /// Reports of both tracks so many seconds later, off by so much.
    fn report(clock: &mut Clock, seconds: u32, video_off_us: i64, audio_off_us: i64) {
        let wall_us = WALL + i64::from(seconds) * 1_000_000;
        let timestamp = 900 + seconds * 90_000;
        clock.report(Report { track: Track::Video, wall_us: wall_us + video_off_us, timestamp });
        let timestamp = 4_800 + seconds * 48_000;
        clock.report(Report { track: Track::Audio, wall_us: wall_us + audio_off_us, timestamp });
    }

    #[test]
    fn steady_reports_lay_the_sound_beside_the_picture() {
        let (mut clock, sound) = on_the_way();
        report(&mut clock, 1, 0, 0);
        near(clock.time_us(Track::Audio, sound), 160_000); // one report is none
        report(&mut clock, 2, 0, 0);
        near(clock.time_us(Track::Audio, sound), 30_000);
        report(&mut clock, 3, 0, 2_000);
        near(clock.time_us(Track::Audio, sound), 32_000); // drift
        clock.ticks(Track::Video, 9_900, 120_000);
        near(clock.time_us(Track::Audio, sound), 22_000); // the picture turned out to be 10 ms less late
    }

    #[test]
    fn reports_that_contradict_each_other_are_not_believed() {
        let (mut clock, sound) = on_the_way();
        for seconds in 1..6 {
            let off = i64::from(seconds) * 900_000;
            report(&mut clock, seconds, off, off + 100_000);
        }
        near(clock.time_us(Track::Audio, sound), 160_000);
    }

    #[test]
    fn a_report_of_another_day_is_not_believed() {
        let (mut clock, sound) = on_the_way();
        for seconds in 1..6 {
            report(&mut clock, seconds, 0, 86_400_000_000);
        }
        near(clock.time_us(Track::Audio, sound), 160_000);
    }

    #[test]
    fn timestamps_that_jump_an_hour_lie_where_they_arrive() {
        let (picture, sound) = (324_000_000_u32, 172_800_000_u32);
        for (jump, sound) in [(picture, sound), (picture.wrapping_neg(), sound.wrapping_neg())] {
            let mut clock = Clock::default();
            clock.ticks(Track::Video, 0, 0);
            let after = clock.ticks(Track::Video, jump.wrapping_add(3_000), 33_000);
            near(clock.time_us(Track::Video, after), 33_000);

            // And so does a sound that reports have laid.
            let (mut clock, _) = on_the_way();
            report(&mut clock, 1, 0, 0);
            report(&mut clock, 2, 0, 0);
            let after = clock.ticks(Track::Audio, sound.wrapping_add(4_800 + 960), 180_000);
            near(clock.time_us(Track::Audio, after), 180_000);
        }
    }

    /// Picture and sound of a sender whose clocks are fast by so many millionths, as they arrive, with reports or without.
    /// How far both are apart at the end, how far the picture is off our clock, and the largest step of the sound, µs.
    fn drifting(picture_ppm: i64, sound_ppm: i64, reports: bool, seconds: i64) -> (i64, i64, i64) {
        let mut clock = Clock::default();
        let fast = |us: i64, ppm: i64| us + us * ppm / 1_000_000;
        // A line of 30 ms with up to 15 ms on top, otherwise for each packet.
        let arrives = |us: i64| us + 30_000 + us / 20_000 % 16 * 1_000;
        let stamp = |track, us: i64, ppm| {
            let ticks = fast(us, ppm) * clock_rate(track) / 1_000_000;
            u32::try_from(ticks & 0xffff_ffff).expect("wrapped")
        };
        let (mut apart, mut off, mut step, mut last) = (0, 0, 0, None);
        for n in 0..seconds * 50 {
            let us = n * 20_000;
            let picture = clock.ticks(Track::Video, stamp(Track::Video, us, picture_ppm), arrives(us));
            let sound = clock.ticks(Track::Audio, stamp(Track::Audio, us, sound_ppm), arrives(us) + 10_000);
            if reports && n % 250 == 249 {
                for (track, ppm) in [(Track::Video, picture_ppm), (Track::Audio, sound_ppm)] {
                    clock.report(Report { track, wall_us: WALL + us, timestamp: stamp(track, us, ppm) });
                }
            }
            let picture = clock.time_us(Track::Video, picture).expect("a time");
            let sound = clock.time_us(Track::Audio, sound).expect("a time");
            (apart, off) = (sound - picture, picture - us - 30_000);
            if let Some(last) = last.replace(sound)
                && n > 1_000
            {
                step = step.max((sound - last - 20_000).abs());
            }
        }
        (apart, off, step)
    }

    #[test]
    fn clocks_that_are_not_ours_are_followed_for_an_hour_and_the_sound_stays_beside_the_picture() {
        for (picture_ppm, sound_ppm, reports) in [
            (0, 200, true),
            (0, -200, true),
            (200, 200, true),
            (-200, -200, true),
            (-200, 200, true),
            (200, 0, false),
            (-200, 0, false),
            (0, 200, false),
            (0, -200, false),
        ] {
            let (apart, off, step) = drifting(picture_ppm, sound_ppm, reports, 3_600);
            let what =
                format!("{picture_ppm} {sound_ppm} {reports}: {apart} apart, {off} off, {step} at once");
            assert!(apart.abs() <= 25_000, "{what}");
            assert!(off.abs() <= 20_000, "{what}");
            assert!(step <= 10_000, "{what}");
        }
        // An hour of 100 millionths in three minutes.
        for sound_ppm in [2_000, -2_000] {
            let (apart, _, step) = drifting(0, sound_ppm, true, 180);
            assert!(apart.abs() <= 15_000 && step <= 21_333, "{sound_ppm}: {apart} apart, {step} at once");
        }
    }

    #[test]
    fn a_line_that_is_slow_for_a_while_moves_little_and_what_moved_comes_back() {
        let mut clock = Clock::default();
        let mut place = |n: u32, late_us: i64| {
            let ticks = clock.ticks(Track::Video, n * 1_800, i64::from(n) * 20_000 + late_us);
            clock.time_us(Track::Video, ticks).expect("a time") - i64::from(n) * 20_000
        };
        assert_eq!((0..500).map(|n| place(n, 20_000)).last(), Some(20_000));
        let held_up = (500..1_500).map(|n| place(n, 250_000)).last().expect("some");
        assert!((20_000..=40_000).contains(&held_up), "{held_up}");
        assert_eq!((1_500..1_510).map(|n| place(n, 20_000)).last(), Some(20_000));
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
