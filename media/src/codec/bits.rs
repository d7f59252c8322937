//! Reads bits of headers: fixed width and Exp-Golomb (ITU-T H.264, 9.1). Reading past the end is `None`, never a panic.

/// A reader over some bytes.
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn bit(&mut self) -> Option<bool> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// Bits read so far.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// `count` ≤ 32 bits.
    pub(crate) fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0_u32, |value, _| Some(value << 1 | u32::from(self.bit()?)))
    }

    /// An unsigned Exp-Golomb number.
    pub(crate) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// A signed Exp-Golomb number.
    pub(crate) fn se(&mut self) -> Option<i32> {
        let value = i64::from(self.ue()?);
        let signed = if value % 2 == 0 { -(value / 2) } else { value.midpoint(1) };
        i32::try_from(signed).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_numbers() {
        // 1 | 010 | 011 | 00100 | 00101
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let values: Vec<_> = (0..5).map(|_| bits.ue()).collect();
        assert_eq!(values, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        let mut bits = Bits::new(&[0b0100_1100, 0b1000_0101]);
        assert_eq!([bits.se(), bits.se(), bits.se()], [Some(1), Some(-1), Some(2)]);
    }

    #[test]
    fn the_end_is_none() {
        assert_eq!(Bits::new(&[]).bit(), None);
        assert_eq!(Bits::new(&[0; 8]).ue(), None);
        assert_eq!(Bits::new(&[1]).take(9), None);
    }
}
