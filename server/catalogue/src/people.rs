//! Names of people: how one is found in a list, and where it stands. Made once when a name is written, and kept beside it,
//! so that both databases find and order alike. Must never decide that two names are one person.

use self::present::present;
use crate::{letters, order};

mod present;
mod reading;

/// Before each reading in what is searched: nobody types it.
const MARK: char = '|';

/// What is kept beside a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameKeys {
    /// To order by, as bytes: by pinyin, the surname by its own reading.
    pub sort: String,
    /// To search in: the plain name, then every reading and the initials, each behind a mark.
    pub find: String,
}

impl NameKeys {
    /// Of a name.
    pub fn of(name: &str) -> Self {
        let plain = plain(name);
        let mut find = plain.clone();
        for reading in reading::readings(name) {
            let piece = format!("{MARK}{reading}");
            if !find.contains(&format!("{piece}{MARK}")) && !find.ends_with(&piece) {
                find.push_str(&piece);
            }
        }
        Self { sort: order::name_key(name).into(), find }
    }
}

/// What to look for in [`NameKeys::find`] for a text that somebody typed: as it is, or if it is in Latin letters, as a reading.
/// One of them is empty, both where nothing is left to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameQuery {
    /// Somewhere in the plain name.
    pub plain: String,
    /// With its mark: from the beginning of a syllable or of a word on.
    pub reading: String,
}

impl NameQuery {
    /// Of a text as it was typed: 曾, `zeng`, `zgf`, `Zēng Guófān`.
    pub fn of(typed: &str) -> Self {
        let plain = plain(typed);
        let spelled = !plain.is_empty() && plain.chars().all(|letter| letter.is_ascii_lowercase());
        if spelled {
            return Self { plain: String::new(), reading: format!("{MARK}{}", reading::forgiven(&plain)) };
        }
        Self { plain, reading: String::new() }
    }
}

/// A name as it is compared: simplified, half width, lower case, with characters in their present code points, without accents,
/// dots, spaces and marks that are not seen. 古丽米热•艾比布力 and 古丽米热·艾比布力 are the same.
pub fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let letters = name.chars().take(reading::NAME_CHARS).map(present);
    letters::fold(letters, |letter| {
        if letter.is_alphanumeric() || is_rare(letter) {
            out.push(letters::simplified(letter));
        }
    });
    out
}

/// What else may stand in a name: private use of a font at home, which is better found than lost.
fn is_rare(letter: char) -> bool {
    matches!(letter, '\u{E000}'..='\u{F8FF}')
}

#[cfg(test)]
mod tests;
