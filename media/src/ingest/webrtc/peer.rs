//! One publisher's peer.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rtc::{
    rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication,
    rtp_transceiver::rtp_sender::RtpCodecKind,
};
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use tokio_util::task::TaskTracker;
use webrtc::{
    media_stream::track_remote::{TrackRemote, TrackRemoteEvent},
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
        RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngine,
    },
};

use super::{answer, here, runtime::PeerRuntime, socket::Place};
use crate::ingest::{
    Track,
    peer::{Peer, PeerError, Pending, Restarted, Wire},
    rtp::Packet,
    whip::{fragment::Credentials, offer::Offer},
};

/// Our candidates are known at once; this is for a machine that is busy.
const GATHER_TIME: Duration = Duration::from_secs(2);

/// What a peer is made of.
pub(super) struct Parts {
    pub(super) media: MediaEngine,
    pub(super) registry: Registry,
    pub(super) settings: SettingEngine,
    pub(super) place: Arc<Place>,
    pub(super) tasks: TaskTracker,
}

/// The picture's track, once there is one, and its last source: where to ask for key frames.
type Picture = Arc<Mutex<Option<(Arc<dyn TrackRemote>, u32)>>>;

/// A peer.
pub(super) struct WebRtcPeer {
    connection: Arc<dyn PeerConnection>,
    place: Arc<Place>,
    offer: String,
    candidates: Vec<String>,
    picture: Picture,
    tasks: TaskTracker,
}

impl WebRtcPeer {
    pub(super) async fn answer(
        parts: Parts,
        offer: &Offer,
        addresses: Vec<SocketAddr>,
        wire: mpsc::Sender<Wire>,
    ) -> Result<(String, Self), PeerError> {
        let Parts { media, registry, settings, place, tasks } = parts;
        let picture = Picture::default();
        let gathered = Arc::new(Notify::new());
        let handler = Handler {
            wire,
            picture: Arc::clone(&picture),
            gathered: Arc::clone(&gathered),
            tasks: tasks.clone(),
        };
        let runtime = PeerRuntime { place: Arc::clone(&place), tasks: tasks.clone() };
        let building = PeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_interceptor_registry(registry)
            .with_setting_engine(settings)
            .with_runtime(Arc::new(runtime))
            .with_handler(Arc::new(handler))
            // A name for the virtual socket; nothing is received there.
            .with_udp_addrs(vec!["127.0.0.1:0"])
            .build();
        let connection = Box::pin(building).await.map_err(|error| here(&error))?;
        let peer = Self {
            connection: Arc::new(connection),
            place,
            offer: answer::without_candidates(&offer.sdp),
            candidates: answer::candidates(&addresses),
            picture,
            tasks,
        };
        let sdp = peer.follow(peer.offer.clone()).await?;
        let _ = timeout(GATHER_TIME, gathered.notified()).await;
        Ok((answer::with_candidates(&sdp, &peer.candidates), peer))
    }

    /// Follows an offer; the answer without candidates.
    async fn follow(&self, offer: String) -> Result<String, PeerError> {
        let refused =
            |error: webrtc::error::Error| PeerError::Offer(error.to_string().chars().take(200).collect());
        let offer = RTCSessionDescription::offer(offer).map_err(refused)?;
        self.connection.set_remote_description(offer).await.map_err(refused)?;
        let answer = self.connection.create_answer(None).await.map_err(refused)?;
        let sdp = answer.sdp.clone();
        self.connection.set_local_description(answer).await.map_err(refused)?;
        let ours = answer::credentials(&sdp).ok_or(PeerError::Here)?;
        self.place.name(ours.ufrag());
        Ok(sdp)
    }
}

impl Peer for WebRtcPeer {
    fn restart(&self, theirs: Credentials) -> Pending<'_, Result<Restarted, PeerError>> {
        Box::pin(async move {
            let sdp = self.follow(answer::with_credentials(&self.offer, &theirs)).await?;
            let credentials = answer::credentials(&sdp).ok_or(PeerError::Here)?;
            Ok(Restarted { credentials, candidates: self.candidates.clone() })
        })
    }

    fn ask_key_frame(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let picture = self.picture.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some((track, media_ssrc)) = picture {
                let request = PictureLossIndication { sender_ssrc: 0, media_ssrc };
                let _ = track.write_rtcp(vec![Box::new(request)]).await;
            }
        })
    }

    fn close(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let _ = self.connection.close().await;
        })
    }
}

impl Drop for WebRtcPeer {
    fn drop(&mut self) {
        let (connection, place) = (Arc::clone(&self.connection), Arc::clone(&self.place));
        self.tasks.spawn(async move {
            let _ = connection.close().await;
            place.leave();
        });
    }
}

struct Handler {
    wire: mpsc::Sender<Wire>,
    picture: Picture,
    gathered: Arc<Notify>,
    tasks: TaskTracker,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.notify_one();
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        tracing::debug!(%state, "whip: peer");
        let news = match state {
            RTCPeerConnectionState::Connected => Wire::Connected,
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => Wire::Gone,
            _ => return,
        };
        // A full wire has media in it: the session sees soon enough that no more comes.
        let _ = self.wire.try_send(news);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let wire = self.wire.clone();
        let picture = Arc::clone(&self.picture);
        self.tasks.spawn(async move {
            let kind = if track.kind().await == RtpCodecKind::Video { Track::Video } else { Track::Audio };
            while let Some(event) = track.poll().await {
                let TrackRemoteEvent::OnRtpPacket(packet) = event else { continue };
                if kind == Track::Video {
                    let mut picture = picture.lock().unwrap_or_else(PoisonError::into_inner);
                    if picture.as_ref().is_none_or(|(_, ssrc)| *ssrc != packet.header.ssrc) {
                        *picture = Some((Arc::clone(&track), packet.header.ssrc));
                    }
                }
                let packet = Packet {
                    track: kind,
                    sequence: packet.header.sequence_number,
                    timestamp: packet.header.timestamp,
                    marker: packet.header.marker,
                    payload: packet.payload,
                };
                if let Err(mpsc::error::TrySendError::Closed(_)) = wire.try_send(Wire::Packet(packet)) {
                    return;
                }
            }
        });
    }
}
