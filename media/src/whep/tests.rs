//! The endpoint without WebRTC.

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

use super::*;
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

const NOW: i64 = 1_800_000_000_000;
const LESSON: Uuid = Uuid::from_u128(7);

/// What an outlet was given: track, RTP time, first sequence number, packets.
type Sent = (Track, u32, u16, usize);

#[derive(Default)]
struct Wires {
    news: Mutex<Vec<mpsc::Sender<News>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
    reports: Arc<Mutex<Vec<Report>>>,
    closed: Arc<Mutex<usize>>,
}

struct Wire(Arc<Wires>);

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

struct One(Arc<Feed>);

impl Feeds for One {
    fn feed(&self, lesson: Uuid) -> Option<Arc<Feed>> {
        (lesson == LESSON).then(|| Arc::clone(&self.0))
    }
}

struct Endpoint {
    routes: axum::Router,
    wires: Arc<Wires>,
    feed: Arc<Feed>,
    origin: Origin,
    clock: Arc<AtomicI64>,
    key: LeaseKey,
}

/// What a viewer has to connect here.
const SETUP: Duration = Duration::from_millis(400);

/// What an edge proves itself with.
const EDGE: &str = "the edge of this operator";

fn endpoint(sessions: usize) -> Endpoint {
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
    fn lease(&self, purpose: Purpose, lesson: Uuid, expires_at: i64) -> String {
        let id = Uuid::from_u128(1);
        Lease { id, lesson, purpose, device: DeviceClass::Phone, expires_at, replay: None }.sign(&self.key)
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        self.routes.clone().oneshot(request).await.expect("infallible")
    }

    async fn offer(&self, lease: &str, sdp: &str) -> Response {
        let path = format!("/whep/{lease}/{LESSON}");
        self.ask("POST", &path, &[("content-type", "application/sdp")], sdp).await
    }

    /// A good offer under a good lease.
    async fn come(&self) -> Response {
        let lease = self.lease(Purpose::Watch, LESSON, NOW + 60_000);
        self.offer(&lease, &OFFER.replace("sendonly", "recvonly")).await
    }

    /// The same, as an edge passes it on.
    async fn come_through_an_edge(&self) -> Response {
        let path = format!("/whep/{}/{LESSON}", self.lease(Purpose::Watch, LESSON, NOW + 60_000));
        let headers = [("content-type", "application/sdp"), ("x-yunke-edge", EDGE)];
        self.ask("POST", &path, &headers, &OFFER.replace("sendonly", "recvonly")).await
    }

    /// Connects who came, and sends two seconds of pictures.
    async fn send_two_seconds(&self) {
        self.connect().await;
        self.until(|wires| !wires.sent.lock().expect("whole").is_empty()).await;
        for n in 1..=50 {
            self.picture(n, false);
        }
        self.until(|wires| wires.sent.lock().expect("whole").len() == 51).await;
    }

    /// What is told as delivered, on the lesson's timeline.
    fn told(&self) -> Option<Vec<(i64, i64)>> {
        let told = self.origin.deliveries(LESSON, NOW - 1_000).pop();
        told.filter(|delivery| !delivery.behind_edge).map(|delivery| delivery.intervals)
    }

    fn begin(&self, live: bool) {
        let config = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
        self.feed.begin(Some(config), None, live);
    }

    fn picture(&self, n: i64, key: bool) {
        let data = Bytes::from_static(if key { &[0, 0, 0, 2, 0x65, 7] } else { &[0, 0, 0, 2, 0x41, 7] });
        let frame = Frame { track: Track::Video, dts_ms: 0, cts_ms: 0, key, data };
        self.feed.frame(&frame, (NOW + n * 40) * 1000);
    }

    /// Lets the tasks run until this is so.
    async fn until(&self, so: impl Fn(&Wires) -> bool) {
        while !so(&self.wires) {
            tokio::task::yield_now().await;
        }
    }

    async fn connect(&self) {
        let news = self.wires.news.lock().expect("whole").last().expect("a viewer").clone();
        news.send(News::Connected).await.expect("heard");
    }

    async fn until_closed(&self) {
        self.until(|wires| *wires.closed.lock().expect("whole") == 1).await;
    }
}

/// Status, code, and whether it says when to come again.
async fn told(response: Response) -> (u16, String, bool) {
    let retry = response.headers().contains_key(header::RETRY_AFTER);
    assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
    let body: serde_json::Value = serde_json::from_slice(&body).expect("a problem");
    (status, body["code"].as_str().expect("a code").to_owned(), retry)
}

#[tokio::test]
async fn refusals_have_their_status_code_and_when_to_come_again() {
    let endpoint = endpoint(1);
    let is = |status: u16, code: &str, retry| (status, code.to_owned(), retry);
    assert_eq!(told(endpoint.come().await).await, is(409, "no_publisher", true));
    endpoint.begin(false);
    assert_eq!(told(endpoint.come().await).await, is(409, "no_publisher", true), "a rehearsal");
    endpoint.begin(true);
    endpoint.feed.reordered(true);
    assert_eq!(told(endpoint.come().await).await, is(409, "not_for_webrtc", false));
    endpoint.feed.reordered(false);

    let offer = OFFER.replace("sendonly", "recvonly");
    let lease = |lesson, expires_at| endpoint.lease(Purpose::Watch, lesson, expires_at);
    let expired = endpoint.offer(&lease(LESSON, NOW - 1_000), &offer).await;
    assert_eq!(told(expired).await, is(403, "lease_expired", false));
    let other = endpoint.offer(&lease(Uuid::from_u128(8), NOW + 60_000), &offer).await;
    assert_eq!(told(other).await, is(403, "lease_other_lesson", false));
    assert_eq!(told(endpoint.offer("nonsense", &offer).await).await, is(403, "lease_invalid", false));

    let good = lease(LESSON, NOW + 60_000);
    let vp8 = offer.replace("H264", "VP9");
    assert_eq!(told(endpoint.offer(&good, &vp8).await).await, is(406, "offer_not_playable", false));
    let single = offer.replace("packetization-mode=1", "packetization-mode=0");
    assert_eq!(told(endpoint.offer(&good, &single).await).await, is(406, "offer_not_playable", false));
    assert_eq!(told(endpoint.offer(&good, OFFER).await).await, is(406, "offer_not_playable", false));
    assert_eq!(told(endpoint.offer(&good, "hello").await).await, is(400, "offer_malformed", false));
    let path = format!("/whep/{good}/{LESSON}");
    let text = endpoint.ask("POST", &path, &[("content-type", "text/plain")], &offer).await;
    assert_eq!(told(text).await, is(415, "content_type", false));

    assert_eq!(endpoint.come().await.status(), StatusCode::CREATED);
    assert_eq!(told(endpoint.come().await).await, is(503, "full", true), "not connected, but it counts");
}

#[tokio::test]
async fn a_preview_sees_the_rehearsal() {
    let endpoint = endpoint(1);
    endpoint.begin(false);
    let lease = endpoint.lease(Purpose::Preview, LESSON, NOW + 60_000);
    let response = endpoint.offer(&lease, &OFFER.replace("sendonly", "recvonly")).await;
    assert_eq!(response.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn a_session_follows_the_rules_of_whip() {
    let endpoint = endpoint(1);
    endpoint.begin(true);
    let response = endpoint.come().await;
    let text = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
    let (session, tag) = (text("location"), text("etag"));
    assert!(session.starts_with("/whep/") && text("link").contains("rel=\"ice-server\""));
    let fragment = [("content-type", "application/trickle-ice-sdpfrag"), ("if-match", tag.as_str())];
    let patched = endpoint.ask("PATCH", &session, &fragment, "a=end-of-candidates\r\n").await;
    assert_eq!(patched.status(), StatusCode::NO_CONTENT);
    let fresh = "a=ice-ufrag:NEWU\r\na=ice-pwd:newnewnewnewnewnewnewnew\r\n";
    let restarted = endpoint.ask("PATCH", &session, &fragment, fresh).await;
    assert_eq!(restarted.status(), StatusCode::OK);
    assert_ne!(restarted.headers()[header::ETAG], tag.as_str());
    assert_eq!(endpoint.ask("OPTIONS", &session, &[], "").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(endpoint.ask("DELETE", &session, &[], "").await.status(), StatusCode::OK);
    endpoint.until_closed().await;
    assert_eq!(endpoint.ask("DELETE", &session, &[], "").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_connects_gets_the_picture_at_once_and_then_an_unbroken_count() {
    let endpoint = endpoint(1);
    endpoint.begin(true);
    for n in 0..5 {
        endpoint.picture(n, n == 0);
    }
    assert_eq!(endpoint.come().await.status(), StatusCode::CREATED);
    tokio::task::yield_now().await;
    assert!(endpoint.wires.sent.lock().expect("whole").is_empty(), "nothing is sent before it is connected");
    endpoint.connect().await;
    endpoint.until(|wires| wires.sent.lock().expect("whole").len() == 5).await;
    endpoint.picture(5, false);
    // The publisher is away for a minute, and comes back.
    endpoint.feed.pause();
    endpoint.begin(true);
    endpoint.picture(1_505, true);
    endpoint.until(|wires| wires.sent.lock().expect("whole").len() == 7).await;
    let sent = endpoint.wires.sent.lock().expect("whole").clone();
    for pair in sent.windows(2) {
        let packets = u16::try_from(pair[0].3).expect("few");
        assert_eq!(pair[1].2, pair[0].2.wrapping_add(packets), "the count goes on");
    }
    let times: Vec<u32> = sent.windows(2).map(|pair| pair[1].1.wrapping_sub(pair[0].1)).collect();
    assert_eq!(times, [90, 90, 90, 90, 3_600, 1_500 * 3_600], "caught up at once, then as it was taken");
    let report = endpoint.wires.reports.lock().expect("whole")[0];
    let at = u32::try_from((NOW * 90) & 0xffff_ffff).expect("masked");
    assert_eq!((report.utc_us, report.timestamp), (NOW * 1000, at), "UTC is what the playlist says");
}

#[tokio::test]
async fn what_was_sent_is_told_as_delivered() {
    let endpoint = endpoint(1);
    endpoint.begin(true);
    endpoint.picture(0, true);
    endpoint.come().await;
    endpoint.send_two_seconds().await;
    endpoint.until(|_| endpoint.told() == Some(vec![(1_000, 3_000)])).await;
}

#[tokio::test]
async fn behind_an_edge_nothing_is_told_as_what_the_lease_fetches_by_hls_is_not_seen_either() {
    let endpoint = endpoint(1);
    endpoint.begin(true);
    endpoint.picture(0, true);
    endpoint.come_through_an_edge().await;
    endpoint.send_two_seconds().await;
    // The last of it is told when the session ends.
    endpoint.feed.end();
    endpoint.until_closed().await;
    let told = endpoint.origin.deliveries(LESSON, NOW - 1_000).remove(0);
    assert!(told.behind_edge && told.intervals.is_empty());
}

#[tokio::test]
async fn who_is_too_far_behind_goes_on_at_a_key_frame() {
    let endpoint = endpoint(1);
    endpoint.begin(true);
    endpoint.picture(0, true);
    endpoint.come().await;
    endpoint.connect().await;
    endpoint.until(|wires| !wires.sent.lock().expect("whole").is_empty()).await;
    // The task does not come to it for a while.
    for n in 1..400 {
        endpoint.picture(n, n == 390);
    }
    let after = u32::try_from(((NOW + 390 * 40) * 90) & 0xffff_ffff).expect("masked");
    endpoint.until(|wires| wires.sent.lock().expect("whole").len() == 1 + 10).await;
    assert_eq!(endpoint.wires.sent.lock().expect("whole")[1].1, after);
    assert!(endpoint.feed.take_key_frame_request(), "and asks for one");
}

#[tokio::test]
async fn the_end_of_the_lesson_of_the_lease_and_of_the_viewer_closes_the_connection() {
    for end in 0..4 {
        let endpoint = endpoint(1);
        endpoint.begin(true);
        endpoint.picture(0, true);
        // Leases are good for whole seconds; of this one 300 ms are left.
        endpoint.clock.store(if end == 1 { NOW + 59_700 } else { NOW }, Ordering::Relaxed);
        assert_eq!(endpoint.come().await.status(), StatusCode::CREATED);
        let news = endpoint.wires.news.lock().expect("whole")[0].clone();
        news.send(News::Connected).await.expect("heard");
        endpoint.until(|wires| !wires.sent.lock().expect("whole").is_empty()).await;
        match end {
            0 => endpoint.feed.end(),
            1 => {}
            2 => news.send(News::Gone).await.expect("heard"),
            _ => endpoint.feed.reordered(true),
        }
        endpoint.until_closed().await;
        endpoint.clock.store(NOW, Ordering::Relaxed);
        endpoint.feed.reordered(false);
        let again = endpoint.come().await.status();
        let wanted = if end == 0 { StatusCode::CONFLICT } else { StatusCode::CREATED };
        assert_eq!(again, wanted, "{end}: its endpoint is free");
    }
}

#[tokio::test]
async fn a_lease_has_three_sessions_and_the_oldest_goes_for_a_fourth() {
    let endpoint = endpoint(4);
    endpoint.begin(true);
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let response = endpoint.come().await;
        assert_eq!(response.status(), StatusCode::CREATED);
        sessions.push(response.headers()[header::LOCATION].to_str().expect("text").to_owned());
    }
    endpoint.until_closed().await;
    assert_eq!(endpoint.ask("DELETE", &sessions[0], &[], "").await.status(), StatusCode::NOT_FOUND);
    // One that left makes room: nobody has to go.
    assert_eq!(endpoint.ask("DELETE", &sessions[2], &[], "").await.status(), StatusCode::OK);
    endpoint.until(|wires| *wires.closed.lock().expect("whole") == 2).await;
    sessions[2] = endpoint.come().await.headers()[header::LOCATION].to_str().expect("text").to_owned();
    for session in &sessions[1..] {
        assert_eq!(endpoint.ask("DELETE", session, &[], "").await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_viewer_that_never_connects_is_given_up() {
    let endpoint = endpoint(1);
    endpoint.begin(true);
    assert_eq!(endpoint.come().await.status(), StatusCode::CREATED);
    assert_eq!(endpoint.come().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    endpoint.until_closed().await;
    assert_eq!(endpoint.come().await.status(), StatusCode::CREATED);
}
