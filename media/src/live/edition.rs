//! One version of one playlist, as it is sent: rendered once, compressed at most once, shared by all readers.

use std::{io::Write as _, sync::OnceLock};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use super::core::frontier::Frontier;

/// A version of a playlist. The default is the one before there is anything.
#[derive(Debug, Default)]
pub(crate) struct Edition {
    /// How far it reaches.
    pub(crate) frontier: Frontier,
    /// The whole playlist; `None` while there is nothing to show.
    pub(crate) full: Option<Text>,
    /// The delta update, where there is something to skip.
    pub(crate) delta: Option<Text>,
    /// Number of the hinted part.
    pub(crate) next_part: u64,
    /// The stream was replaced by another: look there.
    pub(crate) retired: bool,
}

/// A text and its compressed form.
#[derive(Debug)]
pub(crate) struct Text {
    plain: Bytes,
    gzip: OnceLock<Bytes>,
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { plain: Bytes::from(text), gzip: OnceLock::new() }
    }
}

impl Text {
    /// As it is.
    pub(crate) fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    /// Compressed by the first reader who asks; the others take what that one made.
    pub(crate) fn gzip(&self) -> Bytes {
        self.gzip.get_or_init(|| gzip(&self.plain)).clone()
    }
}

fn gzip(plain: &[u8]) -> Bytes {
    // The text repeats itself so much that a higher level gains a few bytes for twice the time.
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::new(4));
    let written = encoder.write_all(plain).and_then(|()| encoder.finish());
    Bytes::from(written.expect("writing to memory does not fail"))
}
