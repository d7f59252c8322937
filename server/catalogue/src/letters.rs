//! Characters as they are compared: half width, lower case, without accents, simplified. Must never decide what a match is.

use std::{collections::HashMap, sync::LazyLock};

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};

/// Simplified characters, each followed by the traditional ones that stand for it (see NOTICE).
const VARIANTS: &str = include_str!("variants.txt");

static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let groups = VARIANTS.split_whitespace().filter_map(|group| {
        let mut letters = group.chars();
        letters.next().map(|simplified| letters.map(move |traditional| (traditional, simplified)))
    });
    groups.flatten().collect()
});

/// The simplified character for a traditional one, every other one as it is.
pub(crate) fn simplified(letter: char) -> char {
    if letter.is_ascii() { letter } else { SIMPLIFIED.get(&letter).copied().unwrap_or(letter) }
}

/// Calls `each` with the letters in half width, lower case and without accents: `Ｃａｆé` becomes `cafe`. Traditional
/// characters stay: they have readings of their own.
pub(crate) fn fold(letters: impl IntoIterator<Item = char>, mut each: impl FnMut(char)) {
    for letter in letters {
        if letter.is_ascii() {
            each(letter.to_ascii_lowercase());
        } else if matches!(letter, '\u{4E00}'..='\u{9FFF}') {
            each(letter);
        } else {
            // The order of accents does not matter to one who leaves them out.
            decompose_compatible(letter, |part| {
                if canonical_combining_class(part) == 0 {
                    part.to_lowercase().for_each(&mut each);
                }
            });
        }
    }
}

/// The half-width form of a full-width letter, digit or mark, every other character as it is.
pub(crate) fn half_width(letter: char) -> char {
    match letter {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
        '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_capitals_and_accents_fold_and_chinese_stays() {
        let folded = |text: &str| {
            let mut out = String::new();
            fold(text.chars(), |letter| out.push(letter));
            out
        };
        assert_eq!(folded("Ｃａｆé　ＡＢ１２"), "cafe ab12");
        assert_eq!(folded("Cafe\u{301}"), "cafe");
        assert_eq!(folded("黨史·lǜ"), "黨史·lu");
    }

    #[test]
    fn traditional_characters_have_one_simplified_one() {
        assert_eq!("黨課發髮臺灣後學習".chars().map(simplified).collect::<String>(), "党课发发台湾后学习");
        assert!(SIMPLIFIED.len() > 2_900);
        assert!(SIMPLIFIED.values().all(|letter| simplified(*letter) == *letter), "no chains");
    }
}
