//! H.264 out of RTP (RFC 6184, non-interleaved): packets in order become access units of length-prefixed NAL units, with
//! the parameter sets taken out into a decoder configuration record.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::ingest::{Refusal, VideoConfig, entry::recovery, sets::ParameterSets};

/// Largest access unit; a key frame of 4096 × 4096 has less.
const MAX_UNIT_BYTES: usize = 4 << 20;

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// RTP time, as it came.
    pub timestamp: u32,
    /// An IDR picture.
    pub key: bool,
    /// Length-prefixed NAL units.
    pub data: Bytes,
    /// The format, when it is new.
    pub config: Option<VideoConfig>,
}

/// What a packet led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole picture.
    Picture(Picture),
    /// A picture that is not whole, or cannot be decoded because of an earlier one: a key frame is needed.
    Damaged,
}

/// Puts pictures together.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is known of the picture under way, not states of a machine"
)]
pub struct Depacketizer {
    timestamp: Option<u32>,
    /// The NAL units of the picture under way.
    unit: BytesMut,
    /// The NAL unit under way, of fragments.
    fragment: Option<BytesMut>,
    key: bool,
    /// It has a recovery point: what follows can be decoded, now or soon.
    recovers: bool,
    picture: bool,
    damaged: bool,
    /// Something is missing: pictures cannot be decoded until the next key frame.
    broken: bool,
    sets: ParameterSets,
    config: Option<VideoConfig>,
}

/// Whether this packet is the beginning of a key frame, or of what stands before one.
pub fn begins_key(payload: &[u8]) -> bool {
    let nal = |head: Option<&u8>| head.is_some_and(|head| matches!(head & 0x1f, 5 | 7));
    match payload.first().map(|head| head & 0x1f) {
        Some(24) => nal(payload.get(3)),
        Some(28) => payload.get(1).is_some_and(|fu| fu & 0x80 != 0) && nal(payload.get(1)),
        _ => nal(payload.first()),
    }
}

impl Depacketizer {
    /// Starts; nothing can be decoded before the first key frame.
    pub fn new() -> Self {
        Self { broken: true, ..Self::default() }
    }

    /// Packets are missing before the next one.
    pub fn lost(&mut self) {
        self.damaged = true;
        self.fragment = None;
    }

    /// The last pictures went nowhere: the next one that counts is a key frame, with its format.
    pub fn again(&mut self) {
        (self.broken, self.config) = (true, None);
    }

    /// Takes the next packet. An error is a format that cannot be played.
    pub fn push(&mut self, timestamp: u32, marker: bool, payload: &[u8]) -> Result<Vec<Event>, Refusal> {
        let mut events = Vec::new();
        if self.timestamp.is_some_and(|before| before != timestamp) {
            // The marker is missing: what there is ends here, and may not be all of it.
            events.extend(self.finish()?);
        }
        self.timestamp = Some(timestamp);
        if self.payload(payload).is_none() {
            self.damaged |= !payload.is_empty(); // padding, for measuring the line, is empty
        }
        if marker {
            events.extend(self.finish()?);
        }
        Ok(events)
    }

    fn payload(&mut self, payload: &[u8]) -> Option<()> {
        let (&head, rest) = payload.split_first()?;
        if head & 0x1f != 28 && self.fragment.take().is_some() {
            self.damaged = true;
        }
        match head & 0x1f {
            1..=23 => self.nal(payload),
            24 => {
                let mut rest = rest;
                while !rest.is_empty() {
                    let (size, after) = rest.split_first_chunk::<2>()?;
                    let (nal, after) = after.split_at_checked(u16::from_be_bytes(*size).into())?;
                    self.nal(nal)?;
                    rest = after;
                }
                Some(())
            }
            28 => {
                let (&fu, data) = rest.split_first()?;
                if fu & 0x80 != 0 {
                    self.damaged |= self.fragment.is_some();
                    self.fragment = Some(BytesMut::from(&[head & 0xe0 | fu & 0x1f][..]));
                }
                let fragment = self.fragment.as_mut()?;
                if fragment.len() + data.len() > MAX_UNIT_BYTES {
                    self.fragment = None;
                    return None;
                }
                fragment.extend_from_slice(data);
                if fu & 0x40 != 0 {
                    let whole = self.fragment.take()?;
                    return self.nal(&whole);
                }
                Some(())
            }
            _ => None,
        }
    }

    fn nal(&mut self, nal: &[u8]) -> Option<()> {
        if self.sets.take(nal)? {
            return Some(());
        }
        match nal.first()? & 0x1f {
            9..=12 => return Some(()), // delimiters, ends and filling carry nothing
            5 => (self.key, self.picture) = (true, true),
            1..=4 => self.picture = true,
            6 => self.recovers |= recovery(nal).is_some(),
            _ => {}
        }
        if self.unit.len() + nal.len() + 4 > MAX_UNIT_BYTES {
            return None;
        }
        self.unit.put_u32(u32::try_from(nal.len()).ok()?);
        self.unit.extend_from_slice(nal);
        Some(())
    }

    /// Ends the picture under way.
    fn finish(&mut self) -> Result<Option<Event>, Refusal> {
        let Some(timestamp) = self.timestamp.take() else { return Ok(None) };
        let data = self.unit.split().freeze();
        let (key, picture) = (self.key, self.picture);
        let starts = key || std::mem::take(&mut self.recovers);
        let damaged = self.damaged || self.fragment.take().is_some();
        (self.key, self.picture, self.damaged) = (false, false, false);
        if damaged {
            self.broken = true;
            return Ok(Some(Event::Damaged));
        }
        if !picture {
            return Ok(None);
        }
        if self.broken && !starts {
            return Ok(Some(Event::Damaged));
        }
        let mut config = None;
        if starts && (self.sets.is_stale() || self.config.is_none()) {
            let Some(record) = self.sets.record() else {
                self.broken = true;
                return Ok(Some(Event::Damaged)); // a key frame without its parameter sets
            };
            let parsed = VideoConfig::parse(record)?;
            self.sets.settle();
            if self.config.as_ref() != Some(&parsed) {
                self.config = Some(parsed.clone());
                config = Some(parsed);
            }
        }
        self.broken = false;
        Ok(Some(Event::Picture(Picture { timestamp, key, data, config })))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ingest::avc::tests::RECORD_720P;

    fn sps() -> &'static [u8] {
        &RECORD_720P[8..8 + 25]
    }

    fn pps() -> &'static [u8] {
        &RECORD_720P[RECORD_720P.len() - 6..]
    }

    /// SPS and PPS in one packet.
    fn sets() -> Vec<u8> {
        [&[0x18, 0, 25][..], sps(), &[0, 6], pps()].concat()
    }

    fn pictures(events: Vec<Event>) -> Vec<Picture> {
        events
            .into_iter()
            .filter_map(|event| match event {
                Event::Picture(picture) => Some(picture),
                Event::Damaged => None,
            })
            .collect()
    }

    #[test]
    fn parameter_sets_and_a_fragmented_key_frame_become_a_picture_with_its_format() {
        let mut depacketizer = Depacketizer::new();
        assert_eq!(depacketizer.push(7, false, &sets()), Ok(vec![]));
        assert_eq!(depacketizer.push(7, false, &[0x7c, 0x85, 1, 2]), Ok(vec![]));
        let events = depacketizer.push(7, true, &[0x7c, 0x45, 3]).expect("playable");
        let [picture] = &pictures(events)[..] else { panic!("one picture") };
        assert!(picture.key);
        assert_eq!(&picture.data[..], [0, 0, 0, 4, 0x65, 1, 2, 3]);
        let config = picture.config.as_ref().expect("the first one has it");
        assert_eq!((config.width, config.height, config.codec.as_str()), (1280, 720, "avc1.64001f"));
        let again = pictures(depacketizer.push(8, true, &[0x41, 9]).expect("playable"));
        assert_eq!((again.len(), again[0].key, again[0].config.clone()), (1, false, None));
    }

    #[test]
    fn a_key_frame_is_seen_by_its_first_packet() {
        assert!(
            begins_key(&sets())
                && begins_key(sps())
                && begins_key(&[0x65, 1])
                && begins_key(&[0x7c, 0x85, 1])
        );
        for other in [&[][..], &[0x7c, 0x45, 3], &[0x7c], &[0x41, 1], &[0x7c, 0x81, 1], &[0x18, 0, 6], pps()]
        {
            assert!(!begins_key(other), "{other:?}");
        }
    }

    #[test]
    fn after_a_loss_pictures_are_damaged_until_the_next_key_frame() {
        let mut depacketizer = Depacketizer::new();
        depacketizer.push(1, false, &sets()).expect("playable");
        depacketizer.push(1, true, &[0x65, 1]).expect("playable");
        depacketizer.lost();
        assert_eq!(depacketizer.push(2, true, &[0x41, 1]), Ok(vec![Event::Damaged]));
        assert_eq!(depacketizer.push(3, true, &[0x41, 1]), Ok(vec![Event::Damaged]));
        assert_eq!(pictures(depacketizer.push(4, true, &[0x65, 1]).expect("playable")).len(), 1);
    }

    #[test]
    fn nothing_is_shown_before_the_first_key_frame_nor_without_parameter_sets() {
        let mut depacketizer = Depacketizer::new();
        assert_eq!(depacketizer.push(1, true, &[0x41, 1]), Ok(vec![Event::Damaged]));
        assert_eq!(depacketizer.push(2, true, &[0x65, 1]), Ok(vec![Event::Damaged]));
    }

    #[test]
    fn a_missing_marker_ends_the_picture_at_the_next_time() {
        let mut depacketizer = Depacketizer::new();
        depacketizer.push(1, false, &sets()).expect("playable");
        depacketizer.push(1, false, &[0x65, 1]).expect("playable");
        let events = depacketizer.push(2, true, &[0x41, 1]).expect("playable");
        assert_eq!(pictures(events).len(), 2);
    }

    #[test]
    fn padding_is_nothing() {
        let mut depacketizer = Depacketizer::new();
        depacketizer.push(1, false, &sets()).expect("playable");
        depacketizer.push(1, false, &[]).expect("playable");
        assert_eq!(pictures(depacketizer.push(1, true, &[0x65, 1]).expect("playable")).len(), 1);
    }

    proptest! {
        #[test]
        fn garbage_never_panics_and_never_adds_up_wrongly(
            packets in proptest::collection::vec(
                (0_u32..3, any::<bool>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..40),
        ) {
            let mut depacketizer = Depacketizer::new();
            let _ = depacketizer.push(0, true, &sets());
            for (timestamp, marker, payload) in packets {
                let Ok(events) = depacketizer.push(timestamp, marker, &payload) else { break };
                for picture in pictures(events) {
                    let config = depacketizer.config.as_ref().expect("pictures have a format");
                    prop_assert_eq!(config.is_key(&picture.data), Some(picture.key));
                }
            }
        }
    }
}
