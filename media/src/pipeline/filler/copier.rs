//! Pictures that stay: a copy of the last one, which nothing refers to, and a key frame once more.
//!
//! A copy is a slice of skipped macroblocks (ITU-T H.264, 7.3.4): some bytes, whatever the size of the picture. As it is no
//! reference the publisher's next picture finds everything as it was. What this cannot be done for is `None`.

use bytes::Bytes;

use super::{
    sets::{Order, Sets, Slice},
    skipped,
    writer::Writer,
};
use crate::codec::{VideoConfig, bits::Bits, h264::unescape};

/// `nal_unit_type` 1, no reference.
const COPY: u8 = 0x01;
/// `idr_pic_id` of what is repeated: it differs from that of the key frame before, whichever that is.
const AGAIN: [u32; 3] = [3, 4, 5];

/// Watches a run's pictures and writes such.
#[derive(Debug)]
pub(super) struct Copier {
    config: VideoConfig,
    sets: Option<Sets>,
    /// `frame_num` of the last reference.
    last: Option<u32>,
    /// The reference that is shown last, and when.
    shown: Option<(Slice, i64)>,
    /// When the last picture of all is shown.
    newest_us: i64,
    /// `idr_pic_id` of what was repeated last.
    again: u32,
}

impl Copier {
    pub(super) fn new(config: VideoConfig) -> Self {
        let sets = Sets::of(&config);
        Self { config, sets, last: None, shown: None, newest_us: i64::MIN, again: 0 }
    }

    /// The run has this picture, shown at `pts_us`.
    pub(super) fn saw(&mut self, unit: &Bytes, pts_us: i64) {
        let mut slices = self.config.nal_units(unit).filter(|nal| is_slice(nal));
        let slice = slices.next().zip(self.sets.as_ref()).and_then(|(nal, sets)| sets.slice(&nal));
        let Some(slice) = slice else {
            (self.last, self.shown) = (None, None);
            return;
        };
        if slice.is_key {
            (self.shown, self.newest_us) = (None, i64::MIN);
        }
        self.newest_us = self.newest_us.max(pts_us);
        if slice.is_reference {
            self.last = Some(slice.frame_num);
            if self.shown.is_none_or(|(_, at)| at <= pts_us) {
                self.shown = Some((slice, pts_us));
            }
        }
    }

    /// When the last picture is shown, of those since the last key frame.
    pub(super) fn newest_us(&self) -> i64 {
        self.newest_us
    }

    /// A copy of the picture that is shown last; `None` when it is no reference, or nothing is known of it.
    pub(super) fn copy(&self) -> Option<Bytes> {
        let sets = self.sets.as_ref()?;
        let (shown, _) = self.shown.filter(|(_, at)| *at >= self.newest_us)?;
        let sequence = sets.sequence;
        let most = 1_u32 << sequence.frame_num_bits;
        let number = (self.last? + 1) % most;
        // How many references ago it was.
        let behind = number.wrapping_sub(shown.frame_num) & (most - 1);
        if behind == 0 || behind > sequence.kept.max(1) {
            return None;
        }
        let picture = shown.picture;
        let mut out = Writer::default();
        out.ue(0); // from the first macroblock on
        out.ue(5); // all slices of the picture are P
        out.ue(picture.id);
        out.put(number, sequence.frame_num_bits);
        if let Order::Counted(count) = sequence.order {
            out.put((shown.order + 1) & ((1 << count) - 1), count);
            if picture.bottom_order {
                out.ue(0);
            }
        }
        if picture.redundant {
            out.ue(0);
        }
        out.bit(true);
        out.ue(0); // one reference
        out.bit(behind > 1);
        if behind > 1 {
            out.ue(0);
            out.ue(behind - 1);
            out.ue(3);
        }
        if picture.weighted {
            out.ue(0);
            out.ue(0);
            out.put(0, 2); // as it is
        }
        if picture.cabac {
            out.ue(0);
        }
        out.ue(0); // the quantizer of the set
        if picture.deblocking {
            out.ue(1); // none
        }
        if picture.cabac {
            out.align(true);
            skipped::put(sequence.blocks, 26 + picture.quantizer, &mut out);
        } else {
            out.ue(sequence.blocks);
            out.stop();
        }
        self.config.unit(&[out.into_nal(COPY)])
    }

    /// A key frame once more: its slices say that it is another one.
    pub(super) fn again(&mut self, unit: &Bytes) -> Bytes {
        let slice = |nal: Bytes| self.sets.as_ref()?.slice(&nal).filter(|slice| slice.is_key);
        let own = self.config.nal_units(unit).find_map(slice).map(|slice| slice.key_number);
        let other = |id: &u32| *id != self.again && Some(*id) != own;
        self.again = AGAIN.into_iter().find(other).unwrap_or_default();
        let id = self.again;
        let one = |nal: Bytes| match nal.first().map(|head| head & 0x1f) {
            Some(5) => self.sets.as_ref().and_then(|sets| renamed(&nal, sets, id)),
            _ => Some(nal.to_vec()),
        };
        let nals: Option<Vec<Vec<u8>>> = self.config.nal_units(unit).map(one).collect();
        nals.and_then(|nals| self.config.unit(&nals)).unwrap_or_else(|| unit.clone())
    }
}

/// Whether it is a slice of a whole, and of which kind.
fn is_slice(nal: &[u8]) -> bool {
    matches!(nal.first().map(|head| head & 0x1f), Some(1..=5))
}

/// Whether a key frame can be repeated: it resets the decoder (`nal_unit_type` 5), which not all that one can begin at do.
pub(super) fn resets(config: &VideoConfig, unit: &Bytes) -> bool {
    let mut slices = config.nal_units(unit).filter(|nal| is_slice(nal)).peekable();
    slices.peek().is_some() && slices.all(|nal| nal[0] & 0x1f == 5)
}

/// A slice of a key frame with another `idr_pic_id`.
fn renamed(nal: &Bytes, sets: &Sets, id: u32) -> Option<Vec<u8>> {
    let slice = sets.slice(nal)?;
    let payload = unescape(&nal[1..]);
    let mut bits = Bits::new(&payload);
    let mut out = Writer::default();
    let (from, to) = slice.key_id;
    while bits.at() < from {
        out.bit(bits.bit()?);
    }
    while bits.at() < to {
        bits.bit()?;
    }
    out.ue(id);
    if slice.picture.cabac {
        // What follows the head begins at a byte, behind ones.
        let end = head_end(&payload, to, sets, slice)?;
        while bits.at() < end {
            out.bit(bits.bit()?);
        }
        out.align(true);
        out.append(payload.get(end.div_ceil(8)..)?);
    } else {
        let last = payload.iter().rposition(|byte| *byte != 0)?;
        let stop = last * 8 + 7 - payload[last].trailing_zeros() as usize;
        while bits.at() < stop {
            out.bit(bits.bit()?);
        }
        out.stop();
    }
    Some(out.into_nal(nal[0]))
}

/// Where the head of a key frame's slice ends; `at` is behind its `idr_pic_id`.
fn head_end(payload: &[u8], at: usize, sets: &Sets, slice: Slice) -> Option<usize> {
    let mut bits = Bits::new(payload);
    while bits.at() < at {
        bits.bit()?;
    }
    if let Order::Counted(count) = sets.sequence.order {
        bits.take(count)?;
        if slice.picture.bottom_order {
            bits.se()?;
        }
    }
    if slice.picture.redundant {
        bits.ue()?;
    }
    bits.take(2)?;
    bits.se()?;
    if slice.picture.deblocking && bits.ue()? != 1 {
        bits.se()?;
        bits.se()?;
    }
    Some(bits.at())
}

#[cfg(test)]
#[path = "copier_tests.rs"]
pub(super) mod tests;
