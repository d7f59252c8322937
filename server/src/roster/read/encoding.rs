//! The encoding of a text file: its mark, else strictly UTF-8, else strictly GB18030 that reads as Chinese. Nothing else is
//! guessed: a wrong guess stores plausible nonsense. Whoever knows better may say which it is.

use encoding_rs::{BIG5, DecoderResult, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use yunke_catalogue::coding::chinese;
use yunke_domain::text_enum;

use super::Refusal;

text_enum! {
    /// An encoding of text.
    Encoding {
        /// UTF-8.
        Utf8 = "utf-8",
        /// GB18030, with GBK and GB 2312 in it.
        Gb18030 = "gb18030",
        /// Big5, of Hong Kong and Taiwan; never found out.
        Big5 = "big5",
        /// "Unicode text" of Excel.
        Utf16Le = "utf-16le",
        /// The same with the other half first.
        Utf16Be = "utf-16be",
    }
}

/// A text, or the byte at which it cannot be read.
pub(super) enum Decoded {
    Text(String, Encoding),
    /// Not readable from this byte on, in what it most likely is.
    Fails(usize),
    /// It decodes, into what nobody writes.
    Unknown,
}

/// Decodes a file.
pub(super) fn decode(bytes: &[u8], wanted: Option<Encoding>) -> Decoded {
    let (marked, rest) = mark(bytes);
    let skipped = bytes.len() - rest.len();
    match wanted.or(marked) {
        Some(encoding) => match strictly(rest, encoding) {
            Ok(text) if text.contains('\0') => Decoded::Unknown,
            Ok(text) => Decoded::Text(text, encoding),
            Err(at) => Decoded::Fails(at + skipped),
        },
        None => found(bytes),
    }
}

/// The row a byte is in, as a spreadsheet counts rows: line ends inside quotation marks are none.
pub(super) fn row_of(bytes: &[u8], at: usize) -> usize {
    let (mut row, mut quoted) = (1, false);
    for byte in &bytes[..at.min(bytes.len())] {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => row += 1,
            _ => {}
        }
    }
    row
}

fn found(bytes: &[u8]) -> Decoded {
    let until = match std::str::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => return Decoded::Unknown,
        Ok(text) => return Decoded::Text(text.to_owned(), Encoding::Utf8),
        Err(error) => error.valid_up_to(),
    };
    if is_damaged_utf8(bytes) {
        return Decoded::Fails(until);
    }
    match chinese(bytes) {
        Ok(text) => Decoded::Text(text, Encoding::Gb18030),
        Err(Some(at)) => Decoded::Fails(at),
        Err(None) => Decoded::Unknown,
    }
}

/// UTF-8 in which something was lost: in no other encoding do letters of three bytes stand beside each other.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut wide, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        wide += chunk.valid().chars().filter(|letter| u32::from(*letter) >= 0x800).count();
        bad += chunk.invalid().len();
    }
    wide > bad * 2
}

fn mark(bytes: &[u8]) -> (Option<Encoding>, &[u8]) {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (Some(Encoding::Utf8), rest),
        [0xFF, 0xFE, rest @ ..] => (Some(Encoding::Utf16Le), rest),
        [0xFE, 0xFF, rest @ ..] => (Some(Encoding::Utf16Be), rest),
        _ => (None, bytes),
    }
}

fn strictly(bytes: &[u8], encoding: Encoding) -> Result<String, usize> {
    let coding = match encoding {
        Encoding::Utf8 => UTF_8,
        Encoding::Gb18030 => GB18030,
        Encoding::Big5 => BIG5,
        Encoding::Utf16Le => UTF_16LE,
        Encoding::Utf16Be => UTF_16BE,
    };
    let mut decoder = coding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0);
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        (DecoderResult::Malformed(bad, after), read) => {
            Err(read.saturating_sub(usize::from(bad) + usize::from(after)))
        }
        (DecoderResult::OutputFull, read) => Err(read),
    }
}

impl Decoded {
    /// The text, or why there is none.
    pub(super) fn or_refused(self, bytes: &[u8]) -> Result<(String, Encoding), Refusal> {
        match self {
            Self::Text(text, encoding) => Ok((text, encoding)),
            Self::Fails(at) => Err(Refusal::in_row("encoding_damaged", row_of(bytes, at))),
            Self::Unknown => Err(Refusal::new("encoding_unknown")),
        }
    }
}
