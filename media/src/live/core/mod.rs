//! The pure part of the origin: from events to playlists, and from requests to "now", "wait" or "bad".
//! It reads no clock, does no I/O and knows no HTTP; whatever it needs comes in by its arguments.

pub mod directives;
pub mod frontier;
#[cfg(test)]
mod invariants;
pub mod multivariant;
pub mod names;
pub mod playlist;
pub mod ring;
pub mod segment;
pub mod track;

use std::time::Duration;

/// `EXT-X-TARGETDURATION`: the same for every rendition, for ever (Apple clients stop when it changes).
pub const TARGET_DURATION: Duration = Duration::from_secs(4);

/// `HOLD-BACK`: three target durations, for players that do not know parts.
pub const HOLD_BACK: Duration = TARGET_DURATION.saturating_mul(3);

/// `CAN-SKIP-UNTIL`: six target durations.
pub const SKIP_BOUNDARY: Duration = TARGET_DURATION.saturating_mul(6);

/// `EXT-X-PART` tags stand this far back from the end of the playlist.
pub const PARTS_LISTED: Duration = TARGET_DURATION.saturating_mul(3);

/// Media in a live playlist. Older segments are evicted from it; who wants them plays the replay.
pub const WINDOW: Duration = Duration::from_mins(1);

/// An evicted segment stays downloadable for so much more media time: RFC 8216bis 6.2.2 asks for the segment's own
/// duration, and for parts three target durations after their tag went (they went long before).
pub const GRACE: Duration = TARGET_DURATION.saturating_mul(3);

/// Bytes of one rendition's ring, evicted segments included. When full, the oldest go early, but never so
/// that the playlist gets shorter than three target durations (RFC 8216bis 6.2.2).
pub const RING_BYTES: usize = 96 << 20;

/// The same of a rendition that is made here, at a rate of our own.
pub const TRANSCODED_RING_BYTES: usize = 8 << 20;

/// Bytes of a segment under way. A part beyond it is dropped: no encoder we accept gets near
/// (64 Mbps for 4 s).
pub const SEGMENT_BYTES: usize = 32 << 20;

/// Length of the gap segments written during an outage.
pub const GAP_SEGMENT: Duration = Duration::from_secs(2);

/// The longest outage that is written out gap by gap; what is beyond is left out of the playlist.
pub const LONGEST_GAP: Duration = Duration::from_hours(24);

/// Less time than this between two runs is not worth a gap.
pub const HOLE: Duration = Duration::from_millis(100);

/// A rendition so many segments behind another is taken to be missing, and gets a gap.
pub const SEGMENTS_LATE: u64 = 2;

/// Milliseconds of a duration, rounded down, as the signed type that times are in.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
