//! From an uploaded file to what is played, in a process of its own ([`worker`]): C and Rust decode here what anybody may have sent.
//!
//! The file is decoded once and measured ([`measure`]), a second decoder says whether its length is right ([`source`]), a gain is
//! chosen ([`gain`]), it is decoded again and encoded ([`render`]), and what came of it is measured again. Nothing but facts and
//! files comes back; the service decides what becomes of them.

mod attempt;
mod bits;
mod chapters;
mod claims;
mod cover;
mod drm;
mod error;
mod files;
mod gain;
mod limiter;
mod listen;
mod m4a;
mod measure;
mod mix;
mod moov;
mod patience;
mod render;
mod sandbox;
mod sniff;
mod source;
mod tags;
mod text;
mod webm;
pub(super) mod wire;
mod work;
mod worker;

pub use self::worker::work as encode_work;
