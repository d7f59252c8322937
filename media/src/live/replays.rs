//! What was fetched of replays lately, whatever else the node has to do with their lessons: the server drops a lesson once its
//! replay stands, and its replay is served for years.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;
use yunke_protocol::{ReplayDeliveries, UtcMillis};

use super::delivery::Deliveries;

/// Replays fetched within a minute. When full, what is fetched of further ones goes uncounted, with a line in the log.
const REPLAYS: usize = 16_384;

/// Deliveries of replays, with where the timeline of each lesson begins.
#[derive(Default)]
pub(super) struct Fetched(Mutex<HashMap<Uuid, (UtcMillis, Arc<Deliveries>)>>);

impl Fetched {
    /// The deliveries of a replay.
    pub(super) fn of(&self, lesson: Uuid, zero_at: UtcMillis) -> Option<Arc<Deliveries>> {
        let mut replays = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if replays.len() >= REPLAYS && !replays.contains_key(&lesson) {
            tracing::warn!(%lesson, "too many replays at a time: what is fetched of this one is not counted");
            return None;
        }
        let (_, deliveries) = replays.entry(lesson).or_insert_with(|| (zero_at, Arc::default()));
        Some(Arc::clone(deliveries))
    }

    /// What went out in the last minute; forgets replays of which nothing did.
    pub(super) fn report(&self, now: UtcMillis) -> Vec<ReplayDeliveries> {
        let mut replays = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut report = Vec::new();
        replays.retain(|lesson, (zero_at, deliveries)| {
            let told = deliveries.report(*zero_at, now);
            // Somebody who holds it may be about to count.
            let kept = !told.is_empty() || Arc::strong_count(deliveries) > 1;
            if !told.is_empty() {
                report.push(ReplayDeliveries { lesson: *lesson, deliveries: told });
            }
            kept
        });
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_is_told_of_for_a_minute_on_its_own_timeline() {
        let (fetched, lesson, lease) = (Fetched::default(), Uuid::from_u128(7), Uuid::from_u128(1));
        assert!(fetched.report(0).is_empty());
        let of = |zero_at| fetched.of(lesson, zero_at).expect("room");
        of(100_000).record(lease, (104_000, 108_000), 900_000);
        of(100_000).behind_edge(Uuid::from_u128(2), 900_000);
        let told = fetched.report(930_000).remove(0);
        assert_eq!((told.lesson, told.deliveries.len()), (lesson, 2));
        let mine = told.deliveries.iter().find(|one| one.lease == lease).expect("told");
        assert_eq!((mine.intervals.as_slice(), mine.behind_edge), (&[(4_000, 8_000)][..], false));
        assert!(fetched.report(961_000).is_empty());
        assert!(fetched.0.lock().expect("not poisoned").is_empty(), "and forgotten");
    }
}
