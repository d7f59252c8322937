//! A viewer by WHEP on the crate `webrtc`, for loads and tests. Its socket sees every datagram before the crate does: it counts the
//! media packets by their headers, which are in the clear, and can lose some of them as a bad network does.

mod count;
mod peer;
mod runtime;
mod socket;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use reqwest::{Client, StatusCode, Url, header};
use tokio::time::timeout;
use webrtc::peer_connection::{PeerConnection, RTCSessionDescription};

pub use self::{
    count::{Counts, Stream},
    peer::{ASKED_AT_MOST, PICTURE, REPAIR},
};

/// What gathering a local candidate, or ICE and DTLS, may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a viewer is.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// Media is decrypted, and asked for again when it is missing. Else its packets are counted and thrown away, which costs next to nothing.
    pub whole: bool,
    /// It offers a stream of its own for retransmissions (RFC 4588).
    pub repair: bool,
    /// Of so many packets of the picture one is lost on purpose; 0: none. Those of a retransmission stream never are.
    pub lose_one_in: u64,
}

/// A viewer.
pub struct Viewer {
    connection: Arc<dyn PeerConnection>,
    ears: Arc<peer::Ears>,
    counts: Arc<Counts>,
    asked: Instant,
    session: Url,
    http: Client,
}

/// The endpoint said no.
#[derive(Debug)]
pub struct Refused {
    /// The status of its answer.
    pub status: StatusCode,
    /// Its `Retry-After`.
    pub retry_after: Option<String>,
    /// What it said.
    pub body: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.status, self.body)
    }
}

impl std::error::Error for Refused {}

impl Viewer {
    /// Offers at `url` and follows the answer. Fails with [`Refused`] when there is none.
    pub async fn join(http: &Client, url: &Url, how: How) -> Result<Self> {
        let asked = Instant::now();
        let counts = Arc::new(Counts::new(how));
        let (connection, ears) = peer::make(how, Arc::clone(&counts)).await?;
        let offer = connection.create_offer(None).await?;
        connection.set_local_description(offer).await?;
        timeout(PATIENCE, ears.gathered.notified()).await.context("no local candidate")?;
        let offer = connection.local_description().await.context("an offer")?.sdp;
        let request = http.post(url.clone()).header(header::CONTENT_TYPE, "application/sdp").body(offer);
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let told = |name| {
            headers.get(&name).and_then(|value: &header::HeaderValue| value.to_str().ok()).map(str::to_owned)
        };
        let body = response.text().await?;
        if status != StatusCode::CREATED {
            let _ = connection.close().await;
            bail!(Refused { status, retry_after: told(header::RETRY_AFTER), body });
        }
        let session = url.join(&told(header::LOCATION).context("a Location")?)?;
        connection.set_remote_description(RTCSessionDescription::answer(body)?).await?;
        Ok(Self { connection, ears, counts, asked, session, http: http.clone() })
    }

    /// Waits for the first media packet; how long that took since the offer was begun.
    pub async fn first_packet(&self) -> Result<Duration> {
        let first = timeout(PATIENCE, self.counts.first()).await.context("no media came")?;
        Ok(first.duration_since(self.asked))
    }

    /// What came in by the socket, losses on purpose left out.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What a whole viewer has of its tracks after the repair, one for each; empty for others.
    pub fn taken(&self) -> Vec<Stream> {
        self.ears.taken()
    }

    /// Waits until the other side closed the connection.
    pub async fn closed(&self) -> Result<()> {
        timeout(PATIENCE, self.ears.closed.notified()).await.context("the connection stays")
    }

    /// Says goodbye.
    pub async fn leave(self) -> Result<()> {
        let gone = self.http.delete(self.session).send().await?.status();
        self.connection.close().await?;
        if gone != StatusCode::OK && gone != StatusCode::NOT_FOUND {
            bail!("the goodbye was answered {gone}");
        }
        Ok(())
    }
}

/// Where viewers are: media goes over loopback only.
const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
