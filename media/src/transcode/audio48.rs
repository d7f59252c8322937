//! The low-bitrate audio rendition: `appsrc ! avdec_aac ! audioconvert ! audioresample ! audiorate ! avenc_aac ! appsink`, one channel at 48 kHz.
//!
//! One channel: speech in two at this rate sounds worse. `audiorate` fills what was lost with silence, so that frames leave
//! without holes.

use std::time::Duration;

use bytes::Bytes;

use super::{
    encoder::Recipe,
    rendition::{Boundary, Sink, Timing, Transcoded},
    supervised::SupervisedEncoder,
};
use crate::{
    codec::AudioConfig,
    pipeline::{
        packager::{PackagerError, audio_caps},
        repair::Stamp,
    },
    unit::{Frame, Track},
};

/// Hz.
const RATE: i32 = 48_000;
/// Bits per second; with what is around it in the parts under 56,000.
const BITRATE: i32 = 48_000;
/// A frame: 1024 samples.
const FRAME_US: i64 = 21_333;
/// The encoder's sound lies a frame before what it says: that much silence comes first (its priming).
const PRIMING_US: i64 = FRAME_US;
/// Frames that may wait for the decoder: 4 s. When full, frames are dropped, and the hole is silence.
const MAX_QUEUE: u64 = 200;
/// A longer hole is not filled: the chain starts anew behind it.
const HOLE_US: i64 = 500_000;
/// Deviation of timestamps that is put right at once, inaudibly: under half a frame.
const TOLERANCE: Duration = Duration::from_millis(8);

/// The low-bitrate audio rendition of a run.
pub(super) struct Audio48 {
    source: AudioConfig,
    encoder: SupervisedEncoder,
    /// Where the next frame is expected.
    next_us: i64,
}

impl Audio48 {
    pub(super) fn new(source: AudioConfig, timing: Timing, sink: Sink) -> Self {
        Self { source, encoder: SupervisedEncoder::new(timing, sink), next_us: 0 }
    }

    pub(super) fn boundary(&mut self, boundary: Boundary) {
        self.encoder.boundary(boundary);
    }

    pub(super) fn push(&mut self, frame: &Frame, stamp: Stamp) {
        if stamp.pts_us - self.next_us > HOLE_US {
            self.encoder.stop();
        }
        self.next_us = stamp.pts_us + i64::try_from(self.source.frame_ns() / 1000).unwrap_or(FRAME_US);
        if self.encoder.waiting() > MAX_QUEUE {
            metrics::counter!("yunke_media_ladder_dropped_total", "rendition" => "audio48").increment(1);
            return;
        }
        self.encoder.push(frame, stamp, || recipe(&self.source));
    }

    pub(super) fn end(&self) {
        self.encoder.end(self.next_us);
    }

    pub(super) fn finish(self) {
        self.encoder.finish();
    }

    /// It failed too often.
    pub(super) fn is_broken(&self) -> bool {
        self.encoder.is_broken()
    }

    #[cfg(test)]
    pub(super) fn settled(&self) -> bool {
        self.encoder.settled(tests::KEPT_BY_CODECS)
    }
}

fn recipe(source: &AudioConfig) -> Result<Recipe, PackagerError> {
    let make = gst::ElementFactory::make;
    let tolerance = u64::try_from(TOLERANCE.as_nanos()).unwrap_or_default();
    let raw = gst::Caps::builder("audio/x-raw").field("rate", RATE).field("channels", 1_i32).build();
    let elements = vec![
        make("avdec_aac").build()?,
        make("audioconvert").build()?,
        make("audioresample").build()?,
        make("audiorate").property("skip-to-first", true).property("tolerance", tolerance).build()?,
        make("capsfilter").property("caps", raw).build()?,
        make("avenc_aac").property("bitrate", BITRATE).build()?,
    ];
    Ok(Recipe {
        caps: audio_caps(source),
        elements,
        track: Track::Audio,
        frame_us: FRAME_US,
        delay_us: PRIMING_US,
        format: |sample| format(sample).map(Transcoded::Sound),
    })
}

fn format(sample: &gst::Sample) -> Option<AudioConfig> {
    let record = sample.caps()?.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    AudioConfig::parse(Bytes::copy_from_slice(&record.map_readable().ok()?)).ok()
}

#[cfg(test)]
#[path = "audio48_tests.rs"]
mod tests;
