//! `/api/console/library/speakers…`: who speaks in episodes. They are the centre's, as lecturers are.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_catalogue::order;
use yunke_store::Speaker;

use super::series::done;
use crate::{
    auth::Viewer,
    problem::ApiResult,
    routes::{
        extract::{Body, Path},
        text,
    },
    state::AppState,
};

/// Which speaker.
#[derive(Debug, Deserialize)]
pub(super) struct SpeakerPath {
    speaker_id: Uuid,
}

/// A speaker.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsoleSpeaker {
    id: Uuid,
    name: String,
    about: String,
    /// In how many episodes they speak.
    episodes: usize,
}

/// A speaker as they shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SpeakerRequest {
    /// 1 to 100 characters.
    name: String,
    /// At most 2,000 characters.
    #[serde(default)]
    about: String,
}

/// All speakers.
#[utoipa::path(get, path = "/api/console/library/speakers", tag = "console", responses((status = OK, body = Vec<ConsoleSpeaker>)))]
pub(super) async fn list(State(app): State<AppState>) -> ApiResult<Json<Vec<ConsoleSpeaker>>> {
    all(&app).await
}

async fn all(app: &AppState) -> ApiResult<Json<Vec<ConsoleSpeaker>>> {
    let catalogue = app.library.refresh().await?;
    let mut counts = std::collections::HashMap::<Uuid, usize>::new();
    for speaker in catalogue.all_episodes().iter().filter_map(|episode| episode.speaker_id) {
        *counts.entry(speaker).or_default() += 1;
    }
    let mut all: Vec<ConsoleSpeaker> = catalogue
        .all_speakers()
        .map(|speaker| ConsoleSpeaker {
            id: speaker.id,
            name: speaker.name.clone(),
            about: speaker.about.clone(),
            episodes: counts.get(&speaker.id).copied().unwrap_or(0),
        })
        .collect();
    all.sort_by_cached_key(|speaker| (order::name_key(&speaker.name), speaker.id));
    Ok(Json(all))
}

/// Adds a speaker.
#[utoipa::path(post, path = "/api/console/library/speakers", tag = "console", request_body = SpeakerRequest,
    responses((status = OK, body = Vec<ConsoleSpeaker>), (status = UNPROCESSABLE_ENTITY, description = "text_empty, text_too_long, text_characters")))]
pub(super) async fn add(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(body): Body<SpeakerRequest>,
) -> ApiResult<Json<Vec<ConsoleSpeaker>>> {
    let speaker = read(app.source.id(), &body)?;
    app.store.add_speaker(speaker, viewer.user.id, app.source.now()).await?;
    all(&app).await
}

fn read(id: Uuid, body: &SpeakerRequest) -> ApiResult<Speaker> {
    Ok(Speaker { id, name: text::name("name", &body.name)?, about: text::summary("about", &body.about)? })
}

/// Changes a speaker.
#[utoipa::path(patch, path = "/api/console/library/speakers/{speaker_id}", tag = "console", params(("speaker_id" = Uuid, Path)),
    request_body = SpeakerRequest, responses((status = OK, body = Vec<ConsoleSpeaker>)))]
pub(super) async fn edit(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(SpeakerPath { speaker_id }): Path<SpeakerPath>,
    Body(body): Body<SpeakerRequest>,
) -> ApiResult<Json<Vec<ConsoleSpeaker>>> {
    let speaker = read(speaker_id, &body)?;
    done(app.store.edit_speaker(speaker, viewer.user.id, app.source.now()).await?)?;
    all(&app).await
}

/// Removes a speaker: their episodes stay, and name nobody.
#[utoipa::path(delete, path = "/api/console/library/speakers/{speaker_id}", tag = "console", params(("speaker_id" = Uuid, Path)),
    responses((status = NO_CONTENT)))]
pub(super) async fn remove(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(SpeakerPath { speaker_id }): Path<SpeakerPath>,
) -> ApiResult<StatusCode> {
    done(app.store.remove_speaker(speaker_id, viewer.user.id, app.source.now()).await?)?;
    app.library.refresh().await?;
    Ok(StatusCode::NO_CONTENT)
}
