//! A media node, played by the test: it asks, tells and is ordered like the real one.

use std::time::Duration;

use axum::{Json, Router, routing::put};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};
use uuid::Uuid;
use yunke_protocol::{
    Gap, LessonSnapshot, Orders, Phase, Publisher, Snapshot, Tracks, Transport, VideoInfo, paths,
};

use crate::harness::{HOUR_MS, SECRET, Server, good, problem};

/// The played node.
pub(crate) struct Node<'a> {
    server: &'a Server,
    boot: Uuid,
    version: u64,
}

impl<'a> Node<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        Self { server, boot: server.app.source.id(), version: 0 }
    }

    async fn send(&self, path: &str, body: &Value) -> Response {
        self.server.call(Method::POST, path).bearer_auth(SECRET).json(body).send().await.expect("answered")
    }

    /// Asks whether a key may publish.
    pub(crate) async fn publish(&self, key: &str) -> Response {
        self.publish_by("rtmp", key).await
    }

    /// The same by another protocol.
    pub(crate) async fn publish_by(&self, transport: &str, key: &str) -> Response {
        self.send(paths::PUBLISH, &json!({ "node": "local", "transport": transport, "stream_key": key }))
            .await
    }

    /// Tells the next snapshot and returns the orders.
    pub(crate) async fn tell(&mut self, lessons: Vec<LessonSnapshot>) -> Orders {
        self.version += 1;
        let snapshot = Snapshot {
            node: "local".to_owned(),
            boot: self.boot,
            version: self.version,
            taken_at: self.server.app.source.now(),
            orders_version: 0,
            program_version: "0".to_owned(),
            lessons,
            replays: Some(Vec::new()),
        };
        let body = good(self.send(paths::SNAPSHOT, &json!(snapshot)).await).await;
        serde_json::from_value(body).expect("orders")
    }
}

/// A lesson on the node with a publisher that just sent something.
pub(crate) fn lesson(server: &Server, lesson: Uuid, phase: Phase) -> LessonSnapshot {
    let now = server.app.source.now();
    let video = VideoInfo {
        codec: "avc1.64001f".to_owned(),
        width: 1280,
        height: 720,
        fps_milli: 30_000,
        bitrate_bps: 1_800_000,
        key_interval_ms: 2000,
    };
    let publisher = Publisher {
        transport: Transport::Rtmp,
        connected_at: now,
        last_media_at: now,
        video: Some(video),
        audio: None,
        notes: Vec::new(),
    };
    LessonSnapshot {
        lesson,
        phase,
        publisher: Some(publisher),
        zero_at: None,
        edge_ms: None,
        gaps: Vec::new(),
        outage_since: None,
        replay_ready: false,
        refused: None,
        waiting_for: None,
        tracks: Some(Tracks { picture: true, sound: false, pictured: true }),
        deliveries: Vec::new(),
    }
}

/// A gap.
pub(crate) fn gap(from_ms: i64, to_ms: i64) -> Gap {
    Gap { from_ms, to_ms }
}

#[tokio::test]
async fn nobody_speaks_for_a_node_without_the_secret() {
    let server = Server::empty().await;
    for path in [paths::PUBLISH, paths::SNAPSHOT] {
        for secret in ["", "wrong", "a secret of at least sixteen character", SECRET.to_uppercase().as_str()]
        {
            let call = server.call(Method::POST, path).bearer_auth(secret).json(&json!({}));
            let answer = call.send().await.expect("answered");
            assert_eq!(problem(answer).await, (StatusCode::UNAUTHORIZED, "secret_wrong".to_owned()));
        }
    }
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_refused_with_a_reason() {
    let server = Server::empty().await;
    let town = server.town().await;
    let node = Node::new(&server);
    for key in ["", "wrong", &"x".repeat(10_000)] {
        let answer = node.publish(key).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let refusal: Value = answer.json().await.expect("a refusal");
        assert_eq!(refusal["code"], "wrong_key");
        assert!(refusal["message"].as_str().is_some_and(|message| message.contains("studio")));
    }
    let lesson = server.plan(&town).await;
    let key = yunke_server::lesson_run::new_key(&server.app, lesson, None).await.expect("a key");
    assert_eq!(node.publish(&key).await.status(), StatusCode::OK);
    let cancel =
        yunke_store::Cancel { lesson_id: lesson, actor_id: town.organizer, at: server.app.source.now() };
    server.app.store.cancel_lesson(cancel).await.expect("cancelled");
    let refusal: Value = node.publish(&key).await.json().await.expect("a refusal");
    assert_eq!(refusal["code"], "lesson_over");
}

#[tokio::test]
async fn a_new_key_goes_out_with_the_next_orders() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let mut node = Node::new(&server);
    let path = format!("/api/studio/lessons/{id}/key");
    let new_key = async || {
        let answer = good(server.post(Some(town.lecturer), &path, &json!({})).await).await;
        answer["key"].as_str().expect("a key").to_owned()
    };
    let first = new_key().await;
    let before = node.tell(vec![]).await;
    assert_eq!(good(node.publish(&first).await).await["lesson"]["key_version"], 1);
    assert_eq!(before.lessons[0].key_version, 1);
    let second = new_key().await;
    let after = node.tell(vec![]).await;
    assert_eq!((after.lessons[0].key_version, after.version > before.version), (2, true));
    assert_eq!(good(node.publish(&second).await).await["lesson"]["key_version"], 2);
    assert_eq!(node.publish(&first).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_lesson_far_from_its_start_is_ordered_while_somebody_publishes() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let mut node = Node::new(&server);
    let key = yunke_server::lesson_run::new_key(&server.app, id, None).await.expect("a key");
    assert_eq!(node.tell(vec![]).await.lessons.len(), 1);
    server.clock.advance(40 * 24 * HOUR_MS);
    assert_eq!(node.tell(vec![]).await.lessons, [], "nobody came");
    assert_eq!(node.publish(&key).await.status(), StatusCode::OK);
    let named = async |orders: Orders| {
        orders.lessons.iter().map(|order| (order.lesson, order.phase)).collect::<Vec<_>>()
    };
    let here = [(id, Phase::Rehearsal)];
    assert_eq!(named(node.tell(vec![]).await).await, here, "who was let in is not sent away again");
    server.clock.advance(5 * 60_000);
    assert_eq!(
        named(node.tell(vec![lesson(&server, id, Phase::Rehearsal)]).await).await,
        here,
        "nor who is there"
    );
    let empty = LessonSnapshot { publisher: None, ..lesson(&server, id, Phase::Rehearsal) };
    assert_eq!(named(node.tell(vec![empty]).await).await, []);
    node.publish(&key).await;
    let cancel = yunke_store::Cancel { lesson_id: id, actor_id: town.organizer, at: server.app.source.now() };
    server.app.store.cancel_lesson(cancel).await.expect("cancelled");
    assert_eq!(named(node.tell(vec![lesson(&server, id, Phase::Rehearsal)]).await).await, []);
}

#[tokio::test]
async fn a_revoked_key_is_gone_and_the_node_is_told() {
    let server = Server::empty().await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let mut node = Node::new(&server);
    let path = format!("/api/studio/lessons/{id}/key");
    let revoke = async || {
        let call = server.call_as(Some(town.lecturer), Method::DELETE, &path).await;
        call.send().await.expect("answered").status()
    };
    let answer = good(server.post(Some(town.lecturer), &path, &json!({})).await).await;
    assert_eq!(answer["srt_url"].as_str().map(|url| url.starts_with("srt://")), Some(true));
    assert_eq!((&answer["srt_passphrase"], answer["phone"]["size"].is_u64()), (&Value::Null, true));
    let key = answer["key"].as_str().expect("a key");
    assert_eq!(node.publish(key).await.status(), StatusCode::OK);
    assert_eq!(revoke().await, StatusCode::NO_CONTENT);
    assert_eq!(node.publish(key).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(node.tell(vec![]).await.lessons[0].key_version, 2, "who publishes with it is sent away");
    let view = good(server.get(Some(town.lecturer), &format!("/api/studio/lessons/{id}")).await).await;
    assert_eq!(view["key_set"], false);
    assert!(view["whip_url"].as_str().is_some_and(|url| url.ends_with("/whip")));
    let cancel = yunke_store::Cancel { lesson_id: id, actor_id: town.organizer, at: server.app.source.now() };
    server.app.store.cancel_lesson(cancel).await.expect("cancelled");
    assert_eq!(revoke().await, StatusCode::CONFLICT);
}

/// A node that only listens.
async fn listening() -> (String, mpsc::Receiver<Orders>) {
    let (heard, orders) = mpsc::channel(64);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let take = async move |Json(orders): Json<Orders>| {
        let _ = heard.send(orders).await;
        StatusCode::NO_CONTENT.as_u16().to_string()
    };
    let routes = Router::new().route(paths::ORDERS, put(take));
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, orders)
}

#[tokio::test]
async fn a_new_key_is_brought_to_the_node_at_once() {
    let (url, mut heard) = listening().await;
    let server = Server::with(|config| config.media.control_url = Some(url)).await;
    let town = server.town().await;
    let id = server.plan(&town).await;
    let path = format!("/api/studio/lessons/{id}/key");
    for version in 1..=3 {
        good(server.post(Some(town.lecturer), &path, &json!({})).await).await;
        let brought = async {
            loop {
                let orders = heard.recv().await.expect("the node listens");
                if orders.lessons.iter().any(|order| order.lesson == id && order.key_version == version) {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(2), brought).await.expect("within two seconds");
    }
}
