//! What every slice of the store speaks of: times, places on the timeline, pages of a list.

/// UTC milliseconds since the Unix epoch.
pub type UtcMillis = i64;

/// Milliseconds on a lesson's timeline.
pub type LessonMillis = i64;

/// A page of a list: `limit` rows after the first `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many rows to leave out.
    pub offset: i64,
    /// How many rows at most.
    pub limit: i64,
}
