//! One stream of a lesson, rehearsal or live: what leaves the packager goes to the origin, and what the origin completes goes
//! to the recording. Called from GStreamer's threads; it must not wait.

use std::time::Duration;

use yunke_protocol::UtcMillis;

use crate::{
    ingest::{AudioConfig, Track, VideoConfig},
    live::{
        LiveHandle,
        event::{Event, Format, Init, Part, Rendition},
    },
    pipeline::packager::Packed,
    recording::Recorder,
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
    /// Frames per 1000 s, if known when the run started.
    pub(super) fps_milli: u32,
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

    pub(super) fn packed(&self, run: &RunInfo, packed: Packed) {
        match packed {
            Packed::Init(track, bytes) => {
                if let Some(format) = run.format(track) {
                    self.push(Event::Init(rendition(track), Init { bytes, format }));
                }
            }
            Packed::Part(track, bytes, ended) => {
                let part = Part {
                    bytes,
                    duration: Duration::from_micros(ended.duration_us.max(0).cast_unsigned()),
                    pdt: run.anchor + (ended.start_us + 500).div_euclid(1000),
                    independent: ended.independent,
                    segment: ended.segment,
                    last_of_segment: ended.last_of_segment,
                };
                self.push(Event::Part(rendition(track), part));
            }
        }
    }
}

impl RunInfo {
    pub(super) fn has(&self, track: Track) -> bool {
        match track {
            Track::Video => self.video.is_some(),
            Track::Audio => self.audio.is_some(),
        }
    }

    fn format(&self, track: Track) -> Option<Format> {
        match track {
            Track::Video => self.video.as_ref().map(|config| Format::Video {
                codec: config.codec.clone(),
                width: config.width,
                height: config.height,
                fps_milli: self.fps_milli,
            }),
            Track::Audio => self.audio.as_ref().map(|config| Format::Audio {
                codec: config.codec.clone(),
                rate: config.rate,
                channels: config.channels,
            }),
        }
    }
}

fn rendition(track: Track) -> Rendition {
    match track {
        Track::Video => Rendition::Video,
        Track::Audio => Rendition::Audio,
    }
}
