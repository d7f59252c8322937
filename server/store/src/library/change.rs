//! What organizers change of the library, and what becomes of it.

use uuid::Uuid;

use super::kinds::SeriesCredit;
use crate::{LessonMillis, UtcMillis};

/// A series to add.
#[derive(Debug, Clone)]
pub struct NewSeries {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// 分类.
    pub category: String,
    /// Whose it is.
    pub unit_id: Uuid,
    /// Everybody may listen.
    pub public: bool,
    /// What it earns.
    pub credit: SeriesCredit,
    /// The rule its episodes are credited by; `None`: the default rule of the day.
    pub rule_id: Option<Uuid>,
    /// Who makes it.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// What to change of a series; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct SeriesEdit {
    /// The title.
    pub title: Option<String>,
    /// What it is about.
    pub about: Option<String>,
    /// 分类.
    pub category: Option<String>,
    /// Everybody may listen.
    pub public: Option<bool>,
    /// What it earns.
    pub credit: Option<SeriesCredit>,
    /// The rule new episodes are credited by, and those nobody has opened; `Some(None)`: the default rule of the day.
    pub rule_id: Option<Option<Uuid>>,
}

/// The episode a file is for.
#[derive(Debug, Clone)]
pub enum VersionOf {
    /// A new one.
    New {
        /// Its series.
        series_id: Uuid,
        /// Its number, if the file's name has one.
        number: Option<i64>,
        /// Its title.
        title: String,
    },
    /// One that is there: the file takes the place of what it has.
    Known,
}

/// A file that is going to be sent.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// Its id.
    pub id: Uuid,
    /// The episode's, also of a new one.
    pub episode_id: Uuid,
    /// Which episode that is.
    pub of: VersionOf,
    /// The name of the file.
    pub file_name: String,
    /// Its size.
    pub bytes: i64,
    /// Who sends it.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// What became of a file.
#[derive(Debug, Clone)]
pub enum Settled {
    /// It can be heard.
    Ready {
        /// Its length.
        length_ms: LessonMillis,
        /// What media found out, as JSON.
        facts: String,
        /// What its organizers should know of it, as a code.
        note: Option<String>,
    },
    /// Nothing can be made of it.
    Failed {
        /// Why.
        code: String,
    },
}

/// What to change of an episode; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct EpisodeEdit {
    /// The title.
    pub title: Option<String>,
    /// What it is about.
    pub about: Option<String>,
    /// Its number; `Some(None)`: none.
    pub number: Option<Option<i64>>,
    /// Who speaks; `Some(None)`: nobody in particular.
    pub speaker_id: Option<Option<Uuid>>,
    /// From when on it is in the library; `Some(None)`: a draft again.
    pub publish_at: Option<Option<UtcMillis>>,
    /// Another series.
    pub series_id: Option<Uuid>,
    /// Out of the library, or back in it.
    pub withdrawn: Option<bool>,
}

/// What became of a change of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LibraryOutcome {
    /// It is done, or was so already.
    Done,
    /// There is no such thing.
    NotFound,
    /// It was heard: it is evidence, and stays; so does what it earns.
    Heard,
}
