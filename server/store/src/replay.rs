//! What is done to a replay after the lesson: which stretch is shown and to whom, chapters, captions, the poster. The
//! recording and the evidence are never touched by any of it.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::text_enum;

use crate::{LessonMillis, StoreResult, UtcMillis};

/// The stretch of the timeline a replay shows, `[in_ms, out_ms)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trim {
    /// First millisecond that is shown.
    pub in_ms: LessonMillis,
    /// First millisecond that is not shown any more; `None`: it is shown to the end.
    pub out_ms: Option<LessonMillis>,
}

/// One version of what members see of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayEdit {
    /// 1, 2, 3 …
    pub version: i64,
    /// What is shown.
    pub trim: Trim,
    /// Members do not see the replay at all.
    pub hidden: bool,
    /// Since when.
    pub changed_at: UtcMillis,
}

/// A change of the edit; `None` leaves as it is.
#[derive(Debug, Clone, Copy)]
pub struct ReplayChange {
    /// The lesson.
    pub lesson_id: Uuid,
    /// What is shown.
    pub trim: Option<Trim>,
    /// Whether it is hidden.
    pub hidden: Option<bool>,
    /// Who.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// Versions of a replay's edit at most: each lesson is read with all of them.
pub const REPLAY_EDITS_MAX: i64 = 500;

/// What became of a change of the edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayOutcome {
    /// There is a new version.
    Done,
    /// It was so already.
    Already,
    /// There are [`REPLAY_EDITS_MAX`] versions.
    Full,
}

/// A place of the timeline with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// Its id.
    pub id: Uuid,
    /// Where it begins.
    pub at_ms: LessonMillis,
    /// Its title.
    pub title: String,
    /// Made by the booth when the slide changed, not by hand.
    pub from_slides: bool,
}

/// A chapter to add.
#[derive(Debug, Clone)]
pub struct NewChapter {
    /// The lesson.
    pub lesson_id: Uuid,
    /// What is added.
    pub chapter: Chapter,
    /// Who.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// A change of a chapter; `None` leaves as it is.
#[derive(Debug, Clone)]
pub struct ChapterChange {
    /// The lesson.
    pub lesson_id: Uuid,
    /// The chapter.
    pub id: Uuid,
    /// New place.
    pub at_ms: Option<LessonMillis>,
    /// New title.
    pub title: Option<String>,
    /// Who.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// Chapters of a lesson at most.
pub const CHAPTERS_MAX: i64 = 300;

/// A chapter made from slides replaces those made from slides so shortly before it: the lecturer only turned the pages.
pub const SLIDE_TURNED_MS: LessonMillis = 3_000;

/// What became of a chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChapterOutcome {
    /// Done.
    Done,
    /// There is no such chapter.
    NotFound,
    /// Another one begins at the same millisecond.
    Taken,
    /// There are [`CHAPTERS_MAX`].
    Full,
}

text_enum! {
    /// Which language captions are in.
    CaptionLanguage {
        /// Chinese.
        Zh = "zh",
        /// English.
        En = "en",
        /// Any other.
        Other = "other",
    }
}

/// Captions of a lesson, without their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaptionsInfo {
    /// In which language.
    pub language: CaptionLanguage,
    /// How many.
    pub cues: i64,
    /// Since when.
    pub changed_at: UtcMillis,
}

/// Captions to keep in place of those of the same language.
#[derive(Debug, Clone)]
pub struct NewCaptions {
    /// The lesson.
    pub lesson_id: Uuid,
    /// In which language.
    pub language: CaptionLanguage,
    /// `WebVTT`, checked.
    pub vtt: String,
    /// How many cues it has.
    pub cues: i64,
    /// Who.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

text_enum! {
    /// What kind of picture a poster is.
    PosterKind {
        /// JPEG.
        Jpeg = "image/jpeg",
        /// PNG.
        Png = "image/png",
    }
}

/// A picture that stands for a lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poster {
    /// What kind of picture it is.
    pub kind: PosterKind,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Use cases of editing a replay, by the rules of [`crate::decide::replay`]. Every change writes its line of the audit log in the
/// same transaction. A change of the edit or of a chapter locks the lesson's row: versions follow each other, and the bound of
/// chapters is the lesson's.
#[async_trait]
pub trait ReplayStore: Send + Sync {
    /// Adds a version to what members see of the replay.
    async fn edit_replay(&self, change: ReplayChange) -> StoreResult<ReplayOutcome>;

    /// Chapters of a lesson, in order of the timeline.
    async fn chapters(&self, lesson_id: Uuid) -> StoreResult<Vec<Chapter>>;

    /// Adds a chapter.
    async fn add_chapter(&self, new: NewChapter) -> StoreResult<ChapterOutcome>;

    /// Changes a chapter.
    async fn change_chapter(&self, change: ChapterChange) -> StoreResult<ChapterOutcome>;

    /// Removes a chapter.
    async fn remove_chapter(
        &self,
        lesson_id: Uuid,
        id: Uuid,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<ChapterOutcome>;

    /// Which captions there are, in order of their languages.
    async fn captions(&self, lesson_id: Uuid) -> StoreResult<Vec<CaptionsInfo>>;

    /// The `WebVTT` of one language.
    async fn captions_text(&self, lesson_id: Uuid, language: CaptionLanguage) -> StoreResult<Option<String>>;

    /// Keeps captions in place of those of the same language.
    async fn set_captions(&self, new: NewCaptions) -> StoreResult<()>;

    /// Removes the captions of a language; false: there are none.
    async fn remove_captions(
        &self,
        lesson_id: Uuid,
        language: CaptionLanguage,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<bool>;

    /// The poster of a lesson.
    async fn poster(&self, lesson_id: Uuid) -> StoreResult<Option<Poster>>;

    /// Sets the poster, or with `None` takes it away.
    async fn set_poster(
        &self,
        lesson_id: Uuid,
        poster: Option<Poster>,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()>;
}
