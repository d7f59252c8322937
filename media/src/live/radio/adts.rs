//! Frames of AAC-LC with the header that lets a decoder begin anywhere (ISO/IEC 13818-7, 6.2).

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::{
    container::mp4::read,
    live::event::{Format, Init},
};

/// Sampling frequencies by their index (ISO/IEC 14496-3, table 1.18).
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
const HEADER_BYTES: usize = 7;
/// A frame's length has 13 bits.
const FRAME_BYTES: usize = (1 << 13) - 1;

/// How the headers of a rendition look; none: it is no AAC-LC that ADTS can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    rate: u8,
    channels: u8,
}

impl Shape {
    pub(super) fn of(format: &Format) -> Option<Self> {
        let Format::Audio { codec, rate, channels } = format else { return None };
        let rate = RATES.iter().position(|known| known == rate)?;
        let channels = u8::try_from(*channels).ok().filter(|channels| (1..=2).contains(channels))?;
        (codec == "mp4a.40.2").then_some(Self { rate: u8::try_from(rate).ok()?, channels })
    }

    fn header(self, frame: usize) -> Option<[u8; HEADER_BYTES]> {
        let whole =
            u16::try_from(frame + HEADER_BYTES).ok().filter(|whole| usize::from(*whole) <= FRAME_BYTES)?;
        let [high, low] = whole.to_be_bytes();
        Some([
            0xff,
            // MPEG-4, no checksum.
            0xf1,
            // AAC-LC, the rate, the first bit of the channels.
            0b0100_0000 | self.rate << 2 | self.channels >> 2,
            self.channels << 6 | high >> 3,
            high << 5 | low >> 3,
            // The buffer's fullness is not told: a variable rate.
            low << 5 | 0x1f,
            0xfc,
        ])
    }
}

/// The frames of a part; none if it does not add up.
pub(super) fn frames(part: &[u8], init: &Init) -> Option<Bytes> {
    let shape = Shape::of(&init.format)?;
    let chunks = read::segment(part, &read::init(&init.bytes).ok()?).ok()?;
    let mut out = BytesMut::with_capacity(part.len());
    for chunk in chunks {
        let mut rest = part.get(usize::try_from(chunk.offset).ok()?..)?;
        for sample in chunk.samples {
            let (frame, after) = rest.split_at_checked(sample.size as usize)?;
            out.put_slice(&shape.header(frame.len())?);
            out.put_slice(frame);
            rest = after;
        }
    }
    Some(out.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_what_follows() {
        let format = |codec: &str, rate, channels| Format::Audio { codec: codec.to_owned(), rate, channels };
        let shape = Shape::of(&format("mp4a.40.2", 48_000, 1)).expect("AAC-LC");
        // 48 kHz is the fourth, one channel, 7 + 100 bytes.
        assert_eq!(shape.header(100), Some([0xff, 0xf1, 0x4c, 0x40, 0x0d, 0x7f, 0xfc]));
        assert_eq!(shape.header(9_000), None);
        for other in
            [format("mp4a.40.5", 48_000, 1), format("opus", 48_000, 2), format("mp4a.40.2", 47_000, 1)]
        {
            assert_eq!(Shape::of(&other), None);
        }
    }
}
