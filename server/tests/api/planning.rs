//! Planning, changing and cancelling lessons.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use yunke_store::Edit;

use crate::harness::{HOUR_MS, NOW, Server, Town, good, problem};

fn plan(town: &Town) -> Value {
    json!({ "title": "课程", "summary": "", "lecturer_id": town.lecturer, "unit_id": town.station.id,
            "audience": [town.branch.id], "planned_start_at": NOW + HOUR_MS, "planned_end_at": NOW + 2 * HOUR_MS })
}

fn with(mut plan: Value, field: &str, value: Value) -> Value {
    plan[field] = value;
    plan
}

#[tokio::test]
async fn a_lesson_is_planned_changed_and_cancelled() {
    let server = Server::empty().await;
    let town = server.town().await;
    let who = Some(town.organizer);
    let answer = server.post(who, "/api/console/lessons", &plan(&town)).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let lesson = good(answer).await;
    assert_eq!((&lesson["phase"], &lesson["on_air"]), (&json!("planned"), &json!("waiting")));
    assert_eq!(lesson["may"], json!({ "watch": true, "run": true, "organize": true, "oversee": true }));
    let address = format!("/api/console/lessons/{}", lesson["id"].as_str().expect("an id"));
    let edit = async |body: Value| {
        server.call_as(who, Method::PATCH, &address).await.json(&body).send().await.expect("answered")
    };
    let edited = good(edit(json!({ "title": "👩‍🏫 𠮷 =cmd|x" })).await).await;
    assert_eq!(edited["title"], "👩‍🏫 𠮷 =cmd|x");
    assert_eq!(problem(edit(json!({ "planned_end_at": NOW })).await).await.1, "times_wrong");
    assert_eq!(problem(edit(json!({ "phase": "live" })).await).await.1, "json_unexpected");
    let list = good(server.get(who, "/api/console/lessons?state=planned").await).await;
    assert_eq!((list["items"].as_array().map(Vec::len), &list["more"]), (Some(1), &json!(false)));
    assert_eq!(problem(server.get(who, "/api/console/lessons?state=x").await).await.1, "query_unexpected");
    let cancel = async || server.call_as(who, Method::DELETE, &address).await.send().await.expect("answered");
    assert_eq!(cancel().await.status(), StatusCode::NO_CONTENT);
    assert_eq!(problem(cancel().await).await, (StatusCode::CONFLICT, "wrong_phase".to_owned()));
    let seen = server
        .get(Some(town.member), &format!("/api/lessons/{}", lesson["id"].as_str().expect("an id")))
        .await;
    assert_eq!(problem(seen).await.1, "not_invited");
}

#[tokio::test]
async fn low_latency_is_off_until_an_organizer_turns_it_on() {
    let server = Server::empty().await;
    let town = server.town().await;
    let who = Some(town.organizer);
    let lesson = good(server.post(who, "/api/console/lessons", &plan(&town)).await).await;
    assert_eq!(lesson["low_latency"], false);
    let id = lesson["id"].as_str().expect("an id");
    let edit = server.call_as(who, Method::PATCH, &format!("/api/console/lessons/{id}")).await;
    let edited = good(edit.json(&json!({ "low_latency": true })).send().await.expect("answered")).await;
    assert_eq!(edited["low_latency"], true);
    let path = format!("/api/lessons/{id}/leases");
    let lease = good(server.post(Some(town.member), &path, &json!({ "device": "phone" })).await).await;
    let token = lease["lease"].as_str().expect("a token");
    let address = lease["whep_url"].as_str().expect("an address");
    assert!(address.ends_with(&format!("/whep/{token}/{id}")), "{address}");
    let body = with(plan(&town), "low_latency", json!(true));
    assert_eq!(good(server.post(who, "/api/console/lessons", &body).await).await["low_latency"], true);
    let answer = server.post(who, "/api/console/lessons", &with(plan(&town), "low_latency", json!(1))).await;
    assert_eq!(problem(answer).await.1, "json_unexpected");
}

#[tokio::test]
async fn an_editor_does_not_uninvite_units_out_of_sight() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    let invited = Edit { audience: Some(vec![town.branch.id, town.other_station.id]), ..Edit::default() };
    server.app.store.edit_lesson(lesson, invited, town.lecturer, NOW).await.expect("edited");
    let address = format!("/api/console/lessons/{lesson}");
    let edit = async |audience: Value| {
        let call = server.call_as(Some(town.organizer), Method::PATCH, &address).await;
        let edited = good(call.json(&json!({ "audience": audience })).send().await.expect("answered")).await;
        let names = edited["audience"].as_array().expect("units").iter().map(|unit| unit["name"].clone());
        let mut names: Vec<_> = names.map(|name| name.as_str().expect("a name").to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(edit(json!([town.station.id])).await, ["乙站", "甲站"]);
    assert_eq!(edit(json!([town.branch.id, town.other_station.id])).await, ["乙站", "甲支部"]);
    assert_eq!(edit(json!([])).await, ["乙站"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_field() {
    let server = Server::empty().await;
    let town = server.town().await;
    let cases = [
        ("title", json!(""), "text_empty"),
        ("title", json!("名".repeat(300)), "text_too_long"),
        ("title", json!("a\u{202E}b"), "text_characters"),
        ("title", json!("a\u{0}b"), "text_characters"),
        ("summary", json!("字".repeat(2001)), "text_too_long"),
        ("lecturer_id", json!(town.member), "lecturer_unknown"),
        ("unit_id", json!(town.other_station.id), "unit_unknown"),
        ("unit_id", json!(town.member), "unit_unknown"),
        ("audience", json!([]), "audience_empty"),
        ("audience", json!([town.other_station.id]), "unit_unknown"),
        ("planned_start_at", json!(0), "times_wrong"),
        ("planned_start_at", json!(i64::MAX), "times_wrong"),
        ("planned_end_at", json!(NOW), "times_wrong"),
        ("planned_end_at", json!(i64::MAX), "times_wrong"),
        ("planned_end_at", json!(1.5), "json_unexpected"),
    ];
    for (field, value, code) in cases {
        let body = with(plan(&town), field, value.clone());
        let answer = server.post(Some(town.organizer), "/api/console/lessons", &body).await;
        assert_eq!(
            problem(answer).await,
            (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned()),
            "{field} {value}"
        );
    }
}

#[tokio::test]
async fn an_organizer_sees_only_the_own_part_of_the_tree() {
    let server = Server::empty().await;
    let town = server.town().await;
    server.plan(&town).await;
    let count = async |who, path: &str| {
        let body = good(server.get(Some(who), path).await).await;
        body.as_array().or(body["items"].as_array()).map(Vec::len)
    };
    assert_eq!(count(town.organizer, "/api/console/lessons").await, Some(1));
    assert_eq!(count(town.other_organizer, "/api/console/lessons").await, Some(0));
    assert_eq!(count(town.organizer, "/api/console/units").await, Some(2));
    assert_eq!(
        count(town.organizer, "/api/console/people?role=lecturer").await,
        Some(3),
        "the centre's first organizer, too"
    );
    assert_eq!(count(town.organizer, "/api/console/people?role=lecturer&q=%E5%88%AB").await, Some(1));
    assert_eq!(count(town.organizer, "/api/console/people?role=organizer").await, Some(1));
    let home = good(server.get(Some(town.member), "/api/home").await).await;
    assert_eq!(home["today"].as_array().map(Vec::len), Some(1));
    let home = good(server.get(Some(town.foreign_member), "/api/home").await).await;
    assert_eq!(home["today"].as_array().map(Vec::len), Some(0));
}
