//! The viewer's end of the connection.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use rtc::{
    interceptor::{NackGeneratorBuilder, ReceiverReportBuilder},
    peer_connection::configuration::media_engine::{MIME_TYPE_H264, MIME_TYPE_OPUS, MIME_TYPE_RTX},
    rtp_transceiver::{
        RTCRtpTransceiverDirection, RTCRtpTransceiverInit,
        rtp_sender::{RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind},
    },
};
use tokio::sync::Notify;
use webrtc::{
    media_stream::track_remote::{TrackRemote, TrackRemoteEvent},
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
        RTCPeerConnectionState, Registry, SettingEngineBuilder, Slot,
    },
};

use crate::{
    HERE, How,
    count::{Counts, Stream},
    runtime::ViewerRuntime,
};

/// Payload type of the picture.
pub const PICTURE: u8 = 102;
/// Payload type of retransmissions of it.
pub const REPAIR: u8 = 103;
const SOUND: u8 = 111;
/// How often what is missing is asked for.
const ASK_EVERY: Duration = Duration::from_millis(40);
/// How often it is asked for the same packet. The crate does not notice that a retransmission stream filled a gap: without an end it
/// would ask on and on.
pub const ASKED_AT_MOST: u8 = 10;

/// What a viewer hears.
#[derive(Default)]
pub(crate) struct Ears {
    pub(crate) gathered: Notify,
    pub(crate) closed: Notify,
    taken: Mutex<Vec<Arc<Mutex<Stream>>>>,
}

impl Ears {
    pub(crate) fn taken(&self) -> Vec<Stream> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.iter().map(|stream| stream.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }
}

struct Handler(Arc<Ears>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.0.gathered.notify_one();
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        if matches!(state, RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed) {
            self.0.closed.notify_one();
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let stream = Arc::new(Mutex::new(Stream::default()));
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&stream));
        #[expect(clippy::disallowed_methods, reason = "ends with the connection")]
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
                    stream.payload_type = packet.header.payload_type;
                    stream.take(packet.header.sequence_number, packet.payload.len());
                }
            }
        });
    }
}

/// A connection that wants picture and sound.
pub(crate) async fn make(how: How, counts: Arc<Counts>) -> Result<(Arc<dyn PeerConnection>, Arc<Ears>)> {
    let ears = Arc::new(Ears::default());
    let settings = SettingEngineBuilder::new()
        .with_include_loopback_candidate(true)
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        // As browsers have it. With the crate's 64 what was lost of the first pictures, which come in a burst, would be too old.
        .with_srtp_replay_protection_window(1024)
        .build();
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(formats(how)?)
        .with_interceptor_registry(interceptors(how))
        .with_setting_engine(settings)
        .with_runtime(Arc::new(ViewerRuntime(counts)))
        .with_handler(Arc::new(Handler(Arc::clone(&ears))))
        .with_udp_addrs(vec![HERE])
        .build();
    let connection = Box::pin(connection).await?;
    for kind in [RtpCodecKind::Video, RtpCodecKind::Audio] {
        let init = RTCRtpTransceiverInit {
            direction: RTCRtpTransceiverDirection::Recvonly,
            streams: Vec::new(),
            send_encodings: Vec::new(),
        };
        connection.add_transceiver_from_kind(kind, Some(init)).await?;
    }
    Ok((Arc::new(connection), ears))
}

fn formats(how: How) -> Result<MediaEngine> {
    let codec = |mime: &str, clock_rate, channels, parameters: &str, feedback: &[(&str, &str)]| RTCRtpCodec {
        mime_type: mime.to_owned(),
        clock_rate,
        channels,
        sdp_fmtp_line: parameters.to_owned(),
        rtcp_feedback: feedback
            .iter()
            .map(|(typ, parameter)| RTCPFeedback {
                typ: (*typ).to_owned(),
                parameter: (*parameter).to_owned(),
            })
            .collect(),
    };
    let mut media = MediaEngine::default();
    let mut add = |rtp_codec, payload_type, kind| {
        media.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, kind)
    };
    let profile = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
    let wishes = [("nack", ""), ("nack", "pli"), ("ccm", "fir")];
    add(codec(MIME_TYPE_H264, 90_000, 0, profile, &wishes), PICTURE, RtpCodecKind::Video)?;
    if how.repair {
        let of = format!("apt={PICTURE}");
        add(codec(MIME_TYPE_RTX, 90_000, 0, &of, &[]), REPAIR, RtpCodecKind::Video)?;
    }
    add(codec(MIME_TYPE_OPUS, 48_000, 2, "minptime=10;useinbandfec=1", &[]), SOUND, RtpCodecKind::Audio)?;
    Ok(media)
}

fn interceptors(how: How) -> Registry {
    if !how.whole {
        return Registry::new();
    }
    let asks = NackGeneratorBuilder::new().with_interval(ASK_EVERY);
    let asks = asks.with_max_nacks_per_packet(ASKED_AT_MOST.into()).build();
    let reports = ReceiverReportBuilder::new().build();
    Registry::new().with(Slot::NackGenerator, asks).with(Slot::ReceiverReport, reports)
}
