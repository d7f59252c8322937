//! Percent-encoding for addresses and header fields.

use std::fmt::Write as _;

/// All but what is unreserved in an address (RFC 3986, 2.3), which is plain in RFC 8187, too.
pub(crate) fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
