//! One publisher's peer.

use std::sync::{Arc, Mutex, PoisonError};

use rtc::{
    rtcp::{
        payload_feedbacks::picture_loss_indication::PictureLossIndication,
        transport_feedbacks::transport_layer_nack::{TransportLayerNack, nack_pairs_from_sequence_numbers},
    },
    rtp_transceiver::rtp_sender::RtpCodecKind,
};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};

use super::connection::{Connection, ConnectionEvents, Parts};
use crate::{
    unit::Track,
    webrtc::{
        publisher::{Peer, Wire},
        rtp::{Again, Packet},
        signalling::{
            fragment::Credentials,
            line::{Line, PeerError, Pending, Restarted},
            offer::Offer,
        },
    },
};

/// A track, and its last source: where to ask.
type Source = (Arc<dyn TrackRemote>, u32);

/// The tracks that there are so far.
#[derive(Clone, Default)]
struct Sources(Arc<Mutex<[Option<Source>; 2]>>);

impl Sources {
    fn get(&self, track: Track) -> Option<Source> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[place(track)].clone()
    }

    /// A packet of this source came.
    fn came(&self, track: Track, from: &Arc<dyn TrackRemote>, ssrc: u32) {
        let source = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner)[place(track)];
        if source.as_ref().is_none_or(|(_, known)| *known != ssrc) {
            *source = Some((Arc::clone(from), ssrc));
        }
    }
}

fn place(track: Track) -> usize {
    usize::from(track == Track::Audio)
}

/// A peer.
pub(super) struct WebRtcPeer {
    connection: Connection,
    sources: Sources,
}

impl WebRtcPeer {
    pub(super) async fn answer(
        parts: Parts,
        offer: &Offer,
        wire: mpsc::Sender<Wire>,
    ) -> Result<(String, Self), PeerError> {
        let sources = Sources::default();
        let ears = Hearing { wire, sources: sources.clone(), tasks: parts.tasks.clone() };
        let connection = Connection::make(parts, offer, ears).await?;
        Ok((connection.answer().await?, Self { connection, sources }))
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
            if let Some((track, media_ssrc)) = self.sources.get(Track::Video) {
                let request = PictureLossIndication { sender_ssrc: 0, media_ssrc };
                let _ = track.write_rtcp(vec![Box::new(request)]).await;
            }
        })
    }

    fn ask_again(&self, Again { track, sequences }: Again) -> Pending<'_, ()> {
        Box::pin(async move {
            if let Some((track, media_ssrc)) = self.sources.get(track) {
                let nacks = nack_pairs_from_sequence_numbers(&sequences);
                let request = TransportLayerNack { sender_ssrc: 0, media_ssrc, nacks };
                let _ = track.write_rtcp(vec![Box::new(request)]).await;
            }
        })
    }
}

struct Hearing {
    wire: mpsc::Sender<Wire>,
    sources: Sources,
    tasks: TaskTracker,
}

impl ConnectionEvents for Hearing {
    // A full wire has media in it: the session sees soon enough that no more comes.
    fn connected(&self) {
        let _ = self.wire.try_send(Wire::Connected);
    }

    fn gone(&self) {
        let _ = self.wire.try_send(Wire::Gone);
    }

    fn track(&self, track: Arc<dyn TrackRemote>) {
        let wire = self.wire.clone();
        let sources = self.sources.clone();
        self.tasks.spawn(async move {
            let kind = if track.kind().await == RtpCodecKind::Video { Track::Video } else { Track::Audio };
            while let Some(event) = track.poll().await {
                let TrackRemoteEvent::OnRtpPacket(packet) = event else { continue };
                sources.came(kind, &track, packet.header.ssrc);
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
