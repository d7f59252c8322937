//! `[https]`: TLS by the server itself, beside plain http.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::error::ConfigError;

/// Let's Encrypt.
const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";

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
    /// A certificate from an authority instead of files.
    pub acme: AcmeConfig,
}

/// `[https.acme]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AcmeConfig {
    /// The names the certificate is for; a wildcard such as `*.yunke.example.cn` needs `dns_hook`.
    pub names: Vec<String>,
    /// Whom the authority may write to.
    pub contact: Option<String>,
    /// The authority's directory.
    pub directory: String,
    /// Roots by which a private authority is trusted, PEM.
    pub ca_file: Option<PathBuf>,
    /// The program that writes into DNS: `add NAME VALUE`, `remove NAME VALUE`. Without it the authority comes to port 80.
    pub dns_hook: Option<PathBuf>,
    /// Seconds until a value is seen everywhere.
    pub dns_wait_s: u16,
}

impl Default for AcmeConfig {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            contact: None,
            directory: DIRECTORY.to_owned(),
            ca_file: None,
            dns_hook: None,
            dns_wait_s: 60,
        }
    }
}

impl AcmeConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        let plain = |name: &str| {
            let name = name.strip_prefix("*.").unwrap_or(name);
            let label = |label: &str| {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                (1..=63).contains(&label.len()) && label.chars().all(plain)
            };
            name.len() <= 253 && name.split('.').all(label) && name.parse::<std::net::IpAddr>().is_err()
        };
        if let Some(wrong) = self.names.iter().find(|name| !plain(name)) {
            return Err(ConfigError::value(
                "https.acme.names",
                format!("are names in DNS in small letters, such as yunke.example.cn; {wrong:?} is none"),
            ));
        }
        if self.dns_hook.is_none() && self.names.iter().any(|name| name.starts_with("*.")) {
            return Err(ConfigError::value("https.acme.dns_hook", "is needed for a wildcard"));
        }
        if !self.directory.starts_with("https://") {
            return Err(ConfigError::value("https.acme.directory", "begins with https://"));
        }
        if self.contact.as_ref().is_some_and(|mail| !mail.contains('@') || mail.contains(char::is_whitespace))
        {
            return Err(ConfigError::value("https.acme.contact", "is a mail address"));
        }
        Ok(())
    }
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
        let ordered = !self.acme.names.is_empty();
        if self.listen.is_some() && self.cert_file.is_none() && !ordered {
            return Err(ConfigError::value(
                "https.listen",
                "needs https.cert_file and https.key_file, or https.acme.names",
            ));
        }
        if self.cert_file.is_some() && ordered {
            return Err(ConfigError::value(
                "https.acme.names",
                "or https.cert_file: there is one certificate",
            ));
        }
        self.acme.validate()?;
        if self.listen.is_none() && (self.cert_file.is_some() || self.redirect || ordered) {
            return Err(ConfigError::value(
                "https.listen",
                "is missing; it is the address people reach https by, such as 0.0.0.0:443",
            ));
        }
        Ok(())
    }
}
