//! The stand-in server.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse as _, routing::post};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use uuid::Uuid;
use yunke_protocol::{
    LessonOrder, LessonSnapshot, Orders, Phase, PublishGrant, PublishRefusal, PublishRequest, RefusalCode,
    Snapshot, paths,
};

use super::tools::PATIENCE;

pub(crate) const SECRET: &str = "a-secret-for-tests-only";
pub(crate) const KEY: &str = "good-key";

/// What the stand-in server wants and has heard.
#[derive(Debug)]
struct Desk {
    version: u64,
    order: LessonOrder,
    key: String,
    heard: Option<Snapshot>,
    answers: bool,
    revoked: Vec<Uuid>,
}

/// The stand-in server: one lesson, one key.
pub(crate) struct Server {
    desk: Arc<Mutex<Desk>>,
    pub(super) url: String,
    pub(crate) lesson: Uuid,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let lesson = Uuid::now_v7();
        let order =
            LessonOrder { lesson, phase: Phase::Rehearsal, key_version: 1, zero_at: None, gaps: Vec::new() };
        let desk = Arc::new(Mutex::new(Desk {
            version: 1,
            order,
            key: KEY.to_owned(),
            heard: None,
            answers: true,
            revoked: Vec::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let routes = Router::new()
            .route(paths::PUBLISH, post(publish))
            .route(paths::SNAPSHOT, post(snapshot))
            .with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { desk, url, lesson }
    }

    pub(crate) fn order(&self, phase: Phase) {
        let mut desk = self.desk.lock().expect("whole");
        desk.order.phase = phase;
        desk.version += 1;
    }

    /// Another stream key from now on.
    pub(crate) fn rotate(&self, key: &str) {
        let mut desk = self.desk.lock().expect("whole");
        key.clone_into(&mut desk.key);
        desk.order.key_version += 1;
        desk.version += 1;
    }

    pub(super) fn orders(&self) -> Orders {
        let desk = self.desk.lock().expect("whole");
        Orders {
            version: desk.version,
            clock: None,
            lessons: vec![desk.order.clone()],
            revoked: desk.revoked.clone(),
        }
    }

    /// Nothing more is served under this lease.
    pub(crate) fn revoke(&self, lease: Uuid) {
        let mut desk = self.desk.lock().expect("whole");
        desk.revoked.push(lease);
        desk.version += 1;
    }

    /// Whether it answers, or fails like one that is being restarted.
    pub(crate) fn answer(&self, answers: bool) {
        self.desk.lock().expect("whole").answers = answers;
    }

    pub(crate) fn heard(&self) -> Option<LessonSnapshot> {
        let desk = self.desk.lock().expect("whole");
        desk.heard.as_ref()?.lessons.iter().find(|lesson| lesson.lesson == self.lesson).cloned()
    }

    /// The last snapshot.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        self.desk.lock().expect("whole").heard.clone()
    }

    /// Waits until what was heard of the lesson is as it should be.
    pub(crate) async fn until(&self, what: &str, is: impl Fn(&LessonSnapshot) -> bool) -> LessonSnapshot {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let heard = self.heard();
            if let Some(lesson) = heard.as_ref().filter(|lesson| is(lesson)) {
                return lesson.clone();
            }
            assert!(Instant::now() < deadline, "waited in vain until {what}; heard {heard:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

type Shared = State<Arc<Mutex<Desk>>>;

async fn publish(State(desk): Shared, Json(request): Json<PublishRequest>) -> axum::response::Response {
    let desk = desk.lock().expect("whole");
    if !desk.answers {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    } else if request.stream_key == desk.key {
        Json(PublishGrant { lesson: desk.order.clone(), by_pass: false }).into_response()
    } else {
        let message = "this stream key belongs to no lesson".to_owned();
        (StatusCode::FORBIDDEN, Json(PublishRefusal { code: RefusalCode::WrongKey, message })).into_response()
    }
}

async fn snapshot(State(desk): Shared, Json(heard): Json<Snapshot>) -> axum::response::Response {
    let mut desk = desk.lock().expect("whole");
    if !desk.answers {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if let Some(lesson) = heard.lessons.iter().find(|lesson| lesson.lesson == desk.order.lesson) {
        desk.order.zero_at = desk.order.zero_at.or(lesson.zero_at);
        if !lesson.gaps.is_empty() {
            desk.order.gaps.clone_from(&lesson.gaps);
        }
    }
    desk.heard = Some(heard);
    Json(Orders {
        version: desk.version,
        clock: None,
        lessons: vec![desk.order.clone()],
        revoked: desk.revoked.clone(),
    })
    .into_response()
}
