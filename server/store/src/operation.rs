//! The program's own records: its runs, and who did what.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Page, StoreResult, UtcMillis};

/// A time in which a server was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerRun {
    /// Its id.
    pub id: Uuid,
    /// Its start.
    pub started_at: UtcMillis,
    /// The last sign of life.
    pub last_alive_at: UtcMillis,
    /// Its end, when it was a clean one.
    pub stopped_at: Option<UtcMillis>,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: UtcMillis,
    /// Who; `None`: the program itself.
    pub actor_id: Option<Uuid>,
    /// What, such as `lesson.start`.
    pub action: String,
    /// What kind of thing it was done to, such as `lesson`.
    pub subject_kind: String,
    /// Which one.
    pub subject_id: Uuid,
    /// JSON, never a secret.
    pub detail: String,
}

/// Use cases of operation.
#[async_trait]
pub trait OperationStore: Send + Sync {
    /// Opens the record of this run.
    async fn begin_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()>;

    /// A sign of life.
    async fn keep_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()>;

    /// A clean end.
    async fn end_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()>;

    /// Runs that overlap `[from, until)`, earliest first.
    async fn runs(&self, from: UtcMillis, until: UtcMillis) -> StoreResult<Vec<ServerRun>>;

    /// Adds a line to the audit log.
    async fn audit(&self, entry: AuditEntry) -> StoreResult<()>;

    /// Lines about one thing, oldest first.
    async fn audit_of(&self, subject_id: Uuid, page: Page) -> StoreResult<Vec<AuditEntry>>;

    /// Whether the database answers and can be written.
    async fn check(&self) -> StoreResult<()>;

    /// Ends all connections; WAL is folded into the database.
    async fn close(&self);
}
