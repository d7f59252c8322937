//! The 360p rendition of real H.264: where its segments begin, what size it has, and what becomes of one that cannot keep up.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use super::*;
use crate::{
    codec::h264::tests::RECORD_720P,
    container::mp4::boxes::{measure, timescale},
    pipeline::{
        packager::{self, Packed},
        splitter::{Ended, Splitter, Step},
    },
    transcode::{Ladder, Trouble, Wanted, WantedPicture},
};

const BASE_US: i64 = 10_000_000;
const PART_US: i64 = 300_000;
/// Pictures that may stay in the codecs until later ones come.
pub(super) const KEPT_BY_CODECS: u64 = 2;
/// Pictures that may be decoded before one that is shown before them.
const REORDERED: i64 = 2;
/// The codecs are faster than any publisher, but not infinitely.
const SETTLE_TIME: Duration = Duration::from_secs(5);

/// A publisher's picture: its configuration, and its frames with their times and whether they are key frames.
type Source = (VideoConfig, Vec<(Stamp, bool, Bytes)>);

/// A moving picture of 640 by 480.
fn h264(seconds: i32, fps: i32, gop: i32) -> Source {
    encoded(seconds, fps, "width=640,height=480", &format!("tune=zerolatency key-int-max={gop}"))
}

/// A moving picture of this kind, encoded so.
fn encoded(seconds: i32, fps: i32, kind: &str, how: &str) -> Source {
    packager::init().expect("GStreamer is installed");
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers={} pattern=ball ! video/x-raw,format=I420,{kind},framerate={fps}/1 \
         ! x264enc speed-preset=ultrafast threads=1 bitrate=1000 option-string=scenecut=0 {how} \
         ! video/x-h264,stream-format=avc,alignment=au ! appsink name=out sync=false",
        seconds * fps
    ))
    .expect("a chain")
    .downcast::<gst::Pipeline>()
    .expect("a pipeline");
    let out = pipeline.by_name("out").expect("there").downcast::<gst_app::AppSink>().expect("appsink");
    pipeline.set_state(gst::State::Playing).expect("starts");
    let (mut config, mut frames, mut first) = (None, Vec::new(), None);
    while let Ok(sample) = out.pull_sample() {
        config = config.or_else(|| format(&sample));
        let buffer = sample.buffer().expect("a buffer");
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        // As RTMP has them: in milliseconds, decoded in order, and shown no earlier.
        let millis = |us: i64| us / 1_000 * 1_000;
        let shown_us = i64::try_from(buffer.pts().expect("a time").useconds()).expect("small");
        let pts_us = millis(shown_us - *first.get_or_insert(shown_us) + 100);
        let n = i64::try_from(frames.len()).expect("few");
        let dts_us = millis((n - REORDERED) * 1_000_000 / i64::from(fps));
        let dts_us = if how.contains("bframes") { dts_us } else { pts_us };
        let data = Bytes::copy_from_slice(&buffer.map_readable().expect("readable"));
        frames.push((Stamp { dts_us, pts_us }, key, data));
    }
    pipeline.set_state(gst::State::Null).expect("stops");
    (config.expect("the encoder says it"), frames)
}

fn settle(ladder: &Ladder) {
    let began = Instant::now();
    while !ladder.settled() && began.elapsed() < SETTLE_TIME {
        std::thread::yield_now();
    }
}

struct Run {
    ladder: Ladder,
    splitter: Splitter,
    out: mpsc::Receiver<(VideoConfig, Packed)>,
    /// What was passed through.
    passed: Vec<Ended>,
    /// One, for this picture.
    slots: Arc<tokio::sync::Semaphore>,
}

impl Run {
    fn start((source, _): &Source, fps: i32) -> Self {
        let (tx, out) = mpsc::channel();
        let sink: Sink = Arc::new(move |made, packed| {
            let _ = tx.send((made.video().expect("a picture").clone(), packed));
        });
        let timing = Timing { base_us: BASE_US, part_target_us: PART_US, leader: Track::Video };
        let slots = Arc::new(tokio::sync::Semaphore::new(1));
        let slot = Arc::clone(&slots).try_acquire_owned().expect("free");
        let fps_milli = fps.cast_unsigned() * 1000;
        let picture = Some(WantedPicture { source: source.clone(), fps_milli, slot });
        let ladder = Ladder::new(timing, Wanted { picture, ..Wanted::default() }, &sink);
        Self { ladder, splitter: Splitter::new(PART_US, true, 0), out, passed: Vec::new(), slots }
    }

    fn push(&mut self, stamp: Stamp, key: bool, data: Bytes) {
        let frame = Frame { track: Track::Video, dts_ms: 0, cts_ms: 0, key, data };
        let mut steps = Vec::new();
        self.splitter.push(frame, stamp, &mut steps);
        for step in steps {
            self.ladder.step(&step);
            if let Step::Cut(_, ended) = step {
                self.passed.push(ended);
            }
        }
    }

    fn finish(self) -> (Vec<(VideoConfig, Packed)>, Vec<Ended>) {
        self.ladder.end();
        self.ladder.finish();
        (self.out.try_iter().collect(), self.passed)
    }
}

/// The first part of each segment.
fn begins(parts: impl Iterator<Item = Ended>) -> Vec<Ended> {
    let mut begins: Vec<Ended> = parts.collect();
    begins.dedup_by_key(|ended| ended.segment);
    begins
}

#[test]
fn its_segments_begin_where_the_publishers_do_with_a_key_frame() {
    // Frames a second, frames between key frames, and how far a frame that is left out may move a beginning.
    for (fps, gop, off_us) in [(30, 60, 0), (25, 55, 0), (50, 100, 0), (60, 121, 17_000), (30, 15, 0)] {
        let source = h264(9, fps, gop);
        let mut run = Run::start(&source, fps);
        for (stamp, key, data) in source.1.clone() {
            run.push(stamp, key, data);
            settle(&run.ladder);
        }
        assert_eq!(run.ladder.troubles(), []);
        let (out, passed) = run.finish();
        let (mut init, mut parts) = (Bytes::new(), Vec::new());
        for (config, packed) in out {
            assert_eq!((config.width, config.height), (480, 360));
            assert_eq!(config.fps_milli, if fps > 40 { fps / 2 } else { fps }.cast_unsigned() * 1000);
            match packed {
                Packed::Init(_, bytes) => init = bytes,
                Packed::Part(_, bytes, ended) => parts.push((bytes, ended)),
            }
        }
        let mine = begins(parts.iter().map(|(_, ended)| *ended));
        let theirs = begins(passed.into_iter());
        assert!(mine.len() >= 4 && mine.len() >= theirs.len(), "{fps}: {mine:?} {theirs:?}");
        for (own, other) in mine.iter().zip(&theirs) {
            assert_eq!(own.segment, other.segment, "{fps}: {mine:?} {theirs:?}");
            assert!(
                own.independent && (0..=off_us).contains(&(own.start_us - other.start_us)),
                "{fps}: {own:?} {other:?}"
            );
        }
        let timescale = timescale(&init).expect("a movie header");
        let mut until_us = 0;
        for (bytes, ended) in &parts {
            assert_eq!(ended.start_us, until_us, "{fps}");
            assert!(ended.duration_us <= PART_US + 1_000, "{fps}: {ended:?}");
            let chunk = measure(bytes, timescale).expect("moof and mdat");
            let start = Duration::from_micros((BASE_US + ended.start_us).cast_unsigned()).as_secs_f64();
            assert!((chunk.start_seconds() - start).abs() < 0.002, "{fps}: {ended:?}");
            until_us = ended.start_us + ended.duration_us;
        }
        assert!((8_940_000..=9_020_000).contains(&until_us), "{fps}: {until_us}");
    }
}

#[test]
fn pictures_of_every_kind_keep_their_shape_their_colors_and_their_time() {
    let plain = "tune=zerolatency key-int-max=50";
    for (kind, how, shape) in [
        ("width=1920,height=1080", "key-int-max=50 bframes=3", (640, 360, 1, 1)),
        ("width=1280,height=720,colorimetry=bt601", plain, (640, 360, 1, 1)),
        ("width=854,height=480", plain, (640, 360, 1281, 1280)),
        ("width=1366,height=768", plain, (640, 360, 683, 683)),
        ("width=1080,height=1920", plain, (360, 640, 1, 1)),
        ("width=362,height=642", plain, (360, 638, 1, 1)),
        ("width=720,height=576,pixel-aspect-ratio=64/45", plain, (450, 360, 64, 45)),
        (
            "width=1440,height=1080,interlace-mode=interleaved,field-order=top-field-first",
            "key-int-max=50 bframes=2 interlaced=true",
            (480, 360, 1, 1),
        ),
    ] {
        let source = encoded(5, 25, kind, how);
        let mut run = Run::start(&source, 25);
        for (stamp, key, data) in source.1.clone() {
            run.push(stamp, key, data);
            settle(&run.ladder);
        }
        assert_eq!(run.ladder.troubles(), [], "{kind}");
        let (out, passed) = run.finish();
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        for (config, packed) in out {
            assert_eq!((config.width, config.height), (shape.0, shape.1), "{kind}");
            match packed {
                Packed::Init(_, bytes) => whole.extend(bytes),
                Packed::Part(_, bytes, ended) => {
                    whole.extend(bytes);
                    parts.push(ended);
                }
            }
        }
        for (own, other) in begins(parts.into_iter()).iter().zip(&begins(passed.into_iter())) {
            assert_eq!(own.segment, other.segment, "{kind}");
            let off_us = own.start_us - other.start_us;
            assert!(own.independent && off_us.abs() <= 1_000, "{kind}: {own:?} {other:?}");
        }
        let (probed, times) = probe(&whole);
        let expected: Vec<i64> = {
            let mut shown: Vec<i64> = source.1.iter().map(|(stamp, ..)| stamp.pts_us).collect();
            shown.sort_unstable();
            shown.iter().map(|us| (BASE_US + us) / 1_000).collect()
        };
        assert!(times.len() + 3 >= expected.len(), "{kind}: {} pictures of {}", times.len(), expected.len());
        for (own, given) in times.iter().zip(&expected) {
            assert!((own - given).abs() <= 2, "{kind}: shown at {own} ms, not {given}");
        }
        let [ratio, colors, order] = probed.split(' ').collect::<Vec<_>>()[..] else { panic!("{probed}") };
        let (across, down) =
            ratio.split_once(':').map_or((1, 1), |(a, b)| (a.parse().unwrap_or(1), b.parse().unwrap_or(1)));
        let wanted = f64::from(shape.2) / f64::from(shape.3);
        let is = f64::from(across) / f64::from(down);
        assert!((is / wanted - 1.0).abs() < 0.01, "{kind}: pixels of {ratio}");
        assert!(matches!(order, "progressive" | "unknown"), "{kind}: {order}");
        // As the encoder of the source says for its size.
        let standard = kind.contains("bt601") || source.0.height <= 576;
        assert_eq!(colors, if standard { "smpte170m" } else { "bt709" }, "{kind}");
    }
}

/// The shape of the pixels, their colours and the order of the fields, and when pictures are shown, milliseconds, ascending.
fn probe(media: &[u8]) -> (String, Vec<i64>) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("small.mp4");
    std::fs::write(&file, media).expect("written");
    let ask = |entries: &str| {
        let probed = std::process::Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", "v", "-show_entries", entries, "-of", "csv=p=0"])
            .arg(&file)
            .output()
            .expect("ffprobe is installed");
        String::from_utf8(probed.stdout).expect("text")
    };
    let about = ask("stream=sample_aspect_ratio,color_space,field_order").trim().replace(',', " ");
    let seconds = ask("packet=pts_time");
    let mut times: Vec<i64> = seconds
        .lines()
        .filter_map(|line| line.trim_end_matches(',').parse::<f64>().ok())
        .map(|at| Duration::from_secs_f64(at).as_millis().try_into().expect("small"))
        .collect();
    times.sort_unstable();
    (about, times)
}

/// Lets nothing through behind the element whose name begins so.
fn block(run: &Run, name: &str) {
    let pipeline = run.ladder.picture.as_ref().and_then(Video360::pipeline).expect("it runs");
    let element =
        pipeline.iterate_elements().into_iter().flatten().find(|element| element.name().starts_with(name));
    let pad = element.expect("there").static_pad("src").expect("a pad");
    pad.add_probe(gst::PadProbeType::BLOCK_DOWNSTREAM, |_, _| gst::PadProbeReturn::Ok);
}

#[test]
fn one_that_stands_still_is_switched_off_and_the_publishers_goes_on() {
    let source = h264(2, 25, 25);
    let (first, length_us) = (Instant::now(), 2_000_000);
    for blocked in ["queue", "appsrc"] {
        let mut run = Run::start(&source, 25);
        for round in 0..12 {
            for (Stamp { dts_us, pts_us }, key, data) in source.1.clone() {
                let from_us = round * length_us;
                run.push(Stamp { dts_us: from_us + dts_us, pts_us: from_us + pts_us }, key, data);
                if round == 0 {
                    settle(&run.ladder);
                }
            }
            if round == 0 {
                block(&run, blocked);
            }
            if round == 3 {
                assert_eq!(run.ladder.troubles(), [], "{blocked}: not before it is sure");
                assert_eq!(run.slots.available_permits(), 0, "{blocked}");
            }
        }
        assert_eq!(run.ladder.troubles(), [Trouble::PictureSlow], "{blocked}");
        assert_eq!(run.slots.available_permits(), 1, "{blocked}: another lesson may have its place");
        let (_, passed) = run.finish();
        assert_eq!(begins(passed.into_iter()).len(), 12, "{blocked}");
    }
    assert!(first.elapsed() < Duration::from_secs(40), "nobody waited for it");
}

#[test]
fn it_keeps_up_while_half_of_the_frames_come_out() {
    // Of 300 frames: left out on purpose, come out.
    for (thinned, encoded, keeps_up) in [
        (0, 300, true),
        (0, 150, true),
        (0, 149, false),
        (0, 0, false),
        (150, 150, true),
        (150, 74, false),
        (150, 0, false),
    ] {
        let mut pace = Pace::default();
        let windows: Vec<Window> =
            (0..=300).filter_map(|n| pace.frame(n * 100_000 / 3, thinned, encoded)).collect();
        let [window] = windows[..] else { panic!("one window: {windows:?}") };
        assert_eq!(window.wanted, 300 - thinned);
        assert_eq!(window.keeps_up(), keeps_up, "{thinned} {encoded}");
    }
    let mut still = Pace::default();
    assert_eq!(
        (0..60)
            .filter_map(|n| still.frame(n * 1_000_000, 0, n.unsigned_abs()))
            .filter(|w| !w.keeps_up())
            .count(),
        0
    );
}

#[test]
fn sizes_are_even_and_what_is_small_is_left_alone() {
    let record = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
    for ((width, height), small) in [
        ((1280, 720), Some((640, 360))),
        ((1920, 1080), Some((640, 360))),
        ((720, 1280), Some((360, 640))),
        ((1024, 768), Some((480, 360))),
        ((854, 480), Some((640, 360))),
        ((640, 360), None),
        ((320, 240), None),
    ] {
        let mut config = record.clone();
        (config.width, config.height) = (width, height);
        assert_eq!(size(&config), small, "{width}x{height}");
    }
    assert_eq!(
        [0, 15_000, 29_970, 30_000, 50_000, 60_000].map(thinned),
        [0, 15_000, 29_970, 30_000, 25_000, 30_000]
    );
}
