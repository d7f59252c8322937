//! What media nodes need to know of lessons, and what they report.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::{Interval, LessonPhase};

use crate::{LessonMillis, StoreResult, UtcMillis};

/// What a stream key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamTarget {
    /// The lesson.
    pub lesson_id: Uuid,
    /// Where it is in its life.
    pub phase: LessonPhase,
    /// Which of the lesson's stream keys is the one that counts: grows with every new one. 0: nothing
    /// was ever given out; opening the booth without a key makes it 1.
    pub key_version: i64,
    /// UTC of position 0, if the timeline runs.
    pub zero_at: Option<UtcMillis>,
    /// Closed outages.
    pub gaps: Vec<Interval>,
}

/// What a node tells of one lesson, to be stored. Repeating it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaReport {
    /// The lesson.
    pub lesson_id: Uuid,
    /// UTC of position 0; stored once, never changed after.
    pub zero_at: Option<UtcMillis>,
    /// Position up to which media exists; only ever grows.
    pub edge_ms: LessonMillis,
    /// Closed outages; added to those that are known.
    pub gaps: Vec<Interval>,
    /// The final length, once the node has ended the lesson.
    pub length_ms: Option<LessonMillis>,
    /// The replay stands.
    pub replay_ready: bool,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaOutcome {
    /// Stored.
    Stored,
    /// An older snapshot of the same boot: ignored.
    Stale,
}

/// Use cases of media nodes, by the rules of [`crate::decide::media`]. A snapshot locks the row of its node, and those of its
/// lessons in order of their ids.
#[async_trait]
pub trait MediaStore: Send + Sync {
    /// A lesson as media needs it, whatever its phase.
    async fn lesson_target(&self, lesson_id: Uuid) -> StoreResult<Option<StreamTarget>>;

    /// What a stream key opens, whatever the lesson's phase.
    async fn stream_target(&self, key_hash: &[u8; 32]) -> StoreResult<Option<StreamTarget>>;

    /// Lessons a media node has to know: live ones; planned ones with a key or an open booth that start in `from..until`;
    /// those that ended after `from` and whose recording is not complete.
    async fn media_targets(&self, from: UtcMillis, until: UtcMillis) -> StoreResult<Vec<StreamTarget>>;

    /// Leases that are not over at `now` and whose member was signed out everywhere or disabled after they were issued; at most
    /// `limit`, those that were revoked last.
    async fn revoked_leases(&self, now: UtcMillis, limit: u32) -> StoreResult<Vec<Uuid>>;

    /// Stores what a node tells; an older snapshot of the same boot is ignored whole.
    async fn store_media(
        &self,
        node: &str,
        boot: Uuid,
        version: i64,
        reports: &[MediaReport],
        at: UtcMillis,
    ) -> StoreResult<MediaOutcome>;
}
