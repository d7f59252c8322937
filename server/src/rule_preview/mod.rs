//! What a credit rule would change of lessons that were held: their evidence is judged anew by the draft, beside what it is worth now.
//! It must never write anything, and it is nobody's but of whoever asked for it.
//!
//! One preview is worked on at a time, off the async workers like every judgement, so that members wait for two judgements at most.
//! A preview ends with its lessons, when it is cancelled, or at one of the limits below; what it found until then stays to be read for
//! half an hour.

mod compare;
mod work;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_store::{LessonSummary, Rule};

pub use self::compare::{Change, ChangeCounts, LessonResult, Shift, Worth};
use crate::core::Core;

/// Lessons a preview judges at most.
pub const LESSONS_MAX: usize = 200;

/// Members of all its lessons together: whoever came to two is counted twice. A change is some 200 bytes, so that a preview takes
/// 10 MB at most.
pub const MEMBERS_MAX: usize = 50_000;

/// How long it works, by the clock that measures.
const WORK_MS: i64 = 10 * 60_000;

/// How long it is kept after it was begun.
const KEPT_MS: i64 = 30 * 60_000;

/// Previews that are kept, one for each who asked. When they are so many, and none of them is over, whoever asks for one more is told to try
/// again.
const KEPT: usize = 8;

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
    owner: Uuid,
    began: i64,
    cancel: CancellationToken,
    found: Mutex<Found>,
}

impl Preview {
    /// Reads what was found so far.
    pub fn read<T>(&self, read: impl FnOnce(&Found) -> T) -> T {
        read(&self.found.lock().expect("no panic while held"))
    }

    fn write(&self, write: impl FnOnce(&mut Found)) {
        write(&mut self.found.lock().expect("no panic while held"));
    }

    fn is_over(&self) -> bool {
        self.read(|found| found.state.is_over())
    }
}

/// All previews there are, by whose they are.
#[derive(Debug, Default)]
pub struct Previews(Mutex<BTreeMap<Uuid, Arc<Preview>>>);

impl Previews {
    /// Begins one for `owner`, and cancels the one they had. `None`: there are too many.
    pub fn begin(&self, core: &Core, owner: Uuid, asked: Asked) -> Option<Arc<Preview>> {
        let began = core.source.uptime();
        let preview = Arc::new(Preview {
            id: core.source.id(),
            asked,
            owner,
            began,
            cancel: CancellationToken::new(),
            found: Mutex::new(Found { state: State::Waiting, lessons: Vec::new(), members_done: 0 }),
        });
        let mut all = self.0.lock().expect("no panic while held");
        if let Some(own) = all.remove(&owner) {
            own.cancel.cancel();
        }
        all.retain(|_, one| began - one.began < KEPT_MS);
        if all.len() >= KEPT {
            let oldest = all.values().filter(|one| one.is_over()).min_by_key(|one| one.began);
            let oldest = oldest.map(|one| one.owner)?;
            all.remove(&oldest);
        }
        all.insert(owner, preview.clone());
        core.tasks.spawn(work::run(core.clone(), preview.clone()));
        Some(preview)
    }

    /// The preview of `owner` with this id, if it is of the same parts of the tree they organize now.
    pub fn of(&self, core: &Core, owner: Uuid, paths: &[String], id: Uuid) -> Option<Arc<Preview>> {
        let mut all = self.0.lock().expect("no panic while held");
        let now = core.source.uptime();
        all.retain(|_, one| now - one.began < KEPT_MS);
        all.get(&owner).filter(|one| one.id == id && one.asked.paths == paths).cloned()
    }

    /// Cancels and forgets it.
    pub fn forget(&self, preview: &Preview) {
        preview.cancel.cancel();
        let mut all = self.0.lock().expect("no panic while held");
        if all.get(&preview.owner).is_some_and(|one| one.id == preview.id) {
            all.remove(&preview.owner);
        }
    }
}
