//! A browser's side of TLS, and the authority it trusts.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response,
    body::Incoming,
    client::conn::{http1, http2},
    header::{self, HeaderName},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::harness::Server;

pub(crate) const H1: &str = "http/1.1";
pub(crate) const H2: &str = "h2";

/// The name its certificates are for.
const NAME: &str = "localhost";

/// An authority with a folder of what it issued last.
pub(crate) struct Authority {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
    cert: CertificateDer<'static>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "an authority of a test");
        let key = KeyPair::generate().expect("a key");
        let cert = params.self_signed(&key).expect("signed");
        let (der, pem) = (cert.der().clone(), cert.pem());
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, issuer: Issuer::new(params, key), cert: der, pem }
    }

    /// Issues one, and puts it where the one before was.
    pub(crate) fn issue(&self, called: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().expect("a key");
        let mut params =
            CertificateParams::new(vec![NAME.to_owned(), "yunke.test".to_owned()]).expect("names");
        params.distinguished_name.push(rcgen::DnType::CommonName, called);
        let cert = params.signed_by(&key, &self.issuer).expect("signed");
        let [cert_file, key_file] = ["cert.pem", "key.pem"].map(|name| self.folder.path().join(name));
        std::fs::write(&cert_file, cert.pem() + &self.pem).expect("written");
        std::fs::write(&key_file, key.serialize_pem()).expect("written");
        (cert_file, key_file)
    }
}

/// Trusts the authority whatever name was asked for, and remembers what was shown.
#[derive(Debug)]
struct Trust {
    inner: Arc<WebPkiServerVerifier>,
    shown: Mutex<Option<CertificateDer<'static>>>,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.shown.lock().expect("free") = Some(leaf.clone().into_owned());
        let name = ServerName::try_from(NAME).expect("a name");
        self.inner.verify_server_cert(leaf, between, &name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Who comes by https.
pub(crate) struct Peer {
    address: SocketAddr,
    trust: Arc<Trust>,
}

impl Peer {
    pub(crate) fn new(server: &Server, authority: &Authority) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.cert.clone()).expect("a root");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .expect("a verifier");
        let address = server.app.config.https.listen.expect("https");
        Self { address, trust: Arc::new(Trust { inner, shown: Mutex::default() }) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The host as a page has it in its address.
    pub(crate) fn host(&self) -> String {
        format!("{NAME}:{}", self.address.port())
    }

    fn config(&self, alpn: &[&str]) -> Arc<ClientConfig> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&self.trust) as _)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    async fn tls_as(&self, name: &'static str, alpn: &[&str]) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.address).await.expect("connected");
        let name = ServerName::try_from(name).expect("a name");
        TlsConnector::from(self.config(alpn)).connect(name, stream).await.expect("a handshake")
    }

    pub(crate) async fn tls(&self, alpn: &[&str]) -> TlsStream<TcpStream> {
        self.tls_as(NAME, alpn).await
    }

    /// A connection that speaks this, chosen among both.
    pub(crate) async fn connect(&self, version: &str) -> Line {
        self.connect_as(NAME, version).await
    }

    /// The same, asking TLS for another name; for an address there is none.
    pub(crate) async fn connect_as(&self, name: &'static str, version: &str) -> Line {
        let offered: &[&str] = if version == H2 { &[H2, H1] } else { &[H1] };
        let stream = self.tls_as(name, offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(version.as_bytes()));
        let (io, host) = (TokioIo::new(stream), self.host());
        if version == H2 {
            let (send, connection) = http2::handshake(TokioExecutor::new(), io).await.expect("HTTP/2");
            #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
            tokio::spawn(connection);
            Line { host, send: Send::Two(send) }
        } else {
            let (send, connection) = http1::handshake(io).await.expect("HTTP/1.1");
            #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
            tokio::spawn(connection);
            Line { host, send: Send::One(send) }
        }
    }

    /// The certificate a newcomer is shown.
    pub(crate) async fn shown(&self) -> CertificateDer<'static> {
        drop(self.tls(&[H1]).await);
        self.trust.shown.lock().expect("free").clone().expect("shown")
    }

    /// What a browser sends first.
    pub(crate) fn hello(&self) -> Vec<u8> {
        let name = ServerName::try_from(NAME).expect("a name");
        let mut client = rustls::ClientConnection::new(self.config(&[H2, H1]), name).expect("a client");
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).expect("written");
        bytes
    }
}

enum Send {
    One(http1::SendRequest<Full<Bytes>>),
    Two(http2::SendRequest<Full<Bytes>>),
}

/// A connection that is kept.
pub(crate) struct Line {
    host: String,
    send: Send,
}

impl Line {
    pub(crate) async fn get(&mut self, path: &str) -> Response<Incoming> {
        self.ask(Method::GET, path, &[], Bytes::new()).await
    }

    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, String)],
        body: Bytes,
    ) -> Response<Incoming> {
        let Self { host, send } = self;
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let body = Full::new(body);
        match send {
            // As browsers do: no `Host` at all.
            Send::Two(send) => {
                let request = request.uri(format!("https://{host}{path}")).body(body).expect("a request");
                send.ready().await.expect("open");
                send.send_request(request).await.expect("answered")
            }
            Send::One(send) => {
                let request = request.uri(path).header(header::HOST, &*host).body(body).expect("a request");
                send.ready().await.expect("open");
                send.send_request(request).await.expect("answered")
            }
        }
    }
}

/// The whole body.
pub(crate) async fn body(answer: Response<Incoming>) -> Bytes {
    answer.into_body().collect().await.expect("a body").to_bytes()
}
