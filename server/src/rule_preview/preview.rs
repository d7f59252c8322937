//! A preview: what was asked for, and what was found so far.

use std::sync::Mutex;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_store::{LessonSummary, Rule};

use super::compare::LessonResult;

/// Members of all its lessons together: whoever came to two is counted twice. A change is some 200 bytes, so that a preview takes
/// 10 MB at most.
pub const MEMBERS_MAX: usize = 50_000;

/// How long it works, by the clock that measures.
pub(super) const WORK_MS: i64 = 10 * 60_000;

/// How far a preview is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RulePreviewState)]
pub enum State {
    /// Others are before it.
    Waiting,
    /// It is being worked on.
    Running,
    /// All its lessons were judged.
    Done,
    /// It took too long; the lessons until then were judged.
    OutOfTime,
    /// Too many members came; the lessons until then were judged.
    TooMany,
    /// It was cancelled.
    Cancelled,
    /// The database failed.
    Failed,
}

impl State {
    /// Nothing of it changes any more.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// What was found so far.
#[derive(Debug, Clone)]
pub struct Found {
    /// How far it is.
    pub state: State,
    /// The lessons that were judged, each whole, in the order they were asked for.
    pub lessons: Vec<LessonResult>,
    /// Members of the lesson that is being judged whose evidence was.
    pub members_done: usize,
}

/// What is to be judged.
#[derive(Debug)]
pub struct Asked {
    /// By this rule.
    pub draft: Rule,
    /// These lessons.
    pub lessons: Vec<LessonSummary>,
    /// There are more of them than are judged.
    pub more: bool,
    /// Members of these parts of the tree.
    pub paths: Vec<String>,
}

/// A preview.
#[derive(Debug)]
pub struct Preview {
    /// Its id.
    pub id: Uuid,
    /// What is to be judged.
    pub asked: Asked,
    pub(super) owner: Uuid,
    pub(super) began: i64,
    pub(super) cancel: CancellationToken,
    pub(super) found: Mutex<Found>,
}

impl Preview {
    /// Reads what was found so far.
    pub fn read<T>(&self, read: impl FnOnce(&Found) -> T) -> T {
        read(&self.found.lock().expect("no panic while held"))
    }

    pub(super) fn write(&self, write: impl FnOnce(&mut Found)) {
        write(&mut self.found.lock().expect("no panic while held"));
    }

    pub(super) fn is_over(&self) -> bool {
        self.read(|found| found.state.is_over())
    }
}
