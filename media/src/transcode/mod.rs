//! What is made of a publisher's media besides passing it on: a sound of 48 kbit/s for weak networks, and a picture of 360 lines.
//!
//! It works beside the pass-through, in pipelines of its own, and must never hold it up, break it or change it. It is told
//! every step the pass-through's muxers do, so that its segments end where theirs do and have the same numbers.

pub mod audio;
mod audio48;
mod encoder;
mod low_priority;
mod rendition;
mod supervised;
mod video360;

use std::sync::{Arc, Once};

use crate::{
    codec::{AudioConfig, VideoConfig},
    pipeline::splitter::{Ended, Step},
    unit::Track,
};

pub use self::rendition::{Sink, Timing, Transcoded, WantedPicture};
use self::{audio48::Audio48, rendition::Boundary, video360::Video360};

/// A publisher's sound up to this rate is small enough itself, bits per second.
pub const LOW_AUDIO_BPS: u32 = 64_000;
/// And under this it is silence, which says nothing of what speech will take.
const SILENCE_BPS: u32 = 16_000;

/// Whether there is to be a low-bitrate audio rendition beside one that was measured so (`None`: not known yet).
pub fn wants_low_audio(measured_bps: Option<u32>) -> bool {
    !measured_bps.is_some_and(|bps| (SILENCE_BPS..=LOW_AUDIO_BPS).contains(&bps))
}

/// Whether there can be a 360p rendition of this one: it has more than 360 lines.
pub fn wants_low_video(config: &VideoConfig) -> bool {
    video360::size(config).is_some()
}

/// Loads the codecs in the background, once. It takes tenths of a second, from a cold disk seconds, and must not fall on the
/// beginning of a lesson.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let load = || {
            if let Err(problem) = gst::Plugin::load_by_name("libav") {
                tracing::warn!(%problem, "the codecs of what is made small cannot be loaded");
            }
        };
        let _ = std::thread::Builder::new().name("codecs".to_owned()).spawn(load);
    });
}

/// What is to be made in a run.
#[derive(Debug, Default)]
pub struct Wanted {
    /// A small one of this sound.
    pub sound: Option<AudioConfig>,
    /// A small one of this picture.
    pub picture: Option<WantedPicture>,
}

/// What is not made any more in this run, and should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The processor is too slow for a 360p rendition.
    PictureSlow,
    /// The 360p rendition failed too often.
    PictureBroken,
    /// The low-bitrate audio rendition failed too often.
    SoundBroken,
}

/// What is made in a run.
pub struct Ladder {
    leader: Track,
    sound: Option<Audio48>,
    picture: Option<Video360>,
}

impl Ladder {
    /// Starts with the first frames.
    pub fn new(timing: Timing, wanted: Wanted, sink: &Sink) -> Self {
        let sound = wanted.sound.map(|config| Audio48::new(config, timing, Arc::clone(sink)));
        let picture = wanted.picture.and_then(|picture| Video360::new(picture, timing, Arc::clone(sink)));
        Self { leader: timing.leader, sound, picture }
    }

    /// Sees what the pass-through does.
    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Cut(track, ended) if *track == self.leader && ended.last_of_segment => {
                self.sound.iter_mut().for_each(|sound| sound.boundary(next(ended)));
                self.picture.iter_mut().for_each(|picture| picture.boundary(next(ended)));
            }
            Step::Frame(frame, stamp) => match frame.track {
                Track::Audio => self.sound.iter_mut().for_each(|sound| sound.push(frame, *stamp)),
                Track::Video => self.picture.iter_mut().for_each(|picture| picture.push(frame, *stamp)),
            },
            Step::Cut(..) => {}
        }
    }

    /// Nothing comes any more; what is under way goes on by itself.
    pub fn end(&self) {
        self.sound.iter().for_each(Audio48::end);
        self.picture.iter().for_each(Video360::end);
    }

    /// Waits for what is under way, at most some tenths of a second.
    pub fn finish(self) {
        if let Some(picture) = self.picture {
            picture.finish();
        }
        if let Some(sound) = self.sound {
            sound.finish();
        }
    }

    /// What is not made any more until the next run.
    pub fn troubles(&self) -> Vec<Trouble> {
        let picture =
            self.picture.as_ref().and_then(|picture| match (picture.is_slow(), picture.is_broken()) {
                (true, _) => Some(Trouble::PictureSlow),
                (_, true) => Some(Trouble::PictureBroken),
                _ => None,
            });
        let sound = self.sound.as_ref().filter(|sound| sound.is_broken()).map(|_| Trouble::SoundBroken);
        picture.into_iter().chain(sound).collect()
    }

    /// All that went in has come out, but for what codecs keep.
    #[cfg(test)]
    pub(crate) fn settled(&self) -> bool {
        self.sound.as_ref().is_none_or(Audio48::settled)
            && self.picture.as_ref().is_none_or(Video360::settled)
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
        let wanted = [None, Some(4_000), Some(48_000), Some(64_000), Some(96_000)].map(wants_low_audio);
        assert_eq!(wanted, [true, true, false, false, true]);
    }
}
