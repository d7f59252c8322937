//! What is wrong with encoded media.

/// Media that cannot be played. The text goes to the publisher: English, one sentence, what to set instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The decoder configuration record or its parameter sets do not add up.
    #[error("the H.264 configuration of the encoder is damaged")]
    VideoDamaged,
    /// Other than 8-bit 4:2:0.
    #[error(
        "H.264 must be 8-bit 4:2:0 (profile Baseline, Main or High): set the pixel format to yuv420p or NV12"
    )]
    PixelFormat,
    /// Smaller or larger than decoders take, pixels.
    #[error("a picture of {width} x {height} pixels cannot be played; 1280 x 720 is recommended")]
    PictureSize {
        /// Across.
        width: u32,
        /// Down.
        height: u32,
    },
    /// The `AudioSpecificConfig` does not add up.
    #[error("the AAC configuration of the encoder is damaged")]
    AudioDamaged,
    /// An audio object type other than AAC-LC and HE-AAC.
    #[error("AAC object type {0} cannot be played: set AAC-LC")]
    AudioObject(u32),
}
