//! What ties a file to its rows.

use sha2::{Digest as _, Sha256};

/// SHA-256 over headings and rows: their texts, each ended by U+001F, each row by U+001E, in UTF-8.
#[derive(Debug, Clone, Default)]
pub(super) struct RowHash(Sha256);

impl RowHash {
    /// One row more.
    pub(super) fn add<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) {
        for text in texts {
            self.0.update(text.as_ref().as_bytes());
            self.0.update([0x1f]);
        }
        self.0.update([0x1e]);
    }

    /// Of what was added so far.
    pub(super) fn hex(&self) -> String {
        hex(&self.0.clone().finalize())
    }
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
