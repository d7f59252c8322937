//! The versions that are listened to, kept for a bounded number.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderValue;
use uuid::Uuid;

use super::map::ByteMap;

/// Versions that are kept, with tables of some 20 kB each. When full, the one that was asked for longest ago is read again.
const KEPT: usize = 512;

/// A version that can be listened to.
#[derive(Debug)]
pub(super) struct Episode {
    /// Leases for it are for this item.
    pub(super) item: Uuid,
    pub(super) length_ms: i64,
    pub(super) files: Vec<File>,
}

/// One of its renditions.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) bytes: u64,
    /// `ETag`.
    pub(super) tag: HeaderValue,
    /// `Content-Type`.
    pub(super) kind: HeaderValue,
    pub(super) map: ByteMap,
}

/// Least recently asked for first.
#[derive(Default)]
pub(super) struct Episodes(Mutex<Vec<(Uuid, Arc<Episode>)>>);

impl Episodes {
    pub(super) fn get(&self, version: Uuid) -> Option<Arc<Episode>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().rposition(|(id, _)| *id == version)?;
        // Of an episode that many listen to, most requests find it at the end.
        if at + 1 != kept.len() {
            let entry = kept.remove(at);
            kept.push(entry);
        }
        kept.last().map(|(_, episode)| Arc::clone(episode))
    }

    pub(super) fn keep(&self, version: Uuid, episode: &Arc<Episode>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(id, _)| *id != version);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((version, Arc::clone(episode)));
    }

    /// The version is gone.
    pub(super) fn forget(&self, version: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| *id != version);
    }
}
