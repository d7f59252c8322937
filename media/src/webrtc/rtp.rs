//! What arrives and is asked for by RTP and RTCP, as the WebRTC side hands it to whoever reads the media.

use bytes::Bytes;

use crate::unit::Track;

/// One RTP packet (RFC 3550, 5.1), as far as it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Picture or sound.
    pub track: Track,
    /// Grows by one a packet, wrapping.
    pub sequence: u16,
    /// Sampling time in ticks of the track's clock, wrapping.
    pub timestamp: u32,
    /// For pictures: the last packet of one.
    pub marker: bool,
    /// Without padding.
    pub payload: Bytes,
}

/// Packets to ask the sender for again, by their sequence numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// Of which track.
    pub track: Track,
    /// Rising, wrapping.
    pub sequences: Vec<u16>,
}

/// What a sender report (RFC 3550, 6.4.1) says about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Whose.
    pub track: Track,
    /// The sender's wall clock, microseconds since its epoch.
    pub wall_us: i64,
    /// The same instant in ticks.
    pub timestamp: u32,
}

/// Ticks a second: 90 kHz for pictures, 48 kHz for Opus.
pub fn clock_rate(track: Track) -> i64 {
    match track {
        Track::Video => 90_000,
        Track::Audio => 48_000,
    }
}
