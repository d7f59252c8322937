//! Sends the MP4 file: its head and the segments behind it, piece by piece, so that a slow reader holds one piece.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use uuid::Uuid;

use super::{head_path, pieces};
use crate::{
    live::{
        http::answer::{self, Keep},
        problem::Problem,
    },
    recording::{self, index},
};

/// What is read at a time.
const PIECE_BYTES: u64 = 512 << 10;
/// Files whose list of pieces is kept: 1 MB for three hours. When full, the oldest is read again when asked for.
const KEPT: usize = 8;
/// Longest file name, as it stands in the address.
const NAME_BYTES: usize = 1_000;

/// The lists of pieces of the files that were asked for lately.
#[derive(Default)]
pub(in crate::jobs) struct Files(Mutex<Vec<Arc<File>>>);

struct File {
    lesson: Uuid,
    edition: String,
    /// Where each piece begins in the file, and where it lies in the store.
    pieces: Vec<(u64, Path)>,
    size: u64,
}

impl Files {
    async fn file(&self, store: &dyn ObjectStore, lesson: Uuid) -> Result<Arc<File>, Problem> {
        let index = recording::whole(store, lesson).await.map_err(|error| problem(&error))?;
        let index = index.ok_or(Problem::NotFound)?;
        let edition = index.edition();
        if let Some(file) = self.kept(|file| file.lesson == lesson && file.edition == edition) {
            return Ok(file);
        }
        let path = head_path(&index);
        let mut size = store.head(&path).await.map_err(|error| problem(&error))?.size;
        let mut list = vec![(0, path)];
        for (entry, media) in pieces(&index) {
            list.push((size, index::segment_path(lesson, entry.rendition, media.stream, entry.msn)));
            size += media.bytes;
        }
        let file = Arc::new(File { lesson, edition, pieces: list, size });
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.lesson != lesson);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Arc::clone(&file));
        Ok(file)
    }

    fn kept(&self, is: impl Fn(&File) -> bool) -> Option<Arc<File>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|file| is(file)).cloned()
    }
}

impl File {
    /// Reads from here, at most a piece and not past `end`.
    async fn read(&self, store: &dyn ObjectStore, from: u64, end: u64) -> object_store::Result<Bytes> {
        let at = self.pieces.partition_point(|(begins, _)| *begins <= from).saturating_sub(1);
        let (begins, path) = &self.pieces[at];
        let until = self.pieces.get(at + 1).map_or(self.size, |(next, _)| *next);
        let until = until.min(end).min(from.saturating_add(PIECE_BYTES));
        store.get_range(path, from - begins..until - begins).await
    }
}

/// The file, or the range of it that is asked for. `name` is percent-encoded (RFC 8187) and goes into the answer as it is.
pub(in crate::jobs) async fn fetch(
    files: &Files,
    store: Arc<dyn ObjectStore>,
    lesson: Uuid,
    name: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let disposition = disposition(name).ok_or(Problem::NotFound)?;
    let file = files.file(&*store, lesson).await?;
    let tag =
        HeaderValue::try_from(format!("\"{lesson}-{}\"", file.edition)).map_err(|_| Problem::NotFound)?;
    // RFC 9110 §13.1.5: a range of another edition would be a broken file.
    let same = headers.get(header::IF_RANGE).is_none_or(|asked| *asked == tag);
    let asked = headers.get(header::RANGE).filter(|_| same);
    let range: Range<u64> = match asked.and_then(|value| answer::asked_range(value, file.size)) {
        Some(Ok(range)) => range,
        Some(Err(())) => return Ok(answer::unsatisfiable(file.size)),
        None => 0..file.size,
    };
    let partial = asked.is_some() && range != (0..file.size);
    let first = file.read(&*store, range.start, range.end).await.map_err(|error| problem(&error))?;
    let next = range.start + first.len() as u64;
    let (size, end) = (file.size, range.end);
    let rest = stream::try_unfold((store, file, next), move |(store, file, at)| async move {
        if at >= end {
            return Ok(None);
        }
        let bytes = file.read(&*store, at, end).await?;
        let next = at + bytes.len() as u64;
        Ok::<_, object_store::Error>(Some((bytes, (store, file, next))))
    });
    let body = Body::from_stream(stream::iter([Ok(first)]).chain(rest));
    let mut response = answer::stream(body, range.end - range.start, false, Keep::Never);
    if partial {
        answer::partial(&mut response, &range, size);
    }
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// `Content-Disposition` (RFC 6266) with this name, if it is one: `attr-char`s and percent-encoded bytes only.
fn disposition(name: &str) -> Option<HeaderValue> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%-._~".contains(&byte);
    let good = name.len() <= NAME_BYTES && name.strip_suffix(".mp4").is_some() && name.bytes().all(plain);
    good.then(|| format!("attachment; filename=\"lesson.mp4\"; filename*=UTF-8''{name}"))
        .and_then(|value| HeaderValue::try_from(value).ok())
}

fn problem(error: &object_store::Error) -> Problem {
    match error {
        object_store::Error::NotFound { .. } => Problem::NotFound,
        error => {
            tracing::error!(%error, "an MP4 file cannot be read");
            Problem::Storage
        }
    }
}
