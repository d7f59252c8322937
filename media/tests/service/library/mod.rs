//! The library's sound, by the real service and its worker process: uploaded, encoded, delivered.

mod formats;
mod recovery;
mod shelf;
mod unfit;
mod uploads;

use reqwest::Method;
use serde_json::{Value, json};
use yunke_protocol::{AudioStage, paths};

use self::shelf::{Shelf, speech};
use crate::support::{signal, wait};

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_survives_lost_lines_and_kills_and_becomes_an_episode() {
    let mut shelf = Shelf::start().await;
    let file = speech(&shelf, "speech.mp3", 20, &["-c:a", "libmp3lame", "-b:a", "64k"]).await;
    let version = shelf.announce(file.len(), json!({})).await;
    let url = shelf.upload_url(version);

    // The protocol's own rules.
    let options = shelf.tus(Method::OPTIONS, &url, &[], b"").await;
    assert_eq!((options.status, options.header("tus-version")), (204, "1.0.0"));
    assert!(options.header("tus-extension").contains("termination"));
    assert!(options.header("access-control-allow-headers").contains("Upload-Offset"));
    let old = shelf.plain(Method::HEAD, &url, &[("tus-resumable", "0.2.2")], b"").await;
    assert_eq!((old.status, old.header("tus-resumable"), old.header("tus-version")), (412, "1.0.0", "1.0.0"));
    let head = shelf.tus(Method::HEAD, &url, &[], b"").await;
    assert_eq!(
        (head.status, head.header("upload-offset"), head.header("cache-control")),
        (200, "0", "no-store")
    );
    assert_eq!(head.header("upload-length"), file.len().to_string());
    let exposed = head.header("access-control-expose-headers");
    assert!(exposed.contains("Upload-Offset") && exposed.contains("Tus-Resumable"), "{exposed}");
    let kind =
        shelf.tus(Method::PATCH, &url, &[("upload-offset", "0"), ("content-type", "text/plain")], b"x").await;
    assert_eq!(kind.status, 415);

    // Half of it, then the line breaks in the middle of a body; what came is there.
    let half = file.len() / 2;
    assert_eq!(shelf.patch(&url, 0, &file[..half]).await.0, 204);
    assert_eq!(shelf.patch(&url, 0, &file[..half]).await, (409, half.to_string()));
    let more = [&file[half..], b"more"].concat();
    assert_eq!(shelf.patch(&url, half, &more).await.0, 413);
    shelf.broken_patch(&url, half, &file[half..], 3_000).await;
    let offset = half + 3_000;

    // The service is killed, and the worker, and the service while the worker works.
    shelf = shelf.kill_and_restart().await;
    let url = shelf.upload_url(version);
    assert_eq!(shelf.offset(&url).await, offset, "what was acknowledged stays");
    assert_eq!(shelf.patch(&url, offset, &file[offset..]).await, (204, file.len().to_string()));
    // The answer was lost: the same again, and a look.
    assert_eq!(shelf.patch(&url, file.len(), b"").await.0, 204);
    assert_eq!(shelf.offset(&url).await, file.len());
    let worker = shelf.worker().await;
    let environment = std::fs::read_to_string(format!("/proc/{worker}/environ")).unwrap_or_default();
    assert!(!environment.contains("YUNKE_MEDIA_"), "it decodes files of strangers");
    let of_worker = format!("/proc/{worker}/cmdline");
    shelf = shelf.kill_and_restart().await;
    // What is left of a process that nobody has waited for has no command line.
    wait("the worker to end with the service", || {
        std::fs::read_to_string(&of_worker)
            .unwrap_or_default()
            .contains("encode-worker")
            .eq(&false)
            .then_some(())
    })
    .await;
    let status = shelf.done(version).await;
    assert_eq!(status.stage, AudioStage::Ready, "{status:?} {}", shelf.media.log());
    let facts = status.facts.expect("ready");
    assert!((facts.length_ms - 20_000).abs() <= 12, "{}", facts.length_ms);
    assert_eq!(facts.sha256, shelf::sha256(&file));
    let work = shelf.media.folder().join("store/work");
    wait("nothing to be left of the work", || (std::fs::read_dir(&work).ok()?.count() == 0).then_some(()))
        .await;

    let url = shelf.upload_url(version);
    // The same plan again is the same version; another one is refused; removed, all is gone.
    assert_eq!(shelf.plan(version, file.len(), json!({})).await.0, 200);
    assert_eq!(shelf.plan(version, 7, json!({})).await.1["code"], "audio_exists");
    let one = paths::of_version(paths::AUDIO, version);
    assert_eq!(shelf.media.control(Method::DELETE, &one, &Value::Null).await.0, 204);
    assert_eq!(shelf.media.control(Method::DELETE, &one, &Value::Null).await.0, 204);
    assert!(shelf.statuses(&[version]).await.is_empty());
    assert_eq!(shelf.tus(Method::HEAD, &url, &[], b"").await.status, 404);
    let left = std::fs::read_dir(shelf.media.folder().join("store/library")).map_or(0, Iterator::count);
    assert!(left <= 1, "the folder of the version may stay, empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_falls_takes_nothing_with_it_and_its_work_can_be_asked_for_again() {
    let shelf = Shelf::start().await;
    let file = speech(&shelf, "long.flac", 60, &["-c:a", "flac"]).await;
    let version = shelf.upload(&file, json!({})).await;
    for (name, code) in [("XCPU", "worker_time"), ("KILL", "worker_memory"), ("ILL", "unreadable")] {
        signal(shelf.worker().await, name).await;
        let status = shelf.done(version).await;
        assert_eq!(status.code.as_deref(), Some(code), "{status:?}");
        let retry = paths::of_version(paths::AUDIO_RETRY, version);
        assert_eq!(shelf.media.control(Method::POST, &retry, &Value::Null).await.0, 200);
    }
    assert_eq!(shelf.done(version).await.stage, AudioStage::Ready, "{}", shelf.media.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rendition_is_delivered_in_ranges_and_what_the_socket_took_is_reported_as_time() {
    let shelf = Shelf::start().await;
    let file = speech(&shelf, "speech.wav", 30, &[]).await;
    let version = shelf.upload(&file, json!({})).await;
    let status = shelf.done(version).await;
    let facts = status.facts.clone().expect("ready");
    let lease = uuid::Uuid::now_v7();
    let aac = &facts.renditions[0];
    let url = shelf.audio_url(lease, shelf.item, version, &aac.name);
    let whole = shelf.plain(Method::HEAD, &url, &[], b"").await;
    assert_eq!((whole.status, whole.header("content-length")), (200, aac.bytes.to_string().as_str()));
    assert_eq!(whole.header("content-type"), "audio/mp4");
    assert_eq!(whole.header("cache-control"), "private, max-age=31536000, immutable");
    let tag = whole.header("etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", aac.sha256));
    for (range, status, content) in [
        ("bytes=0-1", 206, format!("bytes 0-1/{}", aac.bytes)),
        ("bytes=500-", 206, format!("bytes 500-{}/{}", aac.bytes - 1, aac.bytes)),
        ("bytes=-500", 206, format!("bytes {}-{}/{}", aac.bytes - 500, aac.bytes - 1, aac.bytes)),
        ("bytes=99999999-", 416, format!("bytes */{}", aac.bytes)),
    ] {
        let headers = [("range", range), ("accept-encoding", "gzip")];
        let answer = shelf.plain(Method::HEAD, &url, &headers, b"").await;
        assert_eq!((answer.status, answer.header("content-range")), (status, content.as_str()), "{range}");
        assert_eq!(answer.header("content-encoding"), "");
    }
    let probe = shelf.plain(Method::GET, &url, &[("range", "bytes=0-1")], b"").await;
    assert_eq!(probe.body.len(), 2);
    shelf.settle().await;
    assert!(shelf.reported(lease).is_empty(), "neither HEAD nor a probe is time");
    let other = shelf.plain(Method::GET, &url, &[("range", "bytes=5-"), ("if-range", "\"x\"")], b"").await;
    assert_eq!((other.status, shelf::sha256(&other.body)), (200, aac.sha256.clone()), "never half of each");
    assert_eq!(shelf.plain(Method::GET, &url, &[("if-none-match", &tag)], b"").await.status, 304);
    let reported = wait("the stretch", || shelf.reported(lease).first().copied()).await;
    assert!(reported.0 <= 100 && (reported.1 - facts.length_ms).abs() <= 100, "{reported:?}");

    // Who hangs up after some of it has heard some of it.
    let short = uuid::Uuid::now_v7();
    let url = shelf.audio_url(short, shelf.item, version, "opus.webm");
    let opus = shelf.plain(Method::GET, &url, &[("range", "bytes=0-40000")], b"").await;
    assert_eq!((opus.status, opus.body.len()), (206, 40_001));
    let reported = wait("the stretch", || shelf.reported(short).first().copied()).await;
    let share = 40_001 * facts.length_ms / i64::try_from(facts.renditions[1].bytes).expect("fits");
    assert!((reported.1 - share).abs() < 2_500, "{reported:?}, about {share}");

    let foreign = shelf.audio_url(lease, uuid::Uuid::now_v7(), version, "aac.m4a");
    assert_eq!(shelf.plain(Method::GET, &foreign, &[], b"").await.status, 403);
    for odd in ["facts.json", "aac.m4a.map", "cover", "x"] {
        let url = shelf.audio_url(lease, shelf.item, version, odd);
        assert_eq!(shelf.plain(Method::GET, &url, &[], b"").await.status, 404, "{odd}");
    }
    assert_eq!(shelf.plain(Method::POST, &url, &[], b"").await.status, 405);
}
