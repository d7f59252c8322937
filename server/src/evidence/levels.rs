//! How much credit each of a lesson's people has, to look for those who have none, half or all of it. Credit is computed from
//! the evidence, of 21,000 people for many seconds: the levels are kept for ten times as long as that took, so that asking
//! again and again costs a tenth of a processor at most. They only choose rows; what a row says is computed when it is shown.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use uuid::Uuid;
use yunke_store::{StoreResult, UtcMillis};

use super::Records;
use crate::{attendance::CreditLevel, core::Core};

/// Lessons, each for one part of the tree, whose levels are kept: of 21,000 people that is half a megabyte. When it is full all
/// are forgotten, and computed again when asked for.
const KEPT: usize = 16;

/// For how many times as long as it took to compute them levels are good.
const GOOD_FOR: i64 = 10;

/// Members whose evidence is read at once.
const PAGE: usize = 100;

/// Whose levels: of a lesson, inside these paths.
type Key = (Uuid, Vec<String>);

/// What is kept of a key; who holds it computes, and whoever asks meanwhile waits for that.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<Levels>>>>;

/// The level of each member.
#[derive(Debug)]
pub struct Levels {
    /// As of this moment.
    pub at: UtcMillis,
    by_member: HashMap<Uuid, CreditLevel>,
    /// By the clock that measures.
    began: i64,
    done: i64,
}

impl Levels {
    /// Of one member; `None`: not among those it was computed of.
    pub fn of(&self, member: Uuid) -> Option<CreditLevel> {
        self.by_member.get(&member).copied()
    }

    /// How many have this level.
    pub fn count(&self, level: CreditLevel) -> usize {
        self.by_member.values().filter(|&&one| one == level).count()
    }
}

/// Levels of lessons, as they were computed last.
#[derive(Debug, Default)]
pub struct KeptLevels(Mutex<HashMap<Key, Slot>>);

impl KeptLevels {
    /// The levels of `members`, which are those of `lesson` inside `paths`; `None`: the server is stopping.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn of(
        &self,
        core: &Core,
        lesson: Uuid,
        paths: Vec<String>,
        members: Vec<Uuid>,
        records: Records,
    ) -> StoreResult<Option<Arc<Levels>>> {
        let (source, stopping) = (core.source.clone(), core.stopping.clone());
        let mut slot = self.slot((lesson, paths)).lock_owned().await;
        let good = |levels: &&Arc<Levels>| {
            source.uptime() - levels.done < (levels.done - levels.began).saturating_mul(GOOD_FOR)
        };
        if let Some(levels) = slot.as_ref().filter(good) {
            return Ok(Some(levels.clone()));
        }
        // It goes on when whoever asked gave up: the next one finds it done.
        let computing = core.tasks.spawn(async move {
            let (at, began) = (source.now(), source.uptime());
            let computed = tokio::select! {
                () = stopping.cancelled() => return Ok(None),
                computed = compute(members, records) => computed?,
            };
            let levels = Arc::new(Levels { at, by_member: computed, began, done: source.uptime() });
            *slot = Some(levels.clone());
            Ok(Some(levels))
        });
        match computing.await {
            Ok(computed) => computed,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn slot(&self, key: Key) -> Slot {
        let mut kept = self.0.lock().expect("no panic while held");
        if kept.len() >= KEPT && !kept.contains_key(&key) {
            kept.clear();
        }
        kept.entry(key).or_default().clone()
    }
}

async fn compute(members: Vec<Uuid>, mut records: Records) -> StoreResult<HashMap<Uuid, CreditLevel>> {
    let mut by_member = HashMap::with_capacity(members.len());
    for page in members.chunks(PAGE) {
        let page = records.of_all(page).await?;
        by_member.extend(page.iter().map(|record| (record.evidence.user_id, record.credit.level)));
    }
    Ok(by_member)
}
