//! What a decoder gives.

use crate::library::encode::error::EncodeError;

/// Rates and channels beyond these are no sound anybody recorded.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;
const CHANNELS: std::ops::RangeInclusive<usize> = 1..=16;

/// What the next frames are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::library::encode) struct Form {
    /// Hz.
    pub(in crate::library::encode) rate: u32,
    pub(in crate::library::encode) channels: usize,
}

impl Form {
    pub(super) fn checked(rate: u32, channels: usize) -> Result<Self, EncodeError> {
        if RATES.contains(&rate) && CHANNELS.contains(&channels) {
            Ok(Self { rate, channels })
        } else {
            Err(EncodeError::Unreadable)
        }
    }
}

/// A file being decoded.
pub(in crate::library::encode) trait Source {
    /// The next frames, interleaved, in place of what `frames` had; none at the end.
    fn next(&mut self, frames: &mut Vec<f32>) -> Result<Option<Form>, EncodeError>;

    /// What the decoder knows of the file, once the first frames were there.
    fn facts(&self) -> Facts;
}

/// What a decoder knows of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::library::encode) struct Facts {
    /// Such as `mp3`.
    pub(in crate::library::encode) codec: String,
    /// Bits per sample, where nothing was lost.
    pub(in crate::library::encode) bits: Option<u32>,
    /// Length by the file's header, seconds.
    pub(in crate::library::encode) claimed: Option<f64>,
    /// Frames that could not be decoded, or an end in the middle of something.
    pub(in crate::library::encode) damaged: bool,
}
