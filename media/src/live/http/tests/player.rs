//! An origin with a stream in it, and players that ask it.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use uuid::Uuid;
use yunke_protocol::{DeviceClass, Lease, LeaseKey, Purpose};

use crate::live::{
    Audience, LiveHandle, Origin,
    event::{Event, Format, Init, Part, Rendition, StreamStart},
    http::{answer::Answer as Answered, request::answer},
};

pub(super) const LESSON: Uuid = Uuid::from_u128(9);
pub(super) const NOW: i64 = 1_795_311_792_000;

pub(super) fn key() -> LeaseKey {
    LeaseKey::derive(b"a secret of the tests")
}

pub(super) fn origin() -> Origin {
    Origin::new(key(), Arc::new(|| NOW))
}

pub(super) fn lease(purpose: Purpose) -> Lease {
    let (id, device) = (Uuid::from_u128(7), DeviceClass::Phone);
    Lease { id, lesson: LESSON, purpose, device, expires_at: NOW + 60_000, replay: None }
}

pub(super) fn watch(file: &str) -> String {
    format!("/live/{}/{LESSON}/{file}", lease(Purpose::Watch).sign(&key()))
}

pub(super) fn preview(file: &str) -> String {
    format!("/live/{}/{LESSON}/{file}", lease(Purpose::Preview).sign(&key()))
}

pub(super) fn start(stream: u64, first_msn: u64) -> StreamStart {
    StreamStart {
        stream,
        first_msn,
        discontinuities: 0,
        renditions: vec![Rendition::Video, Rendition::Audio],
        part_target: Duration::from_millis(300),
    }
}

/// Begins a stream with whole segments of 7 parts of 286 ms in both renditions.
pub(super) fn begin(origin: &Origin, audience: Audience, start: StreamStart, segments: u64) -> LiveHandle {
    let handle = origin.open(LESSON, audience, start);
    fill(&handle, segments);
    handle
}

/// Initialization sections and whole segments.
pub(super) fn fill(handle: &LiveHandle, segments: u64) {
    let video = Format::Video { codec: "avc1.64001f".into(), width: 640, height: 360, fps_milli: 30_000 };
    let audio = Format::Audio { codec: "mp4a.40.2".into(), rate: 48_000, channels: 2 };
    for (rendition, format) in [(Rendition::Video, video), (Rendition::Audio, audio)] {
        handle.push(Event::Init(rendition, Init { bytes: Bytes::from_static(b"init"), format }));
    }
    for n in 0..segments * 7 {
        push(handle, n);
    }
}

/// The n-th part of both renditions.
pub(super) fn push(handle: &LiveHandle, n: u64) {
    for rendition in [Rendition::Video, Rendition::Audio] {
        let part = Part {
            bytes: body(rendition, n),
            duration: Duration::from_millis(286),
            pdt: NOW + i64::try_from(n).expect("small") * 286,
            independent: true,
            segment: n / 7,
            last_of_segment: n % 7 == 6,
        };
        handle.push(Event::Part(rendition, part));
    }
}

pub(super) fn body(rendition: Rendition, n: u64) -> Bytes {
    Bytes::from(format!("{} part {n:04}", rendition.name()))
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    pub(super) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub(super) fn code(&self) -> String {
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json");
        let problem: serde_json::Value = serde_json::from_slice(&self.body).expect("JSON");
        assert_eq!(problem["status"], self.status.as_u16());
        problem["code"].as_str().expect("a code").to_owned()
    }
}

pub(super) async fn respond(origin: &Origin, request: Request<Body>) -> Response {
    let answered = answer(origin, &request);
    drop(request);
    match answered {
        Answered::Now(response) => response,
        Answered::Later(response) => response.await,
    }
}

pub(super) async fn send(origin: &Origin, request: Request<Body>) -> Answer {
    let (parts, body) = respond(origin, request).await.into_parts();
    assert_eq!(parts.headers["access-control-allow-origin"], "*", "every answer may be read by any page");
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    Answer { status: parts.status, headers: parts.headers, body }
}

pub(super) fn get(origin: &Origin, path: &str) -> impl Future<Output = Answer> + Send + use<> {
    let (origin, request) = (origin.clone(), Request::get(path).body(Body::empty()).expect("a request"));
    async move { send(&origin, request).await }
}

pub(super) async fn get_with(origin: &Origin, path: &str, name: header::HeaderName, value: &str) -> Answer {
    send(origin, Request::get(path).header(name, value).body(Body::empty()).expect("a request")).await
}

pub(super) async fn until_waiting(origin: &Origin, readers: usize) {
    let reached = async {
        while origin.waiting() != readers {
            tokio::task::yield_now().await;
        }
    };
    let began = std::time::Instant::now();
    tokio::select! {
        () = reached => {}
        () = async { while began.elapsed() < Duration::from_secs(10) { tokio::task::yield_now().await } } => {
            panic!("{} readers wait, not {readers}", origin.waiting());
        }
    }
}
