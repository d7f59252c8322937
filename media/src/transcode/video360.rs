//! The 360p rendition: `appsrc ! avdec_h264 ! queue (leaky) ! deinterlace ! videoconvertscale ! x264enc ! appsink`, 360 lines, at most 30 frames a second.
//!
//! It has what the processor has left. When the encoder lags, the queue lets pictures go that it has not begun; when the decoder
//! lags, frames are left out until the next key frame. Where that comes to more than half of them it is switched off for the run:
//! who chose it would see little, and the processor is needed elsewhere.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use bytes::Bytes;
use gst::prelude::*;
use tokio::sync::OwnedSemaphorePermit;

use super::{
    encoder::{Boundaries, Recipe},
    rendition::{Boundary, Sink, Timing, Transcoded, WantedPicture},
    supervised::SupervisedEncoder,
};
use crate::{
    codec::VideoConfig,
    pipeline::{
        packager::{PackagerError, video_caps},
        repair::Stamp,
        splitter::is_due,
    },
    unit::{Frame, Track},
};

/// Pixels of its shorter side.
const LINES: u32 = 360;
/// kbit/s.
const BITRATE_KBPS: u32 = 600;
/// How much of it a picture may take at once, milliseconds: with what is around it segments stay under 800 kbit/s.
const BURST_MS: u32 = 500;
/// Frames nearer than this to the one before are left out: 30 a second remain of 60, 25 of 50.
const FRAME_US: i64 = 25_000;
/// Timestamps are rounded to milliseconds.
const JITTER_US: i64 = 1_000;
/// Frames that may wait for the decoder: 2 s. When full, those up to the next key frame are left out.
const MAX_WAITING: u64 = 60;
/// Pictures that may wait for the encoder: 12 MB of 1080p. When full, the oldest is left out.
const MAX_RAW: u32 = 4;
/// Over so long it is judged whether it keeps up.
const WINDOW_US: i64 = 10_000_000;
/// No key frames but those that are asked for.
const NO_KEYS: u32 = 1 << 30;

/// The size a 360p rendition of this one has; `None`: it is small enough itself.
pub(super) fn size(config: &VideoConfig) -> Option<(u32, u32)> {
    let (width, height) = (u64::from(config.width), u64::from(config.height));
    let short = width.min(height);
    // Even, as colours have half the resolution.
    let side = |pixels: u64| u32::try_from((pixels * u64::from(LINES) / short / 2 * 2).min(4096));
    (short > u64::from(LINES)).then(|| Some((side(width).ok()?, side(height).ok()?))).flatten()
}

/// Frames per 1000 s of what is made of so many.
fn thinned(fps_milli: u32) -> u32 {
    let every = (u64::from(fps_milli) * FRAME_US.unsigned_abs()).div_ceil(1_000_000_000).max(1);
    u32::try_from(u64::from(fps_milli) / every).unwrap_or(fps_milli)
}

/// Frames since the run began.
#[derive(Debug, Default)]
struct Counts {
    /// Left out on purpose, for there are more than 30 a second.
    thinned: AtomicU64,
    /// Came out of the encoder.
    encoded: AtomicU64,
}

/// Judges whether it keeps up. Pure.
#[derive(Debug, Default)]
struct Pace {
    since_us: Option<i64>,
    pushed: u64,
    done: (u64, u64),
}

/// What a window came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    /// Frames that should have come out.
    wanted: u64,
    /// And did not.
    lost: u64,
}

impl Window {
    fn keeps_up(self) -> bool {
        self.lost * 2 <= self.wanted
    }
}

impl Pace {
    /// Counts a frame of the publisher's; gives the window that it ends. `thinned` and `encoded`: as many so far.
    fn frame(&mut self, at_us: i64, thinned: u64, encoded: u64) -> Option<Window> {
        let since_us = *self.since_us.get_or_insert(at_us);
        if at_us - since_us < WINDOW_US {
            self.pushed += 1;
            return None;
        }
        let wanted = self.pushed.saturating_sub(thinned - self.done.0);
        let lost = wanted.saturating_sub(encoded - self.done.1);
        *self = Self { since_us: Some(at_us), pushed: 1, done: (thinned, encoded) };
        Some(Window { wanted, lost })
    }
}

/// The 360p rendition of a run.
pub(super) struct Video360 {
    maker: Maker,
    encoder: SupervisedEncoder,
    /// Segments whose first picture has to become a key frame.
    due: Arc<Boundaries>,
    pace: Pace,
    /// Frames are left out until the next key frame.
    skips: bool,
    off: bool,
    /// Given back as soon as it is not made any more: another lesson may have it.
    slot: Option<OwnedSemaphorePermit>,
}

impl Video360 {
    /// `None`: the publisher's picture is small enough.
    pub(super) fn new(wanted: WantedPicture, timing: Timing, sink: Sink) -> Option<Self> {
        let WantedPicture { source, fps_milli, slot } = wanted;
        let size = size(&source)?;
        let maker = Maker { source, size, fps_milli, base_us: timing.base_us, counts: Arc::default() };
        Some(Self {
            maker,
            encoder: SupervisedEncoder::new(timing, sink),
            due: Arc::default(),
            pace: Pace::default(),
            skips: false,
            off: false,
            slot: Some(slot),
        })
    }

    pub(super) fn boundary(&mut self, boundary: Boundary) {
        // First where it is cut, then where the key frame is made.
        self.encoder.boundary(boundary);
        self.due.push(boundary);
    }

    pub(super) fn push(&mut self, frame: &Frame, stamp: Stamp) {
        if self.off || self.encoder.is_broken() {
            return;
        }
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let (thinned, encoded) = (count(&self.maker.counts.thinned), count(&self.maker.counts.encoded));
        if let Some(window) = self.pace.frame(stamp.dts_us, thinned, encoded) {
            metrics::counter!("yunke_media_ladder_dropped_total", "rendition" => "video360")
                .increment(window.lost);
            if !window.keeps_up() {
                metrics::counter!("yunke_media_ladder_switched_off_total").increment(1);
                tracing::warn!(?window, "the 360p rendition does not keep up and is switched off");
                self.off = true;
                self.encoder.stop();
                drop(self.slot.take());
                return;
            }
        }
        self.skips |= self.encoder.waiting() > MAX_WAITING || !self.encoder.runs();
        if self.skips && (!frame.key || self.encoder.waiting() > MAX_WAITING) {
            return;
        }
        self.skips = false;
        if !self.encoder.runs() {
            self.due = Arc::default();
        }
        self.encoder.push(frame, stamp, || self.maker.recipe(&self.due));
        if self.encoder.is_broken() {
            drop(self.slot.take());
        }
    }

    pub(super) fn end(&self) {
        self.encoder.end(i64::MAX);
    }

    pub(super) fn finish(self) {
        self.encoder.finish();
    }

    /// It could not keep up.
    pub(super) fn is_slow(&self) -> bool {
        self.off
    }

    /// It failed too often.
    pub(super) fn is_broken(&self) -> bool {
        self.encoder.is_broken()
    }

    #[cfg(test)]
    pub(super) fn pipeline(&self) -> Option<&gst::Pipeline> {
        self.encoder.pipeline()
    }

    #[cfg(test)]
    pub(super) fn settled(&self) -> bool {
        self.encoder.settled(tests::KEPT_BY_CODECS + self.maker.counts.thinned.load(Ordering::Relaxed))
    }
}

/// What the chains of a run are made of.
struct Maker {
    source: VideoConfig,
    size: (u32, u32),
    /// Of the publisher's picture; 0 if not known.
    fps_milli: u32,
    base_us: i64,
    counts: Arc<Counts>,
}

impl Maker {
    fn recipe(&self, due: &Arc<Boundaries>) -> Result<Recipe, PackagerError> {
        let make = gst::ElementFactory::make;
        let fps = i32::try_from(thinned(self.fps_milli)).unwrap_or_default();
        let mut caps = video_caps(&self.source);
        if fps > 0 {
            caps.make_mut().set("framerate", gst::Fraction::new(fps, 1000));
        }
        let (width, height) = self.size;
        let raw = gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", width.cast_signed())
            .field("height", height.cast_signed())
            .build();
        let decoder = make("avdec_h264").property("max-threads", 1_i32).build()?;
        let queue = make("queue")
            .property_from_str("leaky", "downstream")
            .property("max-size-buffers", MAX_RAW)
            .property("max-size-bytes", 0_u32)
            .property("max-size-time", 0_u64)
            .build()?;
        let encoder = make("x264enc")
            .property_from_str("speed-preset", "superfast")
            .property_from_str("tune", "zerolatency")
            .property("threads", 1_u32)
            .property("bitrate", BITRATE_KBPS)
            .property("vbv-buf-capacity", BURST_MS)
            .property("bframes", 0_u32)
            .property("key-int-max", NO_KEYS)
            .property("option-string", "scenecut=0")
            .build()?;
        let avc =
            gst::Caps::builder("video/x-h264").field("stream-format", "avc").field("alignment", "au").build();
        self.watch(&decoder, &queue, &encoder, due)?;
        let small = make("capsfilter").property("caps", &raw).build()?;
        keep_colors(&decoder, &small, raw)?;
        let elements = vec![
            decoder,
            queue,
            // Does nothing to whole pictures. Of two fields one is made into a picture: members' screens have none.
            make("deinterlace")
                .property_from_str("fields", "top")
                .property_from_str("method", "linear")
                .build()?,
            make("videoconvertscale").build()?,
            small,
            encoder,
            make("capsfilter").property("caps", avc).build()?,
        ];
        let format = |sample: &gst::Sample| format(sample).map(Transcoded::Picture);
        Ok(Recipe { caps, elements, track: Track::Video, frame_us: FRAME_US, delay_us: 0, format })
    }

    /// Thins out what is decoded, asks for key frames where segments begin, and counts what comes out.
    fn watch(
        &self,
        decoder: &gst::Element,
        queue: &gst::Element,
        encoder: &gst::Element,
        due: &Arc<Boundaries>,
    ) -> Result<(), PackagerError> {
        let base_us = self.base_us;
        let (counts, kept) = (Arc::clone(&self.counts), AtomicI64::new(i64::MIN / 2));
        src(decoder)?.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let Some(at_us) = place(info, base_us) else { return gst::PadProbeReturn::Ok };
            if at_us - kept.load(Ordering::Relaxed) < FRAME_US - JITTER_US {
                counts.thinned.fetch_add(1, Ordering::Relaxed);
                return gst::PadProbeReturn::Drop;
            }
            kept.store(at_us, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
        let due = Arc::clone(due);
        src(queue)?.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            let Some(at_us) = place(info, base_us) else { return gst::PadProbeReturn::Ok };
            let mut begins = false;
            while due.take(|(_, start_us)| is_due(*start_us, at_us, FRAME_US)).is_some() {
                begins = true;
            }
            if begins {
                let key = gst::Structure::new_empty("GstForceKeyUnit");
                pad.push_event(gst::event::CustomDownstream::new(key));
            }
            gst::PadProbeReturn::Ok
        });
        let counts = Arc::clone(&self.counts);
        src(encoder)?.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            counts.encoded.fetch_add(1, Ordering::Relaxed);
            gst::PadProbeReturn::Ok
        });
        Ok(())
    }
}

fn src(element: &gst::Element) -> Result<gst::Pad, gst::glib::BoolError> {
    element.static_pad("src").ok_or_else(|| gst::glib::bool_error!("an element without a source pad"))
}

/// Has what is transcoded keep the colours of what was decoded, and say which they are. Else they were made those that are usual for
/// its size, pixel by pixel: more work than all else together.
fn keep_colors(decoder: &gst::Element, small: &gst::Element, raw: gst::Caps) -> Result<(), PackagerError> {
    let small = small.downgrade();
    src(decoder)?.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::EventView::Caps(event)) = info.event().map(|event| event.view())
            && let (Some(decoded), Some(small)) = (event.caps().structure(0), small.upgrade())
        {
            let mut raw = raw.clone();
            raw.make_mut().set("colorimetry", colors(decoded));
            small.set_property("caps", raw);
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// The colours of a picture; where it does not say them, those GStreamer takes it for (`gst_video_info_set_format`).
fn colors(decoded: &gst::StructureRef) -> String {
    let usual = || match decoded.get::<i32>("height").unwrap_or_default() {
        2160.. => "bt2020",
        577.. => "bt709",
        _ => "bt601",
    };
    decoded.get("colorimetry").unwrap_or_else(|_| usual().to_owned())
}

/// Where the buffer lies in the run.
fn place(info: &gst::PadProbeInfo, base_us: i64) -> Option<i64> {
    i64::try_from(info.buffer()?.pts()?.useconds()).ok().map(|us| us - base_us)
}

fn format(sample: &gst::Sample) -> Option<VideoConfig> {
    let caps = sample.caps()?.structure(0)?;
    let record = caps.get::<gst::Buffer>("codec_data").ok()?;
    let mut config = VideoConfig::parse(Bytes::copy_from_slice(&record.map_readable().ok()?)).ok()?;
    // Without one the encoder declares a rate of its own.
    let fps = caps
        .get::<gst::Fraction>("framerate")
        .map_or(0, |fps| i64::from(fps.numer()) * 1000 / i64::from(fps.denom().max(1)));
    config.fps_milli = u32::try_from(fps).unwrap_or_default();
    Some(config)
}

#[cfg(test)]
#[path = "video360_tests.rs"]
mod tests;
