//! Serves replays from the object store: playlists made of the recording's index, and its segments as they were recorded.
//!
//! A replay exists from the moment the recording is complete. What is rendered is kept for a bounded number of lessons;
//! media is never kept, only passed on, a bounded piece at a time.

mod files;
pub mod recording;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    response::Response,
    routing::any,
};
use futures_util::StreamExt as _;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::sync::OnceCell;
use uuid::Uuid;
use yunke_protocol::{Lease, Stretch, UtcMillis};

use self::recording::Recording;
use crate::{
    live::{
        Origin,
        core::names::{Kind, Name},
        edition::Text,
        event::Rendition,
        http::answer::{self, Keep},
        problem::Problem,
        stream::Playlist,
    },
    recording::index,
};

/// Stretches of lessons whose playlists are kept rendered: about 2 MB for three hours. When full, the one that was
/// asked for longest ago goes, and is rendered again when it is asked for.
const KEPT_REPLAYS: usize = 32;

/// All replays of this node. Cheap to clone.
#[derive(Clone)]
pub struct Replays(Arc<Inner>);

struct Inner {
    origin: Origin,
    store: Arc<dyn ObjectStore>,
    /// Least recently asked for first. The cell is filled by the first who asks; the others wait for it.
    kept: Mutex<Vec<(Shown, CachedReplay)>>,
}

/// A lesson, and what of it is shown: signed by the server, so there are only as many as it made.
type Shown = (Uuid, Stretch);

/// A place for a replay that may still be on its way.
type CachedReplay = Arc<OnceCell<Arc<Replay>>>;

/// A recording, rendered.
struct Replay {
    lesson: Uuid,
    /// UTC of lesson position 0.
    zero_at: UtcMillis,
    index: Option<Text>,
    listen: Option<Text>,
    playlists: Vec<(Rendition, Text)>,
    recording: Recording,
}

impl Replays {
    /// Replays of what the store has. Leases are checked and deliveries counted as the origin does.
    pub fn new(origin: Origin, store: Arc<dyn ObjectStore>) -> Self {
        Self(Arc::new(Inner { origin, store, kept: Mutex::default() }))
    }

    /// The recording has changed or gone: read it again.
    pub fn forget(&self, lesson: Uuid) {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|((kept, _), _)| *kept != lesson);
    }

    /// `/replay/{lease}/{lesson}/{stretch}/…`
    pub fn router(&self) -> Router {
        Router::new().route("/replay/{*rest}", any(replay)).with_state(self.clone())
    }

    async fn replay(&self, shown: Shown) -> Result<Arc<Replay>, Problem> {
        let cell = self.cell(shown);
        cell.get_or_try_init(|| self.read(shown)).await.cloned()
    }

    fn cell(&self, shown: Shown) -> CachedReplay {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match kept.iter().position(|(kept, _)| *kept == shown) {
            Some(at) => kept.remove(at),
            None => (shown, Arc::default()),
        };
        if kept.len() >= KEPT_REPLAYS {
            kept.remove(0);
        }
        kept.push(entry.clone());
        entry.1
    }

    async fn read(&self, (lesson, stretch): Shown) -> Result<Arc<Replay>, Problem> {
        let store = &*self.0.store;
        let index = crate::recording::whole(store, lesson).await.map_err(|error| files::storage(&error))?;
        let Some(index) = index else { return Err(self.missing(lesson).await) };
        let mut recording = Recording::new(&index, stretch);
        for before in
            crate::recording::retired(store, lesson).await.map_err(|error| files::storage(&error))?
        {
            recording.keep(index.zero_at, stretch, &before.filled);
        }
        Ok(Arc::new(Replay {
            lesson,
            zero_at: index.zero_at,
            index: recording.index.take().map(Into::into),
            listen: recording.listen.take().map(Into::into),
            playlists: recording.playlists.drain(..).map(|(of, text)| (of, text.into())).collect(),
            recording,
        }))
    }

    /// Without a whole index: is the lesson being recorded, or is there nothing?
    async fn missing(&self, lesson: Uuid) -> Problem {
        match self.0.store.list(Some(&index::pages_prefix(lesson))).next().await {
            Some(Ok(_)) => Problem::ReplayNotReady,
            Some(Err(error)) => files::storage(&error),
            None => Problem::LessonUnknown,
        }
    }

    async fn get(&self, path: &str, method: &Method, headers: &HeaderMap) -> Result<Response, Problem> {
        let (request, stretch) = self.0.origin.access().check_replay(path)?;
        let through_an_edge = self.0.origin.access().is_edge(headers);
        let counted = *method == Method::GET && !through_an_edge;
        let replay = self.replay((request.lease.lesson, stretch)).await?;
        if through_an_edge {
            self.0.origin.replayed_behind_edge(&request.lease, replay.zero_at);
        }
        let text = match Playlist::parse(request.file) {
            Some(Playlist::Index) => replay.index.as_ref(),
            Some(Playlist::Listen) => replay.listen.as_ref(),
            Some(Playlist::Media(of)) => {
                replay.playlists.iter().find(|(rendition, _)| *rendition == of).map(|(_, text)| text)
            }
            None => {
                let name = Name::parse(request.file).ok_or(Problem::NotFound)?;
                let lease = counted.then_some(&request.lease);
                return self.media(&replay, lease, name, headers).await;
            }
        };
        let text = text.ok_or(Problem::NotFound)?;
        Ok(answer::playlist(text, answer::takes_gzip(headers), Keep::Replay))
    }

    async fn media(
        &self,
        replay: &Replay,
        counted_for: Option<&Lease>,
        name: Name,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let (lesson, store) = (replay.lesson, &self.0.store);
        match name.kind {
            Kind::Segment(msn) => {
                let file = replay.recording.segments.get(&name).ok_or(Problem::NotFound)?;
                let path = index::segment_path(lesson, name.rendition, name.stream, msn);
                let sound = name.rendition.is_sound();
                let response = files::send(Arc::clone(store), path, file.bytes, sound, headers).await?;
                let range = headers.get(header::RANGE);
                if let (Some(lease), Some(fetched)) =
                    (counted_for, answer::fetched(file.interval, range, file.bytes))
                {
                    self.0.origin.replayed(lease, replay.zero_at, fetched);
                }
                Ok(response)
            }
            Kind::Init(number) => {
                let path = index::init_path(lesson, name.rendition, name.stream, number);
                let object = store.get(&path).await.map_err(|error| files::problem(&error))?;
                let bytes = object.bytes().await.map_err(|error| files::storage(&error))?;
                let (sound, range) = (name.rendition.is_sound(), headers.get(header::RANGE));
                Ok(answer::media(bytes, sound, range, Keep::Immutable))
            }
            Kind::Part(_) => Err(Problem::NotFound),
        }
    }
}

async fn replay(State(replays): State<Replays>, request: Request) -> Response {
    let response = match *request.method() {
        Method::GET | Method::HEAD => {
            let path = request.uri().path().strip_prefix("/replay/").unwrap_or_default();
            replays.get(path, request.method(), request.headers()).await.unwrap_or_else(Problem::response)
        }
        Method::OPTIONS => answer::preflight(),
        _ => Problem::Method.response(),
    };
    answer::open_to_all(response)
}
