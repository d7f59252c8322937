//! The GStreamer pipeline of one transcoded rendition: `appsrc ! … ! appsink`, around the elements of a [`Recipe`]. What comes out is cut by a
//! [`Follower`] and packed by a [`Packager`] of its own.
//!
//! It may stand still, or be far behind: nothing here waits for its threads, but for some tenths of a second at the end of a run.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use gst::prelude::*;

use super::{
    low_priority::LowPriority,
    rendition::{Boundary, Sink, Timing, Transcoded},
};
use crate::{
    pipeline::{
        packager::{Packager, PackagerError},
        repair::Stamp,
        splitter::{Follower, Step},
    },
    unit::{Frame, Track},
};

/// How long the last frames may take at the end; usually 5 ms.
const FINISH_TIME: Duration = Duration::from_millis(300);
/// Boundaries that an encoder may be behind: most of a minute. When full, the oldest go; what comes then jumps over them.
const MAX_BOUNDARIES: usize = 16;

/// What an encoder is built of.
pub(super) struct Recipe {
    /// Of what goes in.
    pub(super) caps: gst::Caps,
    /// In between, in order.
    pub(super) elements: Vec<gst::Element>,
    /// What comes out.
    pub(super) track: Track,
    /// How far its frames are apart, at least.
    pub(super) frame_us: i64,
    /// How much later the encoder says that something lies than it was said or seen.
    pub(super) delay_us: i64,
    /// Reads the format of what comes out.
    pub(super) format: fn(&gst::Sample) -> Option<Transcoded>,
}

/// Boundaries on their way to another thread. The lock is held for a moment only: the pass-through takes it.
#[derive(Debug, Default)]
pub(super) struct Boundaries(Mutex<VecDeque<Boundary>>);

impl Boundaries {
    pub(super) fn push(&self, boundary: Boundary) {
        let mut waiting = self.lock();
        if waiting.len() >= MAX_BOUNDARIES {
            waiting.pop_front();
        }
        waiting.push_back(boundary);
    }

    /// Takes the first if it is wanted.
    pub(super) fn take(&self, wanted: impl FnOnce(&Boundary) -> bool) -> Option<Boundary> {
        let mut waiting = self.lock();
        waiting.front().is_some_and(wanted).then(|| waiting.pop_front()).flatten()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Boundary>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running encoder. Dropping it stops it, by and by: nothing of it comes out from then on.
pub(super) struct Encoder {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    src: gst_app::AppSrc,
    base_us: i64,
    packing: Arc<Packing>,
    gate: Gate,
    /// Frames that went in.
    #[cfg(test)]
    pushed: u64,
}

/// Shut when nothing may come out any more. Held while something does, which takes microseconds.
type Gate = Arc<Mutex<bool>>;

/// Where encoded frames become parts.
struct Packing {
    boundaries: Boundaries,
    /// Where the publisher's track ends, once it does.
    end_us: AtomicI64,
    state: Mutex<State>,
    ended: Condvar,
}

struct State {
    follower: Follower,
    /// Starts with the first frame, which brings the format.
    packager: Option<Packager>,
    steps: Vec<Step>,
    fault: Option<PackagerError>,
    over: bool,
    /// Frames that came out.
    #[cfg(test)]
    encoded: u64,
}

impl Packing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn run(&mut self) -> Result<(), PackagerError> {
        let steps = std::mem::take(&mut self.steps);
        let Some(packager) = &self.packager else { return Ok(()) };
        packager.check()?;
        steps.into_iter().try_for_each(|step| packager.step(step))
    }
}

/// Takes what comes out of the encoder.
struct Outlet {
    packing: Arc<Packing>,
    track: Track,
    frame_us: i64,
    delay_us: i64,
    base_us: i64,
    /// Where the first frame lies.
    first_us: i64,
    format: fn(&gst::Sample) -> Option<Transcoded>,
    sink: Sink,
    gate: Gate,
}

impl Outlet {
    /// Cuts and packs an encoded frame.
    fn encoded(&self, state: &mut State, sample: &gst::Sample) -> Result<(), PackagerError> {
        #[cfg(test)]
        {
            state.encoded += 1;
        }
        let Some((pts_us, frame)) = self.read(sample) else { return Ok(()) };
        let end_us = self.packing.end_us.load(Ordering::Relaxed);
        if pts_us < self.first_us - self.frame_us / 2 || pts_us > end_us - self.frame_us / 2 {
            return Ok(()); // the priming before the sound, or the padding after it
        }
        if state.packager.is_none() {
            let Some(made) = (self.format)(sample) else { return Ok(()) };
            let (sink, gate, known) = (Arc::clone(&self.sink), Arc::clone(&self.gate), made.clone());
            let sink = move |packed| {
                let shut = gate.lock().unwrap_or_else(PoisonError::into_inner);
                if !*shut {
                    sink(&known, packed);
                }
            };
            let (video, audio) = (made.video(), made.audio());
            state.packager = Some(Packager::start(video, audio, self.base_us, sink)?);
        }
        while let Some((number, start_us)) = self.packing.boundaries.take(|_| true) {
            state.follower.boundary(number, start_us);
        }
        state.follower.push(frame, Stamp { dts_us: pts_us, pts_us }, &mut state.steps);
        state.run()
    }

    fn read(&self, sample: &gst::Sample) -> Option<(i64, Frame)> {
        let buffer = sample.buffer()?;
        // Encoders of pictures move their timestamps, and their segment with them.
        let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
        let at = segment.to_running_time(buffer.pts()?)?;
        let pts_us = i64::try_from(at.useconds()).ok()? - self.base_us - self.delay_us;
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let data = Bytes::copy_from_slice(&buffer.map_readable().ok()?);
        Some((pts_us, Frame { track: self.track, dts_ms: 0, cts_ms: 0, key, data }))
    }
}

impl Encoder {
    /// Starts an encoder whose first frame is presented at `first_us`, in this segment.
    pub(super) fn start(
        recipe: Recipe,
        timing: Timing,
        first_us: i64,
        segment: Boundary,
        sink: &Sink,
    ) -> Result<Self, PackagerError> {
        let Recipe { caps, elements, track, frame_us, delay_us, format } = recipe;
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or_else(|| gst::glib::bool_error!("a pipeline without a bus"))?;
        // Sound takes a twentieth of a core, and is what a member on a weak line has left: it does not give way.
        if track == Track::Video {
            LowPriority::install(&bus);
        }
        let src = gst_app::AppSrc::builder().caps(&caps).format(gst::Format::Time).build();
        let mut follower = Follower::new(track, timing.part_target_us, frame_us);
        follower.boundary(segment.0, segment.1);
        let packing = Arc::new(Packing {
            boundaries: Boundaries::default(),
            end_us: AtomicI64::new(i64::MAX),
            state: Mutex::new(State {
                follower,
                packager: None,
                steps: Vec::new(),
                fault: None,
                over: false,
                #[cfg(test)]
                encoded: 0,
            }),
            ended: Condvar::new(),
        });
        let gate = Gate::default();
        let done = Arc::clone(&packing);
        let outlet = Outlet {
            packing: Arc::clone(&packing),
            track,
            frame_us,
            delay_us,
            base_us: timing.base_us,
            first_us,
            format,
            sink: Arc::clone(sink),
            gate: Arc::clone(&gate),
        };
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |out| {
                let sample = out.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let mut state = outlet.packing.lock();
                let taken = outlet.encoded(&mut state, &sample);
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
        let ends = [src.upcast_ref::<gst::Element>(), out.upcast_ref()];
        let [first, last] = ends;
        let chain: Vec<&gst::Element> = [first].into_iter().chain(&elements).chain([last]).collect();
        pipeline.add_many(chain.iter().copied())?;
        gst::Element::link_many(chain)?;
        pipeline.set_state(gst::State::Playing)?;
        Ok(Self {
            pipeline,
            bus,
            src,
            base_us: timing.base_us,
            packing,
            gate,
            #[cfg(test)]
            pushed: 0,
        })
    }

    pub(super) fn boundary(&self, boundary: Boundary) {
        self.packing.boundaries.push(boundary);
    }

    /// Frames that wait for the decoder.
    pub(super) fn waiting(&self) -> u64 {
        self.src.current_level_buffers()
    }

    pub(super) fn push(&mut self, frame: &Frame, stamp: Stamp) -> Result<(), PackagerError> {
        if let Some(message) = self.bus.pop_filtered(&[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = message.view()
        {
            let fault = self.packing.lock().fault.take();
            return Err(fault.unwrap_or_else(|| PackagerError::Broken(error.error().to_string())));
        }
        let time = |us: i64| gst::ClockTime::from_useconds((self.base_us + us).max(0).cast_unsigned());
        let mut buffer = gst::Buffer::from_slice(frame.data.clone());
        {
            let buffer = buffer.get_mut().expect("a new buffer has one owner");
            buffer.set_pts(time(stamp.pts_us));
            if frame.track == Track::Video {
                buffer.set_dts(time(stamp.dts_us));
                if !frame.key {
                    buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
                }
            }
        }
        self.src.push_buffer(buffer)?;
        #[cfg(test)]
        {
            self.pushed += 1;
        }
        Ok(())
    }

    /// Nothing comes any more; the track ends here.
    pub(super) fn end(&self, end_us: i64) {
        self.packing.end_us.store(end_us, Ordering::Relaxed);
        let _ = self.src.end_of_stream();
    }

    /// Gets the last parts out, after the end was told.
    pub(super) fn finish(self) {
        let state = self.packing.lock();
        let waited = self.packing.ended.wait_timeout_while(state, FINISH_TIME, |state| !state.over);
        let Ok((mut guard, time)) = waited else { return };
        if time.timed_out() {
            tracing::debug!("what is made besides did not end in time; its last part is lost");
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

    /// All that went in has come out, but for so many frames that codecs keep.
    #[cfg(test)]
    pub(super) fn settled(&self, kept: u64) -> bool {
        let state = self.packing.lock();
        self.pushed.saturating_sub(state.encoded) <= kept
            && state.packager.as_ref().is_none_or(Packager::settled)
    }

    #[cfg(test)]
    pub(super) fn pipeline(&self) -> &gst::Pipeline {
        &self.pipeline
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        *self.gate.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let packing = Arc::clone(&self.packing);
        // Its threads may be in the middle of a frame, and have the least of the processor.
        self.pipeline.call_async(move |pipeline| {
            let _ = pipeline.set_state(gst::State::Null);
            let packager = packing.lock().packager.take();
            drop(packager);
        });
    }
}
