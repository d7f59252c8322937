//! One connection: what the peers of publishers and the outlets to viewers have in common.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{sync::Notify, time::timeout};
use tokio_util::task::TaskTracker;
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngine,
};

use super::{answer, runtime::PeerRuntime, socket::PeerSlot};
use crate::webrtc::signalling::{
    fragment::Credentials,
    line::{PeerError, Pending, Restarted},
    offer::Offer,
};

/// Our candidates are known at once; this is for a machine that is busy.
const GATHER_TIME: Duration = Duration::from_secs(2);

/// What a connection is made of.
pub(super) struct Parts {
    pub(super) media: MediaEngine,
    pub(super) registry: Registry,
    pub(super) settings: SettingEngine,
    pub(super) slot: Arc<PeerSlot>,
    pub(super) tasks: TaskTracker,
    pub(super) addresses: Vec<SocketAddr>,
}

/// What somebody wants to hear of a connection.
pub(super) trait ConnectionEvents: Send + Sync + 'static {
    fn connected(&self);
    fn gone(&self);
    /// The other side sends this.
    fn track(&self, _track: Arc<dyn TrackRemote>) {}
}

/// A connection.
pub(super) struct Connection {
    pub(super) inner: Arc<dyn PeerConnection>,
    slot: Arc<PeerSlot>,
    offer: String,
    candidates: Vec<String>,
    gathered: Arc<Notify>,
    tasks: TaskTracker,
}

impl Connection {
    /// Makes one that is to follow this offer; nothing is said yet.
    pub(super) async fn make(
        parts: Parts,
        offer: &Offer,
        ears: impl ConnectionEvents,
    ) -> Result<Self, PeerError> {
        let Parts { media, registry, settings, slot, tasks, addresses } = parts;
        let gathered = Arc::new(Notify::new());
        let handler = Handler { ears, gathered: Arc::clone(&gathered) };
        let runtime = PeerRuntime { slot: Arc::clone(&slot), tasks: tasks.clone() };
        let building = PeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_interceptor_registry(registry)
            .with_setting_engine(settings)
            .with_runtime(Arc::new(runtime))
            .with_handler(Arc::new(handler))
            // Names for the virtual sockets; nothing is received there.
            .with_udp_addrs(slot.names())
            .build();
        let inner = Box::pin(building).await.map_err(|error| here(&error))?;
        Ok(Self {
            inner: Arc::new(inner),
            slot,
            offer: answer::without_candidates(&offer.sdp),
            candidates: answer::candidates(&addresses),
            gathered,
            tasks,
        })
    }

    /// Follows the offer; the answer with our candidates.
    pub(super) async fn answer(&self) -> Result<String, PeerError> {
        let sdp = self.follow(self.offer.clone()).await?;
        let _ = timeout(GATHER_TIME, self.gathered.notified()).await;
        Ok(answer::with_candidates(&sdp, &self.candidates))
    }

    /// Follows an offer; the answer without candidates.
    async fn follow(&self, offer: String) -> Result<String, PeerError> {
        let refused =
            |error: webrtc::error::Error| PeerError::Offer(error.to_string().chars().take(200).collect());
        let offer = RTCSessionDescription::offer(offer).map_err(refused)?;
        self.inner.set_remote_description(offer).await.map_err(refused)?;
        let answer = self.inner.create_answer(None).await.map_err(refused)?;
        let sdp = answer.sdp.clone();
        self.inner.set_local_description(answer).await.map_err(refused)?;
        let ours = answer::credentials(&sdp).ok_or(PeerError::Here)?;
        self.slot.name(ours.ufrag());
        Ok(sdp)
    }

    pub(super) fn restart(&self, theirs: Credentials) -> Pending<'_, Result<Restarted, PeerError>> {
        Box::pin(async move {
            let sdp = self.follow(answer::with_credentials(&self.offer, &theirs)).await?;
            let credentials = answer::credentials(&sdp).ok_or(PeerError::Here)?;
            Ok(Restarted { credentials, candidates: self.candidates.clone() })
        })
    }

    pub(super) fn close(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let _ = self.inner.close().await;
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let (connection, slot) = (Arc::clone(&self.inner), Arc::clone(&self.slot));
        self.tasks.spawn(async move {
            let _ = connection.close().await;
            slot.leave();
        });
    }
}

struct Handler<E> {
    ears: E,
    gathered: Arc<Notify>,
}

#[async_trait::async_trait]
impl<E: ConnectionEvents> PeerConnectionEventHandler for Handler<E> {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.notify_one();
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        tracing::debug!(%state, "webrtc: connection");
        match state {
            RTCPeerConnectionState::Connected => self.ears.connected(),
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => self.ears.gone(),
            _ => {}
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        self.ears.track(track);
    }
}

/// An error of the crate, for the log; the other side is told no more than that it failed.
pub(super) fn here(error: &webrtc::error::Error) -> PeerError {
    tracing::warn!(%error, "webrtc: no connection could be made");
    PeerError::Here
}
