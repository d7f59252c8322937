//! The endpoint without WebRTC.

mod endpoint;

use std::sync::atomic::Ordering;

use axum::http::header;

use self::endpoint::{LESSON, NOW, endpoint, told};
use super::*;
use crate::webrtc::{signalling::offer::tests::OFFER, subscriber::News};

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
    for end in 0..5 {
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
            3 => endpoint.origin.revoke(&[Uuid::from_u128(1)]),
            _ => endpoint.feed.reordered(true),
        }
        endpoint.until_closed().await;
        endpoint.clock.store(NOW, Ordering::Relaxed);
        endpoint.feed.reordered(false);
        if end == 3 {
            assert_eq!(told(endpoint.come().await).await, (403, "lease_revoked".to_owned(), false));
            endpoint.origin.revoke(&[]);
        }
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
