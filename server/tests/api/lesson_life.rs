//! A lesson from its first picture to its replay, as the lecturer, the members and the node see it.

use reqwest::StatusCode;
use serde_json::{Value, json};
use yunke_protocol::{Lease, Phase, Purpose};

use crate::{
    harness::{HOUR_MS, Server, good, problem},
    media_node::{Node, gap, lesson as told},
};

#[tokio::test]
async fn a_lesson_goes_from_the_first_picture_to_the_replay() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let mut node = Node::new(&server);
    let studio = |what: &str| format!("/api/studio/lessons/{id}{what}");
    let (lecturer, member) = (Some(town.lecturer), Some(town.member));
    let post = async |who, path: &str| server.post(who, path, &json!({})).await;

    // Nothing can start before media is there, and before something arrives.
    assert_eq!(problem(post(lecturer, &studio("/start")).await).await.1, "media_unavailable");
    node.tell(vec![]).await;
    assert_eq!(problem(post(lecturer, &studio("/start")).await).await.1, "no_picture");

    // The key is shown once, opens the lesson, and a new one replaces it.
    let first = good(post(lecturer, &studio("/key")).await).await["key"].as_str().expect("a key").to_owned();
    let key = good(post(lecturer, &studio("/key")).await).await["key"].as_str().expect("a key").to_owned();
    assert_eq!(node.publish(&first).await.status(), StatusCode::FORBIDDEN);
    let grant = good(node.publish(&key).await).await;
    assert_eq!(grant["lesson"]["phase"], "rehearsal");

    // Rehearsal: the lecturer sees the picture, members nothing.
    let orders = node.tell(vec![told(&server, id, Phase::Rehearsal)]).await;
    assert_eq!((orders.lessons.len(), orders.lessons[0].phase), (1, Phase::Rehearsal));
    let view = good(server.get(lecturer, &studio("")).await).await;
    assert_eq!(view["publisher"]["video"]["width"], 1280);
    let preview = good(post(lecturer, &studio("/preview")).await).await;
    assert!(preview["live_url"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:8081/live/")));
    let detail = async || good(server.get(member, &format!("/api/lessons/{id}")).await).await;
    assert_eq!(
        (detail().await["on_air"].clone(), detail().await["zero_at"].clone()),
        (json!("waiting"), Value::Null)
    );

    // Start: once, whoever presses how often.
    assert_eq!(good(post(lecturer, &studio("/start")).await).await["lesson"]["phase"], "live");
    good(post(lecturer, &studio("/start")).await).await;
    let zero = server.app.source.now() + 700;
    let mut live = told(&server, id, Phase::Live);
    (live.zero_at, live.edge_ms) = (Some(zero), Some(0));
    let before = node.tell(vec![live.clone()]).await;
    assert_eq!(before.lessons[0].phase, Phase::Live);
    let after = node.tell(vec![live.clone()]).await;
    assert_eq!(after.lessons[0].zero_at, Some(zero), "a restarted node goes on from what is stored");
    assert_eq!(after.version, before.version, "nothing changed between the two");
    assert_eq!(detail().await["on_air"], "on_air");

    // The lecturer drops and returns.
    server.clock.advance(60_000);
    live = told(&server, id, Phase::Live);
    (live.zero_at, live.edge_ms, live.outage_since) =
        (Some(zero), Some(58_000), Some(server.app.source.now()));
    live.publisher = None;
    node.tell(vec![live.clone()]).await;
    assert_eq!(detail().await["on_air"], "lecturer_away");
    live = told(&server, id, Phase::Live);
    (live.zero_at, live.edge_ms, live.gaps) = (Some(zero), Some(64_000), vec![gap(58_000, 63_000)]);
    node.tell(vec![live.clone()]).await;
    assert_eq!(detail().await["gaps"], json!([{ "from_ms": 58_000, "to_ms": 63_000 }]));

    // End: the replay is there with the node's next word.
    assert_eq!(good(post(lecturer, &studio("/end")).await).await["lesson"]["phase"], "ended");
    live.phase = Phase::Ended;
    (live.edge_ms, live.replay_ready, live.publisher) = (Some(65_000), true, None);
    assert_eq!(node.tell(vec![live.clone()]).await.lessons.len(), 0, "nothing is left to do");
    let ended = detail().await;
    assert_eq!((&ended["length_ms"], &ended["replay_ready"]), (&json!(65_000), &json!(true)));
    let lease =
        good(server.post(member, &format!("/api/lessons/{id}/leases"), &json!({ "device": "phone" })).await)
            .await;
    assert!(lease["replay_url"].as_str().is_some_and(|url| url.contains("/replay/")));
    assert_eq!(lease["live_url"], Value::Null);
    assert_eq!(lease["whep_url"], Value::Null);
    assert_eq!(problem(post(lecturer, &studio("/key")).await).await.1, "wrong_phase");
}

#[tokio::test]
async fn a_lease_is_kept_and_signed_for_one_lesson() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let path = format!("/api/lessons/{id}/leases");
    let answer = good(server.post(Some(town.member), &path, &json!({ "device": "tablet" })).await).await;
    let token = answer["lease"].as_str().expect("a token");
    let now = server.app.source.now();
    let lease = Lease::verify(token, &server.app.lease_key, now).expect("genuine");
    assert_eq!((lease.lesson, lease.purpose), (id, Purpose::Watch));
    assert!(lease.expires_at >= now + 2 * HOUR_MS);
    let address = answer["live_url"].as_str().expect("the one it will have when it begins");
    assert!(address.ends_with(&format!("/live/{token}/{id}/index.m3u8")), "{address}");
    assert_eq!(answer["whep_url"], Value::Null, "only where the lesson asks for it");
    assert_eq!(answer["replay_url"], Value::Null);
    let row = server.app.store.lease(lease.id).await.expect("asked").expect("kept");
    assert_eq!((row.user_id, row.branch_id), (town.member, Some(town.branch.id)));
    assert_eq!((row.issued_at, row.expires_at), (now, lease.expires_at));
    for body in [json!({}), json!({ "device": "toaster" }), json!({ "device": "phone", "user": 1 })] {
        let answer = server.post(Some(town.member), &path, &body).await;
        assert_eq!(problem(answer).await.1, "json_unexpected");
    }
    let foreign = server.post(Some(town.foreign_member), &path, &json!({ "device": "phone" })).await;
    assert_eq!(problem(foreign).await, (StatusCode::FORBIDDEN, "not_invited".to_owned()));
}

#[tokio::test]
async fn a_node_that_falls_silent_is_away_and_the_api_goes_on() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let mut node = Node::new(&server);
    node.tell(vec![told(&server, id, Phase::Rehearsal)]).await;
    good(server.post(Some(town.lecturer), &format!("/api/studio/lessons/{id}/start"), &json!({})).await)
        .await;
    let mut live = told(&server, id, Phase::Live);
    live.zero_at = Some(server.app.source.now());
    node.tell(vec![live]).await;
    server.clock.advance(10_000);
    let detail = good(server.get(Some(town.member), &format!("/api/lessons/{id}")).await).await;
    assert_eq!((&detail["on_air"], &detail["phase"]), (&json!("lecturer_away"), &json!("live")));
    let health = good(server.get(None, "/health").await).await;
    assert_eq!(health["status"], "degraded");
}
