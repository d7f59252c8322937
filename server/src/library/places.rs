//! Where members are, between the beats and the store: a player says it every ten seconds or so, and so many writes nobody needs.
//! What waits is written together, and before anybody asks for it. Whoever loses it loses seconds of a place, never evidence.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use uuid::Uuid;
use yunke_store::{Listened, SITTING_GAP_MS, Store, StoreResult};

use crate::{core::Core, problem::source_chain};

/// How often what waits is written.
const WRITE_EVERY: Duration = Duration::from_secs(30);
/// Members whose places are written in one transaction: other writers wait no longer than for so many.
const TOGETHER: usize = 500;
/// Places that may wait. When the store is away for long, newer ones are not kept.
const WAITING: usize = 200_000;

/// Places that wait to be written.
#[derive(Debug, Default)]
pub struct Places {
    held: Mutex<Held>,
    /// Held from the taking of places to the end of their writing.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    waiting: HashMap<Uuid, Vec<Listened>>,
    /// Whose places are being written: neither here nor there.
    under_way: HashSet<Uuid>,
}

impl Places {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what was heard.
    pub fn note(&self, heard: Listened) {
        let waiting = &mut self.held().waiting;
        if waiting.len() >= WAITING && !waiting.contains_key(&heard.user_id) {
            return;
        }
        join(waiting.entry(heard.user_id).or_default(), heard);
    }

    /// Writes what waits of a member: whoever asks next finds it.
    pub async fn settle(&self, store: &dyn Store, user: Uuid) -> StoreResult<()> {
        let is_settled = {
            let held = self.held();
            !held.waiting.contains_key(&user) && !held.under_way.contains(&user)
        };
        if is_settled { Ok(()) } else { self.settle_some(store, &[user]).await }
    }

    /// Writes all that waits.
    pub async fn settle_all(&self, store: &dyn Store) -> StoreResult<()> {
        let users: Vec<Uuid> = self.held().waiting.keys().copied().collect();
        let mut kept = Ok(());
        for some in users.chunks(TOGETHER) {
            kept = kept.and(self.settle_some(store, some).await);
        }
        kept
    }

    async fn settle_some(&self, store: &dyn Store, users: &[Uuid]) -> StoreResult<()> {
        let _turn = self.turn.lock().await;
        let heard: Vec<Listened> = {
            let Held { waiting, under_way } = &mut *self.held();
            under_way.extend(users.iter().filter(|user| waiting.contains_key(user)));
            users.iter().filter_map(|user| waiting.remove(user)).flatten().collect()
        };
        if heard.is_empty() {
            return Ok(());
        }
        let kept = self.write(store, heard).await;
        self.held().under_way.clear();
        kept
    }

    /// What cannot be written waits again.
    async fn write(&self, store: &dyn Store, heard: Vec<Listened>) -> StoreResult<()> {
        let kept = store.keep_places(&heard).await;
        if kept.is_err() {
            let waiting = &mut self.held().waiting;
            for one in heard {
                let of_user = waiting.entry(one.user_id).or_default();
                // It is older than what came meanwhile.
                let newer = std::mem::take(of_user);
                of_user.push(one);
                for one in newer {
                    join(of_user, one);
                }
            }
        }
        kept
    }
}

/// Of one sitting what was heard is added up, and the newer place is the place.
fn join(of_user: &mut Vec<Listened>, new: Listened) {
    let goes_on = |one: &&mut Listened| {
        one.item_id == new.item_id
            && one.device == new.device
            && (0..=SITTING_GAP_MS).contains(&(new.at - one.at))
    };
    match of_user.iter_mut().rev().find(goes_on) {
        Some(one) => {
            *one = Listened {
                heard_ms: one.heard_ms.saturating_add(new.heard_ms),
                finished: one.finished || new.finished,
                began_at: one.began_at,
                ..new
            };
        }
        None => of_user.push(new),
    }
}

/// Writes what waits until the server stops, and once more then.
pub async fn keep_places(core: Core, places: Arc<Places>) {
    let mut ticks = tokio::time::interval(WRITE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let stops = tokio::select! {
            () = core.stopping.cancelled() => true,
            _ = ticks.tick() => false,
        };
        if let Err(error) = places.settle_all(core.store.as_ref()).await {
            tracing::warn!(error = source_chain(&error), "places could not be kept; they are tried again");
        }
        if stops {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use yunke_store::LeaseDevice;

    use super::*;

    fn heard(item: u128, device: LeaseDevice, at: i64, finished: bool) -> Listened {
        Listened {
            user_id: Uuid::from_u128(1),
            item_id: Uuid::from_u128(item),
            device,
            began_at: at,
            at,
            heard_ms: 10_000,
            position_ms: at,
            finished,
        }
    }

    #[test]
    fn what_waits_is_one_place_for_each_sitting() {
        let places = Places::default();
        for step in 0..5 {
            places.note(heard(7, LeaseDevice::Phone, step * 10_000, step == 2));
            places.note(heard(7, LeaseDevice::Desktop, step, false));
        }
        places.note(heard(8, LeaseDevice::Phone, 3, false));
        places.note(heard(8, LeaseDevice::Phone, 3 + SITTING_GAP_MS + 1, false));
        let waiting = &places.held().waiting;
        let mine: Vec<_> = waiting[&Uuid::from_u128(1)]
            .iter()
            .map(|one| (one.heard_ms, one.position_ms, one.finished))
            .collect();
        assert_eq!(
            mine,
            [(50_000, 40_000, true), (50_000, 4, false), (10_000, 3, false), (10_000, 1_800_004, false)]
        );
    }
}
