//! Files that organizers ask for: the jobs that make them. What is in a file is no business of the store.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::text_enum;

use crate::{Page, StoreResult, UtcMillis};

/// Jobs of one person that may wait or be made at a time.
pub const EXPORTS_WAITING: i64 = 5;

text_enum! {
    /// What an export is.
    ExportKind {
        /// 个人明细: a row per member and lesson.
        Detail = "detail",
        /// 区间明细: the intervals behind it.
        Intervals = "intervals",
        /// 课程汇总: a row per lesson, and who did not attend.
        Lessons = "lessons",
        /// 支部/站点: a row per branch and per site.
        Branches = "branches",
        /// 年度: a row per month.
        Year = "year",
        /// 调整审计: every correction.
        Corrections = "corrections",
    }
}

text_enum! {
    /// The file formats.
    ExportFormat {
        /// Excel, the default.
        Xlsx = "xlsx",
        /// UTF-8 with BOM, CRLF, every field quoted.
        Csv = "csv",
    }
}

text_enum! {
    /// Where a job is in its life.
    ExportState {
        /// It waits for its turn.
        Queued = "queued",
        /// The file is being made.
        Running = "running",
        /// The file is there.
        Ready = "ready",
        /// It could not be made.
        Failed = "failed",
        /// Its maker wanted it no more.
        Cancelled = "cancelled",
        /// The file was there and is removed.
        Expired = "expired",
    }
}

/// A job to add.
#[derive(Debug, Clone)]
pub struct NewExport {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: ExportKind,
    /// The file's format.
    pub format: ExportFormat,
    /// Of what: JSON of the caller's.
    pub parameters: String,
    /// Who wants it.
    pub user_id: Uuid,
    /// The parts of the tree it is limited to.
    pub paths: Vec<String>,
    /// Now.
    pub at: UtcMillis,
}

/// What became of a job that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportOutcome {
    /// It waits.
    Done,
    /// [`EXPORTS_WAITING`] of the person's are not done yet.
    TooMany,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    /// Its size.
    pub size_bytes: i64,
    /// Rows of the tables in it, without headings and totals.
    pub rows: i64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportJob {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: ExportKind,
    /// The file's format.
    pub format: ExportFormat,
    /// Of what: JSON of the caller's.
    pub parameters: String,
    /// Who wants it.
    pub user_id: Uuid,
    /// The parts of the tree it is limited to.
    pub paths: Vec<String>,
    /// Where it is.
    pub state: ExportState,
    /// Its file, also once that has expired.
    pub file: Option<ExportFile>,
    /// Why it failed: a code.
    pub reason: Option<String>,
    /// When it was asked for.
    pub created_at: UtcMillis,
    /// When it was done, failed or cancelled.
    pub ended_at: Option<UtcMillis>,
    /// Until when the file is there.
    pub expires_at: Option<UtcMillis>,
}

/// How a job ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportEnd {
    /// The file is there, until this moment.
    Ready(ExportFile, UtcMillis),
    /// It could not be made; a code.
    Failed(&'static str),
    /// Its maker wants it no more.
    Cancelled,
}

/// Use cases of exports, by the rules of [`crate::decide::exports`].
#[async_trait]
pub trait ExportStore: Send + Sync {
    /// Adds a job, with its line of the audit log.
    async fn add_export(&self, new: NewExport) -> StoreResult<ExportOutcome>;

    /// One job.
    async fn export_job(&self, id: Uuid) -> StoreResult<Option<ExportJob>>;

    /// Somebody's jobs, the latest first.
    async fn exports_of(&self, user_id: Uuid, page: Page) -> StoreResult<Vec<ExportJob>>;

    /// Begins the job that waits for longest; none waits: `None`.
    async fn begin_export(&self) -> StoreResult<Option<ExportJob>>;

    /// Ends a job that waits or is being made; false: it has ended already, or there is none.
    async fn end_export(&self, id: Uuid, end: ExportEnd, at: UtcMillis) -> StoreResult<bool>;

    /// After a restart: what was being made waits again. What was begun `most_tries` times fails, as `stopped`.
    async fn resume_exports(&self, most_tries: i64, at: UtcMillis) -> StoreResult<()>;

    /// Files whose time is over, and beyond `most_bytes` the oldest ones, are expired. Gives their jobs: their files can be removed.
    async fn expire_exports(&self, at: UtcMillis, most_bytes: i64) -> StoreResult<Vec<Uuid>>;

    /// Jobs whose files are there.
    async fn ready_exports(&self) -> StoreResult<Vec<Uuid>>;

    /// Removes jobs that ended before `before` and have no file any more. The audit log keeps their lines.
    async fn forget_exports(&self, before: UtcMillis) -> StoreResult<()>;
}
