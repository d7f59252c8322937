//! Fills: a file that was recorded elsewhere takes the place of a recording's gaps.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{LessonMillis, UtcMillis, WorkStatus};

/// Largest file of a fill: 8 GiB.
pub const MAX_FILL_BYTES: u64 = 8 << 30;
/// Largest piece of it that is taken at a time: 4 MiB.
pub const MAX_FILL_PIECE_BYTES: u64 = 4 << 20;
/// A fill is moved by hand by at most so much: twelve hours, as clocks and people go wrong.
pub const MAX_FILL_OFFSET_MS: i64 = 12 * 3_600_000;

/// What kind of file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum FillKind {
    /// Matroska: VP8, VP9 or H.264 with Opus.
    #[serde(rename = "video/webm")]
    Webm,
    /// ISO base media: H.264 or VP9 with AAC or Opus.
    #[serde(rename = "video/mp4")]
    Mp4,
}

/// A file that is going to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FillPlan {
    /// UTC of the file's first frame, by the clock of whoever recorded it.
    pub starts_at: UtcMillis,
    /// Size of the file.
    pub bytes: u64,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: FillKind,
}

/// Moves a fill on the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FillMove {
    /// Added to `starts_at`; positive is later.
    pub offset_ms: i64,
}

/// A fill as it is now. `status` is `none` while the file is being sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fill {
    /// Its id.
    pub id: Uuid,
    /// UTC of the file's first frame.
    pub starts_at: UtcMillis,
    /// Added to it by hand.
    pub offset_ms: i64,
    /// Size of the file.
    pub bytes: u64,
    /// So much of it has arrived: where to go on.
    pub received: u64,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: FillKind,
    /// How far the work is.
    pub status: WorkStatus,
    /// Stretches of the lesson it fills, once ready.
    pub filled: Vec<FilledGap>,
}

/// A stretch of the lesson's timeline, half-open `[from_ms, to_ms)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FilledGap {
    /// First millisecond.
    pub from_ms: LessonMillis,
    /// First millisecond behind it.
    pub to_ms: LessonMillis,
}

/// What is missing of a recording, and what was sent to fill it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fills {
    /// UTC of lesson position 0.
    pub zero_at: UtcMillis,
    /// Stretches the replay has no media for, ascending; what a fill fills is not among them.
    pub gaps: Vec<FilledGap>,
    /// In order of their making.
    pub fills: Vec<Fill>,
}
