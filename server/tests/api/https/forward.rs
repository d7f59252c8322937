//! Media at the origin of the pages, with a media node that the test plays.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::BodyExt as _;
use hyper::{HeaderMap, Method, StatusCode, header};
use tokio::{net::TcpListener, sync::mpsc};

use super::{
    peer::{self, H1, H2},
    server,
};

type OneAsked = (Method, String, HeaderMap, Bytes);

/// What the node was asked.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<OneAsked>>>);

/// Answers what the path wants.
async fn node(State(asked): State<Asked>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let path = head.uri.to_string();
    // The server itself sends its orders, too.
    if head.headers.contains_key(header::RANGE) {
        asked.0.lock().expect("free").push((head.method, path.clone(), head.headers, body));
    }
    if path.contains("/drip") {
        // One piece now, and the rest never.
        let (send, receive) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
        send.send(Ok(Bytes::from_static(b"first"))).await.expect("taken");
        #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
        tokio::spawn(async move {
            send.closed().await;
            asked.0.lock().expect("free").push((
                Method::TRACE,
                "gone".to_owned(),
                HeaderMap::new(),
                Bytes::new(),
            ));
        });
        let pieces =
            stream::unfold(receive, |mut receive| async move { Some((receive.recv().await?, receive)) });
        return Body::from_stream(pieces).into_response();
    }
    let status = if path.contains("part") { StatusCode::PARTIAL_CONTENT } else { StatusCode::CREATED };
    let headers = [
        ("content-range", "bytes 0-3/10"),
        ("access-control-allow-origin", "*"),
        ("location", "/whip/session"),
        ("connection", "x-only-here"),
        ("x-only-here", "1"),
        ("cache-control", "max-age=3"),
    ];
    (status, headers, "四").into_response()
}

async fn play_node(server: &crate::harness::Server) -> Asked {
    let asked = Asked::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(node).with_state(asked.clone());
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    server.app.media.set_control(Some(url));
    asked
}

#[tokio::test]
async fn what_is_asked_of_media_goes_to_the_node_as_it_is_and_what_neighbours_say_does_not() {
    let (server, _authority, peer) = server().await;
    let asked = play_node(&server).await;
    let said = [
        (header::RANGE, "bytes=0-3"),
        (header::AUTHORIZATION, "Bearer a-stream-key"),
        (header::COOKIE, "__Host-yunke_session=t"),
        (header::VIA, "1.1 a cache"),
        (header::HeaderName::from_static("x-forwarded-for"), "203.0.113.7"),
        (header::HeaderName::from_static("x-yunke-own-tls"), "1"),
        (header::IF_NONE_MATCH, "\"v1\""),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    for version in [H2, H1] {
        let mut line = peer.connect(version).await;
        for (method, path, body) in [
            (Method::GET, "/live/lease/lesson/part1.m4s?_HLS_msn=3&_HLS_part=1", ""),
            (Method::GET, "/replay/lease/lesson/0-/part.m4s", ""),
            (Method::GET, "/file/pass/part.mp4", ""),
            (Method::POST, "/whip", "an offer"),
            (Method::PATCH, "/fill/pass", "a piece"),
            (Method::DELETE, "/whep/session", ""),
        ] {
            let answer = line.ask(method.clone(), path, &said, Bytes::from_static(body.as_bytes())).await;
            let part = path.contains("part");
            assert_eq!(
                answer.status(),
                if part { StatusCode::PARTIAL_CONTENT } else { StatusCode::CREATED },
                "{path}"
            );
            let headers = answer.headers();
            assert_eq!(headers[header::CONTENT_RANGE], "bytes 0-3/10");
            assert_eq!(headers[header::CACHE_CONTROL], "max-age=3");
            assert_eq!(headers[header::LOCATION], "/whip/session");
            assert!(
                !headers.contains_key("x-only-here")
                    && !headers.contains_key(header::CONTENT_SECURITY_POLICY)
            );
            assert_eq!(peer::body(answer).await, "四");
            let (had, seen, headers, sent) = asked.0.lock().expect("free").pop().expect("asked");
            assert_eq!((had, seen.as_str(), sent), (method, path, Bytes::from_static(body.as_bytes())));
            assert_eq!(headers[header::RANGE], "bytes=0-3");
            assert_eq!(headers[header::AUTHORIZATION], "Bearer a-stream-key");
            assert_eq!(headers[header::HOST], peer.host());
            for mine in [header::COOKIE, header::VIA] {
                assert!(!headers.contains_key(&mine), "{mine}");
            }
            assert!(!headers.contains_key("x-forwarded-for") && !headers.contains_key("x-yunke-own-tls"));
        }
    }
    let mut line = peer.connect(H2).await;
    for ours in ["/internal/orders", "/metrics", "/api/me", "/liver", "/live"] {
        line.ask(Method::GET, ours, &said, Bytes::new()).await;
        assert!(asked.0.lock().expect("free").is_empty(), "{ours}");
    }
}

#[tokio::test]
async fn an_answer_comes_as_it_is_made_and_who_hangs_up_frees_the_node() {
    let (server, _authority, peer) = server().await;
    let asked = play_node(&server).await;
    let mut line = peer.connect(H2).await;
    let mut answer = line.get("/live/lease/lesson/drip").await;
    let first = answer.body_mut().frame().await.expect("a piece").expect("sent");
    assert_eq!(first.into_data().expect("bytes"), "first");
    drop(answer);
    let gone = async {
        while asked.0.lock().expect("free").last().is_none_or(|(_, path, ..)| path != "gone") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("the node hears of it");
}

#[tokio::test]
async fn a_node_that_is_away_is_said_to_be_and_players_come_again() {
    let (server, _authority, peer) = server().await;
    server.app.media.set_control(Some("http://127.0.0.1:9".to_owned()));
    let answer = peer.connect(H2).await.get("/live/lease/lesson/index.m3u8").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "2");
    assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    // Plain http has media at the node's own port, as ever.
    let plain = server.get(None, "/live/lease/lesson/index.m3u8").await;
    assert_eq!(plain.status(), StatusCode::NOT_FOUND);
}
