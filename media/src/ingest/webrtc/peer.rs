//! One publisher's peer.

use std::sync::{Arc, Mutex, PoisonError};

use rtc::{
    rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication,
    rtp_transceiver::rtp_sender::RtpCodecKind,
};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};

use super::connection::{Connection, Ears, Parts};
use crate::{
    ingest::{
        Track,
        peer::{Peer, Wire},
        rtp::Packet,
    },
    signalling::{
        fragment::Credentials,
        line::{Line, PeerError, Pending, Restarted},
        offer::Offer,
    },
};

/// The picture's track, once there is one, and its last source: where to ask for key frames.
type Picture = Arc<Mutex<Option<(Arc<dyn TrackRemote>, u32)>>>;

/// A peer.
pub(super) struct WebRtcPeer {
    connection: Connection,
    picture: Picture,
}

impl WebRtcPeer {
    pub(super) async fn answer(
        parts: Parts,
        offer: &Offer,
        wire: mpsc::Sender<Wire>,
    ) -> Result<(String, Self), PeerError> {
        let picture = Picture::default();
        let ears = Hearing { wire, picture: Arc::clone(&picture), tasks: parts.tasks.clone() };
        let connection = Connection::make(parts, offer, ears).await?;
        Ok((connection.answer().await?, Self { connection, picture }))
    }
}

impl Line for WebRtcPeer {
    fn restart(&self, theirs: Credentials) -> Pending<'_, Result<Restarted, PeerError>> {
        self.connection.restart(theirs)
    }

    fn close(&self) -> Pending<'_, ()> {
        self.connection.close()
    }
}

impl Peer for WebRtcPeer {
    fn ask_key_frame(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let picture = self.picture.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some((track, media_ssrc)) = picture {
                let request = PictureLossIndication { sender_ssrc: 0, media_ssrc };
                let _ = track.write_rtcp(vec![Box::new(request)]).await;
            }
        })
    }
}

struct Hearing {
    wire: mpsc::Sender<Wire>,
    picture: Picture,
    tasks: TaskTracker,
}

impl Ears for Hearing {
    // A full wire has media in it: the session sees soon enough that no more comes.
    fn connected(&self) {
        let _ = self.wire.try_send(Wire::Connected);
    }

    fn gone(&self) {
        let _ = self.wire.try_send(Wire::Gone);
    }

    fn track(&self, track: Arc<dyn TrackRemote>) {
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
