//! The addresses of work: those the server calls (behind the shared secret, see `control`), and the file itself for pages.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::get,
};
use uuid::Uuid;
use yunke_protocol::{FilePass, FileRight, LeaseError, WorkRefusal, WorkStatus, paths};

use super::{JobError, Jobs, mp4};
use crate::live::http::{answer, problem::Problem};

/// What the server calls; the caller guards it.
pub fn control(jobs: Jobs) -> Router {
    Router::new().route(paths::MP4, get(mp4_status).post(ask_mp4)).with_state(jobs)
}

/// What pages call: `/file/{pass}/{name}`.
pub fn router(jobs: Jobs) -> Router {
    Router::new().route("/file/{pass}/{name}", get(file)).with_state(jobs)
}

async fn mp4_status(State(jobs): State<Jobs>, Path(lesson): Path<Uuid>) -> Response {
    told(jobs.mp4_status(lesson).await)
}

async fn ask_mp4(State(jobs): State<Jobs>, Path(lesson): Path<Uuid>) -> Response {
    told(jobs.ask_mp4(lesson).await)
}

fn told(status: Result<WorkStatus, JobError>) -> Response {
    status.map_or_else(|error| refusal(&error), |status| Json(status).into_response())
}

fn refusal(error: &JobError) -> Response {
    let status = match error {
        JobError::Busy | JobError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    if let JobError::Store(source) = error {
        tracing::error!(error = %source, "the store cannot be asked for work");
    }
    (status, Json(WorkRefusal { code: error.code().to_owned() })).into_response()
}

impl Jobs {
    fn pass(&self, token: &str) -> Result<FilePass, Problem> {
        FilePass::verify(token, &self.0.key, (self.0.clock)()).map_err(|error| match error {
            LeaseError::Expired => Problem::PassExpired,
            _ => Problem::PassInvalid,
        })
    }
}

async fn file(
    State(jobs): State<Jobs>,
    axum::extract::OriginalUri(uri): axum::extract::OriginalUri,
    headers: HeaderMap,
) -> Response {
    // The name stays percent-encoded, as it goes into a header.
    let mut pieces = uri.path().trim_start_matches("/file/").splitn(2, '/');
    let (token, name) = (pieces.next().unwrap_or_default(), pieces.next().unwrap_or_default());
    let found = async {
        let pass = jobs.pass(token)?;
        if pass.right != FileRight::Mp4 {
            return Err(Problem::PassInvalid);
        }
        mp4::fetch(&jobs.0.files, jobs.0.store.clone(), pass.lesson, name, &headers).await
    };
    answer::open_to_all(found.await.unwrap_or_else(Problem::response))
}
