//! Peers by the crate `webrtc`: the only folder that knows it. See adr/0014.
//!
//! All peers share one UDP port ([`socket`]). Candidates of the publisher are not used: its address is the one its own
//! checks come from, so nobody can make this node send to an address he names.

mod answer;
mod peer;
mod reports;
pub(crate) mod routes;
mod runtime;
mod socket;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{net::UdpSocket, sync::mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use webrtc::peer_connection::{
    MediaEngine, Registry, SettingEngine, SettingEngineBuilder, Slot, configure_nack, configure_rtcp_reports,
    configure_twcc_receiver_only,
};

use self::{reports::Reports, socket::Exchange};
use super::{
    peer::{Answered, Peer, PeerError, Peers, Pending, Wire},
    whip::offer::{Format, Offer},
};

/// Without a word of a publisher for so long the session is shaky, and then over.
const SHAKY: Duration = Duration::from_secs(4);
const OVER: Duration = Duration::from_secs(8);
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// Behind all interceptors that act on RTCP.
const LAST: usize = 100_000;

/// All peers of this node.
#[derive(Debug)]
pub struct WebRtc {
    exchange: Arc<Exchange>,
    /// What publishers are told to send to.
    addresses: Vec<SocketAddr>,
    tasks: TaskTracker,
}

impl WebRtc {
    /// Peers on this socket, reachable at `hosts` (without any: where the socket is) and the socket's port.
    pub fn new(socket: UdpSocket, hosts: &[IpAddr], tasks: TaskTracker) -> io::Result<Self> {
        let local = socket.local_addr()?;
        let hosts = if hosts.is_empty() { own_hosts(local.ip()) } else { hosts.to_vec() };
        let addresses = hosts.into_iter().map(|host| SocketAddr::new(host, local.port())).collect();
        Ok(Self { exchange: Exchange::new(socket), addresses, tasks })
    }

    /// Hands datagrams out until cancelled.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        self.exchange.run(&stop).await;
    }

    async fn make(
        &self,
        offer: &Offer,
        wire: mpsc::Sender<Wire>,
    ) -> Result<(String, peer::WebRtcPeer), PeerError> {
        let (media, registry) = engine(offer, wire.clone()).map_err(|error| here(&error))?;
        let place = Arc::new(self.exchange.place());
        let parts = peer::Parts { media, registry, settings: settings(), place, tasks: self.tasks.clone() };
        Box::pin(peer::WebRtcPeer::answer(parts, offer, self.addresses.clone(), wire)).await
    }
}

impl Peers for WebRtc {
    fn answer<'a>(&'a self, offer: &'a Offer, wire: mpsc::Sender<Wire>) -> Pending<'a, Answered> {
        Box::pin(async move {
            let (answer, peer) = self.make(offer, wire).await?;
            Ok((answer, Box::new(peer) as Box<dyn Peer>))
        })
    }
}

/// Exactly the formats of the offer, so that they match; no retransmission format, see adr/0014.
fn engine(offer: &Offer, wire: mpsc::Sender<Wire>) -> Result<(MediaEngine, Registry), webrtc::error::Error> {
    use rtc::{
        peer_connection::configuration::media_engine::{MIME_TYPE_H264, MIME_TYPE_OPUS},
        rtp_transceiver::rtp_sender::{RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind},
    };
    let mut media = MediaEngine::default();
    let codec = |format: &Format, mime_type: &str, clock_rate, channels| RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: mime_type.to_owned(),
            clock_rate,
            channels,
            sdp_fmtp_line: format.parameters.clone(),
            rtcp_feedback: Vec::new(),
        },
        payload_type: format.payload_type,
    };
    for format in &offer.video {
        media.register_codec(codec(format, MIME_TYPE_H264, 90_000, 0), RtpCodecKind::Video)?;
    }
    for format in &offer.audio {
        media.register_codec(codec(format, MIME_TYPE_OPUS, 48_000, 2), RtpCodecKind::Audio)?;
    }
    let registry = configure_nack(Registry::new(), &mut media);
    let registry = configure_twcc_receiver_only(registry, &mut media)?;
    let registry = configure_rtcp_reports(registry);
    Ok((media, registry.with(Slot::from(LAST), Reports::new(wire))))
}

fn settings() -> SettingEngine {
    SettingEngineBuilder::new()
        .with_ice_timeouts(Some(SHAKY), Some(OVER), Some(KEEP_ALIVE))
        .with_include_loopback_candidate(true)
        // It would open a socket of its own for every peer, to look up candidates that are not used.
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        .build()
}

/// An error of the crate, for the log; the publisher is told no more than that it failed.
fn here(error: &webrtc::error::Error) -> PeerError {
    tracing::warn!(%error, "whip: no peer could be made");
    PeerError::Here
}

/// Where a socket can be reached, as far as one can tell from here.
fn own_hosts(bound: IpAddr) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return vec![bound];
    }
    // No packet is sent: this asks the routing table which address of ours leads out.
    let outward = || {
        let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    };
    let outward = outward().filter(|ip| !ip.is_unspecified() && !ip.is_loopback());
    outward.into_iter().chain([Ipv4Addr::LOCALHOST.into()]).collect()
}
