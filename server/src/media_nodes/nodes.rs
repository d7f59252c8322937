//! The handle to media nodes that everybody shares: what they told last, where they listen, what is to be ordered anew.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, RwLock},
};

use tokio::sync::{Mutex, Notify, watch};
use uuid::Uuid;
use yunke_protocol::{Delivery, LessonSnapshot, Orders};
use yunke_store::UtcMillis;

use super::{client::ControlClient, deliveries::DeliveryDesk, stored::Stored};
use crate::{config::MediaConfig, core::Core};

/// A node whose last snapshot is older than this counts as gone.
pub const SNAPSHOT_STALE_MS: i64 = 7_000;

/// What the node told last, whole.
#[derive(Debug, Clone, Default)]
pub struct MediaView {
    /// The node's process.
    pub boot: Uuid,
    /// Its snapshot's number.
    pub version: u64,
    /// When it was taken, by the node's clock.
    pub taken_at: UtcMillis,
    /// When it came, by our clock; 0: never.
    pub received_at: UtcMillis,
    /// Its lessons.
    pub lessons: HashMap<Uuid, LessonSnapshot>,
    /// What it sent of replays in the last minute.
    pub replays: HashMap<Uuid, Vec<Delivery>>,
}

/// Where a node listens. A port of 0 is not known yet.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// Players, orders, WHIP.
    pub http: SocketAddr,
    /// RTMP.
    pub rtmp: SocketAddr,
    /// WebRTC.
    pub webrtc: SocketAddr,
    /// SRT, unless it is off.
    pub srt: Option<SocketAddr>,
}

impl Addresses {
    /// What the configuration wants.
    pub fn configured(config: &MediaConfig) -> Self {
        Self { http: config.http, rtmp: config.rtmp, webrtc: config.webrtc, srt: config.srt }
    }
}

/// The handle everybody shares.
#[derive(Debug, Clone)]
pub struct MediaNodes(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) core: Core,
    pub(super) view: watch::Sender<Arc<MediaView>>,
    /// What was ordered last; its version grows with every change, over restarts too.
    pub(super) orders: Mutex<Orders>,
    /// When publishers were let in that no snapshot may have named yet. Bounded by the lessons there are and a minute.
    pub(super) admitted: std::sync::Mutex<HashMap<Uuid, UtcMillis>>,
    /// One wake-up kept while the pusher is busy is enough: it reads everything anew.
    pub(super) changed: Notify,
    /// What of each lesson is in the store already, so that a snapshot every 2 s writes nothing.
    pub(super) stored: Mutex<HashMap<Uuid, Stored>>,
    pub(super) deliveries: DeliveryDesk,
    addresses: RwLock<Addresses>,
    /// Where orders go, once known.
    control: RwLock<Option<String>>,
    secret: String,
    pub(super) client: ControlClient,
}

impl MediaNodes {
    /// With the configured addresses, before any node is known.
    pub fn new(core: Core, secret: String) -> Self {
        let addresses = Addresses::configured(&core.config.media);
        Self(Arc::new(Inner {
            core,
            view: watch::Sender::new(Arc::default()),
            orders: Mutex::new(Orders::default()),
            admitted: std::sync::Mutex::default(),
            changed: Notify::new(),
            stored: Mutex::new(HashMap::new()),
            deliveries: DeliveryDesk::default(),
            addresses: RwLock::new(addresses),
            control: RwLock::new(None),
            client: ControlClient::new(&secret),
            secret,
        }))
    }

    /// What the node told last.
    pub fn view(&self) -> Arc<MediaView> {
        self.0.view.borrow().clone()
    }

    /// Wakes with every snapshot.
    pub fn subscribe(&self) -> watch::Receiver<Arc<MediaView>> {
        self.0.view.subscribe()
    }

    /// What the node told last of one lesson, if that was lately.
    pub fn lesson(&self, lesson: Uuid, now: UtcMillis) -> Option<LessonSnapshot> {
        let view = self.0.view.borrow();
        (now - view.received_at <= SNAPSHOT_STALE_MS).then(|| view.lessons.get(&lesson).cloned()).flatten()
    }

    /// Whether a node told something lately.
    pub fn is_up(&self, now: UtcMillis) -> bool {
        now - self.0.view.borrow().received_at <= SNAPSHOT_STALE_MS
    }

    /// The server's clock was put right: what was told last is as young as it was, and the node hears of it at once.
    pub fn clock_changed(&self, by_ms: i64) {
        self.0.view.send_modify(|view| {
            if view.received_at != 0 {
                let received_at = view.received_at.saturating_add(by_ms);
                *view = Arc::new(MediaView { received_at, ..MediaView::clone(view) });
            }
        });
        self.orders_changed();
    }

    /// The orders have to be made anew and sent.
    pub fn orders_changed(&self) {
        self.0.changed.notify_one();
    }

    /// Where the node listens.
    pub fn addresses(&self) -> Addresses {
        *self.0.addresses.read().expect("no panic while held")
    }

    /// The port players fetch media from.
    pub fn http_port(&self) -> u16 {
        self.addresses().http.port()
    }

    /// The port encoders publish to.
    pub fn rtmp_port(&self) -> u16 {
        self.addresses().rtmp.port()
    }

    /// The node's real addresses, once it listens.
    pub(super) fn set_addresses(&self, addresses: Addresses) {
        *self.0.addresses.write().expect("no panic while held") = addresses;
        self.set_control(Some(control_url(addresses.http)));
    }

    /// Where orders go.
    pub fn set_control(&self, url: Option<String>) {
        *self.0.control.write().expect("no panic while held") = url;
        self.orders_changed();
    }

    /// Where the node is reached from this machine, once known.
    pub(crate) fn control(&self) -> Option<String> {
        self.0.control.read().expect("no panic while held").clone()
    }

    /// Writes what snapshots say of deliveries until the server stops.
    pub async fn keep_deliveries(self) {
        self.0.deliveries.keep(&self.0.core).await;
    }

    /// Whether a bearer token is the shared secret; takes the same time whatever is sent.
    pub fn is_secret(&self, token: &str) -> bool {
        use sha2::{Digest as _, Sha256};
        use subtle::ConstantTimeEq as _;
        Sha256::digest(token.as_bytes()).ct_eq(&Sha256::digest(self.0.secret.as_bytes())).into()
    }

    pub(super) fn secret(&self) -> &str {
        &self.0.secret
    }

    /// What it stands on.
    pub(super) fn core(&self) -> &Core {
        &self.0.core
    }
}

/// Where a node that listens there takes orders from this machine.
pub(super) fn control_url(listen: SocketAddr) -> String {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    format!("http://{}", SocketAddr::new(ip, listen.port()))
}
