//! Resumable uploads: files that come in pieces over lines that break.
//!
//! [`Parts`] keeps what has arrived on this machine's disk and says what still has room; [`tus`] speaks the protocol of pages
//! (tus 1.0) over it. What a file is for, and who may send it, is its owner's business: the fills of a recording and the
//! versions of the library.

mod error;
mod parts;
pub(crate) mod tus;

pub(crate) use self::{
    error::UploadError,
    parts::{Owner, Parts, Turn},
};
