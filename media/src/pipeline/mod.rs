//! From access units to CMAF parts: timestamps are repaired, parts and segments cut, and GStreamer's `cmafmux` packs them.

mod boxes;
pub mod meter;
pub mod packager;
pub mod repair;
pub mod splitter;
