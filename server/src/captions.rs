//! Captions as people upload them, `WebVTT` or `SubRip`, read into cues and written anew as `WebVTT`. Pure.
//!
//! Of an upload only times and plain text are kept: no styles, no positions, no markup, so that what is served can
//! neither cover the picture nor fetch anything. Positions are those of the lesson's timeline.

use std::{borrow::Cow, fmt::Write as _};

use yunke_store::LessonMillis;

/// Largest upload, in bytes.
pub const CAPTIONS_BYTES: usize = 2 << 20;

/// Cues at most: one a second for five hours.
const CUES_MAX: usize = 18_000;

/// Longest text of a cue, in characters; what is longer is a text and no caption.
const CUE_CHARS: usize = 500;

/// Bytes of a cue with its markup; what is longer is not looked at.
const CUE_BYTES: usize = 16 * CUE_CHARS;

/// A caption: when, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// First millisecond it shows.
    pub from_ms: LessonMillis,
    /// First millisecond it shows no more.
    pub to_ms: LessonMillis,
    /// One or more lines of plain text.
    pub text: String,
}

/// Why captions cannot be taken. Lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaptionsError {
    /// Neither UTF-8 nor UTF-16 with a mark; Chinese files of older programs are GBK.
    #[error("the file is not UTF-8 (perhaps it is GBK): save it as UTF-8 and send it again")]
    NotUtf8,
    /// No arrow in it.
    #[error("there is no caption in the file: it is neither WebVTT nor SRT")]
    Empty,
    /// A line with an arrow and no times around it.
    #[error("line {0} should say from when to when, such as 00:01:02.500 --> 00:01:04.000")]
    Time(usize),
    /// It ends before it begins.
    #[error("the caption of line {0} ends before it begins")]
    Reversed(usize),
    /// Too long a text.
    #[error("the caption of line {0} has more than 500 characters")]
    TooLong(usize),
    /// Too many cues.
    #[error("there are more than 18000 captions in the file")]
    TooMany,
}

impl CaptionsError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotUtf8 => "captions_not_utf8",
            Self::Empty => "captions_empty",
            Self::Time(_) => "captions_time",
            Self::Reversed(_) => "captions_reversed",
            Self::TooLong(_) => "captions_long",
            Self::TooMany => "captions_too_many",
        }
    }

    /// The line it is about.
    pub fn line(self) -> Option<usize> {
        match self {
            Self::Time(line) | Self::Reversed(line) | Self::TooLong(line) => Some(line),
            _ => None,
        }
    }
}

/// Reads either format, in order of time. What is no cue (notes, styles, regions, numbers) is passed over.
pub fn read(bytes: &[u8]) -> Result<Vec<Cue>, CaptionsError> {
    let text = decode(bytes)?;
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_end())).peekable();
    let mut cues = Vec::new();
    while let Some((at, line)) = lines.next() {
        let Some((from, to)) = line.split_once("-->") else { continue };
        let from_ms = time(from).ok_or(CaptionsError::Time(at))?;
        // WebVTT has settings behind the end.
        let end = to.split_whitespace().next().unwrap_or_default();
        let to_ms = time(end).ok_or(CaptionsError::Time(at))?;
        if to_ms <= from_ms {
            return Err(CaptionsError::Reversed(at));
        }
        let mut said: Vec<String> = Vec::new();
        let mut bytes = 0;
        while let Some((_, line)) =
            lines.next_if(|(_, line)| !line.trim().is_empty() && !line.contains("-->"))
        {
            bytes += line.len();
            if bytes > CUE_BYTES {
                return Err(CaptionsError::TooLong(at));
            }
            said.push(plain(line));
        }
        let text = said.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        if text.chars().count() > CUE_CHARS {
            return Err(CaptionsError::TooLong(at));
        }
        if text.is_empty() {
            continue;
        }
        if cues.len() == CUES_MAX {
            return Err(CaptionsError::TooMany);
        }
        cues.push(Cue { from_ms, to_ms, text });
    }
    if cues.is_empty() {
        return Err(CaptionsError::Empty);
    }
    cues.sort_by_key(|cue| (cue.from_ms, cue.to_ms));
    Ok(cues)
}

/// Writes cues as `WebVTT`; [`read`] reads it back as it was.
pub fn write(cues: &[Cue]) -> String {
    let mut out = String::with_capacity(cues.len() * 64 + 16);
    out.push_str("WEBVTT\n");
    for cue in cues {
        let text = cue.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        // Writing to a string cannot fail.
        let _ = write!(out, "\n{} --> {}\n{text}\n", Clock(cue.from_ms), Clock(cue.to_ms));
    }
    out
}

/// What of the cues lies in `[from_ms, to_ms)`, cut at its edges.
pub fn within(cues: Vec<Cue>, from_ms: LessonMillis, to_ms: LessonMillis) -> Vec<Cue> {
    cues.into_iter()
        .filter(|cue| cue.to_ms > from_ms && cue.from_ms < to_ms)
        .map(|cue| Cue { from_ms: cue.from_ms.max(from_ms), to_ms: cue.to_ms.min(to_ms), ..cue })
        .collect()
}

/// UTF-8 with or without its mark, or UTF-16 with one, as Windows editors save "Unicode".
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, CaptionsError> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, odd) = rest.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().copied().map(unit).collect();
        let text = String::from_utf16(&units).map_err(|_| CaptionsError::NotUtf8)?;
        if odd.is_empty() { Ok(Cow::Owned(text)) } else { Err(CaptionsError::NotUtf8) }
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => {
            std::str::from_utf8(rest).map(Cow::Borrowed).map_err(|_| CaptionsError::NotUtf8)
        }
        rest => std::str::from_utf8(rest).map(Cow::Borrowed).map_err(|_| CaptionsError::NotUtf8),
    }
}

/// `[h…:]mm:ss.mmm`, in `SubRip` with a comma; at most 999 hours.
fn time(text: &str) -> Option<LessonMillis> {
    let (clock, millis) = text.trim().split_once(['.', ','])?;
    let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        let whole = lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        whole.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let mut parts = clock.rsplit(':');
    let seconds = number(parts.next()?, 2..=2).filter(|n| *n < 60)?;
    let minutes = number(parts.next()?, 2..=2).filter(|n| *n < 60)?;
    let hours = parts.next().map_or(Some(0), |hours| number(hours, 1..=3))?;
    if parts.next().is_some() {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + number(millis, 3..=3)?)
}

/// A line without markup (`<b>`, `<c.red>`, `{\an8}`), control characters and characters that turn the writing around.
fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.trim();
    while let Some(at) = rest.find(['<', '{']) {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let close = if tag.starts_with('<') { '>' } else { '}' };
        let marks = tag.starts_with("{\\") || tag.starts_with('<');
        rest = if let Some(end) = tag.find(close).filter(|_| marks) {
            &tag[end + 1..]
        } else {
            // A lone one is a character like any other.
            out.push_str(&tag[..1]);
            &tag[1..]
        };
    }
    out.push_str(rest);
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&lrm;", ""), ("&rlm;", ""), ("&amp;", "&")];
    let text = named.iter().fold(out, |text, (name, is)| text.replace(name, is));
    let refused = |c: char| {
        c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    let text: String = text.chars().filter(|c| !refused(*c)).collect();
    // An arrow would begin a cue, and what is left after taking marks away could be one, or another mark.
    let mut brace = false;
    let text: String = (text.replace("-->", "→").chars())
        .filter(|c| {
            let mark = brace && *c == '\\';
            brace = *c == '{' || mark;
            !mark
        })
        .collect();
    text.trim().to_owned()
}

/// `hh:mm:ss.mmm`
struct Clock(LessonMillis);

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, millis) = (self.0 / 1000, self.0 % 1000);
        write!(f, "{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cue(from_ms: i64, to_ms: i64, text: &str) -> Cue {
        Cue { from_ms, to_ms, text: text.to_owned() }
    }

    #[test]
    fn a_webvtt_file_with_all_it_may_have() {
        let file = "WEBVTT - 第一课\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE\n说明\n\n\
                    intro\n00:01.000 --> 00:02.500 align:start position:0%\n<v 张老师>大家<b>好</b>\n&lt;第一行&gt;\n\n\
                    01:00:00.000 --> 01:00:01.000\n5 < 6 {x}\n";
        let cues = read(file.as_bytes()).expect("captions");
        assert_eq!(cues, [cue(1_000, 2_500, "大家好\n<第一行>"), cue(3_600_000, 3_601_000, "5 < 6 {x}")]);
    }

    #[test]
    fn a_subrip_file_of_windows() {
        let file = "\u{FEFF}2\r\n00:00:03,000 --> 00:00:04,000\r\n{\\an8}后\r\n\r\n1\r\n0:00:01,000 --> 00:00:02,000\r\n<i>先</i>\r\n第二行\r\n";
        let expected = [cue(1_000, 2_000, "先\n第二行"), cue(3_000, 4_000, "后")];
        assert_eq!(read(file.as_bytes()).expect("captions"), expected);
        let wide: Vec<u8> = file.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&wide).expect("captions"), expected, "the mark of UTF-16 is the first character");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error = |text: &str| read(text.as_bytes()).expect_err("refused");
        assert_eq!(error(""), CaptionsError::Empty);
        assert_eq!(error("WEBVTT\n\n只有字"), CaptionsError::Empty);
        assert_eq!(error("1\n00:00:01,000 --> 永远\n字"), CaptionsError::Time(2));
        assert_eq!(error("1\n00:61:01,000 --> 01:62:01,000\n字"), CaptionsError::Time(2));
        assert_eq!(error("00:02.000 --> 00:02.000\n字"), CaptionsError::Reversed(1));
        assert_eq!(
            error(&format!("00:02.000 --> 00:03.000\n{}", "长".repeat(501))),
            CaptionsError::TooLong(1)
        );
        // Bounded before it is looked at: each of these would be searched to its end.
        for mark in ["<", "{\\"] {
            assert_eq!(
                error(&format!("00:02.000 --> 00:03.000\n{}", mark.repeat(1_000_000))),
                CaptionsError::TooLong(1)
            );
        }
        assert_eq!(error("99999:00:00.000 --> 99999:00:01.000\nx"), CaptionsError::Time(1));
        let many = "00:02.000 --> 00:03.000\nx\n\n".repeat(CUES_MAX + 1);
        assert_eq!(error(&many), CaptionsError::TooMany);
        // 你好 in GBK.
        assert_eq!(read(b"00:02.000 --> 00:03.000\n\xc4\xe3\xba\xc3"), Err(CaptionsError::NotUtf8));
        assert_eq!(read(&[0xff, 0xfe, 0x31]), Err(CaptionsError::NotUtf8));
    }

    #[test]
    fn captions_are_cut_as_the_replay_is() {
        let cues =
            vec![cue(0, 1_000, "a"), cue(500, 2_000, "b"), cue(1_500, 4_000, "c"), cue(3_000, 4_000, "d")];
        let cut = within(cues, 1_000, 3_000);
        assert_eq!(cut, [cue(1_000, 2_000, "b"), cue(1_500, 3_000, "c")]);
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_so_that_it_reads_the_same(text in "(?s).{0,400}") {
            for file in [text.clone(), format!("WEBVTT\n\n00:01.000 --> 00:02.000\n{text}")] {
                if let Ok(cues) = read(file.as_bytes()) {
                    let written = write(&cues);
                    prop_assert_eq!(read(written.as_bytes()).expect("our own"), cues, "{}", written);
                }
            }
        }

        #[test]
        fn no_bytes_make_it_fail_otherwise(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes);
        }

        #[test]
        fn times_come_back(from in 0_i64..3_590_000_000, ms in 1_i64..100_000) {
            let cues = [cue(from, from + ms, "字")];
            prop_assert_eq!(read(write(&cues).as_bytes()).expect("our own"), cues);
        }
    }
}
