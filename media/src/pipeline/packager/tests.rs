//! What the muxer gives, measured by its own boxes.

#![expect(clippy::cast_precision_loss, reason = "seconds of a test")]

use std::sync::mpsc;

use super::*;
use crate::{codec::h264::tests::RECORD_720P, pipeline::splitter::Splitter};

fn run() -> (Packager, mpsc::Receiver<Packed>, Splitter) {
    init().expect("GStreamer is installed");
    let video = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
    let audio = AudioConfig::parse(Bytes::from_static(&[0x11, 0x90])).expect("AAC-LC");
    let (tx, rx) = mpsc::channel();
    let packager = Packager::start(Some(&video), Some(&audio), 10_000_000, move |packed| {
        let _ = tx.send(packed);
    });
    (packager.expect("starts"), rx, Splitter::new(300_000, true, 21_333))
}

fn feed(packager: &Packager, splitter: &mut Splitter, frames: std::ops::Range<i64>) {
    let mut steps = Vec::new();
    for n in frames {
        let nal = if n % 60 == 0 { 0x65 } else { 0x41 };
        let data = Bytes::from(vec![0, 0, 0, 2, nal, 7]);
        let at = n * 1_000_000 / 30;
        let frame = Frame { track: Track::Video, dts_ms: 0, cts_ms: 0, key: n % 60 == 0, data };
        splitter.push(frame, Stamp { dts_us: at, pts_us: at }, &mut steps);
        let data = Bytes::from_static(&[0x21, 7]);
        let frame = Frame { track: Track::Audio, dts_ms: 0, cts_ms: 0, key: true, data };
        splitter.push(frame, Stamp { dts_us: at, pts_us: at }, &mut steps);
    }
    for step in steps {
        packager.step(step).expect("takes it");
    }
}

#[test]
fn each_cut_gives_one_part_with_exactly_its_media_time() {
    let (packager, rx, mut splitter) = run();
    feed(&packager, &mut splitter, 0..150);
    let mut steps = Vec::new();
    splitter.finish(&mut steps);
    for step in steps {
        packager.step(step).expect("takes it");
    }
    packager.finish();
    let all: Vec<Packed> = rx.iter().collect();
    for track in [Track::Video, Track::Audio] {
        let of_track = |packed: &&Packed| match packed {
            Packed::Init(t, _) | Packed::Part(t, ..) => *t == track,
        };
        let mine: Vec<&Packed> = all.iter().filter(of_track).collect();
        let Packed::Init(_, init) = mine[0] else { panic!("the init comes first") };
        let timescale = boxes::timescale(init).expect("a movie header");
        let mut segments = 0;
        let mut until: Option<f64> = None;
        for packed in &mine[1..] {
            let Packed::Part(_, bytes, ended) = packed else { panic!("one init only") };
            let chunk = boxes::measure(bytes, timescale).expect("moof and mdat");
            let start = (10_000_000 + ended.start_us) as f64 / 1e6;
            let (got, length) = (chunk.start_seconds(), chunk.seconds());
            assert!((got - start).abs() < 0.001, "{track:?} starts at {got}, not at {start}");
            if let Some(until) = until {
                assert!((got - until).abs() < 0.001, "{track:?}: {got} follows {until}");
            }
            until = Some(got + length);
            assert!((length - ended.duration_us as f64 / 1e6).abs() < 0.035, "{track:?} {length} {ended:?}");
            segments += u64::from(ended.last_of_segment);
        }
        assert_eq!(segments, 2, "the third one ends with the run");
    }
}

#[test]
fn a_broken_pipeline_says_so() {
    let (packager, _rx, mut splitter) = run();
    feed(&packager, &mut splitter, 0..10);
    assert!(packager.check().is_ok());
    packager.break_it();
    assert!(matches!(packager.check(), Err(PackagerError::Broken(_))));
}
