//! How a name may be typed in pinyin: in full and by initials, from its beginning or from one of its characters on.

use pinyin::ToPinyinMulti as _;

use super::present::present;
use crate::letters;

/// Characters of a name, or of what is typed, that are looked at.
pub(super) const NAME_CHARS: usize = 60;

/// Characters whose several readings are all kept; a longer name is found by the first reading of the others.
const MANY_READINGS: usize = 4;

/// Parts of a name with dots from which on it is found.
const PARTS: usize = 4;

/// Ways to read a whole name that are kept.
const READINGS: usize = 12;

/// Names up to this length are found from each of their characters on, longer ones from the first and after each dot.
const EACH_CHAR: usize = 4;

/// Sounds that many do not tell apart, each with the one that is kept for both.
const ALIKE: [(&str, &str); 5] = [("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n")];

/// Letters with the sounds that are confused made one. What is kept and what is typed go through this alike.
pub(super) fn forgiven(letters: &str) -> String {
    ALIKE.iter().fold(letters.to_owned(), |text, (heard, kept)| text.replace(heard, kept))
}

/// The readings of a name, without repetition in a row; bounded by the constants of the parent.
pub(super) fn readings(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in parts(name) {
        let from_each = part.len() <= EACH_CHAR;
        for whole in combined(&part) {
            let starts = if from_each { whole.len() } else { whole.len().min(1) };
            for start in 0..starts {
                let rest = whole.get(start..).unwrap_or_default();
                found.push(forgiven(&rest.concat()));
                found.push(forgiven(
                    &rest.iter().filter_map(|syllable| syllable.get(..1)).collect::<String>(),
                ));
            }
        }
    }
    found
}

/// The characters that have readings, from the beginning and after each dot or space.
fn parts(name: &str) -> Vec<Vec<char>> {
    let letters: Vec<char> = name.chars().take(NAME_CHARS).map(present).collect();
    let pieces: Vec<&[char]> = letters.split(|letter| !letter.is_alphanumeric()).collect();
    let from = |from| pieces.get(from..).unwrap_or_default().concat();
    (0..pieces.len()).map(from).filter(|part: &Vec<char>| !part.is_empty()).take(PARTS).collect()
}

/// The syllables of each way to read these characters. What has no reading is left out.
fn combined(part: &[char]) -> Vec<Vec<String>> {
    let mut ways: Vec<Vec<String>> = vec![Vec::new()];
    for (at, letter) in part.iter().enumerate() {
        let mut syllables = syllables(*letter);
        if at >= MANY_READINGS {
            syllables.truncate(1);
        }
        if syllables.is_empty() {
            continue;
        }
        let longer = ways.iter().flat_map(|way| {
            syllables.iter().map(|syllable| {
                let mut way = way.clone();
                way.push(syllable.clone());
                way
            })
        });
        ways = longer.take(READINGS).collect();
    }
    ways
}

/// All readings of a character without tones, the commonest first; ü as v, and as people write it in passports. A Latin letter
/// is read as itself.
fn syllables(letter: char) -> Vec<String> {
    if !matches!(letter, '\u{4E00}'..='\u{9FFF}') {
        let mut folded = String::new();
        letters::fold([letter], |part| folded.push(part));
        if !folded.is_empty() && folded.chars().all(|part| part.is_ascii_alphanumeric()) {
            return vec![folded];
        }
    }
    let mut found: Vec<String> = Vec::new();
    for reading in letters::simplified(letter).to_pinyin_multi().into_iter().flatten() {
        let reading = reading.plain().replace('ü', "v").replace('ê', "e");
        let written = reading.contains('v').then(|| reading.replace('v', "u"));
        for reading in [Some(reading), written].into_iter().flatten() {
            if !found.contains(&reading) {
                found.push(reading);
            }
        }
    }
    found
}
