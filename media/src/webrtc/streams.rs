//! ICE over TCP for networks that let no UDP out: a listener at the number of the UDP port. Others connect (we are
//! "passive", RFC 6544), and send what would be datagrams as frames behind their lengths (RFC 4571). The first one is a STUN request
//! and names the peer; from then on the connection is that peer's, like an address of UDP.
//!
//! A stranger costs a socket for some seconds; there are so many places for connections and no more.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt as _};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{
    codec::{Framed, LengthDelimitedCodec},
    sync::CancellationToken,
    task::TaskTracker,
};

use super::socket::{Exchange, MAX_DATAGRAM};

/// Connections at once, strangers among them. When full, further ones are closed at once.
const MAX_CONNECTIONS: usize = 512;
/// How long a stranger may take to name a peer.
const NAMING: Duration = Duration::from_secs(5);
/// Who is silent for so long is gone: ICE asks for consent every 5 s (RFC 7675).
const SILENCE: Duration = Duration::from_secs(30);
/// How long one frame may take to go out.
const STUCK: Duration = Duration::from_secs(10);
/// After an error of the listener: without descriptors accepting fails at once, again and again.
const BREATH: Duration = Duration::from_millis(100);

/// Why a connection ended; for the log.
type Ended = Result<(), &'static str>;

/// Takes connections until cancelled.
pub(super) async fn serve(
    listener: TcpListener,
    exchange: &Arc<Exchange>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let Ok((stream, from)) = accepted else {
            sleep(BREATH).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            metrics::counter!("yunke_media_webrtc_streams_refused_total").increment(1);
            continue;
        };
        let (exchange, stop) = (Arc::clone(exchange), stop.clone());
        tasks.spawn(async move {
            let from = SocketAddr::new(from.ip().to_canonical(), from.port());
            let carried = stop.run_until_cancelled(carry(stream, from, &exchange)).await;
            tracing::debug!(%from, ?carried, "webrtc: a stream ended");
            drop(place);
        });
    }
}

fn framed(stream: TcpStream) -> io::Result<Framed<TcpStream, LengthDelimitedCodec>> {
    stream.set_nodelay(true)?;
    let frames =
        LengthDelimitedCodec::builder().length_field_length(2).max_frame_length(MAX_DATAGRAM).new_codec();
    Ok(Framed::new(stream, frames))
}

async fn carry(stream: TcpStream, from: SocketAddr, exchange: &Exchange) -> Ended {
    let mut frames = framed(stream).map_err(|_| "no stream")?;
    let first = timeout(NAMING, frames.next()).await.map_err(|_| "said nothing")?;
    let first = first.and_then(Result::ok).ok_or("closed, or no frame")?.freeze();
    let seat = exchange.named(&first).ok_or("named no peer")?;
    let mut outbox = seat.join(from).ok_or("its peer has left")?;
    seat.put(first, from);
    loop {
        tokio::select! {
            frame = timeout(SILENCE, frames.next()) => {
                let frame = frame.map_err(|_| "silent")?.ok_or("closed")?.map_err(|_| "no frame, or broken")?;
                seat.put(frame.freeze(), from);
            }
            datagram = outbox.recv() => {
                let datagram = datagram.ok_or("its peer has left, or it was replaced")?;
                timeout(STUCK, send(&mut frames, datagram, &mut outbox)).await.map_err(|_| "stuck")?.map_err(|_| "broken")?;
            }
        }
    }
}

/// Sends a datagram and what waits behind it.
async fn send(
    frames: &mut Framed<TcpStream, LengthDelimitedCodec>,
    datagram: Bytes,
    outbox: &mut super::registration::Outbox,
) -> io::Result<()> {
    frames.feed(datagram).await?;
    while let Ok(datagram) = outbox.try_recv() {
        frames.feed(datagram).await?;
    }
    SinkExt::<Bytes>::flush(frames).await
}
