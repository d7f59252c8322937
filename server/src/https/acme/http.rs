//! How an authority is asked: by the client that the whole program asks by, with the roots of the machine, and one more where the
//! authority is a private one.

use std::{
    future::Future,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{Request, Response, header};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};

/// No answer of an authority takes longer.
const LIMIT: Duration = Duration::from_secs(30);

/// The client, and what the authority last said of when to come again.
#[derive(Debug, Clone)]
pub(super) struct Http {
    client: reqwest::Client,
    again_after: Arc<Mutex<Option<u64>>>,
}

impl Http {
    /// Trusts the certificates in `roots`, too.
    pub(super) fn new(roots: Option<&Path>) -> Result<Self, String> {
        let mut client = reqwest::Client::builder()
            .timeout(LIMIT)
            .connect_timeout(LIMIT / 3)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("yunke/", env!("CARGO_PKG_VERSION")));
        if let Some(file) = roots {
            let cannot = |error: &dyn std::fmt::Display| {
                format!("https.acme.ca_file {} cannot be used: {error}", file.display())
            };
            let pem = std::fs::read(file).map_err(|error| cannot(&error))?;
            let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| cannot(&error))?;
            client = client.tls_certs_merge(roots);
        }
        let client = client.build().map_err(|error| error.to_string())?;
        Ok(Self { client, again_after: Arc::default() })
    }

    /// Seconds, if the authority said so in its last refusal.
    pub(super) fn again_after(&self) -> Option<u64> {
        self.again_after.lock().expect("no panic while held").take()
    }
}

impl HttpClient for Http {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let Self { client, again_after } = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let Ok(body) = body.collect().await;
            let asked =
                client.request(head.method, head.uri.to_string()).headers(head.headers).body(body.to_bytes());
            let answer = asked.send().await.map_err(|error| Error::Other(Box::new(error)))?;
            if answer.status().is_client_error() || answer.status().is_server_error() {
                let said = answer.headers().get(header::RETRY_AFTER);
                let seconds = said.and_then(|value| value.to_str().ok()?.trim().parse().ok());
                *again_after.lock().expect("no panic while held") = seconds;
            }
            let answer: Response<reqwest::Body> = answer.into();
            Ok(BytesResponse::from(answer))
        })
    }
}
