//! The series or the episode in a path, once the gate has established what the viewer may do with it.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use uuid::Uuid;
use yunke_store::{Episode, EpisodeVersion, Series};

use super::{Access, Viewer, access::Reads};
use crate::{
    catalogue::{Audience, Catalogue, LibraryKeeper},
    core::Core,
    problem::{ApiResult, Problem},
};

/// A series, and the catalogue it was found in.
#[derive(Debug, Clone)]
pub struct SeriesScope {
    /// The series.
    pub series: Series,
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
    /// How the viewer sees it.
    pub audience: Audience,
}

/// An episode, and the catalogue it was found in.
#[derive(Debug, Clone)]
pub struct EpisodeScope {
    /// The episode.
    pub episode: Episode,
    /// Its series.
    pub series: Series,
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
    /// How the viewer sees it.
    pub audience: Audience,
}

impl Viewer {
    /// How they see the catalogue now.
    pub fn audience(&self, core: &Core) -> Audience {
        Audience {
            branch: self.user.branch.as_ref().map(|branch| branch.path.clone()),
            organizes: self.organized_paths(),
            oversees: self.overseen_paths(),
            now: core.source.wall(),
        }
    }
}

impl SeriesScope {
    /// The series `{series_id}`, for whoever `access` names.
    pub(super) async fn admit(
        core: &Core,
        library: &LibraryKeeper,
        (access, reads): (Access, Reads),
        viewer: &Viewer,
        params: &RawPathParams,
    ) -> ApiResult<Self> {
        let id = parameter(params, "series_id")?;
        let catalogue = library.catalogue().await?;
        let audience = viewer.audience(core);
        let series = catalogue.series(id).cloned().ok_or_else(Problem::not_found)?;
        check(&series, (access, reads), &audience)?;
        Ok(Self { series, catalogue, audience })
    }
}

impl EpisodeScope {
    /// The episode `{episode_id}`, for whoever `access` names. Whoever listens finds only what is in the library now.
    pub(super) async fn admit(
        core: &Core,
        library: &LibraryKeeper,
        (access, reads): (Access, Reads),
        viewer: &Viewer,
        params: &RawPathParams,
    ) -> ApiResult<Self> {
        let id = parameter(params, "episode_id")?;
        let catalogue = library.catalogue().await?;
        let audience = viewer.audience(core);
        let episode = catalogue.episode(id).cloned().ok_or_else(Problem::not_found)?;
        let series = catalogue.series(episode.series_id).cloned().ok_or_else(Problem::not_found)?;
        check(&series, (access, reads), &audience)?;
        if access == Access::EpisodeListen && !audience.is_out(&episode) && !audience.organizes(&series) {
            return Err(if episode.withdrawn_at.is_some() { withdrawn() } else { Problem::not_found() });
        }
        Ok(Self { episode, series, catalogue, audience })
    }

    /// What is heard of it; `not_ready` while there is nothing.
    pub fn version(&self) -> ApiResult<&EpisodeVersion> {
        let sentence = "This episode cannot be heard yet. Its file is being prepared.";
        self.episode.heard().ok_or_else(|| Problem::conflict("not_ready", sentence))
    }
}

fn check(series: &Series, (access, reads): (Access, Reads), audience: &Audience) -> ApiResult<()> {
    match access {
        Access::SeriesListen | Access::EpisodeListen if audience.may_hear(series) => Ok(()),
        Access::SeriesListen | Access::EpisodeListen => {
            let sentence = "This series is for other branches. Ask your organizer.";
            Err(Problem::forbidden("not_invited", sentence))
        }
        _ if audience.organizes(series) || (reads == Reads::Only && audience.oversees(series)) => Ok(()),
        _ => Err(Problem::forbidden("not_allowed", "This needs a role you do not have.")),
    }
}

fn withdrawn() -> Problem {
    let sentence = "This episode was withdrawn. What you have heard of it counts all the same.";
    Problem::new(axum::http::StatusCode::GONE, "episode_withdrawn", sentence)
}

fn parameter(params: &RawPathParams, name: &str) -> ApiResult<Uuid> {
    let value = params.iter().find(|(found, _)| *found == name).map(|(_, value)| value);
    value.and_then(|value| Uuid::try_parse(value).ok()).ok_or_else(Problem::not_found)
}

impl<S: Sync> FromRequestParts<S> for SeriesScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let scope = parts.extensions.get::<Self>().cloned();
        scope.ok_or_else(|| Problem::internal("a handler wants a series, but its access entry names none"))
    }
}

impl<S: Sync> FromRequestParts<S> for EpisodeScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let scope = parts.extensions.get::<Self>().cloned();
        scope.ok_or_else(|| Problem::internal("a handler wants an episode, but its access entry names none"))
    }
}
