//! Who may publish what, and what members then see.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use yunke_protocol::{HealthCode, Phase, Purpose, Tracks};

use crate::support::{AAC, KEY, Media, PICTURE, Publisher, RawPublisher, SOUND, Server, X264, probe, signal};

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_is_rehearsed_given_and_replayed() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    let lesson = server.lesson;
    let mut publisher = Publisher::both(&media);

    // Rehearsal: the lecturer sees it, members wait.
    let preview = media.url(lesson, Purpose::Preview, "live", "video.m3u8");
    media.until(&preview, "the rehearsal can be seen", |text| text.contains("video-p3")).await;
    assert_eq!(media.get(&media.live(lesson, "video.m3u8")).await.0, 503);
    let heard = server.until("picture and sound are measured", |lesson| {
        lesson
            .publisher
            .as_ref()
            .is_some_and(|p| p.video.as_ref().is_some_and(|v| v.key_interval_ms == 1000) && p.audio.is_some())
    });
    let heard = heard.await.publisher.expect("just seen");
    let video = heard.video.expect("just seen");
    assert_eq!((video.width, video.height), (320, 240));
    assert!((25_000..35_000).contains(&video.fps_milli), "{video:?}");
    assert!(heard.notes.iter().all(|note| note.code != HealthCode::NoAudio), "{:?}", heard.notes);

    // Live: a fresh stream whose first segment is position 0.
    server.order(Phase::Live);
    let heard = server.until("it is live", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 4_000)).await;
    let zero = heard.zero_at.expect("live");
    let url = media.live(lesson, "video.m3u8");
    let text = media.until(&url, "members see it", |text| text.contains("#EXTINF")).await;
    let first = text.lines().find_map(|line| line.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:")).expect("a time");
    let seconds = format!(".{:03}Z", zero % 1000);
    assert!(first.ends_with(&seconds), "position 0 is {zero}, the first segment starts at {first}");
    let streams = probe(&media.live(lesson, "index.m3u8"), "stream=codec_name,width").await;
    assert!(streams.contains("codec_name=h264|width=320") && streams.contains("codec_name=aac"), "{streams}");
    let streams = probe(&media.live(lesson, "listen.m3u8"), "stream=codec_name").await;
    assert!(streams.contains("aac") && !streams.contains("h264"), "{streams}");

    // Ended: the publisher is sent away, the replay is whole at once.
    assert!(publisher.runs());
    let asked = Instant::now();
    server.order(Phase::Ended);
    assert_eq!(media.bring(&server).await.phase, Phase::Ended);
    let heard = server.until("the replay is ready", |lesson| lesson.replay_ready).await;
    println!("replay ready {:?} after the order", asked.elapsed());
    let complaint = publisher.complaint().await;
    assert!(complaint.contains("the lesson is over"), "{complaint}");
    let length = heard.edge_ms.expect("a length");
    for (file, what) in [("index.m3u8", "h264"), ("listen.m3u8", "aac")] {
        let url = media.url(lesson, Purpose::Watch, "replay", file);
        let seen = probe(&url, "format=duration:stream=codec_name").await;
        assert!(seen.contains(what), "{seen}");
        let duration = seen.lines().find_map(|line| line.strip_prefix("duration=")).expect("a duration");
        let duration: f64 = duration.trim().parse().expect("a number");
        let expected = length as f64 / 1000.0;
        assert!((duration - expected).abs() < 0.15, "{file} lasts {duration} s, the lesson {expected} s");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn picture_alone_and_sound_alone_are_lessons_of_both() {
    let picture = Tracks { picture: true, sound: false, pictured: true };
    let sound = Tracks { picture: false, sound: true, pictured: false };
    for (arguments, tracks) in
        [(&[&["-re"], PICTURE, X264][..], picture), (&[&["-re"], SOUND, AAC][..], sound)]
    {
        let server = Server::start().await;
        let media = Media::start(&server).await;
        server.order(Phase::Live);
        let _publisher = Publisher::start(&media, KEY, arguments);
        let url = media.live(server.lesson, "index.m3u8");
        media.until(&url, "it can be watched", |text| text.contains("#EXT-X-STREAM-INF")).await;
        let streams = probe(&url, "stream=codec_name").await;
        assert!(streams.contains("h264") && streams.contains("aac"), "{streams}");
        server.until("what really arrives is told", |lesson| lesson.tracks == Some(tracks)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_other_codecs_are_refused_with_a_reason_the_encoder_shows() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    let said = Publisher::start(&media, "another-key", &[&["-re"], PICTURE, X264]).complaint().await;
    assert!(said.contains("this stream key belongs to no lesson"), "{said}");
    assert!(!media.log().contains("another-key"), "a stream key was logged");

    let old = &[&["-re"], &PICTURE[..6], &["-c:v", "flv"]];
    let said = Publisher::start(&media, KEY, old).complaint().await;
    assert!(said.contains("H.263 (Sorenson) video cannot be played in lessons"), "{said}");
    let mp3 = &[&["-re"], SOUND, &["-ar", "44100", "-c:a", "libmp3lame"]];
    let said = Publisher::start(&media, KEY, mp3).complaint().await;
    assert!(said.contains("MP3 audio cannot be played in lessons"), "{said}");
    let deep = &[&["-re"], &PICTURE[..4], &["-pix_fmt", "yuv444p", "-c:v", "libx264"], X264];
    let said = Publisher::start(&media, KEY, deep).complaint().await;
    assert!(said.contains("H.264 must be 8-bit 4:2:0"), "{said}");

    let mut enhanced = RawPublisher::start(&media, KEY).await;
    enhanced.read_until("NetStream.Publish.Start").await;
    enhanced.message(9, 0, &[&[0x90][..], b"hvc1", &[0; 40]].concat()).await;
    let said = enhanced.read_until("NetStream.Publish.Rejected").await;
    assert!(said.contains("H.265/HEVC video cannot be played"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_publisher_is_refused_while_the_first_is_alive() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    let mut first = Publisher::both(&media);
    server
        .until("the first is in", |lesson| lesson.publisher.as_ref().is_some_and(|p| p.video.is_some()))
        .await;
    let said = Publisher::both(&media).complaint().await;
    assert!(said.contains("already receives a stream from another publisher"), "{said}");
    assert!(first.runs());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_publisher_is_replaced_within_three_seconds() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    server.order(Phase::Live);
    let first = Publisher::both(&media);
    let before = server.until("it is live", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 1_000)).await;
    let connected_at = before.publisher.expect("live").connected_at;
    // Frozen, not closed: its connection stays open, as after a power cut.
    signal(first.pid(), "STOP").await;
    let died = Instant::now();
    let mut booth = RawPublisher::start(&media, KEY).await;
    let said = timeout(Duration::from_secs(3), booth.read_until("NetStream.Publish.Start")).await;
    println!("taken over {:?} after the first one froze", died.elapsed());
    assert!(said.expect("within three seconds").contains("NetStream.Publish.Start"));
    server
        .until("the new one has the seat", |lesson| {
            lesson.publisher.as_ref().is_some_and(|p| p.connected_at > connected_at)
        })
        .await;
    signal(first.pid(), "CONT").await;
    let said = first.complaint().await;
    assert!(said.contains("another publisher has taken over"), "{said}");
}
