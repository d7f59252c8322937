//! Encoded frames on their way from the reader of a file to the muxer, and what the reader shares with its pipeline's threads.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU32},
    },
};

use bytes::Bytes;

use super::wire::FillError;
use crate::live::event::Rendition;

/// An encoded frame, as the encoder gave it.
#[derive(Debug, Clone)]
pub(super) struct Coded {
    /// Since the stretch's beginning, microseconds.
    pub(super) at_us: i64,
    /// How long it lasts.
    pub(super) step_us: i64,
    /// Can be decoded by itself.
    pub(super) key: bool,
    /// The frame.
    pub(super) data: Bytes,
}

/// How the lesson is encoded.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    /// Each picture: width, height, frames per 1000 s.
    pub(super) pictures: Vec<(Rendition, u32, u32, u32)>,
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

/// What the reader and the threads of its pipeline share.
pub(super) struct Shared {
    /// Presentation time of the file's first frame, nanoseconds; `i64::MAX` until there is one.
    pub(super) first_ns: AtomicI64,
    /// Added to running time to give the time in the stretch, microseconds.
    pub(super) shift_us: AtomicI64,
    /// Ends that have not come.
    pub(super) open: AtomicU32,
    /// Where each picture needs key frames.
    pub(super) keys: Mutex<Keys>,
    /// Nothing passes the demuxer until it was sought in.
    pub(super) holds: bool,
    /// What holds it.
    pub(super) held: Mutex<Vec<(gst::Pad, gst::PadProbeId)>>,
    /// The demuxer stands at the file's first frame.
    pub(super) standing: AtomicBool,
    /// The first picture that is decoded is one that seeking cut.
    pub(super) cuts: AtomicBool,
    pub(super) refused: Mutex<Option<FillError>>,
}

/// Times in the stretch, microseconds, ascending.
pub(super) type Keys = HashMap<Rendition, VecDeque<i64>>;

impl Shared {
    pub(super) fn refuse(&self, why: FillError) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }

    /// An error if the file was refused.
    pub(super) fn refused(&self) -> Result<(), FillError> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        refused.map_or(Ok(()), Err)
    }
}
