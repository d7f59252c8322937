//! Numbers as files have them.

/// Big endian, of the first four bytes; 0 if there are fewer.
pub(super) fn be32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |four| u32::from_be_bytes(*four))
}

/// Little endian, of the first four bytes; 0 if there are fewer.
pub(super) fn le32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |four| u32::from_le_bytes(*four))
}

/// A number of four bytes of seven bits each (`ID3v2` 6.2).
pub(super) fn synchsafe(number: u32) -> u32 {
    (0..4).fold(0, |sum, n| sum | (number >> (8 * n) & 0x7f) << (7 * n))
}

/// Decibels of an amplitude.
pub(super) fn db(amplitude: f64) -> f64 {
    20.0 * amplitude.max(1e-9).log10()
}

/// The amplitude of decibels.
pub(super) fn amplitude(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}
