//! The sound of a live lesson as one answer without an end.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout};
use yunke_protocol::{Phase, Purpose};

use crate::support::{Media, Publisher, Server, ffmpeg, wait};

/// What ffmpeg says that it decoded, seconds.
async fn decoded_seconds(file: &str) -> f64 {
    let said = ffmpeg(&["-v", "info", "-xerror", "-i", file, "-f", "null", "-"]).await;
    let time = said.rsplit("time=").next().and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let parts: Vec<f64> = time.split(':').filter_map(|part| part.parse().ok()).collect();
    parts.iter().fold(0.0, |all, part| all * 60.0 + part)
}

/// Takes the blocks with the name out; gives the sound and the name.
fn without_names(bytes: &[u8], every: usize) -> (Vec<u8>, String) {
    let (mut sound, mut name, mut rest) = (Vec::new(), String::new(), bytes);
    while rest.len() > every {
        sound.extend(&rest[..every]);
        let long = usize::from(rest[every]) * 16;
        let Some(block) = rest.get(every + 1..every + 1 + long) else { break };
        if !block.is_empty() {
            String::from_utf8_lossy(block).trim_end_matches('\0').clone_into(&mut name);
        }
        rest = &rest[every + 1 + long..];
    }
    sound.extend(&rest[..rest.len().min(every)]);
    (sound, name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_radio_hears_the_lesson_until_it_is_over() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    let url = |purpose| media.url(server.lesson, purpose, "radio", "%E8%AF%BE%201.aac");
    assert_eq!(media.get(&url(Purpose::Watch)).await.0, 503, "nothing is sent yet");
    let _publisher = Publisher::both(&media);
    server.until("the rehearsal runs", |lesson| lesson.edge_ms.is_some() || lesson.publisher.is_some()).await;
    assert_eq!(media.get(&url(Purpose::Preview)).await.0, 503, "a loudspeaker hears no rehearsal");
    server.order(Phase::Live);
    server.until("it runs", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 4_500)).await;
    let foreign = media.url(uuid::Uuid::from_u128(5), Purpose::Watch, "radio", "x.aac");
    assert_eq!(media.get(&foreign).await.0, 404);
    assert_eq!(media.get(&url(Purpose::Watch).replace(".aac", ".mp3")).await.0, 404);

    // One with the name in between, one without, both at once.
    let client = reqwest::Client::new();
    let asked = client.get(url(Purpose::Preview)).header("Icy-MetaData", "1").send().await.expect("answered");
    assert_eq!(asked.status(), 200);
    assert_eq!(asked.headers()["content-type"], "audio/aac");
    assert_eq!(asked.headers()["icy-name"].as_bytes(), "课 1".as_bytes());
    let every: usize = asked.headers()["icy-metaint"].to_str().expect("ASCII").parse().expect("a number");
    let plain = client.get(url(Purpose::Watch)).send().await.expect("answered");
    assert!(!plain.headers().contains_key("icy-metaint"));
    let (mut named, mut plain) = (asked.bytes_stream(), plain.bytes_stream());
    let began = Instant::now();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    while first.len() < 3 * every || began.elapsed() < Duration::from_secs(6) {
        first.extend(
            timeout(Duration::from_secs(20), named.next())
                .await
                .expect("it goes on")
                .expect("more")
                .expect("read"),
        );
        second.extend(
            timeout(Duration::from_secs(20), plain.next())
                .await
                .expect("it goes on")
                .expect("more")
                .expect("read"),
        );
    }
    let heard = began.elapsed().as_secs_f64();
    let (sound, name) = without_names(&first, every);
    assert_eq!(name, "StreamTitle='课 1';");
    let file = |name: &str| media.folder().join(name).to_str().expect("a path").to_owned();
    for (name, bytes) in [("named.aac", &sound), ("plain.aac", &second)] {
        assert_eq!(bytes[..2], [0xff, 0xf1], "it begins with a frame");
        std::fs::write(file(name), bytes).expect("written");
        let seconds = decoded_seconds(&file(name)).await;
        assert!((heard - 1.5..heard + 6.0).contains(&seconds), "{seconds} s of sound in {heard} s");
    }

    // The lesson ends, and so does the answer; nobody is left who makes frames.
    server.order(Phase::Ended);
    let ends = async { while plain.next().await.is_some_and(|piece| piece.is_ok()) {} };
    timeout(Duration::from_secs(20), ends).await.expect("the answer ends with the lesson");
    assert_eq!(media.get(&url(Purpose::Watch)).await.0, 410);
    drop(named);
    wait("nothing of it to be evidence", || {
        server
            .snapshot()
            .is_some_and(|told| told.lessons.iter().all(|one| one.deliveries.is_empty()))
            .then_some(())
    })
    .await;
}
