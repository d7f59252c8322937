//! Rooms over a real database and an injected clock.

mod counting;
mod digests;
mod loading;
mod overload;
mod progress;
mod talking;
mod telling;
mod writing;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use serde_json::{Value, json, value::RawValue};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_store::{
    Item, LeaseDevice, LeasePurpose, LeaseRow, LessonPhase, MediaReport, PhaseChange, RunClock, Store,
    conformance::{NOW, Town, id, planned, town},
};
use yunke_store_sqlite::SqliteStore;

use super::*;
use crate::{
    clock::{Machine, Source, SystemRandom},
    config::Config,
    core::Core,
    evidence::Records,
    media_nodes::MediaNodes,
};

/// The lesson goes on air at this moment.
const ZERO: i64 = NOW + 3_600_000;
const S: i64 = 1_000;

#[derive(Debug)]
struct Hand(AtomicI64);

impl Machine for Hand {
    fn wall(&self) -> i64 {
        self.uptime()
    }

    fn uptime(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn boot(&self) -> Uuid {
        Uuid::nil()
    }
}

/// A server's part around rooms.
struct Stage {
    store: Arc<dyn Store>,
    clock: Arc<Hand>,
    rooms: Rooms,
    core: Core,
    media: MediaNodes,
    town: Town,
    lesson: Uuid,
    _home: TempDir,
}

impl Stage {
    /// With a lesson of 60 min that has been on air since `ZERO`.
    async fn live() -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let store = SqliteStore::open(&home.path().join("yunke.db")).await.expect("opened");
        let store: Arc<dyn Store> = Arc::new(store);
        let clock = Arc::new(Hand(AtomicI64::new(ZERO)));
        let town = town(store.as_ref()).await;
        let lesson = planned(store.as_ref(), &town, 500).await;
        let source = Source::new(clock.clone(), Arc::new(SystemRandom));
        let core = Core::new(store.clone(), source, Config::default(), id(900));
        let media = MediaNodes::new(core.clone(), "a secret of a test".to_owned());
        store.begin_run(id(900), ZERO, RunClock::default()).await.expect("begun");
        let rooms = Rooms::new(core.clone(), media.clone());
        let stage = Self { store, clock, rooms, core, media, town, lesson, _home: home };
        stage.go_live(lesson).await;
        stage
    }

    async fn go_live(&self, lesson_id: Uuid) {
        let change = PhaseChange { lesson_id, to: LessonPhase::Live, actor_id: None, at: ZERO };
        self.store.change_phase(change).await.expect("live");
        self.media(lesson_id, 1, vec![]).await;
    }

    /// What the media node tells of a lesson.
    async fn media(&self, lesson_id: Uuid, version: i64, gaps: Vec<yunke_domain::Interval>) {
        let report = MediaReport {
            lesson_id,
            zero_at: Some(ZERO),
            edge_ms: 0,
            gaps,
            length_ms: None,
            replay_ready: false,
        };
        let node = format!("node of {lesson_id}");
        self.store.store_media(&node, id(1), version, &[report], ZERO).await.expect("stored");
        self.core.lesson_changed(lesson_id);
    }

    /// It is now so long after the zero of the timeline.
    fn at(&self, ms: i64) {
        self.clock.0.store(ZERO + ms, Ordering::SeqCst);
    }

    async fn lease(&self, number: u128, lesson_id: Uuid, user_id: Uuid) -> LeaseRow {
        let now = self.core.source.now();
        let lease = LeaseRow {
            id: id(number),
            item: Item::lesson(lesson_id),
            user_id,
            branch_id: Some(self.town.branch_a.id),
            purpose: LeasePurpose::Watch,
            device: LeaseDevice::Phone,
            issued_at: now,
            expires_at: now + 86_400_000,
        };
        self.store.issue_lease(lease.clone()).await.expect("issued");
        lease
    }

    /// The server is killed and starts again at once: rooms are gone, the database stays.
    fn restart(&mut self) {
        self.core.stopping.cancel();
        self.core.stopping = CancellationToken::new();
        self.rooms = Rooms::new(self.core.clone(), self.media.clone());
    }

    /// Progress as computed from nothing but the store.
    async fn recomputed(&self, lesson: Uuid, user: Uuid) -> Progress {
        let lesson = self.store.lesson(lesson).await.expect("read").expect("there");
        let mut records =
            Records::new(self.store.clone(), &lesson, self.core.source.now()).await.expect("read");
        records.progress(user).await.expect("computed")
    }

    async fn shown(&self, lesson: Uuid, user: Uuid) -> Progress {
        self.rooms.room(lesson).await.expect("open").progress(user).await.expect("answered")
    }

    async fn send(&self, lease: &LeaseRow, beats: &[Value]) -> Answer {
        self.rooms.hand_in(lease, &raw(beats)).await.expect("kept")
    }
}

fn raw(beats: &[Value]) -> Vec<Box<RawValue>> {
    beats.iter().map(|beat| RawValue::from_string(beat.to_string()).expect("JSON")).collect()
}

fn beat(seq: i64, from_ms: i64, to_ms: i64) -> Value {
    json!({
        "seq": seq, "state": "playing", "cause": "tick", "source": "live", "mode": "video", "from_ms": from_ms,
        "to_ms": to_ms, "rate_milli": 1_000, "visible": true, "client_ms": seq, "gesture": seq == 1,
    })
}

fn with(mut beat: Value, field: &str, value: Value) -> Value {
    beat[field] = value;
    beat
}
