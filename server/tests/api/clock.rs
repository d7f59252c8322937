//! The wall clock of the machine is set: everything goes on, and the server's clock is put right when nothing is measured by it.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_protocol::Phase;
use yunke_server::clock_watch::look;

use crate::{
    harness::{HOUR_MS, NOW, PASSWORD, Server, good, problem},
    media_node::{Node, lesson},
};

/// Longer than the server waits for whoever may be watching.
const QUIET_MS: i64 = 4 * 60_000;

async fn sign_in(server: &Server, number: u32) -> StatusCode {
    let who = json!({ "phone": Server::phone(number), "password": PASSWORD });
    server.post(None, "/api/session", &who).await.status()
}

/// Looks twice: the second time the wall clock has settled.
async fn look_twice(server: &Server) -> bool {
    let mut seen = None;
    assert!(!look(&server.app, &mut seen).await.expect("looked"), "it may still be being set");
    look(&server.app, &mut seen).await.expect("looked")
}

async fn hand_in(server: &Server, town: &crate::harness::Town, id: Uuid, lease: &Value) -> reqwest::Response {
    let beat = json!({ "seq": 1, "state": "paused", "cause": "pause", "source": "live", "mode": "video",
        "from_ms": 0, "to_ms": 0, "rate_milli": 1000, "visible": true, "gesture": false, "client_ms": 1 });
    let batch = json!({ "lease": lease["lease"], "beats": [beat] });
    server.post(Some(town.member), &format!("/api/lessons/{id}/beats"), &batch).await
}

#[tokio::test]
async fn whatever_the_wall_clock_is_set_to_people_stay_and_come() {
    let server = Server::with(|config| config.auth.attempts_per_phone = 2).await;
    let town = server.town().await;
    let session = server.session(town.member).await;
    for step in [-45_000, -8 * HOUR_MS, 9 * HOUR_MS, 400 * 24 * HOUR_MS, -600 * 24 * HOUR_MS] {
        server.clock.step(step);
        server.clock.advance(1_000);
        let me = server.call(Method::GET, "/api/me").header(header::COOKIE, &session);
        let answer = me.send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::OK, "{step}");
        assert_eq!(sign_in(&server, 5).await, StatusCode::OK, "{step}");
    }
    assert_eq!(server.app.source.now(), NOW + 5_000);
    let date = server.get(None, "/health/live").await.headers()[header::DATE].clone();
    assert_eq!(date, "Fri, 15 Jan 2027 08:00:05 GMT", "pages set their clocks by it");
}

#[tokio::test]
async fn the_clock_is_put_right_when_nobody_teaches_or_learns() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let session = server.session(town.member).await;
    let mut node = Node::new(&server);
    server.clock.step(-8 * HOUR_MS);
    node.tell(vec![]).await;
    assert!(!look_twice(&server).await, "who watched before the server began may still be heard of");
    server.clock.advance(QUIET_MS);
    node.tell(vec![lesson(&server, id, Phase::Rehearsal)]).await;
    assert!(!look_twice(&server).await, "somebody publishes");
    node.tell(vec![]).await;
    let lease = good(
        server
            .post(Some(town.member), &format!("/api/lessons/{id}/leases"), &json!({ "device": "phone" }))
            .await,
    )
    .await;
    good(hand_in(&server, &town, id, &lease).await).await;
    assert!(!look_twice(&server).await, "somebody is there");

    server.clock.advance(QUIET_MS);
    node.tell(vec![]).await;
    let before = server.app.source.now();
    assert!(look_twice(&server).await);
    assert_eq!(server.app.source.now(), before - 8 * HOUR_MS);
    assert_eq!(server.app.source.now(), server.app.source.wall());
    assert!(!look_twice(&server).await, "it is right now");
    assert!(server.app.media.is_up(server.app.source.now()), "what the node told is as young as before");
    assert_eq!(node.tell(vec![]).await.clock, Some(server.app.source.server_clock()), "nodes go by it");
    let me = server.call(Method::GET, "/api/me").header(header::COOKIE, &session);
    assert_eq!(me.send().await.expect("answered").status(), StatusCode::OK);
    // A lease from what is the future now would earn nothing for eight hours: the page gets another one.
    assert_eq!(problem(hand_in(&server, &town, id, &lease).await).await.1, "lease_expired");
    let path = format!("/api/lessons/{id}/leases");
    let another = good(server.post(Some(town.member), &path, &json!({ "device": "phone" })).await).await;
    good(hand_in(&server, &town, id, &another).await).await;
    let runs = server.app.store.runs(i64::MIN, i64::MAX).await.expect("read");
    assert_eq!(runs.len(), 2, "one run with two clocks");
    assert!(runs.iter().all(|run| run.id == server.app.run_id));
}

#[tokio::test]
async fn dates_are_by_the_wall_clock_and_leases_last_a_time() {
    let server = Server::empty().await;
    let town = server.town().await;
    // The machine began in the past; the wall clock was corrected a moment ago.
    server.clock.step(300 * 24 * HOUR_MS);
    let starts = server.app.source.wall() + HOUR_MS;
    let plan = json!({ "title": "课程", "summary": "", "lecturer_id": town.lecturer, "unit_id": town.station.id,
        "audience": [town.station.id], "planned_start_at": starts, "planned_end_at": starts + HOUR_MS });
    let planned = good(server.post(Some(town.organizer), "/api/console/lessons", &plan).await).await;
    let id = planned["id"].as_str().expect("an id");
    let home = good(server.get(Some(town.member), "/api/home").await).await;
    assert_eq!(home["today"][0]["id"], id);
    let path = format!("/api/lessons/{id}/leases");
    let lease = good(server.post(Some(town.member), &path, &json!({ "device": "phone" })).await).await;
    let lasts = lease["expires_at"].as_i64().expect("a time") - server.app.source.now();
    assert!((HOUR_MS..=12 * HOUR_MS).contains(&lasts), "{lasts}");
}
