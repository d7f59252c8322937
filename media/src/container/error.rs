//! What is wrong with a container, or with what it carries.

use crate::codec::CodecError;

/// A stream that cannot be played. The text goes to the publisher: English, one sentence, what to set instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// The codec's format is of no use.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// Another codec than H.264 and AAC.
    #[error("{what} cannot be played in lessons: set the encoder to {instead}")]
    NotPlayable {
        /// The codec, with its kind: `MP3 audio`.
        what: String,
        /// The codec to choose.
        instead: &'static str,
    },
    /// Megabytes have come without a program.
    #[error("what arrives is no MPEG transport stream with a picture or sound")]
    NoProgram,
}
