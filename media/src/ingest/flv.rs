//! The body of RTMP's audio and video messages: FLV tags, legacy (Adobe FLV 10.1, annex E) and enhanced
//! (Enhanced RTMP v2). H.264 and AAC go through, everything else is refused by name.

use bytes::{Buf as _, Bytes};

use super::{AudioConfig, Frame, Refusal, Track, Unit, VideoConfig};

/// Reads tags; remembers the format that stands before the frames.
#[derive(Debug, Default)]
pub struct TagReader {
    video: Option<VideoConfig>,
    audio: Option<AudioConfig>,
    damaged: u64,
}

impl TagReader {
    /// Frames that were dropped because they did not add up.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Reads a video message. `None`: nothing to play in it.
    pub fn video(&mut self, dts_ms: u32, mut tag: Bytes) -> Result<Option<Unit>, Refusal> {
        let Some(&head) = tag.first() else { return Ok(None) };
        tag.advance(1);
        let frame_type = head >> 4 & 7;
        if frame_type == 5 {
            return Ok(None); // an info or command frame
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
                _ => return Ok(None),
            }
        } else {
            let Some(kind) = packet_kind(head & 0x0f, &mut tag) else { return Ok(None) };
            if kind == 6 {
                return Err(Refusal::media("several video tracks in one stream: send one"));
            }
            let Some(code) = four_cc(&mut tag) else { return Ok(None) };
            if &code != b"avc1" {
                return Err(not_playable(&format!("{} video", codec_name(code)), "H.264"));
            }
            match kind {
                0 => (true, false),
                1 => (false, true),
                3 => (false, false),
                _ => return Ok(None),
            }
        };
        let mut cts_ms = 0;
        if composition {
            let Some((bytes, _)) = tag.split_first_chunk::<3>() else { return Ok(None) };
            cts_ms = i32::from_be_bytes([bytes[0], bytes[1], bytes[2], 0]) >> 8;
            tag.advance(3);
        }
        if sequence_start {
            let config = VideoConfig::parse(tag)?;
            self.video = Some(config.clone());
            return Ok(Some(Unit::VideoConfig(config)));
        }
        let Some(config) = &self.video else { return Ok(None) };
        let Some(key) = config.is_key(&tag) else {
            self.damaged += u64::from(!tag.is_empty());
            return Ok(None);
        };
        Ok(Some(Unit::Frame(Frame { track: Track::Video, dts_ms, cts_ms, key, data: tag })))
    }

    /// Reads an audio message. `None`: nothing to play in it.
    pub fn audio(&mut self, dts_ms: u32, mut tag: Bytes) -> Result<Option<Unit>, Refusal> {
        let Some(&head) = tag.first() else { return Ok(None) };
        tag.advance(1);
        let sequence_start = match head >> 4 {
            10 => match tag.try_get_u8() {
                Ok(0) => true,
                Ok(1) => false,
                _ => return Ok(None),
            },
            9 => {
                let Some(kind) = packet_kind(head & 0x0f, &mut tag) else { return Ok(None) };
                if kind == 5 {
                    return Err(Refusal::media("several audio tracks in one stream: send one"));
                }
                let Some(code) = four_cc(&mut tag) else { return Ok(None) };
                if &code != b"mp4a" {
                    return Err(not_playable(&format!("{} audio", codec_name(code)), "AAC"));
                }
                match kind {
                    0 => true,
                    1 => false,
                    _ => return Ok(None),
                }
            }
            2 | 14 => return Err(not_playable("MP3 audio", "AAC")),
            11 => return Err(not_playable("Speex audio", "AAC")),
            0 | 3 => return Err(not_playable("PCM audio", "AAC")),
            id => return Err(not_playable(&format!("audio codec {id}"), "AAC")),
        };
        if sequence_start {
            if tag.is_empty() {
                return Ok(None);
            }
            let config = AudioConfig::parse(tag)?;
            self.audio = Some(config.clone());
            return Ok(Some(Unit::AudioConfig(config)));
        }
        if self.audio.is_none() || tag.is_empty() {
            return Ok(None);
        }
        Ok(Some(Unit::Frame(Frame { track: Track::Audio, dts_ms, cts_ms: 0, key: true, data: tag })))
    }
}

fn not_playable(what: &str, instead: &str) -> Refusal {
    Refusal::media(format!("{what} cannot be played in lessons: set the encoder to {instead}"))
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
    use crate::ingest::avc::tests::RECORD_720P;

    fn tag(parts: &[&[u8]]) -> Bytes {
        parts.concat().into()
    }

    #[test]
    fn legacy_and_enhanced_h264_give_the_same_frames() {
        let nal = [0, 0, 0, 2, 0x65, 1];
        let mut legacy = TagReader::default();
        legacy.video(0, tag(&[&[0x17, 0, 0, 0, 0], RECORD_720P])).expect("H.264");
        let old = legacy.video(40, tag(&[&[0x17, 1, 0, 0, 80], &nal])).expect("H.264");
        let mut enhanced = TagReader::default();
        enhanced.video(0, tag(&[&[0x90], b"avc1", RECORD_720P])).expect("H.264");
        let new = enhanced.video(40, tag(&[&[0x91], b"avc1", &[0, 0, 80], &nal])).expect("H.264");
        let data = Bytes::copy_from_slice(&nal);
        let frame = Frame { track: Track::Video, dts_ms: 40, cts_ms: 80, key: true, data };
        assert_eq!((old, new), (Some(Unit::Frame(frame.clone())), Some(Unit::Frame(frame))));
    }

    #[test]
    fn other_codecs_are_refused_by_name() {
        let mut reader = TagReader::default();
        let refused = |result: Result<Option<Unit>, Refusal>| result.expect_err("not playable").reason;
        assert!(refused(reader.video(0, tag(&[&[0x90], b"hvc1", &[0; 20]]))).contains("HEVC"));
        assert!(refused(reader.video(0, tag(&[&[0x1c, 0, 0, 0, 0]]))).contains("HEVC"));
        assert!(refused(reader.video(0, tag(&[&[0x14, 0]]))).contains("VP6"));
        assert!(refused(reader.audio(0, tag(&[&[0x2f, 0]]))).contains("MP3"));
        assert!(refused(reader.audio(0, tag(&[&[0x90], b"Opus", b"OpusHead"]))).contains("Opus"));
    }

    #[test]
    fn negative_composition_times_and_damaged_frames() {
        let mut reader = TagReader::default();
        reader.video(0, tag(&[&[0x17, 0, 0, 0, 0], RECORD_720P])).expect("H.264");
        let unit = reader.video(9, tag(&[&[0x27, 1, 0xff, 0xff, 0xf6], &[0, 0, 0, 2, 0x41, 1]]));
        let Ok(Some(Unit::Frame(frame))) = unit else { panic!("a frame") };
        assert_eq!((frame.cts_ms, frame.key), (-10, false));
        assert_eq!(reader.video(9, tag(&[&[0x27, 1, 0, 0, 0], &[9, 9, 9, 9, 9]])), Ok(None));
        assert_eq!(reader.damaged(), 1);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = TagReader::default();
            let _ = reader.video(0, bytes.clone().into());
            let _ = reader.audio(0, bytes.into());
        }
    }
}
