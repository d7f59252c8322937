//! LRC: `[01:02.50]` before each line, several where it is said again. Words with times of their own (`<01:02.50>`) lose
//! them; `[offset:…]` moves everything, a positive one to earlier.

use super::{
    cue::{CUES_MAX, Cue, TIME_MAX, TRANSCRIPT_BYTES, cue},
    error::TranscriptError,
    time::{fraction, whole},
};

/// How long the last line stands, which nothing ends.
const LAST_MS: i64 = 10_000;

/// A line that begins with a time in brackets.
pub(super) fn is_it(lines: &[&str]) -> bool {
    lines.iter().any(|line| {
        tag(line).is_some_and(|(tag, _)| {
            tag.starts_with(|first: char| first.is_ascii_digit()) && tag.contains(':')
        })
    })
}

/// The cues, each with its line.
pub(super) fn read(lines: &[&str]) -> Result<Vec<(usize, Cue)>, TranscriptError> {
    let mut offset = 0;
    // When, and which of the texts.
    let mut times: Vec<(i64, usize)> = Vec::new();
    // Each with its line.
    let mut texts: Vec<(usize, Vec<&str>)> = Vec::new();
    for (line, number) in lines.iter().zip(1..) {
        let mut rest = *line;
        let before = times.len();
        while let Some((tag, behind)) = tag(rest) {
            if tag.starts_with(|first: char| first.is_ascii_digit()) {
                times.push((time(tag).ok_or(TranscriptError::Time(number))?, texts.len()));
            } else if let Some(ms) = tag.to_ascii_lowercase().strip_prefix("offset:") {
                let ms = ms.trim().trim_start_matches('+');
                offset =
                    ms.parse::<i64>().map_err(|_| TranscriptError::Time(number))?.clamp(-TIME_MAX, TIME_MAX);
            } else if !is_name(tag) {
                // [laughs] is said, not a tag.
                break;
            }
            rest = behind;
        }
        if times.len() > CUES_MAX {
            return Err(TranscriptError::TooMany);
        }
        if times.len() > before {
            texts.push((number, vec![rest]));
        } else if let Some((_, said)) = texts.last_mut().filter(|_| !rest.is_empty()) {
            said.push(rest);
        }
    }
    times.sort_by_key(|(ms, _)| *ms);
    // A line without text ends the one before; those at the same time end together.
    let (mut end, mut next) = (None, None);
    let mut ends: Vec<i64> = Vec::with_capacity(times.len());
    for &(ms, _) in times.iter().rev() {
        if next != Some(ms) {
            (end, next) = (next, Some(ms));
        }
        ends.push(end.unwrap_or_else(|| ms.saturating_add(LAST_MS)));
    }
    let mut cues = Vec::new();
    let mut bytes = 0;
    for (&(ms, text), to) in times.iter().zip(ends.into_iter().rev()) {
        let Some((line, said)) = texts.get(text) else { continue };
        if to - offset <= 0 {
            continue;
        }
        if let Some(cue) = cue(*line, (ms - offset).max(0), to - offset, said)? {
            // A text that is said a thousand times stands in the file once.
            bytes += cue.text.len();
            if bytes > TRANSCRIPT_BYTES {
                return Err(TranscriptError::TooLarge);
            }
            cues.push((*line, cue));
        }
    }
    Ok(cues)
}

/// The first tag of a line, without its brackets, and what is behind it.
fn tag(line: &str) -> Option<(&str, &str)> {
    let (tag, behind) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    Some((tag.trim(), behind.trim_start()))
}

/// `ar:`, `ti:`, `by:` and the like.
fn is_name(tag: &str) -> bool {
    tag.split_once(':').is_some_and(|(name, _)| {
        name == "#"
            || !name.is_empty() && name.len() <= 12 && name.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// `mm:ss`, `mm:ss.xx`, `mm:ss:xx` of old programs, `h:mm:ss.xx`.
fn time(tag: &str) -> Option<i64> {
    let parts: Vec<&str> = tag.split(':').collect();
    let (hours, minutes, rest, hundredths) = match parts[..] {
        [minutes, seconds] => (0, minutes, seconds, ""),
        [hours, minutes, seconds] if seconds.contains('.') => (whole(hours, 3)?, minutes, seconds, ""),
        [minutes, seconds, hundredths] => (0, minutes, seconds, hundredths),
        _ => return None,
    };
    let (seconds, behind) = rest.split_once(['.', ',']).unwrap_or((rest, hundredths));
    let seconds = whole(seconds, 2).filter(|seconds| *seconds < 60)?;
    let ms = ((hours * 60 + whole(minutes, 3)?) * 60 + seconds) * 1_000 + fraction(behind)?;
    (ms <= TIME_MAX).then_some(ms)
}
