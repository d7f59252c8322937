//! What people have on their phones, recorders and disks, and what becomes of it.

use serde_json::json;
use yunke_protocol::{AudioFacts, AudioStage};

use super::shelf::{Shelf, speech};
use crate::support::{ffmpeg, gstreamer, probe};

async fn episode(shelf: &Shelf, file: &[u8], with: serde_json::Value) -> (uuid::Uuid, AudioFacts) {
    let version = shelf.upload(file, with).await;
    let status = shelf.done(version).await;
    assert_eq!(status.stage, AudioStage::Ready, "{status:?}\n{}", shelf.media.log());
    (version, status.facts.expect("ready"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_format_becomes_an_episode_of_its_length_and_loudness() {
    let shelf = Shelf::start_with(&[("YUNKE_MEDIA_ENCODE_WORKERS", "2")]).await;
    // (name, how it is coded, container, codec begins with, how far its length may be off)
    let formats: [(&str, &[&str], &str, i64); 14] = [
        ("a.mp3", &["-c:a", "libmp3lame", "-q:a", "4"], "mp3", 12),
        ("novbr.mp3", &["-c:a", "libmp3lame", "-q:a", "4", "-write_xing", "0"], "mp3", 100),
        ("low.mp3", &["-ar", "16000", "-ac", "1", "-c:a", "libmp3lame", "-b:a", "32k"], "mp3", 12),
        ("a.m4a", &["-c:a", "aac", "-b:a", "96k"], "mp4", 60),
        ("a.aac", &["-c:a", "aac", "-b:a", "96k"], "aac", 100),
        ("a.wav", &[], "wav", 12),
        ("24.wav", &["-c:a", "pcm_s24le", "-ar", "48000", "-ac", "2"], "wav", 12),
        ("8k.wav", &["-c:a", "pcm_s16le", "-ar", "8000"], "wav", 12),
        ("a.flac", &["-c:a", "flac"], "flac", 12),
        ("51.flac", &["-c:a", "flac", "-ac", "6"], "flac", 12),
        ("a.ogg", &["-c:a", "libvorbis"], "ogg", 30),
        ("a.opus", &["-c:a", "libopus", "-b:a", "32k"], "ogg", 30),
        ("a.wma", &["-c:a", "wmav2"], "asf", 120),
        ("a.mka", &["-c:a", "aac"], "matroska", 60),
    ];
    for (name, coded, container, off) in formats {
        let file = speech(&shelf, name, 12, coded).await;
        let (_, facts) = episode(&shelf, &file, json!({})).await;
        assert!((facts.length_ms - 12_000).abs() <= off, "{name}: {} ms", facts.length_ms);
        assert_eq!(facts.source.container, container, "{name}");
        let (loudness, peak) = (facts.loudness_lufs.expect("loud"), facts.true_peak_dbtp.expect("a peak"));
        assert!((loudness + 16.0).abs() <= 1.0 && peak <= -1.5, "{name}: {loudness} LUFS, {peak} dBTP");
        assert!(!facts.incomplete, "{name}");
        assert_eq!(facts.renditions.len(), 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_played_is_where_it_was_in_the_file_in_both_renditions() {
    let shelf = Shelf::start().await;
    let tone = "aevalsrc='if(between(t,1,1.2)+between(t,3,3.2),0.5*sin(2*PI*1000*t),0.0005*sin(2*PI*300*t))':s=44100";
    let file = shelf.made("tone.wav", &["-f", "lavfi", "-i", tone, "-t", "4.5"]).await;
    let (version, facts) = episode(&shelf, &file, json!({})).await;
    assert!((facts.length_ms - 4_500).abs() <= 12, "{}", facts.length_ms);
    for rendition in &facts.renditions {
        let url = shelf.audio_url(uuid::Uuid::now_v7(), shelf.item, version, &rendition.name);
        let said =
            ffmpeg(&["-v", "info", "-i", &url, "-af", "silencedetect=n=-30dB:d=0.1", "-f", "null", "-"])
                .await;
        let begins = crate::jobs::seconds(&said, "silence_end: ");
        assert!(begins.len() >= 2, "{said}");
        for (at, wanted) in begins.iter().zip([1.0, 3.0]) {
            assert!((at - wanted).abs() <= 0.012, "{}: {begins:?}", rendition.name);
        }
        let length = probe(&url, "format=duration").await;
        let length: f64 = length.trim().trim_start_matches("duration=").parse().expect("seconds");
        assert!((length - 4.5).abs() <= 0.012, "{}: {length}", rendition.name);
    }
    // Fast start: the head is in front, and nothing of the file's tags is in it.
    let url = shelf.audio_url(uuid::Uuid::now_v7(), shelf.item, version, "aac.m4a");
    let m4a = shelf.plain(reqwest::Method::GET, &url, &[], b"").await.body;
    let at = |name: &[u8]| m4a.windows(4).position(|four| four == name).expect("a box");
    assert!(at(b"moov") < at(b"mdat"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_in_headers_are_claims_and_what_is_there_counts() {
    let shelf = Shelf::start_with(&[("YUNKE_MEDIA_ENCODE_WORKERS", "2")]).await;
    // wavfix#12, NAudio#688, Chirpity PR#556.
    let wav = speech(&shelf, "a.wav", 10, &["-bitexact"]).await;
    let data = wav.windows(4).position(|four| four == b"data").expect("samples");
    let with = |size: u32, before: &[u8]| {
        [&wav[..data], before, b"data", &size.to_le_bytes(), &wav[data + 8..]].concat()
    };
    let riff = |size: u32| [b"RIFF", &size.to_le_bytes()[..], &wav[8..]].concat();
    for (what, file) in [
        ("nothing", with(0, b"")),
        ("everything", with(u32::MAX, b"")),
        ("an odd chunk", with(0, b"odd \x03\0\0\0abc\0")),
        ("an empty chunk", with(u32::MAX, b"none\0\0\0\0")),
        ("a list that says it is empty", with(0, b"LIST\0\0\0\0INFOISFT\x06\0\0\0Lavf60")),
        ("the number of samples", with(u32::MAX, b"fact\x04\0\0\0\0\0\0\0")),
        ("a head of nothing", riff(0)),
        ("a head of everything", riff(u32::MAX)),
    ] {
        let (_, facts) = episode(&shelf, &file, json!({})).await;
        assert!((facts.length_ms - 10_000).abs() <= 12 && !facts.incomplete, "{what}: {facts:?}");
    }
    // Symphonia#516, getID3#193: a true header on a quarter of the file.
    let mp3 = speech(&shelf, "cut.mp3", 40, &["-c:a", "libmp3lame", "-q:a", "5"]).await;
    let (_, facts) = episode(&shelf, &mp3[..mp3.len() / 4], json!({})).await;
    assert!((facts.length_ms - 10_000).abs() < 1_500 && facts.incomplete, "{facts:?}");
    // Joined MP3s whose rate changes.
    let one =
        speech(&shelf, "one.mp3", 5, &["-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0"])
            .await;
    let other = ["-ar", "22050", "-c:a", "libmp3lame", "-write_xing", "0", "-id3v2_version", "0"];
    let other = speech(&shelf, "other.mp3", 7, &other).await;
    let (_, facts) = episode(&shelf, &[one, other].concat(), json!({})).await;
    assert!((facts.length_ms - 12_000).abs() <= 200, "{facts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_cut_on_request_and_a_whisper_is_no_silence() {
    let shelf = Shelf::start().await;
    let sound = "aevalsrc='if(lt(t,3.5),0,if(lt(t,4.5),0.0079*sin(2*PI*300*t),if(lt(t,9),0.3*sin(2*PI*300*t),0)))':s=44100";
    let file = shelf.made("quiet.wav", &["-f", "lavfi", "-i", sound, "-t", "12"]).await;
    let (_, facts) = episode(&shelf, &file, json!({ "trim_silence": true })).await;
    assert!((facts.trimmed_start_ms - 3_200).abs() <= 40, "{}", facts.trimmed_start_ms);
    assert!((facts.length_ms - 6_100).abs() <= 60, "{}", facts.length_ms);
    let (_, facts) = episode(&shelf, &file, json!({})).await;
    assert_eq!(facts.trimmed_start_ms, 0);
    assert!((facts.length_ms - 12_000).abs() <= 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_covers_and_chapters_come_out_of_the_file() {
    let shelf = Shelf::start().await;
    let meta = shelf.media.folder().join("meta.txt");
    let text = ";FFMETADATA1\ntitle=第三讲 党的光辉历程\nalbum=党史百讲\nartist=王老师\ntrack=3/21\ngenre=Speech\n\
                [CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=4000\ntitle=引子\n\
                [CHAPTER]\nTIMEBASE=1/1000\nSTART=4000\nEND=9000\ntitle=开端\n";
    std::fs::write(&meta, text).expect("written");
    let picture = shelf.made("c.png", &["-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1"]).await;
    let (meta, png) = (meta.to_str().expect("a path"), shelf.media.folder().join("c.png"));
    let png = png.to_str().expect("a path");
    for (name, coded) in [("t.mp3", "libmp3lame"), ("t.m4a", "aac")] {
        let file = [
            "-f",
            "lavfi",
            "-i",
            "sine=440:d=9",
            "-i",
            meta,
            "-i",
            png,
            "-map",
            "0:a",
            "-map",
            "2:v",
            "-map_metadata",
            "1",
            "-c:a",
            coded,
            "-c:v",
            "copy",
            "-disposition:v",
            "attached_pic",
        ];
        let file = shelf.made(name, &file).await;
        let (version, facts) = episode(&shelf, &file, json!({})).await;
        let tags = &facts.tags;
        assert_eq!(tags.title.as_deref(), Some("第三讲 党的光辉历程"), "{name}: {tags:?}");
        assert_eq!((tags.album.as_deref(), tags.artist.as_deref()), (Some("党史百讲"), Some("王老师")));
        assert_eq!(tags.track, Some(3), "{name}");
        let chapters: Vec<_> = tags.chapters.iter().map(|c| (c.at_ms, c.title.as_str())).collect();
        assert_eq!(chapters, [(0, "引子"), (4_000, "开端")], "{name}");
        assert_eq!(facts.cover.as_ref().map(|cover| cover.mime.as_str()), Some("image/png"), "{name}");
        assert_eq!(shelf.cover(version).await, picture, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_phones_record_becomes_an_episode_or_says_why_not() {
    let shelf = Shelf::start_with(&[("YUNKE_MEDIA_ENCODE_WORKERS", "2")]).await;
    let wav = speech(&shelf, "a.wav", 12, &["-ar", "8000", "-ac", "1"]).await;
    assert!(!wav.is_empty());
    // What Android's recorders write; the only encoder of it that Debian has is GStreamer's.
    let from = shelf.media.folder().join("a.wav");
    let to = |name: &str| shelf.media.folder().join(name);
    for (name, coder) in [("nb.amr", "amrnbenc"), ("wb.amr", "voamrwbenc")] {
        let rate = if coder == "amrnbenc" { 8_000 } else { 16_000 };
        let head: &[u8] = if coder == "amrnbenc" { b"#!AMR\n" } else { b"#!AMR-WB\n" };
        let chain = format!(
            "filesrc location={} ! wavparse ! audioconvert ! audioresample ! audio/x-raw,rate={rate},channels=1 ! \
             {coder} ! filesink location={}",
            from.display(),
            to(name).display()
        );
        gstreamer(&chain).await;
        let file = [head, &std::fs::read(to(name)).expect("made")].concat();
        let (_, facts) = episode(&shelf, &file, json!({})).await;
        assert!((facts.length_ms - 12_000).abs() <= 60, "{name}: {} ms", facts.length_ms);
        assert_eq!((facts.source.container.as_str(), facts.source.rate_hz), ("amr", rate), "{name}");
        assert!(!facts.incomplete, "{name}");
    }
    // HE-AAC: no encoder of Debian's writes it. A plain AAC file whose description says that it has a doubled band, as an
    // iPhone's does, is decoded at twice the rate and is as long as it was; the band itself is not in it.
    let aac = ["-ar", "24000", "-ac", "1", "-c:a", "aac", "-b:a", "48k"];
    let mut he = speech(&shelf, "he.m4a", 12, &aac).await;
    // AAC-LC of 24 kHz and one channel becomes SBR (5) over it: ISO/IEC 14496-3 1.6.2.1.
    let at = he.windows(5).position(|five| five == [0x13, 0x08, 0x56, 0xe5, 0x00]).expect("a description");
    he[at..at + 5].copy_from_slice(&[0x2b, 0x09, 0x88, 0x00, 0x00]);
    let (_, facts) = episode(&shelf, &he, json!({})).await;
    assert!((facts.length_ms - 12_000).abs() <= 100, "{} ms", facts.length_ms);
    assert_eq!(facts.source.rate_hz, 48_000, "{:?}", facts.source);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_in_the_middle_or_at_the_end_is_said() {
    let shelf = Shelf::start_with(&[("YUNKE_MEDIA_ENCODE_WORKERS", "2")]).await;
    let formats: [(&str, &[&str]); 6] = [
        ("a.m4a", &["-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"]),
        ("a.flac", &["-c:a", "flac"]),
        ("a.opus", &["-c:a", "libopus", "-b:a", "48k"]),
        ("a.ogg", &["-c:a", "libvorbis"]),
        ("a.wma", &["-c:a", "wmav2"]),
        ("a.mka", &["-c:a", "libopus"]),
    ];
    let noise = |n: usize| u8::try_from(n * 7_919 % 251).expect("small");
    for (name, coded) in formats {
        let whole = speech(&shelf, name, 12, coded).await;
        let mut middle = whole.clone();
        let (from, to) = (whole.len() * 2 / 5, whole.len() * 3 / 5);
        middle[from..to].iter_mut().enumerate().for_each(|(n, byte)| *byte = noise(n));
        let end = whole[..whole.len() * 3 / 5].to_vec();
        for (what, file) in [("in the middle", middle), ("at the end", end)] {
            let status = shelf.done(shelf.upload(&file, json!({})).await).await;
            match status.facts {
                Some(facts) => assert!(facts.incomplete, "{name} {what}: {} ms", facts.length_ms),
                None => assert_eq!(status.stage, AudioStage::Failed, "{name} {what}: {status:?}"),
            }
        }
    }
}
