//! The program's own records: its runs, and who did what.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Page, StoreResult, UtcMillis};

/// The clock of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunClock {
    /// Names the start of the machine, where that is known.
    pub boot: Option<Uuid>,
    /// UTC of the machine's start.
    pub anchor: UtcMillis,
}

/// The clock of a run was put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockChange {
    /// The moment as the clock said before.
    pub from: UtcMillis,
    /// The same moment as it says now.
    pub to: UtcMillis,
    /// The clock as it is now.
    pub clock: RunClock,
}

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
    /// Its clock; none: from before this was kept.
    pub clock: Option<RunClock>,
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

/// Which lines of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// From this moment …
    pub from: UtcMillis,
    /// … until before this one.
    pub until: UtcMillis,
    /// Only what this person did.
    pub actor_id: Option<Uuid>,
    /// Only actions that begin so, such as `person.`.
    pub action: Option<String>,
    /// Only what was done to this.
    pub subject_id: Option<Uuid>,
}

/// A line of the audit log with the names of today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// The line.
    pub entry: AuditEntry,
    /// Who did it.
    pub actor_name: Option<String>,
    /// To whom or what: a person, lesson, unit, series or episode that there is still.
    pub subject_name: Option<String>,
}

/// Use cases of operation.
#[async_trait]
pub trait OperationStore: Send + Sync {
    /// Lines of the audit log, the newest first.
    async fn audit_lines(&self, filter: &AuditFilter, page: Page) -> StoreResult<Vec<AuditLine>>;

    /// Opens the record of this run.
    async fn begin_run(&self, id: Uuid, at: UtcMillis, clock: RunClock) -> StoreResult<()>;

    /// The latest run there is a record of.
    async fn last_run(&self) -> StoreResult<Option<ServerRun>>;

    /// The run goes on with another clock, and sessions last as long as they would have.
    async fn change_clock(&self, id: Uuid, change: ClockChange) -> StoreResult<()>;

    /// A sign of life.
    async fn keep_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()>;

    /// Nothing could be stored in `[from, to)` though the run went on: the run is there twice, until `from` and since `to`, by one clock.
    async fn note_outage(&self, id: Uuid, from: UtcMillis, to: UtcMillis, clock: RunClock)
    -> StoreResult<()>;

    /// A clean end.
    async fn end_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()>;

    /// Runs that overlap `[from, until)`, in the order they were; one whose clock was put right is in it once for each clock.
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
