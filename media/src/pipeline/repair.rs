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
mod tests;
