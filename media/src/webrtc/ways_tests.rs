//! The ways to a peer: IPv6, and connections of ICE over TCP. That browsers take TCP is tested with a browser.

use std::{
    net::{Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use rtc::{
    peer_connection::configuration::media_engine::MediaEngine,
    rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit, rtp_sender::RtpCodecKind},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCSessionDescription,
};

use super::{Ports, WebRtc};
use crate::webrtc::{
    signalling::offer::{Offer, Role},
    subscriber::{Chosen, News, Outlets as _},
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A node's WebRTC at this address.
async fn node(at: SocketAddr) -> (Arc<WebRtc>, SocketAddr, CancellationToken, JoinHandle<()>) {
    let ports = Ports::bind(at).await.expect("free ports");
    let bound = ports.local_addr().expect("an address");
    let tasks = TaskTracker::new();
    let node = Arc::new(WebRtc::new(ports, &[], tasks.clone()).expect("it is bound"));
    let stop = CancellationToken::new();
    let running = tasks.spawn(Arc::clone(&node).run(stop.clone()));
    (node, bound, stop, running)
}

struct Gathered(Arc<Notify>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Gathered {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.0.notify_one();
        }
    }
}

/// A viewer's peer at its own socket, and its offer: to hear.
async fn listener(at: &'static str) -> (impl PeerConnection, String) {
    let mut media = MediaEngine::default();
    media.register_default_codecs().expect("known formats");
    let gathered = Arc::new(Notify::new());
    let building = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_setting_engine(super::settings())
        .with_handler(Arc::new(Gathered(Arc::clone(&gathered))))
        .with_udp_addrs(vec![at])
        .build();
    let peer = Box::pin(building).await.expect("a peer");
    let init = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Recvonly,
        streams: Vec::new(),
        send_encodings: Vec::new(),
    };
    peer.add_transceiver_from_kind(RtpCodecKind::Audio, Some(init)).await.expect("a transceiver");
    let offer = peer.create_offer(None).await.expect("an offer");
    peer.set_local_description(offer.clone()).await.expect("its own offer");
    timeout(PATIENCE, gathered.notified()).await.expect("candidates");
    (peer, offer.sdp)
}

#[tokio::test]
async fn a_viewer_with_ipv6_only_is_reached() {
    let Ok(probe) = std::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)) else {
        eprintln!("no IPv6 on this machine: not tested");
        return;
    };
    drop(probe);
    let (node, bound, stop, running) = node((Ipv6Addr::LOCALHOST, 0).into()).await;
    let (viewer, sdp) = listener("[::1]:0").await;
    let offer = Offer::parse(&sdp, Role::Viewer).expect("an offer of Opus");
    let (news, mut heard) = mpsc::channel(16);
    let chosen = Chosen { audio: offer.audio.first().cloned(), ..Chosen::default() };
    let (answer, _outlet) = node.answer(&offer, &chosen, news).await.expect("an answer");
    assert!(answer.contains(&format!("udp 2130706431 ::1 {} typ host", bound.port())), "{answer}");
    let answer = RTCSessionDescription::answer(answer).expect("an answer");
    viewer.set_remote_description(answer).await.expect("a good answer");
    let first = timeout(PATIENCE, heard.recv()).await.expect("news in time");
    assert_eq!(first, Some(News::Connected));
    viewer.close().await.expect("an end");
    stop.cancel();
    running.await.expect("a clean end");
}

/// What the node does with a connection that says this: whether it closes it.
async fn closes(bound: SocketAddr, says: &[u8]) -> bool {
    let mut stream = TcpStream::connect(bound).await.expect("a connection");
    stream.write_all(says).await.expect("room");
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an end");
    read.is_err() || answer.is_empty()
}

#[tokio::test]
async fn strangers_by_tcp_are_sent_away() {
    let (_node, bound, stop, running) = node(([127, 0, 0, 1], 0).into()).await;
    let mut named = vec![0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42];
    named.extend([7; 12]);
    named.extend([0, 6, 0, 3, b'x', b':', b'y', 0]);
    let mut framed = u16::try_from(named.len()).expect("short").to_be_bytes().to_vec();
    framed.extend(&named);
    let says = [&b""[..], b"\x00", b"\x00\x00", b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff", &framed];
    // At once: some are given their time to say a name.
    let closed = futures_util::future::join_all(says.map(|says| closes(bound, says))).await;
    assert_eq!(closed, [true; 6], "{says:?}");
    stop.cancel();
    running.await.expect("a clean end");
}
