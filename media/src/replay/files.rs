//! Passes a recorded file on, piece by piece, so that a slow reader holds one piece and not the file.

use std::{ops::Range, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderMap, header},
    response::Response,
};
use futures_util::{StreamExt as _, stream};
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};

use crate::live::{
    http::answer::{self, Keep},
    problem::Problem,
};

/// What is read at a time: a whole segment of sound, or of picture at 2 Mbps.
const PIECE_BYTES: u64 = 512 << 10;

/// The file of this size, or the range of it that is asked for. The first piece is read before the answer begins, so that a
/// file that cannot be read is an error and not a broken answer.
pub(super) async fn send(
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
    sound: bool,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let asked = match headers.get(header::RANGE).and_then(|value| answer::asked_range(value, size)) {
        Some(Ok(range)) => Some(range),
        Some(Err(())) => return Ok(answer::unsatisfiable(size)),
        None => None,
    };
    let whole = asked.clone().unwrap_or(0..size);
    let first = piece(whole.start, whole.end);
    let begin = store.get_range(&path, first.clone()).await.map_err(|error| problem(&error))?;
    let rest = stream::try_unfold((store, path, first.end..whole.end), |(store, path, left)| async move {
        if left.is_empty() {
            return Ok(None);
        }
        let next = piece(left.start, left.end);
        let bytes = store.get_range(&path, next.clone()).await?;
        Ok::<_, object_store::Error>(Some((bytes, (store, path, next.end..left.end))))
    });
    let body = Body::from_stream(stream::iter([Ok(begin)]).chain(rest));
    let mut response = answer::stream(body, whole.end - whole.start, sound, Keep::Immutable);
    if let Some(range) = asked {
        answer::partial(&mut response, &range, size);
    }
    Ok(response)
}

fn piece(from: u64, end: u64) -> Range<u64> {
    from..end.min(from.saturating_add(PIECE_BYTES))
}

/// A file that is named but not there has been removed.
pub(super) fn problem(error: &object_store::Error) -> Problem {
    match error {
        object_store::Error::NotFound { .. } => Problem::NotFound,
        error => storage(error),
    }
}

/// Logs the cause, which the viewer does not get to see.
pub(super) fn storage(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(error, "reading a recording failed");
    Problem::Storage
}
