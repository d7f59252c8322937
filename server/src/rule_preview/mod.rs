//! What a credit rule would change of lessons that were held: their evidence is judged anew by the draft, beside what it is worth now.
//! It must never write anything, and it is nobody's but of whoever asked for it.
//!
//! One preview is worked on at a time, off the async workers like every judgement, so that members wait for two judgements at most.
//! A preview ends with its lessons, when it is cancelled, or at one of the limits below; what it found until then stays to be read for
//! half an hour.

mod compare;
mod preview;
mod work;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::compare::{Change, ChangeCounts, LessonResult, Shift, Worth};
pub use self::preview::{Asked, Found, MEMBERS_MAX, Preview, State};
use crate::core::Core;

/// Lessons a preview judges at most.
pub const LESSONS_MAX: usize = 200;

/// How long it is kept after it was begun.
const KEPT_MS: i64 = 30 * 60_000;

/// Previews that are kept, one for each who asked. When they are so many, and none of them is over, whoever asks for one more is told to try
/// again.
const KEPT: usize = 8;

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
