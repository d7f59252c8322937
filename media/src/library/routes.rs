//! The addresses of the library: those the server calls (behind the shared secret, see `control`), and those of pages.

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{any, get, post, put},
};
use serde::Deserialize;
use uuid::Uuid;
use yunke_protocol::{
    AudioPlan, FilePass, FileRight, LeaseError, MAX_AUDIO_BYTES, MAX_AUDIO_VERSIONS, WorkRefusal, paths,
};

use super::{core::Library, deliver, error::LibraryError, records};
use crate::upload::tus::{self, Refused};

/// What the server calls; the caller guards it.
pub fn control(library: Library) -> Router {
    Router::new()
        .route(paths::AUDIO, put(announce).delete(remove))
        .route(paths::AUDIO_LIST, get(list))
        .route(paths::AUDIO_RETRY, post(retry))
        .route(paths::AUDIO_COVER, get(cover))
        .with_state(library)
}

/// What pages call: `/upload/{pass}` and `/audio/{lease}/{version}/{name}`.
pub fn router(library: Library) -> Router {
    Router::new()
        .route("/upload/{pass}", any(upload))
        .route("/audio/{lease}/{version}/{name}", any(deliver::audio))
        .with_state(library)
}

async fn announce(
    State(library): State<Library>,
    Path(version): Path<Uuid>,
    Json(plan): Json<AudioPlan>,
) -> Response {
    respond(library.announce(version, plan).await)
}

#[derive(Debug, Deserialize)]
struct Asked {
    versions: String,
}

async fn list(State(library): State<Library>, Query(asked): Query<Asked>) -> Response {
    let answer = async {
        let mut all = Vec::new();
        for version in asked.versions.split(',').filter(|version| !version.is_empty()) {
            if all.len() >= MAX_AUDIO_VERSIONS {
                return Err(LibraryError::Request("too many versions at a time"));
            }
            let version = version.parse().map_err(|_| LibraryError::Request("a version is a UUID"))?;
            match library.status(version).await {
                Ok(status) => all.push(status),
                Err(LibraryError::Unknown) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    };
    respond(answer.await)
}

async fn retry(State(library): State<Library>, Path(version): Path<Uuid>) -> Response {
    respond(library.retry(version).await)
}

async fn remove(State(library): State<Library>, Path(version): Path<Uuid>) -> Response {
    match library.remove(version).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refusal(&error),
    }
}

async fn cover(State(library): State<Library>, Path(version): Path<Uuid>) -> Response {
    let answer = async {
        let known = records::known(&*library.0.store, version).await?.ok_or(LibraryError::Unknown)?;
        let cover = known.facts.and_then(|facts| facts.cover).ok_or(LibraryError::Unknown)?;
        let bytes = records::bytes(&*library.0.store, version, "cover").await?;
        Ok::<_, LibraryError>((cover.mime, bytes.ok_or(LibraryError::Unknown)?))
    };
    match answer.await {
        Ok((mime, bytes)) => ([(header::CONTENT_TYPE, mime)], bytes).into_response(),
        Err(error) => refusal(&error),
    }
}

fn respond<T: serde::Serialize>(answer: Result<T, LibraryError>) -> Response {
    answer.map_or_else(|error| refusal(&error), |answer| Json(answer).into_response())
}

fn refusal(error: &LibraryError) -> Response {
    if let LibraryError::Store(source) = error {
        tracing::error!(error = %source, "the library's store failed");
    }
    (error.status(), Json(WorkRefusal { code: error.code().to_owned() })).into_response()
}

async fn upload(State(library): State<Library>, Path(token): Path<String>, request: Request) -> Response {
    let find = || {
        let pass = FilePass::verify(&token, &library.0.key, (library.0.clock)());
        let pass = pass.map_err(|error| match error {
            LeaseError::Expired => Refused::new(StatusCode::GONE, "pass_expired", "the pass has expired"),
            _ => Refused::new(StatusCode::FORBIDDEN, "pass_invalid", "the pass is not valid"),
        })?;
        match pass.right {
            FileRight::Upload(version) => Ok(library.upload(version, pass.expires_at)),
            _ => Err(Refused::new(StatusCode::FORBIDDEN, "pass_invalid", "the pass is for something else")),
        }
    };
    tus::answer(request, find, MAX_AUDIO_BYTES, &library.0.tasks).await
}
