//! Text of unknown coding in tags. Each piece is looked at by itself: GBK, Latin-1, UTF-16 and UTF-8 stand in one file.

use encoding_rs::GB18030;

/// Longest text that is kept of a tag: lyrics of hours.
pub(super) const LONGEST_CHARS: usize = 100_000;

/// What was read as Latin-1 (ID3's coding 0, which writers put before whatever their computer had) as what it really is: UTF-8
/// if it is strictly valid, else GB18030 if it is and gives Chinese, else what it is.
pub(super) fn repaired(text: &str) -> String {
    // Bytes of a longer character may look like a space of Latin-1: `章` ends with one.
    let text: String = text
        .trim_matches(|c: char| c == '\0' || c.is_ascii_whitespace())
        .chars()
        .take(LONGEST_CHARS)
        .collect();
    let latin: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let Some(bytes) = latin.filter(|bytes| !bytes.is_ascii()) else { return plain(&text) };
    if let Ok(utf8) = std::str::from_utf8(&bytes) {
        return plain(utf8);
    }
    let chinese = GB18030.decode_without_bom_handling_and_without_replacement(&bytes);
    match chinese.filter(|chinese| is_chinese(chinese)) {
        Some(chinese) => plain(&chinese),
        None => plain(&text),
    }
}

/// Most of what is not ASCII is common Han or its punctuation. Latin-1 that happens to be valid GBK gives rare characters
/// between Latin letters.
fn is_chinese(text: &str) -> bool {
    let (mut han, mut other) = (0_usize, 0_usize);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        match c {
            '\u{4e00}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}' => han += 1,
            '\u{2010}'..='\u{2026}' | '·' => {}
            _ => other += 1,
        }
    }
    // `é` and the letter behind it are one character of GBK: single ones between letters are no Chinese.
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    han > other && (han >= 2 || letters == 0) && letters < 8 * han.max(1)
}

/// Without control characters, but for the ends of lines.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !c.is_control())
        .filter(|c| *c != '\u{feff}' && *c != '\u{fffd}')
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a reader of Latin-1 sees these bytes.
    fn latin(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| char::from(*byte)).collect()
    }

    #[test]
    fn each_piece_of_text_becomes_what_its_writer_saw() {
        let (gbk, _, _) = GB18030.encode("第一讲 党的光辉历程");
        assert_eq!(repaired(&latin(&gbk)), "第一讲 党的光辉历程");
        let (gbk, _, _) = GB18030.encode("01 中国");
        assert_eq!(repaired(&latin(&gbk)), "01 中国");
        assert_eq!(repaired(&latin("第二讲".as_bytes())), "第二讲");
        assert_eq!(repaired(&latin("第一章".as_bytes())), "第一章", "its last byte is a space of Latin-1");
        assert_eq!(repaired("第三讲"), "第三讲", "it was UTF-16");
        assert_eq!(repaired(&latin(b"Caf\xe9 cr\xe8me")), "Café crème");
        assert_eq!(repaired(&latin(b"\xc9tude n\xb0 1")), "Étude n° 1");
        assert_eq!(repaired("plain\0\0 "), "plain");
        assert_eq!(repaired("a\u{7}b\r\nc"), "ab\nc");
    }
}
