//! A series with everything in it, as its organizers see it.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_protocol::{AudioStage, AudioStatus, AudioStep};
use yunke_store::{Episode, EpisodeVersion, Series, SeriesCredit, VersionState};

use crate::{
    catalogue::Catalogue,
    library::{SpeakerView, cover_url},
    state::AppState,
};

/// How it is with an episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum EpisodeState {
    /// Its file is being sent.
    Receiving,
    /// Its file waits.
    Queued,
    /// Its file is made into sound.
    Running,
    /// Nothing could be made of its file.
    Failed,
    /// It can be published.
    Ready,
    /// It is in the library, or will be on its day.
    Published,
    /// It was taken out of the library.
    Withdrawn,
}

/// An episode as its organizers see it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsoleEpisode {
    id: Uuid,
    number: Option<i64>,
    title: String,
    about: String,
    speaker: Option<SpeakerView>,
    state: EpisodeState,
    /// What is done with the newest file, while it is made into sound.
    step: Option<AudioStep>,
    /// Of that work.
    percent: Option<u8>,
    /// Bytes of the newest file that have arrived.
    received: i64,
    /// Its size.
    bytes: i64,
    /// Why it failed, or what there is to say of a file that is ready (`incomplete`); the page has the words.
    code: Option<String>,
    /// Length of what is heard.
    length_ms: Option<i64>,
    /// Name of the newest file.
    file_name: String,
    /// The newest version, which the file is.
    version: Option<Uuid>,
    /// The version that is heard.
    heard_version: Option<Uuid>,
    /// From when on it is in the library; null: a draft.
    publish_at: Option<i64>,
    /// Since when it is not.
    withdrawn_at: Option<i64>,
    /// It has a transcript.
    transcript: bool,
}

/// A series as its organizers see it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsoleSeries {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) category: String,
    pub(super) unit_id: Uuid,
    pub(super) unit_name: String,
    /// Everybody who is signed in may listen.
    pub(super) public: bool,
    pub(super) credit: SeriesCredit,
    /// The rule new episodes are credited by; null: the default rule.
    pub(super) rule_id: Option<Uuid>,
    /// Address of its cover; null: it has none.
    pub(super) cover: Option<String>,
    /// All episodes, drafts too.
    pub(super) count: usize,
    /// Those that are in the library or will be.
    pub(super) published: usize,
    /// Those whose file failed or is on its way.
    pub(super) unsettled: usize,
    pub(super) length_ms: i64,
    pub(super) created_at: i64,
}

impl ConsoleSeries {
    pub(super) fn of(catalogue: &Catalogue, series: &Series) -> Self {
        let episodes = catalogue.episodes_of(series.id);
        let unsettled = |episode: &&Episode| {
            episode.versions.last().is_some_and(|version| version.state != VersionState::Ready)
        };
        Self {
            id: series.id,
            title: series.title.clone(),
            about: series.about.clone(),
            category: series.category.clone(),
            unit_id: series.unit.id,
            unit_name: series.unit.name.clone(),
            public: series.public,
            credit: series.credit,
            rule_id: series.rule_id,
            cover: cover_url(series),
            count: episodes.len(),
            published: episodes
                .iter()
                .filter(|episode| episode.publish_at.is_some() && episode.withdrawn_at.is_none())
                .count(),
            unsettled: episodes.iter().filter(unsettled).count(),
            length_ms: episodes.iter().filter_map(|episode| episode.heard()?.length_ms).sum(),
            created_at: series.created_at,
        }
    }
}

/// The episodes of a series, with how far media is with those whose files are on their way. While media is away nothing is known of
/// that, and they wait.
pub(super) async fn episodes_of(app: &AppState, catalogue: &Catalogue, series: Uuid) -> Vec<ConsoleEpisode> {
    let episodes = catalogue.episodes_of(series);
    let pending: Vec<Uuid> = episodes
        .iter()
        .filter_map(|episode| episode.versions.last())
        .filter(|version| version.state == VersionState::Pending)
        .map(|version| version.id)
        .collect();
    let known =
        if pending.is_empty() { Vec::new() } else { app.media.audio(&pending).await.unwrap_or_default() };
    let known: HashMap<Uuid, AudioStatus> =
        known.into_iter().map(|status| (status.version, status)).collect();
    episodes.iter().map(|episode| one(catalogue, episode, &known)).collect()
}

fn one(catalogue: &Catalogue, episode: &Episode, known: &HashMap<Uuid, AudioStatus>) -> ConsoleEpisode {
    let newest = episode.versions.last();
    let status = newest.and_then(|version| known.get(&version.id));
    ConsoleEpisode {
        id: episode.id,
        number: episode.number,
        title: episode.title.clone(),
        about: episode.about.clone(),
        speaker: episode.speaker_id.and_then(|id| catalogue.speaker(id)).map(SpeakerView::from),
        state: state(episode, newest, status),
        step: status.and_then(|status| status.step),
        percent: status.and_then(|status| status.percent),
        received: status.map_or_else(
            || {
                newest
                    .filter(|version| version.state == VersionState::Ready)
                    .map_or(0, |version| version.bytes)
            },
            |status| i64::try_from(status.received).unwrap_or(i64::MAX),
        ),
        bytes: newest.map_or(0, |version| version.bytes),
        code: newest.and_then(|version| version.code.clone()),
        length_ms: episode.heard().and_then(|version| version.length_ms),
        file_name: newest.map(|version| version.file_name.clone()).unwrap_or_default(),
        version: newest.map(|version| version.id),
        heard_version: episode.heard().map(|version| version.id),
        publish_at: episode.publish_at,
        withdrawn_at: episode.withdrawn_at,
        transcript: episode.transcript_at.is_some(),
    }
}

fn state(episode: &Episode, newest: Option<&EpisodeVersion>, status: Option<&AudioStatus>) -> EpisodeState {
    match newest.map(|version| version.state) {
        Some(VersionState::Failed) => return EpisodeState::Failed,
        Some(VersionState::Pending) => {
            return match status.map(|status| status.stage) {
                Some(AudioStage::Running) => EpisodeState::Running,
                Some(AudioStage::Queued | AudioStage::Ready | AudioStage::Failed) => EpisodeState::Queued,
                Some(AudioStage::Receiving) | None => EpisodeState::Receiving,
            };
        }
        _ => {}
    }
    if episode.withdrawn_at.is_some() {
        EpisodeState::Withdrawn
    } else if episode.publish_at.is_some() {
        EpisodeState::Published
    } else {
        EpisodeState::Ready
    }
}
