//! One run's GStreamer pipeline: for each track `appsrc ! cmafmux manual-split=true ! appsink`.
//!
//! Access units come in with good timestamps and cuts between them; initialization sections and parts go out, each part
//! with what the splitter knew of it. The parsers of GStreamer are left out on purpose: what a publisher sends has been
//! read in Rust already, and C sees only buffers whose caps, timestamps and flags are ours. A pipeline that reports an error
//! or falls behind is thrown away whole; it must never be waited for without a limit.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use gst::prelude::*;

use super::{
    repair::Stamp,
    splitter::{Ended, Step},
};
use crate::{
    codec::{AudioConfig, VideoConfig},
    container::mp4::boxes,
    unit::{Frame, Track},
};

/// What may wait before a muxer: 3 s of the highest bit rate we take. More means that the pipeline stands still.
const MAX_QUEUE_BYTES: u64 = 12 << 20;
/// How long the last parts may take at the end of a run; usually 5 ms.
const FINISH_TIME: Duration = Duration::from_millis(800);

/// What comes out.
#[derive(Debug)]
pub enum Packed {
    /// `ftyp` + `moov`.
    Init(Track, Bytes),
    /// `moof` + `mdat`.
    Part(Track, Bytes, Ended),
}

/// The pipeline is of no more use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackagerError {
    /// GStreamer could not do what it always can.
    #[error("GStreamer: {0}")]
    Gst(#[from] gst::glib::BoolError),
    /// It would not start.
    #[error("the pipeline does not start")]
    State(#[from] gst::StateChangeError),
    /// It reported an error.
    #[error("the pipeline broke: {0}")]
    Broken(String),
    /// It takes nothing any more.
    #[error("the pipeline takes no more data")]
    Refused(#[from] gst::FlowError),
    /// It does not keep up.
    #[error("the pipeline does not keep up")]
    Full,
}

/// Prepares GStreamer; once per process, before anything else here.
pub fn init() -> anyhow::Result<()> {
    gst::init()?;
    gstfmp4::plugin_register_static()?;
    Ok(())
}

/// A running pipeline. Dropping it stops it without ceremony; [`Packager::finish`] gets the last parts out first.
#[derive(Debug)]
pub struct Packager {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    video: Option<gst_app::AppSrc>,
    audio: Option<gst_app::AppSrc>,
    lanes: Arc<Lanes>,
    /// Added to all timestamps, microseconds.
    base_us: i64,
    audio_frame_ns: u64,
}

#[derive(Debug, Default)]
struct Lanes {
    state: Mutex<LaneState>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct LaneState {
    video: VecDeque<Ended>,
    audio: VecDeque<Ended>,
    open: usize,
    /// After the end of the run nobody wants to hear of it.
    closed: bool,
}

impl Lanes {
    fn state(&self) -> std::sync::MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LaneState {
    fn queue(&mut self, track: Track) -> &mut VecDeque<Ended> {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }
}

impl Packager {
    /// Starts a pipeline. `base_us` is the media time of the run's first frame, at least a second.
    /// `sink` is called from the pipeline's threads, in order for each track; it must not wait.
    pub fn start(
        video: Option<&VideoConfig>,
        audio: Option<&AudioConfig>,
        base_us: i64,
        sink: impl Fn(Packed) + Send + Sync + 'static,
    ) -> Result<Self, PackagerError> {
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or_else(|| gst::glib::bool_error!("a pipeline without a bus"))?;
        let lanes = Arc::new(Lanes::default());
        let sink: Arc<dyn Fn(Packed) + Send + Sync> = Arc::new(sink);
        let branch = |track, caps| {
            lanes.state().open += 1;
            branch(&pipeline, track, &caps, Arc::clone(&lanes), Arc::clone(&sink))
        };
        let video_src = video.map(|config| branch(Track::Video, video_caps(config))).transpose()?;
        let audio_src = audio.map(|config| branch(Track::Audio, audio_caps(config))).transpose()?;
        pipeline.set_state(gst::State::Playing)?;
        let audio_frame_ns = audio.map_or(0, AudioConfig::frame_ns);
        Ok(Self { pipeline, bus, video: video_src, audio: audio_src, lanes, base_us, audio_frame_ns })
    }

    /// Does one step.
    pub fn step(&self, step: Step) -> Result<(), PackagerError> {
        match step {
            Step::Cut(track, ended) => {
                self.lanes.state().queue(track).push_back(ended);
                let split =
                    gst::Structure::builder("FMP4MuxSplitNow").field("chunk", !ended.last_of_segment).build();
                if let Some(src) = self.src(track) {
                    src.send_event(gst::event::CustomDownstream::new(split));
                }
                Ok(())
            }
            Step::Frame(frame, stamp) => self.frame(frame, stamp),
        }
    }

    fn src(&self, track: Track) -> Option<&gst_app::AppSrc> {
        match track {
            Track::Video => self.video.as_ref(),
            Track::Audio => self.audio.as_ref(),
        }
    }

    fn frame(&self, frame: Frame, stamp: Stamp) -> Result<(), PackagerError> {
        let Some(src) = self.src(frame.track) else { return Ok(()) };
        if src.current_level_bytes() > MAX_QUEUE_BYTES {
            return Err(PackagerError::Full);
        }
        let time = |us: i64| gst::ClockTime::from_useconds((self.base_us + us).max(0).cast_unsigned());
        let mut buffer = gst::Buffer::from_slice(frame.data);
        {
            let buffer = buffer.get_mut().expect("a new buffer has one owner");
            buffer.set_pts(time(stamp.pts_us));
            buffer.set_dts(time(stamp.dts_us));
            if frame.track == Track::Audio {
                buffer.set_duration(gst::ClockTime::from_nseconds(self.audio_frame_ns));
            }
            if !frame.key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        src.push_buffer(buffer)?;
        Ok(())
    }

    /// What went wrong, if anything did.
    pub fn check(&self) -> Result<(), PackagerError> {
        match self.bus.pop_filtered(&[gst::MessageType::Error]) {
            None => Ok(()),
            Some(message) => match message.view() {
                gst::MessageView::Error(error) => Err(PackagerError::Broken(error.error().to_string())),
                _ => Ok(()),
            },
        }
    }

    /// Gets the last parts out and stops. Waits some milliseconds, at most [`FINISH_TIME`].
    pub fn finish(self) {
        self.finish_in(FINISH_TIME);
    }

    /// The same, where nobody waits for the end of it.
    pub fn finish_in(self, time: Duration) {
        for src in [&self.video, &self.audio].into_iter().flatten() {
            let _ = src.end_of_stream();
        }
        let state = self.lanes.state();
        let waited = self.lanes.ended.wait_timeout_while(state, time, |state| state.open > 0);
        if waited.is_ok_and(|(_, time)| time.timed_out()) {
            tracing::warn!("the pipeline did not end in time; its last part is lost");
        }
    }

    /// All parts that were cut have come out; for tests, whose publishers are a hundred times faster than time.
    #[cfg(test)]
    pub(crate) fn settled(&self) -> bool {
        let state = self.lanes.state();
        state.video.is_empty() && state.audio.is_empty()
    }

    /// As if an element had failed, for tests of what follows.
    #[cfg(test)]
    pub(crate) fn break_it(&self) {
        let error = gst::message::Error::builder(gst::CoreError::Failed, "broken by a test")
            .src(&self.pipeline)
            .build();
        self.bus.post(error).expect("the bus takes messages");
    }
}

impl Drop for Packager {
    fn drop(&mut self) {
        self.lanes.state().closed = true;
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn branch(
    pipeline: &gst::Pipeline,
    track: Track,
    caps: &gst::Caps,
    lanes: Arc<Lanes>,
    sink: Arc<dyn Fn(Packed) + Send + Sync>,
) -> Result<gst_app::AppSrc, PackagerError> {
    let src = gst_app::AppSrc::builder().caps(caps).format(gst::Format::Time).is_live(false).build();
    src.set_max_bytes(MAX_QUEUE_BYTES);
    let mux = gst::ElementFactory::make("cmafmux").property("manual-split", true).build()?;
    let done = Arc::clone(&lanes);
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink_element| {
            let sample = sink_element.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            emit(track, &gather(&sample), &lanes, &*sink);
            Ok(gst::FlowSuccess::Ok)
        })
        .eos(move |_| {
            let mut state = done.state();
            state.open = state.open.saturating_sub(1);
            done.ended.notify_all();
        })
        .build();
    let out = gst_app::AppSink::builder().sync(false).async_(false).callbacks(callbacks).build();
    out.set_buffer_list(true);
    pipeline.add_many([src.upcast_ref(), &mux, out.upcast_ref()])?;
    gst::Element::link_many([src.upcast_ref(), &mux, out.upcast_ref()])?;
    Ok(src)
}

/// All bytes of a sample in one piece.
fn gather(sample: &gst::Sample) -> Vec<u8> {
    let list = sample.buffer_list();
    let buffers = || list.iter().flat_map(|list| list.iter()).chain(sample.buffer());
    let mut bytes = Vec::with_capacity(buffers().map(gst::BufferRef::size).sum());
    for buffer in buffers() {
        for memory in buffer.iter_memories() {
            if let Ok(map) = memory.map_readable() {
                bytes.extend_from_slice(&map);
            }
        }
    }
    bytes
}

fn emit(track: Track, bytes: &[u8], lanes: &Lanes, sink: &(dyn Fn(Packed) + Send + Sync)) {
    let (init, chunk) = boxes::split_init(bytes);
    // The lock is not held while the sink is called: it takes its own.
    let ended = {
        let mut state = lanes.state();
        if state.closed {
            return;
        }
        if chunk.is_empty() { None } else { state.queue(track).pop_front() }
    };
    if !init.is_empty() {
        sink(Packed::Init(track, Bytes::copy_from_slice(init)));
    }
    if let Some(ended) = ended {
        sink(Packed::Part(track, Bytes::copy_from_slice(chunk), ended));
    }
}

/// What a muxer or a decoder is told of the picture.
pub(crate) fn video_caps(config: &VideoConfig) -> gst::Caps {
    let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    gst::Caps::builder("video/x-h264")
        .field("stream-format", "avc")
        .field("alignment", "au")
        .field("width", side(config.width))
        .field("height", side(config.height))
        .field("codec_data", gst::Buffer::from_slice(config.record.clone()))
        .build()
}

/// What a muxer or a decoder is told of the sound.
pub(crate) fn audio_caps(config: &AudioConfig) -> gst::Caps {
    gst::Caps::builder("audio/mpeg")
        .field("mpegversion", 4_i32)
        .field("stream-format", "raw")
        .field("framed", true)
        .field("rate", i32::try_from(config.rate).unwrap_or(48_000))
        .field("channels", i32::try_from(config.channels).unwrap_or(2))
        .field("codec_data", gst::Buffer::from_slice(config.record.clone()))
        .build()
}

#[cfg(test)]
mod tests;
