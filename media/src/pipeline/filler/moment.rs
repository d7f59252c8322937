//! What the filler is told with a frame, and what it says of it.

use yunke_protocol::UtcMillis;

/// When a frame arrived.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time.
    pub now: UtcMillis,
    /// How long a picture may be at rest before it is missing.
    pub patience_ms: i64,
}

/// What becomes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It goes on.
    Taken,
    /// It cannot be decoded: the picture joins with its next key frame.
    WantsKey,
    /// It is of another format than the run's.
    Foreign,
}
