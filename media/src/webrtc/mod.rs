//! Peers by the crate `webrtc`: the only folder that knows it. See adr/0014.
//!
//! Publishers' peers and viewers' outlets share one UDP port ([`socket`]), and the TCP port of its number ([`streams`]). Candidates of the other side are not used: its
//! address is the one its own checks come from, so nobody can make this node send to an address he names.

mod answer;
mod burst;
mod connection;
mod outlet;
mod peer;
mod ports;
pub mod publisher;
mod registration;
mod reports;
pub(crate) mod routes;
pub mod rtp;
mod runtime;
mod segments;
pub mod signalling;
mod socket;
mod streams;
pub mod subscriber;
mod tap;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rtc::{
    interceptor::NackResponderBuilder,
    peer_connection::configuration::media_engine::{MIME_TYPE_H264, MIME_TYPE_OPUS, MIME_TYPE_RTX},
    rtp_transceiver::rtp_sender::{RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind},
};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use webrtc::peer_connection::{
    MediaEngine, Registry, SettingEngine, SettingEngineBuilder, Slot, configure_rtcp_reports,
    configure_twcc_receiver_only,
};

pub use self::ports::Ports;
use self::{
    burst::{Bursts, Tray},
    connection::{Parts, here},
    publisher::{Answered, Peer, Peers, Wire},
    reports::Reports,
    signalling::{
        line::{PeerError, Pending},
        offer::{Format, Offer},
    },
    socket::{Exchange, PeerSlot},
    subscriber::{self as viewers, Chosen, News, Outlet, Outlets},
    tap::Tapped,
};

/// Without a word of the other side for so long the session is shaky, and then over.
const SHAKY: Duration = Duration::from_secs(4);
const OVER: Duration = Duration::from_secs(8);
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// Packets of the picture that a viewer can ask for again: 3 s of 1.5 Mbit/s. Their payloads are shared by all viewers.
const SENT_AGAIN: u16 = 512;

/// Behind all interceptors that act on RTCP; what is sent comes there first.
const LAST: usize = 100_000;

/// All peers of this node.
#[derive(Debug)]
pub struct WebRtc {
    exchange: Arc<Exchange>,
    /// Until it runs.
    listener: Mutex<Option<TcpListener>>,
    /// What the others are told to send to.
    addresses: Vec<SocketAddr>,
    tasks: TaskTracker,
}

impl WebRtc {
    /// Peers on this socket, and by TCP at this listener of the same port; reachable at `hosts` (without any: where the socket is).
    pub fn new(Ports { udp, tcp }: Ports, hosts: &[IpAddr], tasks: TaskTracker) -> io::Result<Self> {
        let local = udp.local_addr()?;
        let hosts = if hosts.is_empty() { ports::own_hosts(local.ip()) } else { hosts.to_vec() };
        let addresses = hosts.into_iter().map(|host| SocketAddr::new(host, local.port())).collect();
        Ok(Self { exchange: Exchange::new(udp)?, listener: Mutex::new(Some(tcp)), addresses, tasks })
    }

    /// Hands datagrams out until cancelled.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let listener = self.listener.lock().await.take();
        let streams = async {
            if let Some(listener) = listener {
                streams::serve(listener, &self.exchange, &self.tasks, &stop).await;
            }
        };
        tokio::join!(self.exchange.run(&stop), streams);
    }

    fn parts(&self, slot: PeerSlot, (media, registry): (MediaEngine, Registry)) -> Parts {
        Parts {
            media,
            registry,
            settings: settings(),
            slot: Arc::new(slot),
            tasks: self.tasks.clone(),
            addresses: self.addresses.clone(),
        }
    }

    async fn peer(
        &self,
        offer: &Offer,
        wire: mpsc::Sender<Wire>,
    ) -> Result<(String, peer::WebRtcPeer), PeerError> {
        let engine = publishers_engine(offer, wire.clone()).map_err(|error| here(&error))?;
        let parts = self.parts(self.exchange.slot(), engine);
        Box::pin(peer::WebRtcPeer::answer(parts, offer, wire)).await
    }

    async fn outlet(
        &self,
        offer: &Offer,
        chosen: &Chosen,
        news: mpsc::Sender<News>,
    ) -> Result<(String, outlet::WebRtcOutlet), PeerError> {
        let slot = self.exchange.slot();
        let tray = Tray::new(slot.run());
        let engine = viewers_engine(chosen, Bursts::new(tray.clone(), news.clone()));
        let parts = self.parts(slot, engine.map_err(|error| here(&error))?);
        let sent = |format: &Format, codec| outlet::Sent {
            codec,
            payload_type: format.payload_type,
            repaired: chosen.repair.is_some(),
        };
        let video = chosen.video.as_ref().map(|format| sent(format, h264(format, asked_for())));
        let audio = chosen.audio.as_ref().map(|format| sent(format, opus(format)));
        let audio = audio.map(|sent| outlet::Sent { repaired: false, ..sent });
        Box::pin(outlet::WebRtcOutlet::answer(parts, tray, offer, video, audio, news)).await
    }
}

impl Peers for WebRtc {
    fn answer<'a>(&'a self, offer: &'a Offer, wire: mpsc::Sender<Wire>) -> Pending<'a, Answered> {
        Box::pin(async move {
            let (answer, peer) = self.peer(offer, wire).await?;
            Ok((answer, Box::new(peer) as Box<dyn Peer>))
        })
    }
}

impl Outlets for WebRtc {
    fn answer<'a>(
        &'a self,
        offer: &'a Offer,
        chosen: &'a Chosen,
        news: mpsc::Sender<News>,
    ) -> Pending<'a, viewers::Answered> {
        Box::pin(async move {
            let (answer, outlet) = self.outlet(offer, chosen, news).await?;
            Ok((answer, Box::new(outlet) as Box<dyn Outlet>))
        })
    }
}

fn h264(format: &Format, rtcp_feedback: Vec<RTCPFeedback>) -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_H264.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: format.parameters.clone(),
        rtcp_feedback,
    }
}

fn opus(format: &Format) -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: format.parameters.clone(),
        rtcp_feedback: Vec::new(),
    }
}

/// Retransmissions (RFC 4588) of pictures of one payload type.
fn repair(of: u8) -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_RTX.to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: format!("apt={of}"),
        rtcp_feedback: Vec::new(),
    }
}

/// What viewers may ask for, and publishers are asked for: packets again, a key frame.
fn asked_for() -> Vec<RTCPFeedback> {
    let feedback =
        |typ: &str, parameter: &str| RTCPFeedback { typ: typ.to_owned(), parameter: parameter.to_owned() };
    vec![feedback("nack", ""), feedback("nack", "pli"), feedback("ccm", "fir")]
}

/// Exactly the formats of the offer, so that they match, and their retransmissions, which the crate makes packets of the track
/// again. What is missing is asked for by [`crate::ingest::rtp::missing`], not by the crate: see adr/0026.
fn publishers_engine(
    offer: &Offer,
    wire: mpsc::Sender<Wire>,
) -> Result<(MediaEngine, Registry), webrtc::error::Error> {
    let mut media = MediaEngine::default();
    for format in &offer.video {
        let (rtp_codec, payload_type) = (h264(format, asked_for()), format.payload_type);
        media.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, RtpCodecKind::Video)?;
        for (payload_type, of) in &offer.repairs {
            if *of == format.payload_type {
                let (rtp_codec, payload_type) = (repair(*of), *payload_type);
                let parameters = RTCRtpCodecParameters { rtp_codec, payload_type };
                media.register_codec(parameters, RtpCodecKind::Video)?;
            }
        }
    }
    for format in &offer.audio {
        let (rtp_codec, payload_type) = (opus(format), format.payload_type);
        media.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, RtpCodecKind::Audio)?;
    }
    let registry = configure_twcc_receiver_only(Registry::new(), &mut media)?;
    let registry = configure_rtcp_reports(registry);
    Ok((media, registry.with(Slot::from(LAST), Tapped::new(Reports::new(wire)))))
}

/// The formats that are sent, with retransmissions. Sender reports are ours: they carry the lesson's clock.
fn viewers_engine(chosen: &Chosen, bursts: Bursts) -> Result<(MediaEngine, Registry), webrtc::error::Error> {
    let mut media = MediaEngine::default();
    if let Some(format) = &chosen.video {
        let (rtp_codec, payload_type) = (h264(format, asked_for()), format.payload_type);
        media.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, RtpCodecKind::Video)?;
        if let Some(payload_type) = chosen.repair {
            let rtp_codec = repair(format.payload_type);
            media.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, RtpCodecKind::Video)?;
        }
    }
    if let Some(format) = &chosen.audio {
        let (rtp_codec, payload_type) = (opus(format), format.payload_type);
        media.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, RtpCodecKind::Audio)?;
    }
    let responder = NackResponderBuilder::new().with_size(SENT_AGAIN).build();
    let registry = Registry::new().with(Slot::NackResponder, responder);
    Ok((media, registry.with(Slot::from(LAST), Tapped::new(bursts))))
}

fn settings() -> SettingEngine {
    SettingEngineBuilder::new()
        .with_ice_timeouts(Some(SHAKY), Some(OVER), Some(KEEP_ALIVE))
        .with_include_loopback_candidate(true)
        // It would open a socket of its own for every peer, to look up candidates that are not used.
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        .build()
}

#[cfg(test)]
#[path = "ways_tests.rs"]
mod tests;
