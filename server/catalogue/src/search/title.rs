//! A title as search sees it: letters and digits, and where words begin. Quotation marks, brackets, blanks and middle dots
//! separate words and are nothing else. Must never fail on any text.

use crate::{
    letters::fold,
    numerals::{COUNTERS, is_numeral},
};

/// Letters of a title that are searched; what is longer is found by its beginning.
pub(super) const TITLE_LETTERS: usize = 200;

/// Calls `each` with the letters and digits of a text in the form in which they are compared, and whether a word begins
/// there; at most [`TITLE_LETTERS`] times.
pub(super) fn letters(text: &str, mut each: impl FnMut(char, bool)) {
    let mut before = Before::default();
    let mut count = 0;
    // A character that decomposes gives more letters; one that is no letter gives none.
    fold(text.chars().take(2 * TITLE_LETTERS), |letter| {
        if letter.is_alphanumeric() {
            if count < TITLE_LETTERS {
                each(letter, before.begins_word(letter));
                before.push(letter);
                count += 1;
            }
        } else if !matches!(letter, '\'' | '’') {
            // 长安 is typed chang'an, and O'Neill is one word.
            before.apart = true;
        }
    });
}

/// What stands before a letter.
#[derive(Default)]
struct Before {
    last: Option<char>,
    /// A numeral stands before `last`.
    counted: bool,
    /// Something that is no letter stands between.
    apart: bool,
}

impl Before {
    fn begins_word(&self, letter: char) -> bool {
        let Some(last) = self.last else { return true };
        let numbered = self.counted && COUNTERS.contains(last);
        self.apart || numbered || script(last) != script(letter)
    }

    fn push(&mut self, letter: char) {
        self.counted = self.last.is_some_and(is_numeral);
        self.last = Some(letter);
        self.apart = false;
    }
}

/// Letters of one word are of one script; digits are one of their own.
fn script(letter: char) -> u8 {
    if letter.is_ascii_digit() {
        0
    } else if letter < '\u{2E80}' {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The letters, with a blank before each word but the first.
    fn words(text: &str) -> String {
        let mut out = String::new();
        letters(text, |letter, begins| {
            if begins && !out.is_empty() {
                out.push(' ');
            }
            out.push(letter);
        });
        out
    }

    #[test]
    fn words_begin_after_marks_numbers_and_at_another_script() {
        assert_eq!(words("《党史》·第一讲：长征"), "党史 第一讲 长征");
        assert_eq!(words("第十二集长征"), "第十二集 长征");
        assert_eq!(words("PPT制作 A–B"), "ppt 制作 a b");
        assert_eq!(words("Track07"), "track 07");
        assert_eq!(words("chang'an"), "changan");
        assert_eq!(words("·•・《》 \u{301}"), "");
    }
}
