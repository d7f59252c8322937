//! Transport streams as encoders send them, and as they should not.

use proptest::prelude::*;

use super::{
    pes::tests::pes,
    sound::tests::adts,
    tables::tests::{section, table},
    *,
};
use crate::codec::h264::tests::RECORD_720P;

const VIDEO: u16 = 0x100;
const AUDIO: u16 = 0x101;
const TABLE: u16 = 0x1000;

/// Writes packets with their counters.
#[derive(Default)]
struct Muxer {
    counters: std::collections::BTreeMap<u16, u8>,
}

impl Muxer {
    /// The packets of one section or PES packet.
    fn packets(&mut self, pid: u16, payload: &[u8]) -> Vec<Vec<u8>> {
        let chunks = payload.chunks(packet::SIZE - 4).enumerate();
        chunks
            .map(|(n, chunk)| {
                let counter = self.counters.entry(pid).or_insert(15);
                *counter = (*counter + 1) & 15;
                let [high, low] = pid.to_be_bytes();
                let mut bytes = vec![0x47, high | u8::from(n == 0) << 6, low, 0x10 | *counter];
                let stuffing = packet::SIZE - 4 - chunk.len();
                if let Some(length) = stuffing.checked_sub(1) {
                    bytes[3] |= 0x20;
                    bytes.push(u8::try_from(length).expect("short"));
                    bytes.extend((0..length).map(|n| if n == 0 { 0 } else { 0xff }));
                }
                bytes.extend_from_slice(chunk);
                bytes
            })
            .collect()
    }

    fn tables(&mut self, streams: &[(u8, u16, &[u8])]) -> Vec<u8> {
        let pat = section(0, &[0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0]);
        let mut all = self.packets(0, &pat);
        all.extend(self.packets(TABLE, &table(streams)));
        all.concat()
    }

    fn usual(&mut self) -> Vec<u8> {
        self.tables(&[(0x1b, VIDEO, b""), (0x0f, AUDIO, b"")])
    }

    fn video(&mut self, pts: Option<i64>, dts: Option<i64>, data: &[u8]) -> Vec<u8> {
        self.packets(VIDEO, &pes(pts, dts, false, data)).concat()
    }

    fn audio(&mut self, pts: i64, data: &[u8]) -> Vec<u8> {
        self.packets(AUDIO, &pes(Some(pts), None, true, data)).concat()
    }
}

fn key_frame() -> Vec<u8> {
    let (sps, pps) = (&RECORD_720P[8..33], &RECORD_720P[RECORD_720P.len() - 6..]);
    [&[0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1][..], sps, &[0, 0, 0, 1], pps, &[0, 0, 1, 0x65, 1, 2]].concat()
}

fn frame() -> Vec<u8> {
    vec![0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x41, 7]
}

/// Track, decoding time, composition time, key.
fn frames(units: &[Unit]) -> Vec<(Track, u32, i32, bool)> {
    units
        .iter()
        .filter_map(|unit| match unit {
            Unit::Frame(frame) => Some((frame.track, frame.dts_ms, frame.cts_ms, frame.key)),
            _ => None,
        })
        .collect()
}

fn demux(bytes: &[u8]) -> Vec<Unit> {
    let mut units = Vec::new();
    Demuxer::default().push(bytes, &mut units).expect("playable");
    units
}

#[test]
fn picture_and_sound_with_their_formats_and_times() {
    let mut muxer = Muxer::default();
    let bytes = [
        muxer.usual(),
        muxer.video(Some(90_000 + 7200), Some(90_000), &key_frame()),
        muxer.audio(90_000, &[adts(&[1; 300]), adts(&[2])].concat()),
        muxer.video(Some(93_600), None, &frame()),
        muxer.video(None, None, &frame()), // ends the one before, and is not over yet
    ]
    .concat();
    for cut in [1, 188, 1316] {
        let (mut demuxer, mut units) = (Demuxer::default(), Vec::new());
        for piece in bytes.chunks(cut) {
            demuxer.push(piece, &mut units).expect("playable");
        }
        assert!(matches!(&units[0], Unit::AudioConfig(config) if config.rate == 48_000), "{units:?}");
        assert!(units.iter().any(|unit| matches!(unit, Unit::VideoConfig(config) if config.width == 1280)));
        let mut seen = frames(&units);
        seen.sort();
        let expected = [
            (Track::Video, 1000, 80, true),
            (Track::Video, 1040, 0, false),
            (Track::Audio, 1000, 0, true),
            (Track::Audio, 1021, 0, true),
        ];
        assert_eq!(seen, expected);
        assert_eq!(demuxer.damaged(), 0);
    }
}

#[test]
fn times_wrap_after_26_hours_and_go_on() {
    let mut muxer = Muxer::default();
    let wrap = 1 << 33;
    let bytes = [
        muxer.usual(),
        muxer.video(Some(wrap - 1800), None, &key_frame()),
        muxer.video(Some(1800), None, &frame()),
        muxer.video(Some(5400), None, &frame()),
        muxer.video(None, None, &frame()),
    ]
    .concat();
    let times: Vec<_> = frames(&demux(&bytes)).into_iter().map(|(_, dts_ms, ..)| dts_ms).collect();
    assert_eq!(times.windows(2).map(|two| two[1] - two[0]).collect::<Vec<_>>(), [40, 40]);
}

#[test]
fn a_jump_of_an_hour_is_passed_on() {
    let mut muxer = Muxer::default();
    let bytes = [
        muxer.usual(),
        muxer.video(Some(0), None, &key_frame()),
        muxer.video(Some(324_000_000), None, &frame()),
        muxer.video(None, None, &frame()),
    ]
    .concat();
    let times: Vec<_> = frames(&demux(&bytes)).into_iter().map(|(_, dts_ms, ..)| dts_ms).collect();
    assert_eq!(times, [0, 3_600_000]);
}

#[test]
fn pictures_without_a_time_follow_the_one_before() {
    let mut muxer = Muxer::default();
    let two = [frame(), frame()].concat();
    let bytes = [
        muxer.usual(),
        muxer.video(None, None, &key_frame()), // no time is known yet
        muxer.video(Some(9000), None, &key_frame()),
        muxer.video(Some(12_000), None, &two),
        muxer.video(None, None, &frame()),
        muxer.video(Some(90_000), None, &frame()),
    ]
    .concat();
    let times: Vec<_> = frames(&demux(&bytes)).into_iter().map(|(_, dts_ms, ..)| dts_ms).collect();
    assert_eq!(times, [100, 133, 167, 200]);
}

#[test]
fn after_a_loss_the_picture_waits_for_a_key_frame_and_the_sound_goes_on() {
    let mut muxer = Muxer::default();
    let mut bytes = [muxer.usual(), muxer.video(Some(0), None, &key_frame())].concat();
    let long = [frame(), vec![5; 1000]].concat();
    let mut lost = muxer.packets(VIDEO, &pes(Some(3600), None, false, &long));
    lost.remove(2);
    bytes.extend(lost.concat());
    bytes.extend(muxer.audio(3600, &adts(&[1])));
    bytes.extend(muxer.video(Some(7200), None, &frame()));
    bytes.extend(muxer.video(Some(10_800), None, &key_frame()));
    bytes.extend(muxer.video(Some(14_400), None, &frame()));
    bytes.extend(muxer.video(Some(18_000), None, &frame()));
    let (mut demuxer, mut units) = (Demuxer::default(), Vec::new());
    demuxer.push(&bytes, &mut units).expect("playable");
    let expected = [
        (Track::Video, 0, 0, true),
        (Track::Audio, 40, 0, true),
        (Track::Video, 120, 0, true),
        (Track::Video, 160, 0, false),
    ];
    assert_eq!(frames(&units), expected);
    assert!(demuxer.damaged() > 0);
}

#[test]
fn only_sound_and_only_a_picture() {
    let mut muxer = Muxer::default();
    let bytes = [muxer.tables(&[(0x0f, AUDIO, b"")]), muxer.audio(0, &adts(&[1]))].concat();
    assert_eq!(frames(&demux(&bytes)), [(Track::Audio, 0, 0, true)]);
    let mut muxer = Muxer::default();
    let bytes = [
        muxer.tables(&[(0x1b, VIDEO, b"")]),
        muxer.video(Some(0), None, &key_frame()),
        muxer.video(Some(3600), None, &frame()),
    ]
    .concat();
    assert_eq!(frames(&demux(&bytes)), [(Track::Video, 0, 0, true)]);
}

#[test]
fn formats_that_cannot_be_played_and_what_is_no_transport_stream_are_refused() {
    let refused =
        |bytes: &[u8]| Demuxer::default().push(bytes, &mut Vec::new()).expect_err("refused").to_string();
    let hevc = Muxer::default().tables(&[(0x24, VIDEO, b""), (0x0f, AUDIO, b"")]);
    assert!(refused(&hevc).contains("HEVC"));
    let mp2 = Muxer::default().tables(&[(0x1b, VIDEO, b""), (0x04, AUDIO, b"")]);
    assert!(refused(&mp2).contains("MP2"));
    assert!(refused(&vec![b'F'; MAX_BYTES_BEFORE_PROGRAM + 1]).contains("transport stream"));
}

#[test]
fn pictures_begin_with_a_key_frame_that_has_a_time() {
    let mut muxer = Muxer::default();
    let mut bytes = muxer.usual();
    for (n, pts) in [(0, None), (1, Some(3600)), (2, Some(7200)), (3, Some(10_800))] {
        bytes.extend(muxer.video(pts, None, &if n % 2 == 0 { key_frame() } else { frame() }));
    }
    bytes.extend(muxer.video(Some(14_400), None, &frame()));
    let (mut demuxer, mut units) = (Demuxer::default(), Vec::new());
    demuxer.push(&bytes, &mut units).expect("nothing is refused");
    let kinds: Vec<_> = units
        .iter()
        .map(|unit| match unit {
            Unit::VideoConfig(_) => "format",
            Unit::Frame(frame) if frame.key => "key",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds[..2], ["format", "key"], "{kinds:?}");
}

proptest! {
    #[test]
    fn garbage_never_panics_and_never_adds_up_wrongly(
        flips in proptest::collection::vec((0_usize..3000, any::<u8>()), 0..40),
        junk in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut muxer = Muxer::default();
        let mut bytes = muxer.usual();
        for n in 0..8 {
            bytes.extend(muxer.video(Some(n * 3600), None, &if n % 4 == 0 { key_frame() } else { frame() }));
            bytes.extend(muxer.audio(n * 3600, &adts(&[1; 30])));
        }
        for (at, byte) in flips {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes.extend(junk);
        let (mut demuxer, mut units) = (Demuxer::default(), Vec::new());
        let _ = demuxer.push(&bytes, &mut units);
        let mut config = None;
        for unit in units {
            match unit {
                Unit::VideoConfig(new) => config = Some(new),
                Unit::Frame(frame) if frame.track == Track::Video => {
                    let config = config.as_ref().expect("a picture has a format");
                    prop_assert_eq!(config.is_key(&frame.data), Some(frame.key));
                }
                _ => {}
            }
        }
    }
}
