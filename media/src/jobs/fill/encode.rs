//! What decodes a track of a file and encodes it again as the lesson is encoded: `decoder ! tee` with `size, rate ! x264enc !
//! appsink` for each picture of the lesson, and `decoder ! rate ! tee` with `avenc_aac ! appsink` for each sound.

use std::sync::{Arc, PoisonError, atomic::Ordering, mpsc::SyncSender};

use bytes::Bytes;
use gst::prelude::*;

use super::{
    coded::{Coded, Form, Out, Shared},
    wire::FillError,
};
use crate::{live::event::Rendition, unit::Track};

/// Bits of picture: a tenth for each pixel and frame, as live encoders are set to.
const PIXELS_PER_BIT: u64 = 10;
/// Of the 360p rendition, as lessons have it.
const SMALL_KBPS: u64 = 600;
/// 4K.
const MAX_PIXELS: i64 = 4096 * 2304;
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

/// kbit/s of a picture: those of the small one as in lessons, else by its size.
fn kbps(rendition: Rendition, width: u32, height: u32, fps_milli: u32) -> u64 {
    if rendition.is_transcoded() {
        return SMALL_KBPS;
    }
    let pixels = u64::from(width) * u64::from(height) * u64::from(fps_milli) / 1000;
    (pixels / PIXELS_PER_BIT / 1000).clamp(200, 4000)
}

fn chain(track: Track, decoder: &str, form: &Form) -> String {
    let queue = "queue max-size-buffers=0 max-size-bytes=16777216 max-size-time=3000000000";
    if track == Track::Video {
        let picture = |(rendition, width, height, fps): &(Rendition, u32, u32, u32)| {
            let fps = if (5_000..=60_000).contains(fps) { *fps } else { DEFAULT_FPS_MILLI };
            let name = rendition.name();
            // The pictures keep the times they were recorded at: the first one says where the others lie.
            format!(
                "picture. ! queue max-size-buffers=2 max-size-bytes=0 max-size-time=0 ! \
                 videoscale add-borders=true ! videorate skip-to-first=true ! \
                 video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1,framerate={fps}/1000 ! \
                 x264enc name=encoder-{name} speed-preset=veryfast tune=zerolatency threads=2 bitrate={} key-int-max={} ! \
                 video/x-h264,stream-format=avc,alignment=au,profile=main ! appsink name={name} sync=false",
                kbps(*rendition, *width, *height, fps),
                fps / 500,
            )
        };
        let pictures: Vec<String> = form.pictures.iter().map(picture).collect();
        return format!(
            "{queue} ! {decoder} ! videoconvert name=decoded ! video/x-raw,format=I420 ! tee name=picture {}",
            pictures.join(" ")
        );
    }
    let sound = |(rendition, rate, channels): &(Rendition, u32, u32)| {
        let bitrate = if rendition.is_transcoded() { 48_000 } else { 128_000 };
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
    if let Some(decoded) = bin.by_name("decoded") {
        watch(&decoded, shared);
    }
    hold(pad, shared);
    let pictures: Vec<_> = form.pictures.iter().map(|(rendition, ..)| (*rendition, 0)).collect();
    let sounds: Vec<_> = form.sounds.iter().map(|(rendition, rate, _)| (*rendition, *rate)).collect();
    for (rendition, rate) in if track == Track::Video { pictures } else { sounds } {
        let out = bin.by_name(rendition.name()).and_then(|out| out.downcast::<gst_app::AppSink>().ok());
        let out = out.ok_or_else(|| gst::glib::bool_error!("a chain without an end"))?;
        out.set_max_buffers(4);
        out.set_callbacks(frames(rendition, rate, shared, sink));
        shared.open.fetch_add(1, Ordering::AcqRel);
        if let Some(encoder) = bin.by_name(&format!("encoder-{}", rendition.name())) {
            key_frames(rendition, &encoder, shared);
        }
    }
    pipeline.add(&bin)?;
    bin.sync_state_with_parent()?;
    let target =
        bin.static_pad("sink").ok_or_else(|| gst::glib::bool_error!("a chain without a beginning"))?;
    pad.link(&target).map_err(|_| gst::glib::bool_error!("a chain that does not fit"))?;
    Ok(())
}

/// Notes when the file begins, or holds it there until it was sought in.
fn hold(pad: &gst::Pad, shared: &Arc<Shared>) {
    if !shared.holds {
        let first = Arc::clone(shared);
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(pts) = info.buffer().and_then(|buffer| buffer.pts()) {
                first.first_ns.fetch_min(pts.nseconds().cast_signed(), Ordering::AcqRel);
            }
            gst::PadProbeReturn::Remove
        });
        return;
    }
    let held = Arc::clone(shared);
    let block = gst::PadProbeType::BLOCK | gst::PadProbeType::BUFFER;
    let probe = pad.add_probe(block, move |_, _| {
        held.standing.store(true, Ordering::Release);
        gst::PadProbeReturn::Ok
    });
    if let Some(probe) = probe {
        shared.held.lock().unwrap_or_else(PoisonError::into_inner).push((pad.clone(), probe));
    }
}

/// What comes out of the decoder: no larger than announced, and without the picture that was cut by seeking, whose time is that of the cut.
fn watch(decoded: &gst::Element, shared: &Arc<Shared>) {
    let Some(sink) = decoded.static_pad("sink") else { return };
    let refusing = Arc::clone(shared);
    sink.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        if let Some(gst::EventView::Caps(caps)) = info.event().map(|event| event.view())
            && caps.caps().structure(0).is_some_and(too_large)
        {
            refusing.refuse(FillError::Picture);
            return gst::PadProbeReturn::Drop;
        }
        gst::PadProbeReturn::Ok
    });
    let shared = Arc::clone(shared);
    sink.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let cut = shared.cuts.load(Ordering::Acquire)
            && info.buffer().and_then(|buffer| buffer.pts()).is_some_and(|pts| {
                let segment = pad.sticky_event::<gst::event::Segment>(0);
                let segment =
                    segment.as_ref().and_then(|event| event.segment().downcast_ref::<gst::ClockTime>());
                segment.and_then(gst::FormattedSegment::start).is_some_and(|start| pts <= start)
            });
        if cut { gst::PadProbeReturn::Drop } else { gst::PadProbeReturn::Ok }
    });
}

/// More pixels than any lesson has: its frames alone would take the memory.
pub(super) fn too_large(stream: &gst::StructureRef) -> bool {
    let side = |name| stream.get::<i32>(name).map_or(0, i64::from);
    side("width") * side("height") > MAX_PIXELS
}

/// Asks the encoder for a key frame where one is needed.
fn key_frames(rendition: Rendition, encoder: &gst::Element, shared: &Arc<Shared>) {
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
        if let Some(keys) = keys.get_mut(&rendition) {
            while keys.front().is_some_and(|key| at + half >= *key) {
                keys.pop_front();
                wanted = true;
            }
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
    // What the encoder of sound gives first is a frame of silence (its priming) that stands for the time before.
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
