//! What one reader wants: read from its request, answered at once or when the stream has got there.

use std::{sync::Arc, time::Duration};

use axum::{
    http::{HeaderValue, Method, Request, header},
    response::Response,
};
use tokio::sync::watch;
use yunke_protocol::{Lease, Purpose, UtcMillis};

use super::answer::{self, Answer, Keep};
use crate::live::{
    core::{
        directives::{BadDirective, Directives},
        frontier::Resolution,
        names::{Kind, Name},
        track::{Lookup, Served},
    },
    edition::Edition,
    origin::{Lesson, Origin},
    problem::Problem,
    stream::{Audience, Playlist, Stream},
};

/// Answers a request for `/live/{lease}/{lesson}/…`.
pub(super) fn answer<B>(origin: &Origin, request: &Request<B>) -> Answer {
    let response = match *request.method() {
        Method::GET | Method::HEAD => match MediaRequest::read(origin, request) {
            Ok(asked) => return asked.answer(),
            Err(problem) => problem.response(),
        },
        Method::OPTIONS => answer::preflight(),
        _ => Problem::Method.response(),
    };
    Answer::Now(answer::open_to_all(response))
}

/// A checked request.
struct MediaRequest {
    origin: Origin,
    lesson: Arc<Lesson>,
    lease: Lease,
    wanted: Wanted,
    gzip: bool,
    /// What it is sent counts as delivered to its lease: a `GET`, and none of an edge's.
    counted: bool,
    range: Option<HeaderValue>,
    /// When it was asked.
    now: UtcMillis,
}

enum Wanted {
    Playlist(Playlist, Result<Directives, BadDirective>),
    File(Name),
}

/// What a look at the stream comes to.
enum Outcome {
    Done(Response),
    Wait(Wait),
}

struct Wait {
    editions: watch::Receiver<Arc<Edition>>,
    patience: Duration,
    late: Problem,
}

impl MediaRequest {
    /// Copies what it needs: the request's own bytes are the connection's read buffer.
    fn read<B>(origin: &Origin, request: &Request<B>) -> Result<Self, Problem> {
        let path = request.uri().path().strip_prefix("/live/").unwrap_or_default();
        let checked = origin.access().check(path)?;
        let lesson = origin.lesson(checked.lease.lesson).ok_or(Problem::LessonUnknown)?;
        let wanted = if let Some(playlist) = Playlist::parse(checked.file) {
            Wanted::Playlist(playlist, Directives::parse(request.uri().query().unwrap_or_default()))
        } else {
            Wanted::File(Name::parse(checked.file).ok_or(Problem::NotFound)?)
        };
        let through_an_edge = origin.access().is_edge(request.headers());
        if through_an_edge && checked.lease.purpose == Purpose::Watch {
            lesson.deliveries.behind_edge(checked.lease.id, checked.now);
        }
        let copied = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes()).ok();
        Ok(Self {
            origin: origin.clone(),
            lesson,
            lease: checked.lease,
            wanted,
            gzip: answer::takes_gzip(request.headers()),
            counted: request.method() == Method::GET && !through_an_edge,
            range: request.headers().get(header::RANGE).and_then(copied),
            now: checked.now,
        })
    }

    /// Answers it, now or later.
    fn answer(self) -> Answer {
        match self.resolve() {
            Ok(Outcome::Wait(wait)) => Answer::Later(Box::pin(async move {
                let response = self.wait(wait).await;
                answer::open_to_all(response.unwrap_or_else(Problem::response))
            })),
            Ok(Outcome::Done(response)) => Answer::Now(answer::open_to_all(response)),
            Err(problem) => Answer::Now(answer::open_to_all(problem.response())),
        }
    }

    async fn wait(self, mut wait: Wait) -> Result<Response, Problem> {
        let _waiter = self.origin.wait().ok_or(Problem::Busy)?;
        loop {
            let news = |edition: &Arc<Edition>| edition.retired || !self.waits(edition);
            // The channel outlives nobody's wait: a stream is retired before it goes, and that is news.
            let come = tokio::time::timeout(wait.patience, wait.editions.wait_for(news)).await;
            if !matches!(come, Ok(Ok(_))) {
                return Err(wait.late);
            }
            drop(come);
            match self.resolve()? {
                Outcome::Done(response) => return Ok(response),
                Outcome::Wait(again) => wait = again,
            }
        }
    }

    fn resolve(&self) -> Result<Outcome, Problem> {
        let stream = self.stream()?;
        match &self.wanted {
            Wanted::Playlist(which, _) => self.playlist(&stream, *which),
            Wanted::File(name) => self.file(&stream, *name),
        }
    }

    /// The stream this viewer may see.
    fn stream(&self) -> Result<Arc<Stream>, Problem> {
        self.lesson.stream().filter(|stream| self.may_see(stream)).ok_or(Problem::NotOnAir)
    }

    fn may_see(&self, stream: &Stream) -> bool {
        self.lease.purpose == Purpose::Preview || stream.audience == Audience::Members
    }

    fn playlist(&self, stream: &Stream, which: Playlist) -> Result<Outcome, Problem> {
        let editions = stream.subscribe(which);
        let edition = Arc::clone(&editions.borrow());
        let asked = self.directives(&edition)?;
        match edition.frontier.resolve(asked) {
            Resolution::Bad(reason) => Err(reason.into()),
            Resolution::Wait => {
                let patience = self.origin.patience();
                let (patience, late) = match asked.msn {
                    Some(_) => (patience.blocked, Problem::TooLong),
                    None => (patience.beginning, Problem::NotOnAir),
                };
                Ok(Outcome::Wait(Wait { editions, patience, late }))
            }
            Resolution::Now => {
                let full = edition.full.as_ref().ok_or(Problem::NotFound)?;
                let text = edition.delta.as_ref().filter(|_| asked.skip).unwrap_or(full);
                let keep = self.keep(keep_playlist(&edition, asked));
                Ok(Outcome::Done(answer::playlist(text, self.gzip, keep)))
            }
        }
    }

    fn file(&self, stream: &Stream, name: Name) -> Result<Outcome, Problem> {
        match stream.find(name) {
            Lookup::There(file) => Ok(Outcome::Done(self.send(file, name))),
            Lookup::Absent if stream.awaited(name) => Err(Problem::Ended),
            Lookup::Absent => self.file_before(stream, name),
            // The hinted part: it is sent once it is whole.
            Lookup::Coming => Ok(Outcome::Wait(Wait {
                editions: stream.subscribe(Playlist::Media(name.rendition)),
                patience: self.origin.patience().blocked,
                late: Problem::TooLong,
            })),
        }
    }

    /// A file of the stream that was here a moment ago: its playlist was fetched, and then the lesson began.
    fn file_before(&self, stream: &Stream, name: Name) -> Result<Outcome, Problem> {
        let before = stream.before().filter(|before| self.may_see(before));
        match before.map(|before| before.find(name)) {
            Some(Lookup::There(file)) => Ok(Outcome::Done(self.send(file, name))),
            Some(Lookup::Coming) => Err(Problem::Ended),
            Some(Lookup::Absent) | None => Err(Problem::NotFound),
        }
    }

    /// Whether this edition leaves the reader waiting. By the edition alone: whoever holds the channel must not reach for
    /// the ring, whose writer holds it the other way round.
    fn waits(&self, edition: &Edition) -> bool {
        match &self.wanted {
            Wanted::Playlist(..) => self
                .directives(edition)
                .is_ok_and(|asked| edition.frontier.resolve(asked) == Resolution::Wait),
            Wanted::File(name) => !edition.frontier.ended && name.kind == Kind::Part(edition.next_part),
        }
    }

    /// After the end directives are ignored, wrong ones too; multivariant playlists have none.
    fn directives(&self, edition: &Edition) -> Result<Directives, Problem> {
        match &self.wanted {
            Wanted::Playlist(Playlist::Media(_), asked) if !edition.frontier.ended => Ok((*asked)?),
            _ => Ok(Directives::default()),
        }
    }

    /// An edge strips the lease from its key, so what only some may see must not be kept there.
    fn keep(&self, keep: Keep) -> Keep {
        if self.lease.purpose == Purpose::Preview { Keep::Never } else { keep }
    }

    fn send(&self, file: Served, name: Name) -> Response {
        let size = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
        if let (Some(interval), Purpose::Watch) = (file.interval, self.lease.purpose)
            && self.counted
            && let Some(interval) = answer::fetched(interval, self.range.as_ref(), size)
        {
            self.lesson.deliveries.record(self.lease.id, interval, self.now);
        }
        answer::media(file.bytes, name.rendition.is_sound(), self.range.as_ref(), self.keep(Keep::Immutable))
    }
}

/// An answer at the frontier is the answer to that request for good; one to an old request is only the live edge.
fn keep_playlist(edition: &Edition, asked: Directives) -> Keep {
    let at_frontier = asked.msn.is_some_and(|msn| msn + 1 >= edition.frontier.next_msn());
    if at_frontier && !edition.frontier.ended { Keep::Blocking } else { Keep::Edge }
}
