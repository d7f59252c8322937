//! Short links to lessons.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{StoreResult, UtcMillis};

/// A code that may become a lesson's.
#[derive(Debug, Clone)]
pub struct NewShareCode {
    /// The lesson.
    pub lesson_id: Uuid,
    /// Random; used only if the lesson has no valid one yet.
    pub code: String,
    /// Who shares.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// What is behind a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedCode {
    /// This lesson.
    Lesson(Uuid),
    /// A lesson that has another code now.
    Revoked,
}

/// Use cases of sharing, by the rules of [`crate::decide::share`]. A change locks the lesson's row: it has one valid code.
#[async_trait]
pub trait ShareStore: Send + Sync {
    /// The lesson's code; it stays until it is revoked, since it may be printed.
    async fn share_code(&self, new: NewShareCode) -> StoreResult<String>;

    /// Revokes the lesson's code, if it has one, and gives it this one, which is answered.
    async fn renew_share_code(&self, new: NewShareCode) -> StoreResult<String>;

    /// What a code leads to.
    async fn shared(&self, code: &str) -> StoreResult<Option<SharedCode>>;
}
