//! The endpoint without WebRTC and without a server behind it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
    response::Response,
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;
use yunke_protocol::{IceServer, Transport};

use super::{Limits, Whip, router};
use crate::{
    ingest::{Gate, Inlet, Refusal, RefusalKind},
    unit::Unit,
    webrtc::{
        publisher::{Answered, Peer, Peers, Wire},
        rtp::Again,
        signalling::{
            fragment::Credentials,
            line::{Line, PeerError, Pending, Restarted},
            offer::{Offer, tests::OFFER},
        },
    },
};

const KEY: &str = "good-key";
const FRESH: &str = "a=ice-ufrag:NEWU\r\na=ice-pwd:newnewnewnewnewnewnewnew\r\n";

#[derive(Default)]
struct Door {
    seated: Arc<AtomicUsize>,
}

struct Seat(Arc<AtomicUsize>, CancellationToken);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Inlet for Seat {
    fn push(&mut self, _: Unit) -> Result<Duration, Refusal> {
        Ok(Duration::ZERO)
    }

    fn revoked(&self) -> CancellationToken {
        self.1.clone()
    }

    fn close_reason(&self) -> Refusal {
        Refusal::denied("over")
    }
}

impl Gate for Door {
    type Inlet = Seat;

    async fn open(&self, transport: Transport, key: String) -> Result<Seat, Refusal> {
        assert_eq!(transport, Transport::Whip);
        let refused = |kind| Err(Refusal { kind, reason: "because".to_owned() });
        match key.as_str() {
            KEY => {
                self.seated.fetch_add(1, Ordering::SeqCst);
                Ok(Seat(Arc::clone(&self.seated), CancellationToken::new()))
            }
            "taken" => refused(RefusalKind::Denied),
            "later" => refused(RefusalKind::Later),
            _ => refused(RefusalKind::WrongKey),
        }
    }
}

#[derive(Default)]
struct Others {
    /// A restart fails.
    stubborn: Arc<AtomicBool>,
    /// What peers hear is kept open here.
    wires: std::sync::Mutex<Vec<mpsc::Sender<Wire>>>,
}

struct Other(Arc<AtomicBool>);

impl Peers for Others {
    fn answer<'a>(&'a self, _: &'a Offer, wire: mpsc::Sender<Wire>) -> Pending<'a, Answered> {
        self.wires.lock().expect("whole").push(wire);
        let peer = Box::new(Other(Arc::clone(&self.stubborn)));
        Box::pin(async { Ok(("v=0\r\n".to_owned(), peer as Box<dyn Peer>)) })
    }
}

impl Peer for Other {
    fn ask_key_frame(&self) -> Pending<'_, ()> {
        Box::pin(async {})
    }

    fn ask_again(&self, _: Again) -> Pending<'_, ()> {
        Box::pin(async {})
    }
}

impl Line for Other {
    fn restart(&self, _: Credentials) -> Pending<'_, Result<Restarted, PeerError>> {
        let fails = self.0.load(Ordering::SeqCst);
        Box::pin(async move {
            let credentials = Credentials::new("ours", "oursoursoursoursoursours").expect("legal");
            if fails { Err(PeerError::Here) } else { Ok(Restarted { credentials, candidates: Vec::new() }) }
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        Box::pin(async {})
    }
}

struct Endpoint {
    routes: axum::Router,
    others: Arc<Others>,
    seated: Arc<AtomicUsize>,
}

fn endpoint(sessions: usize) -> Endpoint {
    let (door, others) = (Arc::new(Door::default()), Arc::new(Others::default()));
    let seated = Arc::clone(&door.seated);
    let turn = IceServer {
        url: "turn:a.example".to_owned(),
        username: Some("u".to_owned()),
        credential: Some("c".to_owned()),
    };
    let limits = Limits { sessions, setup: Duration::from_millis(400), idle: Duration::from_millis(400) };
    let peers: Arc<dyn Peers> = Arc::clone(&others) as _;
    let whip = Whip::new(door, peers, TaskTracker::new(), &[turn], limits);
    Endpoint { routes: router(Arc::new(whip)), others, seated }
}

impl Endpoint {
    async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(header::HeaderName, &str)],
        body: &str,
    ) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        self.routes.clone().oneshot(request).await.expect("infallible")
    }

    async fn post(&self, key: &str) -> Response {
        let bearer = format!("Bearer {key}");
        let headers = [(header::CONTENT_TYPE, "application/sdp"), (header::AUTHORIZATION, bearer.as_str())];
        self.ask("POST", "/whip", &headers, OFFER).await
    }

    async fn patch(&self, path: &str, tag: &str, body: &str) -> Response {
        let kind = "application/trickle-ice-sdpfrag";
        self.ask("PATCH", path, &[(header::CONTENT_TYPE, kind), (header::IF_MATCH, tag)], body).await
    }

    /// Waits until nobody has the seat.
    async fn until_free(&self) {
        while self.seated.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until nobody knows the session any more.
    async fn until_unknown(&self, path: &str, tag: &str) {
        while self.patch(path, tag, "a=end-of-candidates\r\n").await.status() != StatusCode::NOT_FOUND {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A session: its address and tag.
    async fn session(&self) -> (String, String) {
        let response = self.post(KEY).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        (text(&response, &header::LOCATION), text(&response, &header::ETAG))
    }
}

fn text(response: &Response, name: &header::HeaderName) -> String {
    response.headers().get(name).expect("there").to_str().expect("text").to_owned()
}

#[tokio::test]
async fn an_answer_has_all_that_the_rfc_wants() {
    let endpoint = endpoint(2);
    let response = endpoint.post(KEY).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(text(&response, &header::CONTENT_TYPE), "application/sdp");
    assert!(text(&response, &header::LOCATION).starts_with("/whip/"));
    assert!(text(&response, &header::LINK).contains("rel=\"ice-server\""));
    assert_eq!(text(&response, &header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
}

#[tokio::test]
async fn refusals_have_their_status_and_when_to_come_again() {
    let endpoint = endpoint(1);
    assert_eq!(endpoint.post("wrong").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(endpoint.post("taken").await.status(), StatusCode::CONFLICT);
    assert_eq!(endpoint.post("later").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    endpoint.session().await;
    let full = endpoint.post(KEY).await;
    assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(full.headers().contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn a_restart_that_fails_leaves_the_session_as_it_was() {
    let endpoint = endpoint(1);
    let (path, tag) = endpoint.session().await;
    endpoint.others.stubborn.store(true, Ordering::SeqCst);
    assert_eq!(endpoint.patch(&path, "*", FRESH).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(endpoint.patch(&path, &tag, "a=end-of-candidates\r\n").await.status(), StatusCode::NO_CONTENT);
    endpoint.others.stubborn.store(false, Ordering::SeqCst);
    let restarted = endpoint.patch(&path, &tag, FRESH).await;
    assert_eq!(restarted.status(), StatusCode::OK);
    assert_eq!(
        endpoint.patch(&path, &tag, FRESH).await.status(),
        StatusCode::PRECONDITION_FAILED,
        "the tag is old"
    );
    let tag = text(&restarted, &header::ETAG);
    assert_eq!(
        endpoint.patch(&path, &tag, FRESH).await.status(),
        StatusCode::NO_CONTENT,
        "nothing new in it"
    );
}

#[tokio::test]
async fn the_end_frees_the_seat_and_the_place() {
    let endpoint = endpoint(1);
    let (path, _) = endpoint.session().await;
    assert_eq!(endpoint.seated.load(Ordering::SeqCst), 1);
    let other = [(header::AUTHORIZATION, "Bearer other")];
    assert_eq!(endpoint.ask("DELETE", &path, &other, "").await.status(), StatusCode::NOT_FOUND);
    let own = [(header::AUTHORIZATION, "Bearer good-key"), (header::IF_MATCH, "\"whatever\"")];
    assert_eq!(endpoint.ask("DELETE", &path, &own, "").await.status(), StatusCode::OK);
    assert_eq!(endpoint.ask("DELETE", &path, &own, "").await.status(), StatusCode::NOT_FOUND);
    endpoint.until_free().await;
    endpoint.session().await;
}

#[tokio::test]
async fn a_session_that_is_never_connected_is_given_up() {
    let endpoint = endpoint(1);
    let (path, tag) = endpoint.session().await;
    endpoint.until_free().await;
    endpoint.until_unknown(&path, &tag).await;
}

#[tokio::test]
async fn a_publisher_that_falls_silent_or_goes_is_gone() {
    let endpoint = endpoint(1);
    let (path, tag) = endpoint.session().await;
    let wire = endpoint.others.wires.lock().expect("whole").pop().expect("a peer");
    wire.send(Wire::Connected).await.expect("heard");
    endpoint.until_free().await;
    endpoint.until_unknown(&path, &tag).await;
    let (path, tag) = endpoint.session().await;
    let wire = endpoint.others.wires.lock().expect("whole").pop().expect("a peer");
    wire.send(Wire::Gone).await.expect("heard");
    endpoint.until_free().await;
    endpoint.until_unknown(&path, &tag).await;
}
