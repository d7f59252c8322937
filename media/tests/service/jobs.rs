//! Work on recordings: the lesson as one file.

use reqwest::Method;
use serde_json::{Value, json};
use yunke_protocol::{FileRight, Phase, paths};

use crate::support::{AAC, KEY, Media, Publisher, Server, X264, ffmpeg, probe};

/// A white flash and a beep of 200 ms every second.
pub(crate) const BEEP: &[&str] =
    &["-re", "-f", "lavfi", "-i", "aevalsrc='if(lt(mod(t,1),0.2),0.8*sin(2*PI*1000*t),0)':s=48000"];

/// Picture and sound with a flash and a beep, of this size.
fn flashes(media: &Media, size: &str) -> Publisher {
    let picture = format!("color=black:s={size}:r=30,drawbox=color=white:t=fill:enable='lt(mod(t,1),0.2)'");
    let input = ["-re", "-f", "lavfi", "-i", &picture];
    let coded = ["-pix_fmt", "yuv420p", "-c:v", "libx264"];
    Publisher::start(media, KEY, &[&input, BEEP, &coded, X264, AAC])
}

/// A lesson of two stretches of about 4 s with a gap between, and another picture size behind it; it has ended.
pub(crate) async fn lesson_with_a_gap(server: &Server, media: &Media) -> i64 {
    server.order(Phase::Live);
    let first = flashes(media, "320x240");
    server.until("it runs", |lesson| lesson.edge_ms.is_some_and(|edge| edge > 4_500)).await;
    first.kill().await;
    let live = media.live(server.lesson, "video.m3u8");
    media.until(&live, "it is a long gap", |text| text.matches("#EXT-X-GAP").count() >= 2).await;
    let _second = flashes(media, "480x270");
    let back = server.until("it is back", |lesson| !lesson.gaps.is_empty()).await;
    let back = back.gaps[0].to_ms;
    server.until("it goes on", |lesson| lesson.edge_ms.is_some_and(|edge| edge > back + 4_500)).await;
    server.order(Phase::Ended);
    let ended = server.until("the replay is ready", |lesson| lesson.replay_ready).await;
    let gaps: i64 = ended.gaps.iter().map(|gap| gap.to_ms - gap.from_ms).sum();
    ended.edge_ms.expect("a length") - gaps
}

/// The seconds that a filter of ffmpeg says behind this word.
pub(crate) fn seconds(said: &str, word: &str) -> Vec<f64> {
    let figures = said
        .split(word)
        .skip(1)
        .filter_map(|rest| rest.split([' ', '\n', '|']).find(|word| !word.is_empty()));
    figures.filter_map(|figure| figure.parse().ok()).collect()
}

/// When flashes and beeps begin in a file, seconds; all of it is decoded, and must be without error.
pub(crate) async fn flashes_and_beeps(file: &str) -> (Vec<f64>, Vec<f64>) {
    let picture = ["-vf", "blackdetect=d=0.05:pix_th=0.5", "-af", "silencedetect=n=-20dB:d=0.1"];
    let said =
        ffmpeg(&[&["-xerror", "-v", "info", "-i", file][..], &picture, &["-f", "null", "-"]].concat()).await;
    (seconds(&said, "black_end:"), seconds(&said, "silence_end: "))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_with_a_gap_becomes_one_file_without_it() {
    let server = Server::start().await;
    let media = Media::start(&server).await;
    let path = paths::of_lesson(paths::MP4, server.lesson);
    let (status, told) = media.control(Method::POST, &path, &Value::Null).await;
    assert_eq!((status, &told["code"]), (409, &json!("replay_not_ready")));
    let expected = lesson_with_a_gap(&server, &media).await as f64 / 1000.0;

    let name = "%E8%AF%BE.mp4";
    let url = media.file(server.lesson, FileRight::Mp4, name);
    assert_eq!(media.get(&url).await.0, 404, "nobody has asked for it");
    assert_eq!(media.control(Method::GET, &path, &Value::Null).await.1["stage"], "none");
    let (status, told) = media.control(Method::POST, &path, &Value::Null).await;
    assert_eq!(status, 200, "{told}");
    let told = media.control_until(&path, |told| told["stage"] == "ready").await;
    // The same again is the same file, also for a node that was killed meanwhile.
    assert_eq!(media.control(Method::POST, &path, &Value::Null).await.1, told);
    let media = media.kill_and_restart(&server).await;
    assert_eq!(media.control(Method::GET, &path, &Value::Null).await.1, told);

    let url = media.file(server.lesson, FileRight::Mp4, name);
    let (status, headers, bytes) = media.fetch(&url, ("accept", "*/*")).await;
    assert_eq!((status, bytes.len() as u64), (200, told["bytes"].as_u64().expect("a size")));
    let disposition = headers["content-disposition"].to_str().expect("ASCII");
    assert_eq!(disposition, format!("attachment; filename=\"lesson.mp4\"; filename*=UTF-8''{name}"));
    let tag = headers["etag"].to_str().expect("ASCII");
    let (status, headers, part) = media.fetch(&url, ("range", "bytes=1000-60000")).await;
    assert_eq!(
        (status, headers["content-range"].to_str().ok()),
        (206, Some(format!("bytes 1000-60000/{}", bytes.len()).as_str()))
    );
    assert!(part == bytes.slice(1000..60_001));
    assert_eq!(media.fetch(&url, ("range", "bytes=99999999999-")).await.0, 416);
    assert!(!media.log().contains(tag), "nothing of it is logged");
    // Whatever stands in the address, the header stays one header with one name.
    for odd in ["a%0d%0ax.mp4", "x\".mp4", "x.txt", "a/b.mp4"] {
        let url = media.file(server.lesson, FileRight::Mp4, odd);
        let (status, headers, _) = media.fetch(&url, ("accept", "*/*")).await;
        let disposition = headers.get("content-disposition").map(|value| value.to_str().unwrap_or("?"));
        assert!(
            status == 404 || disposition.is_some_and(|text| text.matches('"').count() == 2),
            "{odd}: {disposition:?}"
        );
    }
    let foreign = media.file(server.lesson, FileRight::Fill(server.lesson), name);
    assert_eq!(media.get(&foreign).await.0, 403);

    let file = media.folder().join("lesson.mp4");
    std::fs::write(&file, &bytes).expect("written");
    let file = file.to_str().expect("a path");
    let seen = probe(file, "format=duration:stream=codec_name,duration").await;
    assert!(seen.contains("codec_name=h264") && seen.contains("codec_name=aac"), "{seen}");
    for duration in seconds(&seen, "duration=") {
        assert!((duration - expected).abs() < 0.25, "{seen} instead of {expected} s");
    }
    let packets = probe(file, "packet=stream_index,dts_time").await;
    let mut last = [f64::MIN; 2];
    for line in packets.lines().filter(|line| line.contains("dts_time=")) {
        let track = usize::from(line.contains("stream_index=1"));
        let at = seconds(line, "dts_time=")[0];
        assert!(at > last[track], "{line} follows {}", last[track]);
        last[track] = at;
    }
    let (flashes, beeps) = flashes_and_beeps(file).await;
    assert!(flashes.len() >= 7 && flashes.len().abs_diff(beeps.len()) <= 1, "{flashes:?} {beeps:?}");
    // The second publisher begins with a flash: where that begins in the file is where the cut is, and no measure.
    let whole = flashes.windows(2).filter(|pair| pair[1] - pair[0] > 0.8).map(|pair| pair[1]);
    for flash in whole {
        let apart = beeps.iter().map(|beep| (beep - flash).abs()).fold(f64::MAX, f64::min);
        assert!(
            apart <= 0.04,
            "the flash at {flash} and its beep are {apart} s apart: {flashes:?} {beeps:?}"
        );
    }
}
