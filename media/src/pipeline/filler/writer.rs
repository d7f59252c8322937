//! Writes bits: fixed width and Exp-Golomb (ITU-T H.264, 9.1), and NAL units around them (7.3.1).

/// What was written so far.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    /// Bits of the last byte that are written; 0: it is full, or there is none.
    used: u8,
}

impl Writer {
    pub(super) fn bit(&mut self, bit: bool) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.used);
        }
        self.used = (self.used + 1) % 8;
    }

    /// The lower `count` ≤ 32 bits.
    pub(super) fn put(&mut self, value: u32, count: u32) {
        (0..count).rev().for_each(|at| self.bit(value >> at & 1 == 1));
    }

    /// An unsigned Exp-Golomb number.
    pub(super) fn ue(&mut self, value: u32) {
        let coded = u64::from(value) + 1;
        let bits = 64 - coded.leading_zeros();
        self.put(0, bits - 1);
        (0..bits).rev().for_each(|at| self.bit(coded >> at & 1 == 1));
    }

    /// Fills the last byte with these bits.
    pub(super) fn align(&mut self, bit: bool) {
        while self.used > 0 {
            self.bit(bit);
        }
    }

    /// A stop bit, and the byte filled with zeros.
    pub(super) fn stop(&mut self) {
        self.bit(true);
        self.align(false);
    }

    /// Whole bytes, behind whole bytes.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        debug_assert_eq!(self.used, 0, "aligned before");
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A NAL unit with this header, with emulation prevention bytes.
    pub(super) fn into_nal(self, header: u8) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len() + 8);
        out.push(header);
        let mut zeros = 0;
        for byte in self.bytes {
            if zeros >= 2 && byte <= 3 {
                out.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            out.push(byte);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::{bits::Bits, h264::unescape};

    proptest! {
        #[test]
        fn what_is_written_is_read(numbers in proptest::collection::vec((any::<u16>(), 0..3_u8), 0..60)) {
            let mut writer = Writer::default();
            for (number, how) in &numbers {
                match how {
                    0 => writer.ue((*number).into()),
                    1 => writer.put((*number).into(), 16),
                    _ => writer.put(0, 24),
                }
            }
            writer.stop();
            let nal = writer.into_nal(0x65);
            // Only the byte that prevents it may follow two zeros, and what cannot be taken for a start code (7.4.1).
            prop_assert!(nal.windows(3).all(|three| three[..2] != [0, 0] || three[2] >= 3), "{nal:?}");
            let bytes = unescape(&nal[1..]);
            let mut bits = Bits::new(&bytes);
            for (number, how) in numbers {
                let number = u32::from(number);
                match how {
                    0 => prop_assert_eq!(bits.ue(), Some(number)),
                    1 => prop_assert_eq!(bits.take(16), Some(number)),
                    _ => prop_assert_eq!(bits.take(24), Some(0)),
                }
            }
            prop_assert_eq!(bits.bit(), Some(true));
        }
    }
}
