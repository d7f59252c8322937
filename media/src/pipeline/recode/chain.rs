//! `appsrc ! avdec_h264 ! queue (leaky) ! videoconvert ! x264enc ! appsink`: pictures in decoding order go in, pictures without
//! reordering come out, at the times at which they were to be presented.

use std::sync::{
    atomic::{AtomicI64, Ordering},
    mpsc::{Receiver, SyncSender, sync_channel},
};

use bytes::Bytes;
use gst::prelude::*;

use crate::{
    codec::VideoConfig,
    pipeline::packager::{PackagerError, video_caps},
    unit::{Frame, Track, Unit},
};

/// Media time of the first picture that goes in, milliseconds: there may be presented before it.
const BASE_MS: i64 = 20_000;
/// An IDR each.
const KEY_MS: i64 = 2_000;
/// Pictures that wait to be decoded: more, for longer than that, and the processor does not carry it.
const MAX_WAITING: u64 = 150;
const MAX_BEHIND_MS: i32 = 10_000;
/// And never more than this.
const MAX_WAITING_BYTES: u64 = 24 << 20;
/// Decoded pictures that may wait for the encoder. When full, the oldest is left out.
const MAX_RAW: u32 = 6;
/// Pictures that may wait to be taken: taken with each unit that arrives. When full they are left out.
const MAX_DONE: usize = 256;
/// Bits a pixel and a second's picture may have, millionths; sent at 30 pictures a second.
const BITS_PER_PIXEL_MILLI: u64 = 90;

/// A running chain.
#[derive(Debug)]
pub(super) struct Chain {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    src: gst_app::AppSrc,
    done: Receiver<(VideoConfig, Frame)>,
    /// The decoding time of the first picture, as the publisher has it.
    origin_ms: u32,
    config: Option<VideoConfig>,
    /// Pictures of the beginning, which are pushed at once.
    beginning: u64,
    /// Since when, in the publisher's milliseconds, too many wait.
    behind_ms: Option<u32>,
}

impl Chain {
    /// Starts with these pictures, of which only the last one comes out: the others were sent as they are.
    pub(super) fn start(config: &VideoConfig, kept: &[Frame]) -> Result<Self, PackagerError> {
        let origin_ms = kept.first().map_or(0, |frame| frame.dts_ms);
        let from_ms = kept.iter().map(|frame| place_ms(frame, origin_ms).1).max().unwrap_or(BASE_MS);
        let (say, done) = sync_channel(MAX_DONE);
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or_else(|| gst::glib::bool_error!("a pipeline without a bus"))?;
        let src = gst_app::AppSrc::builder().caps(&video_caps(config)).format(gst::Format::Time).build();
        src.set_max_bytes(0);
        let sink = sink(origin_ms, say);
        let elements = elements(config, from_ms)?;
        pipeline.add(&src)?;
        pipeline.add_many(&elements)?;
        pipeline.add(&sink)?;
        let all: Vec<&gst::Element> =
            std::iter::once(src.upcast_ref()).chain(&elements).chain([sink.upcast_ref()]).collect();
        gst::Element::link_many(all)?;
        pipeline.set_state(gst::State::Playing)?;
        let beginning = kept.len() as u64;
        let mut chain =
            Self { pipeline, bus, src, done, origin_ms, config: None, beginning, behind_ms: None };
        for (n, frame) in kept.iter().enumerate() {
            chain.feed(frame, n == 0);
        }
        Ok(chain)
    }

    /// Takes the next picture; false: it does not work any more, or does not keep up.
    pub(super) fn push(&mut self, frame: &Frame) -> bool {
        let waiting = self.src.current_level_buffers();
        if waiting < MAX_WAITING {
            self.beginning = 0;
            self.behind_ms = None;
        }
        // After a line stood still they come in a burst, which is worked off.
        let lags = waiting > MAX_WAITING + self.beginning && {
            let since = *self.behind_ms.get_or_insert(frame.dts_ms);
            frame.dts_ms.wrapping_sub(since).cast_signed() > MAX_BEHIND_MS
        };
        let full = self.src.current_level_bytes() > MAX_WAITING_BYTES;
        let broken = self.bus.pop_filtered(&[gst::MessageType::Error]).is_some();
        !broken && !lags && !full && self.feed(frame, false)
    }

    fn feed(&mut self, frame: &Frame, first: bool) -> bool {
        let (dts, pts) = place_ms(frame, self.origin_ms);
        let time = |ms: i64| gst::ClockTime::from_mseconds(ms.max(0).cast_unsigned());
        let mut buffer = gst::Buffer::from_slice(frame.data.clone());
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_dts(time(dts));
            buffer.set_pts(time(pts));
            if !first && !frame.key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        self.src.push_buffer(buffer).is_ok()
    }

    /// Appends what is done.
    pub(super) fn drain(&mut self, out: &mut Vec<Unit>) {
        for (config, frame) in self.done.try_iter() {
            if self.config.as_ref() != Some(&config) {
                self.config = Some(config.clone());
                out.push(Unit::VideoConfig(config));
            }
            out.push(Unit::Frame(frame));
        }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Decoding and presentation time in the chain.
fn place_ms(frame: &Frame, origin_ms: u32) -> (i64, i64) {
    let dts = BASE_MS + i64::from(frame.dts_ms.wrapping_sub(origin_ms).cast_signed());
    (dts, dts + i64::from(frame.cts_ms))
}

fn elements(config: &VideoConfig, from_ms: i64) -> Result<[gst::Element; 5], PackagerError> {
    let make = gst::ElementFactory::make;
    let bitrate = u64::from(config.width) * u64::from(config.height) * 30 * BITS_PER_PIXEL_MILLI / 1_000_000;
    let bitrate = u32::try_from(bitrate.clamp(300, 6_000)).unwrap_or(2_500);
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
        .property("bitrate", bitrate)
        .property("bframes", 0_u32)
        .property("key-int-max", u32::MAX >> 2)
        .property("option-string", "scenecut=0")
        .build()?;
    let avc =
        gst::Caps::builder("video/x-h264").field("stream-format", "avc").field("alignment", "au").build();
    let pad = |element: &gst::Element| {
        element.static_pad("src").ok_or_else(|| gst::glib::bool_error!("an element without a source pad"))
    };
    // What was sent as it is is decoded and not encoded.
    pad(&decoder)?.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        match info.buffer().and_then(|buffer| buffer.pts()) {
            Some(pts) if pts.mseconds() + 1 < from_ms.cast_unsigned() => gst::PadProbeReturn::Drop,
            _ => gst::PadProbeReturn::Ok,
        }
    });
    let last_key = AtomicI64::new(i64::MIN / 2);
    pad(&queue)?.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let at = info.buffer().and_then(|buffer| buffer.pts()).map_or(0, gst::ClockTime::mseconds);
        let at = i64::try_from(at).unwrap_or_default();
        if at - last_key.load(Ordering::Relaxed) >= KEY_MS {
            last_key.store(at, Ordering::Relaxed);
            let key = gst::Structure::new_empty("GstForceKeyUnit");
            pad.push_event(gst::event::CustomDownstream::new(key));
        }
        gst::PadProbeReturn::Ok
    });
    let caps = make("capsfilter").property("caps", avc).build()?;
    Ok([decoder, queue, make("videoconvert").build()?, encoder, caps])
}

fn sink(origin_ms: u32, say: SyncSender<(VideoConfig, Frame)>) -> gst_app::AppSink {
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |out| {
            let sample = out.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(made) = read(&sample, origin_ms) {
                let _ = say.try_send(made);
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    gst_app::AppSink::builder().sync(false).async_(false).callbacks(callbacks).build()
}

fn read(sample: &gst::Sample, origin_ms: u32) -> Option<(VideoConfig, Frame)> {
    let record = sample.caps()?.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    let config = VideoConfig::parse(Bytes::copy_from_slice(&record.map_readable().ok()?)).ok()?;
    let buffer = sample.buffer()?;
    // The encoder moves its timestamps, and its segment with them.
    let at = sample.segment()?.downcast_ref::<gst::ClockTime>()?.to_running_time(buffer.pts()?)?;
    let at_ms = i64::try_from(at.mseconds()).ok()? - BASE_MS;
    let shift = u32::try_from(at_ms.rem_euclid(1 << 32)).ok()?;
    let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    let data = Bytes::copy_from_slice(&buffer.map_readable().ok()?);
    Some((config, Frame { track: Track::Video, dts_ms: origin_ms.wrapping_add(shift), cts_ms: 0, key, data }))
}
