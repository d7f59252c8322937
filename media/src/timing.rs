//! Times on which several folders have to agree.

/// The first key frame after this ends the segment, microseconds. A bit less than 2 s, as timestamps are rounded. Whoever asks
/// a publisher for key frames counts by it, too.
pub const SEGMENT_MIN_US: i64 = 1_900_000;
