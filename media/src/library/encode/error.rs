//! Why a file cannot become an episode.

use crate::recording::no_space;

/// Why a file cannot become an episode. Its code is stable: the console has the words.
#[derive(Debug, thiserror::Error)]
pub(super) enum EncodeError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A picture, a document, a program.
    #[error("the file has no sound")]
    NotAudio,
    /// Bought with a lock on it.
    #[error("the file is protected against copying")]
    Drm,
    /// Longer than is taken here.
    #[error("the sound is too long")]
    TooLong,
    /// From beginning to end.
    #[error("the file is silent")]
    Silent,
    /// Damaged, or of a kind no decoder here knows.
    #[error("the file cannot be decoded")]
    Unreadable,
    /// Two decoders, or what went in and what came out, have different lengths.
    #[error("the length of the sound is not certain")]
    Length,
    /// GStreamer could not do what it always can.
    #[error("GStreamer failed: {0}")]
    Gst(&'static str),
    /// The disk.
    #[error("a file could not be written or read: {0}")]
    Io(#[from] std::io::Error),
}

impl EncodeError {
    /// For programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::NotAudio => "not_audio",
            Self::Drm => "drm_protected",
            Self::TooLong => "too_long",
            Self::Silent => "silent",
            Self::Unreadable => "unreadable",
            Self::Length => "length_uncertain",
            Self::Gst(_) => "internal",
            Self::Io(error) if no_space(error) => "disk_full",
            Self::Io(_) => "storage",
        }
    }
}
