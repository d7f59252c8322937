//! What of the parameter sets and slice headers of H.264 has to be known to write pictures between a publisher's
//! (ITU-T H.264, 7.3.2.1, 7.3.2.2, 7.3.3). What is not understood is `None`: then nothing is written.

use bytes::Bytes;

use crate::codec::{
    VideoConfig,
    bits::Bits,
    h264::{skip_scaling_list, unescape},
};

/// How pictures say where they lie in the order of display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By so many bits of a count (`pic_order_cnt_type` 0).
    Counted(u32),
    /// As they are decoded (2).
    AsDecoded,
}

/// A sequence parameter set of whole pictures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sequence {
    /// Bits of `frame_num`.
    pub(super) frame_num_bits: u32,
    pub(super) order: Order,
    /// Pictures that are kept to be referred to.
    pub(super) kept: u32,
    /// Macroblocks of a picture.
    pub(super) blocks: u32,
}

/// A picture parameter set.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags of the standard")]
pub(super) struct Picture {
    pub(super) id: u32,
    pub(super) cabac: bool,
    /// `bottom_field_pic_order_in_frame_present_flag`.
    pub(super) bottom_order: bool,
    pub(super) weighted: bool,
    /// `pic_init_qp_minus26`.
    pub(super) quantizer: i32,
    pub(super) deblocking: bool,
    pub(super) redundant: bool,
}

/// The parameter sets of a run.
#[derive(Debug, Clone)]
pub(super) struct Sets {
    pub(super) sequence: Sequence,
    pictures: Vec<Picture>,
}

/// The head of a slice, as far as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    pub(super) picture: Picture,
    pub(super) is_key: bool,
    /// Others may refer to it.
    pub(super) is_reference: bool,
    pub(super) frame_num: u32,
    pub(super) order: u32,
    /// `idr_pic_id`; 0 where there is none.
    pub(super) key_number: u32,
    /// Where it lies, bits from the end of the NAL unit's header; and behind it.
    pub(super) key_id: (usize, usize),
}

impl Sets {
    pub(super) fn of(config: &VideoConfig) -> Option<Self> {
        let (mut sequences, mut pictures) = (Vec::new(), Vec::new());
        for nal in config.parameter_sets() {
            let payload = unescape(nal.get(1..)?);
            let mut bits = Bits::new(&payload);
            match nal[0] & 0x1f {
                7 => sequences.push(sequence(&mut bits)?),
                8 => pictures.push(picture(&mut bits)?),
                _ => {}
            }
        }
        // Of more than one it would have to be known which counts.
        let [sequence] = sequences[..] else { return None };
        Some(Self { sequence, pictures })
    }

    /// Reads the head of a slice.
    pub(super) fn slice(&self, nal: &Bytes) -> Option<Slice> {
        let kind = nal.first()? & 0x1f;
        if kind != 1 && kind != 5 {
            return None;
        }
        // Heads take some bytes.
        let payload = unescape(nal.get(1..nal.len().min(64))?);
        let mut bits = Bits::new(&payload);
        bits.ue()?;
        bits.ue()?;
        let id = bits.ue()?;
        let picture = *self.pictures.iter().find(|set| set.id == id)?;
        let frame_num = bits.take(self.sequence.frame_num_bits)?;
        let from = bits.at();
        let key_number = if kind == 5 { bits.ue()? } else { 0 };
        let key_id = (from, bits.at());
        let order = match self.sequence.order {
            Order::Counted(count) => bits.take(count)?,
            Order::AsDecoded => 0,
        };
        let is_reference = nal.first()? & 0x60 != 0;
        Some(Slice { picture, is_key: kind == 5, is_reference, frame_num, order, key_number, key_id })
    }
}

fn sequence(bits: &mut Bits<'_>) -> Option<Sequence> {
    let profile = bits.take(8)?;
    bits.take(16)?;
    bits.ue()?;
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        if bits.ue()? != 1 {
            return None;
        }
        bits.ue()?;
        bits.ue()?;
        bits.bit()?;
        if bits.bit()? {
            for list in 0..8 {
                if bits.bit()? {
                    skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    let frame_num_bits = bits.ue()?.checked_add(4).filter(|count| *count <= 16)?;
    let order = match bits.ue()? {
        0 => Order::Counted(bits.ue()?.checked_add(4).filter(|count| *count <= 16)?),
        2 => Order::AsDecoded,
        _ => return None,
    };
    let kept = bits.ue()?;
    bits.bit()?;
    let across = bits.ue()?.checked_add(1)?;
    let down = bits.ue()?.checked_add(1)?;
    let blocks = across.checked_mul(down).filter(|blocks| *blocks <= 256 * 256)?;
    // Of two fields: their pictures have other heads.
    if !bits.bit()? {
        return None;
    }
    Some(Sequence { frame_num_bits, order, kept, blocks })
}

fn picture(bits: &mut Bits<'_>) -> Option<Picture> {
    let id = bits.ue()?;
    bits.ue()?;
    let cabac = bits.bit()?;
    let bottom_order = bits.bit()?;
    if bits.ue()? > 0 {
        return None; // slice groups
    }
    bits.ue()?;
    bits.ue()?;
    let weighted = bits.bit()?;
    bits.take(2)?;
    // pic_init_qp_minus26 (7.4.2.2)
    let quantizer = bits.se().filter(|quantizer| (-62..=25).contains(quantizer))?;
    bits.se()?;
    bits.se()?;
    let deblocking = bits.bit()?;
    bits.bit()?;
    let redundant = bits.bit()?;
    Some(Picture { id, cabac, bottom_order, weighted, quantizer, deblocking, redundant })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::h264::tests::RECORD_720P;

    #[test]
    fn what_a_real_record_says() {
        let config = VideoConfig::parse(Bytes::from_static(RECORD_720P)).expect("a real record");
        let sets = Sets::of(&config).expect("whole pictures");
        assert_eq!((sets.sequence.blocks, sets.sequence.order), (3_600, Order::Counted(6)));
        assert!(sets.pictures[0].cabac && sets.pictures[0].weighted);
    }
}
