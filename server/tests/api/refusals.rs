//! Requests that cannot be served: every one gets a problem that says what to do.

use reqwest::{Method, StatusCode, header};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::harness::{Server, problem};

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems() {
    let server = Server::empty().await;
    for path in ["/api", "/api/", "/api/nothing", "/api/lessons", "/internal/x", "/health/x"] {
        let answer = server.get(None, path).await;
        assert_eq!(problem(answer).await, (StatusCode::NOT_FOUND, "not_found".to_owned()), "{path}");
    }
    for (method, path) in
        [(Method::PUT, "/api/session"), (Method::POST, "/api/me"), (Method::POST, "/lessons/1")]
    {
        let answer = server.call(method, path).send().await.expect("answered");
        assert_eq!(problem(answer).await, (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed".to_owned()));
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_taken_are_problems() {
    let server = Server::empty().await;
    let send = async |kind: &'static str, body: String| {
        let call = server.call(Method::POST, "/api/session").header(header::CONTENT_TYPE, kind).body(body);
        problem(call.send().await.expect("answered")).await
    };
    let json = "application/json";
    let good = r#"{"phone":"1","password":"2"}"#.to_owned();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"] {
        assert_eq!(
            send(kind, good.clone()).await,
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "json_required".to_owned())
        );
    }
    for broken in ["", "{", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n", r#"{"phone":NaN}"#, "\u{0}\u{1}"] {
        let answer = send(json, broken.to_owned()).await;
        assert_eq!(answer, (StatusCode::BAD_REQUEST, "json_broken".to_owned()), "{broken:?}");
    }
    for other in
        ["[]", "1", r#"{"phone":1,"password":"2"}"#, r#"{"phone":"1","password":"2","admin":true}"#, "{}"]
    {
        let answer = send(json, other.to_owned()).await;
        assert_eq!(answer, (StatusCode::UNPROCESSABLE_ENTITY, "json_unexpected".to_owned()), "{other}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(send(json, deep).await.0, StatusCode::UNPROCESSABLE_ENTITY, "it ends at the first bracket");
    let large = format!(r#"{{"phone":"{}","password":""}}"#, "1".repeat(300_000));
    assert_eq!(send(json, large).await, (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large".to_owned()));
}

#[tokio::test]
async fn a_body_that_announces_100_megabytes_is_refused_before_it_is_sent() {
    let server = Server::empty().await;
    let address = server.call(Method::GET, "/").build().expect("a request").url().authority().to_owned();
    let mut socket = TcpStream::connect(&address).await.expect("connected");
    let head = format!(
        "POST /api/session HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: 100000000\r\n\r\n{{"
    );
    socket.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.expect("answered");
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn garbage_on_the_port_ends_the_connection_and_nothing_else() {
    let server = Server::empty().await;
    let address = server.call(Method::GET, "/").build().expect("a request").url().authority().to_owned();
    let flood = vec![0xff; 100_000];
    for garbage in [&b"\x03\x00\x00\x00\x01"[..], b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", &flood] {
        let mut socket = TcpStream::connect(&address).await.expect("connected");
        // The server may close while we still write.
        let _ = socket.write_all(garbage).await;
        let _ = socket.shutdown().await;
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest).await;
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&rest));
    }
    assert_eq!(server.get(None, "/health/live").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn only_our_own_pages_change_anything() {
    let server = Server::empty().await;
    let host = server.call(Method::GET, "/").build().expect("a request").url().authority().to_owned();
    let send = async |headers: &[(&'static str, String)]| {
        let mut call =
            server.call(Method::POST, "/api/session").json(&json!({ "phone": "", "password": "" }));
        for (name, value) in headers {
            call = call.header(*name, value);
        }
        problem(call.send().await.expect("answered")).await.1
    };
    let site = |value: &str| ("sec-fetch-site", value.to_owned());
    let origin = |value: String| ("origin", value);
    for allowed in [
        vec![],
        vec![site("same-origin")],
        vec![site("none")],
        vec![origin(format!("http://{host}"))],
        vec![site("same-origin"), origin("http://other".to_owned())],
    ] {
        assert_eq!(send(&allowed).await, "wrong_credentials", "{allowed:?}");
    }
    for refused in [
        vec![site("cross-site")],
        vec![site("same-site")],
        vec![origin("http://evil.example".to_owned())],
        vec![origin("null".to_owned())],
        vec![site("cross-site"), origin(format!("http://{host}"))],
    ] {
        assert_eq!(send(&refused).await, "cross_origin", "{refused:?}");
    }
    // A WebSocket is opened with GET, but it is no mere reading.
    let call = server
        .call(Method::GET, "/api/me")
        .header("upgrade", "websocket")
        .header("origin", "http://evil.example");
    assert_eq!(problem(call.send().await.expect("answered")).await.1, "cross_origin");
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let server = Server::empty().await;
    for path in ["/api/setup", "/api/nothing", "/"] {
        let answer = server.get(None, path).await;
        let get =
            |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let policy = get("content-security-policy");
        assert!(
            policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(policy.contains("media-src 'self' blob: http://127.0.0.1:8081"), "{policy}");
        assert_eq!((get("x-content-type-options"), get("x-request-id").len()), ("nosniff", 16));
    }
    assert_eq!(server.get(None, "/api/setup").await.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn metrics_are_for_this_machine_only() {
    let server = Server::empty().await;
    server.get(None, "/api/setup").await;
    let text = server.get(None, "/metrics").await.text().await.expect("text");
    assert!(text.contains("yunke_http_requests_total"), "{text}");
    let proxied = server.call(Method::GET, "/metrics").header("x-forwarded-for", "10.0.0.1");
    assert_eq!(proxied.send().await.expect("answered").status(), StatusCode::NOT_FOUND);
}
