//! `[https]`: TLS by the server itself, beside plain http.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::error::ConfigError;

/// `[https]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpsConfig {
    /// Address and port, such as `0.0.0.0:443`; port 0 takes a free one. Without it there is no https.
    pub listen: Option<SocketAddr>,
    /// The certificate and those between it and its root, PEM. Read again when it changes.
    pub cert_file: Option<PathBuf>,
    /// The certificate's key, PEM, without a password.
    pub key_file: Option<PathBuf>,
    /// Send people who open a page over plain http to https, as long as the certificate is one that every browser trusts.
    pub redirect: bool,
}

impl HttpsConfig {
    /// Certificate and key, if they are files that somebody else looks after.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        self.cert_file.as_deref().zip(self.key_file.as_deref())
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.cert_file.is_some() != self.key_file.is_some() {
            return Err(ConfigError::value(
                "https.cert_file",
                "and https.key_file belong together: set both",
            ));
        }
        if self.listen.is_some() && self.cert_file.is_none() {
            return Err(ConfigError::value("https.listen", "needs https.cert_file and https.key_file"));
        }
        if self.listen.is_none() && (self.cert_file.is_some() || self.redirect) {
            return Err(ConfigError::value(
                "https.listen",
                "is missing; it is the address people reach https by, such as 0.0.0.0:443",
            ));
        }
        Ok(())
    }
}
