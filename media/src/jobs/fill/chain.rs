//! What decodes a track of a file and encodes it again as the lesson is encoded:
//! `decoder ! rate, size ! x264enc ! appsink`, and `decoder ! rate ! tee` with `avenc_aac ! appsink` for each sound of the lesson.

use std::sync::{Arc, PoisonError, atomic::Ordering, mpsc::SyncSender};

use bytes::Bytes;
use gst::prelude::*;

use super::{
    lane::Coded,
    reader::{Form, Out, Shared},
};
use crate::{ingest::Track, live::event::Rendition};

/// Bits of picture: a tenth for each pixel and frame, as live encoders are set to.
const PIXELS_PER_BIT: u64 = 10;
/// Frames a second where the recording does not say.
const DEFAULT_FPS_MILLI: u32 = 25_000;

/// What decodes this kind of stream.
pub(super) fn decoder(caps: &str) -> Option<&'static str> {
    Some(match caps {
        "video/x-vp8" => "vp8dec",
        "video/x-vp9" => "vp9dec",
        "video/x-h264" => "h264parse ! avdec_h264",
        "audio/x-opus" => "opusdec",
        "audio/mpeg" => "aacparse ! avdec_aac",
        _ => return None,
    })
}

fn chain(track: Track, decoder: &str, form: &Form) -> String {
    let queue = "queue max-size-buffers=0 max-size-bytes=16777216 max-size-time=3000000000";
    let (width, height, fps) = form.video.unwrap_or_default();
    if track == Track::Video {
        let fps = if (5_000..=60_000).contains(&fps) { fps } else { DEFAULT_FPS_MILLI };
        let pixels = u64::from(width) * u64::from(height) * u64::from(fps) / 1000;
        let kbps = (pixels / PIXELS_PER_BIT / 1000).clamp(200, 4000);
        return format!(
            "{queue} ! {decoder} ! videoconvert ! videoscale add-borders=true ! videorate ! \
             video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1,framerate={fps}/1000 ! \
             x264enc name=encoder speed-preset=veryfast tune=zerolatency threads=2 bitrate={kbps} key-int-max={} ! \
             video/x-h264,stream-format=avc,alignment=au,profile=main ! appsink name={} sync=false",
            fps / 500,
            Rendition::Video.name(),
        );
    }
    let sound = |(rendition, rate, channels): &(Rendition, u32, u32)| {
        let bitrate = if rendition.is_made() { 48_000 } else { 128_000 };
        format!(
            "sound. ! queue ! audioconvert ! audioresample ! audio/x-raw,rate={rate},channels={} ! \
             avenc_aac bitrate={bitrate} ! audio/mpeg,stream-format=raw ! appsink name={} sync=false",
            (*channels).clamp(1, 2),
            rendition.name(),
        )
    };
    let sounds: Vec<String> = form.sounds.iter().map(sound).collect();
    format!("{queue} ! {decoder} ! audioconvert ! audiorate ! tee name=sound {}", sounds.join(" "))
}

/// Links what decodes and encodes a track behind a pad of the demuxer.
pub(super) fn branch(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    track: Track,
    decoder: &str,
    form: &Form,
    shared: &Arc<Shared>,
    sink: &SyncSender<Out>,
) -> Result<(), gst::glib::BoolError> {
    let failed = |_| gst::glib::bool_error!("a chain could not be made");
    let bin = gst::parse::bin_from_description(&chain(track, decoder, form), true).map_err(failed)?;
    if let Some(encoder) = bin.by_name("encoder") {
        key_frames(&encoder, shared);
    }
    let first = Arc::clone(shared);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(pts) = info.buffer().and_then(|buffer| buffer.pts()) {
            first.first_ns.fetch_min(pts.nseconds().cast_signed(), Ordering::AcqRel);
        }
        gst::PadProbeReturn::Remove
    });
    let video = (Rendition::Video, 0, 0);
    let outs = if track == Track::Video { std::slice::from_ref(&video) } else { &form.sounds };
    for (rendition, rate, _) in outs {
        let out = bin.by_name(rendition.name()).and_then(|out| out.downcast::<gst_app::AppSink>().ok());
        let out = out.ok_or_else(|| gst::glib::bool_error!("a chain without an end"))?;
        out.set_max_buffers(4);
        out.set_callbacks(frames(*rendition, *rate, shared, sink));
        shared.open.fetch_add(1, Ordering::AcqRel);
    }
    pipeline.add(&bin)?;
    bin.sync_state_with_parent()?;
    let target =
        bin.static_pad("sink").ok_or_else(|| gst::glib::bool_error!("a chain without a beginning"))?;
    pad.link(&target).map_err(|_| gst::glib::bool_error!("a chain that does not fit"))?;
    Ok(())
}

/// Asks the encoder for a key frame where one is needed.
fn key_frames(encoder: &gst::Element, shared: &Arc<Shared>) {
    let (Some(sink), Some(src)) = (encoder.static_pad("sink"), encoder.static_pad("src")) else { return };
    let shared = Arc::clone(shared);
    sink.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let Some(buffer) = info.buffer() else { return gst::PadProbeReturn::Ok };
        let segment = pad.sticky_event::<gst::event::Segment>(0);
        let segment =
            segment.as_ref().and_then(|event| event.segment().downcast_ref::<gst::ClockTime>().cloned());
        let at = segment.and_then(|segment| segment.to_running_time(buffer.pts()?));
        let Some(at) = at else { return gst::PadProbeReturn::Ok };
        let at = micros(at) + shared.shift_us.load(Ordering::Acquire);
        let half = buffer.duration().map_or(0, micros) / 2;
        let mut keys = shared.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wanted = false;
        while keys.front().is_some_and(|key| at + half >= *key) {
            keys.pop_front();
            wanted = true;
        }
        drop(keys);
        if wanted {
            let ask =
                gst::Structure::builder("GstForceKeyUnit").field("all-headers", true).field("count", 0_u32);
            let _ = src.send_event(gst::event::CustomUpstream::new(ask.build()));
        }
        gst::PadProbeReturn::Ok
    });
}

fn frames(
    rendition: Rendition,
    rate: u32,
    shared: &Arc<Shared>,
    sink: &SyncSender<Out>,
) -> gst_app::AppSinkCallbacks {
    let (over, ended) = (Arc::clone(shared), sink.clone());
    let (shared, sink) = (Arc::clone(shared), sink.clone());
    let mut last: Option<Bytes> = None;
    gst_app::AppSinkCallbacks::builder()
        .new_sample(move |out| {
            let sample = out.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let (record, coded) = read(&sample, rendition, rate, &shared).ok_or(gst::FlowError::Error)?;
            let new = (last.as_ref() != Some(&record)).then(|| record.clone());
            last = Some(record);
            sink.send(Out::Frame(rendition, new, coded)).map_err(|_| gst::FlowError::Eos)?;
            Ok(gst::FlowSuccess::Ok)
        })
        .eos(move |_| {
            // The last rendition's end is the file's.
            if over.open.fetch_sub(1, Ordering::AcqRel) == 1 {
                let _ = ended.send(Out::End);
            }
        })
        .build()
}

fn read(sample: &gst::Sample, rendition: Rendition, rate: u32, shared: &Shared) -> Option<(Bytes, Coded)> {
    let buffer = sample.buffer()?;
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    // The encoder of sound begins before the segment: by one frame of silence (its priming).
    let running = segment.to_running_time_full(buffer.pts()?)?;
    let running = match running {
        gst::Signed::Positive(time) => micros(time),
        gst::Signed::Negative(time) => -micros(time),
    };
    let frame_us = 1_024_000_000 / i64::from(rate.max(1));
    let (early, step_us) = if rendition.is_sound() {
        (frame_us, frame_us)
    } else {
        (0, buffer.duration().map_or(40_000, micros))
    };
    let record = sample.caps()?.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    let record = Bytes::copy_from_slice(&record.map_readable().ok()?);
    let data = Bytes::copy_from_slice(&buffer.map_readable().ok()?);
    let at_us = running - early + shared.shift_us.load(Ordering::Acquire);
    let key = rendition.is_sound() || !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    Some((record, Coded { at_us, step_us: step_us.max(1), key, data }))
}

fn micros(time: gst::ClockTime) -> i64 {
    time.useconds().cast_signed()
}
