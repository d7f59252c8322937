//! The endpoint, with outlets that only write down what they are given.

use std::sync::{
    Mutex,
    atomic::{AtomicI64, Ordering},
};

use axum::{
    body::Body,
    http::{Request, header},
    response::Response,
};
use bytes::Bytes;
use tower::ServiceExt as _;
use yunke_protocol::{DeviceClass, LeaseKey};

use super::super::*;
use crate::{
    codec::{VideoConfig, h264::tests::RECORD_720P},
    live::{Audience, event::StreamStart},
    unit::{Frame, Track},
    webrtc::{
        signalling::{
            fragment::Credentials,
            line::{Line, PeerError, Pending, Restarted},
            offer::tests::OFFER,
        },
        subscriber::{Answered, Burst, Closed, News, Report},
    },
};

pub(super) const NOW: i64 = 1_800_000_000_000;
pub(super) const LESSON: Uuid = Uuid::from_u128(7);

/// What an outlet was given: track, RTP time, first sequence number, packets.
pub(super) type Sent = (Track, u32, u16, usize);

#[derive(Default)]
pub(super) struct Wires {
    pub(super) news: Mutex<Vec<mpsc::Sender<News>>>,
    pub(super) sent: Arc<Mutex<Vec<Sent>>>,
    pub(super) reports: Arc<Mutex<Vec<Report>>>,
    pub(super) closed: Arc<Mutex<usize>>,
}

pub(super) struct Wire(Arc<Wires>);

impl Outlets for Arc<Wires> {
    fn answer<'a>(&'a self, _: &'a Offer, _: &'a Chosen, news: mpsc::Sender<News>) -> Pending<'a, Answered> {
        self.news.lock().expect("whole").push(news);
        let outlet = Box::new(Wire(Arc::clone(self)));
        Box::pin(async { Ok(("v=0\r\n".to_owned(), outlet as Box<dyn Outlet>)) })
    }
}

impl Line for Wire {
    fn restart(&self, _: Credentials) -> Pending<'_, Result<Restarted, PeerError>> {
        let credentials = Credentials::new("ours", "oursoursoursoursoursours").expect("legal");
        Box::pin(async move { Ok(Restarted { credentials, candidates: Vec::new() }) })
    }

    fn close(&self) -> Pending<'_, ()> {
        *self.0.closed.lock().expect("whole") += 1;
        Box::pin(async {})
    }
}

impl Outlet for Wire {
    fn send<'a>(&'a self, burst: Burst<'a>) -> Pending<'a, Result<(), Closed>> {
        let sent = (burst.track, burst.timestamp, burst.sequence, burst.payloads.len());
        self.0.sent.lock().expect("whole").push(sent);
        Box::pin(async { Ok(()) })
    }

    fn report(&self, report: Report) -> Pending<'_, Result<(), Closed>> {
        self.0.reports.lock().expect("whole").push(report);
        Box::pin(async { Ok(()) })
    }
}

pub(super) struct One(Arc<Feed>);

impl Feeds for One {
    fn feed(&self, lesson: Uuid) -> Option<Arc<Feed>> {
        (lesson == LESSON).then(|| Arc::clone(&self.0))
    }
}

pub(super) struct Endpoint {
    pub(super) routes: axum::Router,
    pub(super) wires: Arc<Wires>,
    pub(super) feed: Arc<Feed>,
    pub(super) origin: Origin,
    pub(super) clock: Arc<AtomicI64>,
    pub(super) key: LeaseKey,
}

/// What a viewer has to connect here.
pub(super) const SETUP: Duration = Duration::from_millis(400);

/// What an edge proves itself with.
pub(super) const EDGE: &str = "the edge of this operator";

pub(super) fn endpoint(sessions: usize) -> Endpoint {
    let (key, clock) = (LeaseKey::derive(b"secret"), Arc::new(AtomicI64::new(NOW)));
    let hand = Arc::clone(&clock);
    let origin = Origin::behind(key.clone(), Arc::new(move || hand.load(Ordering::Relaxed)), EDGE);
    origin.open(
        LESSON,
        Audience::Members,
        StreamStart {
            stream: 1,
            first_msn: 0,
            discontinuities: 0,
            renditions: Vec::new(),
            part_target: Duration::from_millis(300),
        },
    );
    let (feed, wires) = (Arc::new(Feed::default()), Arc::new(Wires::default()));
    let limits = Limits { sessions, setup: SETUP };
    let stun = IceServer { url: "stun:a.example".to_owned(), username: None, credential: None };
    let feeds = Arc::new(One(Arc::clone(&feed)));
    let outlets = Arc::new(Arc::clone(&wires));
    let whep = Whep::new(origin.clone(), feeds, outlets, TaskTracker::new(), &[stun], limits);
    Endpoint { routes: router(Arc::new(whep)), wires, feed, origin, clock, key }
}

impl Endpoint {
    pub(super) fn lease(&self, purpose: Purpose, lesson: Uuid, expires_at: i64) -> String {
        let id = Uuid::from_u128(1);
        Lease { id, lesson, purpose, device: DeviceClass::Phone, expires_at, replay: None }.sign(&self.key)
    }

    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        self.routes.clone().oneshot(request).await.expect("infallible")
    }

    pub(super) async fn offer(&self, lease: &str, sdp: &str) -> Response {
        let path = format!("/whep/{lease}/{LESSON}");
        self.ask("POST", &path, &[("content-type", "application/sdp")], sdp).await
    }

    /// A good offer under a good lease.
    pub(super) async fn come(&self) -> Response {
        let lease = self.lease(Purpose::Watch, LESSON, NOW + 60_000);
        self.offer(&lease, &OFFER.replace("sendonly", "recvonly")).await
    }

    /// The same, as an edge passes it on.
    pub(super) async fn come_through_an_edge(&self) -> Response {
        let path = format!("/whep/{}/{LESSON}", self.lease(Purpose::Watch, LESSON, NOW + 60_000));
        let headers = [("content-type", "application/sdp"), ("x-yunke-edge", EDGE)];
        self.ask("POST", &path, &headers, &OFFER.replace("sendonly", "recvonly")).await
    }

    /// Connects who came, and sends two seconds of pictures.
    pub(super) async fn send_two_seconds(&self) {
        self.connect().await;
        self.until(|wires| !wires.sent.lock().expect("whole").is_empty()).await;
        for n in 1..=50 {
            self.picture(n, false);
        }
        self.until(|wires| wires.sent.lock().expect("whole").len() == 51).await;
    }

    /// What is told as delivered, on the lesson's timeline.
    pub(super) fn told(&self) -> Option<Vec<(i64, i64)>> {
        let told = self.origin.deliveries(LESSON, NOW - 1_000).pop();
        told.filter(|delivery| !delivery.behind_edge).map(|delivery| delivery.intervals)
    }

    pub(super) fn begin(&self, live: bool) {
        let config = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
        self.feed.begin(Some(config), None, live);
    }

    pub(super) fn picture(&self, n: i64, key: bool) {
        let data = Bytes::from_static(if key { &[0, 0, 0, 2, 0x65, 7] } else { &[0, 0, 0, 2, 0x41, 7] });
        let frame = Frame { track: Track::Video, dts_ms: 0, cts_ms: 0, key, data };
        self.feed.frame(&frame, (NOW + n * 40) * 1000);
    }

    /// Lets the tasks run until this is so.
    pub(super) async fn until(&self, so: impl Fn(&Wires) -> bool) {
        while !so(&self.wires) {
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn connect(&self) {
        let news = self.wires.news.lock().expect("whole").last().expect("a viewer").clone();
        news.send(News::Connected).await.expect("heard");
    }

    pub(super) async fn until_closed(&self) {
        self.until(|wires| *wires.closed.lock().expect("whole") == 1).await;
    }
}

/// Status, code, and whether it says when to come again.
pub(super) async fn told(response: Response) -> (u16, String, bool) {
    let retry = response.headers().contains_key(header::RETRY_AFTER);
    assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
    let body: serde_json::Value = serde_json::from_slice(&body).expect("a problem");
    (status, body["code"].as_str().expect("a code").to_owned(), retry)
}
