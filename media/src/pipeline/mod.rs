//! From access units to CMAF parts: timestamps are repaired, parts and segments cut, and GStreamer's `cmafmux` packs them.

pub mod align;
pub mod composition;
pub mod filler;
pub mod meter;
pub mod packager;
pub mod recode;
pub mod repair;
pub mod splitter;
mod still;
mod tempo;
