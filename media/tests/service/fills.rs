//! Gaps of a recording filled from a file, by the real service and its worker process.

mod lesson;

use reqwest::Method;
use serde_json::{Value, json};
use yunke_protocol::{FileRight, paths};

use self::lesson::{Lesson, copy, id, limit, made, nearest, worker_of};
use crate::{
    jobs::flashes_and_beeps,
    support::{signal, wait},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_takes_the_place_of_a_gap_until_it_is_withdrawn() {
    let mut here = Lesson::with_a_gap().await;
    let (lesson, (from, to)) = (here.server.lesson, here.gap);
    let before = here.playlist("video.m3u8").await;
    assert!(before.contains("#EXT-X-GAP"), "{before}");
    let stored = here.stored();
    let starts_at = here.zero + from - 3_000;
    let bytes = copy(&here.media).await;

    // Broken off, and gone on with after a crash of the service.
    let (status, fill) = here.plan(starts_at, bytes.len(), "video/webm").await;
    assert_eq!(status, 200, "{fill}");
    let fill = id(&fill);
    let url = here.address(fill);
    assert_eq!(here.media.piece(&url, 0, &bytes[..10_000]).await.1["received"], 10_000);
    assert_eq!(here.media.piece(&url, 10_000, &bytes[10_000..20_000]).await.1["received"], 20_000);
    let (status, told) = here.media.piece(&url, 0, &bytes[..10_000]).await;
    assert_eq!((status, &told["code"], &told["received"]), (409, &json!("upload_offset"), &json!(20_000)));
    here.media = here.media.kill_and_restart(&here.server).await;
    let (_, again) = here.plan(starts_at, bytes.len(), "video/webm").await;
    assert_eq!((id(&again), &again["received"]), (fill, &json!(20_000)));
    let url = here.address(fill);
    let more = [&bytes[20_000..], &[0]].concat();
    assert_eq!(here.media.piece(&url, 20_000, &more).await.0, 413, "more than announced");
    assert_eq!(here.media.piece(&url, 20_000, &bytes[20_000..]).await.0, 200);
    // Killed at its work, it goes on with it after the restart, though nobody asks.
    let worker = worker_of(&here.media).await;
    let of_worker = |what: &str| std::fs::read_to_string(format!("/proc/{worker}/{what}")).ok();
    wait("its program", || of_worker("cmdline")?.contains("fill-worker").then_some(())).await;
    let environment = of_worker("environ").expect("it is ours");
    assert!(!environment.contains("YUNKE_MEDIA_"), "it decodes files of strangers");
    assert!(here.record(fill).contains("wanted"), "{}", here.record(fill));
    here.media = here.media.kill_and_restart(&here.server).await;
    wait("the work to be done", || here.record(fill).contains("ready").then_some(())).await;
    let marks = here.media.folder().join("store/wanted/fill");
    wait("no mark to be left", || (std::fs::read_dir(&marks).ok()?.count() == 0).then_some(())).await;
    let done = here.outcome(fill).await;
    assert_eq!(done["status"]["stage"], "ready", "{done} {}", here.media.log());
    assert!(!here.media.log().contains("cannot be sought in"), "{}", here.media.log());
    let (status, told) = here.plan(starts_at, bytes.len(), "video/webm").await;
    assert_eq!((status, &told["code"]), (409, &json!("fill_exists")));

    // The replay has no gap any more, its dates go on as they did, and all of it can be decoded.
    let dates = |text: &str| -> Vec<String> {
        let of =
            |tag: &'static str| text.lines().filter(move |line| line.starts_with(tag)).map(str::to_owned);
        of("#EXT-X-PROGRAM-DATE-TIME").chain(of("#EXTINF")).collect()
    };
    let mut lengths = Vec::new();
    for rendition in ["video", "audio", "audio48"] {
        let text = here.playlist(&format!("{rendition}.m3u8")).await;
        assert!(!text.contains("#EXT-X-GAP"), "{rendition}: {text}");
        assert_eq!(
            text.matches("#EXT-X-DISCONTINUITY\n").count(),
            here.playlist("video.m3u8").await.matches("#EXT-X-DISCONTINUITY\n").count()
        );
        lengths.push(here.decoded(rendition).await);
    }
    let apart = here.apart_in_the_replay().await;
    assert!(apart.len() >= 2 && apart.iter().all(|seconds| *seconds <= 0.02), "{apart:?}");
    assert_eq!(dates(&here.playlist("video.m3u8").await), dates(&before));
    assert!(lengths.iter().all(|length| (length - lengths[0]).abs() < 0.5), "{lengths:?}");
    // What the evidence is measured by stays as it was.
    let told = here.server.until("it is told again", |lesson| lesson.replay_ready).await;
    assert_eq!(told.gaps.len(), 1);

    // In one file: flash and beep of the copy together, and at the moment at which they were recorded.
    let mp4 = paths::of_lesson(paths::MP4, lesson);
    here.media.control(Method::POST, &mp4, &Value::Null).await;
    here.media.control_until(&mp4, |told| told["stage"] == "ready").await;
    let (_, _, mp4_bytes) =
        here.media.fetch(&here.media.file(lesson, FileRight::Mp4, "a.mp4"), ("accept", "*/*")).await;
    let target = here.media.folder().join("filled.mp4");
    std::fs::write(&target, &mp4_bytes).expect("written");
    let (flashes, beeps) = flashes_and_beeps(target.to_str().expect("a path")).await;
    let within = |at: &f64| *at > from as f64 / 1000.0 + 0.3 && *at < to as f64 / 1000.0 - 0.3;
    let inside: Vec<f64> = flashes.into_iter().filter(within).collect();
    assert!(inside.len() >= 2, "{inside:?}");
    for flash in inside {
        // The copy's own sound is 7 ms early, and a file's segments are joined where less than 5 ms are between them.
        let apart = nearest(&beeps, flash);
        assert!(apart <= 0.02, "the flash at {flash} and its beep are {apart} s apart");
        let since = flash - (starts_at - here.zero) as f64 / 1000.0;
        assert!((since - since.round()).abs() <= 0.03, "recorded at {since} s, not at a full second");
    }

    // Moved and then withdrawn; who watches goes on with the playlist they have.
    let first = here.filled_files(&before).await;
    let shift = json!({ "offset_ms": 100 });
    assert_eq!(here.media.control(Method::PATCH, &here.one(fill), &shift).await.0, 200);
    assert_eq!(here.outcome(fill).await["status"]["stage"], "ready", "{}", here.media.log());
    let second = here.filled_files(&before).await;
    assert!(first.len() >= 2 && second.iter().all(|file| !first.contains(file)), "{first:?} {second:?}");
    let (status, told) = here.media.control(Method::DELETE, &here.one(fill), &Value::Null).await;
    assert_eq!((status, &told["gaps"][0]["from_ms"]), (200, &json!(from)));
    assert_eq!(here.playlist("video.m3u8").await, before, "as if nothing had been");
    for file in first.iter().chain(&second) {
        assert_eq!(here.fetched(file).await, 200, "{file}");
    }
    let (_, told) = here.media.control(Method::GET, &mp4, &Value::Null).await;
    assert_eq!(told["stage"], "none", "the file of the recording without it was never asked for");

    // Hours later nothing of it is left, nor what a process left behind that was killed while it made an MP4 file.
    let folder = here.media.folder().join("store");
    let export = folder.join(format!("lessons/{lesson}/export"));
    std::fs::write(export.join("0.mp4head#1"), "begun").expect("written");
    let retired = folder.join(format!("retired/{lesson}"));
    let notes = || std::fs::read_dir(&retired).into_iter().flatten().flatten().map(|note| note.path());
    assert_eq!(notes().count(), 2);
    for note in notes() {
        let text = std::fs::read_to_string(&note).expect("a note");
        let mut told: Value = serde_json::from_str(&text).expect("JSON");
        told["at"] = json!(told["at"].as_i64().expect("a time") - 5 * 3_600_000);
        std::fs::write(&note, told.to_string()).expect("written");
    }
    here.media = here.media.kill_and_restart(&here.server).await;
    wait("no note to be left", || (notes().count() == 0).then_some(())).await;
    assert_eq!(here.stored(), stored, "nothing of it is left");
    assert_eq!(std::fs::read_dir(&export).expect("a folder").count(), 0);
    assert_eq!(here.fetched(&first[0]).await, 404);
    assert_eq!(here.playlist("video.m3u8").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_fill_anything_is_refused_with_its_reason_and_nothing_is_lost() {
    let here = Lesson::with_a_gap().await;
    let (media, (from, to)) = (&here.media, here.gap);
    let before = here.playlist("index.m3u8").await + &here.playlist("video.m3u8").await;
    let (status, told) = here.plan(here.zero + to, 10, "video/webm").await;
    assert_eq!((status, &told["code"]), (409, &json!("no_overlap")));
    for bytes in [0, 9 << 30] {
        let (status, told) = here.plan(here.zero, bytes, "video/webm").await;
        assert_eq!((status, &told["code"]), (413, &json!("file_size")));
    }

    // No recording at all; a disk that does not take it; then it goes on as if nothing had been.
    let (_, text) = here.plan(here.zero, 1_000, "video/webm").await;
    let text = here.address(id(&text));
    let (status, told) = media.piece(&text, 0, &[]).await;
    assert_eq!((status, &told["received"]), (200, &json!(0)), "an empty piece says nothing of the file");
    let (status, told) = media.piece(&text, 0, &[b'x'; 500]).await;
    assert_eq!((status, &told["code"]), (415, &json!("not_a_recording")));
    let bytes = copy(media).await;
    let work = media.folder().join("store/work");
    std::fs::remove_dir_all(&work).expect("nothing is in it yet");
    std::fs::write(&work, "no folder").expect("written");
    let (status, told) = media.piece(&text, 0, &bytes[..500]).await;
    assert_eq!((status, &told["code"]), (503, &json!("storage")));
    std::fs::remove_file(&work).expect("removed");
    assert_eq!(media.piece(&text, 0, &bytes[..500]).await.0, 200);
    let there: Value = serde_json::from_str(&media.get(&text).await.1).expect("JSON");
    assert_eq!(there, json!({ "received": 500, "bytes": 1000 }));
    let foreign = media.file(here.server.lesson, FileRight::Mp4, "").replace("/file/", "/fill/");
    assert_eq!(media.piece(foreign.trim_end_matches('/'), 0, &bytes[..500]).await.0, 403);

    // Too short; damaged; an unknown codec; too large a picture; one that is larger than its file says.
    let black = |size: &'static str| ["-f", "lavfi", "-i", size];
    let small = black("color=black:s=320x240:r=25");
    let short = made(media, "short.mp4", &[&small[..], &["-t", "0.5", "-c:v", "libx264"]].concat()).await;
    let live = "-f lavfi -i sine=r=48000 -t 0.5 -c:v libvpx -c:a libopus -f webm -live 1";
    let live: Vec<&str> = live.split(' ').collect();
    let ended = made(media, "ended.webm", &[&small[..], &live].concat()).await;
    let foreign = made(media, "foreign.mkv", &[&small[..], &["-t", "6", "-c:v", "mjpeg"]].concat()).await;
    let large = black("color=black:s=4608x2592:r=25");
    let large = [&large[..], &["-frames:v", "2", "-c:v", "libx264", "-preset", "ultrafast"]].concat();
    let large = made(media, "large.mp4", &large).await;
    let mut broken = bytes[..20_000].to_vec();
    broken[200..].fill(0xa5);
    let mut liar = bytes.clone();
    // RFC 6386 §9.1: width and height follow the start code of a key frame.
    let at = liar.windows(3).position(|three| three == [0x9d, 0x01, 0x2a]).expect("a key frame") + 3;
    liar[at..at + 4].copy_from_slice(&[0xff, 0x1f, 0xff, 0x1f]);
    // Else it were the same file as the good one.
    liar.push(0);
    // Real frames that say they have 65,536 × 65,536 pixels: each would take twice what the worker may have.
    let vp9 = ["-t", "1", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-f", "webm"];
    let mut huge = made(media, "huge.webm", &[&small[..], &vp9].concat()).await;
    // VP9 bitstream specification, 6.2: behind the start code four bits, then width and height less one.
    let at = huge.windows(3).position(|three| three == [0x49, 0x83, 0x42]).expect("a key frame") + 3;
    huge[at] |= 0x0f;
    huge[at + 1..at + 4].fill(0xff);
    huge[at + 4] |= 0xf0;
    let stored = here.stored();
    for (bytes, kind, code) in [
        (huge, "video/webm", &["file_unreadable", "took_too_much"][..]),
        (short, "video/mp4", &["no_overlap"]),
        // It ends before the gap, and has no index that says so.
        (ended, "video/webm", &["no_overlap"]),
        (liar, "video/webm", &["picture_too_large"]),
        // How much of it can be read is the demuxer's business.
        (broken, "video/webm", &["file_unreadable", "file_empty", "no_overlap"]),
        (foreign, "video/webm", &["codec_unknown"]),
        (large, "video/mp4", &["picture_too_large"]),
    ] {
        let done = here.outcome(here.send(&bytes, kind).await).await;
        assert_eq!(done["status"]["stage"], "failed", "{done}");
        let told = done["status"]["code"].as_str().expect("a reason");
        assert!(code.contains(&told), "{code:?}: {done} {}", media.log());
    }

    // A worker has only so much, and one that falls takes nothing with it; its work can be asked for again.
    let fill = here.send(&bytes, "video/webm").await;
    for (signal_name, code) in
        [("XCPU", "took_too_long"), ("KILL", "took_too_much"), ("ILL", "file_unreadable")]
    {
        let worker = worker_of(media).await;
        assert_eq!(limit(worker, "Max address space").await, 3 << 30);
        let seconds = limit(worker, "Max cpu time").await;
        assert!((121..=150).contains(&seconds), "{seconds}");
        signal(worker, signal_name).await;
        let done = here.outcome(fill).await;
        assert_eq!(done["status"]["code"], code, "{done}");
        if signal_name != "ILL" {
            let again = media.control(Method::PATCH, &here.one(fill), &json!({ "offset_ms": 0 })).await;
            assert_eq!(again.0, 200, "it may be asked for as soon as its failure can be seen: {}", again.1);
        }
    }
    wait("what they made to be removed", || (here.stored() == stored).then_some(())).await;
    let after = here.playlist("index.m3u8").await + &here.playlist("video.m3u8").await;
    assert_eq!(after, before);
    let (status, told) =
        media.control(Method::PATCH, &here.one(fill), &json!({ "offset_ms": 43_200_001 })).await;
    assert_eq!((status, &told["code"]), (422, &json!("offset_wrong")));
    assert_eq!(media.control(Method::PATCH, &here.one(fill), &json!({ "offset_ms": -500 })).await.0, 200);
    let done = here.outcome(fill).await;
    assert_eq!(done["status"]["stage"], "ready", "{done} {}", media.log());
    assert!(done["filled"][0]["from_ms"].as_i64().is_some_and(|at| at - from < 2_500), "{done}");
}
