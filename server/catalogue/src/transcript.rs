//! Transcripts as people upload them (`WebVTT`, `SubRip`, LRC, plain text), read into cues for reading along. Only times and
//! plain text are kept: no styles, positions or markup. The content says which format it is, not the name.

mod arrows;
mod cue;
mod error;
mod lyrics;
mod plain;
mod said;
mod time;

pub use cue::{CUE_CHARS, CUES_MAX, Cue, TRANSCRIPT_BYTES};
pub use error::TranscriptError;

use crate::coding::decode;
use cue::TIME_MAX;

/// A transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// Whether the cues have times: without them nothing can follow the voice.
    pub timed: bool,
    /// In order of time, not overlapping; at least one.
    pub cues: Vec<Cue>,
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

#[cfg(test)]
mod tests;
