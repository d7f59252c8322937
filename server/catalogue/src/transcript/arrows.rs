//! `WebVTT` and `SubRip`: times with an arrow between them, then what is said. Neither needs the other's marks: numbers, hours
//! and the comma may be there or not.

use super::{
    cue::{Cue, TIME_MAX, cue},
    error::TranscriptError,
    time::{fraction, whole},
};
use crate::letters::half_width;

const ARROW: &str = "-->";

/// Whether it is one of the two: a heading, or an arrow behind a time.
pub(super) fn is_it(lines: &[&str]) -> bool {
    is_vtt(lines) || lines.iter().any(|line| is_timing(line))
}

fn is_vtt(lines: &[&str]) -> bool {
    lines
        .first()
        .and_then(|line| line.strip_prefix("WEBVTT"))
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
}

/// An arrow in a sentence is none.
fn is_timing(line: &str) -> bool {
    line.contains(ARROW) && line.starts_with(|first: char| half_width(first).is_ascii_digit())
}

/// The cues, each with its line.
pub(super) fn read(lines: &[&str]) -> Result<Vec<(usize, Cue)>, TranscriptError> {
    let is_vtt = is_vtt(lines);
    let mut cues = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if !is_timing(line) {
            // Headings, numbers, notes and styles: none of them begins with a time.
            at += 1;
            continue;
        }
        let number = at + 1;
        let (from_ms, to_ms) = timing(line).ok_or(TranscriptError::Time(number))?;
        if to_ms <= from_ms {
            return Err(TranscriptError::Reversed(number));
        }
        let rest = &lines[at + 1..];
        let length = if is_vtt {
            rest.iter().take_while(|line| !line.is_empty() && !is_timing(line)).count()
        } else {
            // SubRip made by hand has blank lines in its texts; what ends one is the next time.
            rest.iter().take_while(|line| !is_timing(line)).count()
        };
        let said = &rest[..length];
        at += 1 + length;
        let said = if is_vtt { said } else { without_number(said, at < lines.len()) };
        cues.extend(cue(number, from_ms, to_ms, said)?.map(|cue| (number, cue)));
    }
    Ok(cues)
}

/// The last line before the next time is that one's number, if it is a number.
fn without_number<'a, 'b>(said: &'a [&'b str], another_follows: bool) -> &'a [&'b str] {
    match said {
        [said @ .., number] if another_follows && number.chars().all(|c| c.is_ascii_digit()) => said,
        said => said,
    }
}

/// From and to; settings behind are nothing to us.
fn timing(line: &str) -> Option<(i64, i64)> {
    let (from, to) = line.split_once(ARROW)?;
    Some((time(from)?, time(to.split_whitespace().next()?)?))
}

/// `[h…:]mm:ss[.mmm]`, the point a comma in `SubRip`.
fn time(text: &str) -> Option<i64> {
    let text: String = text.trim().chars().map(half_width).collect();
    let (clock, behind) = text.split_once(['.', ',']).unwrap_or((&text, ""));
    let mut parts = clock.split(':').rev();
    let seconds = whole(parts.next()?, 2).filter(|seconds| *seconds < 60)?;
    let minutes = whole(parts.next()?, 3)?;
    let hours = match parts.next() {
        Some(hours) => whole(hours, 3).filter(|_| minutes < 60)?,
        None => 0,
    };
    let ms = ((hours * 60 + minutes) * 60 + seconds) * 1_000 + fraction(behind)?;
    (parts.next().is_none() && ms <= TIME_MAX).then_some(ms)
}
