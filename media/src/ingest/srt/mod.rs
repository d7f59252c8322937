//! SRT ingest: one UDP port for everybody, live mode, an MPEG transport stream inside. See adr/0019.
//!
//! One task owns the socket and the crate's listener, which does no I/O and knows no clock; a task for each caller asks the
//! gate, and then carries its media. The only folder that knows the crate.

mod session;
mod stream_id;

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use sapflow_srt::{
    Config, ConnId, Event, Listener, RejectCode,
    crypto::{CryptoConfig, KeySize},
};
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use yunke_protocol::Transport;

use self::session::PAYLOADS;
use super::{Gate, Inlet as _, Refusal, RefusalKind};

/// The least time for lost packets to come again; a caller that asks for more gets more.
const LATENCY: Duration = Duration::from_millis(120);
/// Callers, asking or publishing. A node has tens of lessons; further ones are refused.
const MAX_CALLERS: usize = 128;
/// Callers whose key is being asked about. Further ones are refused: an answer takes milliseconds, or two seconds while an
/// earlier publisher may be dead.
const MAX_ASKING: usize = 64;
/// Handshakes answered a second; an answer is no larger than the question. Further ones are dropped, and callers repeat.
const HANDSHAKES_PER_SECOND: u32 = 2000;
/// Packets a connection holds until their time: 10 MB, of which a lesson at 2 Mbit/s and 2 s of latency needs a twentieth.
const BUFFER_PACKETS: usize = 8192;
/// Without a packet for so long a caller is gone. Its seat can be taken before.
const IDLE_TIME: Duration = Duration::from_secs(5);
/// A caller is answered by then, or it is not: libsrt itself waits for 3 s.
const ANSWER_TIME: Duration = Duration::from_secs(5);
/// Datagrams taken before what they led to is looked at.
const BATCH: usize = 32;
/// What the callers' tasks have to say. When full they wait.
const ORDERS: usize = 64;
/// Largest datagram.
const MAX_DATAGRAM: usize = 2048;

/// What callers have to encrypt with, by AES-128; without it they must not encrypt.
pub type Passphrase = Option<Vec<u8>>;

/// Takes callers in until cancelled.
pub async fn serve<G: Gate>(
    socket: UdpSocket,
    gate: Arc<G>,
    passphrase: Passphrase,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    let (say, orders) = mpsc::channel(ORDERS);
    let crypto = passphrase.and_then(|secret| CryptoConfig::new(secret, KeySize::Aes128).ok());
    let config = Config {
        latency: LATENCY,
        max_connections: MAX_CALLERS,
        handshakes_per_second: HANDSHAKES_PER_SECOND,
        buffer_packets: BUFFER_PACKETS,
        peer_idle: IDLE_TIME,
        accept_timeout: ANSWER_TIME,
        require_encryption: crypto.is_some(),
        allow_plaintext: false,
        crypto,
    };
    let listener = Listener::new(config, Instant::now().into_std());
    let desk = Desk { socket, listener, gate, tasks, say, callers: HashMap::new(), refused: 0 };
    desk.run(orders, &shutdown).await;
}

/// What a caller's task says.
enum Order<I> {
    /// The gate's answer.
    Answer(ConnId, Result<I, Refusal>),
    /// The publication has ended on our side.
    Close(ConnId),
}

/// A caller.
enum Caller {
    /// The gate is asked; given up when dropped.
    Asking(#[expect(dead_code, reason = "dropping it says that the caller is gone")] DropGuard),
    /// It publishes.
    Publishing(mpsc::Sender<Vec<u8>>),
}

struct Desk<G: Gate> {
    socket: UdpSocket,
    listener: Listener,
    gate: Arc<G>,
    tasks: TaskTracker,
    say: mpsc::Sender<Order<G::Inlet>>,
    callers: HashMap<ConnId, Caller>,
    /// Refusals that are in the log.
    refused: u64,
}

impl<G: Gate> Desk<G> {
    async fn run(mut self, mut orders: mpsc::Receiver<Order<G::Inlet>>, shutdown: &CancellationToken) {
        let mut buffer = [0; MAX_DATAGRAM];
        loop {
            self.settle().await;
            let now = Instant::now();
            // Never at once: whatever the listener says, others get their turn.
            let due = self
                .listener
                .poll_timeout()
                .map(|at| Instant::from_std(at).max(now + Duration::from_millis(1)));
            tokio::select! {
                () = shutdown.cancelled() => break,
                received = self.socket.recv_from(&mut buffer) => self.take(received, &mut buffer).await,
                // The desk itself keeps a sender.
                Some(order) = orders.recv() => self.follow(order),
                () = sleep_until(due.unwrap_or(now)), if due.is_some() => {}
            }
            self.listener.handle_timeout(Instant::now().into_std());
            self.log_rejected();
        }
        for id in std::mem::take(&mut self.callers).into_keys() {
            self.listener.close(id, Instant::now().into_std());
        }
        self.settle().await;
    }

    /// Takes a datagram, and those that wait behind it.
    async fn take(&mut self, first: std::io::Result<(usize, SocketAddr)>, buffer: &mut [u8]) {
        let mut received = first;
        for _ in 0..BATCH {
            // An ICMP answer of a caller that went is no error of the socket.
            let Ok((length, from)) = received else {
                tokio::task::yield_now().await;
                return;
            };
            self.listener.handle_datagram(Instant::now().into_std(), from, &buffer[..length]);
            received = self.socket.try_recv_from(buffer);
        }
    }

    /// Does what the listener wants, until it wants nothing more.
    async fn settle(&mut self) {
        loop {
            while let Some(event) = self.listener.poll_event() {
                self.heed(event);
            }
            let Some((to, datagram)) = self.listener.poll_transmit() else { return };
            // What cannot be sent is lost, as on the way.
            let _ = self.socket.send_to(&datagram, to).await;
        }
    }

    fn heed(&mut self, event: Event) {
        match event {
            Event::Connect { id, stream_id, .. } => self.ask(id, &stream_id),
            Event::Data { id, payload } => {
                if let Some(Caller::Publishing(payloads)) = self.callers.get(&id)
                    && let Err(mpsc::error::TrySendError::Full(_)) = payloads.try_send(payload)
                {
                    metrics::counter!("yunke_media_srt_payloads_dropped_total").increment(1);
                }
            }
            Event::Closed { id, stats, .. } => {
                if self.callers.remove(&id).is_some() {
                    let sapflow_srt::Stats { received, lost, dropped, retransmitted, .. } = stats;
                    tracing::info!(received, lost, retransmitted, dropped, "srt: connection closed");
                    metrics::counter!("yunke_media_srt_packets_lost_total").increment(lost);
                    metrics::counter!("yunke_media_srt_packets_dropped_total").increment(dropped);
                }
            }
        }
    }

    /// Says that the listener refused somebody by itself: by what stands in the handshake.
    fn log_rejected(&mut self) {
        let refused = self.listener.stats().rejected;
        if refused > self.refused {
            let reason = "its encryption is missing or not wanted here, or it is not SRT's live mode";
            log_refusal(&Refusal::denied(reason));
            self.refused = refused;
        }
    }

    /// Asks the gate about a caller, in a task of its own.
    fn ask(&mut self, id: ConnId, stream_id: &[u8]) {
        let asking = self.callers.values().filter(|caller| matches!(caller, Caller::Asking(_))).count();
        let key = match stream_id::stream_key(stream_id) {
            Ok(key) if asking < MAX_ASKING => key,
            Ok(_) => {
                let reason = "too many are connecting at the moment; try again".to_owned();
                return self.refuse(id, &Refusal { kind: RefusalKind::Later, reason });
            }
            Err(reason) => return self.refuse(id, &Refusal::denied(reason)),
        };
        let gone = CancellationToken::new();
        self.callers.insert(id, Caller::Asking(gone.clone().drop_guard()));
        let (gate, say) = (Arc::clone(&self.gate), self.say.clone());
        self.tasks.spawn(async move {
            let answer = gone.run_until_cancelled(gate.open(Transport::Srt, key)).await;
            if let Some(answer) = answer {
                let _ = say.send(Order::Answer(id, answer)).await;
            }
        });
    }

    fn follow(&mut self, order: Order<G::Inlet>) {
        match order {
            // A caller that went meanwhile is not in the list any more; its inlet is dropped.
            Order::Answer(id, answer) => match (answer, self.callers.contains_key(&id)) {
                (Ok(inlet), true) => self.accept(id, inlet),
                (Err(refusal), true) => self.refuse(id, &refusal),
                (_, false) => {}
            },
            Order::Close(id) => {
                // The seat is free already: whoever comes next need not wait for the goodbye.
                if self.callers.remove(&id).is_some() {
                    self.listener.close(id, Instant::now().into_std());
                }
            }
        }
    }

    fn accept(&mut self, id: ConnId, mut inlet: G::Inlet) {
        if !self.listener.accept(id, Instant::now().into_std()) {
            self.callers.remove(&id);
            self.refused += 1;
            let reason = "the passphrase is wrong, or the key length is not that of AES-128".to_owned();
            let refusal = Refusal { kind: RefusalKind::Passphrase, reason };
            inlet.refused(&refusal);
            log_refusal(&refusal);
            return;
        }
        let latency_ms = self.listener.latency(id).map(|latency| latency.as_millis());
        tracing::info!(latency_ms, "srt: publisher connected");
        let (tx, payloads) = mpsc::channel(PAYLOADS);
        self.callers.insert(id, Caller::Publishing(tx));
        let say = self.say.clone();
        self.tasks.spawn(async move {
            session::carry(inlet, payloads).await;
            let _ = say.send(Order::Close(id)).await;
        });
    }

    fn refuse(&mut self, id: ConnId, refusal: &Refusal) {
        self.callers.remove(&id);
        self.refused += u64::from(self.listener.reject(id, code(refusal.kind)));
        log_refusal(refusal);
    }
}

/// SRT Access Control has the codes of HTTP.
fn code(kind: RefusalKind) -> RejectCode {
    RejectCode::http(match kind {
        RefusalKind::WrongKey | RefusalKind::Passphrase => 401,
        RefusalKind::Denied => 409,
        RefusalKind::Later => 503,
        RefusalKind::Media => 406,
    })
}

fn log_refusal(refusal: &Refusal) {
    tracing::info!(refusal.kind = ?refusal.kind, refusal.reason = %refusal, "srt: publisher refused");
    metrics::counter!("yunke_media_publishers_refused_total").increment(1);
}
