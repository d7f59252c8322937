//! A lesson's attendance: everybody who was invited, and what the export says of them.

use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_store::{
    BeatBody, BeatCause, BeatMode, BeatRow, BeatSource, BeatState, LeaseDevice, LeasePurpose, LeaseRow,
    LessonPhase, MediaReport, PhaseChange,
};

use crate::harness::{HOUR_MS, Server, Town, good, problem};

const LENGTH_MS: i64 = 45 * 60_000;

/// A lesson that was: the member played ten minutes of it, two others of the branch did not, one of them opened the page.
async fn past(server: &Server, town: &Town) -> Uuid {
    let store = &server.app.store;
    let opened = server.somebody(town).await;
    server.somebody(town).await;
    let lesson_id = server.plan(town).await;
    let starts = server.app.source.now() + HOUR_MS;
    let phase = async |to, at| {
        let change = PhaseChange { lesson_id, to, actor_id: Some(town.lecturer), at };
        store.change_phase(change).await.expect("changed");
    };
    phase(LessonPhase::Live, starts).await;
    phase(LessonPhase::Ended, starts + LENGTH_MS).await;
    let report = MediaReport {
        lesson_id,
        zero_at: Some(starts),
        edge_ms: LENGTH_MS,
        gaps: Vec::new(),
        length_ms: Some(LENGTH_MS),
        replay_ready: false,
    };
    store.store_media("n", server.app.source.id(), 1, &[report], starts + LENGTH_MS).await.expect("kept");
    for (user, minutes) in [(town.member, 10), (opened, 0)] {
        let lease = server.app.source.id();
        let row = LeaseRow {
            id: lease,
            lesson_id,
            user_id: user,
            branch_id: Some(town.branch.id),
            purpose: LeasePurpose::Watch,
            device: LeaseDevice::Phone,
            issued_at: starts,
            expires_at: starts + HOUR_MS,
        };
        store.issue_lease(row).await.expect("issued");
        let beats: Vec<BeatRow> = (0..minutes * 4)
            .map(|step| BeatRow {
                lease_id: lease,
                received_at: starts + (step + 1) * 15_000,
                body: BeatBody {
                    seq: step + 1,
                    state: BeatState::Playing,
                    cause: BeatCause::Tick,
                    source: BeatSource::Live,
                    mode: BeatMode::Audio,
                    from_ms: step * 15_000,
                    to_ms: (step + 1) * 15_000,
                    rate_milli: 1_000,
                    visible: false,
                    gesture: false,
                    client_ms: step,
                },
            })
            .collect();
        store.append_beats(server.app.run_id, starts, &beats).await.expect("kept");
    }
    server.clock.advance(HOUR_MS + LENGTH_MS + 60_000);
    lesson_id
}

async fn page(server: &Server, user: Uuid, lesson: Uuid, query: &str) -> Value {
    good(server.get(Some(user), &format!("/api/console/lessons/{lesson}/attendance{query}")).await).await
}

#[tokio::test]
async fn who_did_not_come_is_on_the_list_and_can_be_looked_for() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = past(&server, &town).await;
    let all = page(&server, town.organizer, lesson, "").await;
    let counts = |page: &Value| {
        ["total", "invited", "attended", "absent"].map(|name| page[name].as_i64().expect("a number"))
    };
    assert_eq!(counts(&all), [3, 3, 1, 2]);
    let came = page(&server, town.organizer, lesson, "?part=attended").await;
    assert_eq!(counts(&came), [1, 3, 1, 2]);
    assert_eq!((&came["rows"][0]["name"], &came["rows"][0]["counted_ms"]), (&json!("学员"), &json!(600_000)));
    let absent = page(&server, town.organizer, lesson, "?part=absent").await;
    assert_eq!(counts(&absent), [2, 3, 1, 2]);
    let row = &absent["rows"][0];
    let told = (&row["attended"], &row["reason"], &row["hours_milli"], &row["first_in_at"]);
    assert_eq!(told, (&json!(false), &json!("absent"), &json!(0), &Value::Null));
    assert_eq!(page(&server, town.organizer, lesson, "?part=absent&q=学员").await["total"], 0);
    assert_eq!(page(&server, town.organizer, lesson, "?q=0005").await["rows"][0]["name"], "学员");
    assert_eq!(page(&server, town.organizer, lesson, "?page=2").await["rows"], json!([]));
    // Evidence of who only opened it is none to look at; the organizer of another part sees nobody.
    let wrong =
        server.get(Some(town.organizer), &format!("/api/console/lessons/{lesson}/attendance?part=x")).await;
    assert_eq!(problem(wrong).await, (StatusCode::BAD_REQUEST, "query_unexpected".to_owned()));
    assert_eq!(page(&server, town.chief, lesson, "").await["invited"], 3);
}

#[tokio::test]
async fn ones_evidence_says_who_was_invited_and_who_only_opened_it() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = past(&server, &town).await;
    let opens = async |user, branch_id| {
        let row = LeaseRow {
            id: server.app.source.id(),
            lesson_id: lesson,
            user_id: user,
            branch_id,
            purpose: LeasePurpose::Watch,
            device: LeaseDevice::Phone,
            issued_at: server.app.source.now(),
            expires_at: server.app.source.now() + HOUR_MS,
        };
        server.app.store.issue_lease(row).await.expect("issued");
    };
    let opened = server.somebody(&town).await;
    opens(opened, Some(town.branch.id)).await;
    // A guest: the lecturer has no branch.
    opens(town.lecturer, None).await;
    for (user, invited, attended) in
        [(town.member, true, true), (opened, true, false), (town.lecturer, false, false)]
    {
        let row = page(&server, town.organizer, lesson, &format!("/{user}")).await["row"].clone();
        assert_eq!((&row["invited"], &row["attended"]), (&json!(invited), &json!(attended)), "{row}");
    }
}

#[tokio::test]
async fn the_export_has_everybody_and_its_totals_are_those_of_the_page() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = past(&server, &town).await;
    let path = format!("/api/console/lessons/{lesson}/export?format=csv");
    let answer = server.get(Some(town.organizer), &path).await;
    let text = answer.text().await.expect("a file");
    let lines: Vec<&str> = text.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert_eq!(lines.iter().filter(|line| line.contains("\"未参加\"")).count(), 2, "{text}");
    assert!(lines[4].starts_with("\"合计\"") && lines[4].contains("\"3 人\""), "{text}");
    assert!(lines[4].contains("\"应到 3，其中参加 1，未参加 2\""), "{text}");
}

#[tokio::test]
async fn a_lesson_that_was_only_opened_is_in_nobodys_record() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    let lease = json!({ "device": "phone" });
    good(server.post(Some(town.member), &format!("/api/lessons/{lesson}/leases"), &lease).await).await;
    let own = good(server.get(Some(town.member), "/api/me/records").await).await;
    assert_eq!(own["items"], json!([]));
}

#[tokio::test]
async fn a_lesson_without_a_recording_says_so_once_none_can_come_any_more() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = past(&server, &town).await;
    let asked = async || {
        let own = good(server.get(Some(town.member), "/api/me/records").await).await;
        let detail = good(server.get(Some(town.member), &format!("/api/lessons/{lesson}")).await).await;
        (own["items"][0]["replay"].clone(), detail["replay"].clone())
    };
    assert_eq!(asked().await, (json!("coming"), json!("coming")));
    server.clock.advance(10 * 60_000);
    assert_eq!(asked().await, (json!("none"), json!("none")));
}
