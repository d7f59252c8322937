//! `GET /api/library/episodes/{id}…`: one episode, and what is said in it.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_protocol::AudioFacts;

use super::viewer::Listener;
use crate::{
    auth::{EpisodeScope, Viewer},
    library::{ChapterView, EpisodeCard},
    problem::{ApiResult, Problem},
    state::AppState,
};

/// An episode.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EpisodeDetail {
    #[serde(flatten)]
    card: EpisodeCard,
    /// What it is about.
    about: String,
    /// Ascending.
    chapters: Vec<ChapterView>,
    /// There is a transcript to read along.
    transcript: bool,
    /// Base64: the peak of each of at most 800 stretches of equal length, 0 to 255; null: not known.
    waveform: Option<String>,
    /// The episode before it in its series.
    previous: Option<Uuid>,
    /// The one after it.
    next: Option<Uuid>,
}

/// One episode.
#[utoipa::path(get, path = "/api/library/episodes/{episode_id}", tag = "library", params(("episode_id" = Uuid, Path)),
    responses((status = OK, body = EpisodeDetail), (status = CONFLICT, description = "not_ready"),
              (status = FORBIDDEN, description = "not_invited"), (status = GONE, description = "episode_withdrawn")))]
pub(super) async fn episode(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
) -> ApiResult<Json<EpisodeDetail>> {
    let EpisodeScope { episode, series, catalogue, audience } = &scope;
    let version = scope.version()?;
    let listener = Listener::of(&app, &viewer).await?;
    let facts = app.store.version_facts(version.id).await?;
    let facts = facts.and_then(|facts| serde_json::from_str::<AudioFacts>(&facts).ok());
    let mut card = listener.card(catalogue, episode, series);
    listener.credit(&app, &viewer, std::slice::from_mut(&mut card)).await?;
    let out: Vec<Uuid> = catalogue.out_of(series, audience).map(|one| one.id).collect();
    let at = out.iter().position(|id| *id == episode.id);
    Ok(Json(EpisodeDetail {
        card,
        about: episode.about.clone(),
        chapters: app.store.episode_chapters(episode.id).await?.into_iter().map(ChapterView::from).collect(),
        transcript: episode.transcript_at.is_some(),
        waveform: facts.map(|facts| facts.waveform),
        previous: at.and_then(|at| out.get(at.checked_sub(1)?).copied()),
        next: at.and_then(|at| out.get(at + 1).copied()),
    }))
}

/// A line of a transcript.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(in crate::routes) struct CueView {
    /// From here …
    pub(in crate::routes) from_ms: i64,
    /// … to here; both null where the text has no times.
    pub(in crate::routes) to_ms: i64,
    /// What is said.
    pub(in crate::routes) text: String,
}

/// A transcript.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(in crate::routes) struct TranscriptView {
    /// Ascending.
    pub(in crate::routes) cues: Vec<CueView>,
    /// Without times: a text to read, not to follow.
    pub(in crate::routes) untimed: bool,
}

/// What is said in an episode.
#[utoipa::path(get, path = "/api/library/episodes/{episode_id}/transcript", tag = "library",
    params(("episode_id" = Uuid, Path)),
    responses((status = OK, body = TranscriptView), (status = NOT_FOUND, description = "There is none")))]
pub(super) async fn transcript(
    State(app): State<AppState>,
    scope: EpisodeScope,
) -> ApiResult<Json<TranscriptView>> {
    let kept = app.store.episode_transcript(scope.episode.id).await?.ok_or_else(Problem::not_found)?;
    serde_json::from_str(&kept).map(Json).map_err(Problem::internal)
}
