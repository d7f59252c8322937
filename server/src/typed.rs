//! Text that was pasted, read as it was meant: numbers, keys, codes, and the edges of names and passwords.
//!
//! What is copied brings things along that nobody sees: direction marks of an address book, a zero-width space of a chat,
//! the byte order mark of a file, spaces and dashes of all kinds, full-width digits of a Chinese keyboard. Numbers, keys and
//! codes have an alphabet of their own, so everything else can go. Names and passwords are people's own: of a name only what
//! says nothing goes (see `routes::text`), of a password only what stands around it, and never a character inside.

/// Letters and digits of a stream key: none that look alike, and no capitals (see [`stream_key`]).
pub(crate) const KEY_ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// Characters of a stream key.
pub(crate) const KEY_CHARS: usize = 26;

/// A mark that cannot be seen and says nothing in a number, a key or a code.
fn is_invisible(c: char) -> bool {
    is_edge_mark(c)
        || (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180E}' | '\u{202E}' | '\u{FE00}'..='\u{FE0F}')
        || matches!(c, '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// What copying leaves around a text: soft hyphens, zero-width characters, direction marks, the byte order mark. Not the
/// override U+202E, which deceives and is refused where it matters, and not the variation selectors, which belong to emoji.
fn is_edge_mark(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202D}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// A character that takes room without being seen, anywhere in a name: nobody types one and two names must not differ by it.
/// The joiners of emoji and Persian (U+200C, U+200D) are letters' business and stay.
pub fn is_stray(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

/// What must stand in no text that others read: control characters, overrides of the writing direction (with which a name can
/// show as another), line separators, and what is no character at all.
pub fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{E0000}'..='\u{E007F}' | '\u{FFF9}'..='\u{FFFB}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Without white space and the marks of copying before and after it; nothing inside is touched.
pub fn trimmed(typed: &str) -> &str {
    typed.trim_matches(|c: char| c.is_whitespace() || is_edge_mark(c))
}

/// In plain characters: invisible marks dropped, every space a space, every dash `-`, every quotation mark `"`, full-width
/// characters and digits of other scripts as in ASCII.
fn plain(typed: &str) -> String {
    typed.chars().filter(|&c| !is_invisible(c)).map(plain_char).collect()
}

/// Quotation marks and brackets that a text is quoted with.
const QUOTATION: &str = "'`´‘’‚‛“”„‟′″‵‶«»‹›「」『』【】《》〈〉";

fn plain_char(c: char) -> char {
    let digit = |zero: u32| char::from_digit((u32::from(c) - zero) % 10, 10).unwrap_or(c);
    match c {
        '\u{2800}' | '\u{3164}' | '\u{FFA0}' => ' ',
        c if c.is_whitespace() => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{0660}'..='\u{0669}' => digit(0x0660),
        '\u{06F0}'..='\u{06F9}' => digit(0x06F0),
        '\u{1D7CE}'..='\u{1D7FF}' => digit(0x1D7CE),
        '\u{058A}'
        | '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{207B}'
        | '\u{2212}'
        | '\u{2E3A}'
        | '\u{2E3B}'
        | '\u{30FC}'
        | '\u{FE58}'
        | '\u{FE63}'
        | '\u{FF70}' => '-',
        c if QUOTATION.contains(c) => '"',
        '·' | '•' | '・' | '。' | '\u{FF61}' | '\u{2024}' | '\u{2027}' => '.',
        c => c,
    }
}

/// A telephone number's digits, and whether it began with `+` or the international prefix 00. `None`: something else is in it.
pub(crate) fn phone_digits(typed: &str) -> Option<(bool, String)> {
    let plain = plain(typed);
    let number = plain.trim().trim_matches('"');
    // A number that was a link.
    let number =
        number.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:")).map_or(number, |_| &number[4..]);
    let mut digits = String::with_capacity(16);
    let mut plus = false;
    for c in number.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() && !plus => plus = true,
            ' ' | '-' | '.' | '/' | '(' | ')' | '[' | ']' => {}
            _ => return None,
        }
    }
    if let Some(abroad) = digits.strip_prefix("00") {
        digits = abroad.to_owned();
        plus = true;
    }
    Some((plus, digits))
}

/// Longest text in which a stream key is looked for, in bytes: as long as what media lets through.
const KEY_TEXT_BYTES: usize = 1024;

/// A stream key as it was meant, however it came: percent-encoded, in quotation marks, with its label or the whole address
/// around it, broken over two lines, begun with a capital by a phone's keyboard. What has no key in it comes back in plain
/// characters and opens nothing.
pub fn stream_key(typed: &str) -> String {
    if typed.len() > KEY_TEXT_BYTES {
        return String::new();
    }
    let text = plain(&percent_decoded(typed)).to_ascii_lowercase();
    let is_key =
        |word: &&str| word.len() == KEY_CHARS && word.bytes().all(|byte| KEY_ALPHABET.contains(&byte));
    let found =
        |text: &str| text.rsplit(|c: char| !c.is_ascii_alphanumeric()).find(is_key).map(str::to_owned);
    let solid: String = text.chars().filter(|c| !matches!(c, ' ' | '"' | '-')).collect();
    found(&text).or_else(|| found(&solid)).unwrap_or(solid)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped =
            after.first_chunk::<2>().filter(|hex| byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let value = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(value.unwrap_or(byte));
        rest = if value.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// A code of letters, digits, `-` and `_` (that of the set-up link): everything else around and in it goes.
pub fn code(typed: &str) -> String {
    plain(typed).chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// A number in somebody's books, such as a 成员编号: in plain characters, without what stands around it.
pub fn number(typed: &str) -> String {
    plain(typed).trim().to_owned()
}

/// What is looked for: without marks that cannot be seen.
pub fn query(typed: &str) -> String {
    trimmed(typed).chars().filter(|&c| !is_stray(c)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "abcdefghjkmnpqrstuvwxyz234";

    #[test]
    fn a_stream_key_is_found_however_it_was_copied() {
        for typed in [
            KEY.to_owned(),
            format!(" {KEY}\r\n"),
            format!("\u{200B}{KEY}\u{FEFF}"),
            format!("\u{202A}{KEY}\u{202C}"),
            format!("\u{2068}{KEY}\u{2069}"),
            "abcdefghjkmn\u{00AD}pqrstuvwxyz234".to_owned(),
            "abcdefghjkmn\n pqrstuvwxyz234".to_owned(),
            "abcdefghjkmn\u{2011}pqrstuvwxyz234".to_owned(),
            format!("\u{3000}{KEY}\u{A0}\u{202F}"),
            format!("\"{KEY}\""),
            format!("“{KEY}”"),
            format!("「{KEY}」"),
            format!("<{KEY}>"),
            format!("%20{KEY}%0A"),
            format!("%E2%80%8B{KEY}%EF%BB%BF"),
            format!("%22{KEY}%22"),
            format!("推流码：{KEY}。"),
            format!("key: {KEY},"),
            format!("Bearer {KEY}"),
            format!("rtmp://yunke.example.cn/live/{KEY}?psk=1"),
            format!("srt://yunke.example.cn:8890?streamid={KEY}&latency=400"),
            format!("streamid=#!::r={KEY},m=publish"),
            "Abcdefghjkmnpqrstuvwxyz234".to_owned(),
            "ａｂｃｄｅｆｇｈｊｋｍｎｐｑｒｓｔｕｖｗｘｙｚ２３４".to_owned(),
        ] {
            assert_eq!(stream_key(&typed), KEY, "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_key_stays_none() {
        for wrong in ["", "%", "%zz", "live", &KEY[1..], &format!("{KEY}5"), "钥匙"] {
            assert_ne!(stream_key(wrong), KEY, "{wrong}");
        }
        assert_eq!(stream_key(&format!("{}{KEY}", " ".repeat(KEY_TEXT_BYTES))), "");
    }

    #[test]
    fn a_code_keeps_its_alphabet() {
        for typed in ["a-B_9", " a-B_9\n", "\u{200B}a\u{2011}B_9\u{2069}", "“a-B_9”", "a－B＿９。", "<a-B_9>"]
        {
            assert_eq!(code(typed), "a-B_9", "{typed:?}");
        }
    }

    #[test]
    fn edges_go_and_what_is_inside_stays() {
        for (typed, meant) in [
            ("pass word", "pass word"),
            (" pass\u{A0}word\n", "pass\u{A0}word"),
            ("\u{202D}密码\u{200B}1\u{202C}", "密码\u{200B}1"),
            ("\u{FEFF}\u{3000}x", "x"),
            ("❤\u{FE0F}", "❤\u{FE0F}"),
            ("\u{202E}x", "\u{202E}x"),
            (" ", ""),
        ] {
            assert_eq!(trimmed(typed), meant, "{typed:?}");
        }
        assert_eq!(query("\u{2068}王\u{200B}小明\u{2069} "), "王小明");
        assert_eq!(number(" Ｎｏ．１２\u{2011}3\u{200E}"), "No.12-3");
    }

    proptest! {
        #[test]
        fn nothing_typed_breaks_it(typed in any::<String>()) {
            let _ = (phone_digits(&typed), stream_key(&typed), code(&typed), trimmed(&typed), query(&typed));
        }
    }
}
