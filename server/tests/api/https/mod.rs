//! HTTPS by the server itself: what is shown, who is kept out, and what goes on to the media node.

mod forward;
mod peer;

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use hyper::{Method, StatusCode, header};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

use crate::{
    harness::{PASSWORD, Server, good},
    https::peer::{Authority, H1, H2, Peer},
    replay::live,
};

/// A server whose certificate was issued by a test's authority, and who trusts that.
async fn server() -> (Server, Authority, Peer) {
    let authority = Authority::new();
    let (cert, key) = authority.issue("first");
    let server = Server::with(|config| {
        config.https.listen = Some("127.0.0.1:0".parse().expect("an address"));
        (config.https.cert_file, config.https.key_file) = (Some(cert), Some(key));
        config.https.redirect = true;
    })
    .await;
    let peer = Peer::new(&server, &authority);
    (server, authority, peer)
}

#[tokio::test]
async fn both_versions_get_pages_sign_in_and_keep_strangers_out() {
    let (server, _authority, peer) = server().await;
    let town = server.town().await;
    assert!(!town.member.is_nil());
    let body = json!({ "phone": Server::phone(5), "password": PASSWORD }).to_string();
    for version in [H2, H1] {
        let mut line = peer.connect(version).await;
        let me = line.get("/api/me").await;
        assert_eq!(me.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(me.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let policy = me.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert!(policy.contains(&format!("wss://{}", peer.host())), "{policy}");
        assert!(!policy.contains("http://"), "{policy}");
        let sign_in = async |line: &mut peer::Line, origin: String| {
            let headers = [(header::ORIGIN, origin), (header::CONTENT_TYPE, "application/json".to_owned())];
            line.ask(Method::POST, "/api/session", &headers, body.clone().into()).await
        };
        for foreign in ["https://elsewhere.cn", "null"] {
            assert_eq!(
                sign_in(&mut line, foreign.to_owned()).await.status(),
                StatusCode::FORBIDDEN,
                "{foreign}"
            );
        }
        let plain = format!("http://{}", peer.host());
        assert_eq!(
            sign_in(&mut line, plain).await.status(),
            StatusCode::FORBIDDEN,
            "a page that anybody could make"
        );
        let answer = sign_in(&mut line, format!("https://{}", peer.host())).await;
        assert!(answer.status().is_success(), "{answer:?}");
        let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("text").to_owned();
        assert!(cookie.starts_with("__Host-yunke_session=") && cookie.ends_with("; Secure"), "{cookie}");
        let cookie = cookie.split(';').next().expect("a pair").to_owned();
        let me = line.ask(Method::GET, "/api/me", &[(header::COOKIE, cookie)], "".into()).await;
        assert_eq!(me.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_room_opens_over_tls_and_its_media_is_at_the_same_origin() {
    let (server, _authority, peer) = server().await;
    let town = server.town().await;
    let (lesson, _node) = live(&server, &town).await;
    let session = server.session(town.member).await.replace("yunke_session", "__Host-yunke_session");
    let mut line = peer.connect(H2).await;
    let headers = [
        (header::COOKIE, session.clone()),
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::ORIGIN, format!("https://{}", peer.host())),
    ];
    let body = json!({ "device": "phone" }).to_string();
    let answer =
        line.ask(Method::POST, &format!("/api/lessons/{lesson}/leases"), &headers, body.into()).await;
    let lease: serde_json::Value = serde_json::from_slice(&peer::body(answer).await).expect("JSON");
    let url = lease["live_url"].as_str().expect("an address");
    assert!(url.starts_with(&format!("https://{}/live/", peer.host())), "{url}");
    let token = lease["lease"].as_str().expect("a token");
    let room = format!("wss://{}/api/lessons/{lesson}/room?lease={token}", peer.host());
    let mut request = room.into_client_request().expect("a request");
    request.headers_mut().insert(header::COOKIE, session.parse().expect("a cookie"));
    request
        .headers_mut()
        .insert(header::ORIGIN, format!("https://{}", peer.host()).parse().expect("an origin"));
    // A browser offers HTTP/1.1 alone for a socket, unless it knows that HTTP/2 can do it.
    let stream = peer.tls(&[H1]).await;
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.expect("open");
    assert!(matches!(socket.next().await, Some(Ok(Message::Text(_)))), "the state comes first");
}

#[tokio::test]
async fn who_asks_without_a_name_or_by_address_gets_a_page() {
    let (_server, _authority, peer) = server().await;
    for name in ["127.0.0.1", "elsewhere.cn"] {
        let mut line = peer.connect_as(name, H1).await;
        assert_eq!(line.get("/health/live").await.status(), StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn a_private_certificate_binds_nobody_to_https() {
    let (server, _authority, peer) = server().await;
    let tls = peer.connect(H2).await.get("/").await;
    assert!(!tls.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    let plain = server
        .call(reqwest::Method::GET, "/")
        .header(header::ACCEPT, "text/html")
        .send()
        .await
        .expect("answered");
    assert!(!plain.status().is_redirection(), "{plain:?}");
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_those_who_come_and_disturbs_nobody_who_is_there() {
    let (server, authority, peer) = server().await;
    let mut before = peer.connect(H2).await;
    assert_eq!(before.get("/health/live").await.status(), StatusCode::OK);
    let first = peer.shown().await;
    authority.issue("second");
    let renewed = async {
        while peer.shown().await == first {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), renewed).await.expect("seen");
    assert_eq!(before.get("/health/live").await.status(), StatusCode::OK);
    let town = server.town().await;
    let certificate = good(server.get(Some(town.chief), "/api/console/certificate").await).await;
    assert_eq!(certificate["state"], "good", "{certificate}");
    assert_eq!(certificate["names"][0], "localhost");
    let health = good(server.get(None, "/health").await).await;
    assert!(
        health["checks"]
            .as_array()
            .expect("checks")
            .iter()
            .any(|check| check["name"] == "https" && check["ok"] == true),
        "{health}"
    );
}

#[tokio::test]
async fn three_hundred_who_say_nothing_and_three_hundred_who_say_half_keep_nobody_out() {
    let (_server, _authority, peer) = server().await;
    let hello = peer.hello();
    let mut held = Vec::new();
    for n in 0..600 {
        let mut stream = TcpStream::connect(peer.address()).await.expect("connected");
        if n % 2 == 0 {
            stream.write_all(&hello[..hello.len() / 2]).await.expect("sent");
        }
        held.push(stream);
    }
    let began = Instant::now();
    let answer = peer.connect(H2).await.get("/health/live").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(began.elapsed() < Duration::from_millis(1500), "{:?}; alone it takes some ten", began.elapsed());
    let all_closed = async {
        for stream in &mut held {
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), all_closed).await.expect("closed");
}
