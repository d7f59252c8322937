//! A cue, and how much of it there may be.

use super::{error::TranscriptError, said};

/// Largest upload, in bytes.
pub const TRANSCRIPT_BYTES: usize = 2 << 20;

/// Cues at most: one a second for five hours.
pub const CUES_MAX: usize = 18_000;

/// Longest text of a cue, in characters.
pub const CUE_CHARS: usize = 500;

/// Latest time there can be, in milliseconds: 999 hours.
pub(super) const TIME_MAX: i64 = 999 * 3_600_000;

/// A piece of what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// First millisecond of it; 0 if the transcript has no times.
    pub from_ms: i64,
    /// First millisecond behind it, at most where the next cue begins; 0 if the transcript has no times.
    pub to_ms: i64,
    /// One or more lines of plain text, never empty.
    pub text: String,
}

/// A cue of these lines of text; `None` if nothing is said in them.
pub(super) fn cue(
    line: usize,
    from_ms: i64,
    to_ms: i64,
    said: &[&str],
) -> Result<Option<Cue>, TranscriptError> {
    // Bounded before it is looked at.
    if said.iter().map(|line| line.len()).sum::<usize>() > 16 * CUE_CHARS {
        return Err(TranscriptError::TooLong(line));
    }
    let said: Vec<String> =
        said.iter().map(|line| said::text(line)).filter(|line| !line.is_empty()).collect();
    let text = said.join("\n");
    if text.chars().count() > CUE_CHARS {
        return Err(TranscriptError::TooLong(line));
    }
    Ok((!text.is_empty()).then_some(Cue { from_ms, to_ms, text }))
}
