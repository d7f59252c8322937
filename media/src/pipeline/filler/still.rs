//! The picture of a lesson that has none yet: grey, 640 × 360, of a profile that everything plays (Constrained Baseline).

use bytes::Bytes;

use super::writer::Writer;
use crate::{
    codec::VideoConfig,
    unit::{Frame, Track},
};

const WIDTH_BLOCKS: u32 = 40;
const HEIGHT_BLOCKS: u32 = 23;
/// Of the last row 8 lines are cut off, told in twos.
const CROP: u32 = 4;
/// Constrained Baseline at level 3.
const PROFILE: [u8; 3] = [66, 0xc0, 30];
/// A macroblock of 16 × 16 that is what its neighbours are, and without any grey: `mb_type` 3 (00100), the same of its
/// colours (1), no other quantizer (1), no coefficients (1).
const BLOCK: u8 = 0b0010_0111;

/// Its format.
pub(super) fn config() -> Option<VideoConfig> {
    let (sequence, picture) = (sequence(), picture());
    let mut record = vec![1, PROFILE[0], PROFILE[1], PROFILE[2], 0xff, 0xe1];
    for (at, set) in [&sequence, &picture].into_iter().enumerate() {
        if at > 0 {
            record.push(1);
        }
        record.extend_from_slice(&u16::try_from(set.len()).ok()?.to_be_bytes());
        record.extend_from_slice(set);
    }
    VideoConfig::parse(record.into()).ok()
}

/// The picture, a key frame.
pub(super) fn frame(config: &VideoConfig) -> Option<Frame> {
    let mut out = Writer::default();
    out.ue(0); // from the first macroblock on
    out.ue(7); // all slices of the picture are I
    out.ue(0);
    out.put(0, 4); // frame_num
    out.ue(0); // idr_pic_id
    out.put(0, 2);
    out.ue(0); // the quantizer of the set
    out.ue(1); // no deblocking
    (0..WIDTH_BLOCKS * HEIGHT_BLOCKS).for_each(|_| out.put(BLOCK.into(), 8));
    out.stop();
    let data: Bytes = config.unit(&[out.into_nal(0x65)])?;
    Some(Frame { track: Track::Video, dts_ms: 0, cts_ms: 0, key: true, data })
}

fn sequence() -> Vec<u8> {
    let mut out = Writer::default();
    for byte in PROFILE {
        out.put(byte.into(), 8);
    }
    out.ue(0);
    out.ue(0); // 4 bits of frame_num
    out.ue(2); // shown as decoded
    out.ue(1); // one reference
    out.bit(false);
    out.ue(WIDTH_BLOCKS - 1);
    out.ue(HEIGHT_BLOCKS - 1);
    out.bit(true); // whole pictures
    out.bit(true);
    out.bit(true);
    for side in [0, 0, 0, CROP] {
        out.ue(side);
    }
    out.bit(false);
    out.stop();
    out.into_nal(0x67)
}

fn picture() -> Vec<u8> {
    let mut out = Writer::default();
    out.ue(0);
    out.ue(0);
    out.put(0, 2); // CAVLC, no order of fields
    for slice_groups_and_references in [0, 0, 0] {
        out.ue(slice_groups_and_references);
    }
    out.put(0, 3); // no weights
    for quantizer in [0, 0, 0] {
        out.ue(quantizer);
    }
    out.put(0b100, 3); // deblocking can be switched off
    out.stop();
    out.into_nal(0x68)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::filler::copier::{Copier, tests::decoded};

    #[test]
    fn it_is_grey_and_so_are_its_copies() {
        let config = config().expect("a record");
        assert_eq!((config.width, config.height, config.codec.as_str()), (640, 360, "avc1.42c01e"));
        let still = frame(&config).expect("a frame");
        assert!(still.data.len() < 1_000, "{}", still.data.len());
        let mut copier = Copier::new(config.clone());
        let mut units = vec![still.data.clone()];
        copier.saw(&still.data, 0);
        units.extend([copier.copy().expect("a copy"), copier.copy().expect("a copy")]);
        units.push(copier.again(&still.data));
        copier.saw(&units[3], 1);
        units.push(copier.copy().expect("a copy"));
        let pictures = decoded(&config, &units);
        assert_eq!(pictures.len(), 5);
        for picture in pictures {
            assert_eq!(picture.len(), 640 * 360 * 3 / 2);
            assert!(picture.iter().all(|sample| *sample == 128));
        }
    }
}
