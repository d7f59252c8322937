//! Tags in GBK or UTF-8 whose coding was taken for Latin-1: `µ³Ê·` is 党史. Must never touch a text that may be meant as it
//! is: French, German and names with accents stay.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use crate::coding::gb18030;

/// Characters of a tag that are looked at; a longer one stays as it is.
const TAG_CHARS: usize = 20_000;

/// Chinese characters there must be at least side by side, so that it is no chance.
const CHINESE_MIN: usize = 2;

/// The same where they touch Latin letters, as accents do: JÄÄÄÄR is Estonian.
const TOUCHING_MIN: usize = 3;

/// The text as it was meant, if it was Chinese decoded as Latin-1 or Windows-1252.
pub fn repair(text: &str) -> Cow<'_, str> {
    meant(text).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn meant(text: &str) -> Option<String> {
    if text.is_ascii() || text.len() > 2 * TAG_CHARS {
        return None;
    }
    let bytes = text.chars().map(byte).collect::<Option<Vec<u8>>>()?;
    if let Ok(utf8) = std::str::from_utf8(&bytes) {
        return utf8.contains(is_chinese).then(|| utf8.to_owned());
    }
    let (meant, chinese) = gb18030(&bytes).ok()?;
    let enough = if chinese.touches_latin { TOUCHING_MIN } else { CHINESE_MIN };
    (chinese.row >= enough && chinese.is_plausible() && meant.contains(is_chinese)).then_some(meant)
}

/// The byte a character was decoded from.
fn byte(letter: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(letter) {
        return Some(byte);
    }
    let mut buffer = [0; 4];
    let (bytes, _, unknown) = WINDOWS_1252.encode(letter.encode_utf8(&mut buffer));
    bytes.first().copied().filter(|_| !unknown && bytes.len() == 1)
}

fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}')
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;
    use proptest::prelude::*;

    use super::*;

    fn as_latin1(bytes: &[u8]) -> String {
        bytes.iter().copied().map(char::from).collect()
    }

    #[test]
    fn chinese_taken_for_latin_is_repaired() {
        for meant in [
            "党史",
            "第一讲 长征",
            "01 红船启航（上）",
            "人民的名义",
            "朱镕基讲话",
            "CCTV新闻联播",
            "《红楼梦》·导读",
            "Vol.2 延安精神",
            "5.4运动",
            "A股市场",
        ] {
            let gbk = GB18030.encode(meant).0;
            assert_eq!(repair(&as_latin1(&gbk)), meant, "{meant} as Latin-1");
            assert_eq!(repair(&as_latin1(meant.as_bytes())), meant, "{meant} in UTF-8");
            let (windows, _) = WINDOWS_1252.decode_without_bom_handling(&gbk);
            assert_eq!(repair(&windows), meant, "{meant} as Windows-1252");
        }
        assert_eq!(repair("µ³Ê·"), "党史");
    }

    #[test]
    fn honest_latin_is_left_alone() {
        let honest = [
            "Café",
            "Là-bas",
            "Naïveté",
            "Françoise Hardy",
            "Édith Piaf – Non, je ne regrette rien",
            "L'été indien",
            "Où es-tu ?",
            "Müller",
            "Größe",
            "Gefäß",
            "Straße",
            "Händel: Süße Stille",
            "Björk",
            "Sigur Rós",
            "Ágætis byrjun",
            "Motörhead",
            "Øresund",
            "Ääni",
            "Hääyö",
            "Jäääär",
            "PÄÄSKY",
            "PÄÄTTÄÄ PÄÄSTÄÄ",
            "JÄÄÄÄR",
            "ÀÉ, ÈÀ",
            "Été à la française",
            "Dvořák",
            "Antonín Dvorák",
            "São Paulo",
            "Señor Ñandú",
            "¿Qué?",
            "Œuvres complètes",
            "naïf",
            "© 2021",
            "£5",
            "½",
            "·",
            "€uro",
            "ÄÖÜ äöü",
            "ÀÉ",
            "Über Öl",
            "Þórður",
            "CafÃ©",
            "µ³",
            "",
            "plain",
            "党史",
            "党史 Café",
            "日本語",
            "Français 中文",
        ];
        for text in honest {
            let repaired = repair(text);
            assert!(matches!(repaired, Cow::Borrowed(same) if same == text), "{text} became {repaired}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail_and_a_repaired_one_stays(text in "[\\x00-\\xFF]{0,40}|\\PC{0,40}") {
            let once = repair(&text).into_owned();
            prop_assert_eq!(repair(&once), once.as_str());
        }
    }
}
