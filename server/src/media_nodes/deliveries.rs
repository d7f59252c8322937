//! What nodes delivered, kept: off the way of the snapshots, now and then. A snapshot tells all of the last minute, so one
//! that is passed over, or could not be written, is in the next. It must never hold a snapshot up.

use std::{collections::HashMap, sync::Mutex};

use tokio::sync::Notify;
use uuid::Uuid;
use yunke_protocol::{Delivery, Phase, Snapshot};
use yunke_store::{DELIVERY_MEMORY_MS, Heard, Interval, LeaseDelivery, Store, StoreResult, UtcMillis};

use crate::{core::Core, problem::source_chain};

/// Time between two writes: a small part of what a snapshot tells of.
const WRITE_EVERY_MS: i64 = 10_000;

/// Leases of one transaction: between two of them beats are committed.
const LEASES_A_WRITE: usize = 256;

/// What waits to be written.
#[derive(Debug, Default)]
struct News {
    /// When the snapshot came.
    at: UtcMillis,
    delivered: Vec<LeaseDelivery>,
    heard: Vec<Heard>,
}

/// Where snapshots leave what was delivered. One waits at most: a newer one takes its place.
#[derive(Debug, Default)]
pub(super) struct DeliveryDesk {
    state: Mutex<Desk>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Desk {
    waiting: Option<News>,
    written_at: Option<UtcMillis>,
    /// When the last one was written that is in the store now.
    kept_at: Option<UtcMillis>,
    /// Since when the lessons of the last snapshots have been heard of without a break, as many as a node has, and (none) replays.
    heard: HashMap<Option<Uuid>, Heard>,
}

impl DeliveryDesk {
    /// Looks at a snapshot, and leaves it to be written if that is due.
    pub(super) fn offer(&self, snapshot: &Snapshot, now: UtcMillis) {
        let mut desk = self.state.lock().expect("no panic while held");
        let running: Vec<_> = snapshot
            .lessons
            .iter()
            .filter(|lesson| lesson.phase != Phase::Rehearsal && lesson.zero_at.is_some())
            .collect();
        let told =
            running.iter().map(|lesson| Some(lesson.lesson)).chain(snapshot.replays.iter().map(|_| None));
        // What could not be written for longer than nodes remember is lost: nothing is known of that time, and nobody loses by it.
        let holed = desk.kept_at.is_some_and(|at| now - at > DELIVERY_MEMORY_MS);
        desk.heard = told
            .map(|of| {
                let fresh = Heard { lesson_id: of, boot: snapshot.boot, from_at: now, to_at: now };
                let goes_on = |old: &&Heard| {
                    !holed
                        && old.boot == snapshot.boot
                        && (0..=DELIVERY_MEMORY_MS).contains(&(now - old.to_at))
                };
                let before = desk.heard.get(&of).filter(goes_on);
                (of, before.map_or(fresh, |old| Heard { to_at: now, ..*old }))
            })
            .collect();
        if desk.heard.is_empty()
            || desk.written_at.is_some_and(|at| (0..WRITE_EVERY_MS).contains(&(now - at)))
        {
            return;
        }
        let live = running.iter().map(|lesson| (lesson.lesson, &lesson.deliveries));
        let replays = snapshot.replays.iter().flatten().map(|replay| (replay.lesson, &replay.deliveries));
        let delivered = live
            .chain(replays)
            .flat_map(|(item_id, deliveries)| deliveries.iter().map(move |delivery| kept(item_id, delivery)));
        let delivered = delivered.collect();
        desk.waiting = Some(News { at: now, delivered, heard: desk.heard.values().copied().collect() });
        self.news.notify_one();
    }

    /// Writes what snapshots leave until the server stops.
    pub(super) async fn keep(&self, core: &Core) {
        loop {
            tokio::select! {
                () = core.stopping.cancelled() => return,
                () = self.news.notified() => {}
            }
            let Some(news) = self.take(core.source.now()) else { continue };
            let at = news.at;
            match write(core.store.as_ref(), &news).await {
                Ok(()) => self.kept(at),
                Err(error) => {
                    tracing::error!(
                        error = source_chain(&error),
                        "deliveries not kept; the next snapshot has them again"
                    );
                    self.failed();
                }
            }
        }
    }

    fn take(&self, now: UtcMillis) -> Option<News> {
        let mut desk = self.state.lock().expect("no panic while held");
        let news = desk.waiting.take()?;
        desk.written_at = Some(now);
        Some(news)
    }

    /// The snapshot of then is in the store.
    fn kept(&self, at: UtcMillis) {
        self.state.lock().expect("no panic while held").kept_at = Some(at);
    }

    /// The next snapshot is written at once.
    fn failed(&self) {
        self.state.lock().expect("no panic while held").written_at = None;
    }
}

fn kept(item_id: Uuid, delivery: &Delivery) -> LeaseDelivery {
    let stretches = delivery.intervals.iter().map(|&(from_ms, to_ms)| Interval { from: from_ms, to: to_ms });
    LeaseDelivery {
        item_id,
        lease_id: delivery.lease,
        stretches: stretches.collect(),
        behind_edge: delivery.behind_edge,
    }
}

async fn write(store: &dyn Store, news: &News) -> StoreResult<()> {
    let began = tokio::time::Instant::now();
    for some in news.delivered.chunks(LEASES_A_WRITE) {
        store.keep_deliveries(some, &[]).await?;
    }
    // Last: once a node counts as heard of, all it told by then is there.
    store.keep_deliveries(&[], &news.heard).await?;
    metrics::histogram!("yunke_deliveries_write_seconds").record(began.elapsed());
    Ok(())
}

#[cfg(test)]
mod tests {
    use yunke_protocol::{LessonSnapshot, ReplayDeliveries};

    use super::*;

    const LESSON: Uuid = Uuid::from_u128(7);

    fn snapshot(boot: u128, phase: Phase) -> Snapshot {
        let lesson = LessonSnapshot {
            lesson: LESSON,
            phase,
            publisher: None,
            zero_at: Some(0),
            edge_ms: None,
            gaps: Vec::new(),
            outage_since: None,
            replay_ready: false,
            refused: None,
            tracks: None,
            waiting_for: None,
            deliveries: vec![Delivery {
                lease: Uuid::from_u128(1),
                intervals: vec![(0, 2_000)],
                behind_edge: false,
            }],
        };
        Snapshot {
            node: "local".to_owned(),
            boot: Uuid::from_u128(boot),
            version: 1,
            taken_at: 0,
            orders_version: 0,
            program_version: String::new(),
            lessons: vec![lesson],
            replays: None,
        }
    }

    #[test]
    fn a_snapshot_is_written_now_and_then_and_again_after_a_failure() {
        let desk = DeliveryDesk::default();
        desk.offer(&snapshot(1, Phase::Rehearsal), 0);
        assert!(desk.take(0).is_none(), "a rehearsal has no timeline");
        desk.offer(&snapshot(1, Phase::Live), 1_000);
        let news = desk.take(1_000).expect("the first is due");
        assert_eq!((news.delivered.len(), news.heard.len()), (1, 1));
        desk.offer(&snapshot(1, Phase::Live), 3_000);
        assert!(desk.take(3_000).is_none());
        desk.failed();
        desk.offer(&snapshot(1, Phase::Live), 5_000);
        assert!(desk.take(5_000).is_some());
        desk.offer(&snapshot(1, Phase::Live), 15_000);
        let heard = desk.take(15_000).expect("due").heard;
        assert_eq!((heard[0].from_at, heard[0].to_at), (1_000, 15_000));
    }

    #[test]
    fn a_node_that_tells_of_replays_is_heard_of_for_all_of_them() {
        let desk = DeliveryDesk::default();
        let mut idle = snapshot(1, Phase::Live);
        idle.lessons.clear();
        desk.offer(&idle, 0);
        assert!(desk.take(0).is_none(), "a node that does not say");
        let lease = Delivery { lease: Uuid::from_u128(2), intervals: vec![(5, 9)], behind_edge: false };
        let replay = ReplayDeliveries { lesson: Uuid::from_u128(8), deliveries: vec![lease] };
        idle.replays = Some(vec![replay]);
        desk.offer(&idle, 1_000);
        let news = desk.take(1_000).expect("due");
        assert_eq!((news.heard[0].lesson_id, news.heard[0].from_at), (None, 1_000));
        assert_eq!((news.delivered[0].item_id, news.delivered.len()), (Uuid::from_u128(8), 1));
    }

    #[test]
    fn a_restarted_node_and_a_long_silence_are_breaks() {
        let desk = DeliveryDesk::default();
        let since = |boot, now| {
            desk.offer(&snapshot(boot, Phase::Live), now);
            desk.take(now).expect("due").heard[0].from_at
        };
        assert_eq!(since(1, 0), 0);
        assert_eq!(since(1, DELIVERY_MEMORY_MS), 0);
        assert_eq!(since(1, 1 + 2 * DELIVERY_MEMORY_MS), 1 + 2 * DELIVERY_MEMORY_MS);
        assert_eq!(since(2, 110_000), 110_000);
    }
}
