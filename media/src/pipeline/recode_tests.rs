//! Pictures of x264, encoded here, as encoders without IDR pictures send them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use gst::prelude::*;

use super::*;
use crate::pipeline::packager;

/// Eighteen seconds of a moving picture in 25 frames a second, encoded so; with its format.
fn encoded(options: &str, bframes: u32) -> (VideoConfig, Vec<Frame>) {
    packager::init().expect("GStreamer is installed");
    // The element takes its own word for the distance of key frames, if it has one.
    let distance = if options.contains("keyint") { 0 } else { 100_000 };
    let launch = format!(
        "videotestsrc num-buffers=450 pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! \
         x264enc speed-preset=ultrafast bitrate=300 key-int-max={distance} option-string=\"bframes={bframes}:{options}\" ! \
         video/x-h264,stream-format=avc,alignment=au ! appsink name=out sync=false"
    );
    let pipeline = gst::parse::launch(&launch).expect("elements").downcast::<gst::Pipeline>().expect("one");
    let out = pipeline.by_name("out").expect("named").downcast::<gst_app::AppSink>().expect("a sink");
    pipeline.set_state(gst::State::Playing).expect("it starts");
    let (mut config, mut frames) = (None, Vec::new());
    while let Ok(sample) = out.pull_sample() {
        let caps = sample.caps().and_then(|caps| caps.structure(0)).expect("caps");
        let record =
            caps.get::<gst::Buffer>("codec_data").expect("a record").map_readable().expect("bytes").to_vec();
        config = Some(VideoConfig::parse(record.into()).expect("readable"));
        let buffer = sample.buffer().expect("a buffer");
        // The encoder counts from a thousand hours, and decodes a bit sooner.
        let ms = |time: Option<gst::ClockTime>| {
            i64::try_from((time.expect("timed").mseconds() + 10_000) % 3_600_000).expect("small")
        };
        let (dts, pts) = (ms(buffer.dts()), ms(buffer.pts()));
        let data = Bytes::copy_from_slice(&buffer.map_readable().expect("bytes"));
        let nals: Vec<Bytes> = config.as_ref().expect("known").nal_units(&data).collect();
        let key = entry(nals.iter().map(|nal| &nal[..])) == Some(Entry::Idr);
        let dts_ms = u32::try_from(dts).expect("small");
        let cts_ms = i32::try_from(pts - dts).expect("small");
        frames.push(Frame { track: Track::Video, dts_ms, cts_ms, key, data });
    }
    pipeline.set_state(gst::State::Null).expect("it ends");
    (config.expect("pictures came"), frames)
}

fn pictures(units: &[Unit]) -> usize {
    units.iter().filter(|unit| matches!(unit, Unit::Frame(_))).count()
}

/// What becomes of pictures that arrive at their time, once all that is to come has come.
fn recoded(config: VideoConfig, frames: &[Frame]) -> (Vec<Unit>, bool) {
    let (mut recode, mut out, mut pushed) = (Recode::default(), Vec::new(), 0);
    recode.push(Unit::VideoConfig(config), 0, &mut out);
    for frame in frames {
        recode.push(Unit::Frame(frame.clone()), frame.dts_ms.into(), &mut out);
        pushed += 1;
        // They come at their pace: the encoder gets its turn.
        let turn = Instant::now();
        while recode.works() && pictures(&out) + 8 < pushed && turn.elapsed() < Duration::from_millis(200) {
            std::thread::yield_now();
            if let Some((chain, _)) = &mut recode.work {
                chain.drain(&mut out);
            }
        }
    }
    let (works, began) = (recode.works(), Instant::now());
    let enough =
        |out: &[Unit]| out.iter().filter(|unit| matches!(unit, Unit::Frame(_))).count() + 8 >= frames.len();
    while works && !enough(&out) && began.elapsed() < Duration::from_secs(20) {
        std::thread::yield_now();
        if let Some((chain, _)) = &mut recode.work {
            chain.drain(&mut out);
        }
    }
    (out, works)
}

/// What came after the second format: decoding times, and whether it is an IDR.
fn anew(units: &[Unit]) -> Vec<(u32, i32, bool)> {
    let formats = units.iter().enumerate().filter(|(_, unit)| matches!(unit, Unit::VideoConfig(_)));
    let Some((at, _)) = formats.last().filter(|(at, _)| *at > 0) else { return Vec::new() };
    let time = |unit: &Unit| match unit {
        Unit::Frame(frame) => Some((frame.dts_ms, frame.cts_ms, frame.key)),
        _ => None,
    };
    units[at..].iter().filter_map(time).collect()
}

fn checked(options: &str, bframes: u32) {
    let (config, frames) = encoded(options, bframes);
    assert_eq!(frames.iter().filter(|frame| frame.key).count(), 1, "{options}: one IDR, at the beginning");
    let shown = |frame: &Frame| i64::from(frame.dts_ms) + i64::from(frame.cts_ms);
    let (units, works) = recoded(config, &frames);
    assert!(works, "{options}");
    let anew = anew(&units);
    assert!(anew.len() > 100, "{options}: {}", anew.len());
    assert!(anew[0].2, "{options}: it begins with an IDR");
    assert!(anew.windows(2).all(|pair| pair[1].0 > pair[0].0), "{options}: times increase");
    assert!(anew.iter().all(|(_, cts, _)| *cts == 0), "{options}: nothing is reordered");
    let given: Vec<i64> = frames.iter().map(shown).collect();
    assert!(
        anew.iter().all(|(dts, ..)| given.contains(&i64::from(*dts))),
        "{options}: presented when it was to be"
    );
    let keys: Vec<u32> = anew.iter().filter(|(.., key)| *key).map(|(dts, ..)| *dts).collect();
    assert!(keys.len() >= 2 && keys.windows(2).all(|pair| pair[1] - pair[0] <= 2_100), "{options}: {keys:?}");
}

#[test]
fn an_open_group_gets_idr_pictures() {
    checked("open-gop=1:keyint=50:min-keyint=25:scenecut=0", 2);
}

#[test]
fn so_do_intra_refresh_and_an_endless_group() {
    checked("intra-refresh=1:keyint=50", 0);
    checked("scenecut=0", 0);
}

#[test]
fn nothing_is_done_for_who_sends_them() {
    let (config, frames) = encoded("keyint=50:scenecut=0", 2);
    let (units, works) = recoded(config.clone(), &frames);
    assert!(!works);
    let sent = std::iter::once(Unit::VideoConfig(config)).chain(frames.into_iter().map(Unit::Frame));
    assert!(units == sent.collect::<Vec<_>>());
}

#[test]
fn a_pause_of_the_picture_and_slides_are_not_taken_for_a_lack_of_idr_pictures() {
    // One IDR in ten seconds.
    let (config, frames) = encoded("scenecut=0", 0);
    let (mut recode, mut out) = (Recode::default(), Vec::new());
    recode.push(Unit::VideoConfig(config), 0, &mut out);
    for (n, frame) in frames.into_iter().take(48).enumerate() {
        // The camera is away for 30 s after 1.6, then a picture comes each 2.5 s.
        let n = i64::try_from(n).expect("small");
        let now = if n < 40 { n * 40 } else { 31_600 + (n - 40) * 2_500 };
        recode.push(Unit::Frame(frame), now, &mut out);
        assert!(!recode.works(), "after {n} pictures");
    }
}
