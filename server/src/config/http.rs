//! `[http]`: where pages and API listen, and which headers are trusted.

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, check_origin};

/// `[http]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The origin people type, such as `https://yunke.example.cn`; without it the request's `Host` is used.
    pub public_url: Option<String>,
    /// Trust `X-Forwarded-For`, `-Proto` and `-Host`. Only with a proxy in front that sets them.
    pub trust_forwarded: bool,
    /// The built pages.
    pub web_dir: PathBuf,
    /// Concurrent connections; one more waits in the kernel's queue.
    pub max_connections: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            trust_forwarded: false,
            web_dir: PathBuf::from("web/dist"),
            max_connections: 40_000,
        }
    }
}

impl HttpConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if let Some(url) = &self.public_url {
            check_origin("http.public_url", url)?;
        }
        if self.max_connections == 0 {
            return Err(ConfigError::value("http.max_connections", "must be at least 1"));
        }
        Ok(())
    }
}
