//! Reads a stretch of a file that somebody sent and encodes it as the lesson is encoded: GStreamer, `filesrc ! demuxer`, and
//! behind it what [`super::encode`] makes for picture and sound.
//!
//! Runs in a process of its own (see [`super::worker`]): C reads what anybody may have sent here. Only what browsers and
//! encoders record is let through: two containers, five codecs.

use std::{
    cell::Cell,
    collections::HashSet,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    time::Duration,
};

use gst::prelude::*;
use yunke_protocol::FillKind;

use super::{
    coded::{Form, Keys, Out, Shared},
    encode,
    wire::FillError,
};
use crate::unit::Track;

/// Opening a file and finding a place in it take milliseconds; a file that takes so long is broken.
const START_TIME: Duration = Duration::from_secs(30);
/// Nothing came out of the encoders for so long.
const STALL_TIME: Duration = Duration::from_mins(1);
/// Encoded frames that wait for the muxer; then the pipeline waits.
const WAITING: usize = 512;
/// So much of the file before the stretch is read along, microseconds: its first picture is cut by seeking and left out.
const LEAD_US: i64 = 200_000;
/// How often a file that is being opened is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// A file being read.
pub(super) struct Reader {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
    out: Receiver<Out>,
    shared: Arc<Shared>,
    /// Presentation time of the file's first frame, nanoseconds.
    first_ns: i64,
    /// Nothing new comes; what waits is the rest.
    over: Cell<bool>,
}

impl Reader {
    /// Opens the file, reads its beginning and stands there.
    pub(super) fn open(path: &Path, kind: FillKind, form: &Form) -> Result<Self, FillError> {
        let seen = Self::start(path, kind, form, false)?;
        let settled = seen.settled();
        seen.refused()?;
        settled?;
        if seen.shared.open.load(Ordering::Acquire) == 0 {
            return Err(FillError::Nothing);
        }
        let first_ns = seen.shared.first_ns.load(Ordering::Acquire);
        drop(seen);
        // Once more, with encoders that have seen nothing: `avenc_aac` keeps a frame of what was before a flush, and all the
        // sound would come a frame late.
        let mut this = Self::start(path, kind, form, true)?;
        let mut waited = Duration::ZERO;
        while !this.shared.standing.load(Ordering::Acquire) {
            let message =
                this.bus.timed_pop_filtered(gst::ClockTime::try_from(LOOK).ok(), &[gst::MessageType::Error]);
            waited += LOOK;
            if message.is_some() || waited > START_TIME {
                return Err(FillError::Unreadable);
            }
        }
        this.first_ns = if first_ns == i64::MAX { 0 } else { first_ns };
        Ok(this)
    }

    fn start(path: &Path, kind: FillKind, form: &Form, holds: bool) -> Result<Self, FillError> {
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
            holds,
            held: Mutex::default(),
            standing: AtomicBool::new(false),
            cuts: AtomicBool::new(false),
            refused: Mutex::default(),
        });
        let (weak, of_pads, form) = (pipeline.downgrade(), Arc::clone(&shared), form.clone());
        // The first picture and the first sound of the file are used.
        let taken = Mutex::new(HashSet::new());
        demux.connect_pad_added(move |_, pad| {
            let (Some(pipeline), Some(caps)) = (weak.upgrade(), pad.current_caps()) else { return };
            let Some(stream) = caps.structure(0) else { return };
            let track = match stream.name().split_once('/') {
                Some(("video" | "image", _)) if !form.pictures.is_empty() => Track::Video,
                Some(("audio", _)) if !form.sounds.is_empty() => Track::Audio,
                _ => return,
            };
            if !taken.lock().unwrap_or_else(PoisonError::into_inner).insert(track) {
                return;
            }
            if encode::too_large(stream) {
                return of_pads.refuse(FillError::Picture);
            }
            let Some(decoder) = encode::decoder(stream.name()) else {
                tracing::warn!(codec = %stream.name(), "a codec of the file is not known");
                return of_pads.refuse(FillError::Codec);
            };
            if let Err(error) = encode::branch(&pipeline, pad, track, decoder, &form, &of_pads, &sink) {
                tracing::warn!(%error, "a chain could not be made");
                of_pads.refuse(FillError::Gst);
            }
        });
        let this = Self { pipeline, bus, out, shared, first_ns: 0, over: Cell::new(false) };
        this.pipeline.set_state(gst::State::Paused).map_err(|_| FillError::Unreadable)?;
        Ok(this)
    }

    /// An error if the file was refused.
    fn refused(&self) -> Result<(), FillError> {
        self.shared.refused()
    }

    /// Waits until the first frames are there, or the end, or the error.
    fn settled(&self) -> Result<(), FillError> {
        let limit = gst::ClockTime::try_from(START_TIME).ok();
        let kinds = [gst::MessageType::Error, gst::MessageType::AsyncDone, gst::MessageType::Eos];
        match self.bus.timed_pop_filtered(limit, &kinds).as_ref().map(|message| message.view()) {
            Some(gst::MessageView::AsyncDone(_)) => Ok(()),
            Some(gst::MessageView::Eos(_)) => {
                self.over.set(true);
                Ok(())
            }
            // It was read once: it ends before this stretch, or is broken there. What lies in other stretches is of use.
            Some(gst::MessageView::Error(error)) if self.shared.holds => {
                tracing::info!(error = %error.error(), "the file has nothing here");
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
    /// where the pictures need key frames, counted from the stretch's beginning. Once in a reader's life.
    pub(super) fn play(&self, from_us: i64, to_us: i64, keys: Keys) -> Result<(), FillError> {
        let begin_us = (from_us - LEAD_US).max(0);
        *self.shared.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        let time =
            |us: i64| gst::ClockTime::from_nseconds((self.first_ns + us * 1000).max(0).cast_unsigned());
        self.shared.shift_us.store(begin_us - from_us, Ordering::Release);
        self.shared.cuts.store(begin_us > 0, Ordering::Release);
        let sought = self.pipeline.seek(
            1.0,
            gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE,
            gst::SeekType::Set,
            time(begin_us),
            gst::SeekType::Set,
            time(to_us),
        );
        if sought.is_err() {
            // A file that cannot be sought in is read from its beginning.
            tracing::warn!("the file cannot be sought in: it is read from its beginning");
            self.shared.shift_us.store(-from_us - self.first_ns / 1000, Ordering::Release);
            self.shared.cuts.store(false, Ordering::Release);
        }
        for (pad, probe) in self.shared.held.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            pad.remove_probe(probe);
        }
        self.settled()?;
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
            self.refused()?;
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
