//! WHIP ingest (RFC 9725): a publisher posts an offer and its stream key, gets an answer, and sends by WebRTC.
//!
//! [`routes`] speak HTTP, [`task`] carries the media of one publisher. The WebRTC itself is behind [`Peers`].

mod line;
mod routes;
mod task;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;
use yunke_protocol::{IceServer, Transport};

use self::task::Task;
pub use self::{routes::router, task::Limits};
use super::{Gate, Refusal, RefusalKind};
use crate::webrtc::{
    publisher::{Peer, Peers, WIRE},
    signalling::{
        offer::{Offer, OfferError, Role},
        problem::Problem,
        session::{Session, Sessions},
    },
};

/// Offers that are being answered at once. Further ones are told to come again: an answer takes a second at most, but a
/// lesson whose publisher may be dead keeps its next one waiting for longer.
const MAX_SETUPS: usize = 32;
/// What the answer may take: OBS waits 8 s for all of it.
const ANSWER_TIME: Duration = Duration::from_secs(4);

/// The WHIP endpoint.
pub struct Whip<G> {
    gate: Arc<G>,
    peers: Arc<dyn Peers>,
    tasks: TaskTracker,
    /// The `Link` headers of an answer.
    links: Vec<String>,
    limits: Limits,
    setups: Semaphore,
    sessions: Arc<Sessions<dyn Peer>>,
}

/// An accepted publisher.
struct Accepted {
    answer: String,
    session: Arc<Session<dyn Peer>>,
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
        let sessions = Sessions::new(limits.sessions, "yunke_media_whip_sessions");
        Self { gate, peers, tasks, links, limits, setups: Semaphore::new(MAX_SETUPS), sessions }
    }

    /// Reads an offer. The studio hears of one that cannot be played, if it comes with a lesson's key.
    async fn read(&self, offer: &str, key: &str) -> Result<Offer, Problem> {
        let read = Offer::parse(offer, Role::Publisher);
        if let Err(OfferError::NotPlayable(why)) = &read
            && let Ok(_setup) = self.setups.try_acquire()
        {
            self.gate.refused(Transport::Whip, key.to_owned(), &Refusal::media(why.as_str())).await;
        }
        Ok(read?)
    }

    /// Lets a publisher in.
    async fn accept(&self, offer: &Offer, key: String) -> Result<Accepted, Problem> {
        let Ok(_setup) = self.setups.try_acquire() else { return Err(Problem::full()) };
        if self.sessions.full() {
            return Err(Problem::full());
        }
        let inlet = self.gate.open(Transport::Whip, key.clone()).await.map_err(|refusal| {
            tracing::info!(refusal.kind = ?refusal.kind, refusal.reason = %refusal, "whip: publisher refused");
            metrics::counter!("yunke_media_publishers_refused_total").increment(1);
            refused(refusal)
        })?;
        let (wire, wires) = mpsc::channel(WIRE);
        let answered = tokio::time::timeout(ANSWER_TIME, self.peers.answer(offer, wire)).await;
        let (answer, peer) = answered.map_err(|_| Problem::failed())??;
        let session = Arc::new(Session::new(Some(key), peer, offer.credentials.clone()));
        let listed = self.sessions.list(Arc::clone(&session)).ok_or_else(Problem::full)?;
        let task = Task::new(Arc::clone(&session), wires, inlet, !offer.video.is_empty(), self.limits);
        self.tasks.spawn(async move {
            let _listed = listed;
            task.run().await;
        });
        Ok(Accepted { answer, session })
    }
}

/// What a publisher whom the gate does not let in is told.
fn refused(refusal: Refusal) -> Problem {
    let (status, code) = match refusal.kind {
        RefusalKind::WrongKey | RefusalKind::Passphrase => (StatusCode::UNAUTHORIZED, "key_wrong"),
        RefusalKind::Denied => (StatusCode::CONFLICT, "lesson_taken_or_over"),
        RefusalKind::Later => (StatusCode::SERVICE_UNAVAILABLE, "try_later"),
        RefusalKind::Media => (StatusCode::NOT_ACCEPTABLE, "offer_not_playable"),
    };
    let problem = Problem::new(status, code, refusal.reason);
    if refusal.kind == RefusalKind::Denied { problem.worth_a_retry() } else { problem }
}
