//! `/audio/{lease}/{version}/{name}`: a rendition, or a range of it, to whom the server gave a lease for its episode.
//!
//! A file is never held: one or two pieces of it are under way to a listener, and the next is read when one has gone out. What
//! has gone out is counted when the socket has taken it, as a stretch of time.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use object_store::ObjectStoreExt as _;
use tokio::sync::Notify;
use uuid::Uuid;
use yunke_protocol::Lease;

use super::{
    core::Library,
    kept::{Episode, File},
    records,
};
use crate::{
    live::{Origin, http::answer, problem::Problem},
    serve::Written,
};

/// What is read at a time: eight seconds of speech.
const PIECE_BYTES: u64 = 64 << 10;
/// Pieces of an answer that are under way; then the next waits.
const UNDER_WAY: usize = 2;
/// A rendition never changes: another one has another address.
const KEEP: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// Answers a request for a rendition.
pub(super) async fn audio(
    State(library): State<Library>,
    Path((token, version, name)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    // The body is no concern of ours.
    let (head, _) = request.into_parts();
    let response = match head.method {
        Method::GET | Method::HEAD => {
            let asked = Asked { token: &token, version: &version, name: &name };
            library.fetch(asked, &head).await.unwrap_or_else(Problem::response)
        }
        Method::OPTIONS => answer::preflight(),
        _ => Problem::Method.response(),
    };
    let mut response = answer::open_to_all(response);
    response.headers_mut().insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Content-Length, Content-Range, ETag, Date, Retry-After"),
    );
    response
}

struct Asked<'a> {
    token: &'a str,
    version: &'a str,
    name: &'a str,
}

impl Library {
    async fn fetch(&self, asked: Asked<'_>, request: &Parts) -> Result<Response, Problem> {
        let access = self.0.origin.access();
        let lease = access.open(asked.token)?;
        let version = Uuid::try_parse(asked.version).map_err(|_| Problem::NotFound)?;
        let episode = self.episode(version).await?;
        if episode.item != lease.lesson {
            return Err(Problem::LeaseOtherLesson);
        }
        let n = episode.files.iter().position(|file| file.name == asked.name).ok_or(Problem::NotFound)?;
        let headers = &request.headers;
        let through_an_edge = access.is_edge(headers);
        if through_an_edge {
            self.0.origin.replayed_behind_edge(&lease, 0);
        }
        let file = &episode.files[n];
        if headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == file.tag) {
            return Ok(head(StatusCode::NOT_MODIFIED, file));
        }
        let range = match asked_range(headers, file) {
            Some(Ok(range)) => Some(range),
            Some(Err(())) => return Ok(answer::unsatisfiable(file.bytes)),
            None => None,
        };
        let whole = range.clone().unwrap_or(0..file.bytes);
        let mut response = head(StatusCode::OK, file);
        response.headers_mut().insert(header::CONTENT_LENGTH, (whole.end - whole.start).into());
        if let Some(range) = range {
            answer::partial(&mut response, &range, file.bytes);
        }
        if request.method == Method::GET {
            let written = request.extensions.get::<Written>().cloned();
            let base = written.as_ref().map_or(0, Written::bytes);
            let tally = Arc::new(Tally {
                counted: (!through_an_edge).then(|| (self.0.origin.clone(), lease)),
                start: whole.start,
                written: written.map(|written| (written, base)),
                episode,
                n,
                under_way: AtomicUsize::new(0),
                one_less: Notify::new(),
            });
            *response.body_mut() = self.body(asked.token, version, whole, tally).await?;
        }
        Ok(response)
    }

    /// The first piece is read before the answer begins, so that a file that cannot be read is an error and no broken answer.
    /// The lease is looked at before each piece: an answer may take an hour, and the lease be revoked meanwhile.
    async fn body(
        &self,
        token: &str,
        version: Uuid,
        whole: Range<u64>,
        tally: Arc<Tally>,
    ) -> Result<Body, Problem> {
        let path = records::path(version, &tally.file().name);
        let first = piece(whole.start, whole.end);
        let bytes = self.0.store.get_range(&path, first.clone()).await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => Problem::NotFound,
            error => {
                tracing::error!(%version, %error, "a rendition cannot be read");
                Problem::Storage
            }
        })?;
        let state = (self.0.store.clone(), path, whole.end, first.end, tally, Some(bytes));
        let (origin, token) = (self.0.origin.clone(), token.to_owned());
        let allowed = move || {
            let revoked = || object_store::Error::Generic { store: "lease", source: "it is over".into() };
            origin.access().open(&token).map(drop).map_err(|_| revoked())
        };
        Ok(Body::from_stream(stream::try_unfold((state, allowed), |(state, allowed)| async move {
            let (store, path, end, next, tally, first) = state;
            let (bytes, from, to) = if let Some(bytes) = first {
                let from = next - bytes.len() as u64;
                (bytes, from, next)
            } else {
                let range = piece(next, end);
                if range.is_empty() {
                    return Ok(None);
                }
                tally.room().await;
                allowed()?;
                let bytes = store.get_range(&path, range.clone()).await?;
                (bytes, range.start, range.end)
            };
            let sent = tally.send(bytes, from, to);
            Ok::<_, object_store::Error>(Some((sent, ((store, path, end, to, tally, None), allowed))))
        })))
    }
}

fn piece(from: u64, end: u64) -> Range<u64> {
    from..end.min(from.saturating_add(PIECE_BYTES))
}

/// The range that is asked for; none: the whole file. A range of another file (RFC 9110 §13.1.5) would be half of each.
fn asked_range(headers: &HeaderMap, file: &File) -> Option<Result<Range<u64>, ()>> {
    let same = headers.get(header::IF_RANGE).is_none_or(|tag| *tag == file.tag);
    headers.get(header::RANGE).filter(|_| same).and_then(|range| answer::asked_range(range, file.bytes))
}

fn head(status: StatusCode, file: &File) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, file.kind.clone());
    headers.insert(header::ETAG, file.tag.clone());
    headers.insert(header::CACHE_CONTROL, KEEP);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

/// What of an answer has gone out.
struct Tally {
    /// For whom it is counted, unless it goes to an edge.
    counted: Option<(Origin, Lease)>,
    /// The answer's first byte in the file.
    start: u64,
    /// What the connection has sent, and had sent when the answer began.
    written: Option<(Written, u64)>,
    episode: Arc<Episode>,
    n: usize,
    under_way: AtomicUsize,
    one_less: Notify,
}

impl Tally {
    fn file(&self) -> &File {
        &self.episode.files[self.n]
    }

    async fn room(&self) {
        while self.under_way.load(Ordering::Acquire) >= UNDER_WAY {
            self.one_less.notified().await;
        }
    }

    fn send(self: &Arc<Self>, bytes: Bytes, from: u64, to: u64) -> Bytes {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        Bytes::from_owner(Piece { bytes, from, to, tally: Arc::clone(self) })
    }

    /// These bytes are held no longer: the socket has taken them, or nobody takes them any more.
    fn released(&self, from: u64, to: u64) {
        self.under_way.fetch_sub(1, Ordering::AcqRel);
        self.one_less.notify_one();
        let Some((origin, lease)) = &self.counted else { return };
        let taken = match &self.written {
            Some((written, base)) => self.start + written.bytes().saturating_sub(*base),
            None => to,
        };
        let (file, length_ms) = (self.file(), self.episode.length_ms);
        if let Some(stretch) = file.map.stretch(from, to.min(taken).max(from), file.bytes, length_ms) {
            origin.replayed(lease, 0, stretch);
        }
    }
}

/// A piece of a file on its way to the socket.
struct Piece {
    bytes: Bytes,
    from: u64,
    to: u64,
    tally: Arc<Tally>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.tally.released(self.from, self.to);
    }
}
