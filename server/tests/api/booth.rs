//! Publishing from the page: a pass beside the stream key.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use yunke_protocol::Phase;

use crate::{
    harness::{HOUR_MS, Server, good, problem},
    media_node::{Node, lesson as told},
};

async fn pass(server: &Server, user: uuid::Uuid, lesson: uuid::Uuid) -> Value {
    let path = format!("/api/studio/lessons/{lesson}/booth");
    good(server.post(Some(user), &path, &json!({})).await).await
}

async fn refused(answer: Response) -> String {
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let body: Value = answer.json().await.expect("a refusal");
    body["code"].as_str().expect("a code").to_owned()
}

#[tokio::test]
async fn the_booth_publishes_and_the_encoders_key_stays() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let mut node = Node::new(&server);
    let key = yunke_server::lesson_run::new_key(&server.app, id, None).await.expect("a key");
    let grant = pass(&server, town.lecturer, id).await;
    assert_eq!(grant["whip_url"], "http://127.0.0.1:8081/whip");
    assert_eq!(grant["expires_at"], server.app.source.now() + 12 * HOUR_MS);
    let token = grant["pass"].as_str().expect("a pass").to_owned();

    let admitted = good(node.publish_by("whip", &token).await).await;
    assert_eq!((&admitted["lesson"]["lesson"], &admitted["by_pass"]), (&json!(id), &json!(true)));
    let by_key = good(node.publish(&key).await).await;
    assert_eq!((&by_key["lesson"]["key_version"], &by_key["by_pass"]), (&json!(1), &json!(false)));
    assert_eq!(refused(node.publish_by("rtmp", &token).await).await, "wrong_key", "a page sends by WHIP");

    // A new key changes nothing for the pass, and orders go on naming the lesson.
    yunke_server::lesson_run::new_key(&server.app, id, None).await.expect("a key");
    good(node.publish_by("whip", &token).await).await;
    let orders = node.tell(vec![told(&server, id, Phase::Rehearsal)]).await;
    assert_eq!(orders.lessons[0].key_version, 2);
}

#[tokio::test]
async fn a_lesson_without_a_key_is_ordered_from_the_first_picture_to_the_replay() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let mut node = Node::new(&server);
    assert!(node.tell(vec![]).await.lessons.is_empty());
    let studio = |what: &str| format!("/api/studio/lessons/{id}{what}");
    let token = pass(&server, town.lecturer, id).await["pass"].as_str().expect("a pass").to_owned();
    let view = good(server.get(Some(town.lecturer), &studio("")).await).await;
    assert_eq!(view["key_set"], false, "no key was given out");
    let phase =
        |orders: yunke_protocol::Orders| orders.lessons.iter().map(|order| order.phase).collect::<Vec<_>>();
    assert_eq!(phase(node.tell(vec![told(&server, id, Phase::Rehearsal)]).await), [Phase::Rehearsal]);
    good(server.post(Some(town.lecturer), &studio("/start"), &json!({})).await).await;
    assert_eq!(phase(node.tell(vec![told(&server, id, Phase::Live)]).await), [Phase::Live]);
    good(node.publish_by("whip", &token).await).await;
    good(server.post(Some(town.lecturer), &studio("/end"), &json!({})).await).await;
    assert_eq!(phase(node.tell(vec![]).await), [Phase::Ended], "until the recording is complete");
    assert_eq!(refused(node.publish_by("whip", &token).await).await, "lesson_over");
    let again = server.post(Some(town.lecturer), &studio("/booth"), &json!({})).await;
    assert_eq!(problem(again).await, (StatusCode::CONFLICT, "wrong_phase".to_owned()));
}

#[tokio::test]
async fn a_pass_is_good_for_its_lesson_its_time_and_who_may_still_run_it() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let node = Node::new(&server);
    let token = pass(&server, town.lecturer, id).await["pass"].as_str().expect("a pass").to_owned();
    let altered = format!("{}{}", if token.starts_with('A') { 'B' } else { 'A' }, &token[1..]);
    assert_eq!(refused(node.publish_by("whip", &altered).await).await, "wrong_key");
    // The lesson is given to somebody else: the pass of the one before opens nothing.
    let change = json!({ "lecturer_id": town.other_lecturer });
    let path = format!("/api/console/lessons/{id}");
    let call = server.call_as(Some(town.organizer), reqwest::Method::PATCH, &path).await;
    good(call.json(&change).send().await.expect("answered")).await;
    assert_eq!(refused(node.publish_by("whip", &token).await).await, "wrong_key");
    let mine = pass(&server, town.organizer, id).await["pass"].as_str().expect("a pass").to_owned();
    good(node.publish_by("whip", &mine).await).await;
    server.clock.advance(12 * HOUR_MS);
    assert_eq!(refused(node.publish_by("whip", &mine).await).await, "wrong_key");
}
