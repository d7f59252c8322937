//! Copies and repeated key frames between the pictures of real encoders, looked at by a real decoder.

use std::collections::BTreeMap;

use gst::prelude::*;

use super::*;
use crate::pipeline::packager::{self, video_caps};

/// An access unit and when it is shown, frames from 0.
type Unit = (Bytes, i64);

/// Thirty moving pictures as this encoder makes them, in the order of decoding.
fn encoded(encoder: &str) -> (VideoConfig, Vec<Unit>) {
    packager::init().expect("GStreamer is installed");
    let chain = format!(
        "videotestsrc num-buffers=30 pattern=ball ! video/x-raw,format=I420,width=160,height=128,framerate=25/1 ! {encoder} ! \
         h264parse ! video/x-h264,stream-format=avc,alignment=au ! appsink name=out sync=false"
    );
    let pipeline =
        gst::parse::launch(&chain).expect("a chain").downcast::<gst::Pipeline>().expect("a pipeline");
    let out = pipeline.by_name("out").expect("there").downcast::<gst_app::AppSink>().expect("appsink");
    pipeline.set_state(gst::State::Playing).expect("starts");
    let (mut config, mut units, mut first) = (None, Vec::new(), None);
    while let Ok(sample) = out.pull_sample() {
        let record = || sample.caps()?.structure(0)?.get::<gst::Buffer>("codec_data").ok();
        let record = record().expect("a record").map_readable().expect("readable").to_vec();
        config.get_or_insert_with(|| VideoConfig::parse(record.into()).expect("4:2:0"));
        let buffer = sample.buffer().expect("a buffer");
        let at = buffer.pts().expect("stamped").mseconds().cast_signed();
        let first = *first.get_or_insert(at);
        units.push((Bytes::copy_from_slice(&buffer.map_readable().expect("readable")), (at - first) / 40));
    }
    pipeline.set_state(gst::State::Null).expect("stops");
    (config.expect("something came out"), units)
}

/// What a decoder makes of units, by the time each is shown.
fn shown(config: &VideoConfig, units: &[Unit]) -> BTreeMap<i64, Vec<u8>> {
    packager::init().expect("GStreamer is installed");
    let chain = "appsrc name=src format=time ! avdec_h264 max-threads=1 output-corrupt=false ! videoconvert ! video/x-raw,format=I420 ! appsink name=out sync=false";
    let pipeline =
        gst::parse::launch(chain).expect("a chain").downcast::<gst::Pipeline>().expect("a pipeline");
    let src = pipeline.by_name("src").expect("there").downcast::<gst_app::AppSrc>().expect("appsrc");
    let out = pipeline.by_name("out").expect("there").downcast::<gst_app::AppSink>().expect("appsink");
    src.set_caps(Some(&video_caps(config)));
    pipeline.set_state(gst::State::Playing).expect("starts");
    for (dts, (unit, pts)) in (0_u64..).zip(units) {
        let mut buffer = gst::Buffer::from_slice(unit.clone());
        let stamped = buffer.get_mut().expect("new");
        stamped.set_pts(gst::ClockTime::from_mseconds(pts.unsigned_abs() + 10_000));
        stamped.set_dts(gst::ClockTime::from_mseconds(dts));
        src.push_buffer(buffer).expect("taken");
    }
    src.end_of_stream().expect("taken");
    let mut all = BTreeMap::new();
    while let Ok(sample) = out.pull_sample() {
        let buffer = sample.buffer().expect("a buffer");
        let at = buffer.pts().expect("stamped").mseconds().cast_signed() - 10_000;
        let before = all.insert(at, buffer.map_readable().expect("readable").to_vec());
        assert!(before.is_none(), "two pictures at {at}");
    }
    let bus = pipeline.bus().expect("a bus");
    assert!(bus.pop_filtered(&[gst::MessageType::Error]).is_none());
    pipeline.set_state(gst::State::Null).expect("stops");
    all
}

/// The pictures of units that are shown as they are decoded.
pub(crate) fn decoded(config: &VideoConfig, units: &[Bytes]) -> Vec<Vec<u8>> {
    let units: Vec<Unit> = (0..).zip(units).map(|(at, unit)| (unit.clone(), at)).collect();
    shown(config, &units).into_values().collect()
}

/// Times of the units, far enough apart for others between them.
fn spread(units: &[Unit]) -> Vec<Unit> {
    units.iter().map(|(unit, at)| (unit.clone(), at * 100)).collect()
}

const ENCODERS: [&str; 6] = [
    "x264enc key-int-max=12 bframes=0 option-string=weightp=2",
    "x264enc key-int-max=12 bframes=0 tune=zerolatency cabac=false",
    "x264enc key-int-max=12 bframes=2 b-adapt=false b-pyramid=false",
    "x264enc key-int-max=12 bframes=3 b-adapt=false b-pyramid=true",
    "x264enc key-int-max=100 bframes=0 cabac=false ref=4 dct8x8=true option-string=slices=3",
    "openh264enc gop-size=12 complexity=low",
];

#[test]
fn copies_show_the_last_picture_and_what_follows_does_not_mind() {
    for encoder in ENCODERS {
        let (config, units) = encoded(encoder);
        let units = spread(&units);
        assert_eq!(units.len(), 30, "{encoder}");
        let plain = shown(&config, &units);
        let mut tried = 0;
        for cut in 0..30 {
            // Not between a picture and those that are shown before it: no encoder pauses there.
            let newest = units[..=cut].iter().map(|(_, at)| *at).max().expect("one");
            if units[cut + 1..].iter().any(|(_, at)| *at < newest) {
                continue;
            }
            let mut copier = Copier::new(config.clone());
            units[..=cut].iter().for_each(|(unit, at)| copier.saw(unit, *at));
            let Some(copy) = copier.copy() else { continue };
            tried += 1;
            let rest = (1..=5).map(|n| (copy.clone(), newest + n));
            let mixed: Vec<Unit> =
                units[..=cut].iter().cloned().chain(rest).chain(units[cut + 1..].iter().cloned()).collect();
            let seen = shown(&config, &mixed);
            for (at, picture) in &plain {
                assert!(
                    seen.get(at) == Some(picture),
                    "{encoder}: the picture at {at} is another after {cut}"
                );
            }
            for n in 1..=5 {
                assert!(seen.get(&(newest + n)) == plain.get(&newest), "{encoder}: copy {n} after {cut}");
            }
        }
        assert!(tried >= 7, "{encoder}: {tried}");
    }
}

#[test]
fn a_key_frame_once_more_is_the_same_picture_and_harms_nothing_that_follows_it() {
    for encoder in ENCODERS {
        let (config, units) = encoded(encoder);
        let units = spread(&units);
        let plain = shown(&config, &units);
        let mut copier = Copier::new(config.clone());
        let mut mixed = Vec::new();
        let mut keys = Vec::new();
        for (unit, at) in &units {
            copier.saw(unit, *at);
            mixed.push((unit.clone(), *at));
            if resets(&config, unit) {
                keys.push(*at);
                for n in 1..=3 {
                    let again = copier.again(unit);
                    assert_ne!(&again, unit, "{encoder}");
                    copier.saw(&again, at + n);
                    mixed.push((again, at + n));
                }
                mixed.push((copier.copy().expect("of a key frame"), at + 4));
            }
        }
        assert!(!keys.is_empty(), "{encoder}");
        let seen = shown(&config, &mixed);
        for (at, picture) in &plain {
            assert!(seen.get(at) == Some(picture), "{encoder}: the picture at {at} is another");
        }
        for at in keys {
            for n in 1..=4 {
                assert!(seen.get(&(at + n)) == plain.get(&at), "{encoder}: {n} after the key frame at {at}");
            }
        }
    }
}

#[test]
fn what_is_not_understood_is_left_alone() {
    let (config, units) =
        encoded("interlace field-pattern=1:1 ! x264enc key-int-max=12 bframes=0 interlaced=true");
    let mut copier = Copier::new(config.clone());
    copier.saw(&units[0].0, 0);
    assert_eq!(copier.copy(), None, "fields");
    assert_eq!(copier.again(&units[0].0), units[0].0);
    copier.saw(&Bytes::from_static(&[0, 0, 0, 9, 0x65]), 1);
    assert_eq!(copier.copy(), None);
}
