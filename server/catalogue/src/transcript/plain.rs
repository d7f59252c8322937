//! Text without times.

use super::{
    cue::{CUE_CHARS, CUES_MAX, Cue},
    said::clean,
};

/// A text without times: a cue a paragraph, one too long cut behind a sentence.
pub(super) fn read(lines: &[&str]) -> Vec<Cue> {
    let mut cues = Vec::new();
    for line in lines {
        // One too many says as much as all of them.
        if cues.len() > CUES_MAX {
            break;
        }
        let letters: Vec<char> = clean(line).chars().collect();
        let mut rest = &letters[..];
        while !rest.is_empty() {
            let most = rest.len().min(CUE_CHARS);
            let sentence = rest[..most].iter().rposition(|letter| "。！？；!?;".contains(*letter));
            let length = if most == rest.len() { most } else { sentence.map_or(most, |at| at + 1) };
            let text: String = rest[..length].iter().collect();
            let text = text.trim();
            if !text.is_empty() {
                cues.push(Cue { from_ms: 0, to_ms: 0, text: text.to_owned() });
            }
            rest = &rest[length..];
        }
    }
    cues
}
