//! A file as frames of samples, by one of two decoders: symphonia, in Rust, and GStreamer, for what symphonia cannot read or
//! reads wrongly.

mod form;
pub(super) mod gstreamer;
mod native;
mod wav;

use std::path::Path;

pub(super) use self::{
    form::{Facts, Form, Source},
    native::Written,
};
use super::{error::EncodeError, sniff::Kind};

/// Which decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoder {
    /// symphonia.
    Native,
    /// GStreamer.
    Gst,
}

impl Decoder {
    /// Those for a kind of file, the better one first.
    pub(super) fn of(kind: Kind) -> [Self; 2] {
        if kind.native() { [Self::Native, Self::Gst] } else { [Self::Gst, Self::Native] }
    }

    /// Opens the file.
    pub(super) fn open(self, file: &Path, kind: Kind) -> Result<Box<dyn Source>, EncodeError> {
        Ok(match self {
            Self::Native => Box::new(native::Native::open(file, kind)?),
            Self::Gst => Box::new(gstreamer::Gst::open(file)?),
        })
    }
}

/// Tags, covers and chapters, as far as symphonia can read them.
pub(super) fn written(file: &Path) -> Written {
    native::written(file)
}
