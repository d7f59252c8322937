//! Questions of members and private notes to the lecturer.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    harness::{Server, good, problem},
    replay::{ended, go, live, put},
};

/// Longer than a member waits between two questions.
const A_WHILE_MS: i64 = 10_000;

async fn ask(server: &Server, user: Uuid, lesson: Uuid, text: &str) -> Response {
    let body = json!({ "id": server.app.source.id(), "text": text });
    server.post(Some(user), &format!("/api/lessons/{lesson}/questions"), &body).await
}

async fn mine(server: &Server, user: Uuid, lesson: Uuid) -> Vec<Value> {
    let own = good(server.get(Some(user), &format!("/api/lessons/{lesson}/questions")).await).await;
    own.as_array().expect("a list").clone()
}

async fn talk(server: &Server, user: Uuid, lesson: Uuid) -> Value {
    good(server.get(Some(user), &format!("/api/studio/lessons/{lesson}/talk")).await).await
}

async fn settle(server: &Server, user: Uuid, lesson: Uuid, question: &Value, state: &str) -> Response {
    let id = question["id"].as_str().expect("an id");
    let path = format!("/api/studio/lessons/{lesson}/questions/{id}");
    put(server, user, &path, &json!({ "state": state })).await
}

#[tokio::test]
async fn a_question_reaches_staff_with_its_name_and_its_member_learns_what_became_of_it() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (lesson, _node) = live(&server, &town).await;
    server.clock.advance(A_WHILE_MS);
    let path = format!("/api/lessons/{lesson}/questions");
    let body = json!({ "id": server.app.source.id(), "text": " 兰花多久浇一次水？ " });
    let asked = good(server.post(Some(town.member), &path, &body).await).await;
    assert_eq!((&asked["text"], &asked["at_ms"]), (&json!("兰花多久浇一次水？"), &json!(A_WHILE_MS)));
    // The answer was lost on the way: the same question once more is the same question.
    assert_eq!(good(server.post(Some(town.member), &path, &body).await).await, asked);
    assert_eq!(mine(&server, town.member, lesson).await, std::slice::from_ref(&asked));
    assert!(mine(&server, town.organizer, lesson).await.is_empty(), "only one's own");
    let other = server.plan(&town).await;
    let elsewhere = server.post(Some(town.member), &format!("/api/lessons/{other}/questions"), &body).await;
    assert_eq!(problem(elsewhere).await, (StatusCode::CONFLICT, "question_there".to_owned()));

    let seen = talk(&server, town.lecturer, lesson).await;
    let question = &seen["questions"][0];
    assert_eq!((&question["member_name"], &question["state"]), (&json!("学员"), &json!("open")));
    assert_eq!(seen["questions"].as_array().expect("a list").len(), 1);

    let hidden = good(settle(&server, town.organizer, lesson, question, "hidden").await).await;
    assert_eq!(hidden["questions"][0]["decided_by"], "组织者");
    assert_eq!(mine(&server, town.member, lesson).await, [asked], "its member is not told");
    good(settle(&server, town.lecturer, lesson, question, "open").await).await;
    let answered = good(settle(&server, town.lecturer, lesson, question, "answered").await).await;
    assert!(answered["revision"].as_i64() > hidden["revision"].as_i64());
    let own = mine(&server, town.member, lesson).await;
    assert_eq!(own[0]["answered_at"], server.app.source.now());

    let unknown = json!({ "id": Uuid::nil() });
    assert_eq!(
        problem(settle(&server, town.lecturer, lesson, &unknown, "hidden").await).await.1,
        "not_found"
    );
    let foreign = settle(&server, town.lecturer, other, question, "hidden").await;
    assert_eq!(problem(foreign).await.1, "not_found", "a question of another lesson");
    let odd = settle(&server, town.lecturer, lesson, question, "gone").await;
    assert_eq!(problem(odd).await.1, "json_unexpected");
}

#[tokio::test]
async fn who_asks_too_much_is_told_and_nothing_is_lost() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    for (text, code) in [
        ("", "text_empty"),
        (" \u{3000}", "text_empty"),
        ("a\u{202E}b", "text_characters"),
        ("a\nb", "text_characters"),
    ] {
        let refused = problem(ask(&server, town.member, lesson, text).await).await;
        assert_eq!(refused, (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned()), "{text:?}");
    }
    let long = ask(&server, town.member, lesson, &"问".repeat(201)).await;
    assert_eq!(problem(long).await.1, "text_too_long");
    let first = good(ask(&server, town.member, lesson, &"问".repeat(200)).await).await;
    assert_eq!(first["at_ms"], Value::Null, "before the start there is no timeline");
    server.clock.advance(1_500);
    let soon = ask(&server, town.member, lesson, "又一个").await;
    assert_eq!(soon.headers()["retry-after"], "9");
    assert_eq!(problem(soon).await, (StatusCode::TOO_MANY_REQUESTS, "question_too_soon".to_owned()));
    for _ in 0..2 {
        server.clock.advance(A_WHILE_MS);
        good(ask(&server, town.member, lesson, "又一个").await).await;
    }
    server.clock.advance(A_WHILE_MS);
    let fourth = ask(&server, town.member, lesson, "第四个").await;
    assert_eq!(problem(fourth).await, (StatusCode::CONFLICT, "too_many_open_questions".to_owned()));
    good(settle(&server, town.lecturer, lesson, &first, "answered").await).await;
    good(ask(&server, town.member, lesson, "第四个").await).await;
    let foreign = ask(&server, town.foreign_member, lesson, "我也问").await;
    assert_eq!(problem(foreign).await, (StatusCode::FORBIDDEN, "not_invited".to_owned()));
}

#[tokio::test]
async fn a_note_is_for_staff_and_says_who_read_it() {
    let server = Server::empty().await;
    let town = server.town().await;
    let lesson = server.plan(&town).await;
    let path = format!("/api/console/lessons/{lesson}/notes");
    let write = async |user, text: &str| server.post(Some(user), &path, &json!({ "text": text })).await;
    assert_eq!(problem(write(town.organizer, " ").await).await.1, "text_empty");
    assert_eq!(problem(write(town.organizer, &"条".repeat(501)).await).await.1, "text_too_long");
    assert_eq!(problem(write(town.lecturer, "自己写").await).await.1, "not_allowed", "the lecturer reads");
    let written = good(write(town.organizer, "时间不多了\n请收尾").await).await;
    let note = &written["notes"][0];
    assert_eq!((&note["writer_name"], &note["read_at"]), (&json!("组织者"), &Value::Null));

    let seen = talk(&server, town.lecturer, lesson).await;
    assert_eq!(seen["notes"][0]["text"], "时间不多了\n请收尾");
    assert_eq!(seen["notes"], written["notes"], "it is the same for whoever looks");
    let read = format!("/api/studio/lessons/{lesson}/notes/{}/read", note["id"].as_str().expect("an id"));
    good(put(&server, town.lecturer, &read, &json!({})).await).await;
    let after = talk(&server, town.organizer, lesson).await;
    assert_eq!(after["notes"][0]["read_by"], "讲师");
    let absent = format!("/api/studio/lessons/{lesson}/notes/{}/read", Uuid::nil());
    assert_eq!(problem(put(&server, town.lecturer, &absent, &json!({})).await).await.1, "not_found");
    assert!(mine(&server, town.member, lesson).await.is_empty());
}

#[tokio::test]
async fn after_the_end_nobody_asks_and_what_was_asked_can_still_be_settled() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (lesson, _node) = live(&server, &town).await;
    let question = good(ask(&server, town.member, lesson, "来得及吗").await).await;
    server.clock.advance(A_WHILE_MS);
    go(&server, &town, lesson, "end").await;
    let late = ask(&server, town.member, lesson, "还有一个").await;
    assert_eq!(problem(late).await, (StatusCode::CONFLICT, "wrong_phase".to_owned()));
    let note = json!({ "text": "辛苦了" });
    let late =
        server.post(Some(town.organizer), &format!("/api/console/lessons/{lesson}/notes"), &note).await;
    assert_eq!(problem(late).await.1, "wrong_phase");
    good(settle(&server, town.lecturer, lesson, &question, "answered").await).await;
    assert!(mine(&server, town.member, lesson).await[0]["answered_at"].is_number());

    let replayed = ended(&server, &town).await;
    assert!(mine(&server, town.member, replayed).await.is_empty());

    let cancelled = server.plan(&town).await;
    let question = good(ask(&server, town.member, cancelled, "还上吗").await).await;
    let path = format!("/api/console/lessons/{cancelled}");
    let call = server.call_as(Some(town.organizer), Method::DELETE, &path).await;
    good(call.send().await.expect("answered")).await;
    assert_eq!(problem(ask(&server, town.member, cancelled, "还上吗").await).await.1, "not_invited");
    assert_eq!(problem(ask(&server, town.lecturer, cancelled, "还上吗").await).await.1, "wrong_phase");
    let settled = settle(&server, town.lecturer, cancelled, &question, "hidden").await;
    assert_eq!(problem(settled).await.1, "wrong_phase");
    assert_eq!(talk(&server, town.lecturer, cancelled).await["questions"][0]["text"], "还上吗");
}
