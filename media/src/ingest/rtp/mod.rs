//! From RTP packets to access units: order, H.264 pictures, one clock for picture and sound, and Opus made into AAC.
//!
//! Everything but [`transcode`] is pure: the time of arrival is given. Nothing here knows where packets come from.

pub mod clock;
pub mod drift;
pub mod h264;
pub mod keys;
pub mod missing;
pub mod receiver;
pub mod reorder;
pub mod transcode;
pub mod trip;

#[cfg(test)]
mod line_tests;
