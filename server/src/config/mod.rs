//! Configuration: defaults, then a TOML file, then the environment (`YUNKE_HTTP__LISTEN`), then the command
//! line. One section per file; everything is validated before anything binds.

mod auth;
mod database;
mod error;
mod http;
mod https;
mod library;
mod log;
mod media;

use std::path::{Path, PathBuf};

use figment::{
    Figment,
    providers::{Env, Format as _, Toml},
};
use serde::{Deserialize, Serialize};

pub use auth::AuthConfig;
pub use database::DatabaseUrl;
pub use error::ConfigError;
pub use http::HttpConfig;
pub use https::{AcmeConfig, HttpsConfig};
pub use library::LibraryConfig;
pub use log::{LogConfig, LogFormat};
pub use media::MediaConfig;

/// Variables the program reads itself; they are not configuration keys.
const NOT_KEYS: &[&str] = &["config", "log_filter"];

/// All sections.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The folder of the database, the recordings and the secret.
    pub data_dir: PathBuf,
    /// PostgreSQL, in place of the embedded database.
    pub database_url: Option<DatabaseUrl>,
    /// The web and API side.
    pub http: HttpConfig,
    /// TLS by the server itself.
    pub https: HttpsConfig,
    /// The media service.
    pub media: MediaConfig,
    /// Signing in.
    pub auth: AuthConfig,
    /// The audio-lesson library.
    pub library: LibraryConfig,
    /// The log.
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            database_url: None,
            http: HttpConfig::default(),
            https: HttpsConfig::default(),
            media: MediaConfig::default(),
            auth: AuthConfig::default(),
            library: LibraryConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Config {
    /// Reads the file, if one is given, and the environment. Validate it after the command line is applied.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::Missing(file.to_owned()));
            }
            figment = figment.merge(Toml::file(file));
        }
        let mut config: Self = figment
            .merge(Env::prefixed("YUNKE_").ignore(NOT_KEYS).filter(|key| is_own(key.as_str())).split("__"))
            .extract()
            .map_err(|error| ConfigError::Unreadable(Box::new(error)))?;
        config.media.take_old_names();
        Ok(config)
    }

    /// Logs names of settings that have a new one; once logging is set up.
    pub fn log_old_names(&self) {
        self.media.log_old_names();
    }

    /// Checks every section.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.database_url.as_ref().map_or(Ok(()), DatabaseUrl::validate)?;
        self.http.validate()?;
        self.https.validate()?;
        self.media.validate()?;
        self.library.validate()?;
        self.auth.validate()
    }

    /// The embedded database's file.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("yunke.db")
    }
}

/// `YUNKE_MEDIA__HTTP` is our section `[media]`; `YUNKE_MEDIA_HTTP` is a key of the media service.
fn is_own(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    !key.starts_with("media_") || key.starts_with("media__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        Config::default().validate().expect("defaults");
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let figment = Figment::new().merge(Toml::string("[http]\nlisten_on = \"x\""));
        let error = figment.extract::<Config>().expect_err("unknown key").to_string();
        assert!(error.contains("listen_on"), "{error}");
    }

    #[test]
    fn the_old_name_of_the_transcode_slots_is_still_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("yunke.toml");
        for (line, slots) in [("small_pictures = 2", 2), ("transcode_slots = 3", 3), ("", 0)] {
            std::fs::write(&file, format!("[media]\n{line}\n")).expect("written");
            assert_eq!(Config::load(Some(&file)).expect("valid").media.transcode_slots, slots, "{line}");
        }
    }

    #[test]
    fn https_is_whole_or_not_there() {
        let read = |toml: &str| {
            let config: Config = Figment::new().merge(Toml::string(toml)).extract().expect("known keys");
            config.validate()
        };
        read("[https]\nlisten = '0.0.0.0:443'\ncert_file = 'c'\nkey_file = 'k'\nredirect = true")
            .expect("whole");
        for part in [
            "listen = '0.0.0.0:443'",
            "cert_file = 'c'",
            "cert_file = 'c'\nkey_file = 'k'",
            "redirect = true",
        ] {
            let error = read(&format!("[https]\n{part}")).expect_err(part).to_string();
            assert!(error.contains("https."), "{error}");
        }
        let acme = |more: &str| read(&format!("[https]\nlisten = '0.0.0.0:443'\n{more}"));
        acme("[https.acme]\nnames = ['a.cn', '*.a.cn']\ndns_hook = 'h'").expect("by DNS");
        acme("[https.acme]\nnames = ['a.cn']\ncontact = 'a@a.cn'").expect("by port 80");
        for part in [
            "names = ['*.a.cn']",
            "names = ['A.cn']",
            "names = ['192.168.1.5']",
            "names = ['a..cn']",
            "names = ['a.cn; x']",
            "names = ['a.cn']\ndirectory = 'http://ca.lan'",
            "names = ['a.cn']\ncontact = 'nobody'",
        ] {
            let error = acme(&format!("[https.acme]\n{part}")).expect_err(part).to_string();
            assert!(error.contains("https.acme."), "{error}");
        }
        let both = "cert_file = 'c'\nkey_file = 'k'\n[https.acme]\nnames = ['a.cn']";
        acme(both).expect_err("there is one certificate");
    }

    #[test]
    fn keys_of_the_media_service_are_not_ours() {
        assert!(is_own("MEDIA__HTTP") && is_own("http__listen") && is_own("data_dir"));
        assert!(!is_own("MEDIA_HTTP"));
    }
}
