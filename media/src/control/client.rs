//! The server over HTTP.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use yunke_protocol::{
    Orders, PublishGrant, PublishRefusal, PublishRequest, RefusalCode, Snapshot, Transport, paths,
};

use crate::server::{Answer, Server};

/// The server answers in milliseconds or not at all.
const ANSWER_TIME: Duration = Duration::from_secs(4);
/// Longest answer that is read: orders of a thousand lessons have 200 kB.
const MAX_ANSWER_BYTES: u64 = 4 << 20;

/// A server at an address.
pub struct HttpServer {
    http: Client,
    base: String,
    secret: String,
    node: String,
}

impl HttpServer {
    /// `base` such as `http://127.0.0.1:8080`.
    pub fn new(base: &str, secret: &str, node: &str) -> Result<Self, reqwest::Error> {
        let http = Client::builder().timeout(ANSWER_TIME).no_proxy().build()?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { http, base, secret: secret.to_owned(), node: node.to_owned() })
    }

    async fn post<B: Serialize + Sync>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<reqwest::Response, reqwest::Error> {
        self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.secret).json(body).send().await
    }

    async fn ask(&self, transport: Transport, stream_key: String) -> Result<PublishGrant, PublishRefusal> {
        let request = PublishRequest { node: self.node.clone(), transport, stream_key };
        let later = |problem: String| {
            tracing::warn!(problem, "the server cannot be asked for a stream key");
            let message = "the server does not answer at the moment; try again".to_owned();
            PublishRefusal { code: RefusalCode::TryLater, message }
        };
        let response = self
            .post(paths::PUBLISH, &request)
            .await
            .map_err(|error| later(error.without_url().to_string()))?;
        match response.status() {
            StatusCode::OK => read(response).await.map_err(later),
            StatusCode::FORBIDDEN => Err(read(response).await.map_err(later)?),
            other => Err(later(format!("status {other}"))),
        }
    }
}

impl Server for HttpServer {
    fn publish(
        &self,
        transport: Transport,
        stream_key: String,
    ) -> Answer<'_, Result<PublishGrant, PublishRefusal>> {
        Box::pin(self.ask(transport, stream_key))
    }

    fn report<'a>(&'a self, snapshot: &'a Snapshot) -> Answer<'a, Option<Orders>> {
        Box::pin(async move {
            let response = match self.post(paths::SNAPSHOT, snapshot).await {
                Ok(response) if response.status() == StatusCode::OK => response,
                Ok(response) => {
                    tracing::warn!(status = %response.status(), "the server refused the snapshot");
                    return None;
                }
                Err(error) => {
                    tracing::debug!(error = %error.without_url(), "the server does not answer");
                    return None;
                }
            };
            read(response).await.inspect_err(|problem| tracing::warn!(problem, "orders cannot be read")).ok()
        })
    }
}

async fn read<T: DeserializeOwned>(response: reqwest::Response) -> Result<T, String> {
    if response.content_length().is_some_and(|length| length > MAX_ANSWER_BYTES) {
        return Err("too long".to_owned());
    }
    response.json().await.map_err(|error| error.without_url().to_string())
}
