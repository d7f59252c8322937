//! Containers: FLV tags and MPEG transport streams to access units, and the boxes of MP4. Pure: bytes in, units or bytes out.
//!
//! What is read comes from strangers, or from a disk that may lie: nothing here panics or trusts a length. Protocols and the
//! store are not known here.

mod error;
pub mod flv;
pub(crate) mod mp4;
pub mod ts;

pub use self::error::ContainerError;
