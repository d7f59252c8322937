//! Files that cannot become an episode: each with its reason, and nothing else is lost.

use reqwest::Method;
use serde_json::{Value, json};
use yunke_protocol::{AudioStage, paths};

use super::shelf::{Shelf, speech};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sound_says_so_and_the_next_file_is_encoded() {
    let shelf = Shelf::start_with(&[("YUNKE_MEDIA_AUDIO_HOURS", "1")]).await;
    let picture = shelf.made("p.jpg", &["-f", "lavfi", "-i", "testsrc=s=320x240", "-frames:v", "1"]).await;
    let silent =
        shelf.made("silent.wav", &["-f", "lavfi", "-i", "anullsrc=r=44100:cl=mono", "-t", "5"]).await;
    let mute = ["-f", "lavfi", "-i", "testsrc=s=320x240:d=2", "-c:v", "mpeg4", "-an"];
    let mute = shelf.made("mute.mp4", &mute).await;
    let long = ["-f", "lavfi", "-i", "sine=300:r=8000", "-t", "3700", "-c:a", "pcm_u8"];
    let long = shelf.made("long.wav", &long).await;
    let mut damaged = speech(&shelf, "d.flac", 5, &["-c:a", "flac"]).await;
    damaged[200..]
        .iter_mut()
        .enumerate()
        .for_each(|(n, byte)| *byte = u8::try_from(n * 37 % 251).expect("small"));
    let locked = [
        &b"\0\0\0\x10ftypM4A \0\0\0\0\0\0\0\x20moov"[..],
        b"\0\0\0\x18stsd\0\0\0\0\0\0\0\x01\0\0\0\x08drms",
        &[0; 400],
    ]
    .concat();
    let noise: Vec<u8> = (0..90_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for (what, file, codes) in [
        ("a picture", &picture, &["not_audio"][..]),
        ("text", &b"#EXTM3U\nfile:///etc/passwd\n".repeat(40), &["not_audio"]),
        ("an archive", &[&b"PK\x03\x04"[..], &[0; 5000]].concat(), &["not_audio"]),
        ("silence", &silent, &["silent"]),
        ("a film without sound", &mute, &["not_audio", "unreadable"]),
        ("an hour too much", &long, &["too_long"]),
        ("a damaged file", &damaged, &["unreadable"]),
        ("a bought file", &locked, &["drm_protected"]),
        ("noise", &noise, &["not_audio", "unreadable"]),
        ("one byte", &vec![7], &["not_audio"]),
    ] {
        let version = shelf.upload(file, json!({})).await;
        let status = shelf.done(version).await;
        assert_eq!(status.stage, AudioStage::Failed, "{what}: {status:?}");
        let code = status.code.expect("a reason");
        assert!(codes.contains(&code.as_str()), "{what}: {code}\n{}", shelf.media.log());
    }
    // ffmpeg-normalize#87, #110, #92: what is short, quiet or as loud as can be is ready, and never lifted without bounds.
    for (what, source) in [
        ("0.3 s", "sine=440:d=0.3"),
        ("1.2 s", "sine=440:d=1.2"),
        ("hiss", "anoisesrc=a=0.0003:d=6:c=white:seed=1"),
        ("a square wave", "aevalsrc='if(gt(sin(2*PI*200*t),0),1,-1)':d=6:s=44100"),
    ] {
        let file = shelf.made("odd.wav", &["-f", "lavfi", "-i", source, "-c:a", "pcm_s24le"]).await;
        let status = shelf.done(shelf.upload(&file, json!({})).await).await;
        assert_eq!(status.stage, AudioStage::Ready, "{what}: {status:?}\n{}", shelf.media.log());
        let facts = status.facts.expect("ready");
        assert!(facts.gain_db <= 20.0 && facts.gain_db > -40.0, "{what}: {facts:?}");
        assert!(facts.true_peak_dbtp.is_none_or(|peak| peak <= -1.5), "{what}: {facts:?}");
    }
    // Symphonia PR#450: a LAME tag whose delay and padding exceed the file.
    let mp3 = ["-c:a", "libmp3lame", "-b:a", "128k", "-write_xing", "1"];
    let mut one = speech(&shelf, "one.mp3", 1, &mp3).await;
    let tag = one.windows(4).position(|four| four == b"Info" || four == b"Xing").expect("a tag");
    one[tag + 141..tag + 144].fill(0xff);
    one.truncate(tag + 1200);
    let status = shelf.done(shelf.upload(&one, json!({})).await).await;
    assert!(status.stage == AudioStage::Ready || status.code.is_some(), "{status:?}");
    let good = speech(&shelf, "good.mp3", 3, &["-c:a", "libmp3lame"]).await;
    let status = shelf.done(shelf.upload(&good, json!({})).await).await;
    assert_eq!(status.stage, AudioStage::Ready, "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_announced_is_refused_before_a_byte_is_sent() {
    let shelf = Shelf::start().await;
    let version = uuid::Uuid::now_v7();
    for (bytes, code) in [(0_usize, "audio_size"), (9 << 30, "audio_size")] {
        let (status, told) = shelf.plan(version, bytes, json!({})).await;
        assert_eq!((status, &told["code"]), (413, &json!(code)));
    }
    let (status, _) = shelf.plan(version, 10, json!({ "name": "名".repeat(100) })).await;
    assert_eq!(status, 422);
    let retry = paths::of_version(paths::AUDIO_RETRY, version);
    let (status, told) = shelf.media.control(Method::POST, &retry, &Value::Null).await;
    assert_eq!((status, &told["code"]), (404, &json!("unknown")));
    let version = shelf.announce(100, json!({})).await;
    let url = shelf.upload_url(version);
    assert_eq!(shelf.tus(Method::DELETE, &url, &[], b"").await.status, 204);
    assert_eq!(shelf.tus(Method::HEAD, &url, &[], b"").await.status, 404);
    assert_eq!(shelf.tus(Method::HEAD, &url.replace("/upload/", "/upload/x"), &[], b"").await.status, 403);
}
