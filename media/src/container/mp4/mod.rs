//! The boxes of MP4 (ISO/IEC 14496-12): recorded files are read ([`read`]), their samples gathered ([`table`]) and written as one
//! file's head ([`write`]); [`sound`] describes a track of AAC; [`boxes`] looks into what the muxer gives.

pub(crate) mod boxes;
mod fields;
pub(crate) mod read;
pub(crate) mod sound;
pub(crate) mod table;
#[cfg(test)]
mod tests;
pub(crate) mod write;
