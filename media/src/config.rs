//! The configuration: a TOML file, then `YUNKE_MEDIA_*` from the environment (`__` between levels). Unknown names are errors,
//! and everything is checked before anything binds.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};
use yunke_protocol::IceServer;

use crate::library::Limits;

/// Shortest shared secret.
const MIN_SECRET_CHARS: usize = 16;

/// The shared secret; never shown.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "[missing]" } else { "[redacted]" })
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// All there is to configure.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The node's name, as the server knows it.
    pub node: String,
    /// LL-HLS, replays, control, health and metrics.
    pub http: SocketAddr,
    /// RTMP.
    pub rtmp: SocketAddr,
    /// WebRTC: one port for all peers, by UDP and, where no UDP gets through, by TCP.
    pub webrtc: SocketAddr,
    /// The addresses publishers and viewers are told to send WebRTC to, at the port of `webrtc`; without any, the machine's own.
    pub webrtc_hosts: Vec<IpAddr>,
    /// STUN and TURN servers publishers and viewers are told of.
    pub ice_servers: Vec<IceServer>,
    /// SRT: one UDP port for all publishers; `""`: none.
    #[serde(with = "yunke_protocol::optional_address")]
    pub srt: Option<SocketAddr>,
    /// When it is set, SRT publishers have to encrypt with it; 10 to 79 bytes.
    pub srt_passphrase: Secret,
    /// WHIP sessions at once.
    pub whip_sessions: usize,
    /// WHEP sessions at once; further viewers are sent to LL-HLS.
    pub whep_sessions: usize,
    /// Lessons that may have a 360p rendition at the same time, 0 to 16: each takes some 20 % of a core. Others go without.
    pub transcode_slots: usize,
    /// The old name of `transcode_slots`, still read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_pictures: Option<usize>,
    /// Files of the library that are encoded at the same time, 1 to 16; each takes up to a core at the lowest priority.
    pub encode_workers: usize,
    /// Longest sound the library takes, hours, 1 to 48.
    pub audio_hours: u32,
    /// Uploaded files stay in `store_dir` beside what was made of them.
    pub keep_originals: bool,
    /// Where the server is.
    pub server_url: String,
    /// What server and node know each other by; at least 16 characters.
    pub shared_secret: Secret,
    /// What edges in front of this node prove themselves with in `X-Yunke-Edge`; empty: there are none.
    pub edge_token: Secret,
    /// Recordings.
    pub store_dir: PathBuf,
    /// Started by the server: ends by itself when it has been alone and idle for ten minutes.
    pub supervised: bool,
    /// UTC of the machine's start by the server's clock, in milliseconds, from the server that starts it; without, this
    /// machine's wall clock says when it is.
    pub clock_anchor: Option<i64>,
    /// How log lines look.
    pub log: LogFormat,
    /// `PART-TARGET`, milliseconds.
    pub part_target_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            node: "local".to_owned(),
            http: SocketAddr::from(([127, 0, 0, 1], 8081)),
            rtmp: SocketAddr::from(([0, 0, 0, 0], 1935)),
            webrtc: SocketAddr::from((Ipv6Addr::UNSPECIFIED, 8189)),
            webrtc_hosts: Vec::new(),
            ice_servers: Vec::new(),
            srt: Some(SocketAddr::from(([0, 0, 0, 0], 8890))),
            srt_passphrase: Secret::default(),
            whip_sessions: 64,
            whep_sessions: 200,
            transcode_slots: 0,
            small_pictures: None,
            encode_workers: 1,
            audio_hours: 12,
            keep_originals: false,
            server_url: "http://127.0.0.1:8080".to_owned(),
            shared_secret: Secret::default(),
            edge_token: Secret::default(),
            store_dir: PathBuf::from("data/media"),
            supervised: false,
            clock_anchor: None,
            log: LogFormat::Text,
            part_target_ms: 300,
        }
    }
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It cannot be read.
    #[error("the configuration cannot be read: {0}")]
    Read(#[from] Box<figment::Error>),
    /// A value is not possible.
    #[error("{name}: {problem}")]
    Value {
        /// Which.
        name: &'static str,
        /// Why.
        problem: String,
    },
}

impl Config {
    /// Reads and checks the configuration.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut sources = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            sources = sources.merge(Toml::file_exact(file));
        }
        let mut config: Self =
            sources.merge(Env::prefixed("YUNKE_MEDIA_").split("__")).extract().map_err(Box::new)?;
        if let Some(slots) = config.small_pictures {
            config.transcode_slots = config.transcode_slots.max(slots);
        }
        config.validate()?;
        Ok(config)
    }

    /// Logs names of settings that have a new one; once logging is set up.
    pub fn log_old_names(&self) {
        if self.small_pictures.is_some() {
            tracing::warn!(
                "the setting small_pictures is now called transcode_slots; the old name is still read"
            );
        }
    }

    /// `PART-TARGET`.
    pub fn part_target(&self) -> Duration {
        Duration::from_millis(self.part_target_ms)
    }

    /// What the library takes.
    pub fn library_limits(&self) -> Limits {
        Limits {
            longest_ms: i64::from(self.audio_hours) * 3_600_000,
            keep_originals: self.keep_originals,
            workers: self.encode_workers,
        }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |name, problem: &str| Err(ConfigError::Value { name, problem: problem.to_owned() });
        if self.shared_secret.0.chars().count() < MIN_SECRET_CHARS {
            return wrong("shared_secret", "needs at least 16 characters (YUNKE_MEDIA_SHARED_SECRET)");
        }
        if self.shared_secret.0.chars().any(|c| !c.is_ascii_graphic()) {
            return wrong("shared_secret", "only visible ASCII characters can be sent in a header");
        }
        let edge = &self.edge_token.0;
        if !edge.is_empty()
            && (edge.chars().count() < MIN_SECRET_CHARS || !edge.chars().all(|c| c.is_ascii_graphic()))
        {
            return wrong("edge_token", "needs at least 16 visible ASCII characters");
        }
        if self.node.is_empty() || self.node.chars().any(char::is_control) {
            return wrong("node", "needs a name");
        }
        if !self.server_url.starts_with("http://") && !self.server_url.starts_with("https://") {
            return wrong("server_url", "starts with http:// or https://");
        }
        if self.webrtc_hosts.iter().any(IpAddr::is_unspecified) {
            return wrong("webrtc_hosts", "are addresses that publishers can reach");
        }
        if let Some(problem) = self.ice_servers.iter().find_map(IceServer::problem) {
            return wrong("ice_servers", problem);
        }
        if let Some(problem) = yunke_protocol::srt_passphrase_problem(&self.srt_passphrase.0) {
            return wrong("srt_passphrase", problem);
        }
        if !(1..=1024).contains(&self.whip_sessions) {
            return wrong("whip_sessions", "is between 1 and 1024");
        }
        if !(1..=4096).contains(&self.whep_sessions) {
            return wrong("whep_sessions", "is between 1 and 4096");
        }
        if self.transcode_slots > 16 {
            return wrong("transcode_slots", "is between 0 and 16");
        }
        if !(1..=16).contains(&self.encode_workers) {
            return wrong("encode_workers", "is between 1 and 16");
        }
        if !(1..=48).contains(&self.audio_hours) {
            return wrong("audio_hours", "is between 1 and 48");
        }
        if !(200..=1000).contains(&self.part_target_ms) {
            return wrong("part_target_ms", "is between 200 and 1000");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("media.toml");
        std::fs::write(&file, toml).expect("written");
        Config::load(Some(&file))
    }

    #[test]
    fn a_secret_is_all_that_is_needed_and_is_not_shown() {
        let config = load("shared_secret = \"0123456789abcdef\"").expect("valid");
        assert_eq!((config.http.port(), config.rtmp.port()), (8081, 1935));
        assert!(!format!("{config:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn srt_can_be_switched_off() {
        let config = load("shared_secret = \"0123456789abcdef\"\nsrt = \"\"").expect("valid");
        assert_eq!(config.srt, None);
        assert_eq!(Config::default().srt.map(|address| address.port()), Some(8890));
    }

    #[test]
    fn the_old_name_of_the_transcode_slots_is_still_read() {
        let with =
            |line: &str| load(&format!("shared_secret = \"0123456789abcdef\"\n{line}")).expect("valid");
        assert_eq!(with("small_pictures = 2").transcode_slots, 2);
        assert_eq!(with("transcode_slots = 3").transcode_slots, 3);
        assert_eq!(with("").transcode_slots, 0);
    }

    #[test]
    fn unknown_names_and_impossible_values_are_errors() {
        let with = |line: &str| load(&format!("shared_secret = \"0123456789abcdef\"\n{line}"));
        assert!(with("colour = 3").is_err());
        assert!(with("http = \"nowhere\"").is_err());
        assert!(with("server_url = \"ftp://x\"").is_err());
        assert!(with("part_target_ms = 20").is_err());
        assert!(with("encode_workers = 0").is_err());
        assert!(with("audio_hours = 49").is_err());
        assert!(with("webrtc_hosts = [\"0.0.0.0\"]").is_err());
        assert!(with("srt = \"nowhere\"").is_err());
        assert!(with("transcode_slots = 17").is_err());
        assert!(with("small_pictures = 17").is_err());
        assert!(with("srt_passphrase = \"short\"").is_err());
        assert!(with("ice_servers = [{ url = \"http://x\" }]").is_err());
        assert!(with("ice_servers = [{ url = \"stun:x\" }]").is_ok());
        assert!(load("shared_secret = \"short\"").is_err());
        assert!(with("edge_token = \"short\"").is_err());
        assert!(with("edge_token = \"0123456789 abcdef\"").is_err());
        assert!(load("").is_err());
    }
}
