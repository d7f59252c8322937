//! The origin over HTTP: what players get, when, and under which headers.

#![expect(clippy::disallowed_methods, reason = "a test's own players end with its runtime")]

mod player;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use yunke_protocol::{Lease, LeaseKey, Purpose};

use self::player::{
    LESSON, NOW, begin, body, fill, get, get_with, key, lease, origin, preview, push, send, start,
    until_waiting, watch,
};
use super::front;
use crate::{
    live::{
        Audience, Origin,
        event::{Event, Rendition},
        origin::Patience,
    },
    serve,
};

#[tokio::test]
async fn a_playlist_has_the_right_headers_compressed_and_not() {
    let origin = origin();
    begin(&origin, Audience::Members, start(1, 0), 3);
    let plain = get(&origin, &watch("video.m3u8")).await;
    assert_eq!(plain.status, StatusCode::OK);
    assert_eq!(plain.header(header::CONTENT_TYPE), "application/vnd.apple.mpegurl");
    assert_eq!(plain.header(header::CACHE_CONTROL), "public, max-age=2");
    assert_eq!(plain.header(header::VARY), "accept-encoding");
    assert_eq!(plain.header(header::CONTENT_LENGTH), plain.body.len().to_string());
    let zipped = get_with(&origin, &watch("video.m3u8"), header::ACCEPT_ENCODING, "gzip, br").await;
    assert_eq!(zipped.header(header::CONTENT_ENCODING), "gzip");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&zipped.body[..]), &mut text)
        .expect("gzip");
    assert_eq!(text, plain.text());
    assert!(zipped.body.len() * 3 < text.len());
    let index = get(&origin, &watch("index.m3u8")).await;
    assert!(index.text().contains("video.m3u8") && index.text().contains("audio.m3u8"));
    let listen = get(&origin, &watch("listen.m3u8")).await;
    assert!(!listen.text().contains("video") && listen.text().contains("audio.m3u8"));
}

#[tokio::test]
async fn a_blocking_request_is_answered_when_the_part_is_there() {
    let origin = origin();
    let handle = begin(&origin, Audience::Members, start(1, 0), 3);
    let blocked = tokio::spawn(get(&origin, &watch("video.m3u8?_HLS_msn=3&_HLS_part=0")));
    let segment = tokio::spawn(get(&origin, &watch("audio.m3u8?_HLS_msn=3")));
    until_waiting(&origin, 2).await;
    push(&handle, 21);
    let answer = blocked.await.expect("no panic");
    assert!(answer.text().contains("video-p21-1.m4s\",INDEPENDENT=YES"), "{}", answer.text());
    assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=24");
    until_waiting(&origin, 1).await;
    (22..28).for_each(|n| push(&handle, n));
    assert!(segment.await.expect("no panic").text().contains("audio-s3-1.m4s"));
    assert_eq!(origin.waiting(), 0);
    let old = get(&origin, &watch("video.m3u8?_HLS_msn=1&_HLS_part=2")).await;
    assert_eq!(old.header(header::CACHE_CONTROL), "public, max-age=2", "not at the edge any more");
}

#[tokio::test]
async fn a_hinted_part_is_sent_when_it_is_whole() {
    let origin = origin();
    let handle = begin(&origin, Audience::Members, start(1, 0), 3);
    assert!(
        get(&origin, &watch("video.m3u8"))
            .await
            .text()
            .contains("PRELOAD-HINT:TYPE=PART,URI=\"video-p21-1.m4s\"")
    );
    let hinted = tokio::spawn(get(&origin, &watch("video-p21-1.m4s")));
    let head = Request::head(watch("video-p21-1.m4s")).body(Body::empty()).expect("a request");
    let head = tokio::spawn({
        let origin = origin.clone();
        async move { send(&origin, head).await }
    });
    until_waiting(&origin, 2).await;
    push(&handle, 21);
    let answer = hinted.await.expect("no panic");
    assert_eq!(answer.body, body(Rendition::Video, 21));
    assert_eq!(answer.header(header::CONTENT_TYPE), "video/mp4");
    assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=86400, immutable");
    assert_eq!(head.await.expect("no panic").header(header::CONTENT_LENGTH), answer.body.len().to_string());
    assert_eq!(get(&origin, &watch("video-p23-1.m4s")).await.status, StatusCode::NOT_FOUND, "not announced");
}

#[tokio::test]
async fn the_end_frees_everybody() {
    let origin = origin();
    let handle = begin(&origin, Audience::Members, start(1, 0), 3);
    let blocked = tokio::spawn(get(&origin, &watch("video.m3u8?_HLS_msn=4&_HLS_part=0&_HLS_skip=YES")));
    let hinted = tokio::spawn(get(&origin, &watch("audio-p21-1.m4s")));
    until_waiting(&origin, 2).await;
    handle.push(Event::End);
    assert!(blocked.await.expect("no panic").text().ends_with("#EXT-X-ENDLIST\n"));
    let hinted = hinted.await.expect("no panic");
    assert_eq!((hinted.status, hinted.code().as_str()), (StatusCode::GONE, "stream_ended"));
    let ignored = get(&origin, &watch("video.m3u8?_HLS_msn=NaN&_HLS_part=1")).await;
    assert_eq!(ignored.status, StatusCode::OK, "directives are ignored after the end");
}

#[tokio::test]
async fn what_does_not_come_in_three_target_durations_is_given_up() {
    let default = Patience::default();
    assert_eq!((default.blocked.as_secs(), default.beginning.as_secs()), (12, 4));
    let patience = Patience { blocked: Duration::from_millis(20), beginning: Duration::from_millis(20) };
    let origin = Origin::with_patience(key(), Arc::new(|| NOW), patience);
    begin(&origin, Audience::Members, start(1, 0), 3);
    for file in ["video.m3u8?_HLS_msn=3&_HLS_part=0", "video.m3u8?_HLS_msn=4", "video-p21-1.m4s"] {
        let answer = get(&origin, &watch(file)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "nothing_new"));
        assert_eq!(answer.header(header::RETRY_AFTER), "1");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    }
    begin(&origin, Audience::Members, start(2, 5), 0);
    assert_eq!(get(&origin, &watch("index.m3u8")).await.code(), "not_on_air");
    assert_eq!(origin.waiting(), 0);
}

#[tokio::test]
async fn a_plain_request_waits_for_the_first_segment_of_a_stream_that_has_just_begun() {
    let origin = origin();
    let handle = begin(&origin, Audience::Members, start(1, 0), 0);
    let index = tokio::spawn(get(&origin, &watch("index.m3u8")));
    let audio = tokio::spawn(get(&origin, &watch("audio.m3u8")));
    until_waiting(&origin, 2).await;
    (0..7).for_each(|n| push(&handle, n));
    assert_eq!(index.await.expect("no panic").status, StatusCode::OK);
    assert!(audio.await.expect("no panic").text().contains("audio-s0-1.m4s"));
}

#[tokio::test]
async fn a_reader_that_hangs_up_is_forgotten() {
    let origin = origin();
    let _handle = begin(&origin, Audience::Members, start(1, 0), 3);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let serving = serve::http(listener, front(&origin, Router::new()), serve::CONNECTIONS, tasks, stop);
    let server = tokio::spawn(serving);
    let mut sockets = Vec::new();
    for n in 0..20 {
        let mut socket = tokio::net::TcpStream::connect(address).await.expect("a connection");
        let file = if n % 2 == 0 { "video.m3u8?_HLS_msn=3&_HLS_part=0" } else { "video-p21-1.m4s" };
        let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", watch(file));
        socket.write_all(request.as_bytes()).await.expect("sent");
        sockets.push(socket);
    }
    until_waiting(&origin, 20).await;
    sockets.truncate(5);
    until_waiting(&origin, 5).await;
    drop(sockets);
    until_waiting(&origin, 0).await;
    server.abort();
}

#[tokio::test]
async fn leases_decide() {
    let origin = origin();
    begin(&origin, Audience::Members, start(1, 0), 3);
    let expired = Lease { expires_at: NOW, ..lease(Purpose::Watch) }.sign(&key());
    let foreign = Lease { lesson: Uuid::from_u128(10), ..lease(Purpose::Watch) }.sign(&key());
    let forged = lease(Purpose::Watch).sign(&LeaseKey::derive(b"another secret"));
    for (token, code) in [
        (expired.as_str(), "lease_expired"),
        (&foreign, "lease_other_lesson"),
        (&forged, "lease_invalid"),
        ("", "lease_invalid"),
        ("..", "lease_invalid"),
        ("%00%ff", "lease_invalid"),
        (&"A".repeat(5000), "lease_invalid"),
    ] {
        for file in ["index.m3u8", "video.m3u8?_HLS_msn=1", "video-p1-1.m4s"] {
            let answer = get(&origin, &format!("/live/{token}/{LESSON}/{file}")).await;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, code));
            assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
        }
    }
    let elsewhere = Lease { lesson: Uuid::from_u128(10), ..lease(Purpose::Watch) };
    let path = format!("/live/{}/{}/index.m3u8", elsewhere.sign(&key()), elsewhere.lesson);
    assert_eq!(get(&origin, &path).await.code(), "lesson_unknown");
    origin.expect(elsewhere.lesson);
    let awaited = get(&origin, &path).await;
    assert_eq!((awaited.status, awaited.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not_on_air"));
    origin.forget(LESSON);
    assert_eq!(get(&origin, &watch("index.m3u8")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_revoked_lease_opens_nothing_until_it_is_revoked_no_more() {
    let origin = origin();
    begin(&origin, Audience::Members, start(1, 0), 3);
    let files = ["index.m3u8", "video.m3u8", "video-p1-1.m4s"];
    for (revoked, status) in [
        (vec![], StatusCode::OK),
        (vec![Uuid::from_u128(6), Uuid::from_u128(7)], StatusCode::FORBIDDEN),
        (vec![Uuid::from_u128(6)], StatusCode::OK),
    ] {
        origin.revoke(&revoked);
        for file in files {
            let answer = get(&origin, &watch(file)).await;
            assert_eq!(answer.status, status, "{file}");
            if status == StatusCode::FORBIDDEN {
                assert_eq!(answer.code(), "lease_revoked");
                assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
            }
        }
    }
}

#[tokio::test]
async fn a_rehearsal_is_for_previews_and_a_preview_goes_on_when_the_lesson_starts() {
    let origin = origin();
    let rehearsal = begin(&origin, Audience::Preview, start(1, 0), 3);
    for file in ["index.m3u8", "video.m3u8", "video-s0-1.m4s"] {
        let early = get(&origin, &watch(file)).await;
        assert_eq!((early.status, early.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not_on_air"));
        assert_eq!(early.header(header::RETRY_AFTER), "2");
    }
    let seen = get(&origin, &preview("video-s0-1.m4s")).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert_eq!(
        seen.header(header::CACHE_CONTROL),
        "private, no-store",
        "an edge strips the lease from its key"
    );
    let blocked = tokio::spawn(get(&origin, &preview("video.m3u8?_HLS_msn=3&_HLS_part=0")));
    until_waiting(&origin, 1).await;
    let live = origin.open(LESSON, Audience::Members, start(2, rehearsal.next_msn()));
    // Who had seen the rehearsal to its end asks for what follows, or fetches what it had announced.
    let ahead = tokio::spawn(get(&origin, &preview("audio.m3u8?_HLS_msn=3&_HLS_part=0&_HLS_skip=YES")));
    let over = tokio::spawn(get(&origin, &preview("audio.m3u8?_HLS_msn=2&_HLS_part=8")));
    until_waiting(&origin, 3).await;
    assert_eq!(get(&origin, &preview("audio-p20-1.m4s")).await.body, body(Rendition::Audio, 20));
    assert_eq!(get(&origin, &preview("audio-p21-1.m4s")).await.code(), "stream_ended");
    fill(&live, 0);
    push(&live, 0);
    assert!(blocked.await.expect("no panic").text().contains("video-p0-2.m4s"));
    for waited in [ahead, over] {
        assert!(waited.await.expect("no panic").text().contains("audio-p0-2.m4s"));
    }
    for file in ["video-s0-1.m4s", "video-p20-1.m4s", "video-p21-1.m4s"] {
        let hidden = get(&origin, &watch(file)).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "nothing of the rehearsal is visible");
    }
    assert_eq!(get(&origin, &preview("video-s0-1.m4s")).await.status, StatusCode::OK);
    (1..7).for_each(|n| push(&live, n));
    assert_eq!(get(&origin, &preview("video-s0-1.m4s")).await.code(), "not_found", "nor kept for long");
}

#[tokio::test]
async fn nonsense_gets_a_clean_answer() {
    let origin = origin();
    begin(&origin, Audience::Members, start(1, 0), 3);
    let long = format!("_HLS_msn={}", "9".repeat(50_000));
    for query in
        ["_HLS_msn=-1", "_HLS_msn=NaN", "_HLS_msn=1e9", "_HLS_msn=18446744073709551616", "_HLS_msn=", &long]
    {
        let answer = get(&origin, &watch(&format!("video.m3u8?{query}"))).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "directive_invalid"));
    }
    for (query, code) in [
        ("_HLS_part=1", "part_without_msn"),
        ("_HLS_msn=5", "too_far_ahead"),
        ("_HLS_msn=18446744073709551615", "too_far_ahead"),
        ("_HLS_msn=3&_HLS_part=4294967295", "too_far_ahead"),
    ] {
        let answer = get(&origin, &watch(&format!("video.m3u8?{query}"))).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, code), "{query}");
    }
    let other = get(&origin, &watch(&format!("video.m3u8?{}", "x=y&".repeat(15_000)))).await;
    assert_eq!(other.status, StatusCode::OK, "parameters that are not ours are ignored");
    for file in [
        "../index.m3u8",
        "..%2Findex.m3u8",
        "",
        "a/b.m3u8",
        "video-s0-2.m4s",
        "video-s99-1.m4s",
        "index.m3u8.gz",
        "video-p18446744073709551615-1.m4s",
        "%00",
    ] {
        let answer = get(&origin, &watch(file)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "not_found"), "{file}");
    }
    let post = Request::post(watch("video.m3u8")).body(Body::from("v=0")).expect("a request");
    assert_eq!(send(&origin, post).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let preflight = Request::options(watch("video.m3u8")).body(Body::empty()).expect("a request");
    let preflight = send(&origin, preflight).await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert_eq!(preflight.header(header::ACCESS_CONTROL_ALLOW_METHODS), "GET, HEAD, OPTIONS");
}

#[tokio::test]
async fn ranges_of_a_segment() {
    let origin = origin();
    begin(&origin, Audience::Members, start(1, 0), 3);
    let path = watch("audio-s1-1.m4s");
    let whole = get(&origin, &path).await;
    assert_eq!(whole.body, (7..14).flat_map(|n| body(Rendition::Audio, n)).collect::<Bytes>());
    assert_eq!(whole.header(header::CONTENT_TYPE), "audio/mp4");
    let some = get_with(&origin, &path, header::RANGE, "bytes=5-9").await;
    assert_eq!((some.status, &some.body), (StatusCode::PARTIAL_CONTENT, &whole.body.slice(5..10)));
    assert_eq!(some.header(header::CONTENT_RANGE), format!("bytes 5-9/{}", whole.body.len()));
    let beyond = get_with(&origin, &path, header::RANGE, "bytes=99999-").await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.header(header::CONTENT_RANGE), format!("bytes */{}", whole.body.len()));
}

#[tokio::test]
async fn what_went_out_is_counted_for_members_only() {
    let origin = origin();
    begin(&origin, Audience::Members, start(1, 0), 3);
    get(&origin, &preview("video-s2-1.m4s")).await;
    assert!(origin.deliveries(LESSON, NOW).is_empty());
    let headers_only = Request::head(watch("video-s2-1.m4s")).body(Body::empty()).expect("a request");
    send(&origin, headers_only).await;
    assert!(origin.deliveries(LESSON, NOW).is_empty(), "nothing was sent");
    get_with(&origin, &watch("video-s0-1.m4s"), header::VIA, "1.1 anybody").await;
    get(&origin, &watch("audio-p7-1.m4s")).await;
    get(&origin, &watch("video-p20-1.m4s")).await;
    get(&origin, &watch("video-i0-1.mp4")).await;
    let deliveries = origin.deliveries(LESSON, NOW);
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].lease, Uuid::from_u128(7));
    assert_eq!(
        (&deliveries[0].intervals[..], deliveries[0].behind_edge),
        (&[(0, 2288), (5720, 6006)][..], false)
    );
}

#[tokio::test]
async fn what_the_operators_edge_fetches_is_nobodys_and_the_lease_is_told_to_be_behind_it() {
    const TOKEN: &str = "the edge of this operator";
    let origin = Origin::behind(key(), Arc::new(|| NOW), TOKEN);
    begin(&origin, Audience::Members, start(1, 0), 3);
    let edge = header::HeaderName::from_static("x-yunke-edge");
    for forged in ["1.1 edge", "", "the edge of this operatos"] {
        get_with(&origin, &watch("index.m3u8"), edge.clone(), forged).await;
    }
    assert!(origin.deliveries(LESSON, NOW).is_empty());
    get_with(&origin, &watch("video-s0-1.m4s"), edge.clone(), TOKEN).await;
    let told = origin.deliveries(LESSON, NOW).remove(0);
    assert_eq!((told.lease, told.behind_edge, told.intervals.len()), (Uuid::from_u128(7), true, 0));
}
