//! What is made of a publisher's media besides passing it on: a sound of 48 kbit/s for weak networks.
//!
//! It works beside the pass-through, in pipelines of its own, and must never hold it up, break it or change it. It is told
//! every step the pass-through's muxers do, so that its segments end where theirs do and have the same numbers.

mod sound;

use std::sync::Arc;

use super::{
    packager::Packed,
    splitter::{Ended, Step},
};
use crate::ingest::{AudioConfig, Track};

use self::sound::SoundLane;

/// A publisher's sound up to this rate is small enough itself, bits per second.
pub const SMALL_SOUND_BPS: u32 = 64_000;
/// And under this it is silence, which says nothing of what speech will take.
const SILENCE_BPS: u32 = 16_000;

/// Whether there is to be a small sound beside one that was measured so (`None`: not known yet).
pub fn wants_small_sound(measured_bps: Option<u32>) -> bool {
    !measured_bps.is_some_and(|bps| (SILENCE_BPS..=SMALL_SOUND_BPS).contains(&bps))
}

/// Takes what was made, with its format; called from pipelines' threads, must not wait.
pub type Sink = Arc<dyn Fn(&AudioConfig, Packed) + Send + Sync>;

/// What all that is made in a run has in common.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Added to all timestamps, microseconds.
    pub base_us: i64,
    /// No part is longer.
    pub part_target_us: i64,
    /// The track whose segments the others follow.
    pub leader: Track,
}

/// What is made in a run.
pub struct Ladder {
    timing: Timing,
    sound: Option<SoundLane>,
}

/// A segment of the leader: its number in the run and where it starts.
type Boundary = (u64, i64);

impl Ladder {
    /// Makes a small sound of this one; nothing of `None`. Starts with the first frame.
    pub fn new(timing: Timing, sound: Option<(AudioConfig, Sink)>) -> Self {
        Self { timing, sound: sound.map(|(config, sink)| SoundLane::new(config, timing, sink)) }
    }

    /// Sees what the pass-through does.
    pub fn step(&mut self, step: &Step) {
        let Some(sound) = &mut self.sound else { return };
        match step {
            Step::Cut(track, ended) if *track == self.timing.leader && ended.last_of_segment => {
                sound.boundary(next(ended));
            }
            Step::Frame(frame, stamp) if frame.track == Track::Audio => sound.push(frame, *stamp),
            Step::Cut(..) | Step::Frame(..) => {}
        }
    }

    /// Nothing comes any more; what is under way goes on by itself.
    pub fn end(&self) {
        if let Some(sound) = &self.sound {
            sound.end();
        }
    }

    /// Waits for what is under way, at most some tenths of a second.
    pub fn finish(self) {
        if let Some(sound) = self.sound {
            sound.finish();
        }
    }

    /// All that went in has come out, but for what codecs keep.
    #[cfg(test)]
    pub(crate) fn settled(&self) -> bool {
        self.sound.as_ref().is_none_or(SoundLane::settled)
    }
}

fn next(ended: &Ended) -> Boundary {
    (ended.segment + 1, ended.start_us + ended.duration_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_that_is_small_is_left_alone_but_silence_and_the_unknown_are_not() {
        let wanted = [None, Some(4_000), Some(48_000), Some(64_000), Some(96_000)].map(wants_small_sound);
        assert_eq!(wanted, [true, true, false, false, true]);
    }
}
