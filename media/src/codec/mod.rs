//! H.264 and AAC as far as a lesson needs them: their configuration records, parameter sets, where decoding can start. Pure.
//!
//! Everything here reads bytes of strangers: it must never panic, never trust a length. It knows neither containers nor
//! protocols; an error says what is wrong with the media and nothing about who is refused.

pub mod aac;
pub(crate) mod assembler;
pub(crate) mod bits;
pub(crate) mod entry;
mod error;
pub mod h264;
pub(crate) mod nal;
pub(crate) mod sets;

pub use self::{aac::AudioConfig, error::CodecError, h264::VideoConfig};
