//! The loops that tell the server and follow it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_protocol::{Orders, Snapshot, SteadyClock};

use super::{
    agree::agreed,
    reconcile::{Action, Followed, reconcile},
};
use crate::{lesson::Lessons, server::Server};

/// A snapshot is sent at least so often.
const REPORT_EVERY: Duration = Duration::from_secs(2);
/// And at most so often, however much changes.
const REPORT_PAUSE: Duration = Duration::from_millis(50);
/// Lessons are told of the time so often: an outage is noticed at most so late.
const TICK_EVERY: Duration = Duration::from_millis(200);
/// A supervised node whose server has been away for so long, with nothing on air, ends by itself.
const ORPHAN_MS: i64 = 10 * 60 * 1000;

/// The node's end of the control interface.
pub struct Control {
    node: String,
    boot: Uuid,
    clock: Arc<SteadyClock>,
    lessons: Arc<Lessons>,
    server: Arc<dyn Server>,
    changed: Arc<Notify>,
    version: AtomicU64,
    followed: Mutex<Followed>,
    /// One reconciliation at a time, so that an older one cannot undo a newer one.
    following: tokio::sync::Mutex<()>,
    /// When the server was last heard from, in uptime.
    last_contact: AtomicI64,
}

impl Control {
    /// Of a node with these lessons.
    pub fn new(
        node: &str,
        boot: Uuid,
        clock: Arc<SteadyClock>,
        lessons: Arc<Lessons>,
        server: Arc<dyn Server>,
        changed: Arc<Notify>,
    ) -> Self {
        let last_contact = AtomicI64::new(clock.uptime());
        Self {
            node: node.to_owned(),
            boot,
            clock,
            lessons,
            server,
            changed,
            version: AtomicU64::new(0),
            followed: Mutex::default(),
            following: tokio::sync::Mutex::default(),
            last_contact,
        }
    }

    fn followed(&self) -> MutexGuard<'_, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago the server was heard of.
    fn silence_ms(&self) -> i64 {
        self.clock.uptime() - self.last_contact.load(Ordering::Relaxed)
    }

    fn note_contact(&self) {
        self.last_contact.store(self.clock.uptime(), Ordering::Relaxed);
    }

    /// Goes by the server's clock, unless something is on air: that is measured by the clock as it was.
    fn agree(&self, orders: &Orders, took_ms: Option<i64>) {
        let Some(anchor) = orders.clock.and_then(|theirs| agreed(&theirs, &self.clock, took_ms)) else {
            return;
        };
        let off_ms = anchor - self.clock.anchor();
        if self.lessons.busy() {
            tracing::debug!(off_ms, "the server's clock is another one; followed when nothing is on air");
            return;
        }
        tracing::info!(off_ms, "this node goes by the server's clock");
        self.clock.set_anchor(anchor);
    }

    /// How it is going, for people and monitors.
    pub fn health(&self) -> serde_json::Value {
        let lessons = self.lessons.snapshots();
        let failing = self.lessons.store_failing();
        serde_json::json!({
            // Lessons go on; what is recorded waits in memory.
            "status": if failing { "degraded" } else { "ok" },
            "server_heard_ms_ago": self.silence_ms(),
            "lessons": lessons.len(),
            "publishers": lessons.iter().filter(|lesson| lesson.publisher.is_some()).count(),
            "segments_lost": self.lessons.segments_lost(),
            "store_failing": failing,
        })
    }

    /// All there is, as of now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            node: self.node.clone(),
            boot: self.boot,
            version: self.version.fetch_add(1, Ordering::Relaxed) + 1,
            taken_at: self.clock.now(),
            orders_version: self.followed().version(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            lessons: self.lessons.snapshots(),
            replays: Some(self.lessons.replays()),
        }
    }

    /// Orders the server sent by itself; when this returns they have been followed.
    pub async fn sent(&self, orders: Orders) {
        self.note_contact();
        self.agree(&orders, None);
        if self.followed().sent(orders) {
            self.follow().await;
        }
    }

    async fn follow(&self) {
        let _one_at_a_time = self.following.lock().await;
        let Some(orders) = self.followed().orders().cloned() else { return };
        self.lessons.revoke(&orders.revoked);
        for action in reconcile(&self.lessons.phases(), &orders) {
            match action {
                Action::TakeOn(order) => self.lessons.expect(&order).await,
                Action::Follow(order) => self.lessons.follow(&order),
                Action::Drop(lesson) => self.lessons.forget(lesson),
            }
        }
    }

    /// Reports until cancelled.
    pub async fn report(&self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            let (asked_at, asked) = (self.followed().version(), self.clock.uptime());
            let snapshot = self.snapshot();
            gauges(&snapshot);
            if let Some(orders) = self.server.report(&snapshot).await {
                self.note_contact();
                self.agree(&orders, Some(self.clock.uptime() - asked));
                self.followed().answered(orders, asked_at);
            }
            // Also when nothing is new: what could not be done the last time is tried again.
            self.follow().await;
            sleep(REPORT_PAUSE).await;
            tokio::select! {
                () = shutdown.cancelled() => {}
                _ = timeout(REPORT_EVERY, self.changed.notified()) => {}
            }
        }
    }

    /// Lets time pass in all lessons until cancelled.
    pub async fn tick(&self, shutdown: &CancellationToken) {
        let mut ticks = interval(TICK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
            self.lessons.tick();
        }
    }

    /// Returns when a supervised node has been left alone.
    pub async fn orphaned(&self) {
        loop {
            sleep(REPORT_EVERY * 5).await;
            if self.silence_ms() > ORPHAN_MS && !self.lessons.busy() {
                return;
            }
        }
    }
}

fn gauges(snapshot: &Snapshot) {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let publishers = snapshot.lessons.iter().filter(|lesson| lesson.publisher.is_some()).count();
    let away = snapshot.lessons.iter().filter(|lesson| lesson.outage_since.is_some()).count();
    metrics::gauge!("yunke_media_lessons").set(count(snapshot.lessons.len()));
    metrics::gauge!("yunke_media_publishers").set(count(publishers));
    metrics::gauge!("yunke_media_lessons_in_outage").set(count(away));
}
