//! A text as a key that is compared letter by letter: numbers by length and digits, Latin letters, then Chinese by pinyin
//! and character. Must never let a mark or a blank decide.

use super::{readings::readings, surnames::surname};
use crate::{
    letters::{fold, simplified},
    numerals::{COUNTERS, is_numeral, value},
};

/// In front of a Chinese character's reading: behind every Latin, Greek and Cyrillic letter.
const CHINESE: char = '\u{3000}';

/// In front of what has no reading and is no letter of an alphabet.
const OTHER: char = '\u{3001}';

/// Between words of Latin letters; before digits.
const BLANK: char = ' ';

/// In front of a number: before every letter.
const NUMBER: char = '0';

/// Writes keys.
#[derive(Debug, Default)]
pub(super) struct Writer {
    key: String,
}

/// What a text is made of, once it is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letter {
    Word(char),
    /// Anything that is neither letter nor digit.
    Mark,
}

impl Writer {
    pub(super) fn finish(self) -> String {
        self.key
    }

    pub(super) fn push(&mut self, letter: char) {
        self.key.push(letter);
    }

    /// A title; `is_file` takes 上, 中 and 下 at its very end as an order whatever stands before.
    pub(super) fn text(&mut self, text: impl Iterator<Item = char>, is_file: bool) {
        let letters = folded(text);
        let plain: Vec<char> = letters.iter().map(|letter| letter.or(' ')).collect();
        let readings = readings(&plain);
        self.letters(&letters, &plain, &readings, is_file);
    }

    /// A name, by the reading of its surname.
    pub(super) fn name(&mut self, name: impl Iterator<Item = char>) {
        let letters: Vec<Letter> =
            folded(name).into_iter().skip_while(|letter| *letter == Letter::Mark).collect();
        let plain: Vec<char> = letters.iter().map(|letter| letter.or(' ')).collect();
        let mut readings = readings(&plain);
        for (slot, reading) in readings.iter_mut().zip(surname(&plain)) {
            *slot = Some(reading.to_owned());
        }
        self.letters(&letters, &plain, &readings, false);
    }

    fn letters(&mut self, letters: &[Letter], plain: &[char], readings: &[Option<String>], is_file: bool) {
        let mut at = 0;
        while let Some(letter) = letters.get(at).copied() {
            if let Some((number, length)) = number(plain, at) {
                self.number(&number);
                at += length;
                continue;
            }
            if let Some(part) = part_of_three(plain, at, is_file) {
                self.number(part);
                at += 1;
                continue;
            }
            match (letter, readings.get(at)) {
                (Letter::Mark, _) => self.blank(letters, at),
                (Letter::Word(letter), Some(Some(reading))) => {
                    self.key.push(CHINESE);
                    self.key.push_str(reading);
                    self.key.push(letter);
                }
                (Letter::Word(letter), _) => {
                    if letter > CHINESE {
                        self.key.push(OTHER);
                    }
                    self.key.push(letter);
                }
            }
            at += 1;
        }
    }

    /// A mark counts between two Latin words, and only the first of several.
    fn blank(&mut self, letters: &[Letter], at: usize) {
        let latin = |letter: Option<&Letter>| matches!(letter, Some(Letter::Word(letter)) if *letter < CHINESE && !letter.is_ascii_digit());
        let next = letters[at..].iter().find(|letter| **letter != Letter::Mark);
        if at > 0 && latin(letters.get(at - 1)) && latin(next) {
            self.key.push(BLANK);
        }
    }

    /// Digits without zeros in front: a longer number is a greater one.
    fn number(&mut self, digits: &str) {
        let digits = digits.trim_start_matches('0');
        let length = u8::try_from(digits.len()).unwrap_or(u8::MAX).min(DIGITS_MAX);
        self.key.push(NUMBER);
        self.key.push(char::from(b'A' + length));
        self.key.push_str(digits);
    }
}

/// Digits of a number that is compared as one; what follows is the next one.
const DIGITS_MAX: u8 = 25;

impl Letter {
    fn or(self, mark: char) -> char {
        match self {
            Self::Word(letter) => letter,
            Self::Mark => mark,
        }
    }
}

fn folded(text: impl Iterator<Item = char>) -> Vec<Letter> {
    let mut letters = Vec::new();
    fold(text, |letter| {
        letters.push(if letter.is_alphanumeric() { Letter::Word(simplified(letter)) } else { Letter::Mark });
    });
    letters
}

/// The number that begins at `at`, in digits, and its length: any run of digits, and a Chinese one where one may stand.
fn number(plain: &[char], at: usize) -> Option<(String, usize)> {
    let rest = &plain[at..];
    let digits = rest.iter().take(DIGITS_MAX.into()).take_while(|letter| letter.is_ascii_digit()).count();
    if digits > 0 {
        return Some((rest[..digits].iter().collect(), digits));
    }
    let before = at.checked_sub(1).and_then(|before| plain.get(before)).copied();
    // Inside a run it is too late: 三 of 二十三.
    if before.is_some_and(is_numeral) {
        return None;
    }
    let length = rest.iter().take_while(|letter| is_numeral(**letter) && !letter.is_ascii_digit()).count();
    let after = rest.get(length).copied();
    let ordinal = before.is_some_and(|before| "第卷之篇章集册部辑期".contains(before));
    let apart = before.is_none_or(|before| before == ' ');
    // 三讲, but 三国 is a word; 一、 and （二）, but not a lone 一 in front of a word.
    let counted = apart && after.is_some_and(|after| COUNTERS.contains(after));
    let marked = apart && after.is_none_or(|after| after == ' ');
    (ordinal || counted || marked)
        .then(|| value(&rest[..length]))
        .flatten()
        .map(|value| (value.to_string(), length))
}

/// 上, 中 and 下 as 1, 2 and 3 where they tell parts of one thing apart: by themselves, behind a number, before 集.
fn part_of_three(plain: &[char], at: usize, is_file: bool) -> Option<&'static str> {
    let parts = [('上', "1"), ('中', "2"), ('下', "3")];
    let (_, part) = parts.into_iter().find(|(letter, _)| plain.get(at) == Some(letter))?;
    let before = at.checked_sub(1).and_then(|before| plain.get(before)).copied();
    let after = plain.get(at + 1).copied();
    let ends = after.is_none_or(|after| after == ' ');
    let apart =
        before.is_none_or(|before| before == ' ' || COUNTERS.contains(before) || before.is_ascii_digit());
    let counted = after.is_some_and(|after| "集册部篇卷回".contains(after));
    let last = is_file && plain[at + 1..].iter().all(|letter| *letter == ' ');
    (ends && (apart || last) || counted && apart || counted && is_file).then_some(part)
}
