//! Reads a stretch of a file that somebody sent and encodes it as the lesson is encoded: GStreamer, `filesrc ! demuxer`, and
//! behind it what [`super::chain`] makes for picture and sound.
//!
//! Runs in a process of its own (see [`super::worker`]): C reads what anybody may have sent here. Only what browsers and
//! encoders record is let through: two containers, five codecs.

use std::{
    cell::Cell,
    collections::{HashSet, VecDeque},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU32, Ordering},
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    time::Duration,
};

use bytes::Bytes;
use gst::prelude::*;
use yunke_protocol::FillKind;

use super::{chain, lane::Coded, worker::FillError};
use crate::{ingest::Track, live::event::Rendition};

/// Opening a file and finding a place in it take milliseconds; a file that takes so long is broken.
const START_TIME: Duration = Duration::from_secs(30);
/// Nothing came out of the encoders for so long.
const STALL_TIME: Duration = Duration::from_mins(1);
/// Encoded frames that wait for the muxer; then the pipeline waits.
const WAITING: usize = 512;
/// A picture of more pixels than 4K is no lesson: its frames alone would take the memory.
const MAX_PIXELS: i64 = 4096 * 2304;

/// How the lesson is encoded.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    /// Width, height, frames per 1000 s.
    pub(super) video: Option<(u32, u32, u32)>,
    /// Each sound: Hz and channels.
    pub(super) sounds: Vec<(Rendition, u32, u32)>,
}

/// What comes out.
#[derive(Debug)]
pub(super) enum Out {
    /// A frame, and the decoder's record when it is new.
    Frame(Rendition, Option<Bytes>, Coded),
    /// Something ended.
    End,
}

/// A file being read.
pub(super) struct Reader {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    out: Receiver<Out>,
    shared: Arc<Shared>,
    /// Nothing new comes; what waits is the rest.
    over: Cell<bool>,
}

/// What the reader and the threads of its pipeline share.
pub(super) struct Shared {
    /// Presentation time of the file's first frame, nanoseconds; `i64::MAX` until there is one.
    pub(super) first_ns: AtomicI64,
    /// Added to running time to give the time in the stretch, microseconds.
    pub(super) shift_us: AtomicI64,
    /// Ends that have not come.
    pub(super) open: AtomicU32,
    /// Where the picture needs key frames: time in the stretch, microseconds, ascending.
    pub(super) keys: Mutex<VecDeque<i64>>,
    refused: Mutex<Option<FillError>>,
}

impl Shared {
    fn refuse(&self, why: FillError) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }
}

impl Reader {
    /// Opens the file and reads its beginning.
    pub(super) fn open(path: &Path, kind: FillKind, form: &Form) -> Result<Self, FillError> {
        let pipeline = gst::Pipeline::new();
        let bus = pipeline.bus().ok_or(FillError::Gst)?;
        let make = |name: &str| gst::ElementFactory::make(name).build().map_err(|_| FillError::Gst);
        let source = gst::ElementFactory::make("filesrc").property("location", path).build();
        let source = source.map_err(|_| FillError::Gst)?;
        let demux = make(match kind {
            FillKind::Webm => "matroskademux",
            FillKind::Mp4 => "qtdemux",
        })?;
        pipeline.add_many([&source, &demux]).map_err(|_| FillError::Gst)?;
        source.link(&demux).map_err(|_| FillError::Gst)?;
        let (sink, out) = sync_channel(WAITING);
        let shared = Arc::new(Shared {
            first_ns: AtomicI64::new(i64::MAX),
            shift_us: AtomicI64::new(0),
            open: AtomicU32::new(0),
            keys: Mutex::default(),
            refused: Mutex::default(),
        });
        let (weak, of_pads, form) = (pipeline.downgrade(), Arc::clone(&shared), form.clone());
        // The first picture and the first sound of the file are used.
        let taken = Mutex::new(HashSet::new());
        demux.connect_pad_added(move |_, pad| {
            let (Some(pipeline), Some(caps)) = (weak.upgrade(), pad.current_caps()) else { return };
            let Some(stream) = caps.structure(0) else { return };
            let track = match stream.name().split_once('/') {
                Some(("video" | "image", _)) if form.video.is_some() => Track::Video,
                Some(("audio", _)) if !form.sounds.is_empty() => Track::Audio,
                _ => return,
            };
            if !taken.lock().unwrap_or_else(PoisonError::into_inner).insert(track) {
                return;
            }
            let side = |name| stream.get::<i32>(name).map_or(0, i64::from);
            if side("width") * side("height") > MAX_PIXELS {
                return of_pads.refuse(FillError::Picture);
            }
            let Some(decoder) = chain::decoder(stream.name()) else {
                tracing::warn!(codec = %stream.name(), "a codec of the file is not known");
                return of_pads.refuse(FillError::Codec);
            };
            if let Err(error) = chain::branch(&pipeline, pad, track, decoder, &form, &of_pads, &sink) {
                tracing::warn!(%error, "a chain could not be made");
                of_pads.refuse(FillError::Gst);
            }
        });
        let this = Self { pipeline, bus, out, shared, over: Cell::new(false) };
        this.pipeline.set_state(gst::State::Paused).map_err(|_| FillError::Unreadable)?;
        let settled = this.settled();
        if let Some(why) = this.shared.refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(why);
        }
        settled?;
        if this.shared.open.load(Ordering::Acquire) == 0 {
            return Err(FillError::Nothing);
        }
        Ok(this)
    }

    /// Waits until the first frames are there, or the error.
    fn settled(&self) -> Result<(), FillError> {
        let limit = gst::ClockTime::try_from(START_TIME).ok();
        let kinds = [gst::MessageType::Error, gst::MessageType::AsyncDone, gst::MessageType::Eos];
        match self.bus.timed_pop_filtered(limit, &kinds).as_ref().map(|message| message.view()) {
            Some(gst::MessageView::AsyncDone(_)) => Ok(()),
            Some(gst::MessageView::Eos(_)) => {
                self.over.set(true);
                Ok(())
            }
            Some(gst::MessageView::Error(error)) => {
                tracing::warn!(error = %error.error(), "the file cannot be read");
                Err(FillError::Unreadable)
            }
            _ => Err(FillError::Unreadable),
        }
    }

    /// Begins to play the stretch `[from_us, to_us)` of the file, counted from its first frame; negative is before it. `keys` is
    /// where the picture needs key frames, counted from the stretch's beginning.
    pub(super) fn play(&self, from_us: i64, to_us: i64, keys: Vec<i64>) -> Result<(), FillError> {
        let first = self.shared.first_ns.load(Ordering::Acquire);
        let first = if first == i64::MAX { 0 } else { first };
        let begin = first + from_us.max(0) * 1000;
        *self.shared.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys.into();
        let time = |ns: i64| gst::ClockTime::from_nseconds(ns.max(0).cast_unsigned());
        // While it stands still nothing of the old place can come out behind the flush.
        self.shared.shift_us.store((-from_us).max(0), Ordering::Release);
        let sought = self.pipeline.seek(
            1.0,
            gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE,
            gst::SeekType::Set,
            time(begin),
            gst::SeekType::Set,
            time(first + to_us * 1000),
        );
        if sought.is_ok() {
            self.settled()?;
        } else {
            // A file that cannot be sought in is read from its beginning.
            tracing::warn!("the file cannot be sought in: it is read from its beginning");
            self.shared.shift_us.store(-from_us - first / 1000, Ordering::Release);
        }
        while self.out.try_recv().is_ok() {}
        self.pipeline.set_state(gst::State::Playing).map_err(|_| FillError::Unreadable)?;
        Ok(())
    }

    /// Waits for the next frame; none at the end.
    pub(super) fn next(&self) -> Result<Option<Out>, FillError> {
        let mut waited = Duration::ZERO;
        loop {
            let step = Duration::from_millis(100);
            match self.out.recv_timeout(step) {
                Ok(Out::End) | Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Ok(out) => return Ok(Some(out)),
                Err(RecvTimeoutError::Timeout) => waited += step,
            }
            if self.over.get() {
                return Ok(None);
            }
            if self.bus.pop_filtered(&[gst::MessageType::Error, gst::MessageType::Eos]).is_some() {
                // What a truncated file had is of use: the entries that are whole count.
                self.over.set(true);
            } else if waited > STALL_TIME {
                return Err(FillError::Unreadable);
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
