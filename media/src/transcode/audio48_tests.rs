//! The low-bitrate audio rendition of real AAC: where it lies, how large it is, and what becomes of holes and nonsense.

use std::sync::{Arc, mpsc};

use gst::prelude::*;

use super::*;
use crate::{
    container::mp4::boxes::{measure, timescale},
    pipeline::{
        packager::{self, Packed},
        splitter::{Ended, Splitter, Step},
    },
    transcode::{Ladder, Wanted},
};

const BASE_US: i64 = 10_000_000;
const PART_US: i64 = 300_000;
/// Frames that stay in decoder and encoder until later ones come.
pub(super) const KEPT_BY_CODECS: u64 = 6;
/// The codecs are faster than any publisher, but not infinitely; nonsense never comes out.
const SETTLE_TIME: Duration = Duration::from_millis(500);
/// A burst stands here, microseconds.
const BURST_US: i64 = 1_000_000;

/// AAC in stereo at 128 kbit/s of so many seconds: noise that is hard to encode, or silence with a burst in it.
fn aac(seconds: usize, burst: bool) -> (AudioConfig, Vec<Bytes>) {
    packager::init().expect("GStreamer is installed");
    let mut seed = 1_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [high, low, ..] = seed.to_be_bytes();
        i16::from_be_bytes([high, low]) / 2
    };
    let at = usize::try_from(BURST_US).expect("small") * 48 / 1000;
    let mut sample = |n: usize| match (burst, (at..at + 480).contains(&n)) {
        (false, _) => noise(),
        (true, true) if n % 24 < 12 => 20_000,
        (true, _) => 0,
    };
    let pcm: Vec<u8> = (0..seconds * 48_000)
        .flat_map(|n| {
            let value = sample(n).to_le_bytes();
            [value, value].concat()
        })
        .collect();
    let pipeline = gst::parse::launch(
        "appsrc name=src caps=audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=2 format=time \
         ! audioconvert ! avenc_aac bitrate=128000 ! appsink name=out sync=false",
    )
    .expect("a chain")
    .downcast::<gst::Pipeline>()
    .expect("a pipeline");
    let src = pipeline.by_name("src").expect("there").downcast::<gst_app::AppSrc>().expect("appsrc");
    let out = pipeline.by_name("out").expect("there").downcast::<gst_app::AppSink>().expect("appsink");
    pipeline.set_state(gst::State::Playing).expect("starts");
    let mut buffer = gst::Buffer::from_slice(pcm);
    buffer.get_mut().expect("new").set_pts(gst::ClockTime::ZERO);
    src.push_buffer(buffer).expect("taken");
    src.end_of_stream().expect("taken");
    let (mut config, mut frames) = (None, Vec::new());
    while let Ok(sample) = out.pull_sample() {
        config = config.or_else(|| format(&sample));
        frames.push(Bytes::copy_from_slice(
            &sample.buffer().expect("a buffer").map_readable().expect("readable"),
        ));
    }
    pipeline.set_state(gst::State::Null).expect("stops");
    (config.expect("the encoder says it"), frames)
}

/// Frame `n` of what [`aac`] gives: its sound lies a frame before.
fn at(n: usize) -> i64 {
    i64::try_from(n).expect("small") * 64_000 / 3 - PRIMING_US
}

fn settled(ladder: &Ladder) -> bool {
    let began = std::time::Instant::now();
    while !ladder.settled() && began.elapsed() < SETTLE_TIME {
        std::thread::yield_now();
    }
    ladder.settled()
}

struct Small {
    init: Bytes,
    parts: Vec<(Bytes, Ended)>,
}

/// What a run of sound alone makes of these frames.
fn made(config: &AudioConfig, frames: impl Iterator<Item = (i64, Bytes)>) -> (Small, Vec<Ended>) {
    let (tx, rx) = mpsc::channel();
    let sink: Sink = Arc::new(move |made, packed| {
        let config = made.audio().expect("a sound");
        assert_eq!((config.rate, config.channels), (48_000, 1));
        let _ = tx.send(packed);
    });
    let timing = Timing { base_us: BASE_US, part_target_us: PART_US, leader: Track::Audio };
    let mut ladder = Ladder::new(timing, Wanted { sound: Some(config.clone()), ..Wanted::default() }, &sink);
    let mut splitter = Splitter::new(PART_US, false, FRAME_US);
    let (mut steps, mut passed, mut settle) = (Vec::new(), Vec::new(), true);
    for (pts_us, data) in frames {
        let frame = Frame { track: Track::Audio, dts_ms: 0, cts_ms: 0, key: true, data };
        splitter.push(frame, Stamp { dts_us: pts_us, pts_us }, &mut steps);
        settle = settle && settled(&ladder);
        for step in steps.drain(..) {
            ladder.step(&step);
            if let Step::Cut(_, ended) = step {
                passed.push(ended);
            }
        }
    }
    ladder.end();
    ladder.finish();
    let mut small = Small { init: Bytes::new(), parts: Vec::new() };
    for packed in rx.try_iter() {
        match packed {
            Packed::Init(_, init) => small.init = init,
            Packed::Part(_, part, ended) => small.parts.push((part, ended)),
        }
    }
    (small, passed)
}

fn starts(parts: impl Iterator<Item = Ended>) -> Vec<(u64, i64)> {
    let mut starts: Vec<(u64, i64)> = parts.map(|ended| (ended.segment, ended.start_us)).collect();
    starts.dedup_by_key(|(segment, _)| *segment);
    starts
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "seconds of a test")]
fn its_segments_are_those_of_the_sound_and_its_rate_is_small() {
    let (config, frames) = aac(9, false);
    let end = (BASE_US + at(frames.len()) + FRAME_US / 2) as f64 / 1e6;
    let frames = frames.into_iter().enumerate().skip(1).map(|(n, data)| (at(n), data));
    let (small, passed) = made(&config, frames);
    let (mine, theirs) = (starts(small.parts.iter().map(|(_, ended)| *ended)), starts(passed.into_iter()));
    assert!(mine.len() >= 4, "{mine:?}");
    for ((segment, start), (other, beside)) in mine.iter().zip(&theirs) {
        assert!(segment == other && (start - beside).abs() <= FRAME_US, "{mine:?} {theirs:?}");
    }
    let timescale = timescale(&small.init).expect("a movie header");
    let mut until: Option<f64> = None;
    let (mut bytes, mut seconds) = (0, 0.0);
    for (part, ended) in &small.parts {
        let chunk = measure(part, timescale).expect("moof and mdat");
        let start = (BASE_US + ended.start_us) as f64 / 1e6;
        assert!((chunk.start_seconds() - start).abs() < 0.001, "{ended:?}");
        assert!(until.is_none_or(|until| (chunk.start_seconds() - until).abs() < 0.001), "{ended:?}");
        assert!(ended.duration_us <= PART_US + 1_000);
        until = Some(chunk.start_seconds() + chunk.seconds());
        bytes += part.len();
        seconds += chunk.seconds();
    }
    assert!(until.is_some_and(|until| until <= end && until > end - 0.1), "{until:?} is not the end, {end}");
    let bps = bytes as f64 * 8.0 / seconds;
    assert!((40_000.0..=56_000.0).contains(&bps), "{bps} bit/s of noise");
}

#[test]
fn what_is_heard_lies_where_it_was_said() {
    let (config, frames) = aac(2, true);
    let frames = frames.into_iter().enumerate().skip(1).map(|(n, data)| (at(n), data));
    let (small, _) = made(&config, frames);
    let first_us = small.parts[0].1.start_us;
    let whole: Vec<u8> =
        small.init.iter().chain(small.parts.iter().flat_map(|(part, _)| part)).copied().collect();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("small.mp4");
    std::fs::write(&file, whole).expect("written");
    let heard = std::process::Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(&file)
        .args(["-f", "s16le", "-ac", "1", "-ar", "48000", "-"])
        .output()
        .expect("ffmpeg is installed");
    assert!(heard.status.success() && heard.stderr.is_empty(), "{}", String::from_utf8_lossy(&heard.stderr));
    let mut samples = heard.stdout.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]]));
    let loud = samples.position(|sample| sample.unsigned_abs() > 5_000).expect("the burst is heard");
    let at_us = first_us + i64::try_from(loud).expect("small") * 1000 / 48;
    assert!((-5_000..=10_000).contains(&(at_us - BURST_US)), "heard at {at_us}");
}

#[test]
fn a_short_hole_is_silence_and_behind_a_long_one_it_goes_on_in_step() {
    let (config, frames) = aac(9, false);
    let kept = |n: &usize| !(50..60).contains(n) && !(150..250).contains(n);
    let frames = frames.into_iter().enumerate().skip(1).filter(|(n, _)| kept(n));
    let (small, passed) = made(&config, frames.map(|(n, data)| (at(n), data)));
    let holes: Vec<i64> = small
        .parts
        .windows(2)
        .map(|pair| pair[1].1.start_us - pair[0].1.start_us - pair[0].1.duration_us)
        .filter(|hole| *hole > FRAME_US)
        .collect();
    assert_eq!(holes.len(), 1, "{holes:?}");
    let (mine, theirs) = (starts(small.parts.iter().map(|(_, ended)| *ended)), starts(passed.into_iter()));
    let behind = |starts: &[(u64, i64)]| *starts.iter().find(|(_, start)| *start > at(270)).expect("goes on");
    let ((segment, start), (other, beside)) = (behind(&mine), behind(&theirs));
    assert!(segment == other && (start - beside).abs() <= FRAME_US, "{mine:?} {theirs:?}");
}

#[test]
fn nonsense_makes_no_sound_and_stops_nothing() {
    let (config, _) = aac(1, false);
    let noise = (0..200_usize).map(|n| (at(n + 1), Bytes::from(vec![0xa5; 40 + n % 7])));
    let (_, passed) = made(&config, noise);
    assert!(passed.len() > 10);
}
