//! WHIP ingest (RFC 9725): a publisher posts an offer and its stream key, gets an answer, and sends by WebRTC.
//!
//! [`offer`] and [`fragment`] read what comes, [`routes`] speak HTTP, [`session`] carries the media of one publisher.
//! The WebRTC itself is behind [`Peers`].

pub mod fragment;
pub mod offer;
mod problem;
mod routes;
mod session;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;
use yunke_protocol::{IceServer, Transport};

pub use self::routes::router;
use self::{
    offer::Offer,
    problem::Problem,
    session::{Session, Task},
};
use super::{
    Gate,
    peer::{Peers, WIRE},
};

/// Offers that are being answered at once. Further ones are told to come again: an answer takes a second at most, but a
/// lesson whose publisher may be dead keeps its next one waiting for longer.
const MAX_SETUPS: usize = 32;
/// What the answer may take: OBS waits 8 s for all of it.
const ANSWER_TIME: Duration = Duration::from_secs(4);

/// How many and how long.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Sessions at once; further offers are told to come again.
    pub sessions: usize,
    /// From the answer to ICE and DTLS; a slow line needs three seconds.
    pub setup: Duration,
    /// Without a packet for so long the publisher is gone. Its seat can be taken long before.
    pub idle: Duration,
}

impl Limits {
    /// So many sessions, and the usual times.
    pub fn new(sessions: usize) -> Self {
        Self { sessions, setup: Duration::from_secs(10), idle: Duration::from_secs(10) }
    }
}

/// The WHIP endpoint.
pub struct Whip<G> {
    gate: Arc<G>,
    peers: Arc<dyn Peers>,
    tasks: TaskTracker,
    /// The `Link` headers of an answer.
    links: Vec<String>,
    limits: Limits,
    setups: Semaphore,
    sessions: Arc<Sessions>,
}

/// The sessions under way, by their name in the address.
#[derive(Debug, Default)]
struct Sessions(Mutex<HashMap<String, Arc<Session>>>);

impl Sessions {
    fn map(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) {
        metrics::gauge!("yunke_media_whip_sessions")
            .set(f64::from(u32::try_from(self.map().len()).unwrap_or(u32::MAX)));
    }
}

/// An accepted publisher.
struct Accepted {
    answer: String,
    session: Arc<Session>,
}

impl<G: Gate> Whip<G> {
    /// An endpoint whose publishers pass this gate.
    pub fn new(
        gate: Arc<G>,
        peers: Arc<dyn Peers>,
        tasks: TaskTracker,
        ice_servers: &[IceServer],
        limits: Limits,
    ) -> Self {
        let links = ice_servers.iter().map(IceServer::link).collect();
        let (setups, sessions) = (Semaphore::new(MAX_SETUPS), Arc::default());
        Self { gate, peers, tasks, links, limits, setups, sessions }
    }

    fn find(&self, name: &str) -> Option<Arc<Session>> {
        self.sessions.map().get(name).cloned()
    }

    /// Ends a session; from now on it is unknown.
    fn end(&self, session: &Session) {
        self.sessions.map().remove(session.name());
        session.end();
    }

    /// Lets a publisher in.
    async fn accept(&self, offer: &Offer, key: String) -> Result<Accepted, Problem> {
        let Ok(_setup) = self.setups.try_acquire() else { return Err(Problem::Full) };
        if self.sessions.map().len() >= self.limits.sessions {
            return Err(Problem::Full);
        }
        let inlet = self.gate.open(Transport::Whip, key.clone()).await.map_err(|refusal| {
            tracing::info!(refusal.kind = ?refusal.kind, refusal.reason = %refusal, "whip: publisher refused");
            metrics::counter!("yunke_media_publishers_refused_total").increment(1);
            Problem::Refused(refusal)
        })?;
        let (wire, wires) = mpsc::channel(WIRE);
        let answered = tokio::time::timeout(ANSWER_TIME, self.peers.answer(offer, wire)).await;
        let (answer, peer) = answered.map_err(|_| Problem::Failed)??;
        let session = Arc::new(Session::new(key, peer, offer.credentials.clone()));
        {
            let mut sessions = self.sessions.map();
            if sessions.len() >= self.limits.sessions {
                return Err(Problem::Full);
            }
            sessions.insert(session.name().to_owned(), Arc::clone(&session));
        }
        self.sessions.count();
        let task = Task::new(Arc::clone(&session), wires, inlet, !offer.video.is_empty(), self.limits);
        let sessions = Arc::clone(&self.sessions);
        self.tasks.spawn(async move {
            let _listed = Listed { sessions: &sessions, name: task.name() };
            task.run().await;
        });
        Ok(Accepted { answer, session })
    }
}

/// Takes the session off the list, however its task ends.
struct Listed<'a> {
    sessions: &'a Sessions,
    name: String,
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.sessions.map().remove(&self.name);
        self.sessions.count();
    }
}
