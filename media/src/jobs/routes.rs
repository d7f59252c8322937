//! The addresses of work: those the server calls (behind the shared secret, see `control`), and the file itself for pages.

use std::time::Duration;

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::{get, patch},
};
use tokio::{sync::Semaphore, time::timeout};
use uuid::Uuid;
use yunke_protocol::{
    FilePass, FileRight, FillMove, FillPlan, LeaseError, MAX_FILL_PIECE_BYTES, WorkRefusal, paths,
};

use super::{error::JobError, mp4, queue::Jobs};
use crate::live::{http::answer, problem::Problem};

/// What the server calls; the caller guards it.
pub fn control(jobs: Jobs) -> Router {
    Router::new()
        .route(paths::MP4, get(mp4_status).post(ask_mp4))
        .route(paths::FILLS, get(fills).post(plan_fill))
        .route(paths::FILL, patch(move_fill).delete(withdraw))
        .with_state(jobs)
}

/// What pages call: `/file/{pass}/{name}` and `/fill/{pass}`.
pub fn router(jobs: Jobs) -> Router {
    Router::new()
        .route("/file/{pass}/{name}", get(file))
        .route("/fill/{pass}", get(arrived).patch(receive).options(preflight))
        .with_state(jobs)
}

async fn mp4_status(State(jobs): State<Jobs>, Path(lesson): Path<Uuid>) -> Response {
    respond(jobs.mp4_status(lesson).await)
}

async fn ask_mp4(State(jobs): State<Jobs>, Path(lesson): Path<Uuid>) -> Response {
    respond(jobs.ask_mp4(lesson).await)
}

async fn fills(State(jobs): State<Jobs>, Path(lesson): Path<Uuid>) -> Response {
    respond(jobs.fills(lesson).await)
}

async fn plan_fill(
    State(jobs): State<Jobs>,
    Path(lesson): Path<Uuid>,
    Json(plan): Json<FillPlan>,
) -> Response {
    respond(jobs.plan_fill(lesson, plan).await)
}

async fn move_fill(
    State(jobs): State<Jobs>,
    Path((lesson, fill)): Path<(Uuid, Uuid)>,
    Json(to): Json<FillMove>,
) -> Response {
    respond(jobs.move_fill(lesson, fill, to.offset_ms).await)
}

async fn withdraw(State(jobs): State<Jobs>, Path((lesson, fill)): Path<(Uuid, Uuid)>) -> Response {
    respond(jobs.withdraw(lesson, fill).await)
}

fn respond<T: serde::Serialize>(answer: Result<T, JobError>) -> Response {
    answer.map_or_else(|error| refusal(&error), |answer| Json(answer).into_response())
}

fn refusal(error: &JobError) -> Response {
    let status = error.status();
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

/// Pieces that are taken at a time, 4 MiB each. Who comes with one more is told to come back.
const PIECES: usize = 16;

/// A piece that takes longer gives its place to another; it is sent again.
const PIECE_TIME: Duration = Duration::from_mins(2);

static PLACES: Semaphore = Semaphore::const_new(PIECES);

/// Where the next piece begins; RFC draft-ietf-httpbis-resumable-upload names the header.
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

async fn arrived(State(jobs): State<Jobs>, Path(token): Path<String>) -> Response {
    let answer = async {
        let (lesson, fill) = jobs.fill_of(&token).map_err(Problem::response)?;
        let (received, bytes) = jobs.arrived(lesson, fill).await.map_err(|error| problem(&error))?;
        Ok::<_, Response>(answer_of(received, bytes))
    };
    to_pages(answer.await.unwrap_or_else(|refused| refused))
}

async fn receive(State(jobs): State<Jobs>, Path(token): Path<String>, request: Request) -> Response {
    let answer = async {
        let (lesson, fill) = jobs.fill_of(&token).map_err(Problem::response)?;
        let offset = request.headers().get(UPLOAD_OFFSET).and_then(|value| value.to_str().ok()?.parse().ok());
        let offset = offset.ok_or_else(|| problem(&JobError::OffsetMissing))?;
        let _place = PLACES.try_acquire().map_err(|_| problem(&JobError::Busy))?;
        let limit = usize::try_from(MAX_FILL_PIECE_BYTES).unwrap_or(usize::MAX);
        let piece = timeout(PIECE_TIME, to_bytes(request.into_body(), limit)).await;
        let piece = piece.map_err(|_| problem(&JobError::Busy))?.map_err(|_| problem(&JobError::FillSize))?;
        let received = jobs.receive(lesson, fill, offset, piece).await.map_err(|error| problem(&error))?;
        let (_, bytes) = jobs.arrived(lesson, fill).await.map_err(|error| problem(&error))?;
        Ok::<_, Response>(answer_of(received, bytes))
    };
    to_pages(answer.await.unwrap_or_else(|refused| refused))
}

async fn preflight() -> Response {
    to_pages(answer::preflight())
}

fn answer_of(received: u64, bytes: u64) -> Response {
    Json(serde_json::json!({ "received": received, "bytes": bytes })).into_response()
}

/// A refusal that a page reads: problem+json with the code, and how much there is after a wrong offset.
fn problem(error: &JobError) -> Response {
    let status = error.status();
    let mut body = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": error.to_string(),
        "code": error.code(),
    });
    if let JobError::Offset(received) = error {
        body["received"] = (*received).into();
    }
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, kind, body.to_string()).into_response()
}

fn to_pages(response: Response) -> Response {
    let mut response = answer::open_to_all(response);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if headers.contains_key(header::ACCESS_CONTROL_ALLOW_METHODS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, PATCH, OPTIONS"));
    }
    response
}

impl Jobs {
    fn fill_of(&self, token: &str) -> Result<(Uuid, Uuid), Problem> {
        let pass = self.pass(token)?;
        match pass.right {
            FileRight::Fill(fill) => Ok((pass.lesson, fill)),
            _ => Err(Problem::PassInvalid),
        }
    }
}
