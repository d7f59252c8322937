//! The audio-lesson library: series of episodes, who speaks in them, and the sound they are heard by. An episode is an item with the
//! same id; what was ever heard of it stays evidence, so it is withdrawn and never removed.

mod change;
mod kinds;

use async_trait::async_trait;
use uuid::Uuid;

pub use self::change::{EpisodeEdit, LibraryOutcome, NewSeries, NewVersion, SeriesEdit, Settled, VersionOf};
pub use self::kinds::{SeriesCredit, VersionState};
use crate::{LessonMillis, Poster, Rule, StoreResult, Unit, UtcMillis};

/// A series of episodes: a book, a course, a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// What it is about; may be empty.
    pub about: String,
    /// 分类; may be empty.
    pub category: String,
    /// Whose it is; its members listen.
    pub unit: Unit,
    /// Everybody who is signed in may listen.
    pub public: bool,
    /// What listening to it earns.
    pub credit: SeriesCredit,
    /// The rule new episodes are credited by; `None`: the default rule of that day.
    pub rule_id: Option<Uuid>,
    /// When its cover was changed; `None`: it has none.
    pub cover_at: Option<UtcMillis>,
    /// When it was made.
    pub created_at: UtcMillis,
}

/// Somebody who speaks in episodes: a lecturer or a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Their id.
    pub id: Uuid,
    /// Their name.
    pub name: String,
    /// Who they are; may be empty.
    pub about: String,
}

/// The sound of an episode, from one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpisodeVersion {
    /// Its id; media has it under the same.
    pub id: Uuid,
    /// Of this episode.
    pub episode_id: Uuid,
    /// The name of the file.
    pub file_name: String,
    /// Its size.
    pub bytes: i64,
    /// How far it is.
    pub state: VersionState,
    /// Why it failed; of one that is ready what should be known of it.
    pub code: Option<String>,
    /// Its length, once it is ready.
    pub length_ms: Option<LessonMillis>,
    /// When it was sent.
    pub created_at: UtcMillis,
    /// When it was ready or failed.
    pub settled_at: Option<UtcMillis>,
}

/// An episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// Its id, and that of its item.
    pub id: Uuid,
    /// Its series.
    pub series_id: Uuid,
    /// Where in the series.
    pub place: i64,
    /// 第几讲, if it has a number.
    pub number: Option<i64>,
    /// Its title.
    pub title: String,
    /// What it is about; may be empty.
    pub about: String,
    /// Who speaks.
    pub speaker_id: Option<Uuid>,
    /// From when on it is in the library, by the wall clock; `None`: a draft.
    pub publish_at: Option<UtcMillis>,
    /// Since when it is not.
    pub withdrawn_at: Option<UtcMillis>,
    /// When it was made.
    pub created_at: UtcMillis,
    /// When its transcript was changed; `None`: it has none.
    pub transcript_at: Option<UtcMillis>,
    /// Its versions, the oldest first; at least one.
    pub versions: Vec<EpisodeVersion>,
}

impl Episode {
    /// What is heard of it: the newest version that is ready.
    pub fn heard(&self) -> Option<&EpisodeVersion> {
        self.versions.iter().rev().find(|version| version.state == VersionState::Ready)
    }
}

/// Everything there is, from one view of the database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Library {
    /// Counted up with every change.
    pub revision: i64,
    /// In the order of their ids.
    pub series: Vec<Series>,
    /// In the order they are heard, series after series.
    pub episodes: Vec<Episode>,
    /// In the order of their ids.
    pub speakers: Vec<Speaker>,
}

/// What an episode's evidence is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpisodeTerms {
    /// The rule it is credited by.
    pub rule: Rule,
    /// Listening to it earns something.
    pub credited: bool,
    /// Its versions that were ever ready, the oldest first.
    pub versions: Vec<VersionTerms>,
    /// Since when it is withdrawn.
    pub withdrawn_at: Option<UtcMillis>,
}

/// A version as evidence is measured by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionTerms {
    /// Since when it could be heard.
    pub ready_at: UtcMillis,
    /// Its length.
    pub length_ms: LessonMillis,
}

/// A chapter of an episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpisodeChapter {
    /// Where it begins.
    pub at_ms: LessonMillis,
    /// Its title.
    pub title: String,
}

/// Use cases of the library's organizers, and of whoever keeps it in memory. A change counts the revision up and writes its line of
/// the audit log.
#[async_trait]
pub trait LibraryStore: Send + Sync {
    /// Everything there is. As large as the library: for keeping it, not for a request.
    async fn library(&self) -> StoreResult<Library>;

    /// The revision of [`LibraryStore::library`].
    async fn library_revision(&self) -> StoreResult<i64>;

    /// What an episode's evidence is judged by; `None`: there is no such episode.
    async fn episode_terms(&self, episode_id: Uuid) -> StoreResult<Option<EpisodeTerms>>;

    /// Adds a series.
    async fn add_series(&self, new: NewSeries) -> StoreResult<()>;

    /// Changes a series. What it earns is fixed once anybody opened an episode of it.
    async fn edit_series(
        &self,
        id: Uuid,
        edit: SeriesEdit,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<LibraryOutcome>;

    /// Removes a series with its episodes, unless anybody ever opened one.
    async fn remove_series(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<LibraryOutcome>;

    /// The cover of a series.
    async fn cover(&self, series_id: Uuid) -> StoreResult<Option<Poster>>;

    /// Replaces the cover, or takes it away.
    async fn set_cover(
        &self,
        series_id: Uuid,
        cover: Option<Poster>,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()>;

    /// Adds a speaker.
    async fn add_speaker(&self, speaker: Speaker, actor_id: Uuid, at: UtcMillis) -> StoreResult<()>;

    /// Changes a speaker's name and what is said of them.
    async fn edit_speaker(
        &self,
        speaker: Speaker,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<LibraryOutcome>;

    /// Removes a speaker: their episodes have none then.
    async fn remove_speaker(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<LibraryOutcome>;

    /// Keeps what is going to be sent, with a new episode at the end of its series if it is for one.
    async fn add_version(&self, new: NewVersion) -> StoreResult<LibraryOutcome>;

    /// Versions that are pending, the oldest first.
    async fn pending_versions(&self, limit: i64) -> StoreResult<Vec<Uuid>>;

    /// Who sent a version.
    async fn uploader(&self, id: Uuid) -> StoreResult<Option<Uuid>>;

    /// Keeps what became of a pending version; of another nothing.
    async fn settle_version(&self, id: Uuid, settled: Settled, at: UtcMillis) -> StoreResult<LibraryOutcome>;

    /// A version that failed is pending again.
    async fn retry_version(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<LibraryOutcome>;

    /// What media found out about a version, as JSON.
    async fn version_facts(&self, id: Uuid) -> StoreResult<Option<String>>;

    /// Publishes all of these from `publish_at` on, or none.
    async fn publish_episodes(
        &self,
        episodes: &[Uuid],
        publish_at: UtcMillis,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<LibraryOutcome>;

    /// Changes an episode. In another series it comes last; one that was opened goes only to a series that earns the same.
    async fn edit_episode(
        &self,
        id: Uuid,
        edit: EpisodeEdit,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<LibraryOutcome>;

    /// Puts these episodes of a series in this order, before others it has.
    async fn order_episodes(
        &self,
        series_id: Uuid,
        episodes: &[Uuid],
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()>;

    /// Removes an episode, unless anybody ever opened it. Gives its versions, for media to forget them.
    async fn remove_episode(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<LibraryOutcome>;

    /// Chapters of an episode, ascending.
    async fn episode_chapters(&self, episode_id: Uuid) -> StoreResult<Vec<EpisodeChapter>>;

    /// Replaces the chapters; ascending, no two at one place.
    async fn set_episode_chapters(
        &self,
        episode_id: Uuid,
        chapters: Vec<EpisodeChapter>,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()>;

    /// What is said in an episode, as JSON cues.
    async fn episode_transcript(&self, episode_id: Uuid) -> StoreResult<Option<String>>;

    /// Replaces the transcript, or takes it away.
    async fn set_episode_transcript(
        &self,
        episode_id: Uuid,
        cues: Option<String>,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()>;
}
