//! Signing in, staying signed in, and trying too often.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::json;

use crate::harness::{HOUR_MS, PASSWORD, Server, good, problem};

async fn sign_in(server: &Server, phone: &str, password: &str) -> Response {
    server.post(None, "/api/session", &json!({ "phone": phone, "password": password })).await
}

fn cookie(response: &Response) -> String {
    response.headers()[header::SET_COOKIE].to_str().expect("text").to_owned()
}

#[tokio::test]
async fn a_member_signs_in_and_out() {
    let server = Server::empty().await;
    server.town().await;
    let answer = sign_in(&server, "+86 139-0000-0005", PASSWORD).await;
    let set = cookie(&answer);
    assert!(
        set.contains("; HttpOnly") && set.contains("; SameSite=Lax") && set.contains("; Path=/"),
        "{set}"
    );
    let me = good(answer).await;
    assert_eq!((&me["name"], &me["phone_masked"]), (&json!("学员"), &json!("139****0005")));
    assert_eq!(me["roles"][0]["role"], "member");
    let session = set.split(';').next().expect("a pair").to_owned();
    let ask = async || {
        let call = server.call(Method::GET, "/api/me").header(header::COOKIE, &session);
        call.send().await.expect("answered").status()
    };
    assert_eq!(ask().await, StatusCode::OK);
    let out = server.call(Method::DELETE, "/api/session").header(header::COOKIE, &session);
    let out = out.send().await.expect("answered");
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    assert!(cookie(&out).contains("Max-Age=0"));
    assert_eq!(ask().await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_phone_are_one_answer() {
    let server = Server::empty().await;
    server.town().await;
    let mut bodies = Vec::new();
    for (phone, password) in [
        ("13900000005", "wrong"),
        ("13911111111", PASSWORD),
        ("no number", PASSWORD),
        ("", ""),
        ("13900000005", ""),
    ] {
        let answer = sign_in(&server, phone, password).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
        bodies.push(answer.text().await.expect("a body"));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn who_tries_too_often_waits_and_nobody_else_does() {
    let server = Server::with(|config| config.auth.attempts_per_phone = 3).await;
    server.town().await;
    for _ in 0..3 {
        assert_eq!(sign_in(&server, "13900000005", "wrong").await.status(), StatusCode::UNAUTHORIZED);
    }
    let answer = sign_in(&server, "13900000005", PASSWORD).await;
    let wait: i64 = answer.headers()[header::RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
    assert_eq!(problem(answer).await, (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts".to_owned()));
    assert_eq!(sign_in(&server, "13900000006", PASSWORD).await.status(), StatusCode::OK);
    assert_eq!(wait, 6, "the first wait is 5 s");
    server.clock.advance(wait * 1000);
    assert_eq!(sign_in(&server, "13900000005", PASSWORD).await.status(), StatusCode::OK);
    // Having proved itself, the number has all its tries again.
    for _ in 0..3 {
        assert_eq!(sign_in(&server, "13900000005", "wrong").await.status(), StatusCode::UNAUTHORIZED);
    }
}

/// Signs in with the cookies of a browser.
async fn sign_in_from(server: &Server, cookies: &str, phone: &str, password: &str) -> Response {
    let call = server.call(Method::POST, "/api/session").header(header::COOKIE, cookies);
    call.json(&json!({ "phone": phone, "password": password })).send().await.expect("answered")
}

/// The cookies that an answer sets, as a browser sends them to the same address.
fn jar(response: &Response) -> String {
    let set = response.headers().get_all(header::SET_COOKIE).iter();
    let pairs = set.map(|cookie| cookie.to_str().expect("text").split(';').next().expect("a pair"));
    pairs.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn strangers_do_not_lock_the_owner_out_of_a_browser_they_signed_in_with() {
    let server = Server::with(|config| config.auth.attempts_per_phone = 3).await;
    server.town().await;
    let phone = "13900000005";
    let first = sign_in(&server, phone, PASSWORD).await;
    let device = first.headers().get_all(header::SET_COOKIE).iter().nth(1).expect("a known device");
    let device = device.to_str().expect("text");
    assert!(device.starts_with("yunke_device=") && device.contains("; Path=/api/session;"), "{device}");
    assert!(device.contains("; HttpOnly") && device.contains("; SameSite=Lax"), "{device}");
    let home = jar(&first);
    for _ in 0..3 {
        assert_eq!(sign_in(&server, phone, "guess").await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(sign_in(&server, phone, PASSWORD).await.status(), StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..5 {
        assert_eq!(sign_in_from(&server, &home, phone, "oh no").await.status(), StatusCode::UNAUTHORIZED);
    }
    let back = sign_in_from(&server, &home, phone, PASSWORD).await;
    assert_eq!(back.status(), StatusCode::OK);
    let home = jar(&back);

    // It is known for its own people only, and an altered one for nobody.
    for _ in 0..3 {
        assert_eq!(sign_in(&server, "13900000006", "guess").await.status(), StatusCode::UNAUTHORIZED);
    }
    let other = sign_in_from(&server, &home, "13900000006", PASSWORD).await;
    assert_eq!(other.status(), StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..3 {
        sign_in(&server, phone, "guess").await;
    }
    let forged = home.replace("yunke_device=A", "yunke_device=B");
    assert_ne!(forged, home);
    assert_eq!(sign_in_from(&server, &forged, phone, PASSWORD).await.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sign_in_from(&server, &home, phone, PASSWORD).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_address_that_tried_many_numbers_keeps_nobody_behind_it_out() {
    let server = Server::with(|config| config.auth.attempts_per_address = 5).await;
    server.town().await;
    for number in 0..20 {
        let answer = sign_in(&server, &format!("137000000{number:02}"), "wrong").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    let began = std::time::Instant::now();
    assert_eq!(sign_in(&server, "13700000099", "wrong").await.status(), StatusCode::UNAUTHORIZED);
    assert!(began.elapsed().as_millis() >= 100, "it is slow");
    assert_eq!(sign_in(&server, "13900000005", PASSWORD).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_session_slides_and_ends() {
    let server = Server::with(|config| config.auth.session_days = 1).await;
    let town = server.town().await;
    let session = server.session(town.member).await;
    let ask = async || {
        let call = server.call(Method::GET, "/api/me").header(header::COOKIE, &session);
        call.send().await.expect("answered")
    };
    for _ in 0..3 {
        server.clock.advance(20 * HOUR_MS);
        let answer = ask().await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(cookie(&answer).contains("Max-Age=86400"), "the cookie slides with it");
    }
    server.clock.advance(HOUR_MS / 2);
    assert!(!ask().await.headers().contains_key(header::SET_COOKIE), "not at every request");
    server.clock.advance(24 * HOUR_MS);
    assert_eq!(problem(ask().await).await.1, "sign_in_required");
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_of_ones_sessions() {
    let server = Server::empty().await;
    let town = server.town().await;
    let (first, second) = (server.session(town.member).await, server.session(town.member).await);
    let other = server.session(town.lecturer).await;
    let out = server.call(Method::DELETE, "/api/sessions").header(header::COOKIE, &first);
    assert_eq!(out.send().await.expect("answered").status(), StatusCode::NO_CONTENT);
    for (session, status) in
        [(first, StatusCode::UNAUTHORIZED), (second, StatusCode::UNAUTHORIZED), (other, StatusCode::OK)]
    {
        let call = server.call(Method::GET, "/api/me").header(header::COOKIE, session);
        assert_eq!(call.send().await.expect("answered").status(), status);
    }
}
