//! Repairs timestamps. A publisher's clock may wrap, jump, step back, stand still or be missing its composition times;
//! what leaves here has both timestamps, decoding times that strictly increase and tracks that stay together.
//!
//! Pure: the time of arrival is given. It must never let a publisher make the muxer wait (a composition time far in the
//! future would) nor move the timeline by a jump: a jump ends the run, and the next one is anchored at the wall clock.

use yunke_protocol::UtcMillis;

use super::{align::APART_MS, composition::FURTHEST_US, still::Still};
use crate::unit::{Frame, Track};

/// A step of the timestamps that differs by more than this from what the clock says ends the run.
const JUMP_US: i64 = 1_000_000;
/// Frames may be presented this much later than decoded; real encoders need under 0.2 s, of few pictures a second more.
const MAX_REORDER_US: i64 = FURTHEST_US;
/// Smallest distance of two pictures.
const MIN_STEP_US: i64 = 1_000;
/// Sound follows its own sample count while the publisher's timestamps are this near (they are rounded to
/// milliseconds, and some encoders send frames in pairs).
const AUDIO_TOLERANCE_US: i64 = 60_000;
/// Deviation from the sample count that is rounding and not drift.
const AUDIO_ROUNDING_US: i64 = 2_000;
/// Drift is corrected by at most this much per frame: under 1 %, not audible.
const AUDIO_SLEW_US: i64 = 200;

/// Timestamps in microseconds since the run's first frame was presented; decoding times may start below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Decoding time.
    pub dts_us: i64,
    /// Presentation time, never before the decoding time.
    pub pts_us: i64,
}

/// What becomes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repaired {
    /// Goes on with these.
    Stamp(Stamp),
    /// Is older than what was sent already, or belongs before the run.
    Drop,
    /// The timestamps jumped: the run is over.
    Jump,
}

#[derive(Debug, Clone, Copy, Default)]
struct Clock {
    /// Microseconds to add to the publisher's time.
    offset_us: Option<i64>,
    last_dts_us: Option<i64>,
    /// As the publisher has it.
    last_time_us: Option<i64>,
    last_arrival: UtcMillis,
    /// Up to here its place is taken by what stood in for it.
    filled_us: Option<i64>,
}

/// The repair of one run.
#[derive(Debug)]
pub struct Repair {
    video: Clock,
    audio: Clock,
    /// Of one audio frame, nanoseconds.
    audio_frame_ns: i64,
    /// What the sample count has beyond whole microseconds, nanoseconds.
    audio_rest_ns: i64,
    unwrap: Unwrap,
    /// Of picture and sound.
    still: [Still; 2],
    /// When the first frame arrived.
    began: Option<UtcMillis>,
    repaired: u64,
}

impl Repair {
    /// A run that starts with this frame, presented at 0.
    pub fn start(first: &Frame, audio_frame_ns: i64) -> Self {
        let mut unwrap = Unwrap::default();
        let offset = -(unwrap.micros(first.dts_ms) + reorder(first).0);
        let clock = Clock { offset_us: Some(offset), ..Clock::default() };
        let (video, audio) = match first.track {
            Track::Video => (clock, Clock::default()),
            Track::Audio => (Clock::default(), clock),
        };
        Self {
            video,
            audio,
            audio_frame_ns,
            audio_rest_ns: 0,
            unwrap,
            still: Default::default(),
            began: None,
            repaired: 0,
        }
    }

    /// How many timestamps were changed or frames dropped for theirs.
    pub fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Where a time of the publisher lies in the run, microseconds: of what goes beside the frames.
    pub fn place(&self, time_ms: u32) -> Option<i64> {
        let offset = self.audio.offset_us.or(self.video.offset_us)?;
        Some(self.unwrap.look(time_ms).saturating_mul(1000) + offset)
    }

    /// Something stood in for a frame of this track here: those of the publisher come after it.
    pub fn filled(&mut self, track: Track, dts_us: i64) {
        let clock = match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        };
        clock.filled_us = Some(dts_us);
        if track == Track::Audio {
            self.audio_rest_ns = 0;
        }
    }

    /// Stamps a frame that arrived now.
    pub fn stamp(&mut self, frame: &Frame, arrival: UtcMillis) -> Repaired {
        let time = self.unwrap.micros(frame.dts_ms);
        let (reorder, odd) = reorder(frame);
        let (own, other) = match frame.track {
            Track::Video => (self.video, self.audio),
            Track::Audio => (self.audio, self.video),
        };
        let mut offset = own.offset_us.unwrap_or_else(|| self.join(time, other));
        let began = *self.began.get_or_insert(arrival);
        let still = &mut self.still[usize::from(frame.track == Track::Audio)];
        let stands = still.look(time, arrival);
        let again = stands || own.last_time_us == Some(time);
        let mut dts_us = time + offset;
        if let Some(last) = own.last_dts_us {
            let waited = (arrival - own.last_arrival).max(0).saturating_mul(1000);
            if stands && frame.track == Track::Video {
                dts_us = still.replace(last, (arrival - began).saturating_mul(1000));
                offset = dts_us - time; // the sound is laid beside these times
                self.repaired += 1;
            }
            let step = dts_us - last;
            if !again && (step < -JUMP_US || step > waited.saturating_add(JUMP_US)) {
                return Repaired::Jump;
            }
        }
        if let Some(last) = own.last_dts_us.max(own.filled_us) {
            match frame.track {
                Track::Video if dts_us - last < MIN_STEP_US => {
                    dts_us = last + MIN_STEP_US;
                    self.repaired += u64::from(own.filled_us.is_none());
                }
                Track::Video => {}
                Track::Audio => {
                    self.repaired += u64::from(stands);
                    let Some(followed) = self.follow(last, dts_us, again) else {
                        self.repaired += u64::from(own.filled_us.is_none());
                        return Repaired::Drop;
                    };
                    dts_us = followed;
                }
            }
        }
        let clock = Clock {
            offset_us: Some(offset),
            last_dts_us: Some(dts_us),
            last_time_us: Some(time),
            last_arrival: arrival,
            filled_us: None,
        };
        if frame.track == Track::Audio && dts_us < 0 {
            return Repaired::Drop; // before the first picture
        }
        match frame.track {
            Track::Video => self.video = clock,
            Track::Audio => self.audio = clock,
        }
        self.repaired += u64::from(odd);
        let pts_us = dts_us.max(time + offset + reorder).min(dts_us + MAX_REORDER_US);
        Repaired::Stamp(Stamp { dts_us, pts_us })
    }

    /// The offset of the second track: the first one's, unless the two clocks have nothing to do with each other.
    fn join(&mut self, time: i64, other: Clock) -> i64 {
        let shared = other.offset_us.unwrap_or(-time);
        let expected = other.last_dts_us.unwrap_or_default();
        if (time + shared - expected).abs() <= APART_MS * 1000 {
            return shared;
        }
        self.repaired += 1;
        expected - time
    }

    /// The next audio time: by sample count while the publisher's is near, or the same `again`; `None` when it lies before
    /// what was sent.
    fn follow(&mut self, last: i64, given: i64, again: bool) -> Option<i64> {
        let ns = self.audio_rest_ns + self.audio_frame_ns;
        let counted = last + ns / 1000;
        let off = if again { 0 } else { given - counted };
        if off.abs() <= AUDIO_TOLERANCE_US {
            self.audio_rest_ns = ns % 1000;
            let drift = off.signum() * (off.abs() - AUDIO_ROUNDING_US).clamp(0, AUDIO_SLEW_US);
            return Some(counted + drift);
        }
        self.audio_rest_ns = 0;
        (off > 0).then_some(given)
    }
}

/// Presentation minus decoding time, and whether it had to be changed.
fn reorder(frame: &Frame) -> (i64, bool) {
    let given = i64::from(frame.cts_ms) * 1000;
    let kept = given.clamp(0, MAX_REORDER_US);
    (kept, kept != given)
}

/// Milliseconds that wrap at 2³² → microseconds that don't.
#[derive(Debug, Default)]
struct Unwrap {
    last: Option<(u32, i64)>,
}

impl Unwrap {
    fn micros(&mut self, millis: u32) -> i64 {
        let whole = self.look(millis);
        self.last = Some((millis, whole));
        whole.saturating_mul(1000)
    }

    fn look(&self, millis: u32) -> i64 {
        match self.last {
            None => i64::from(millis),
            Some((before, whole)) => whole + i64::from(millis.wrapping_sub(before).cast_signed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    const AAC_48K_NS: i64 = 21_333_333;

    fn frame(track: Track, dts_ms: u32, cts_ms: i32) -> Frame {
        Frame { track, dts_ms, cts_ms, key: true, data: Bytes::new() }
    }

    fn video(dts_ms: u32) -> Frame {
        frame(Track::Video, dts_ms, 0)
    }

    fn run(first: &Frame) -> Repair {
        let mut repair = Repair::start(first, AAC_48K_NS);
        assert!(matches!(repair.stamp(first, 0), Repaired::Stamp(_)));
        repair
    }

    fn dts(repaired: Repaired) -> Option<i64> {
        match repaired {
            Repaired::Stamp(stamp) => Some(stamp.dts_us),
            _ => None,
        }
    }

    #[test]
    fn the_first_frame_is_presented_at_zero_and_decoded_before() {
        let first = frame(Track::Video, 5000, 80);
        let mut repair = Repair::start(&first, AAC_48K_NS);
        assert_eq!(repair.stamp(&first, 0), Repaired::Stamp(Stamp { dts_us: -80_000, pts_us: 0 }));
        assert_eq!(
            repair.stamp(&frame(Track::Video, 5040, 40), 40),
            Repaired::Stamp(Stamp { dts_us: -40_000, pts_us: 0 })
        );
    }

    #[test]
    fn the_same_time_twice_and_a_small_step_back_still_increase() {
        let mut repair = run(&video(1000));
        assert_eq!(dts(repair.stamp(&video(1000), 1)), Some(1000));
        assert_eq!(dts(repair.stamp(&video(980), 2)), Some(2000));
        assert_eq!(dts(repair.stamp(&video(1040), 40)), Some(40_000));
        assert_eq!(repair.repaired(), 2);
    }

    #[test]
    fn a_wrap_is_no_jump() {
        let mut repair = run(&video(u32::MAX - 19));
        assert_eq!(dts(repair.stamp(&video(20), 40)), Some(40_000));
    }

    #[test]
    fn a_jump_ends_the_run_but_a_pause_that_really_passed_does_not() {
        assert_eq!(run(&video(1000)).stamp(&video(9000), 40), Repaired::Jump);
        assert_eq!(run(&video(9000)).stamp(&video(1000), 40), Repaired::Jump);
        assert_eq!(dts(run(&video(1000)).stamp(&video(2900), 1900)), Some(1_900_000));
    }

    #[test]
    fn sound_counts_its_samples_under_rounded_timestamps() {
        let mut repair = run(&video(0));
        let given = [0, 21, 42, 64, 85, 106, 128];
        let times: Vec<_> = given
            .iter()
            .map(|t| dts(repair.stamp(&frame(Track::Audio, *t, 0), (*t).into())).expect("kept"))
            .collect();
        assert_eq!(times, [0, 21_333, 42_666, 63_999, 85_333, 106_666, 127_999]);
        assert_eq!(repair.repaired(), 0);
    }

    #[test]
    fn sound_that_was_sent_already_is_dropped_and_a_hole_is_kept() {
        let mut repair = run(&video(0));
        for n in 0..20 {
            repair.stamp(&frame(Track::Audio, n * 21, 0), i64::from(n) * 21);
        }
        assert_eq!(repair.stamp(&frame(Track::Audio, 200, 0), 430), Repaired::Drop);
        assert_eq!(dts(repair.stamp(&frame(Track::Audio, 700, 0), 700)), Some(700_000));
    }

    #[test]
    fn what_comes_back_goes_on_behind_what_stood_in_for_it() {
        let mut repair = run(&video(0));
        repair.stamp(&frame(Track::Audio, 0, 0), 0);
        repair.filled(Track::Audio, 2_986_620);
        repair.filled(Track::Video, 3_000_000);
        assert_eq!(repair.stamp(&frame(Track::Audio, 2_900, 0), 3_000), Repaired::Drop);
        assert_eq!(dts(repair.stamp(&frame(Track::Audio, 3_010, 0), 3_010)), Some(3_008_000));
        assert_eq!(dts(repair.stamp(&video(2_800), 3_020)), Some(3_001_000));
        assert_eq!(dts(repair.stamp(&video(3_040), 3_040)), Some(3_040_000));
        assert_eq!(repair.repaired(), 0);
    }

    #[test]
    fn tracks_with_unrelated_clocks_are_put_together_by_arrival() {
        let mut repair = run(&video(3_600_000));
        assert_eq!(dts(repair.stamp(&video(3_600_040), 40)), Some(40_000));
        assert_eq!(dts(repair.stamp(&frame(Track::Audio, 7, 0), 41)), Some(40_000));
        assert_eq!(repair.repaired(), 1);
    }

    #[test]
    fn sound_that_lies_seconds_beside_the_picture_keeps_its_times() {
        let mut repair = run(&video(5_000));
        assert_eq!(dts(repair.stamp(&frame(Track::Audio, 14_000, 0), 10)), Some(9_000_000));
        assert_eq!(repair.repaired(), 0);
    }

    #[test]
    fn composition_times_above_a_second_are_kept() {
        let mut repair = run(&video(0));
        let Repaired::Stamp(stamp) = repair.stamp(&frame(Track::Video, 400, 2_400), 400) else {
            panic!("kept")
        };
        assert_eq!((stamp.pts_us, repair.repaired()), (2_800_000, 0));
    }

    #[test]
    fn a_clock_that_stands_is_replaced_for_picture_and_sound() {
        for step in [0, 1] {
            // 25 pictures a second by a clock that counts seconds, or none at all, as milliseconds.
            let time = |n: i64| u32::try_from(n / 25 * step).expect("small");
            let mut repair = run(&video(0));
            let (mut picture, mut sound) = (0, 0);
            for n in 1..250 {
                picture = dts(repair.stamp(&video(time(n)), n * 40)).expect("kept");
                for half in 0..2 {
                    let at = n * 40 + half * 20;
                    sound = dts(repair.stamp(&frame(Track::Audio, time(n), 0), at)).unwrap_or(sound);
                }
            }
            assert!((picture - 9_960_000).abs() < 100_000, "{picture}");
            assert!((sound - 10_600_000).abs() < 1_100_000, "{sound}: 498 frames of 21.3 ms");
            assert!(repair.repaired() > 200);
        }
    }

    #[test]
    fn a_composition_time_of_hours_is_cut_down() {
        let mut repair = run(&video(0));
        let Repaired::Stamp(stamp) = repair.stamp(&frame(Track::Video, 40, 8_000_000), 40) else {
            panic!("kept")
        };
        assert_eq!(stamp.pts_us, 40_000 + MAX_REORDER_US);
    }

    proptest! {
        #[test]
        fn whatever_comes_decoding_times_increase_and_presentation_follows(
            frames in proptest::collection::vec((any::<bool>(), any::<u32>(), -9000_i32..9_000_000, 0_i64..3000), 1..200),
            near in any::<bool>(),
        ) {
            let mut repair = run(&video(0));
            let mut last = [0_i64; 2];
            let mut arrival = 0;
            for (is_video, at, cts, waited) in frames {
                arrival += waited;
                let track = if is_video { Track::Video } else { Track::Audio };
                let at = if near { at % 2000 } else { at };
                if let Repaired::Stamp(stamp) = repair.stamp(&frame(track, at, cts), arrival) {
                    let before = &mut last[usize::from(is_video)];
                    prop_assert!(stamp.dts_us > *before || *before == 0);
                    prop_assert!((0..=MAX_REORDER_US).contains(&(stamp.pts_us - stamp.dts_us)));
                    *before = stamp.dts_us;
                }
            }
        }
    }
}
