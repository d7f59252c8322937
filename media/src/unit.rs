//! Access units: what publishers send once protocols and containers are taken off, and what everything behind them works on.

use bytes::Bytes;

use crate::codec::{AudioConfig, VideoConfig};

/// Picture or sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Track {
    /// H.264.
    Video,
    /// AAC.
    Audio,
}

/// One thing a publisher sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// The picture's format; before its first frame and whenever it changes.
    VideoConfig(VideoConfig),
    /// The sound's format; likewise.
    AudioConfig(AudioConfig),
    /// An access unit.
    Frame(Frame),
    /// The sound as it came, where it was made AAC of: for viewers who take Opus.
    Opus(Opus),
}

/// A packet of Opus (RFC 7587).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opus {
    /// Its time on the clock of the frames, milliseconds, wrapping at 2³².
    pub time_ms: u32,
    /// Its time by the publisher's own count, 48 kHz, not wrapping.
    pub ticks: i64,
    /// The packet.
    pub data: Bytes,
}

/// One access unit, timestamps as the publisher has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Picture or sound.
    pub track: Track,
    /// Decoding time, milliseconds, wrapping at 2³².
    pub dts_ms: u32,
    /// Presentation minus decoding time, milliseconds.
    pub cts_ms: i32,
    /// Decoding can start here.
    pub key: bool,
    /// Length-prefixed NAL units, or one raw AAC frame.
    pub data: Bytes,
}

/// What was left out of what a publisher sends, since it began: for the lecturer, who would not know otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Pictures and pieces of sound that do not add up.
    pub damaged: u64,
    /// Key frames without the parameter sets they need.
    pub without_sets: u64,
    /// Sound before its format.
    pub without_format: u64,
    /// Messages of further tracks or streams beside the first.
    pub further: u64,
    /// Messages that are too large to be read.
    pub oversized: u64,
}
