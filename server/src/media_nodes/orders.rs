//! What nodes are to do: made from the store, versioned, pushed on change.

use std::{collections::BTreeSet, time::Duration};

use uuid::Uuid;
use yunke_protocol::{Gap, LessonOrder, Orders, Phase};
use yunke_store::{LessonPhase, StoreResult, StreamTarget, UtcMillis};

use super::{ControlClient, MediaNodes};
use crate::{core::Core, problem::source_chain};

/// How long before and after its planned start a lesson is in the orders though nobody publishes, and how long after its
/// end its recording is waited for: 30 days. Otherwise what was never held would be in them for ever.
pub const HORIZON_MS: i64 = 30 * 86_400_000;

/// An admitted publisher is in a snapshot by then.
const ADMITTED_MS: i64 = 60_000;

/// Without any change, orders are made anew this often: time itself moves lessons into the horizon.
const REFRESH: Duration = Duration::from_mins(1);

/// So many revoked leases are in the orders, the newest: those of a thousand people who were in a dozen lessons each this day.
const REVOKED: u32 = 10_000;

/// After a push that failed; the node's own snapshots bring it the orders meanwhile.
const RETRY: Duration = Duration::from_secs(2);

/// The order of one lesson; `None`: none of a node's business.
pub fn order_of(target: &StreamTarget) -> Option<LessonOrder> {
    let phase = match target.phase {
        LessonPhase::Planned => Phase::Rehearsal,
        LessonPhase::Live => Phase::Live,
        LessonPhase::Ended => Phase::Ended,
        LessonPhase::Cancelled => return None,
    };
    let gaps = target.gaps.iter().map(|gap| Gap { from_ms: gap.from, to_ms: gap.to }).collect();
    let key_version = u64::try_from(target.key_version).unwrap_or(0);
    Some(LessonOrder { lesson: target.lesson_id, phase, key_version, zero_at: target.zero_at, gaps })
}

impl MediaNodes {
    /// A publisher was let in to this lesson. It may be far from its planned start: from now on it is in the orders.
    pub fn admitted(&self, lesson: Uuid, now: UtcMillis) {
        let mut admitted = self.0.admitted.lock().expect("no panic while held");
        admitted.retain(|_, at| now - *at < ADMITTED_MS);
        admitted.insert(lesson, now);
        drop(admitted);
        self.orders_changed();
    }

    /// Lessons that somebody publishes in, or was let in to just now.
    pub(crate) fn published(&self, now: UtcMillis) -> BTreeSet<Uuid> {
        let admitted = self.0.admitted.lock().expect("no panic while held").clone();
        let just_now =
            admitted.into_iter().filter(|(_, at)| now - at < ADMITTED_MS).map(|(lesson, _)| lesson);
        let view = self.view();
        let seated =
            view.lessons.values().filter(|lesson| lesson.publisher.is_some()).map(|lesson| lesson.lesson);
        just_now.chain(seated).collect()
    }

    /// The orders as of now. The version grows when their content changes, and starts from the clock, so
    /// that a restarted server is never behind its own past.
    pub async fn current_orders(&self) -> StoreResult<Orders> {
        let mut last = self.0.orders.lock().await;
        let Core { store, source, .. } = self.core();
        let now = source.now();
        // Planned times are dates by the wall clock, the end of a lesson is by ours.
        let date = source.wall();
        let (from, until) = (now.min(date) - HORIZON_MS, now.max(date) + HORIZON_MS);
        let mut targets = store.media_targets(from, until).await?;
        for lesson in self.published(now) {
            if targets.iter().all(|target| target.lesson_id != lesson) {
                let target = store.lesson_target(lesson).await?;
                targets.extend(
                    target.filter(|target| matches!(target.phase, LessonPhase::Planned | LessonPhase::Live)),
                );
            }
        }
        let lessons: Vec<LessonOrder> = targets.iter().filter_map(order_of).collect();
        let revoked = store.revoked_leases(now, REVOKED).await?;
        if last.version == 0 || last.lessons != lessons || last.revoked != revoked {
            let floor = u64::try_from(now).unwrap_or(0);
            *last = Orders { version: floor.max(last.version + 1), clock: None, lessons, revoked };
        }
        Ok(Orders { clock: Some(source.server_clock()), ..last.clone() })
    }

    /// Sends orders whenever they may have changed, until the server stops.
    pub async fn push_orders(self) {
        let client = ControlClient::new(self.secret());
        let mut wait = REFRESH;
        loop {
            tokio::select! {
                () = self.core().stopping.cancelled() => return,
                () = self.0.changed.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
            wait = if self.push_once(&client).await { REFRESH } else { RETRY };
        }
    }

    async fn push_once(&self, client: &ControlClient) -> bool {
        let Some(base) = self.control() else { return true };
        let orders = match self.current_orders().await {
            Ok(orders) => orders,
            Err(error) => {
                tracing::error!(error = source_chain(&error), "orders could not be made");
                return false;
            }
        };
        match client.order(&base, &orders).await {
            Ok(snapshot) => {
                self.take_in(snapshot).await;
                true
            }
            Err(error) => {
                tracing::debug!(%error, "orders could not be sent");
                false
            }
        }
    }
}
