//! Why a configuration is refused, and the checks that sections share.

use std::path::PathBuf;

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file or the environment has something that cannot be parsed.
    #[error("configuration: {0}")]
    Unreadable(Box<figment::Error>),
    /// A named file does not exist.
    #[error("there is no configuration file {}", .0.display())]
    Missing(PathBuf),
    /// A value is out of range.
    #[error("configuration key {key}: {reason}")]
    Value {
        /// The key with its section.
        key: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
}

impl ConfigError {
    pub(super) fn value(key: &'static str, reason: impl Into<String>) -> Self {
        Self::Value { key, reason: reason.into() }
    }
}

/// An origin such as `https://yunke.example.cn:8443`: a scheme, a host, perhaps a port, nothing else.
pub(super) fn check_origin(key: &'static str, origin: &str) -> Result<(), ConfigError> {
    let wrong =
        || ConfigError::value(key, "must be an origin such as https://yunke.example.cn, without a path");
    let uri: axum::http::Uri = origin.parse().map_err(|_| wrong())?;
    let plain = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
        && matches!(uri.path(), "" | "/")
        && uri.query().is_none()
        && !origin.ends_with('/');
    if plain { Ok(()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path() {
        assert!(check_origin("k", "https://a.cn").is_ok());
        assert!(check_origin("k", "https://a.cn:8443").is_ok());
        for wrong in ["a.cn", "https://a.cn/", "https://a.cn/x", "ftp://a.cn", "https://u@a.cn", ""] {
            assert!(check_origin("k", wrong).is_err(), "{wrong}");
        }
    }
}
