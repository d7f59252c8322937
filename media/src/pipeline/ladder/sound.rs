//! The small sound: `appsrc ! avdec_aac ! audioconvert ! audioresample ! audiorate ! avenc_aac ! appsink`, one channel at 48 kHz,
//! cut again by a [`Follower`] and packed by a [`Packager`] of its own.
//!
//! One channel: speech in two at this rate sounds worse. `audiorate` fills what was lost with silence, so that frames leave
//! without holes. A chain that fails is thrown away whole and made anew, some times in a run.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use gst::prelude::*;

use super::{Boundary, Sink, Timing};
use crate::{
    ingest::{AudioConfig, Frame, Track},
    pipeline::{
        packager::{Packager, PackagerError, audio_caps},
        repair::Stamp,
        splitter::{Follower, Step},
    },
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
/// Chains that may fail in a run; then there is no small sound until the next.
const MAX_FAULTS: u32 = 5;
/// How long the last frames may take at the end; usually 5 ms.
const FINISH_TIME: Duration = Duration::from_millis(300);

/// The small sound of a run.
pub(super) struct SoundLane {
    source: AudioConfig,
    timing: Timing,
    sink: Sink,
    chain: Option<Chain>,
    /// The leader's segment under way.
    segment: Boundary,
    /// Where the next frame is expected.
    next_us: i64,
    faults: u32,
}

impl SoundLane {
    pub(super) fn new(source: AudioConfig, timing: Timing, sink: Sink) -> Self {
        Self { source, timing, sink, chain: None, segment: (0, i64::MIN / 2), next_us: 0, faults: 0 }
    }

    pub(super) fn boundary(&mut self, boundary: Boundary) {
        self.segment = boundary;
        if let Some(chain) = &self.chain {
            chain.packing.lock().follower.boundary(boundary.0, boundary.1);
        }
    }

    pub(super) fn push(&mut self, frame: &Frame, stamp: Stamp) {
        if self.faults >= MAX_FAULTS {
            return;
        }
        if stamp.pts_us - self.next_us > HOLE_US {
            self.chain = None;
        }
        self.next_us = stamp.pts_us + i64::try_from(self.source.frame_ns() / 1000).unwrap_or(FRAME_US);
        let chain = match self.chain.take() {
            Some(chain) => Ok(chain),
            None => Chain::start(&self.source, self.timing, stamp.pts_us, self.segment, &self.sink),
        };
        let pushed = chain.and_then(|mut chain| chain.push(frame.data.clone(), stamp.pts_us).map(|()| chain));
        match pushed {
            Ok(chain) => self.chain = Some(chain),
            Err(problem) => {
                self.faults += 1;
                metrics::counter!("yunke_media_ladder_faults_total").increment(1);
                tracing::warn!(%problem, faults = self.faults, "the small sound broke");
            }
        }
    }

    pub(super) fn end(&self) {
        if let Some(chain) = &self.chain {
            chain.packing.lock().end_us = self.next_us;
            let _ = chain.src.end_of_stream();
        }
    }

    pub(super) fn finish(self) {
        if let Some(chain) = self.chain {
            chain.finish();
        }
    }

    #[cfg(test)]
    pub(super) fn settled(&self) -> bool {
        self.chain.as_ref().is_none_or(|chain| {
            let packing = chain.packing.lock();
            let kept = chain.pushed.saturating_sub(packing.encoded);
            kept <= tests::KEPT_BY_CODECS && packing.packager.as_ref().is_none_or(Packager::settled)
        })
    }
}

/// A running chain. Dropping it stops it.
struct Chain {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    src: gst_app::AppSrc,
    base_us: i64,
    packing: Arc<Packing>,
    /// Frames that went in.
    pushed: u64,
}

/// Where encoded frames become parts.
struct Packing {
    state: Mutex<PackingState>,
    ended: Condvar,
}

struct PackingState {
    follower: Follower,
    /// Starts with the first frame, which brings the format.
    packager: Option<Packager>,
    steps: Vec<Step>,
    fault: Option<PackagerError>,
    over: bool,
    /// Where the publisher's sound ends, once it does.
    end_us: i64,
    /// Frames that came out.
    encoded: u64,
}

impl Packing {
    fn lock(&self) -> MutexGuard<'_, PackingState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PackingState {
    fn run(&mut self) -> Result<(), PackagerError> {
        let steps = std::mem::take(&mut self.steps);
        let Some(packager) = &self.packager else { return Ok(()) };
        packager.check()?;
        steps.into_iter().try_for_each(|step| packager.step(step))
    }
}

impl Chain {
    /// Starts a chain whose first frame is presented at `first_us`, in this segment.
    fn start(
        source: &AudioConfig,
        timing: Timing,
        first_us: i64,
        segment: Boundary,
        sink: &Sink,
    ) -> Result<Self, PackagerError> {
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or_else(|| gst::glib::bool_error!("a pipeline without a bus"))?;
        let caps = audio_caps(source);
        let src = gst_app::AppSrc::builder().caps(&caps).format(gst::Format::Time).build();
        let make = gst::ElementFactory::make;
        let decoder = make("avdec_aac").build()?;
        let (convert, resample) = (make("audioconvert").build()?, make("audioresample").build()?);
        let tolerance = u64::try_from(TOLERANCE.as_nanos()).unwrap_or_default();
        let rate =
            make("audiorate").property("skip-to-first", true).property("tolerance", tolerance).build()?;
        let raw = gst::Caps::builder("audio/x-raw").field("rate", RATE).field("channels", 1_i32).build();
        let raw = make("capsfilter").property("caps", raw).build()?;
        let encoder = make("avenc_aac").property("bitrate", BITRATE).build()?;
        let mut follower = Follower::new(timing.part_target_us, FRAME_US);
        follower.boundary(segment.0, segment.1);
        let packing = Arc::new(Packing {
            state: Mutex::new(PackingState {
                follower,
                packager: None,
                steps: Vec::new(),
                fault: None,
                over: false,
                end_us: i64::MAX,
                encoded: 0,
            }),
            ended: Condvar::new(),
        });
        let (to, done, sink) = (Arc::clone(&packing), Arc::clone(&packing), Arc::clone(sink));
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |out| {
                let sample = out.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let mut state = to.lock();
                let taken = encoded(&mut state, &sample, timing, first_us, &sink);
                taken.map(|()| gst::FlowSuccess::Ok).map_err(|fault| {
                    state.fault = Some(fault);
                    gst::FlowError::Error
                })
            })
            .eos(move |_| {
                done.lock().over = true;
                done.ended.notify_all();
            })
            .build();
        let out = gst_app::AppSink::builder().sync(false).async_(false).callbacks(callbacks).build();
        let chain =
            [src.upcast_ref(), &decoder, &convert, &resample, &rate, &raw, &encoder, out.upcast_ref()];
        pipeline.add_many(chain)?;
        gst::Element::link_many(chain)?;
        pipeline.set_state(gst::State::Playing)?;
        Ok(Self { pipeline, bus, src, base_us: timing.base_us, packing, pushed: 0 })
    }

    fn push(&mut self, data: Bytes, pts_us: i64) -> Result<(), PackagerError> {
        if let Some(message) = self.bus.pop_filtered(&[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = message.view()
        {
            let fault = self.packing.lock().fault.take();
            return Err(fault.unwrap_or_else(|| PackagerError::Broken(error.error().to_string())));
        }
        if self.src.current_level_buffers() > MAX_QUEUE {
            metrics::counter!("yunke_media_ladder_dropped_total").increment(1);
            return Ok(());
        }
        let mut buffer = gst::Buffer::from_slice(data);
        let pts = gst::ClockTime::from_useconds((self.base_us + pts_us).max(0).cast_unsigned());
        buffer.get_mut().expect("a new buffer has one owner").set_pts(pts);
        self.src.push_buffer(buffer)?;
        self.pushed += 1;
        Ok(())
    }

    /// After the end was told.
    fn finish(self) {
        let state = self.packing.lock();
        let waited = self.packing.ended.wait_timeout_while(state, FINISH_TIME, |state| !state.over);
        let Ok((mut guard, time)) = waited else { return };
        if time.timed_out() {
            tracing::debug!("the small sound did not end in time; its last part is lost");
            return;
        }
        let state = &mut *guard;
        state.follower.finish(&mut state.steps);
        let packager = state.run().ok().and_then(|()| state.packager.take());
        drop(guard);
        if let Some(packager) = packager {
            packager.finish();
        }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
        // Nothing of this chain comes out any more once it is dropped.
        let packager = self.packing.lock().packager.take();
        drop(packager);
    }
}

/// Cuts and packs an encoded frame.
fn encoded(
    state: &mut PackingState,
    sample: &gst::Sample,
    timing: Timing,
    first_us: i64,
    sink: &Sink,
) -> Result<(), PackagerError> {
    state.encoded += 1;
    let Some((pts_us, data)) = read(sample, timing.base_us) else { return Ok(()) };
    if pts_us < first_us - FRAME_US / 2 || pts_us > state.end_us - FRAME_US / 2 {
        return Ok(()); // the priming before the sound, or the padding after it
    }
    if state.packager.is_none() {
        let Some(config) = format(sample) else { return Ok(()) };
        let (sink, known) = (Arc::clone(sink), config.clone());
        let sink = move |packed| sink(&known, packed);
        state.packager = Some(Packager::start(None, Some(&config), timing.base_us, sink)?);
    }
    let frame = Frame { track: Track::Audio, dts_ms: 0, cts_ms: 0, key: true, data };
    state.follower.push(frame, Stamp { dts_us: pts_us, pts_us }, &mut state.steps);
    state.run()
}

fn read(sample: &gst::Sample, base_us: i64) -> Option<(i64, Bytes)> {
    let buffer = sample.buffer()?;
    let pts_us = i64::try_from(buffer.pts()?.useconds()).ok()? - base_us - PRIMING_US;
    Some((pts_us, Bytes::copy_from_slice(&buffer.map_readable().ok()?)))
}

fn format(sample: &gst::Sample) -> Option<AudioConfig> {
    let record = sample.caps()?.structure(0)?.get::<gst::Buffer>("codec_data").ok()?;
    AudioConfig::parse(Bytes::copy_from_slice(&record.map_readable().ok()?)).ok()
}

#[cfg(test)]
#[path = "sound_tests.rs"]
mod tests;
