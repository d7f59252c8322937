//! H.264 out of RTP (RFC 6184, non-interleaved): packets in order become access units of length-prefixed NAL units, with
//! the parameter sets taken out into a decoder configuration record.

use bytes::{Bytes, BytesMut};

use crate::codec::{
    CodecError, VideoConfig,
    assembler::{Assembled, Assembler, MAX_UNIT_BYTES},
};

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
#[derive(Debug)]
pub struct Depacketizer {
    timestamp: Option<u32>,
    /// The NAL unit under way, of fragments.
    fragment: Option<BytesMut>,
    assembler: Assembler,
}

impl Default for Depacketizer {
    fn default() -> Self {
        Self::new()
    }
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
        Self { timestamp: None, fragment: None, assembler: Assembler::new() }
    }

    /// Packets are missing before the next one.
    pub fn lost(&mut self) {
        self.assembler.lost();
        self.fragment = None;
    }

    /// Takes the next packet. An error is a format that cannot be played.
    pub fn push(&mut self, timestamp: u32, marker: bool, payload: &[u8]) -> Result<Vec<Event>, CodecError> {
        let mut events = Vec::new();
        if self.timestamp.is_some_and(|before| before != timestamp) {
            // The marker is missing: what there is ends here, and may not be all of it.
            events.extend(self.finish()?);
        }
        self.timestamp = Some(timestamp);
        // Padding, for measuring the line, is empty.
        if self.payload(payload).is_none() && !payload.is_empty() {
            self.assembler.lost();
        }
        if marker {
            events.extend(self.finish()?);
        }
        Ok(events)
    }

    fn payload(&mut self, payload: &[u8]) -> Option<()> {
        let (&head, rest) = payload.split_first()?;
        if head & 0x1f != 28 && self.fragment.take().is_some() {
            self.assembler.lost();
        }
        match head & 0x1f {
            1..=23 => self.assembler.nal(payload),
            24 => {
                let mut rest = rest;
                while !rest.is_empty() {
                    let (size, after) = rest.split_first_chunk::<2>()?;
                    let (nal, after) = after.split_at_checked(u16::from_be_bytes(*size).into())?;
                    self.assembler.nal(nal)?;
                    rest = after;
                }
                Some(())
            }
            28 => {
                let (&fu, data) = rest.split_first()?;
                if fu & 0x80 != 0 {
                    if self.fragment.is_some() {
                        self.assembler.lost();
                    }
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
                    return self.assembler.nal(&whole);
                }
                Some(())
            }
            _ => None,
        }
    }

    /// Ends the picture under way.
    fn finish(&mut self) -> Result<Option<Event>, CodecError> {
        let Some(timestamp) = self.timestamp.take() else { return Ok(None) };
        if self.fragment.take().is_some() {
            self.assembler.lost();
        }
        Ok(self.assembler.finish()?.map(|assembled| match assembled {
            Assembled::Picture { key, data, config } => {
                Event::Picture(Picture { timestamp, key, data, config })
            }
            Assembled::Damaged => Event::Damaged,
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::h264::tests::RECORD_720P;

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
                    let config = depacketizer.assembler.config().expect("pictures have a format");
                    prop_assert_eq!(config.is_key(&picture.data), Some(picture.key));
                }
            }
        }
    }
}
