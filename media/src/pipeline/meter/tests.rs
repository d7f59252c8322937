//! What the meter says of publishers that are as they should be, and of others.

use bytes::Bytes;

use super::*;
use crate::codec::h264::tests::RECORD_720P;

fn fed(seconds: u32, key_every: u32, bytes: usize) -> Meter {
    let mut meter = Meter::default();
    for n in 0..seconds * 25 {
        let dts_ms = n * 40;
        let data = Bytes::from(vec![0; bytes]);
        let frame = Frame { track: Track::Video, dts_ms, cts_ms: 0, key: n % key_every == 0, data };
        meter.add(&frame, dts_ms.into());
    }
    meter
}

fn info(meter: &Meter) -> VideoInfo {
    let config = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
    meter.video(&config).expect("frames came")
}

#[test]
fn rates_of_a_steady_picture() {
    let video = info(&fed(10, 50, 10_000));
    assert_eq!(video.fps_milli, 25_000);
    assert!((1_960_000..=2_040_000).contains(&video.bitrate_bps), "{}", video.bitrate_bps);
    assert_eq!(video.key_interval_ms, 2000);
}

#[test]
fn the_rate_of_the_sound_is_known_after_some_seconds() {
    let mut meter = Meter::default();
    let known: Vec<Option<u32>> = (0..50_u32)
        .map(|n| {
            let data = Bytes::from(vec![0; 1_000]);
            meter.add(
                &Frame { track: Track::Audio, dts_ms: n * 100, cts_ms: 0, key: true, data },
                (n * 100).into(),
            );
            meter.steady_sound_bps()
        })
        .collect();
    assert_eq!((known[39], known[49]), (None, Some(80_000)));
}

#[test]
fn frames_that_come_in_bursts_are_not_more_frames() {
    let mut meter = Meter::default();
    for n in 0..300_u32 {
        // 30000/1001 fps in whole milliseconds, ten at a time, the last burst just now.
        let dts_ms = n * 1001 / 30;
        let frame = Frame { track: Track::Video, dts_ms, cts_ms: 0, key: n % 60 == 0, data: Bytes::new() };
        meter.add(&frame, (dts_ms / 333 * 333).into());
    }
    assert_eq!(info(&meter).fps_milli, 29_970);
}

#[test]
fn a_declared_rate_counts_until_it_is_plainly_wrong() {
    let at = |declared, seconds| fed(seconds, 50, 10).fps_milli(declared);
    assert_eq!(at(25_000, 0), 25_000, "before anything is measured");
    assert_eq!(at(24_999, 10), 25_000, "measured");
    assert_eq!(at(500_000, 10), 25_000, "a clock, not a rate");
    assert_eq!((at(0, 0), at(1_000_000, 0)), (0, 0));
}

#[test]
fn a_picture_without_sound_and_rare_key_frames_is_noted() {
    let meter = fed(10, 250, 10_000);
    let video = info(&meter);
    let codes: Vec<_> = meter
        .notes(Some(&video), None, 9_960, Repairs::default(), 10_000)
        .iter()
        .map(|note| (note.code, note.value))
        .collect();
    assert_eq!(codes, [(HealthCode::NoAudio, None), (HealthCode::KeyInterval, Some(9960))]);
}

#[test]
fn a_picture_that_is_too_large_and_sound_of_few_samples_are_noted() {
    let meter = fed(10, 50, 10_000);
    let notes = |width, height, rate| {
        let video = VideoInfo { width, height, ..info(&meter) };
        let audio = AudioInfo { codec: "mp4a.40.2".to_owned(), rate, channels: 1, bitrate_bps: 64_000 };
        let notes = meter.notes(Some(&video), Some(&audio), 9_960, Repairs::default(), 10_000);
        let ours = |note: &HealthNote| [HealthCode::SizeHigh, HealthCode::AudioRateLow].contains(&note.code);
        notes.into_iter().filter(ours).map(|note| note.value).collect::<Vec<_>>()
    };
    assert_eq!(notes(1920, 1080, 44_100), []);
    assert_eq!(notes(1080, 1920, 32_000), [], "a phone held upright");
    assert_eq!(notes(3840, 2160, 22_050), [Some(2160), Some(22_050)]);
}

#[test]
fn no_key_frame_at_all_is_noted_as_rare_ones_are() {
    let mut meter = Meter::default();
    for n in 0..250_u32 {
        let data = Bytes::from_static(&[0; 10]);
        let frame = Frame { track: Track::Video, dts_ms: n * 40, cts_ms: 0, key: false, data };
        meter.add(&frame, (n * 40).into());
    }
    assert_eq!(info(&meter).key_interval_ms, 9960);
}

#[test]
fn frames_that_wait_for_later_ones_are_noted_while_they_come() {
    let mut meter = Meter::default();
    let mut send = |n: u32, cts_ms| {
        let data = Bytes::from_static(&[0; 10]);
        let frame = Frame { track: Track::Video, dts_ms: n * 40, cts_ms, key: n.is_multiple_of(50), data };
        meter.add(&frame, (n * 40).into());
        let notes = meter.notes(None, None, (n * 40).into(), Repairs::default(), (n * 40).into());
        notes.iter().find(|note| note.code == HealthCode::BFrames).map(|note| note.value)
    };
    assert_eq!((0..50).find_map(|n| send(n, 0)), None);
    assert_eq!(send(50, 80), Some(Some(80)));
    assert_eq!((51..150).fold(None, |_, n| send(n, 0)), Some(Some(80)));
    assert_eq!((150..160).fold(None, |_, n| send(n, 0)), None);
}

#[test]
fn silence_comes_first_and_is_not_called_missing_sound() {
    let meter = fed(10, 50, 10_000);
    let notes =
        meter.notes(None, None, 9_960, Repairs { timestamps: 3, rebuilt: 1, ..Repairs::default() }, 20_000);
    let codes: Vec<_> = notes.iter().map(|note| note.code).collect();
    assert_eq!(codes, [HealthCode::Stalled, HealthCode::Rebuilt, HealthCode::TimestampsRepaired]);
}
