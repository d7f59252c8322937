//! Why a transcript cannot be taken, and in which line.

use crate::coding::UnknownCoding;

/// Why a transcript cannot be taken. Lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TranscriptError {
    /// Too many bytes, or as many once repeated lines are written out.
    #[error("the transcript has more than 2 MiB of text: split it by episode")]
    TooLarge,
    /// Its coding.
    #[error(transparent)]
    Coding(#[from] UnknownCoding),
    /// Nothing is said in it.
    #[error("there is no text in the file")]
    Empty,
    /// A time that is none.
    #[error(
        "line {0} should say when, such as 00:01:02.500 --> 00:01:04.000 or [01:02.50]: correct its time"
    )]
    Time(usize),
    /// It ends before it begins.
    #[error("the cue of line {0} ends before it begins: exchange its times")]
    Reversed(usize),
    /// Too long a text.
    #[error("the cue of line {0} has more than 500 characters: split it")]
    TooLong(usize),
    /// Too many cues.
    #[error("there are more than 18000 cues: split the transcript by episode")]
    TooMany,
}

impl TranscriptError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "transcript_too_large",
            Self::Coding(_) => "transcript_coding",
            Self::Empty => "transcript_empty",
            Self::Time(_) => "transcript_time",
            Self::Reversed(_) => "transcript_reversed",
            Self::TooLong(_) => "transcript_long",
            Self::TooMany => "transcript_too_many",
        }
    }

    /// The line it is about.
    pub fn line(self) -> Option<usize> {
        match self {
            Self::Coding(UnknownCoding { line })
            | Self::Time(line)
            | Self::Reversed(line)
            | Self::TooLong(line) => Some(line),
            _ => None,
        }
    }
}
