//! The control calls to a node. Short time limits: a node that hangs must not hold anything up.

use std::time::Duration;

use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use yunke_protocol::{Orders, Snapshot, WorkRefusal, paths};

/// How long a node may take to answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Largest body that is no JSON: a cover.
const BODY_BYTES: usize = 16 << 20;

/// Why a call to a node failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// Nobody answered.
    #[error("the media node does not answer: {0}")]
    Unreachable(String),
    /// Somebody answered, but not a node of ours.
    #[error("the media node answered {0}")]
    Refused(u16),
    /// It will not do this piece of work.
    #[error("the media node says {0}")]
    Work(String),
}

impl From<reqwest::Error> for ControlError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(crate::problem::source_chain(&error.without_url()))
    }
}

/// Calls one node.
#[derive(Debug, Clone)]
pub struct ControlClient {
    http: reqwest::Client,
    secret: String,
}

impl ControlClient {
    /// With the shared secret.
    pub fn new(secret: &str) -> Self {
        let http = reqwest::Client::builder()
            .timeout(ANSWER_LIMIT)
            .connect_timeout(ANSWER_LIMIT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client without special wishes can be built");
        Self { http, secret: secret.to_owned() }
    }

    /// What the node has.
    pub async fn snapshot(&self, base: &str) -> Result<Snapshot, ControlError> {
        let answer =
            self.http.get(format!("{base}{}", paths::ORDERS)).bearer_auth(&self.secret).send().await?;
        read(answer).await
    }

    /// Orders the node, and tells what it has.
    pub async fn order(&self, base: &str, orders: &Orders) -> Result<Snapshot, ControlError> {
        let call = self.http.put(format!("{base}{}", paths::ORDERS)).bearer_auth(&self.secret).json(orders);
        read(call.send().await?).await
    }

    /// Asks for work on a recording, or how far it is.
    pub async fn work<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        url: String,
        body: Option<&B>,
    ) -> Result<T, ControlError> {
        let mut call = self.http.request(method, url).bearer_auth(&self.secret);
        if let Some(body) = body {
            call = call.json(body);
        }
        let answer = call.send().await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.json().await?);
        }
        match answer.json::<WorkRefusal>().await {
            Ok(refusal) => Err(ControlError::Work(refusal.code)),
            Err(_) => Err(ControlError::Refused(status.as_u16())),
        }
    }

    /// Asks for something that is no JSON, or for nothing: the body as it comes, at most [`BODY_BYTES`].
    pub async fn ask(&self, method: Method, url: String) -> Result<Vec<u8>, ControlError> {
        let mut answer = self.http.request(method, url).bearer_auth(&self.secret).send().await?;
        let status = answer.status();
        if !status.is_success() {
            return match answer.json::<WorkRefusal>().await {
                Ok(refusal) => Err(ControlError::Work(refusal.code)),
                Err(_) => Err(ControlError::Refused(status.as_u16())),
            };
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            if body.len() + piece.len() > BODY_BYTES {
                return Err(ControlError::Work("too_large".to_owned()));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    /// Asks the node to end.
    pub async fn shut_down(&self, base: &str) -> Result<(), ControlError> {
        let answer =
            self.http.post(format!("{base}{}", paths::SHUTDOWN)).bearer_auth(&self.secret).send().await?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(ControlError::Refused(answer.status().as_u16()))
        }
    }
}

async fn read(answer: reqwest::Response) -> Result<Snapshot, ControlError> {
    if !answer.status().is_success() {
        return Err(ControlError::Refused(answer.status().as_u16()));
    }
    Ok(answer.json().await?)
}
