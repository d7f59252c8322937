//! Names and sentences that people type: trimmed, bounded, free of characters that deceive or break.
//!
//! Characters that override or isolate the writing direction (U+202A–202E, U+2066–2069) are refused, with an error that
//! names the field, and not kept and isolated wherever the text is shown: it is shown in places that we do not draw,
//! spreadsheets above all, in file names and in the encoder, where one of them turns the rest of the line around and a
//! name or a figure reads as another. Nobody needs them: Arabic, Hebrew and mixed lines get their direction from the
//! letters themselves, and the marks U+200E and U+200F and the joiners of emoji and Persian are taken.
//!
//! What copying leaves behind is dropped before: embedding and isolating marks around the whole text (an address book's
//! way of copying), and anywhere zero-width spaces, soft hyphens and the byte order mark.

use yunke_store::{NOTE_CHARS, QUESTION_CHARS};

use crate::{
    problem::{ApiResult, Problem},
    typed,
};

/// Longest name, in characters.
pub const NAME_CHARS: usize = 100;

/// Longest summary, in characters.
pub const SUMMARY_CHARS: usize = 2_000;

/// A name: one line, 1 to 100 characters; emoji, rare characters and right-to-left scripts are welcome.
pub fn name(field: &str, typed: &str) -> ApiResult<String> {
    filled(field, line(field, typed)?, NAME_CHARS)
}

/// A question: one line, 1 to 200 characters.
pub fn question(field: &str, typed: &str) -> ApiResult<String> {
    filled(field, line(field, typed)?, QUESTION_CHARS)
}

/// A private note: several lines, 1 to 500 characters.
pub fn note(field: &str, typed: &str) -> ApiResult<String> {
    filled(field, lines(field, typed)?, NOTE_CHARS)
}

/// A reason: one line, at most 100 characters; may be empty.
pub fn reason(field: &str, typed: &str) -> ApiResult<String> {
    bounded(field, line(field, typed)?, NAME_CHARS)
}

/// Several lines, at most 2000 characters; may be empty.
pub fn summary(field: &str, typed: &str) -> ApiResult<String> {
    bounded(field, lines(field, typed)?, SUMMARY_CHARS)
}

fn lines(field: &str, typed: &str) -> ApiResult<String> {
    let text = typed::query(&typed.replace("\r\n", "\n"));
    if text.chars().any(|c| c != '\n' && typed::deceives(c)) {
        return Err(deceiving(field));
    }
    Ok(text)
}

fn line(field: &str, typed: &str) -> ApiResult<String> {
    let text = typed::query(typed);
    if text.chars().any(typed::deceives) {
        return Err(deceiving(field));
    }
    Ok(text)
}

fn filled(field: &str, text: String, limit: usize) -> ApiResult<String> {
    if text.is_empty() {
        return Err(Problem::field(field, "text_empty", format!("{field} must not be empty.")));
    }
    bounded(field, text, limit)
}

fn bounded(field: &str, text: String, limit: usize) -> ApiResult<String> {
    let count = text.chars().count();
    if count <= limit {
        return Ok(text);
    }
    let sentence = format!("{field} has {count} characters; at most {limit} fit.");
    Err(Problem::field(field, "text_too_long", sentence).with("limit", limit))
}

fn deceiving(field: &str) -> Problem {
    let sentence =
        format!("{field} contains control characters or characters that change the writing direction.");
    Problem::field(field, "text_characters", sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: ApiResult<String>) -> &'static str {
        result.expect_err("refused").code()
    }

    #[test]
    fn names_of_all_scripts_are_taken_as_they_are() {
        for typed in ["王小明", "𠮷田", "👩‍🏫 老师", "محمد", "O'Brien", "=cmd|' /C calc'!A0", "＋1"]
        {
            assert_eq!(name("name", typed).expect("taken"), typed);
        }
        assert_eq!(name("name", "  王 \u{3000}").expect("taken"), "王");
    }

    #[test]
    fn what_copying_leaves_behind_is_dropped() {
        for typed in [
            "\u{202D}王小明\u{202C}",
            "\u{2068}王小明\u{2069}",
            "\u{FEFF}王小明",
            "王\u{200B}小\u{FEFF}明\u{00AD}",
            "\u{A0}王小明\u{2060}\u{202F}",
        ] {
            assert_eq!(name("name", typed).expect("taken"), "王小明", "{typed:?}");
        }
        assert_eq!(name("name", "❤\u{FE0F}").expect("taken"), "❤\u{FE0F}");
        assert_eq!(code(name("name", "\u{200B}\u{FEFF}")), "text_empty");
        assert_eq!(summary("summary", "\u{FEFF}一\n二\u{200B}").expect("taken"), "一\n二");
    }

    #[test]
    fn the_limit_counts_characters_not_bytes() {
        assert!(name("name", &"𠮷".repeat(100)).is_ok());
        assert_eq!(code(name("name", &"𠮷".repeat(101))), "text_too_long");
        assert_eq!(code(name("name", &"x".repeat(300))), "text_too_long");
    }

    #[test]
    fn what_deceives_is_refused() {
        for typed in [
            "a\u{202E}b",
            "\u{202E}ab\u{202C}",
            "a\0b",
            "a\nb",
            "a\u{2066}b",
            "a\u{2066}b\u{2069}",
            "a\u{7f}b",
        ] {
            assert_eq!(code(name("name", typed)), "text_characters");
        }
        assert_eq!(code(name("name", " \u{3000} ")), "text_empty");
    }

    #[test]
    fn a_question_is_one_line_and_a_note_several() {
        assert_eq!(question("text", " 多久浇一次水？ ").expect("taken"), "多久浇一次水？");
        assert!(question("text", &"问".repeat(200)).is_ok());
        assert_eq!(code(question("text", &"问".repeat(201))), "text_too_long");
        assert_eq!(code(question("text", "一\n二")), "text_characters");
        assert_eq!(code(question("text", "  ")), "text_empty");
        assert_eq!(note("text", "一\r\n二").expect("taken"), "一\n二");
        assert_eq!(code(note("text", &"条".repeat(501))), "text_too_long");
        assert_eq!(code(note("text", "\n")), "text_empty");
    }

    #[test]
    fn a_summary_keeps_its_lines() {
        assert_eq!(summary("summary", "一\r\n二\n").expect("taken"), "一\n二");
        assert_eq!(code(summary("summary", "a\u{202E}")), "text_characters");
    }
}
