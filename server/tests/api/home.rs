//! The first page of a member who has followed many lessons.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;
use yunke_store::{
    BeatBody, BeatCause, BeatMode, BeatRow, BeatSource, BeatState, Interval, Item, LeaseDelivery,
    LeaseDevice, LeasePurpose, LeaseRow, LessonPhase, MediaReport, PhaseChange,
};

use crate::harness::{HOUR_MS, NOW, Server, Town, good};

const MINUTE_MS: i64 = 60_000;

/// A lesson of 45 minutes that is over.
async fn given(server: &Server, town: &Town, zero: i64) -> Uuid {
    let id = server.plan(town).await;
    for (to, at) in [(LessonPhase::Live, zero), (LessonPhase::Ended, zero + 45 * MINUTE_MS)] {
        let change = PhaseChange { lesson_id: id, to, actor_id: None, at };
        server.app.store.change_phase(change).await.expect("changed");
    }
    let report = MediaReport {
        lesson_id: id,
        zero_at: Some(zero),
        edge_ms: 45 * MINUTE_MS,
        gaps: Vec::new(),
        length_ms: Some(45 * MINUTE_MS),
        replay_ready: true,
    };
    tell(server, report).await;
    id
}

async fn tell(server: &Server, report: MediaReport) {
    let boot = server.app.source.id();
    server.app.store.store_media(&boot.to_string(), boot, 1, &[report], NOW).await.expect("told");
}

/// The member opens the lesson at `at` and watches `[0, minutes)` of it from then on.
async fn watch(server: &Server, town: &Town, lesson_id: Uuid, at: i64, minutes: i64) -> Uuid {
    let lease = LeaseRow {
        id: server.app.source.id(),
        item: Item::lesson(lesson_id),
        user_id: town.member,
        branch_id: Some(town.branch.id),
        purpose: LeasePurpose::Watch,
        device: LeaseDevice::Phone,
        issued_at: at,
        expires_at: at + 12 * HOUR_MS,
    };
    let lease_id = lease.id;
    server.app.store.issue_lease(lease).await.expect("issued");
    let beats: Vec<BeatRow> = (0..minutes * 4)
        .map(|n| BeatRow {
            lease_id,
            received_at: at + (n + 1) * 15_000,
            body: BeatBody {
                seq: n + 1,
                state: BeatState::Playing,
                cause: BeatCause::Tick,
                source: BeatSource::Live,
                mode: BeatMode::Video,
                from_ms: n * 15_000,
                to_ms: (n + 1) * 15_000,
                rate_milli: 1_000,
                visible: true,
                gesture: false,
                client_ms: n,
            },
        })
        .collect();
    server.app.store.append_beats(server.app.run_id, NOW, &beats).await.expect("kept");
    lease_id
}

async fn home(server: &Server, cookie: &str) -> (Value, Duration) {
    let call = server.call(reqwest::Method::GET, "/api/home").header(reqwest::header::COOKIE, cookie);
    let began = Instant::now();
    let body = good(call.send().await.expect("answered")).await;
    (body, began.elapsed())
}

#[tokio::test]
async fn a_year_of_lessons_is_judged_once() {
    let server = Server::empty().await;
    let town = server.town().await;
    for n in 0..60 {
        let zero = NOW - (n + 1) * 3 * HOUR_MS;
        let id = given(&server, &town, zero).await;
        watch(&server, &town, id, zero, 45).await;
    }
    let cookie = server.session(town.member).await;
    let (first, cold) = home(&server, &cookie).await;
    assert_eq!(first["progress"]["earned_hours_milli"], 60_000);
    let mut warm = Vec::new();
    for _ in 0..9 {
        let (again, took) = home(&server, &cookie).await;
        assert_eq!(again["progress"], first["progress"]);
        assert_eq!(again["replays"], first["replays"]);
        warm.push(took);
    }
    warm.sort_unstable();
    println!("60 lessons, 10800 beats: first {cold:?}, then {:?} (median of 9)", warm[4]);
}

#[tokio::test]
async fn what_is_shown_is_never_older_than_the_evidence() {
    let server = Server::empty().await;
    let town = server.town().await;
    let zero = NOW - 24 * HOUR_MS;
    let id = given(&server, &town, zero).await;
    let cookie = server.session(town.member).await;
    // What the page says of the lesson and of the year, and what a recomputation says.
    let shown = async |why: &str| {
        let (home, _) = home(&server, &cookie).await;
        let own = good(server.get(Some(town.member), "/api/me/records").await).await;
        let all = own["items"].as_array().expect("a list").clone();
        let hours: i64 = all.iter().filter_map(|one| one["progress"]["hours_milli"].as_i64()).sum();
        assert_eq!(home["progress"]["earned_hours_milli"], hours, "{why}");
        for card in home["replays"].as_array().expect("a list") {
            let record = all.iter().find(|one| one["lesson_id"] == card["id"]);
            let progress = record.map_or(Value::Null, |one| one["progress"].clone());
            assert_eq!(card["my_progress"], progress, "{why}");
        }
        let cards = home["replays"].as_array().expect("a list");
        // Two lessons of the same time have no order.
        let card = cards.iter().find(|card| card["id"] == json!(id)).expect("the lesson has a replay");
        card["my_progress"]["counted_ms"].as_i64()
    };
    assert_eq!(shown("nothing was opened").await, None);
    let lease = watch(&server, &town, id, zero, 30).await;
    assert_eq!(shown("half an hour").await, Some(30 * MINUTE_MS));
    assert_eq!(shown("the same").await, Some(30 * MINUTE_MS));
    watch(&server, &town, id, zero + HOUR_MS, 45).await;
    assert_eq!(shown("the rest later").await, Some(45 * MINUTE_MS));
    // Another lesson, opened later, claims a part of the same time.
    let rival = given(&server, &town, zero).await;
    watch(&server, &town, rival, zero + HOUR_MS + 20 * MINUTE_MS, 15).await;
    assert_eq!(shown("a rival").await, Some(40 * MINUTE_MS));
    let gaps = vec![Interval { from: 0, to: MINUTE_MS }];
    let known = MediaReport {
        lesson_id: id,
        zero_at: Some(zero),
        edge_ms: 0,
        gaps,
        length_ms: None,
        replay_ready: true,
    };
    tell(&server, known).await;
    shown("an interruption became known").await;
    let stretches = vec![Interval { from: 0, to: 1_000 }];
    let delivery = LeaseDelivery { item_id: id, lease_id: lease, stretches, behind_edge: false };
    server.app.store.keep_deliveries(&[delivery], &[]).await.expect("kept");
    shown("a delivery").await;
    let live = good(server.get(Some(town.member), &format!("/api/lessons/{id}")).await).await;
    assert_ne!(live["my_progress"], json!(null));
}
