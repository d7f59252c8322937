//! H.264 as RTMP carries it: the decoder configuration record (ISO/IEC 14496-15, 5.3.3.1), the sequence parameter set
//! (ITU-T H.264, 7.3.2.1.1) as far as the picture size, and the NAL units of an access unit.

use bytes::Bytes;

use super::{CodecError, bits::Bits};

/// Largest side of a picture we take; 4096 is the largest that phones decode.
const MAX_SIDE: u32 = 4096;

/// The picture's format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoConfig {
    /// The decoder configuration record as it came.
    pub record: Bytes,
    /// RFC 6381, such as `avc1.64001f`.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames per 1000 s as the encoder declares them (VUI); 0 if it does not. Encoders with a variable rate may declare
    /// their clock instead.
    pub fps_milli: u32,
    /// Bytes of a NAL unit's length.
    nal_length: usize,
}

impl VideoConfig {
    /// Reads a decoder configuration record.
    pub fn parse(record: Bytes) -> Result<Self, CodecError> {
        let [1, profile, compatible, level, lengths, count, rest @ ..] = &record[..] else {
            return Err(CodecError::VideoDamaged);
        };
        let nal_length = usize::from(lengths & 3) + 1;
        if count.trailing_zeros() >= 5 || nal_length == 3 {
            return Err(CodecError::VideoDamaged);
        }
        let (size, rest) = rest.split_first_chunk::<2>().ok_or(CodecError::VideoDamaged)?;
        let sps = rest.get(..u16::from_be_bytes(*size).into()).ok_or(CodecError::VideoDamaged)?;
        let sps = Sps::parse(sps).ok_or(CodecError::VideoDamaged)?;
        if sps.chroma != 1 || sps.deep {
            return Err(CodecError::PixelFormat);
        }
        if !(16..=MAX_SIDE).contains(&sps.width) || !(16..=MAX_SIDE).contains(&sps.height) {
            return Err(CodecError::PictureSize { width: sps.width, height: sps.height });
        }
        let codec = format!("avc1.{profile:02x}{compatible:02x}{level:02x}");
        let Sps { width, height, fps_milli, .. } = sps;
        Ok(Self { record, codec, width, height, fps_milli, nal_length })
    }

    /// Whether a record says how long lengths are, and leaves the parameter sets to the pictures.
    pub(crate) fn is_empty_record(record: &[u8]) -> bool {
        // The upper three bits are reserved.
        matches!(record, [1, _, _, _, _, count, ..] if count % 32 == 0)
    }

    /// Bytes of a NAL unit's length.
    pub(crate) fn length_bytes(&self) -> usize {
        self.nal_length
    }

    /// The same for NAL units behind lengths of four bytes.
    pub(crate) fn with_long_lengths(self) -> Self {
        if self.nal_length == 4 {
            return self;
        }
        let mut record = self.record.to_vec();
        if let Some(lengths) = record.get_mut(4) {
            *lengths |= 3;
        }
        Self { record: record.into(), nal_length: 4, ..self }
    }

    /// The sequence and picture parameter sets of the record, in its order; what is damaged is left out.
    pub fn parameter_sets(&self) -> Vec<Bytes> {
        let mut sets = Vec::new();
        let mut at = 5;
        for mask in [0x1f, 0xff] {
            let Some(count) = self.record.get(at).map(|count| count & mask) else { break };
            at += 1;
            for _ in 0..count {
                let Some(size) = self.record.get(at..at + 2) else { return sets };
                let size = usize::from(u16::from_be_bytes([size[0], size[1]]));
                at += 2;
                if at + size > self.record.len() {
                    return sets;
                }
                sets.push(self.record.slice(at..at + size));
                at += size;
            }
        }
        sets
    }

    /// The NAL units of an access unit, not copied; ends where their lengths do not add up.
    pub fn nal_units(&self, data: &Bytes) -> impl Iterator<Item = Bytes> {
        let (mut rest, bytes) = (data.clone(), self.nal_length);
        std::iter::from_fn(move || {
            let length = rest.get(..bytes)?.iter().fold(0_usize, |n, byte| n << 8 | usize::from(*byte));
            if rest.len() < bytes + length {
                return None;
            }
            let nal = rest.slice(bytes..bytes + length);
            rest = rest.slice(bytes + length..);
            Some(nal)
        })
    }

    /// An access unit of these NAL units; `None` when one is longer than the record's lengths can say.
    pub(crate) fn unit(&self, nals: &[Vec<u8>]) -> Option<Bytes> {
        let mut out = Vec::with_capacity(nals.iter().map(|nal| nal.len() + 4).sum());
        for nal in nals {
            let length = u32::try_from(nal.len()).ok()?.to_be_bytes();
            let (unsaid, said) = length.split_at(4 - self.nal_length);
            if unsaid.iter().any(|byte| *byte > 0) {
                return None;
            }
            out.extend_from_slice(said);
            out.extend_from_slice(nal);
        }
        Some(out.into())
    }

    /// Whether the access unit can be decoded by itself; `None` when its NAL units do not add up.
    pub fn is_key(&self, data: &[u8]) -> Option<bool> {
        let mut rest = data;
        let mut key = false;
        let mut picture = false;
        while !rest.is_empty() {
            let (length, after) = rest.split_at_checked(self.nal_length)?;
            let length = length.iter().fold(0_usize, |n, byte| n << 8 | usize::from(*byte));
            let (nal, after) = after.split_at_checked(length)?;
            match nal.first().map(|byte| byte & 0x1f) {
                Some(5) => (key, picture) = (true, true),
                Some(1..=4) => picture = true,
                _ => {}
            }
            rest = after;
        }
        picture.then_some(key)
    }
}

struct Sps {
    width: u32,
    height: u32,
    chroma: u32,
    deep: bool,
    fps_milli: u32,
}

impl Sps {
    fn parse(nal: &[u8]) -> Option<Self> {
        let payload = unescape(nal.get(1..)?);
        let mut bits = Bits::new(&payload);
        let profile = bits.take(8)?;
        bits.take(16)?;
        bits.ue()?;
        let (mut chroma, mut deep) = (1, false);
        if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
            chroma = bits.ue()?;
            if chroma == 3 {
                bits.bit()?;
            }
            deep = bits.ue()? + bits.ue()? > 0;
            bits.bit()?;
            if bits.bit()? {
                for list in 0..if chroma == 3 { 12 } else { 8 } {
                    if bits.bit()? {
                        skip_scaling_list(&mut bits, if list < 6 { 16 } else { 64 })?;
                    }
                }
            }
        }
        bits.ue()?;
        match bits.ue()? {
            0 => {
                bits.ue()?;
            }
            1 => {
                bits.bit()?;
                bits.se()?;
                bits.se()?;
                let cycle = bits.ue()?;
                for _ in 0..cycle.min(256) {
                    bits.se()?;
                }
            }
            _ => {}
        }
        bits.ue()?;
        bits.bit()?;
        let across = bits.ue()?.checked_add(1)?;
        let down = bits.ue()?.checked_add(1)?;
        let frames_only = bits.bit()?;
        if !frames_only {
            bits.bit()?;
        }
        bits.bit()?;
        let fields = if frames_only { 1 } else { 2 };
        let (mut width, mut height) = (across.checked_mul(16)?, down.checked_mul(16 * fields)?);
        if bits.bit()? {
            let unit_x = if chroma == 1 || chroma == 2 { 2 } else { 1 };
            let unit_y = if chroma == 1 { 2 } else { 1 } * fields;
            let x = bits.ue()?.checked_add(bits.ue()?)?.checked_mul(unit_x)?;
            let y = bits.ue()?.checked_add(bits.ue()?)?.checked_mul(unit_y)?;
            (width, height) = (width.checked_sub(x)?, height.checked_sub(y)?);
        }
        // What follows is of use, but a lesson does not fail by it.
        let fps_milli = declared_rate(&mut bits).unwrap_or_default();
        Some(Self { width, height, chroma, deep, fps_milli })
    }
}

/// The frame rate of the VUI (ITU-T H.264, E.1.1), which begins here if there is one.
fn declared_rate(bits: &mut Bits<'_>) -> Option<u32> {
    const EXTENDED_SAR: u32 = 255;
    if !bits.bit()? {
        return None;
    }
    if bits.bit()? && bits.take(8)? == EXTENDED_SAR {
        bits.take(32)?;
    }
    if bits.bit()? {
        bits.bit()?;
    }
    if bits.bit()? {
        bits.take(4)?;
        if bits.bit()? {
            bits.take(24)?;
        }
    }
    if bits.bit()? {
        bits.ue()?;
        bits.ue()?;
    }
    if !bits.bit()? {
        return None;
    }
    let (units, scale) = (u64::from(bits.take(32)?), u64::from(bits.take(32)?));
    // A tick is a field: a frame has two.
    u32::try_from((scale * 1000).checked_div(units * 2)?).ok()
}

pub(crate) fn skip_scaling_list(bits: &mut Bits<'_>, size: usize) -> Option<()> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..size {
        if next != 0 {
            next = (last + i64::from(bits.se()?)).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// Without emulation prevention bytes.
pub(crate) fn unescape(nal: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for &byte in nal {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// x264, High@3.1, 1280×720.
    pub(crate) const RECORD_720P: &[u8] = &[
        1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 0x1a, 0x67, 0x64, 0, 0x1f, 0xac, 0xd9, 0x40, 0x50, 5, 0xbb, 1, 0x10,
        0, 0, 3, 0, 0x10, 0, 0, 3, 3, 0xc0, 0xf1, 0x83, 0x19, 0x60, 1, 0, 6, 0x68, 0xeb, 0xe3, 0xcb, 0x22,
        0xc0,
    ];

    /// x264, Constrained Baseline@1.2, 320×180.
    pub(crate) const RECORD_SMALL: &[u8] = &[
        1, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0, 0x17, 0x67, 0x42, 0xc0, 0x0c, 0xda, 5, 6, 0x7e, 0x7c, 4, 0x40, 0,
        0, 3, 0, 0x40, 0, 0, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 1, 0, 4, 0x68, 0xce, 0x0f, 0xc8,
    ];

    #[test]
    fn the_size_and_codec_of_a_real_record() {
        let config = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
        assert_eq!((config.width, config.height, config.codec.as_str()), (1280, 720, "avc1.64001f"));
        assert_eq!(config.fps_milli, 30_000);
    }

    #[test]
    fn key_frames_are_those_with_an_idr_slice() {
        let config = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
        assert_eq!(config.is_key(&[0, 0, 0, 1, 6, 0, 0, 0, 2, 0x65, 1]), Some(true));
        assert_eq!(config.is_key(&[0, 0, 0, 2, 0x41, 1]), Some(false));
        assert_eq!(config.is_key(&[0, 0, 0, 9, 0x65, 1]), None);
        assert_eq!(config.is_key(&[0, 0, 0, 1, 6]), None);
    }

    #[test]
    fn a_cut_record_is_refused() {
        for length in 0..30 {
            assert!(VideoConfig::parse(Bytes::from_static(&RECORD_720P[..length])).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            flips in proptest::collection::vec((0..RECORD_720P.len(), any::<u8>()), 1..6),
            data in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let mut record = RECORD_720P.to_vec();
            for (at, byte) in flips {
                record[at] = byte;
            }
            if let Ok(config) = VideoConfig::parse(record.into()) {
                let _ = config.is_key(&data);
            }
            let _ = VideoConfig::parse(data.into());
        }
    }
}
