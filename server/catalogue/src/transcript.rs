//! Transcripts as people upload them (`WebVTT`, `SubRip`, LRC, plain text), read into cues for reading along. Only times and
//! plain text are kept: no styles, positions or markup. The content says which format it is, not the name.

mod arrows;
mod lyrics;
mod plain;

use crate::coding::{UnknownCoding, decode};

/// Largest upload, in bytes.
pub const TRANSCRIPT_BYTES: usize = 2 << 20;

/// Cues at most: one a second for five hours.
pub const CUES_MAX: usize = 18_000;

/// Longest text of a cue, in characters.
pub const CUE_CHARS: usize = 500;

/// Latest time there can be, in milliseconds: 999 hours.
const TIME_MAX: i64 = 999 * 3_600_000;

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

/// A transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// Whether the cues have times: without them nothing can follow the voice.
    pub timed: bool,
    /// In order of time, not overlapping; at least one.
    pub cues: Vec<Cue>,
}

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

/// Reads any of the formats.
pub fn read(bytes: &[u8]) -> Result<Transcript, TranscriptError> {
    if bytes.len() > TRANSCRIPT_BYTES {
        return Err(TranscriptError::TooLarge);
    }
    let text = decode(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.split('\n').map(str::trim).collect();
    let (timed, cues) = if arrows::is_it(&lines) {
        (true, settled(arrows::read(&lines)?)?)
    } else if lyrics::is_it(&lines) {
        (true, settled(lyrics::read(&lines)?)?)
    } else {
        (false, plain::read(&lines))
    };
    match cues.len() {
        0 => Err(TranscriptError::Empty),
        many if many > CUES_MAX => Err(TranscriptError::TooMany),
        _ => Ok(Transcript { timed, cues }),
    }
}

/// Moves cues by `by_ms`: −3200 where 3.2 s of silence were cut off in front. What would end before 0 is left out, what
/// would begin there begins at 0.
pub fn shift(cues: Vec<Cue>, by_ms: i64) -> Vec<Cue> {
    let moved = cues.into_iter().map(|cue| Cue {
        from_ms: cue.from_ms.saturating_add(by_ms).clamp(0, TIME_MAX),
        to_ms: cue.to_ms.saturating_add(by_ms).min(TIME_MAX),
        ..cue
    });
    moved.filter(|cue| cue.to_ms > cue.from_ms).collect()
}

/// What lies within the length of an episode, cut at its end.
pub fn within(cues: Vec<Cue>, length_ms: i64) -> Vec<Cue> {
    let cut = cues.into_iter().map(|cue| Cue { to_ms: cue.to_ms.min(length_ms), ..cue });
    cut.filter(|cue| cue.to_ms > cue.from_ms).collect()
}

/// In order of time, without overlaps: a cue ends where the next one begins, two that begin together are one.
fn settled(mut cues: Vec<(usize, Cue)>) -> Result<Vec<Cue>, TranscriptError> {
    cues.sort_by_key(|(_, cue)| cue.from_ms);
    let mut settled: Vec<Cue> = Vec::with_capacity(cues.len());
    for (line, cue) in cues {
        match settled.last_mut() {
            Some(last) if last.from_ms == cue.from_ms => {
                last.to_ms = last.to_ms.max(cue.to_ms);
                last.text.push('\n');
                last.text.push_str(&cue.text);
                if last.text.chars().count() > CUE_CHARS {
                    return Err(TranscriptError::TooLong(line));
                }
            }
            last => {
                if let Some(last) = last {
                    last.to_ms = last.to_ms.min(cue.from_ms);
                }
                settled.push(cue);
            }
        }
    }
    Ok(settled)
}

/// A cue of these lines of text; `None` if nothing is said in them.
fn cue(line: usize, from_ms: i64, to_ms: i64, said: &[&str]) -> Result<Option<Cue>, TranscriptError> {
    // Bounded before it is looked at.
    if said.iter().map(|line| line.len()).sum::<usize>() > 16 * CUE_CHARS {
        return Err(TranscriptError::TooLong(line));
    }
    let said: Vec<String> =
        said.iter().map(|line| plain::text(line)).filter(|line| !line.is_empty()).collect();
    let text = said.join("\n");
    if text.chars().count() > CUE_CHARS {
        return Err(TranscriptError::TooLong(line));
    }
    Ok((!text.is_empty()).then_some(Cue { from_ms, to_ms, text }))
}

#[cfg(test)]
mod tests;
