//! `/radio/{lease}/{lesson}/{name}.aac`: the sound of a lesson that is live, as one answer without an end, for radios, village
//! loudspeakers and players that know no playlists. AAC in ADTS; who asks with `Icy-MetaData: 1` is told the name in between.
//!
//! A part becomes frames once, whoever listens; a listener costs a channel and a write. It earns nothing: no deliveries are counted.

mod adts;
mod follow;
mod icy;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
    routing::get,
};
use bytes::Bytes;
use futures_util::stream;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use self::{follow::Radios, icy::Icy};
use super::{Origin, http::answer, problem::Problem};

/// Listeners of a node at a time.
const LISTENERS: usize = 2_000;
/// Of them under one lease: an address that was passed on takes no more.
const OF_A_LEASE: usize = 8;
/// A lease is looked at again so often while somebody listens.
const LOOK: Duration = Duration::from_secs(10);
/// Nothing came for so long: the connection is ended, and whoever listens comes again when there is something.
const SILENCE: Duration = Duration::from_mins(2);

/// What the routes stand on.
#[derive(Clone)]
struct Radio {
    origin: Origin,
    radios: Radios,
    places: Arc<Semaphore>,
    of_leases: Arc<Mutex<HashMap<Uuid, Arc<Semaphore>>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// The route; `tasks` owns what makes frames of parts, and all answers end with `stop`.
pub(crate) fn router(origin: Origin, tasks: TaskTracker, stop: CancellationToken) -> Router {
    let places = Arc::new(Semaphore::new(LISTENERS));
    let of_leases = Arc::default();
    let radio = Radio { origin, radios: Radios::default(), places, of_leases, tasks, stop };
    Router::new().route("/radio/{lease}/{lesson}/{name}", get(listen)).with_state(radio)
}

async fn listen(
    State(radio): State<Radio>,
    Path((token, lesson, name)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    answer::open_to_all(radio.open(&token, &lesson, &name, &headers).unwrap_or_else(Problem::response))
}

impl Radio {
    fn open(&self, token: &str, lesson: &str, name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
        let lease = self.origin.access().lease(token, lesson)?;
        let title = name.strip_suffix(".aac").ok_or(Problem::NotFound)?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Problem::Busy)?;
        let of_lease = self.place_of(lease.id)?;
        let (at_once, news) = self.radios.join(&self.origin, lease.lesson, &self.tasks, &self.stop)?;
        let wants_name = headers.get("icy-metadata").is_some_and(|wish| wish == "1");
        let ears = Ears {
            origin: self.origin.clone(),
            token: token.to_owned(),
            looked_at: Instant::now(),
            news,
            icy: wants_name.then(|| Icy::new(title)),
            _places: [place, of_lease],
        };
        let mut response = Response::new(ears.body(at_once));
        let answer = response.headers_mut();
        answer.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/aac"));
        answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // An edge that keeps some of it would only be late.
        answer.insert("x-accel-buffering", HeaderValue::from_static("no"));
        if let Ok(title) = HeaderValue::from_bytes(title.as_bytes()) {
            answer.insert("icy-name", title);
        }
        if wants_name {
            answer.insert("icy-metaint", HeaderValue::from(Icy::EVERY));
        }
        Ok(response)
    }
}

impl Radio {
    /// One of the places a lease has. Those of leases nobody listens by are forgotten.
    fn place_of(&self, lease: Uuid) -> Result<OwnedSemaphorePermit, Problem> {
        let mut all = self.of_leases.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, places| places.available_permits() < OF_A_LEASE);
        let places = all.entry(lease).or_insert_with(|| Arc::new(Semaphore::new(OF_A_LEASE)));
        Arc::clone(places).try_acquire_owned().map_err(|_| Problem::Busy)
    }
}

/// One who listens.
struct Ears {
    origin: Origin,
    token: String,
    looked_at: Instant,
    news: broadcast::Receiver<Bytes>,
    icy: Option<Icy>,
    _places: [OwnedSemaphorePermit; 2],
}

impl Ears {
    fn body(self, at_once: Vec<Bytes>) -> Body {
        let waiting = at_once.into_iter();
        Body::from_stream(stream::unfold((self, waiting), |(mut ears, mut waiting)| async move {
            let frames = match waiting.next() {
                Some(frames) => frames,
                None => ears.next().await?,
            };
            let sent = match &mut ears.icy {
                Some(icy) => icy.with_name(&frames),
                None => frames,
            };
            Some((Ok::<_, std::convert::Infallible>(sent), (ears, waiting)))
        }))
    }

    /// What comes next; none: the lesson is over, the lease too, or they are too far behind.
    async fn next(&mut self) -> Option<Bytes> {
        if self.looked_at.elapsed() >= LOOK {
            self.looked_at = Instant::now();
            self.origin.access().open(&self.token).ok()?;
        }
        timeout(SILENCE, self.news.recv()).await.ok()?.ok()
    }
}
