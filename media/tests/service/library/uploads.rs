//! Uploads that are taken away while they are under way.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{interval, timeout},
};
use yunke_protocol::paths;

use super::shelf::{Shelf, speech};

/// A body that never ends by itself.
const ENDLESS: usize = 1 << 30;
/// The other side would wait for a silent sender for half a minute; this one is never silent.
const LONG: Duration = Duration::from_secs(100);

/// Sends a byte now and then until an answer comes; its beginning.
async fn sent_until_answered(mut line: TcpStream) -> String {
    let (mut said, mut beats) = ([0; 400], interval(Duration::from_millis(100)));
    let talk = async {
        loop {
            tokio::select! {
                read = line.read(&mut said) => {
                    let read = read.expect("an answer");
                    return String::from_utf8_lossy(&said[..read]).into_owned();
                }
                _ = beats.tick() => {}
            }
            // Closed by the other side, it may have an answer in it all the same.
            let _ = line.write_all(b"a").await;
        }
    };
    timeout(LONG, talk).await.expect("it is ended though bytes still come")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_what_was_withdrawn_or_by_a_pass_that_is_over_is_ended_in_the_middle() {
    let shelf = Shelf::start().await;
    // Withdrawn by the server.
    let version = shelf.announce(ENDLESS, json!({})).await;
    let line = shelf.begun_patch(&shelf.upload_url(version), 0, ENDLESS).await;
    let answer = tokio::spawn(sent_until_answered(line));
    let one = paths::of_version(paths::AUDIO, version);
    assert_eq!(shelf.media.control(Method::DELETE, &one, &Value::Null).await.0, 204);
    let answer = answer.await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    // Given up by the page, on another connection.
    let version = shelf.announce(ENDLESS, json!({})).await;
    let url = shelf.upload_url(version);
    let answer = tokio::spawn(sent_until_answered(shelf.begun_patch(&url, 0, ENDLESS).await));
    assert_eq!(shelf.tus(Method::DELETE, &url, &[], b"").await.status, 204);
    let answer = answer.await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    // The pass is over; what came is kept, for another pass.
    let version = shelf.announce(ENDLESS, json!({})).await;
    let url = shelf.short_upload_url(version, 3_000);
    let answer = sent_until_answered(shelf.begun_patch(&url, 0, ENDLESS).await).await;
    assert!(answer.starts_with("HTTP/1.1 410"), "{answer}");
    assert!(shelf.offset(&shelf.upload_url(version)).await > 0);
    let left = std::fs::read_dir(shelf.media.folder().join("store/work")).expect("a folder").count();
    assert_eq!(left, 2, "of the withdrawn ones nothing is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_ends_when_its_lease_is_revoked() {
    let shelf = Shelf::start().await;
    let file = speech(&shelf, "long.mp3", 120, &["-c:a", "libmp3lame", "-b:a", "48k"]).await;
    let version = shelf.upload(&file, json!({ "music": true })).await;
    let facts = shelf.done(version).await.facts.expect("ready");
    let lease = uuid::Uuid::now_v7();
    let url = shelf.audio_url(lease, shelf.item, version, "aac.m4a");
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    // As little as possible is on its way.
    socket.set_recv_buffer_size(4_096).expect("set");
    let mut line = socket.connect(shelf.media.http.parse().expect("an address")).await.expect("it listens");
    let path = url.splitn(4, '/').nth(3).expect("a path");
    line.write_all(format!("GET /{path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.expect("sent");
    let mut begun = vec![0; 10_000];
    line.read_exact(&mut begun).await.expect("it begins");
    shelf.server.revoke(lease);
    shelf.media.bring(&shelf.server).await;
    let mut rest = Vec::new();
    let _ = timeout(LONG, line.read_to_end(&mut rest)).await.expect("it ends");
    assert!((begun.len() + rest.len()) as u64 + 100_000 < facts.renditions[0].bytes, "{}", rest.len());
    assert_eq!(shelf.plain(Method::GET, &url, &[], b"").await.status, 403);
}
