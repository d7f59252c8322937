//! The coding of a text that does not name it: a byte order mark, else UTF-8, else GB18030, which holds GBK and GB2312. Only
//! what decodes without a single error counts; nothing is guessed from frequencies of letters.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, GB18030};

/// The text is in no coding we know, or damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is neither UTF-8 nor GBK: save the file as UTF-8 and send it again")]
pub struct UnknownCoding {
    /// The first line that cannot be read, counted from 1.
    pub line: usize,
}

/// Decodes a text of any of the codings that Chinese programs write.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, UnknownCoding> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let text: Result<String, _> = char::decode_utf16(pairs.iter().copied().map(unit)).collect();
        let text = text.ok().filter(|_| odd.is_empty()).map(Cow::Owned);
        text.ok_or(UnknownCoding { line: 1 })
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes)?,
        _ => narrow(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?,
    };
    // UTF-16 without a mark is valid UTF-8 in part, and a picture may be.
    match text.find('\0') {
        Some(at) => Err(UnknownCoding { line: line(text[..at].as_bytes()) }),
        None => Ok(text),
    }
}

fn narrow(bytes: &[u8]) -> Result<Cow<'_, str>, UnknownCoding> {
    let until = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(error) => error.valid_up_to(),
    };
    match gb18030(bytes) {
        Ok((text, chinese)) if chinese.is_plausible() => Ok(Cow::Owned(text)),
        // Named is the line at which the better of the two failed.
        Ok(_) => Err(UnknownCoding { line: line(&bytes[..until]) }),
        Err(at) => Err(UnknownCoding { line: line(&bytes[..at.max(until)]) }),
    }
}

/// Text in GB18030 that reads as Chinese. `Err`: the first byte that cannot be read, or `None` where all can but nobody writes so.
pub fn chinese(bytes: &[u8]) -> Result<String, Option<usize>> {
    match gb18030(bytes) {
        Ok((text, chinese)) if chinese.is_plausible() => Ok(text),
        Ok(_) | Err(0) => Err(None),
        Err(at) => Err(Some(at)),
    }
}

fn line(before: &[u8]) -> usize {
    1 + before.split(|byte| *byte == b'\n').count().saturating_sub(1)
}

/// How Chinese a text in GB18030 is: Latin text with accents decodes as well, into characters nobody uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Chinese {
    /// Characters of two bytes.
    pub(crate) all: usize,
    /// Those of GB 2312.
    standard: usize,
    /// Those of its first level (the 3,755 of everyday use) and its punctuation.
    common: usize,
    /// The longest row of such characters with nothing between them.
    pub(crate) row: usize,
    /// One of them stands beside a Latin letter.
    pub(crate) touches_latin: bool,
}

impl Chinese {
    /// Two thirds are of the old standard, and half of them common.
    pub(crate) fn is_plausible(self) -> bool {
        self.all > 0 && self.standard * 3 >= self.all * 2 && self.common * 2 >= self.all
    }

    fn count(bytes: &[u8]) -> Self {
        let mut chinese = Self::default();
        let (mut rest, mut row, mut latin) = (bytes, 0, false);
        while let [lead, tail @ ..] = rest {
            rest = match tail {
                _ if *lead < 0x80 => {
                    latin = lead.is_ascii_alphabetic();
                    chinese.touches_latin |= latin && row > 0;
                    row = 0;
                    tail
                }
                // Four bytes: what only GB18030 has.
                [0x30..=0x39, _, _, after @ ..] => after,
                [second, after @ ..] => {
                    chinese.all += 1;
                    chinese.touches_latin |= latin && row == 0;
                    row += 1;
                    chinese.row = chinese.row.max(row);
                    chinese.standard += usize::from(*second >= 0xa1 && *lead >= 0xa1);
                    let common = matches!(lead, 0xb0..=0xd7 | 0xa1..=0xa3);
                    chinese.common += usize::from(*second >= 0xa1 && common);
                    after
                }
                [] => tail,
            };
        }
        chinese
    }
}

/// Strictly decoded, or where it fails. Private characters are a failure: no real text has them.
pub(crate) fn gb18030(bytes: &[u8]) -> Result<(String, Chinese), usize> {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0);
    let mut text = String::with_capacity(room);
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    match result {
        DecoderResult::InputEmpty if text.contains(|letter| matches!(letter, '\u{E000}'..='\u{F8FF}')) => {
            Err(0)
        }
        DecoderResult::InputEmpty => Ok((text, Chinese::count(bytes))),
        DecoderResult::Malformed(bad, after) => {
            Err(read.saturating_sub(usize::from(bad) + usize::from(after)))
        }
        DecoderResult::OutputFull => Err(read),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_come_first_then_utf8_then_gb18030() {
        let text = "第一讲 长征\n朱镕基 𠮷 䶮";
        let gbk = GB18030.encode(text).0.into_owned();
        assert_eq!(decode(&gbk).as_deref(), Ok(text));
        assert_eq!(decode(text.as_bytes()).as_deref(), Ok(text));
        assert_eq!(decode(format!("\u{FEFF}{text}").as_bytes()).as_deref(), Ok(text));
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let wide: Vec<u8> = format!("\u{FEFF}{text}").encode_utf16().flat_map(unit).collect();
            assert_eq!(decode(&wide).as_deref(), Ok(text));
        }
        assert_eq!(decode(b"").as_deref(), Ok(""));
    }

    #[test]
    fn what_is_in_no_coding_is_refused_with_its_line() {
        let refused = |bytes: &[u8]| decode(bytes).map(Cow::into_owned);
        // Latin-1: é before a blank, and ä before ß, which is a character of GBK.
        assert_eq!(refused(b"one\ntwo\ncaf\xe9 au lait"), Err(UnknownCoding { line: 3 }));
        assert_eq!(refused(b"Gef\xe4\xdf"), Err(UnknownCoding { line: 1 }));
        let mut damaged = GB18030.encode("党史\n长征\n延安").0.into_owned();
        damaged.push(0xff);
        assert_eq!(refused(&damaged), Err(UnknownCoding { line: 3 }));
        assert_eq!(refused(b"a\n1\x002\x00"), Err(UnknownCoding { line: 2 }));
        assert_eq!(refused(b"\xff\xfe1"), Err(UnknownCoding { line: 1 }));
        assert_eq!(refused(b"\xff\xfe\x00\xd8"), Err(UnknownCoding { line: 1 }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail_otherwise(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Err(unknown) = decode(&bytes) {
                prop_assert!(unknown.line >= 1 && unknown.line <= bytes.len() + 1);
            }
        }

        #[test]
        fn everyday_chinese_comes_back_from_gbk(text in "[一-龥]{0,9}[党史长征延安精神的是在，。]{20,40}") {
            let gbk = GB18030.encode(&text).0;
            let decoded = decode(&gbk).map(Cow::into_owned);
            prop_assert_eq!(decoded, Ok(text));
        }
    }
}
