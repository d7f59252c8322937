//! The words of a lesson.

use crate::text_enum;

text_enum! {
    /// Where a lesson is in its life.
    LessonPhase {
        /// Not started.
        Planned = "planned",
        /// Started, the timeline runs.
        Live = "live",
        /// Over; the replay stands.
        Ended = "ended",
        /// Will not take place.
        Cancelled = "cancelled",
    }
}
