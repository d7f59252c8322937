//! One stream of a lesson, rehearsal or live: what leaves the packager goes to the origin, and what the origin completes goes
//! to the recording. Called from GStreamer's threads; it must not wait.

use std::time::Duration;

use yunke_protocol::UtcMillis;

use crate::{
    codec::{AudioConfig, VideoConfig},
    live::{
        LiveHandle,
        event::{Event, Format, Init, Part, Rendition},
    },
    pipeline::packager::Packed,
    recording::Recorder,
    transcode::Transcoded,
    unit::{Frame, Track},
};

/// A stream that is open in the origin.
pub(super) struct Output {
    pub(super) live: LiveHandle,
    pub(super) recorder: Option<Recorder>,
}

/// What the parts of a run need beside their bytes.
#[derive(Debug, Clone)]
pub(super) struct RunInfo {
    /// UTC of the run's first frame.
    pub(super) anchor: UtcMillis,
    pub(super) video: Option<VideoConfig>,
    pub(super) audio: Option<AudioConfig>,
    /// Shown until there is a picture of the publisher's.
    pub(super) still: Option<Frame>,
    /// Frames per 1000 s, if known when the run started.
    pub(super) fps_milli: u32,
    /// With the low-bitrate audio rendition.
    pub(super) low_audio: bool,
    /// So is the picture.
    pub(super) low_video: bool,
}

impl Output {
    /// Tells the origin, and the recording what became whole by it.
    pub(super) fn push(&self, event: Event) {
        let completed = self.live.push(event);
        if let Some(recorder) = &self.recorder {
            for segment in completed {
                recorder.offer(segment);
            }
        }
    }

    /// What the publisher sent, packed.
    pub(super) fn packed(&self, run: &RunInfo, packed: Packed) {
        let (Packed::Init(track, _) | Packed::Part(track, ..)) = &packed;
        let rendition = match track {
            Track::Video => Rendition::Video,
            Track::Audio => Rendition::Audio,
        };
        let format = run.format(*track);
        self.take(rendition, run.anchor, format, packed);
    }

    /// What was made of it, packed.
    pub(super) fn made(&self, made: &Transcoded, anchor: UtcMillis, packed: Packed) {
        let (rendition, format) = match made {
            Transcoded::Picture(config) => (Rendition::VideoLow, picture_format(config, config.fps_milli)),
            Transcoded::Sound(config) => (Rendition::AudioLow, sound_format(config)),
        };
        self.take(rendition, anchor, Some(format), packed);
    }

    /// A rendition's packed media; `anchor` is the UTC of the run's first frame.
    fn take(&self, rendition: Rendition, anchor: UtcMillis, format: Option<Format>, packed: Packed) {
        match packed {
            Packed::Init(_, bytes) => {
                if let Some(format) = format {
                    self.push(Event::Init(rendition, Init { bytes, format }));
                }
            }
            Packed::Part(_, bytes, ended) => {
                let part = Part {
                    bytes,
                    duration: Duration::from_micros(ended.duration_us.max(0).cast_unsigned()),
                    pdt: anchor + (ended.start_us + 500).div_euclid(1000),
                    independent: ended.independent,
                    segment: ended.segment,
                    last_of_segment: ended.last_of_segment,
                };
                self.push(Event::Part(rendition, part));
            }
        }
    }
}

impl RunInfo {
    fn format(&self, track: Track) -> Option<Format> {
        match track {
            Track::Video => self.video.as_ref().map(|config| picture_format(config, self.fps_milli)),
            Track::Audio => self.audio.as_ref().map(sound_format),
        }
    }
}

fn picture_format(config: &VideoConfig, fps_milli: u32) -> Format {
    Format::Video { codec: config.codec.clone(), width: config.width, height: config.height, fps_milli }
}

fn sound_format(config: &AudioConfig) -> Format {
    Format::Audio { codec: config.codec.clone(), rate: config.rate, channels: config.channels }
}
