//! Characters as old fonts wrote them.

/// The present code point of a character that GBK fonts once had in private use (䶮 as U+E863): they are in the order of the
/// bytes FE 50 to FE A0.
pub(super) fn present(letter: char) -> char {
    let Some(nth) = u32::from(letter).checked_sub(0xE815).filter(|nth| *nth < 80) else { return letter };
    let low = u8::try_from(0x50 + nth + u32::from(nth >= 0x2F)).unwrap_or(u8::MAX);
    let bytes = [0xFE, low];
    let (decoded, ..) = encoding_rs::GB18030.decode(&bytes);
    decoded.chars().next().filter(|found| *found != char::REPLACEMENT_CHARACTER).unwrap_or(letter)
}
