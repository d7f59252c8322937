//! Where each member is in what they listen to, and what they want to hear. A place comes from beats that played, never from a page
//! that was opened: what was heard last is where somebody is, and where they were before stays in the history.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::LeaseDevice;

use crate::{LessonMillis, Page, StoreResult, UtcMillis};

/// A silence that is longer, or another device, begins a new sitting; each device has its own.
pub const SITTING_GAP_MS: i64 = 30 * 60_000;

/// Episodes of a queue at most.
pub const QUEUE_MAX: usize = 100;

/// Where somebody was after a sitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Of this item.
    pub item_id: Uuid,
    /// When the sitting began.
    pub began_at: UtcMillis,
    /// When something was heard in it last.
    pub heard_at: UtcMillis,
    /// Time heard in it.
    pub heard_ms: i64,
    /// Where they were then.
    pub position_ms: LessonMillis,
    /// With what.
    pub device: LeaseDevice,
    /// The end was heard.
    pub finished: bool,
}

/// Something was heard.
#[derive(Debug, Clone, Copy)]
pub struct Listened {
    /// By this member.
    pub user_id: Uuid,
    /// Of this item.
    pub item_id: Uuid,
    /// With what.
    pub device: LeaseDevice,
    /// When the first of it was heard of.
    pub began_at: UtcMillis,
    /// When the last of it was.
    pub at: UtcMillis,
    /// How long it took to hear it.
    pub heard_ms: i64,
    /// Where they are now.
    pub position_ms: LessonMillis,
    /// The end was heard.
    pub finished: bool,
}

/// Use cases of members who listen.
#[async_trait]
pub trait ListeningStore: Send + Sync {
    /// Notes what was heard, all of it or nothing: in the sitting that goes on, or in a new one. What was heard last is where
    /// somebody is, also after the clock was set back.
    async fn keep_places(&self, heard: &[Listened]) -> StoreResult<()>;

    /// The sittings of a member with an item, the one heard last first.
    async fn places(&self, user_id: Uuid, item_id: Uuid, limit: i64) -> StoreResult<Vec<Place>>;

    /// Where a member is in everything they listened to, what was heard last first, and of how many.
    async fn last_places(&self, user_id: Uuid, page: Page) -> StoreResult<(Vec<Place>, i64)>;

    /// Milliseconds a member listened in sittings that were heard of in `[from, until)`.
    async fn listened_ms(&self, user_id: Uuid, from: UtcMillis, until: UtcMillis) -> StoreResult<i64>;

    /// The series a member marked, the newest first.
    async fn favourites(&self, user_id: Uuid) -> StoreResult<Vec<Uuid>>;

    /// Marks a series, or takes the mark away.
    async fn set_favourite(
        &self,
        user_id: Uuid,
        series_id: Uuid,
        marked: bool,
        at: UtcMillis,
    ) -> StoreResult<()>;

    /// The episodes a member wants to hear, in order.
    async fn queue(&self, user_id: Uuid) -> StoreResult<Vec<Uuid>>;

    /// Replaces them; each at most once, at most [`QUEUE_MAX`].
    async fn set_queue(&self, user_id: Uuid, episodes: &[Uuid]) -> StoreResult<()>;
}
