//! A year as its organizers and its members see it: what is kept of each lesson says what the lesson's own table says.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_store::{
    BeatBody, BeatCause, BeatMode, BeatRow, BeatSource, BeatState, Item, LeaseDevice, LeasePurpose, LeaseRow,
    PersonEdit,
};

use crate::{
    attendance::{LENGTH_MS, held},
    harness::{HOUR_MS, NOW, Server, Town, good, problem},
};

const DAY_MS: i64 = 24 * HOUR_MS;
const YEAR: &str = "/api/console/reports/year";

/// 1 January 2028, 00:00 in Shanghai.
const NEW_YEAR: i64 = 1_830_268_800_000;

async fn get(server: &Server, user: Uuid, path: &str) -> Value {
    good(server.get(Some(user), path).await).await
}

fn of(value: &Value, names: &[&str]) -> Vec<i64> {
    names.iter().map(|name| value[name].as_i64().unwrap_or_else(|| panic!("{name} of {value}"))).collect()
}

const COUNTS: [&str; 6] = ["invited", "invited_attended", "attended", "excused", "pending", "rate_bp"];

/// Somebody of the branch plays the first `minutes` of the replay, beginning now.
async fn replays(server: &Server, town: &Town, lesson: Uuid, user: Uuid, minutes: i64) {
    let (store, lease, from) = (&server.app.store, server.app.source.id(), server.app.source.now());
    let row = LeaseRow {
        id: lease,
        item: Item::lesson(lesson),
        user_id: user,
        branch_id: Some(town.branch.id),
        purpose: LeasePurpose::Watch,
        device: LeaseDevice::Phone,
        issued_at: from,
        expires_at: from + 2 * HOUR_MS,
    };
    store.issue_lease(row).await.expect("issued");
    for step in 0..minutes * 4 {
        server.clock.advance(15_000);
        let body = BeatBody {
            seq: step + 1,
            state: BeatState::Playing,
            cause: BeatCause::Tick,
            source: BeatSource::Replay,
            mode: BeatMode::Audio,
            from_ms: step * 15_000,
            to_ms: (step + 1) * 15_000,
            rate_milli: 1_000,
            visible: false,
            gesture: false,
            client_ms: step,
        };
        let at = server.app.source.now();
        let beat = BeatRow { lease_id: lease, received_at: at, body };
        store.append_beats(server.app.run_id, at, &[beat]).await.expect("kept");
    }
}

#[tokio::test]
async fn a_year_adds_up_from_its_rows_and_is_what_the_lessons_table_says() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (second, third) = (server.somebody(&town).await, server.somebody(&town).await);
    let (lesson, _) = held(&server, &town, true, &[(town.member, 40), (second, 0)]).await;
    let year = get(&server, town.organizer, YEAR).await;
    assert_eq!((&year["year"], &year["unit"]["name"]), (&json!(2027), &json!("甲站")));
    assert_eq!(of(&year["total"], &COUNTS), [3, 1, 1, 0, 2, 3_333]);
    let figures = ["lessons", "people", "visits", "live_visits", "full", "hours_milli"];
    assert_eq!(of(&year["total"], &figures), [1, 1, 1, 1, 1, 1_000]);
    assert_eq!((&year["months"][0], &year["months_begun"]), (&year["total"], &json!(1)));
    assert_eq!(of(&year["progress"], &["members", "reached", "hours_milli"]), [3, 0, 1_000]);
    assert_eq!(year["before"]["lessons"], 0);

    // eduhub#1663: opening it after the end changes nothing of the live part.
    replays(&server, &town, lesson, second, 45).await;
    let rows = get(&server, town.organizer, &format!("{YEAR}/items")).await;
    let row = &rows["rows"][0];
    assert_eq!(of(row, &["live_people", "live_visits", "people", "visits", "attended"]), [1, 1, 2, 2, 2]);
    let year = get(&server, town.organizer, YEAR).await;
    for name in COUNTS.iter().chain(&["people", "visits", "live_visits", "full", "hours_milli", "counted_ms"])
    {
        assert_eq!(row[name], year["total"][name], "{name}: the only lesson is the year");
    }
    // The table judges anew: the same.
    let table = get(&server, town.organizer, &format!("/api/console/lessons/{lesson}/attendance")).await;
    assert_eq!(table["rate_bp"], year["total"]["rate_bp"]);
    let people = get(&server, town.organizer, &format!("{YEAR}/people")).await;
    assert_eq!(people["total"], 2);
    for person in people["rows"].as_array().expect("rows") {
        let row = table["rows"]
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["member_id"] == person["member_id"]))
            .expect("on the roll");
        for name in ["counted_ms", "hours_milli", "visits"] {
            assert_eq!(row[name], person[name], "{name}");
        }
    }
    let below = get(&server, town.organizer, &format!("{YEAR}/people?who=below")).await;
    assert_eq!((&below["total"], below["rows"].as_array().map(Vec::len)), (&json!(3), Some(3)));
    assert_eq!(get(&server, town.organizer, &format!("{YEAR}/people?who=reached")).await["total"], 0);

    // A unit and what is below it.
    let centre = get(&server, town.chief, YEAR).await;
    assert_eq!(centre["children"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&centre["children"][0]["total"], &centre["children"][1]["total"]["lessons"]),
        (&year["total"], &json!(0))
    );
    assert_eq!((&centre["unit"]["parent_id"], &year["unit"]["parent_id"]), (&Value::Null, &Value::Null));
    let branch = get(&server, town.organizer, &format!("{YEAR}?unit={}", town.branch.id)).await;
    assert_eq!((&branch["total"], &branch["unit"]["parent_id"]), (&year["total"], &json!(town.station.id)));

    // Nobody is absent before the window is over.
    assert_eq!(year["total"]["pending"], 1);
    server.clock.advance(7 * DAY_MS);
    assert_eq!(get(&server, town.organizer, YEAR).await["total"]["pending"], 0);

    // Who moves or is disabled afterwards changes nothing.
    let before = get(&server, town.organizer, YEAR).await["total"].clone();
    let now = server.app.source.now();
    let elsewhere =
        PersonEdit { branch_id: Some(Some(foreign(&server, &town).await)), ..PersonEdit::default() };
    server.app.store.edit_person(second, elsewhere, town.chief, now).await.expect("moved");
    server.app.store.set_disabled(third, true, town.chief, now).await.expect("disabled");
    assert_eq!(get(&server, town.organizer, YEAR).await["total"], before);
    assert_eq!(get(&server, town.other_organizer, YEAR).await["total"]["people"], 0);
}

/// The branch of the other station.
async fn foreign(server: &Server, town: &Town) -> Uuid {
    let person = server.app.store.person(town.foreign_member).await.expect("asked").expect("there");
    person.branch.expect("a member").id
}

#[tokio::test]
async fn what_is_not_the_organizers_is_not_there() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (_, _) = held(&server, &town, true, &[(town.member, 40)]).await;
    let own = get(&server, town.other_organizer, YEAR).await;
    assert_eq!((&own["unit"]["name"], &own["total"]["lessons"]), (&json!("乙站"), &json!(0)));
    for path in ["", "/items", "/people"] {
        let path = format!("{YEAR}{path}?unit={}", town.station.id);
        let told = problem(server.get(Some(town.other_organizer), &path).await).await;
        assert_eq!(told.0, StatusCode::NOT_FOUND, "{path}");
    }
    for (path, code) in [
        (format!("{YEAR}?year=1999"), "year_wrong"),
        (format!("{YEAR}/items?month=13"), "month_wrong"),
        (format!("{YEAR}/people?month=0"), "month_wrong"),
        ("/api/me/year?year=2101".to_owned(), "year_wrong"),
    ] {
        let told = problem(server.get(Some(town.organizer), &path).await).await;
        assert_eq!(told, (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned()), "{path}");
    }
    let path = format!("/api/console/people/{}/year", town.member);
    let told = problem(server.get(Some(town.other_organizer), &path).await).await;
    assert!(told.0.is_client_error(), "{told:?}");
}

/// sakai#6640, djattendance#1567, rcos-handbook#34.
#[tokio::test]
async fn the_rate_is_the_same_everywhere_and_who_was_excused_and_came_counts_once() {
    let server = Server::empty().await;
    let town = server.town().await;
    let mut who = vec![(town.member, 40)];
    for _ in 0..7 {
        who.push((server.somebody(&town).await, 40));
    }
    let (away, _missing) = (server.somebody(&town).await, server.somebody(&town).await);
    let (lesson, _) = held(&server, &town, true, &who).await;
    for user in [away, town.member] {
        let path = format!("/api/console/lessons/{lesson}/attendance/{user}/excuse");
        let call = server.call_as(Some(town.organizer), Method::PUT, &path).await;
        good(call.json(&json!({ "reason": "出差" })).send().await.expect("answered")).await;
    }
    server.clock.advance(7 * DAY_MS);
    let table = get(&server, town.organizer, &format!("/api/console/lessons/{lesson}/attendance")).await;
    assert_eq!(of(&table, &["invited", "attended", "excused", "rate_bp"]), [10, 8, 1, 8_888]);
    let year = get(&server, town.organizer, YEAR).await;
    assert_eq!(of(&year["total"], &COUNTS), [10, 8, 8, 1, 0, 8_888]);
    let branch = get(&server, town.organizer, &format!("{YEAR}?unit={}", town.branch.id)).await;
    let rows = get(&server, town.organizer, &format!("{YEAR}/items?month=1")).await;
    assert_eq!([&branch["total"]["rate_bp"], &rows["rows"][0]["rate_bp"]], [&json!(8_888), &json!(8_888)]);
    assert_eq!(get(&server, town.organizer, &format!("{YEAR}/items?month=2")).await["total"], 0);
    let excused = get(&server, town.organizer, &format!("/api/console/people/{away}/year")).await;
    assert_eq!(of(&excused, &["attended", "pending", "absent", "excused"]), [0, 0, 0, 1]);
}

/// hrms#714, hr-attendance#140.
#[tokio::test]
async fn a_members_year_says_until_when_what_is_missing_can_be_made_up_for() {
    let server = Server::empty().await;
    let town = server.town().await;
    let second = server.somebody(&town).await;
    let (half, _) = held(&server, &town, true, &[(town.member, 30)]).await;
    let (missed, _) = held(&server, &town, true, &[(second, 40)]).await;
    let mine = get(&server, town.member, "/api/me/year").await;
    assert_eq!(of(&mine, &["attended", "pending", "absent", "hours_milli"]), [1, 1, 0, 500]);
    let line = |year: &Value, id: Uuid| {
        let lines = year["lines"].as_array().expect("lines");
        lines.iter().find(|line| line["item_id"] == json!(id)).expect("a line").clone()
    };
    let told = line(&mine, half);
    assert_eq!(
        (&told["credit"], &told["reason"], &told["standing"]),
        (&json!("half"), &json!("half"), &json!("attended"))
    );
    assert!(told["make_up_until"].as_i64().is_some_and(|until| until > server.app.source.now()));
    let told = line(&mine, missed);
    assert_eq!(
        (&told["standing"], &told["can_watch"], &told["can_open"]),
        (&json!("pending"), &json!(true), &json!(false))
    );

    // It is made up for.
    replays(&server, &town, half, town.member, 45).await;
    let mine = get(&server, town.member, "/api/me/year").await;
    assert_eq!(of(&mine, &["attended", "pending", "hours_milli"]), [1, 1, 1_000]);
    assert_eq!(
        (&line(&mine, half)["make_up_until"], &line(&mine, half)["reason"]),
        (&Value::Null, &Value::Null)
    );
    server.clock.advance(7 * DAY_MS);
    let late = get(&server, town.organizer, &format!("/api/console/people/{}/year", town.member)).await;
    assert_eq!(of(&late, &["attended", "pending", "absent", "hours_milli"]), [1, 0, 1, 1_000]);
    assert_eq!(line(&late, missed)["make_up_until"], Value::Null);
    assert_eq!(line(&late, half)["can_open"], json!(true));
    assert_eq!(
        late["hours_milli"],
        get(&server, town.member, "/api/home").await["progress"]["earned_hours_milli"]
    );

    // All of it as a file; nobody else's.
    let file = server.get(Some(town.member), "/api/me/data").await;
    let name = file.headers()[header::CONTENT_DISPOSITION].to_str().expect("ASCII").to_owned();
    assert!(name.starts_with("attachment; filename=\"my-record-2027-"), "{name}");
    let data = good(file).await;
    assert_eq!((&data["name"], &data["years"][0]["hours_milli"]), (&json!("学员"), &json!(1_000)));
    assert_eq!(data["years"][0]["lines"].as_array().map(Vec::len), Some(2));
}

/// OCA/hr-attendance#244, odoo#257932.
#[tokio::test]
async fn a_year_ends_at_midnight_in_shanghai_and_a_lesson_over_it_is_split() {
    let server = Server::empty().await;
    let town = server.town().await;
    // The lesson begins an hour after it is planned, at 23:40.
    server.clock.advance(NEW_YEAR - 20 * 60_000 - HOUR_MS - NOW);
    let (lesson, starts) = held(&server, &town, true, &[(town.member, 45)]).await;
    assert_eq!((starts, LENGTH_MS), (NEW_YEAR - 20 * 60_000, 45 * 60_000));
    // It is 00:26 there, 16:26 in London.
    let year = get(&server, town.organizer, YEAR).await;
    assert_eq!((&year["year"], &year["months_begun"]), (&json!(2028), &json!(1)));
    assert_eq!(of(&year["total"], &["lessons", "people", "visits", "hours_milli"]), [0, 0, 0, 555]);
    let before = get(&server, town.organizer, &format!("{YEAR}?year=2027")).await;
    assert_eq!(of(&before["total"], &["lessons", "people", "visits", "hours_milli"]), [1, 1, 1, 445]);
    assert_eq!((&before["months"][11], &before["months_begun"]), (&before["total"], &json!(12)));
    assert_eq!(
        year["total"]["counted_ms"].as_i64().zip(before["total"]["counted_ms"].as_i64()),
        Some((25 * 60_000, 20 * 60_000)),
        "the parts add up"
    );
    let rows = get(&server, town.organizer, &format!("{YEAR}/items")).await;
    assert_eq!((&rows["rows"][0]["continues"], &rows["rows"][0]["item_id"]), (&json!(true), &json!(lesson)));
    let mine = get(&server, town.member, "/api/me/year").await;
    assert_eq!(of(&mine, &["year", "attended", "hours_milli"]), [2028, 0, 555]);
    assert_eq!(mine["years"], json!([2028, 2027]));
}
