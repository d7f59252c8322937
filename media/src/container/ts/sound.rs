//! AAC in ADTS framing (ISO/IEC 13818-7, 6.2): frames with their times, and the format they say.

use bytes::{Buf as _, Bytes, BytesMut};

use crate::{codec::AudioConfig, container::ContainerError};

const HEADER: usize = 7;
/// Largest ADTS frame: 13 bits say its length.
const MAX_FRAME: usize = 1 << 13;

/// A frame of sound, or its format.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sound {
    Config(AudioConfig),
    /// Presentation time in 90 kHz, and the raw frame.
    Frame(i64, Bytes),
}

/// Cuts frames out of PES packets.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The beginning of a frame whose end is in the next PES packet.
    rest: BytesMut,
    config: Option<AudioConfig>,
    /// The last given time, and how many frames have come since.
    since: Option<(i64, i64)>,
}

impl Frames {
    /// Sound is missing before the next packet.
    pub(super) fn lost(&mut self) {
        self.rest.clear();
    }

    /// Takes a PES packet; `pts` is the time of the first frame that begins in it, 90 kHz. False: something in it is no ADTS.
    pub(super) fn push(
        &mut self,
        pts: Option<i64>,
        data: &[u8],
        sounds: &mut Vec<Sound>,
    ) -> Result<bool, ContainerError> {
        let mut carried = self.rest.len();
        let mut pts = pts;
        self.rest.extend_from_slice(data);
        while self.rest.len() >= HEADER {
            let Some(header) = Header::read(&self.rest) else {
                self.rest.clear();
                return Ok(false);
            };
            if self.rest.len() < header.frame {
                break;
            }
            if carried == 0
                && let Some(given) = pts.take()
            {
                self.since = Some((given, 0));
            }
            carried = carried.saturating_sub(header.frame);
            let mut frame = self.rest.split_to(header.frame).freeze();
            frame.advance(header.size);
            if self.config.as_ref().is_none_or(|config| config.record[..] != header.record) {
                let config = AudioConfig::parse(Bytes::copy_from_slice(&header.record))?;
                self.config = Some(config.clone());
                sounds.push(Sound::Config(config));
            }
            let (Some((given, frames)), Some(config)) = (&mut self.since, &self.config) else { continue };
            let at = *given + *frames * i64::from(config.frame_samples) * 90_000 / i64::from(config.rate);
            *frames += 1;
            sounds.push(Sound::Frame(at, frame));
        }
        debug_assert!(self.rest.len() < MAX_FRAME, "less than a frame is left");
        Ok(true)
    }
}

struct Header {
    /// Of the header, with its checksum if it has one.
    size: usize,
    /// Of the whole frame.
    frame: usize,
    /// The format as an `AudioSpecificConfig`.
    record: [u8; 2],
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let b = bytes.first_chunk::<HEADER>()?;
        let size = if b[1] & 1 == 0 { HEADER + 2 } else { HEADER };
        let frame = usize::from(b[3] & 3) << 11 | usize::from(b[4]) << 3 | usize::from(b[5] >> 5);
        // With several raw blocks in it, their borders are in the checksum fields.
        let (sync, blocks) = (b[0] == 0xff && b[1] & 0xf6 == 0xf0, (b[6] & 3) + 1);
        let whole = sync && blocks == 1 && frame > size;
        let (object, rate, channels) = ((b[2] >> 6) + 1, b[2] >> 2 & 0x0f, (b[2] & 1) << 2 | b[3] >> 6);
        let record = [object << 3 | rate >> 1, (rate & 1) << 7 | channels << 3];
        whole.then_some(Self { size, frame, record })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An ADTS frame of AAC-LC, 48 kHz, stereo.
    pub(in super::super) fn adts(payload: &[u8]) -> Vec<u8> {
        let length = payload.len() + HEADER;
        let byte = |value: usize| u8::try_from(value & 0xff).expect("masked");
        let head =
            [0xff, 0xf1, 0x4c, 0x80 | byte(length >> 11), byte(length >> 3), byte(length << 5) | 0x1f, 0xfc];
        [&head[..], payload].concat()
    }

    fn times(sounds: &[Sound]) -> Vec<i64> {
        let time = |sound: &Sound| if let Sound::Frame(at, _) = sound { Some(*at) } else { None };
        sounds.iter().filter_map(time).collect()
    }

    #[test]
    fn frames_of_one_packet_follow_each_other_and_the_format_comes_once() {
        let (mut frames, mut sounds) = (Frames::default(), Vec::new());
        let data = [adts(&[1, 2]), adts(&[3])].concat();
        assert_eq!(frames.push(Some(9000), &data, &mut sounds), Ok(true));
        assert_eq!(frames.push(None, &adts(&[4]), &mut sounds), Ok(true));
        let Sound::Config(config) = &sounds[0] else { panic!("the format first") };
        assert_eq!((config.rate, config.channels, config.codec.as_str()), (48_000, 2, "mp4a.40.2"));
        assert_eq!(sounds[1], Sound::Frame(9000, Bytes::from_static(&[1, 2])));
        assert_eq!(times(&sounds), [9000, 10_920, 12_840]);
    }

    #[test]
    fn a_frame_over_two_packets_keeps_its_time() {
        let (mut frames, mut sounds) = (Frames::default(), Vec::new());
        let data = [adts(&[1]), adts(&[2; 20]), adts(&[3])].concat();
        frames.push(Some(0), &data[..15], &mut sounds).expect("playable");
        frames.push(Some(4000), &data[15..], &mut sounds).expect("playable");
        assert_eq!(times(&sounds), [0, 1920, 4000]);
    }

    #[test]
    fn sound_without_a_time_waits_for_one_and_junk_is_told() {
        let (mut frames, mut sounds) = (Frames::default(), Vec::new());
        frames.push(None, &adts(&[1]), &mut sounds).expect("playable");
        assert!(times(&sounds).is_empty());
        assert_eq!(frames.push(Some(7), &[9; 50], &mut sounds), Ok(false));
        frames.push(Some(8), &adts(&[1]), &mut sounds).expect("playable");
        assert_eq!(times(&sounds), [8]);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(packets in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..40), 0..10), good in any::<bool>()) {
            let (mut frames, mut sounds) = (Frames::default(), Vec::new());
            for packet in packets {
                let data = if good { adts(&packet) } else { [&[0xff, 0xf1][..], &packet].concat() };
                if frames.push(Some(1), &data, &mut sounds).is_err() {
                    break;
                }
            }
        }
    }
}
