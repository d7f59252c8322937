//! Short links to lessons.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{StoreResult, UtcMillis};

/// A code that may become a lesson's.
#[derive(Debug, Clone)]
pub struct NewShareCode {
    /// The lesson.
    pub lesson_id: Uuid,
    /// Random; used only if the lesson has none yet.
    pub code: String,
    /// Who shares.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// Use cases of sharing.
#[async_trait]
pub trait ShareStore: Send + Sync {
    /// The lesson's code; a lesson has one for ever, since it may be printed.
    async fn share_code(&self, new: NewShareCode) -> StoreResult<String>;

    /// The lesson of a code.
    async fn shared_lesson(&self, code: &str) -> StoreResult<Option<Uuid>>;
}
