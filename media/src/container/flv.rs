//! The body of RTMP's audio and video messages: FLV tags, legacy (Adobe FLV 10.1, annex E) and enhanced
//! (Enhanced RTMP v2). H.264 and AAC go through, everything else is refused by name; of several tracks the first is played.

mod picture;

use bytes::{Buf as _, Bytes};

use self::picture::{Pictures, Read};
use crate::{
    codec::AudioConfig,
    container::ContainerError,
    unit::{Frame, LeftOut, Track, Unit},
};

/// Reads tags; remembers the format that stands before the frames.
#[derive(Debug, Default)]
pub struct TagReader {
    pictures: Pictures,
    audio: Option<AudioConfig>,
    left_out: LeftOut,
}

impl TagReader {
    /// What was left out so far.
    pub fn left_out(&self) -> LeftOut {
        LeftOut { without_sets: self.pictures.without_sets(), ..self.left_out }
    }

    /// Reads a video message; appends what there is to play in it.
    pub fn video(
        &mut self,
        dts_ms: u32,
        mut tag: Bytes,
        units: &mut Vec<Unit>,
    ) -> Result<(), ContainerError> {
        let Some(&head) = tag.first() else { return Ok(()) };
        tag.advance(1);
        let frame_type = head >> 4 & 7;
        if frame_type == 5 {
            return Ok(()); // an info or command frame
        }
        let (sequence_start, composition) = if head & 0x80 == 0 {
            match head & 0x0f {
                7 => {}
                12 => return Err(not_playable("H.265/HEVC video", "H.264")),
                2 => return Err(not_playable("H.263 (Sorenson) video", "H.264")),
                4 | 5 => return Err(not_playable("VP6 video", "H.264")),
                id => return Err(not_playable(&format!("video codec {id}"), "H.264")),
            }
            match tag.try_get_u8() {
                Ok(0) => (true, true),
                Ok(1) => (false, true),
                _ => return Ok(()),
            }
        } else {
            let Some(mut kind) = packet_kind(head & 0x0f, &mut tag) else { return Ok(()) };
            let code = if kind == 6 {
                let first = first_track(&tag);
                self.left_out.further += u64::from(first.as_ref().is_none_or(|first| first.others));
                let Some(first) = first else { return Ok(()) };
                (kind, tag) = (first.kind, first.body);
                first.code
            } else {
                let Some(code) = four_cc(&mut tag) else { return Ok(()) };
                code
            };
            if &code != b"avc1" {
                return Err(not_playable(&format!("{} video", codec_name(code)), "H.264"));
            }
            match kind {
                0 => (true, false),
                1 => (false, true),
                3 => (false, false),
                _ => return Ok(()),
            }
        };
        let mut cts_ms = 0;
        if composition {
            let Some((bytes, _)) = tag.split_first_chunk::<3>() else { return Ok(()) };
            cts_ms = i32::from_be_bytes([bytes[0], bytes[1], bytes[2], 0]) >> 8;
            tag.advance(3);
        }
        if sequence_start {
            units.extend(self.pictures.header(tag)?.map(Unit::VideoConfig));
            return Ok(());
        }
        match self.pictures.read(tag)? {
            Read::Picture(picture) => {
                units.extend(picture.config.map(Unit::VideoConfig));
                let (key, data) = (picture.key, picture.data);
                units.push(Unit::Frame(Frame { track: Track::Video, dts_ms, cts_ms, key, data }));
            }
            Read::Nothing => {}
            Read::Damaged => self.left_out.damaged += 1,
        }
        Ok(())
    }

    /// Reads an audio message; appends what there is to play in it.
    pub fn audio(
        &mut self,
        dts_ms: u32,
        mut tag: Bytes,
        units: &mut Vec<Unit>,
    ) -> Result<(), ContainerError> {
        let Some(&head) = tag.first() else { return Ok(()) };
        tag.advance(1);
        let sequence_start = match head >> 4 {
            10 => match tag.try_get_u8() {
                Ok(0) => true,
                Ok(1) => false,
                _ => return Ok(()),
            },
            9 => {
                let Some(mut kind) = packet_kind(head & 0x0f, &mut tag) else { return Ok(()) };
                let code = if kind == 5 {
                    let first = first_track(&tag);
                    self.left_out.further += u64::from(first.as_ref().is_none_or(|first| first.others));
                    let Some(first) = first else { return Ok(()) };
                    (kind, tag) = (first.kind, first.body);
                    first.code
                } else {
                    let Some(code) = four_cc(&mut tag) else { return Ok(()) };
                    code
                };
                if &code != b"mp4a" {
                    return Err(not_playable(&format!("{} audio", codec_name(code)), "AAC"));
                }
                match kind {
                    0 => true,
                    1 => false,
                    _ => return Ok(()),
                }
            }
            2 | 14 => return Err(not_playable("MP3 audio", "AAC")),
            11 => return Err(not_playable("Speex audio", "AAC")),
            0 | 3 => return Err(not_playable("PCM audio", "AAC")),
            id => return Err(not_playable(&format!("audio codec {id}"), "AAC")),
        };
        if tag.is_empty() {
            return Ok(());
        }
        if sequence_start {
            let config = AudioConfig::parse(tag)?;
            self.audio = Some(config.clone());
            units.push(Unit::AudioConfig(config));
        } else if self.audio.is_some() {
            units.push(Unit::Frame(Frame { track: Track::Audio, dts_ms, cts_ms: 0, key: true, data: tag }));
        } else {
            self.left_out.without_format += 1;
        }
        Ok(())
    }
}

/// The track that is played of a message with several (Enhanced RTMP v2, "multitrack").
struct FirstTrack {
    kind: u8,
    code: [u8; 4],
    body: Bytes,
    /// There are others beside it.
    others: bool,
}

/// Track 0; `None`: there is none in it.
fn first_track(tag: &Bytes) -> Option<FirstTrack> {
    let mut rest = tag.clone();
    let head = rest.try_get_u8().ok()?;
    let (how, kind) = (head >> 4, head & 0x0f);
    let mut code = if how == 2 { None } else { Some(four_cc(&mut rest)?) };
    let mut found = None;
    let mut tracks = 0;
    while !rest.is_empty() {
        if how == 2 {
            code = Some(four_cc(&mut rest)?);
        }
        let id = rest.try_get_u8().ok()?;
        let size = if how == 0 {
            rest.len()
        } else {
            let (bytes, _) = rest.split_first_chunk::<3>()?;
            let size = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
            rest.advance(3);
            usize::try_from(size).ok()?
        };
        if rest.len() < size {
            return None;
        }
        let body = rest.split_to(size);
        tracks += 1;
        if id == 0 {
            found = Some((code?, body));
        }
    }
    found.map(|(code, body)| FirstTrack { kind, code, body, others: tracks > 1 })
}

fn not_playable(what: &str, instead: &'static str) -> ContainerError {
    ContainerError::NotPlayable { what: what.to_owned(), instead }
}

/// The packet type, past any `ModEx` prefixes (nanosecond offsets and what may come).
fn packet_kind(first: u8, tag: &mut Bytes) -> Option<u8> {
    let mut kind = first;
    while kind == 7 {
        let mut size = usize::from(tag.try_get_u8().ok()?) + 1;
        if size == 256 {
            size = usize::from(tag.try_get_u16().ok()?) + 1;
        }
        if tag.len() < size {
            return None;
        }
        tag.advance(size);
        kind = tag.try_get_u8().ok()? & 0x0f;
    }
    Some(kind)
}

fn four_cc(tag: &mut Bytes) -> Option<[u8; 4]> {
    let code = *tag.first_chunk::<4>()?;
    tag.advance(4);
    Some(code)
}

fn codec_name(code: [u8; 4]) -> String {
    match &code {
        b"hvc1" => "H.265/HEVC".into(),
        b"vvc1" => "H.266/VVC".into(),
        b"av01" => "AV1".into(),
        b"vp08" => "VP8".into(),
        b"vp09" => "VP9".into(),
        b"Opus" => "Opus".into(),
        b"fLaC" => "FLAC".into(),
        b"ac-3" => "AC-3".into(),
        b"ec-3" => "E-AC-3".into(),
        b".mp3" => "MP3".into(),
        other => other.escape_ascii().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::h264::tests::{RECORD_720P, RECORD_SMALL};

    fn tag(parts: &[&[u8]]) -> Bytes {
        parts.concat().into()
    }

    fn video(reader: &mut TagReader, dts_ms: u32, tag: Bytes) -> Result<Vec<Unit>, ContainerError> {
        let mut units = Vec::new();
        reader.video(dts_ms, tag, &mut units).map(|()| units)
    }

    fn audio(reader: &mut TagReader, tag: Bytes) -> Result<Vec<Unit>, ContainerError> {
        let mut units = Vec::new();
        reader.audio(0, tag, &mut units).map(|()| units)
    }

    #[test]
    fn legacy_and_enhanced_h264_give_the_same_frames() {
        let nal = [0, 0, 0, 2, 0x65, 1];
        let mut legacy = TagReader::default();
        video(&mut legacy, 0, tag(&[&[0x17, 0, 0, 0, 0], RECORD_720P])).expect("H.264");
        let old = video(&mut legacy, 40, tag(&[&[0x17, 1, 0, 0, 80], &nal])).expect("H.264");
        let mut enhanced = TagReader::default();
        video(&mut enhanced, 0, tag(&[&[0x90], b"avc1", RECORD_720P])).expect("H.264");
        let new = video(&mut enhanced, 40, tag(&[&[0x91], b"avc1", &[0, 0, 80], &nal])).expect("H.264");
        let data = Bytes::copy_from_slice(&nal);
        let frame = Frame { track: Track::Video, dts_ms: 40, cts_ms: 80, key: true, data };
        assert_eq!((old, new), (vec![Unit::Frame(frame.clone())], vec![Unit::Frame(frame)]));
    }

    #[test]
    fn other_codecs_are_refused_by_name() {
        let mut reader = TagReader::default();
        let refused =
            |result: Result<Vec<Unit>, ContainerError>| result.expect_err("not playable").to_string();
        assert!(refused(video(&mut reader, 0, tag(&[&[0x90], b"hvc1", &[0; 20]]))).contains("HEVC"));
        assert!(refused(video(&mut reader, 0, tag(&[&[0x1c, 0, 0, 0, 0]]))).contains("HEVC"));
        assert!(refused(video(&mut reader, 0, tag(&[&[0x14, 0]]))).contains("VP6"));
        assert!(refused(audio(&mut reader, tag(&[&[0x2f, 0]]))).contains("MP3"));
        assert!(refused(audio(&mut reader, tag(&[&[0x90], b"Opus", b"OpusHead"]))).contains("Opus"));
    }

    #[test]
    fn negative_composition_times_and_damaged_frames() {
        let mut reader = TagReader::default();
        video(&mut reader, 0, tag(&[&[0x17, 0, 0, 0, 0], RECORD_720P])).expect("H.264");
        let units = video(&mut reader, 9, tag(&[&[0x27, 1, 0xff, 0xff, 0xf6], &[0, 0, 0, 2, 0x41, 1]]));
        let [Unit::Frame(frame)] = &units.expect("H.264")[..] else { panic!("a frame") };
        assert_eq!((frame.cts_ms, frame.key), (-10, false));
        assert_eq!(video(&mut reader, 9, tag(&[&[0x27, 1, 0, 0, 0], &[9, 9, 9, 9, 9]])), Ok(vec![]));
        assert_eq!(reader.left_out().damaged, 1);
    }

    #[test]
    fn of_several_tracks_the_first_is_played_and_the_others_are_counted() {
        let sized = |id: u8, body: &[u8]| {
            let size = u8::try_from(body.len()).expect("short");
            [&[id, 0, 0, size], body].concat()
        };
        let mut reader = TagReader::default();
        let record = [sized(1, RECORD_SMALL), sized(0, RECORD_720P)].concat();
        let units = video(&mut reader, 0, tag(&[&[0x96, 0x10], b"avc1", &record])).expect("H.264");
        assert!(matches!(&units[..], [Unit::VideoConfig(config)] if config.width == 1280), "{units:?}");
        let second = tag(&[&[0x96, 0x03], b"avc1", &[1], &[0, 0, 0, 2, 0x65, 1]]);
        assert_eq!(video(&mut reader, 0, second), Ok(vec![]));
        let first = tag(&[&[0x96, 0x03], b"avc1", &[0], &[0, 0, 0, 2, 0x65, 1]]);
        assert_eq!(video(&mut reader, 0, first).map(|units| units.len()), Ok(1));
        let sounds = [&b"mp4a"[..], &sized(0, &[0x11, 0x90]), b"Opus", &sized(1, &[1, 2])].concat();
        let units = audio(&mut reader, tag(&[&[0x95, 0x20], &sounds])).expect("AAC");
        assert!(matches!(&units[..], [Unit::AudioConfig(_)]), "{units:?}");
        assert_eq!(reader.left_out().further, 3);
    }

    #[test]
    fn sound_before_its_format_is_counted() {
        let mut reader = TagReader::default();
        assert_eq!(audio(&mut reader, tag(&[&[0xaf, 1, 7]])), Ok(vec![]));
        assert_eq!(reader.left_out().without_format, 1);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            tags in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 1..6), begun in any::<bool>(),
        ) {
            let mut reader = TagReader::default();
            if begun {
                video(&mut reader, 0, tag(&[&[0x17, 0, 0, 0, 0], RECORD_720P])).expect("H.264");
            }
            for bytes in tags {
                let _ = video(&mut reader, 0, bytes.clone().into());
                let _ = video(&mut reader, 0, tag(&[&[0x27, 1, 0, 0, 0], &bytes]));
                let _ = audio(&mut reader, bytes.into());
            }
        }
    }
}
