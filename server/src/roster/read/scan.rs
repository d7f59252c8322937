//! Tags of XML as they stream by, without a tree and in bounded memory: enough to see which rows are hidden and what the sheets
//! are called. Values are read by the spreadsheet reader, after this.

use super::Refusal;

/// Bytes between two angle brackets at most: a cell has 32,767 characters.
const PIECE_BYTES: usize = 1 << 20;

/// Finds the tags in a stream of bytes.
#[derive(Default)]
pub(super) struct Tags {
    /// What is inside the angle brackets so far.
    tag: Option<Vec<u8>>,
    /// Bytes of text since the last tag.
    text: usize,
}

impl Tags {
    /// Takes the next bytes; `found` gets what is between `<` and `>`.
    pub(super) fn take(&mut self, bytes: &[u8], found: &mut dyn FnMut(Tag<'_>)) -> Result<(), Refusal> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let wanted = if self.tag.is_some() { b'>' } else { b'<' };
            let until = rest.iter().position(|byte| *byte == wanted);
            let (piece, after) =
                until.map_or((rest, &rest[rest.len()..]), |at| (&rest[..at], &rest[at + 1..]));
            rest = after;
            if let Some(tag) = &mut self.tag {
                tag.extend_from_slice(piece);
                if tag.len() > PIECE_BYTES {
                    return Err(Refusal::broken());
                }
                if until.is_some() {
                    found(Tag(tag));
                    self.tag = None;
                    self.text = 0;
                }
            } else {
                self.text += piece.len();
                if self.text > PIECE_BYTES {
                    return Err(Refusal::broken());
                }
                if until.is_some() {
                    self.tag = Some(Vec::new());
                }
            }
        }
        Ok(())
    }
}

/// What is between `<` and `>`.
#[derive(Clone, Copy)]
pub(super) struct Tag<'a>(&'a [u8]);

impl Tag<'_> {
    /// Its name without the prefix of a namespace; none: an end, a comment, an instruction.
    pub(super) fn name(&self) -> Option<&[u8]> {
        let name = self.0.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next()?;
        let local = name.rsplit(|byte| *byte == b':').next()?;
        let begins = local.first().is_some_and(u8::is_ascii_alphabetic);
        begins.then_some(local)
    }

    /// The value of an attribute by its whole name.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let text = std::str::from_utf8(self.0).ok()?;
        let mut rest = text.split_once(|c: char| c.is_ascii_whitespace())?.1;
        loop {
            let (found, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, after) = after[1..].split_once(quote)?;
            if found.trim() == name {
                return Some(plain(value));
            }
            rest = after;
        }
    }

    /// Whether an attribute says yes.
    pub(super) fn is(&self, name: &str) -> bool {
        self.attribute(name).is_some_and(|value| value == "1" || value == "true")
    }
}

/// With its entities as characters.
fn plain(value: &str) -> String {
    if !value.contains('&') {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    let mut pieces = value.split('&');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let Some((entity, after)) = piece.split_once(';') else {
            text.push('&');
            text.push_str(piece);
            continue;
        };
        let number = |digits: &str, base| u32::from_str_radix(digits, base).ok().and_then(char::from_u32);
        let letter = match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => match entity.strip_prefix('#') {
                Some(code) => {
                    code.strip_prefix(['x', 'X']).map_or_else(|| number(code, 10), |hex| number(hex, 16))
                }
                None => None,
            },
        };
        text.extend(letter);
        text.push_str(after);
    }
    text
}
