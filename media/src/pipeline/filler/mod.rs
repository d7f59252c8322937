//! Keeps both tracks of a run going while one of them is missing or at rest, so that nobody's player waits for it.
//!
//! Pure: stamped frames in, the same and what stands in for missing ones out; the time of arrival is given. What is filled is
//! driven by the other track: where nothing arrives nothing is filled, and that is an outage.

mod copier;
mod moment;
mod pictures;
mod sets;
mod silence;
mod skipped;
mod sounds;
mod still;
mod writer;

use yunke_protocol::UtcMillis;

pub use self::moment::{Fit, Moment};
use self::{pictures::Pictures, sounds::Sounds};
use super::repair::Stamp;
use crate::{
    codec::{AudioConfig, VideoConfig},
    unit::{Frame, Track},
};

/// A picture that stands in for one that never came: its format, and a key frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// The format.
    pub config: VideoConfig,
    /// The key frame.
    pub frame: Frame,
}

impl Still {
    /// A plain one, of our own.
    pub fn plain() -> Option<Self> {
        let config = still::config()?;
        let frame = still::frame(&config)?;
        Some(Self { config, frame })
    }

    /// This key frame of a publisher, if it can be shown again and again.
    pub fn of(config: &VideoConfig, frame: &Frame) -> Option<Self> {
        let fit = frame.key && copier::resets(config, &frame.data);
        fit.then(|| Self { config: config.clone(), frame: frame.clone() })
    }
}

/// The sound of a lesson that has none yet.
pub fn plain_sound() -> Option<AudioConfig> {
    AudioConfig::parse(bytes::Bytes::from_static(silence::RECORD)).ok()
}

/// The filler of a run.
#[derive(Debug)]
pub struct Filler {
    pictures: Option<Pictures>,
    sounds: Option<Sounds>,
    /// How far each track has come by what the publisher sent, taken or not.
    came_us: [i64; 2],
}

impl Filler {
    /// For a run of these formats. `still`: no picture of the publisher's begins it, and this is shown until one comes.
    pub fn new(
        video: Option<&VideoConfig>,
        audio: Option<&AudioConfig>,
        still: Option<Frame>,
        part_target_us: i64,
        now: UtcMillis,
    ) -> Self {
        Self {
            pictures: video.map(|config| Pictures::new(config.clone(), still, part_target_us)),
            sounds: audio.and_then(|config| Sounds::new(config, now)),
            came_us: [0; 2],
        }
    }

    /// Takes a frame; appends what goes on, in order. `fits`: it is of the run's format.
    pub fn push(
        &mut self,
        frame: Frame,
        stamp: Stamp,
        fits: bool,
        at: Moment,
        out: &mut Vec<(Frame, Stamp)>,
    ) -> Fit {
        let track = frame.track;
        let [picture_us, sound_us] = self.came_us;
        let fit = match (track, &mut self.pictures, &mut self.sounds) {
            _ if !fits => Fit::Foreign,
            (Track::Video, Some(pictures), _) => pictures.push(frame, stamp, sound_us, at.now, out),
            (Track::Audio, _, Some(sounds)) => {
                sounds.push(frame, stamp, picture_us, at.now, out);
                Fit::Taken
            }
            _ => {
                out.push((frame, stamp));
                Fit::Taken
            }
        };
        let came = &mut self.came_us[usize::from(track == Track::Audio)];
        *came = stamp.pts_us.max(*came);
        let came = *came;
        if let Some(pictures) = self.pictures.as_mut().filter(|_| fit != Fit::Taken || track == Track::Audio)
        {
            pictures.fill_up_to(came, at, out);
        }
        if let Some(sounds) = self.sounds.as_mut().filter(|_| track == Track::Video) {
            sounds.fill_up_to(came, at.now, out);
        }
        fit
    }

    /// Sound of the publisher's came that lies before what stood in for it, here, if that can be said.
    pub fn too_late(&mut self, place_us: Option<i64>, now: UtcMillis) {
        let picture_us = self.came_us[0];
        if let Some(sounds) = &mut self.sounds {
            sounds.too_late(place_us.unwrap_or(picture_us), picture_us, now);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
