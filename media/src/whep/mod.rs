//! WHEP playback: a viewer posts an offer under its lease, gets an answer, and receives the lesson by WebRTC.
//!
//! [`feed`] is what a lesson sends to all of its viewers, [`viewer`] the task of one of them, [`routes`] speak HTTP. The WebRTC
//! itself is behind [`Outlets`]. Decisions in docs/adr.

pub mod feed;
mod leases;
mod routes;
#[cfg(test)]
mod tests;
mod viewer;

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use yunke_protocol::{IceServer, Lease, Purpose};

pub use self::routes::router;
use self::{
    feed::Feed,
    leases::Leases,
    viewer::{Holder, Viewer},
};
use crate::{
    live::Origin,
    webrtc::{
        signalling::{
            offer::{Offer, OfferError},
            problem::Problem,
            session::{Session, Sessions},
        },
        subscriber::{Chosen, NEWS, Outlet, Outlets},
    },
};

/// Offers that are being answered at once. Further ones are told to come again: an answer takes some milliseconds.
const MAX_SETUPS: usize = 32;
/// What an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(4);

/// Where lessons are found.
pub trait Feeds: Send + Sync + 'static {
    /// What viewers of this lesson get; `None` when it is not of this node.
    fn feed(&self, lesson: Uuid) -> Option<Arc<Feed>>;
}

/// How many and how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Sessions at once, those that are not connected yet included; further viewers are sent to LL-HLS.
    pub sessions: usize,
    /// From the answer to ICE and DTLS.
    pub setup: Duration,
}

impl Limits {
    /// So many sessions, and the usual time.
    pub fn new(sessions: usize) -> Self {
        Self { sessions, setup: Duration::from_secs(10) }
    }
}

/// The WHEP endpoint.
pub struct Whep {
    origin: Origin,
    feeds: Arc<dyn Feeds>,
    outlets: Arc<dyn Outlets>,
    tasks: TaskTracker,
    /// The `Link` headers of an answer.
    links: Vec<String>,
    limits: Limits,
    setups: Semaphore,
    sessions: Arc<Sessions<dyn Outlet>>,
    leases: Arc<Leases>,
}

/// An accepted viewer.
struct Accepted {
    answer: String,
    session: Arc<Session<dyn Outlet>>,
}

impl Whep {
    /// An endpoint for these lessons; `origin` checks leases and keeps what went out.
    pub fn new(
        origin: Origin,
        feeds: Arc<dyn Feeds>,
        outlets: Arc<dyn Outlets>,
        tasks: TaskTracker,
        ice_servers: &[IceServer],
        limits: Limits,
    ) -> Self {
        let links = ice_servers.iter().map(IceServer::link).collect();
        let sessions = Sessions::new(limits.sessions, "yunke_media_whep_sessions");
        let (setups, leases) = (Semaphore::new(MAX_SETUPS), Arc::default());
        Self { origin, feeds, outlets, tasks, links, limits, setups, sessions, leases }
    }

    /// What this lease may watch now.
    fn feed(&self, lease: &Lease) -> Result<Arc<Feed>, Problem> {
        let feed = self.feeds.feed(lease.lesson).ok_or_else(no_publisher)?;
        let standing = feed.standing();
        if !standing.sends || standing.over || (!standing.live && lease.purpose == Purpose::Watch) {
            return Err(no_publisher());
        }
        if standing.reordered { Err(not_for_webrtc()) } else { Ok(feed) }
    }

    /// Lets a viewer in. `counted`: what it is sent is kept as delivered to its lease.
    async fn accept(&self, offer: &Offer, lease: Lease, counted: bool) -> Result<Accepted, Problem> {
        let chosen = choose(offer)?;
        let feed = self.feed(&lease)?;
        let Ok(_setup) = self.setups.try_acquire() else { return Err(Problem::full()) };
        if self.sessions.full() {
            return Err(Problem::full());
        }
        let (sender, news) = mpsc::channel(NEWS);
        let answering = self.outlets.answer(offer, &chosen, sender);
        let answered = tokio::time::timeout(ANSWER_TIME, answering).await;
        let (answer, outlet) = answered.map_err(|_| Problem::failed())??;
        let session = Arc::new(Session::new(None, outlet, offer.credentials.clone()));
        let listed = self.sessions.list(Arc::clone(&session)).ok_or_else(Problem::full)?;
        let (entered, oldest) = self.leases.enter(lease.id, Arc::clone(&session));
        if let Some(oldest) = oldest {
            self.sessions.end(&oldest);
        }
        let holder = Holder { lease, counted };
        let viewer =
            Viewer::new(Arc::clone(&session), news, feed, self.origin.clone(), holder, self.limits.setup);
        self.tasks.spawn(async move {
            let _places = (listed, entered);
            viewer.run().await;
        });
        Ok(Accepted { answer, session })
    }
}

fn no_publisher() -> Problem {
    let detail = "nobody sends into this lesson at the moment, or it is not on air";
    Problem::new(StatusCode::CONFLICT, "no_publisher", detail).worth_a_retry()
}

fn not_for_webrtc() -> Problem {
    let detail = "the publisher sends B-frames, which WebRTC cannot carry: watch by HLS";
    Problem::new(StatusCode::CONFLICT, "not_for_webrtc", detail)
}

/// The formats to send: of those a decoder prefers, the first whose pictures may be sent in fragments.
fn choose(offer: &Offer) -> Result<Chosen, OfferError> {
    let fragments = |mode: Option<&str>| mode == Some("1");
    let video = offer.video.iter().find(|format| fragments(format.parameter("packetization-mode"))).cloned();
    if video.is_none() && !offer.video.is_empty() {
        let reason = "the offer has H.264 in single packets only; lessons need packetization-mode=1";
        return Err(OfferError::NotPlayable(reason.to_owned()));
    }
    let of_video = |(_, repaired): &&(u8, u8)| video.as_ref().is_some_and(|f| f.payload_type == *repaired);
    let repair = offer.repairs.iter().find(of_video).map(|(payload_type, _)| *payload_type);
    Ok(Chosen { video, repair, audio: offer.audio.first().cloned() })
}
