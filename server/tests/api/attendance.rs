//! A lesson's attendance: everybody who was invited, and what the export says of them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_store::{
    BeatBody, BeatCause, BeatMode, BeatRow, BeatSource, BeatState, Item, LeaseDevice, LeasePurpose, LeaseRow,
    LessonPhase, MediaReport, Page, PhaseChange,
};

use crate::harness::{HOUR_MS, Server, Town, good, problem};

pub(crate) const LENGTH_MS: i64 = 45 * 60_000;

/// Somebody opens the lesson and plays the first `minutes` of it, live.
async fn plays(
    server: &Server,
    lesson_id: Uuid,
    user: Uuid,
    branch_id: Option<Uuid>,
    starts: i64,
    minutes: i64,
) {
    let steps = vec![15_000; usize::try_from(minutes * 4).expect("few")];
    plays_ms(server, lesson_id, user, branch_id, starts, &steps).await;
}

/// The same in steps of so many milliseconds.
pub(crate) async fn plays_ms(
    server: &Server,
    lesson_id: Uuid,
    user: Uuid,
    branch_id: Option<Uuid>,
    starts: i64,
    steps: &[i64],
) {
    let store = &server.app.store;
    let lease = server.app.source.id();
    let row = LeaseRow {
        id: lease,
        item: Item::lesson(lesson_id),
        user_id: user,
        branch_id,
        purpose: LeasePurpose::Watch,
        device: LeaseDevice::Phone,
        issued_at: starts,
        expires_at: starts + HOUR_MS,
    };
    store.issue_lease(row).await.expect("issued");
    let mut played = 0;
    let beats: Vec<BeatRow> = (1..)
        .zip(steps)
        .map(|(seq, step)| BeatRow {
            lease_id: lease,
            received_at: starts + played + step,
            body: BeatBody {
                seq,
                state: BeatState::Playing,
                cause: BeatCause::Tick,
                source: BeatSource::Live,
                mode: BeatMode::Audio,
                from_ms: played,
                to_ms: {
                    played += step;
                    played
                },
                rate_milli: 1_000,
                visible: false,
                gesture: false,
                client_ms: seq,
            },
        })
        .collect();
    store.append_beats(server.app.run_id, starts, &beats).await.expect("kept");
}

/// A lesson that ended a minute ago, with a replay or without one, and when it began. Who of the branch is given played so many
/// minutes of it.
pub(crate) async fn held(
    server: &Server,
    town: &Town,
    replay_ready: bool,
    who: &[(Uuid, i64)],
) -> (Uuid, i64) {
    let store = &server.app.store;
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
        replay_ready,
    };
    store.store_media("n", server.app.source.id(), 1, &[report], starts + LENGTH_MS).await.expect("kept");
    for (user, minutes) in who {
        plays(server, lesson_id, *user, Some(town.branch.id), starts, *minutes).await;
    }
    server.clock.advance(HOUR_MS + LENGTH_MS + 60_000);
    (lesson_id, starts)
}

/// A lesson that was: the member played ten minutes of it, two others of the branch did not, one of them opened the page.
pub(crate) async fn past(server: &Server, town: &Town) -> Uuid {
    let opened = server.somebody(town).await;
    server.somebody(town).await;
    held(server, town, false, &[(town.member, 10), (opened, 0)]).await.0
}

async fn page(server: &Server, user: Uuid, lesson: Uuid, query: &str) -> Value {
    good(server.get(Some(user), &format!("/api/console/lessons/{lesson}/attendance{query}")).await).await
}

/// total, invited, attended, pending, absent, excused
fn counts(page: &Value) -> [i64; 6] {
    ["total", "invited", "attended", "pending", "absent", "excused"]
        .map(|name| page[name].as_i64().expect("a number"))
}

/// After the end of a lesson of which nothing was recorded.
const NO_REPLAY_MS: i64 = 10 * 60_000;

#[tokio::test]
async fn who_did_not_come_is_on_the_list_and_can_be_looked_for() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = past(&server, &town).await;
    server.clock.advance(NO_REPLAY_MS);
    let all = page(&server, town.organizer, lesson, "").await;
    assert_eq!((counts(&all), &all["rate_bp"]), ([3, 3, 1, 0, 2, 0], &json!(3_333)));
    let came = page(&server, town.organizer, lesson, "?part=attended").await;
    assert_eq!(counts(&came), [1, 3, 1, 0, 2, 0]);
    let row = &came["rows"][0];
    let told = (&row["name"], &row["counted_ms"], &row["standing"]);
    assert_eq!(told, (&json!("学员"), &json!(600_000), &json!("attended")));
    let absent = page(&server, town.organizer, lesson, "?part=absent").await;
    assert_eq!(counts(&absent), [2, 3, 1, 0, 2, 0]);
    let row = &absent["rows"][0];
    let told = (&row["standing"], &row["reason"], &row["hours_milli"], &row["first_in_at"]);
    assert_eq!(told, (&json!("absent"), &json!("absent"), &json!(0), &Value::Null));
    assert_eq!(page(&server, town.organizer, lesson, "?part=absent&q=学员").await["total"], 0);
    assert_eq!(page(&server, town.organizer, lesson, "?q=0005").await["rows"][0]["name"], "学员");
    // Past the end it is the last page.
    let last = page(&server, town.organizer, lesson, "?page=7").await;
    assert_eq!((&last["page"], last["rows"].as_array().map(Vec::len)), (&json!(1), Some(3)));
    for wrong in ["part=x", "credit=x", "page=0x"] {
        let path = format!("/api/console/lessons/{lesson}/attendance?{wrong}");
        let told = problem(server.get(Some(town.organizer), &path).await).await;
        assert_eq!(told, (StatusCode::BAD_REQUEST, "query_unexpected".to_owned()), "{wrong}");
    }
    // The organizer of another part sees nobody.
    assert_eq!(page(&server, town.chief, lesson, "").await["invited"], 3);
}

#[tokio::test]
async fn nobody_is_absent_as_long_as_one_can_still_come() {
    let server = Server::empty().await;
    let town = server.town().await;
    let planned = server.plan(&town).await;
    let before = page(&server, town.organizer, planned, "").await;
    assert_eq!((counts(&before), &before["pending_until"]), ([1, 1, 0, 1, 0, 0], &Value::Null));
    server.somebody(&town).await;
    let (lesson, starts) = held(&server, &town, true, &[(town.member, 10)]).await;
    let until = starts + LENGTH_MS + 7 * 24 * HOUR_MS;
    let now = page(&server, town.organizer, lesson, "?part=pending").await;
    assert_eq!((counts(&now), &now["pending_until"]), ([1, 2, 1, 1, 0, 0], &json!(until)));
    assert_eq!(now["rows"][0]["standing"], "pending");
    assert_eq!(page(&server, town.organizer, lesson, "?part=absent").await["rows"], json!([]));
    let export = format!("/api/console/lessons/{lesson}/export?format=csv");
    let csv = async || server.get(Some(town.organizer), &export).await.text().await.expect("a file");
    let text = csv().await;
    assert!(text.contains("\"待定\"") && !text.contains("\"未参加\""), "{text}");
    assert!(text.contains("\"应到 2，其中参加 1，待定 1\""), "{text}");
    // Seven days after the end the replay is there still, and counts; but the list is closed.
    server.clock.advance(until - server.app.source.now() - 1);
    assert_eq!(counts(&page(&server, town.organizer, lesson, "").await), [2, 2, 1, 1, 0, 0]);
    server.clock.advance(1);
    let over = page(&server, town.organizer, lesson, "").await;
    assert_eq!((counts(&over), &over["pending_until"]), ([2, 2, 1, 0, 1, 0], &Value::Null));
    assert_eq!(page(&server, town.organizer, lesson, "?part=pending").await["rows"], json!([]));
    let text = csv().await;
    assert!(text.contains("\"未参加\"") && !text.contains("\"待定\""), "{text}");
}

#[tokio::test]
async fn who_is_excused_leaves_the_absent_and_the_rate_until_it_is_taken_back() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = past(&server, &town).await;
    server.clock.advance(NO_REPLAY_MS);
    let absent = page(&server, town.organizer, lesson, "?part=absent").await;
    let who = absent["rows"][0]["member_id"].as_str().expect("an id").to_owned();
    let path = |who: &str| format!("/api/console/lessons/{lesson}/attendance/{who}/excuse");
    let put = async |who: &str, reason: Value| {
        let call = server.call_as(Some(town.organizer), Method::PUT, &path(who)).await;
        call.json(&json!({ "reason": reason })).send().await.expect("answered")
    };
    let row = good(put(&who, json!(" 出差 ")).await).await;
    assert_eq!(
        (&row["standing"], &row["excuse"], &row["reason"]),
        (&json!("excused"), &json!("出差"), &json!("excused"))
    );
    let all = page(&server, town.organizer, lesson, "").await;
    assert_eq!((counts(&all), &all["rate_bp"]), ([3, 3, 1, 0, 1, 1], &json!(5_000)));
    let excused = page(&server, town.organizer, lesson, "?part=excused").await;
    assert_eq!((counts(&excused)[0], &excused["rows"][0]["member_id"]), (1, &json!(who)));
    let export = format!("/api/console/lessons/{lesson}/export?format=csv");
    let text = server.get(Some(town.organizer), &export).await.text().await.expect("a file");
    assert!(text.contains("\"请假\",\"已请假：出差\""), "{text}");
    assert!(text.contains("\"应到 3，其中参加 1，请假 1，未参加 1\""), "{text}");
    // Who came all the same came.
    let came = town.member.to_string();
    assert_eq!(good(put(&came, Value::Null).await).await["standing"], "attended");
    assert_eq!(counts(&page(&server, town.organizer, lesson, "").await), [3, 3, 1, 0, 1, 1]);
    // Taken back, twice.
    for _ in 0..2 {
        let call = server.call_as(Some(town.organizer), Method::DELETE, &path(&who)).await;
        assert_eq!(good(call.send().await.expect("answered")).await["standing"], "absent");
    }
    let lines = server.app.store.audit_of(lesson, Page { offset: 0, limit: 100 }).await.expect("asked");
    let about: Vec<(&str, bool)> = lines
        .iter()
        .filter(|line| line.action.starts_with("lesson.excuse"))
        .map(|line| (line.action.as_str(), line.detail.contains(&who)))
        .collect();
    assert_eq!(
        about,
        [("lesson.excuse", true), ("lesson.excuse", false), ("lesson.excuse_taken_back", true)]
    );
    // Who is on nobody's roll, who was not invited, and a reason that is a letter.
    let other = town.foreign_member.to_string();
    assert_eq!(problem(put(&other, Value::Null).await).await.0, StatusCode::NOT_FOUND);
    plays(&server, lesson, town.lecturer, None, server.app.source.now(), 1).await;
    let guest = problem(put(&town.lecturer.to_string(), Value::Null).await).await;
    assert_eq!(guest, (StatusCode::UNPROCESSABLE_ENTITY, "member_uninvited".to_owned()));
    let long = problem(put(&who, json!("长".repeat(101))).await).await;
    assert_eq!(long, (StatusCode::UNPROCESSABLE_ENTITY, "text_too_long".to_owned()));
}

#[tokio::test]
async fn who_came_is_found_by_credit_and_the_counts_are_those_of_the_rows() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (half, none) = (server.somebody(&town).await, server.somebody(&town).await);
    let who = [(town.member, 40), (half, 25), (none, 2)];
    let (lesson, _) = held(&server, &town, true, &who).await;
    for (credit, user) in [("full", town.member), ("half", half), ("none", none)] {
        let found = page(&server, town.organizer, lesson, &format!("?credit={credit}&page=3")).await;
        assert_eq!((counts(&found), &found["page"]), ([1, 3, 3, 0, 0, 0], &json!(1)), "{found}");
        assert_eq!(
            (&found["rows"][0]["member_id"], &found["rows"][0]["credit"]),
            (&json!(user), &json!(credit))
        );
        let credits = ["full", "half", "none"].map(|name| found["credits"][name].as_i64());
        assert_eq!(credits, [Some(1); 3]);
    }
    assert_eq!(page(&server, town.organizer, lesson, "?credit=full&q=某人").await["rows"], json!([]));
    assert_eq!(page(&server, town.organizer, lesson, "?credit=half&q=某人").await["total"], 1);
    assert_eq!(page(&server, town.organizer, lesson, "?credit=full&part=pending").await["rows"], json!([]));
    assert_eq!(page(&server, town.organizer, lesson, "").await["credits"], Value::Null);
}

#[tokio::test]
async fn ones_evidence_says_who_was_invited_and_who_only_opened_it() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = past(&server, &town).await;
    let opens = async |user, branch_id| {
        let row = LeaseRow {
            id: server.app.source.id(),
            item: Item::lesson(lesson),
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
    server.clock.advance(NO_REPLAY_MS);
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
