//! How a recording is going: what the writer and whoever hands it segments share.

use std::{
    error::Error,
    io::{self, ErrorKind},
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

/// Segments that may wait for the store, in bytes of all of a lesson: about two minutes of 2 Mbit/s. Beyond, the media of
/// segments is dropped and their entries kept, until half of it is free: a hole is better than a replay in shreds.
pub(super) const MAX_PENDING_BYTES: usize = 32 << 20;
/// What may be asked of a recording at any time.
#[derive(Debug, Default)]
pub struct Status {
    lost: AtomicU64,
    pub(super) pending_bytes: AtomicUsize,
    complete: AtomicBool,
    failing: AtomicBool,
    full: AtomicBool,
    dropping: AtomicBool,
}

impl Status {
    /// Segments that are not in the recording because the store did not take them.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// The lesson has ended and its whole index stands.
    pub fn complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// The store refuses at the moment.
    pub fn failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// It refuses because the disk is full.
    pub fn full(&self) -> bool {
        self.failing() && self.full.load(Ordering::Relaxed)
    }

    /// Whether so many bytes may wait, too; if so, they are counted.
    pub(super) fn admit(&self, size: usize) -> bool {
        let half = self.dropping.load(Ordering::Relaxed);
        let most = if half { MAX_PENDING_BYTES / 2 } else { MAX_PENDING_BYTES };
        let admitted = self.pending_bytes.fetch_add(size, Ordering::Relaxed) + size <= most;
        if !admitted {
            self.pending_bytes.fetch_sub(size, Ordering::Relaxed);
        }
        self.dropping.store(!admitted, Ordering::Relaxed);
        admitted
    }

    pub(super) fn lose(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("yunke_media_recording_segments_lost_total").increment(1);
    }
    /// The whole index stands.
    pub(super) fn finished(&self) {
        self.complete.store(true, Ordering::Release);
    }

    /// Whether the store refuses, and because the disk is full; true when that has changed.
    pub(super) fn refused(&self, failing: bool, full: bool) -> bool {
        self.full.store(full, Ordering::Relaxed);
        self.failing.swap(failing, Ordering::Relaxed) != failing
    }

    /// So many bytes wait no more.
    pub(super) fn written(&self, size: usize) {
        self.pending_bytes.fetch_sub(size, Ordering::Relaxed);
    }
}

/// Whether it failed because nothing more goes onto the disk.
pub(crate) fn no_space(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if let Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) = kind {
            return true;
        }
        cause = error.source();
    }
    false
}
