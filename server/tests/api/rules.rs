//! Credit rules: who changes them, who chooses them, and that nothing of the past changes by them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_store::{DEFAULT_RULE, LessonPhase, Page, PhaseChange, RuleDraft};

use crate::{
    attendance::held,
    harness::{HOUR_MS, NOW, Server, Town, good, problem},
};

const RULES: &str = "/api/console/rules";
const PREVIEWS: &str = "/api/console/rule-previews";

fn default_rule() -> String {
    format!("{RULES}/{DEFAULT_RULE}")
}

async fn put(server: &Server, who: Uuid, path: &str, body: Value) -> reqwest::Response {
    server.call_as(Some(who), Method::PUT, path).await.json(&body).send().await.expect("answered")
}

/// The default rule as somebody reads it.
async fn read(server: &Server, who: Uuid) -> Value {
    good(server.get(Some(who), &default_rule()).await).await
}

/// The figures of the default rule, with another one.
async fn settings(server: &Server, town: &Town, name: &str, figure: Value) -> Value {
    let mut settings = read(server, town.chief).await["versions"][0]["settings"].clone();
    settings[name] = figure;
    settings
}

#[tokio::test]
async fn a_rule_is_made_activated_chosen_and_retired() {
    let server = Server::empty().await;
    let town = server.town().await;
    let body =
        json!({ "settings": settings(&server, &town, "name", json!("严格规则")).await, "note": "试行" });
    let made = good(server.post(Some(town.chief), RULES, &body).await).await;
    let rule = format!("{RULES}/{}", made["id"].as_str().expect("an id"));
    assert_eq!((&made["active_version"], &made["versions"][0]["note"]), (&Value::Null, &json!("试行")));
    let plan = json!({ "title": "课程", "lecturer_id": town.lecturer, "unit_id": town.station.id, "audience": [town.branch.id],
                       "planned_start_at": NOW + HOUR_MS, "planned_end_at": NOW + 2 * HOUR_MS, "rule_id": made["id"] });
    let plans = async || server.post(Some(town.organizer), "/api/console/lessons", &plan).await;
    assert_eq!(problem(plans().await).await.1, "rule_unknown", "it was never activated");
    let active =
        put(&server, town.chief, &format!("{rule}/active"), json!({ "version": 1, "revision": 1 })).await;
    assert_eq!(good(active).await["active_version"], 1);
    let lesson = good(plans().await).await;
    assert_eq!((&lesson["rule"]["id"], &lesson["rule"]["version"]), (&made["id"], &json!(1)));
    // Another organizer reads it, and does not change it; lessons are those of their part.
    let list = good(server.get(Some(town.other_organizer), RULES).await).await;
    assert_eq!((list["rules"].as_array().map(Vec::len), &list["may_edit"]), (Some(2), &json!(false)));
    assert_eq!(list["rules"][1]["lessons"], 0, "of another part of the tree");
    let lessons = async |who| {
        good(server.get(Some(who), &format!("{rule}/lessons?version=1")).await).await["items"].clone()
    };
    assert_eq!(lessons(town.other_organizer).await, json!([]));
    assert_eq!(lessons(town.organizer).await[0]["id"], lesson["id"]);
    let refused =
        put(&server, town.organizer, &format!("{rule}/retired"), json!({ "retired": true, "revision": 2 }))
            .await;
    assert_eq!(problem(refused).await, (StatusCode::FORBIDDEN, "not_allowed".to_owned()));
    let retired =
        put(&server, town.chief, &format!("{rule}/retired"), json!({ "retired": true, "revision": 2 })).await;
    assert!(good(retired).await["retired_at"].is_i64());
    assert_eq!(problem(plans().await).await.1, "rule_unknown", "nobody can choose it any more");
    let detail = good(
        server
            .get(Some(town.organizer), &format!("/api/lessons/{}", lesson["id"].as_str().expect("an id")))
            .await,
    )
    .await;
    assert_eq!(detail["rule"]["id"], made["id"], "what has it keeps it");
    let own = put(
        &server,
        town.chief,
        &format!("{}/retired", default_rule()),
        json!({ "retired": true, "revision": 1 }),
    )
    .await;
    assert_eq!(problem(own).await, (StatusCode::CONFLICT, "rule_is_default".to_owned()));
    let none = server.get(Some(town.chief), &format!("{RULES}/{}", Uuid::nil())).await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
}

/// Issue 13: two organizers who edit the same thing.
#[tokio::test]
async fn the_second_of_two_who_edit_a_rule_is_told_and_loses_nothing_of_the_first() {
    let server = Server::empty().await;
    let town = server.town().await;
    let versions = format!("{}/versions", default_rule());
    let saves = async |full: i64| {
        let mut settings = settings(&server, &town, "full_percent", json!(full)).await;
        settings["half_percent"] = json!(40);
        server.post(Some(town.chief), &versions, &json!({ "settings": settings, "revision": 1 })).await
    };
    assert_eq!(saves(90).await.status(), StatusCode::CREATED);
    assert_eq!(problem(saves(70).await).await, (StatusCode::CONFLICT, "rule_changed".to_owned()));
    let rule = read(&server, town.chief).await;
    let full: Vec<_> = rule["versions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["settings"]["full_percent"])
        .collect();
    assert_eq!(full, [90, 80, 80, 80]);
    assert_eq!((&rule["active_version"], &rule["revision"]), (&json!(3), &json!(2)));
    let active = put(
        &server,
        town.chief,
        &format!("{}/active", default_rule()),
        json!({ "version": 4, "revision": 1 }),
    )
    .await;
    assert_eq!(problem(active).await.1, "rule_changed");
    let unknown = put(
        &server,
        town.chief,
        &format!("{}/active", default_rule()),
        json!({ "version": 9, "revision": 2 }),
    )
    .await;
    assert_eq!(problem(unknown).await.1, "version_unknown");
}

#[tokio::test]
async fn figures_that_make_no_sense_are_refused_by_name() {
    let server = Server::empty().await;
    let town = server.town().await;
    for (name, figure, code) in [
        ("full_percent", json!(101), "figure_outside"),
        ("half_percent", json!(81), "half_above_full"),
        ("max_rate_milli", json!(0), "figure_outside"),
        ("make_up_ms", json!(i64::MAX), "figure_outside"),
        ("long_ms", json!(900_000), "hours_descend"),
        ("long_hours_milli", json!(499), "hours_descend"),
        ("name", json!(" "), "text_empty"),
        ("full_percent", json!(79.99), "json_unexpected"),
        ("checks_required", json!(2), "json_unexpected"),
    ] {
        let body = json!({ "settings": settings(&server, &town, name, figure.clone()).await });
        let answer = server.post(Some(town.chief), RULES, &body).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{name} {figure}");
        assert_eq!(problem(answer).await.1, code, "{name} {figure}");
    }
    assert_eq!(
        good(server.get(Some(town.chief), RULES).await).await["rules"].as_array().map(Vec::len),
        Some(1)
    );
}

/// Issue 13, bad input: a rule activated during a lesson.
#[tokio::test]
async fn a_rule_activated_during_a_lesson_changes_nothing_for_it() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    let phase = async |to| {
        let change =
            PhaseChange { lesson_id: lesson, to, actor_id: Some(town.lecturer), at: server.app.source.now() };
        server.app.store.change_phase(change).await.expect("changed");
        server.app.lesson_changed(lesson);
    };
    phase(LessonPhase::Live).await;
    let progress =
        async || good(server.get(Some(town.member), &format!("/api/lessons/{lesson}/progress")).await).await;
    let before = progress().await;
    let rule = server.app.store.lesson(lesson).await.expect("read").expect("there").rule;
    let draft = RuleDraft { full_percent: 100, half_percent: 100, ..RuleDraft::from(&rule) };
    server.another_version(&town, draft).await;
    let detail = good(server.get(Some(town.member), &format!("/api/lessons/{lesson}")).await).await;
    assert_eq!((&detail["rule"]["version"], &detail["rule"]["full_percent"]), (&json!(3), &json!(80)));
    assert_eq!(progress().await, before);
    let path = format!("/api/console/lessons/{lesson}");
    let edit = server
        .call_as(Some(town.organizer), Method::PATCH, &path)
        .await
        .json(&json!({ "rule_id": DEFAULT_RULE }));
    let answer = edit.send().await.expect("answered");
    assert_eq!(problem(answer).await, (StatusCode::CONFLICT, "wrong_phase".to_owned()));
    phase(LessonPhase::Ended).await;
    let stored = server.app.store.lesson(lesson).await.expect("read").expect("there").rule;
    assert_eq!(stored, rule);
    let next = server.plan(&town).await;
    assert_eq!(server.app.store.lesson(next).await.expect("read").expect("there").rule.full_percent, 100);
}

/// Begins a preview and waits until it is over.
async fn previewed(server: &Server, who: Uuid, body: &Value) -> Value {
    let mut preview = good(server.post(Some(who), PREVIEWS, body).await).await;
    let path = format!("{PREVIEWS}/{}", preview["id"].as_str().expect("an id"));
    while ["waiting", "running"].contains(&preview["state"].as_str().expect("a word")) {
        preview = good(server.get(Some(who), &path).await).await;
    }
    preview
}

fn counts(preview: &Value) -> [i64; 5] {
    ["members", "gains", "loses", "moves", "unjudged"].map(|name| preview[name].as_i64().expect("a number"))
}

#[tokio::test]
async fn a_preview_says_who_would_gain_and_lose_and_writes_nothing() {
    let server = Server::empty().await;
    let town = server.town().await;
    let other = server.somebody(&town).await;
    // Of 45 minutes: two thirds, and nine tenths.
    let (lesson, _) = held(&server, &town, true, &[(town.member, 30), (other, 41)]).await;
    let draft = async |name, figure| json!({ "rule_id": DEFAULT_RULE, "settings": settings(&server, &town, name, figure).await });
    let same = previewed(&server, town.organizer, &draft("make_up_ms", json!(0)).await).await;
    assert_eq!((&same["state"], counts(&same)), (&json!("done"), [2, 0, 0, 0, 0]));
    let strict = previewed(&server, town.organizer, &draft("full_percent", json!(95)).await).await;
    assert_eq!(counts(&strict), [2, 0, 1, 0, 0]);
    let lenient = previewed(&server, town.organizer, &draft("full_percent", json!(60)).await).await;
    assert_eq!((counts(&lenient), &lenient["lessons"][0]["lesson_id"]), ([2, 1, 0, 0, 0], &json!(lesson)));
    let path = format!("{PREVIEWS}/{}", lenient["id"].as_str().expect("an id"));
    let people =
        good(server.get(Some(town.organizer), &format!("{path}/lessons/{lesson}?page=9")).await).await;
    let row = &people["rows"][0];
    assert_eq!(
        (&people["total"], &people["page"], &row["member_id"]),
        (&json!(1), &json!(1), &json!(town.member))
    );
    let told = (&row["shift"], &row["now"]["credit"], &row["then"]["credit"], &row["then"]["hours_milli"]);
    assert_eq!(told, (&json!("gains"), &json!("half"), &json!("full"), &json!(1_000)));
    // It is nobody else's, and of no other part of the tree.
    for who in [town.chief, town.other_organizer] {
        assert_eq!(server.get(Some(who), &path).await.status(), StatusCode::NOT_FOUND);
    }
    let foreign = previewed(&server, town.other_organizer, &draft("full_percent", json!(60)).await).await;
    assert_eq!((counts(&foreign), &foreign["lessons_total"]), ([0; 5], &json!(0)));
    // The one before is forgotten with the next one; so is one that is not wanted any more.
    let before = format!("{PREVIEWS}/{}", strict["id"].as_str().expect("an id"));
    assert_eq!(server.get(Some(town.organizer), &before).await.status(), StatusCode::NOT_FOUND);
    let gone =
        server.call_as(Some(town.organizer), Method::DELETE, &path).await.send().await.expect("answered");
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.get(Some(town.organizer), &path).await.status(), StatusCode::NOT_FOUND);
    // Nothing was written.
    let rule = read(&server, town.chief).await;
    assert_eq!((&rule["revision"], rule["versions"].as_array().map(Vec::len)), (&json!(1), Some(3)));
    let row = good(
        server
            .get(Some(town.organizer), &format!("/api/console/lessons/{lesson}/attendance/{}", town.member))
            .await,
    )
    .await;
    assert_eq!(row["row"]["credit"], "half");
    let log = server.app.store.audit_of(DEFAULT_RULE, Page { offset: 0, limit: 9 }).await.expect("read");
    assert!(log.is_empty(), "{log:?}");
}

#[tokio::test]
async fn a_preview_looks_at_the_lessons_that_were_asked_for() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (first, starts) = held(&server, &town, true, &[(town.member, 30)]).await;
    let (second, _) = held(&server, &town, true, &[(town.member, 30)]).await;
    let settings = settings(&server, &town, "full_percent", json!(60)).await;
    let of = async |change: Value| {
        let mut body = json!({ "rule_id": DEFAULT_RULE, "settings": settings.clone() });
        body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let preview = previewed(&server, town.organizer, &body).await;
        let lessons =
            preview["lessons"].as_array().expect("a list").iter().map(|one| one["lesson_id"].clone());
        (lessons.collect::<Vec<_>>(), preview["more_lessons"].clone())
    };
    assert_eq!(of(json!({})).await, (vec![json!(second), json!(first)], json!(false)));
    assert_eq!(of(json!({ "lessons": 1 })).await, (vec![json!(second)], json!(true)));
    assert_eq!(of(json!({ "until": starts + 1 })).await.0, [json!(first)]);
    assert_eq!(of(json!({ "from": starts + 1 })).await.0, [json!(second)]);
    let made = good(server.post(Some(town.chief), RULES, &json!({ "settings": settings })).await).await;
    assert_eq!(of(json!({ "rule_id": made["id"], "own_lessons": true })).await.0, Vec::<Value>::new());
    let unknown = json!({ "rule_id": Uuid::nil(), "settings": settings });
    assert_eq!(problem(server.post(Some(town.organizer), PREVIEWS, &unknown).await).await.1, "rule_unknown");
}
