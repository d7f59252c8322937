//! A media node, played by the test: it asks, tells and is ordered like the real one.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;
use yunke_protocol::{Gap, LessonSnapshot, Orders, Phase, Publisher, Snapshot, Transport, VideoInfo, paths};

use crate::harness::{SECRET, Server, good, problem};

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
        self.send(paths::PUBLISH, &json!({ "node": "local", "transport": "rtmp", "stream_key": key })).await
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
