//! The handshake of one connection: beside the accepting, and with a limit, so that who never finishes keeps nobody out.

use std::{io, sync::Arc, time::Duration};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{handle::Https, provider::provider};

/// How long a handshake may take. Two round trips, over the worst line a page still loads by.
const LIMIT: Duration = Duration::from_secs(10);

/// What connections begin with.
#[derive(Clone)]
pub(crate) struct Handshakes(TlsAcceptor);

impl Https {
    /// With the certificate there is at each one's time.
    pub(crate) fn handshakes(&self) -> Handshakes {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider has suites for TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(self.current() as _);
        // WebSockets come over HTTP/1.1: a browser opens them so where HTTP/2 does not say that it can (RFC 8441), and it does not.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if let Ok(tickets) = rustls::crypto::aws_lc_rs::Ticketer::new() {
            config.ticketer = tickets;
        }
        Handshakes(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Does it, or says why not.
pub(crate) async fn handshake<S>(handshakes: &Handshakes, stream: S) -> io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let done = timeout(LIMIT, handshakes.0.accept(stream)).await;
    let (outcome, done) = match done {
        Ok(Ok(stream)) => ("done", Ok(stream)),
        Ok(Err(error)) => ("failed", Err(error)),
        Err(_) => ("timeout", Err(io::ErrorKind::TimedOut.into())),
    };
    metrics::counter!("yunke_tls_handshakes_total", "outcome" => outcome).increment(1);
    done
}
