//! What was heard of the library, in figures: of series, episodes and branches. Counted from sittings, which come from beats that
//! played, never from requests; added up in the database, so that no figure needs the rows of everybody who listened.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{LessonMillis, StoreResult, UtcMillis};

/// A sitting in which so much was heard is a play (人次).
pub const PLAY_MS: i64 = 30_000;

/// Rows of figures at most; those heard most come first.
pub const FIGURES_MAX: i64 = 5_000;

/// Parts of a curve at most.
pub const CURVE_PARTS: i64 = 50;

/// What figures are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiguresFilter {
    /// Series of units below these paths.
    pub within_paths: Vec<String>,
    /// Of this series only.
    pub series_id: Option<Uuid>,
    /// Of this episode only.
    pub episode_id: Option<Uuid>,
    /// Sittings that were heard of last at or after this moment …
    pub from: UtcMillis,
    /// … and before this one.
    pub until: UtcMillis,
}

/// What figures are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiguresBy {
    /// Nothing: one row.
    All,
    /// Series.
    Series,
    /// Episode.
    Episode,
    /// The branch the listener is in now.
    Branch,
}

/// What was heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LibraryFigures {
    /// People who heard 30 seconds or more, or an end (人数).
    pub listeners: i64,
    /// Sittings of 30 seconds or more (人次).
    pub plays: i64,
    /// Time heard, at most 24 hours a day and person. A sitting is of the day on which it was heard last.
    pub heard_ms: i64,
    /// Ends of episodes that somebody heard for the first time: each person and episode once, however often it is heard again.
    pub completions: i64,
}

/// A row of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiguresRow {
    /// The series, episode or branch; none: all, or people without a branch.
    pub subject: Option<Uuid>,
    /// The name of the branch.
    pub name: Option<String>,
    /// The name of the unit the branch is in.
    pub parent: Option<String>,
    /// What was heard.
    pub heard: LibraryFigures,
}

/// Which parts of an episode were heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurveFilter {
    /// The episode.
    pub episode_id: Uuid,
    /// Its length, more than 0.
    pub length_ms: LessonMillis,
    /// Parts of it, equally long; 1 to [`CURVE_PARTS`].
    pub parts: i64,
    /// Beats that came at or after this moment …
    pub from: UtcMillis,
    /// … and before this one.
    pub until: UtcMillis,
}

/// Use cases of organizers who want to know what is heard.
#[async_trait]
pub trait LibraryStatsStore: Send + Sync {
    /// What was heard, those heard most first, at most [`FIGURES_MAX`] rows; of what nobody heard there is none.
    async fn figures(&self, filter: FiguresFilter, by: FiguresBy) -> StoreResult<Vec<FiguresRow>>;

    /// How many people heard something of each part, in order. A part that was skipped was not heard.
    async fn curve(&self, filter: CurveFilter) -> StoreResult<Vec<i64>>;
}
