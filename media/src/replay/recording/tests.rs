//! Playlists of recordings with holes, restarts, fills and trims.

use uuid::Uuid;

use super::*;
use crate::recording::index::{Arrival, InitEntry, MediaEntry};
use yunke_protocol::Tracks;

const ZERO: UtcMillis = 1_795_311_792_000;

fn entry(rendition: Rendition, msn: u64, stream: Option<u64>, discontinuity: bool) -> Entry {
    let bytes = if rendition == Rendition::Video { 500_000 } else { 32_000 };
    let media = stream.map(|stream| MediaEntry { stream, init: 0, bytes, independent: true, late_us: 0 });
    let pdt = ZERO + i64::try_from(msn).expect("small") * 2000;
    Entry { rendition, msn, pdt, duration_us: 2_000_000, discontinuity, media }
}

/// Two segments, a gap, a segment of another stream, and a gap at the end.
fn index() -> Index {
    let mut index = Index::new(Uuid::from_u128(1), ZERO);
    for (rendition, format) in [
        (
            Rendition::Video,
            Format::Video { codec: "avc1.64001f".into(), width: 640, height: 360, fps_milli: 25_000 },
        ),
        (Rendition::Audio, Format::Audio { codec: "mp4a.40.2".into(), rate: 48_000, channels: 1 }),
    ] {
        for stream in [10, 11] {
            index.inits.push(InitEntry { rendition, stream, number: 0, format: format.clone() });
        }
        index.entries.extend([
            entry(rendition, 0, Some(10), true),
            entry(rendition, 1, Some(10), false),
            entry(rendition, 2, None, false),
            entry(rendition, 3, Some(11), true),
            entry(rendition, 4, None, false),
        ]);
    }
    index
}

fn playlist(recording: &Recording, rendition: Rendition) -> Option<&str> {
    recording.playlists.iter().find(|(of, _)| *of == rendition).map(|(_, text)| text.as_str())
}

#[test]
fn the_playlist_of_a_recording() {
    let recording = Recording::new(&index(), Stretch::WHOLE);
    assert_eq!(
        playlist(&recording, Rendition::Video).expect("there is a picture"),
        "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n\
         #EXT-X-MAP:URI=\"video-i0-a.mp4\"\n\
         #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:12.000Z\n#EXTINF:2.000000,\nvideo-s0-a.m4s\n\
         #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:14.000Z\n#EXTINF:2.000000,\nvideo-s1-a.m4s\n\
         #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:16.000Z\n#EXT-X-GAP\n#EXTINF:2.000000,\nvideo-s2-0.m4s\n\
         #EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"video-i0-b.mp4\"\n\
         #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:18.000Z\n#EXTINF:2.000000,\nvideo-s3-b.m4s\n\
         #EXT-X-ENDLIST\n"
    );
    assert_eq!(recording.segments.len(), 6);
    let name = Name::parse("audio-s3-b.m4s").expect("a name");
    assert_eq!(recording.segments[&name], File { bytes: 32_000, interval: (ZERO + 6000, ZERO + 8000) });
}

#[test]
fn the_multivariant_playlists_of_a_recording() {
    let recording = Recording::new(&index(), Stretch::WHOLE);
    let text = recording.index.expect("there is something");
    assert!(text.contains("BANDWIDTH=2128000,AVERAGE-BANDWIDTH=2128000,CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=640x360,FRAME-RATE=25.000"));
    let listen = recording.listen.expect("there is sound");
    assert!(listen.contains("BANDWIDTH=128000") && !listen.contains("video"));
}

#[test]
fn a_recording_says_where_a_track_is_missing() {
    let mut index = index();
    let tracks = |picture| Tracks { picture, sound: true, pictured: true };
    index.arrivals = [(0, true), (2_000, false), (4_000, true)]
        .map(|(at, picture)| Arrival { at: ZERO + at, tracks: tracks(picture) })
        .to_vec();
    let recording = Recording::new(&index, Stretch::WHOLE);
    let said = "\n#EXT-X-SESSION-DATA:DATA-ID=\"org.yunke.without-picture\",VALUE=\"2000-4000\"\n";
    assert!(recording.index.is_some_and(|text| text.ends_with(said) && !text.contains("without-sound")));
}

/// A low-bitrate audio rendition that began a segment late and ended one early.
fn with_small_sound(kept: std::ops::Range<u64>) -> Recording {
    let format = Format::Audio { codec: "mp4a.40.2".into(), rate: 48_000, channels: 1 };
    with_small(Rendition::AudioLow, Rendition::Audio, &format, &kept)
}

fn with_small_picture(kept: std::ops::Range<u64>) -> Recording {
    let format = Format::Video { codec: "avc1.64001e".into(), width: 640, height: 360, fps_milli: 30_000 };
    with_small(Rendition::VideoLow, Rendition::Video, &format, &kept)
}

fn with_small(
    rendition: Rendition,
    of: Rendition,
    format: &Format,
    kept: &std::ops::Range<u64>,
) -> Recording {
    let mut index = index();
    for stream in [10, 11] {
        index.inits.push(InitEntry { rendition, stream, number: 0, format: format.clone() });
    }
    let like = |audio: &Entry| Entry { rendition, ..audio.clone() };
    let source = |entry: &&Entry| entry.rendition == of && kept.contains(&entry.msn);
    let small: Vec<Entry> = index.entries.iter().filter(source).map(like).collect();
    index.entries.extend(small);
    Recording::new(&index, Stretch::WHOLE)
}

#[test]
fn a_small_sound_is_offered_when_it_is_whole() {
    let recording = with_small_sound(0..5);
    let listen = recording.listen.as_deref().expect("there is sound");
    let variants: Vec<&str> = listen.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(variants, ["audio48.m3u8", "audio.m3u8"]);
    let text = recording.index.as_deref().expect("there is something");
    let variants: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(variants, ["video.m3u8", "audio48.m3u8"]);
}

#[test]
fn a_small_sound_in_pieces_is_as_long_as_the_lesson_and_not_offered() {
    let recording = with_small_sound(1..3);
    let full = playlist(&recording, Rendition::Audio).expect("there is sound");
    let small = playlist(&recording, Rendition::AudioLow).expect("there is some");
    let lines = |text: &str, tag: &str| text.lines().filter(|line| line.starts_with(tag)).count();
    assert_eq!(lines(small, "#EXTINF"), lines(full, "#EXTINF"));
    assert_eq!(lines(small, "#EXT-X-DISCONTINUITY"), lines(full, "#EXT-X-DISCONTINUITY"));
    assert_eq!((lines(full, "#EXT-X-GAP"), lines(small, "#EXT-X-GAP")), (1, 3));
    assert!(!recording.listen.expect("there is sound").contains("audio48"));
}

#[test]
fn a_small_picture_is_offered_when_it_is_whole_and_never_to_listen_to() {
    let variants = |text: Option<String>| -> Vec<String> {
        let text = text.expect("there is something");
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    let whole = with_small_picture(0..5);
    assert_eq!(variants(whole.listen), ["audio.m3u8"]);
    assert_eq!(variants(whole.index), ["video.m3u8", "video360.m3u8", "audio.m3u8"]);
    let pieces = with_small_picture(1..3);
    let small = playlist(&pieces, Rendition::VideoLow).expect("there is some");
    assert_eq!(small.matches("#EXT-X-GAP").count(), 3, "as long as the lesson: {small}");
    assert_eq!(variants(pieces.index), ["video.m3u8", "audio.m3u8"]);
}

fn shown(from_ms: i64, to_ms: Option<i64>) -> Recording {
    Recording::new(&index(), Stretch::new(from_ms, to_ms))
}

#[test]
fn of_a_trimmed_recording_only_what_meets_the_stretch_is_there() {
    let recording = shown(2_500, Some(6_000));
    assert_eq!(
        playlist(&recording, Rendition::Video).expect("there is a picture"),
        "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:1\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n\
         #EXT-X-START:TIME-OFFSET=0.500000,PRECISE=YES\n\
         #EXT-X-MAP:URI=\"video-i0-a.mp4\"\n\
         #EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:43:14.000Z\n#EXTINF:2.000000,\nvideo-s1-a.m4s\n\
         #EXT-X-ENDLIST\n",
        "the gap that ends the stretch is left out, dates stay what they were"
    );
    let names: Vec<_> = recording.segments.keys().map(Name::to_string).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.contains("-s1-")), "{names:?}");
}

#[test]
fn the_edges_of_a_stretch_are_exact() {
    let count = |from, to| shown(from, to).segments.len() / 2;
    assert_eq!(count(0, None), 3);
    assert_eq!((count(1_999, None), count(2_000, None)), (3, 2));
    assert_eq!((count(0, Some(6_000)), count(0, Some(6_001))), (2, 3));
    assert_eq!((count(4_000, Some(6_000)), count(8_000, None)), (0, 0), "gaps only");
    let nothing = shown(4_000, Some(6_000));
    assert!(nothing.index.is_none() && playlist(&nothing, Rendition::Video).is_none());
    let from_the_gap = shown(5_000, None);
    let from_the_gap = playlist(&from_the_gap, Rendition::Video).expect("there is a picture");
    assert!(from_the_gap.contains("#EXT-X-START:TIME-OFFSET=1.000000,PRECISE=YES\n"), "{from_the_gap}");
}

#[test]
fn a_recording_without_sound_or_without_anything() {
    let mut silent = index();
    silent.entries.retain(|entry| entry.rendition == Rendition::Video);
    let recording = Recording::new(&silent, Stretch::WHOLE);
    assert!(recording.listen.is_none() && playlist(&recording, Rendition::Audio).is_none());
    assert!(!recording.index.expect("there is a picture").contains("AUDIO"));
    silent.entries.clear();
    assert!(Recording::new(&silent, Stretch::WHOLE).index.is_none());
}
