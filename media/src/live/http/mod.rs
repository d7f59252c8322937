//! The axum shell of the origin: checks the lease, waits where the core says wait, answers.
//!
//! What can be done once per part is done once per part; a reader costs a lookup, a wait and a write.

pub(crate) mod answer;
pub(crate) mod problem;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method},
    response::Response,
    routing::any,
};
use tokio::sync::watch;
use yunke_protocol::{Lease, Purpose, UtcMillis};

use self::{answer::Keep, problem::Problem};
use super::{
    Audience, Lesson, Origin,
    core::{
        TARGET_DURATION,
        directives::Directives,
        frontier::Resolution,
        names::{Kind, Name},
        track::{Lookup, Served},
    },
    edition::Edition,
    event::Rendition,
    stream::{Playlist, Stream},
};

/// How long requests are held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// A blocked request is given up after three target durations (RFC 8216bis 6.2.5.2).
    pub(crate) blocked: Duration,
    /// A plain request for the playlist of a stream that has just begun is held until there is something to play.
    pub(crate) beginning: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { blocked: TARGET_DURATION * 3, beginning: TARGET_DURATION }
    }
}

/// The routes.
pub(crate) fn router(origin: Origin) -> Router {
    Router::new().route("/live/{*rest}", any(live)).with_state(origin)
}

async fn live(State(origin): State<Origin>, request: Request) -> Response {
    let response = match *request.method() {
        Method::GET | Method::HEAD => {
            let (parts, _) = request.into_parts();
            let path = parts.uri.path().strip_prefix("/live/").unwrap_or_default();
            let query = parts.uri.query().unwrap_or_default();
            get(&origin, path, query, &parts.headers).await.unwrap_or_else(Problem::response)
        }
        Method::OPTIONS => answer::preflight(),
        _ => Problem::Method.response(),
    };
    answer::open_to_all(response)
}

async fn get(origin: &Origin, path: &str, query: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let request = origin.0.access.check(path)?;
    let lesson = origin.lesson(request.lease.lesson).ok_or(Problem::LessonUnknown)?;
    let reader = Reader { origin, lesson: &lesson, lease: request.lease };
    if let Some(playlist) = Playlist::parse(request.file) {
        return reader.playlist(playlist, query, headers).await;
    }
    let name = Name::parse(request.file).ok_or(Problem::NotFound)?;
    reader.media(name, headers, request.now).await
}

/// One request of a viewer for a lesson.
struct Reader<'a> {
    origin: &'a Origin,
    lesson: &'a Arc<Lesson>,
    lease: Lease,
}

impl Reader<'_> {
    /// The stream this viewer may see.
    fn stream(&self) -> Result<Arc<Stream>, Problem> {
        let stream = self.lesson.stream().ok_or(Problem::NotOnAir)?;
        match (self.lease.purpose, stream.audience) {
            (Purpose::Watch, Audience::Preview) => Err(Problem::NotOnAir),
            _ => Ok(stream),
        }
    }

    /// An edge strips the lease from its key, so what only some may see must not be kept there.
    fn keep(&self, keep: Keep) -> Keep {
        if self.lease.purpose == Purpose::Preview { Keep::Never } else { keep }
    }

    async fn playlist(&self, which: Playlist, query: &str, headers: &HeaderMap) -> Result<Response, Problem> {
        let asked = Directives::parse(query);
        loop {
            let stream = self.stream()?;
            let mut editions = stream.subscribe(which);
            // After the end directives are ignored, wrong ones too; multivariant playlists have none.
            let ended = editions.borrow().frontier.ended;
            let asked = match which {
                Playlist::Media(_) if !ended => asked?,
                _ => Directives::default(),
            };
            let waits = |edition: &Edition| edition.frontier.resolve(asked) == Resolution::Wait;
            let (patience, late) = match asked.msn {
                Some(_) => (self.origin.0.patience.blocked, Problem::TooLong),
                None => (self.origin.0.patience.beginning, Problem::NotOnAir),
            };
            let edition = self.await_edition(&mut editions, waits, patience).await?.ok_or(late)?;
            if edition.retired {
                continue;
            }
            if let Resolution::Bad(reason) = edition.frontier.resolve(asked) {
                return Err(reason.into());
            }
            let full = edition.full.as_ref().ok_or(Problem::NotFound)?;
            let text = edition.delta.as_ref().filter(|_| asked.skip).unwrap_or(full);
            return Ok(answer::playlist(text, headers, self.keep(keep_playlist(&edition, asked))));
        }
    }

    async fn media(&self, name: Name, headers: &HeaderMap, now: UtcMillis) -> Result<Response, Problem> {
        loop {
            let stream = self.stream()?;
            match stream.find(name) {
                Lookup::There(file) => return Ok(self.send(file, name, headers, now)),
                Lookup::Absent if stream.awaited(name) => return Err(Problem::Ended),
                Lookup::Absent => return Err(Problem::NotFound),
                Lookup::Coming => {}
            }
            // The hinted part: it is sent once it is whole.
            let mut editions = stream.subscribe(Playlist::Media(name.rendition));
            // By the edition alone: whoever holds the channel must not reach for the ring, whose writer holds it
            // the other way round.
            let waits =
                |edition: &Edition| !edition.frontier.ended && name.kind == Kind::Part(edition.next_part);
            let patience = self.origin.0.patience.blocked;
            self.await_edition(&mut editions, waits, patience).await?.ok_or(Problem::TooLong)?;
        }
    }

    fn send(&self, file: Served, name: Name, headers: &HeaderMap, now: UtcMillis) -> Response {
        if let (Some(interval), Purpose::Watch) = (file.interval, self.lease.purpose) {
            self.lesson.deliveries.record(self.lease.id, interval, now);
        }
        let sound = name.rendition == Rendition::Audio;
        answer::media(file.bytes, sound, headers, self.keep(Keep::Immutable))
    }

    /// The first edition that need not be waited for; `None` if it does not come in time.
    async fn await_edition(
        &self,
        editions: &mut watch::Receiver<Arc<Edition>>,
        waits: impl Fn(&Edition) -> bool,
        patience: Duration,
    ) -> Result<Option<Arc<Edition>>, Problem> {
        let done = |edition: &Arc<Edition>| edition.retired || !waits(edition);
        {
            let current = editions.borrow_and_update();
            if done(&current) {
                return Ok(Some(Arc::clone(&current)));
            }
        }
        let _waiter = self.origin.wait().ok_or(Problem::Busy)?;
        let found = tokio::time::timeout(patience, editions.wait_for(done)).await;
        // The sender lives in the stream, which the caller holds; were it gone, there would be nothing to wait for.
        Ok(found.ok().and_then(Result::ok).map(|edition| Arc::clone(&edition)))
    }
}

/// An answer at the frontier is the answer to that request for good; one to an old request is only the live edge.
fn keep_playlist(edition: &Edition, asked: Directives) -> Keep {
    let at_frontier = asked.msn.is_some_and(|msn| msn + 1 >= edition.frontier.next_msn());
    if at_frontier && !edition.frontier.ended { Keep::Blocking } else { Keep::Edge }
}
