//! What goes wrong in a lesson, and that it goes on.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use yunke_protocol::{LessonSnapshot, Phase, Purpose};

use crate::support::{KEY, Media, PICTURE, Publisher, Server, X264, probe};

/// The media sequence numbers a playlist covers.
fn numbers(text: &str) -> Vec<u64> {
    let word = |line: &str| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:").and_then(|n| n.parse().ok());
    let first: u64 = text.lines().find_map(word).expect("a media sequence");
    (first..).take(text.matches("#EXTINF").count()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lecturer_who_drops_and_returns_leaves_a_gap_and_no_more() {
    let server = Server::start().await;
    let mut media = Media::start(&server).await;
    server.order(Phase::Live);
    let first = Publisher::both(&media);
    server.until("it is live", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 3_000)).await;
    first.kill().await;
    server.until("the outage is told", |lesson| lesson.outage_since.is_some()).await;
    let url = media.live(server.lesson, "video.m3u8");
    media.until(&url, "the playlist lives on", |text| text.contains("#EXT-X-GAP")).await;
    let second = Publisher::both(&media);
    let heard =
        server.until("it is back", |lesson| !lesson.gaps.is_empty() && lesson.outage_since.is_none()).await;
    let [gap] = heard.gaps[..] else { panic!("one gap: {:?}", heard.gaps) };
    assert!((1_500..20_000).contains(&(gap.to_ms - gap.from_ms)), "{gap:?}");
    let text = media.until(&url, "the media is back", |text| {
        text.split("#EXT-X-DISCONTINUITY\n").nth(1).is_some_and(|after| after.contains("#EXT-X-PART"))
    });
    let text = text.await;
    assert!(text.find("#EXT-X-GAP") < text.find("#EXT-X-DISCONTINUITY\n"), "{text}");
    second.kill().await;
    println!("ended {:?} after SIGTERM", media.stop().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_stream_key_sends_away_who_publishes_with_the_old_one() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    server.order(Phase::Live);
    let first = Publisher::both(&media);
    server.until("it is live", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 2_000)).await;
    let replaced = Instant::now();
    server.rotate("another-key");
    // Nobody brings the orders: the answer to the next report has them.
    server.until("its seat is free", |lesson| lesson.publisher.is_none()).await;
    println!("sent away {:?} after the key was replaced", replaced.elapsed());
    let said = first.complaint().await;
    assert!(said.contains("replaced by a new one"), "{said}");
    assert!(
        Publisher::start(&media, KEY, &[&["-re"], PICTURE, X264]).complaint().await.contains("no lesson")
    );
    let _second = Publisher::start(&media, "another-key", &[&["-re"], PICTURE, X264]);
    let back = |lesson: &LessonSnapshot| lesson.publisher.is_some() && lesson.outage_since.is_none();
    server.until("the new key opens the seat", back).await;
    assert!(media.log().contains("the stream key was replaced") && !media.log().contains("another-key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_the_service_goes_on_with_the_same_lesson() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    server.order(Phase::Live);
    let first = Publisher::both(&media);
    let before =
        server.until("some of it is recorded", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 5_000));
    let before = before.await;
    let url = media.live(server.lesson, "video.m3u8");
    let seen = numbers(&media.get(&url).await.1);
    let media = media.kill_and_restart(&server).await;
    let said = first.complaint().await;
    assert!(!said.is_empty(), "the publisher noticed");

    let _second = Publisher::both(&media);
    let after = server.until("it goes on", |lesson| {
        lesson.outage_since.is_none() && lesson.edge_ms > before.edge_ms && !lesson.gaps.is_empty()
    });
    let after = after.await;
    assert_eq!(after.zero_at, before.zero_at, "the timeline stays");
    let url = media.live(server.lesson, "video.m3u8");
    let text = media.until(&url, "members see it", |text| text.contains("#EXT-X-DISCONTINUITY\n")).await;
    let now = numbers(&text);
    assert!(
        now.first() > seen.first() && now.first() <= seen.last().map(|n| n + 1).as_ref(),
        "{seen:?} {now:?}"
    );
    sleep(Duration::from_secs(3)).await; // some more media to record

    server.order(Phase::Ended);
    let ended = server.until("the replay is ready", |lesson| lesson.replay_ready).await;
    let replay = media.url(server.lesson, Purpose::Watch, "replay", "video.m3u8");
    let text = media.get(&replay).await.1;
    assert!(text.contains("#EXT-X-GAP") && text.ends_with("#EXT-X-ENDLIST\n"), "{text}");
    let total: f64 = text
        .lines()
        .filter_map(|line| line.strip_prefix("#EXTINF:")?.trim_end_matches(',').parse::<f64>().ok())
        .sum();
    let length = ended.edge_ms.expect("a length") as f64 / 1000.0;
    assert!((total - length).abs() < 0.2, "the replay covers {total} s of {length} s");
    let index = media.url(server.lesson, Purpose::Watch, "replay", "index.m3u8");
    assert!(probe(&index, "stream=codec_name").await.contains("h264"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_server_who_is_in_stays_and_who_comes_is_asked_to_try_later() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    server.order(Phase::Live);
    let mut first = Publisher::both(&media);
    server.until("it is live", |lesson| lesson.edge_ms.is_some()).await;
    server.answer(false);
    let said = Publisher::start(&media, KEY, &[&["-re"], PICTURE, X264]).complaint().await;
    assert!(said.contains("does not answer at the moment"), "{said}");
    let url = media.live(server.lesson, "video.m3u8");
    let seen = numbers(&media.get(&url).await.1).len();
    media.until(&url, "it goes on", |text| numbers(text).len() > seen + 1).await;
    assert!(first.runs());
    server.answer(true);
    let edge = server.heard().and_then(|lesson| lesson.edge_ms);
    server.until("the server hears again", |lesson| lesson.edge_ms > edge).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_faster_than_real_time_is_held_back_and_then_sent_away() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    server.order(Phase::Live);
    let fast = Publisher::start(&media, KEY, &[PICTURE, X264]);
    let said = fast.complaint().await;
    assert!(said.contains("faster than real time"), "{said}");
    let heard =
        server.until("the seat is free", |lesson| lesson.publisher.is_none() && lesson.edge_ms.is_some());
    let heard = heard.await;
    let edge = heard.edge_ms.expect("it was live");
    assert!((1_000..9_000).contains(&edge), "{edge} ms of it went through");
}
