//! Editing a replay: what is shown, to whom, and chapters.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_protocol::{Lease, Phase, Stretch};

use crate::{
    harness::{Server, Town, good, problem},
    media_node::{Node, lesson as told},
};

/// Length of the lessons of these tests.
pub(crate) const LENGTH_MS: i64 = 60_000;

pub(crate) async fn put(server: &Server, user: Uuid, path: &str, body: &Value) -> Response {
    server.call_as(Some(user), Method::PUT, path).await.json(body).send().await.expect("answered")
}

pub(crate) async fn go(server: &Server, town: &Town, id: Uuid, what: &str) {
    let path = format!("/api/studio/lessons/{id}/{what}");
    good(server.post(Some(town.lecturer), &path, &json!({})).await).await;
}

/// A lesson that is live since now.
pub(crate) async fn live<'a>(server: &'a Server, town: &Town) -> (Uuid, Node<'a>) {
    let id = server.plan(town).await;
    let mut node = Node::new(server);
    go(server, town, id, "booth").await;
    node.tell(vec![told(server, id, Phase::Rehearsal)]).await;
    go(server, town, id, "start").await;
    let mut live = told(server, id, Phase::Live);
    (live.zero_at, live.edge_ms) = (Some(server.app.source.now()), Some(0));
    node.tell(vec![live]).await;
    (id, node)
}

/// A lesson of a minute that is over, with its replay.
pub(crate) async fn ended(server: &Server, town: &Town) -> Uuid {
    let (id, mut node) = live(server, town).await;
    let zero = server.app.source.now();
    server.clock.advance(LENGTH_MS);
    go(server, town, id, "end").await;
    let mut over = told(server, id, Phase::Ended);
    (over.zero_at, over.edge_ms, over.replay_ready, over.publisher) =
        (Some(zero), Some(LENGTH_MS), true, None);
    node.tell(vec![over]).await;
    id
}

#[tokio::test]
async fn a_trim_is_checked_kept_and_taken_back() {
    let server = Server::empty().await;
    let town = server.town().await;
    let planned = server.plan(&town).await;
    let trim_of = |id: Uuid| format!("/api/studio/lessons/{id}/replay/trim");
    let early = put(&server, town.lecturer, &trim_of(planned), &json!({ "in_ms": 0, "out_ms": null })).await;
    assert_eq!(problem(early).await, (StatusCode::CONFLICT, "wrong_phase".to_owned()));
    let id = ended(&server, &town).await;
    for (body, code, field) in [
        (json!({ "in_ms": 9_000, "out_ms": 9_000 }), "trim_wrong", "out_ms"),
        (json!({ "in_ms": 9_000, "out_ms": 8_000 }), "trim_wrong", "out_ms"),
        (json!({ "in_ms": 0, "out_ms": 60_001 }), "trim_wrong", "out_ms"),
        (json!({ "in_ms": -1, "out_ms": null }), "trim_wrong", "in_ms"),
        (json!({ "in_ms": 60_000, "out_ms": null }), "trim_wrong", "in_ms"),
        (json!({ "in_ms": i64::MAX, "out_ms": i64::MAX }), "trim_wrong", "in_ms"),
        (json!({ "in_ms": i64::MIN, "out_ms": i64::MIN }), "trim_wrong", "in_ms"),
    ] {
        let answer = put(&server, town.lecturer, &trim_of(id), &body).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        let answer: Value = answer.json().await.expect("a problem");
        assert_eq!((&answer["code"], &answer["field"]), (&json!(code), &json!(field)), "{body}");
    }
    for body in [json!({ "in_ms": 0.5, "out_ms": null }), json!({ "out_ms": 5_000 }), json!({ "in_ms": "1" })]
    {
        let answer = put(&server, town.lecturer, &trim_of(id), &body).await;
        assert_eq!(problem(answer).await.1, "json_unexpected", "{body}");
    }
    let nan = server.call_as(Some(town.lecturer), Method::PUT, &trim_of(id)).await;
    let nan = nan.header("content-type", "application/json").body(r#"{"in_ms":NaN,"out_ms":null}"#);
    assert_eq!(problem(nan.send().await.expect("answered")).await.1, "json_broken");

    let cut = json!({ "in_ms": 5_000, "out_ms": 50_000 });
    let view = good(put(&server, town.organizer, &trim_of(id), &cut).await).await;
    assert_eq!(
        (&view["in_ms"], &view["out_ms"], &view["length_ms"]),
        (&json!(5_000), &json!(50_000), &json!(LENGTH_MS))
    );
    let seen = good(server.get(Some(town.member), &format!("/api/lessons/{id}/replay")).await).await;
    assert_eq!((&seen["in_ms"], &seen["out_ms"]), (&json!(5_000), &json!(50_000)));
    let whole = json!({ "in_ms": 0, "out_ms": LENGTH_MS });
    let view = good(put(&server, town.lecturer, &trim_of(id), &whole).await).await;
    assert_eq!((&view["in_ms"], &view["out_ms"]), (&json!(0), &Value::Null), "the end is no cut");
    let lesson = server.app.store.lesson(id).await.expect("read").expect("there");
    assert_eq!(lesson.edits.len(), 2, "versions are kept");
}

#[tokio::test]
async fn chapters_are_added_live_by_hand_and_from_slides() {
    let server = Server::empty().await;
    let town = server.town().await;
    let planned = server.plan(&town).await;
    let of = |id: Uuid| format!("/api/studio/lessons/{id}/chapters");
    let add = async |id: Uuid, body: Value| server.post(Some(town.lecturer), &of(id), &body).await;
    assert_eq!(problem(add(planned, json!({ "title": "一" })).await).await.1, "wrong_phase");
    let (id, _node) = live(&server, &town).await;
    server.clock.advance(10_000);
    let first = good(add(id, json!({ "title": " 第一章 " })).await).await;
    assert_eq!(
        (&first["at_ms"], &first["title"], &first["from_slides"]),
        (&json!(10_000), &json!("第一章"), &json!(false))
    );
    assert_eq!(
        problem(add(id, json!({ "title": "又" })).await).await,
        (StatusCode::CONFLICT, "chapter_there".to_owned())
    );

    // Turning three pages at once is one chapter, and one by hand stays where it is.
    for page in [2, 3, 4] {
        server.clock.advance(1_000);
        good(add(id, json!({ "title": format!("第 {page} 页"), "from_slides": true })).await).await;
    }
    let list = async |user: Uuid| {
        let view = good(server.get(Some(user), &format!("/api/lessons/{id}/replay")).await).await;
        let chapters = view["chapters"].as_array().expect("a list").clone();
        chapters
            .iter()
            .map(|c| (c["at_ms"].as_i64().expect("a figure"), c["title"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(list(town.member).await, [(10_000, json!("第一章")), (13_000, json!("第 4 页"))]);

    for (body, code) in [
        (json!({ "title": "远", "at_ms": 13_001 }), "position_outside"),
        (json!({ "title": "前", "at_ms": -1 }), "position_outside"),
        (json!({ "title": "" }), "text_empty"),
        (json!({ "title": "长".repeat(300) }), "text_too_long"),
        (json!({ "title": "\u{202E}反" }), "text_characters"),
        (json!({ "at_ms": 1 }), "json_unexpected"),
        (json!({ "title": "x", "at_ms": 1.5 }), "json_unexpected"),
    ] {
        assert_eq!(problem(add(id, body.clone()).await).await.1, code, "{body}");
    }

    let chapter = format!("{}/{}", of(id), first["id"].as_str().expect("an id"));
    let call = async |method, path: &str, body: Value| {
        let call = server.call_as(Some(town.lecturer), method, path).await;
        call.json(&body).send().await.expect("answered")
    };
    let there = call(Method::PATCH, &chapter, json!({ "at_ms": 13_000 })).await;
    assert_eq!(problem(there).await.1, "chapter_there");
    let moved = good(call(Method::PATCH, &chapter, json!({ "title": "改", "at_ms": 500 })).await).await;
    assert_eq!((&moved[0]["title"], &moved[0]["at_ms"]), (&json!("改"), &json!(500)));
    // The chapter of one lesson is not another's.
    let foreign = chapter.replace(&id.to_string(), &ended(&server, &town).await.to_string());
    assert_eq!(problem(call(Method::DELETE, &foreign, json!({})).await).await.1, "not_found");
    assert_eq!(good(call(Method::DELETE, &chapter, json!({})).await).await.as_array().map(Vec::len), Some(1));
    assert_eq!(problem(call(Method::DELETE, &chapter, json!({})).await).await.1, "not_found");
}

#[tokio::test]
async fn members_see_the_chapters_of_what_is_shown() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = ended(&server, &town).await;
    for at_ms in [0, 10_000, 30_000, LENGTH_MS] {
        let body = json!({ "title": format!("{at_ms}"), "at_ms": at_ms });
        good(server.post(Some(town.lecturer), &format!("/api/studio/lessons/{id}/chapters"), &body).await)
            .await;
    }
    let without = json!({ "title": "now" });
    let answer =
        server.post(Some(town.lecturer), &format!("/api/studio/lessons/{id}/chapters"), &without).await;
    assert_eq!(problem(answer).await.1, "position_outside");
    let studio = |what: &str| format!("/api/studio/lessons/{id}/replay/{what}");
    good(put(&server, town.lecturer, &studio("trim"), &json!({ "in_ms": 10_000, "out_ms": 30_000 })).await)
        .await;
    let count = async |user| {
        let view = good(server.get(Some(user), &format!("/api/lessons/{id}/replay")).await).await;
        view["chapters"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((count(town.member).await, count(town.lecturer).await), (1, 4));
    good(put(&server, town.lecturer, &studio("hidden"), &json!({ "hidden": true })).await).await;
    assert_eq!((count(town.member).await, count(town.lecturer).await), (0, 4));
}

async fn lease(server: &Server, user: Uuid, id: Uuid) -> Response {
    server.post(Some(user), &format!("/api/lessons/{id}/leases"), &json!({ "device": "phone" })).await
}

#[tokio::test]
async fn a_lease_opens_what_is_shown_and_one_from_before_the_end_no_replay() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (running, _node) = live(&server, &town).await;
    let verify = |grant: &Value| {
        let token = grant["lease"].as_str().expect("a token");
        Lease::verify(token, &server.app.lease_key, server.app.source.now()).expect("genuine")
    };
    let before = good(lease(&server, town.member, running).await).await;
    assert_eq!((verify(&before).replay, &before["replay_url"]), (None, &Value::Null));
    let id = ended(&server, &town).await;
    let whole = good(lease(&server, town.member, id).await).await;
    assert_eq!(verify(&whole).replay, Some(Stretch::WHOLE));
    assert_eq!((&whole["replay_in_ms"], &whole["replay_out_ms"]), (&json!(0), &Value::Null));
    let cut = json!({ "in_ms": 5_000, "out_ms": 50_000 });
    good(put(&server, town.lecturer, &format!("/api/studio/lessons/{id}/replay/trim"), &cut).await).await;
    let after = good(lease(&server, town.member, id).await).await;
    assert_eq!(verify(&after).replay, Some(Stretch::new(5_000, Some(50_000))));
    assert_eq!((&after["replay_in_ms"], &after["replay_out_ms"]), (&json!(5_000), &json!(50_000)));
    let address = after["replay_url"].as_str().expect("an address");
    assert!(address.ends_with(&format!("/{id}/5000-50000/index.m3u8")), "{address}");
    // Staff edit with the whole in sight.
    let preview =
        server.post(Some(town.lecturer), &format!("/api/studio/lessons/{id}/preview"), &json!({})).await;
    let preview = good(preview).await;
    assert!(preview["replay_url"].as_str().is_some_and(|url| url.contains("/0-/index.m3u8")), "{preview}");
}

#[tokio::test]
async fn a_hidden_replay_is_for_staff_and_what_was_learned_stays() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = ended(&server, &town).await;
    let hidden = format!("/api/studio/lessons/{id}/replay/hidden");
    let home = async || {
        let home = good(server.get(Some(town.member), "/api/home").await).await;
        home["replays"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(home().await, 1);
    assert_eq!(
        good(put(&server, town.lecturer, &hidden, &json!({ "hidden": true })).await).await["hidden"],
        true
    );
    assert_eq!(
        problem(lease(&server, town.member, id).await).await,
        (StatusCode::FORBIDDEN, "replay_hidden".to_owned())
    );
    good(lease(&server, town.lecturer, id).await).await;
    good(lease(&server, town.organizer, id).await).await;
    assert_eq!(home().await, 0);
    let detail = good(server.get(Some(town.member), &format!("/api/lessons/{id}")).await).await;
    assert_eq!((&detail["replay_hidden"], &detail["may"]["watch"]), (&json!(true), &json!(true)));
    good(put(&server, town.lecturer, &hidden, &json!({ "hidden": false })).await).await;
    good(lease(&server, town.member, id).await).await;
    assert_eq!(home().await, 1);
}

#[tokio::test]
async fn a_trim_changes_what_is_needed_in_every_place_at_once() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = ended(&server, &town).await;
    let grant = good(lease(&server, town.member, id).await).await;
    // Half a minute of the replay, from 10 s to 40 s.
    let path = format!("/api/lessons/{id}/beats");
    for (seq, from) in [(1, 10_000), (2, 25_000)] {
        server.clock.advance(15_000);
        let beat = json!({
            "seq": seq, "state": "playing", "cause": "tick", "source": "replay", "mode": "video", "from_ms": from,
            "to_ms": from + 15_000, "rate_milli": 1_000, "visible": true, "gesture": seq == 1, "client_ms": seq,
        });
        let batch = json!({ "lease": grant["lease"], "beats": [beat] });
        let answer = good(server.post(Some(town.member), &path, &batch).await).await;
        assert_eq!(answer["refused"], json!([]));
    }
    let progress = async || {
        let live = good(server.get(Some(town.member), &format!("/api/lessons/{id}/progress")).await).await;
        let records = good(server.get(Some(town.member), "/api/me/records").await).await;
        assert_eq!(live, records["items"][0]["progress"], "the room and the record agree");
        let rows = server.get(Some(town.organizer), &format!("/api/console/lessons/{id}/attendance")).await;
        assert_eq!(good(rows).await["rows"][0]["credit"], live["credit"]);
        (
            live["credit"].as_str().expect("a word").to_owned(),
            live["counted_ms"].clone(),
            live["lesson_ms"].clone(),
        )
    };
    let trim = async |cut: Value| {
        let path = format!("/api/studio/lessons/{id}/replay/trim");
        good(put(&server, town.lecturer, &path, &cut).await).await;
        server.clock.advance(11 * 60_000);
    };
    assert_eq!(progress().await, ("half".to_owned(), json!(30_000), json!(60_000)));
    trim(json!({ "in_ms": 10_000, "out_ms": 40_000 })).await;
    assert_eq!(progress().await, ("full".to_owned(), json!(30_000), json!(30_000)));
    // Less is shown now, and then all of it again: what was full stays full.
    trim(json!({ "in_ms": 45_000, "out_ms": null })).await;
    assert_eq!(progress().await.0, "full");
    trim(json!({ "in_ms": 0, "out_ms": null })).await;
    assert_eq!(progress().await.0, "full");
}
