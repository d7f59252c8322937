//! `[media]`: the media service this server starts, or the one it is configured for.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use yunke_protocol::{IceServer, srt_passphrase_problem};

use super::error::{ConfigError, check_origin};

/// Shortest accepted shared secret.
const SECRET_MIN_CHARS: usize = 16;

/// `[media]`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// Start and supervise a media process on this machine.
    pub supervise: bool,
    /// Its program; by default `yunke-media` next to this program.
    pub program: Option<PathBuf>,
    /// Its name.
    pub node: String,
    /// Where it listens for players and for orders; port 0 takes a free one.
    pub http: SocketAddr,
    /// Where it listens for RTMP; port 0 takes a free one.
    pub rtmp: SocketAddr,
    /// The port of WebRTC, UDP and TCP; port 0 takes a free one.
    pub webrtc: SocketAddr,
    /// The UDP port of SRT, shared by all publishers; port 0 takes a free one, `""` switches SRT off.
    #[serde(with = "yunke_protocol::optional_address")]
    pub srt: Option<SocketAddr>,
    /// If set, SRT publishers must encrypt with it.
    pub srt_passphrase: String,
    /// The addresses WebRTC peers are given; by default the machine's own.
    pub webrtc_hosts: Vec<IpAddr>,
    /// STUN and TURN servers WebRTC peers are given.
    pub ice_servers: Vec<IceServer>,
    /// Lessons that may have a 360p rendition at the same time, 0 to 16: each takes some 20 % of a core.
    pub transcode_slots: usize,
    /// The old name of `transcode_slots`, still read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub small_pictures: Option<usize>,
    /// Files of the library that are encoded at the same time, 1 to 16.
    pub encode_workers: usize,
    /// Longest sound the library takes, hours, 1 to 48.
    pub audio_hours: u32,
    /// Uploaded files stay beside what was made of them.
    pub keep_originals: bool,
    /// Where orders go when it is not supervised, such as `http://10.0.0.7:8081`.
    pub control_url: Option<String>,
    /// The origin players fetch media from; without it, the page's host with the port of `http`.
    pub public_url: Option<String>,
    /// What encoders are given, such as `rtmp://live.example.cn/live`; by default derived from the page's
    /// host.
    pub rtmp_url: Option<String>,
    /// What SRT encoders are given, such as `srt://live.example.cn:8890`; by default derived from the page's
    /// host.
    pub srt_url: Option<String>,
    /// The token by which edge caches in front of media identify themselves in `X-Yunke-Edge`; without it no
    /// cache is trusted, and what members fetch from one does not count.
    pub edge_token: Option<String>,
    /// Authenticates server and media to each other; by default one is created and stored in the data
    /// directory.
    pub shared_secret: Option<String>,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            supervise: true,
            program: None,
            node: "local".to_owned(),
            http: SocketAddr::from(([127, 0, 0, 1], 8081)),
            rtmp: SocketAddr::from(([0, 0, 0, 0], 1935)),
            webrtc: SocketAddr::from((Ipv6Addr::UNSPECIFIED, 8189)),
            srt: Some(SocketAddr::from(([0, 0, 0, 0], 8890))),
            srt_passphrase: String::new(),
            webrtc_hosts: Vec::new(),
            ice_servers: Vec::new(),
            transcode_slots: 0,
            small_pictures: None,
            encode_workers: 1,
            audio_hours: 12,
            keep_originals: false,
            control_url: None,
            public_url: None,
            rtmp_url: None,
            srt_url: None,
            edge_token: None,
            shared_secret: None,
        }
    }
}

impl std::fmt::Debug for MediaConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaConfig")
            .field("supervise", &self.supervise)
            .field("program", &self.program)
            .field("node", &self.node)
            .field("http", &self.http)
            .field("rtmp", &self.rtmp)
            .field("webrtc", &self.webrtc)
            .field("srt", &self.srt)
            .field("webrtc_hosts", &self.webrtc_hosts)
            .field("ice_servers", &self.ice_servers)
            .field("transcode_slots", &self.transcode_slots)
            .field("small_pictures", &self.small_pictures)
            .field("encode_workers", &self.encode_workers)
            .field("audio_hours", &self.audio_hours)
            .field("keep_originals", &self.keep_originals)
            .field("control_url", &self.control_url)
            .field("public_url", &self.public_url)
            .field("rtmp_url", &self.rtmp_url)
            .field("srt_url", &self.srt_url)
            .field("srt_passphrase", &if self.srt_passphrase.is_empty() { "" } else { "[redacted]" })
            .field("edge_token", &self.edge_token.as_ref().map(|_| "[redacted]"))
            .field("shared_secret", &self.shared_secret.as_ref().map(|_| "[redacted]"))
            .finish()
    }
}

impl MediaConfig {
    /// Settings under their old names count as if they had the new ones.
    pub(super) fn take_old_names(&mut self) {
        if let Some(slots) = self.small_pictures {
            self.transcode_slots = self.transcode_slots.max(slots);
        }
    }

    pub(super) fn log_old_names(&self) {
        if self.small_pictures.is_some() {
            tracing::warn!(
                "media.small_pictures is now called media.transcode_slots; the old name is still read"
            );
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if let Some(url) = &self.public_url {
            check_origin("media.public_url", url)?;
        }
        if let Some(url) = &self.control_url {
            check_origin("media.control_url", url)?;
        }
        if !self.supervise && self.control_url.is_none() {
            return Err(ConfigError::value("media.control_url", "is needed when media.supervise is false"));
        }
        if let Some(url) = &self.rtmp_url
            && !(url.starts_with("rtmp://") || url.starts_with("rtmps://"))
        {
            return Err(ConfigError::value("media.rtmp_url", "must begin with rtmp:// or rtmps://"));
        }
        if let Some(url) = &self.srt_url
            && (!url.starts_with("srt://") || url.contains('?'))
        {
            return Err(ConfigError::value("media.srt_url", "must begin with srt:// and have no parameters"));
        }
        if let Some(problem) = srt_passphrase_problem(&self.srt_passphrase) {
            return Err(ConfigError::value("media.srt_passphrase", problem));
        }
        if let Some(problem) = self.ice_servers.iter().find_map(IceServer::problem) {
            return Err(ConfigError::value("media.ice_servers", problem));
        }
        if self.transcode_slots > 16 {
            return Err(ConfigError::value("media.transcode_slots", "must be between 0 and 16"));
        }
        if !(1..=16).contains(&self.encode_workers) {
            return Err(ConfigError::value("media.encode_workers", "must be between 1 and 16"));
        }
        if !(1..=48).contains(&self.audio_hours) {
            return Err(ConfigError::value("media.audio_hours", "must be between 1 and 48"));
        }
        if self.webrtc_hosts.iter().any(IpAddr::is_unspecified) {
            return Err(ConfigError::value("media.webrtc_hosts", "are addresses that publishers can reach"));
        }
        if self.shared_secret.as_ref().is_some_and(|secret| secret.chars().count() < SECRET_MIN_CHARS) {
            return Err(ConfigError::value("media.shared_secret", "must have at least 16 characters"));
        }
        let poor = |token: &String| {
            token.chars().count() < SECRET_MIN_CHARS || !token.chars().all(|c| c.is_ascii_graphic())
        };
        if self.edge_token.as_ref().is_some_and(poor) {
            return Err(ConfigError::value("media.edge_token", "needs at least 16 visible ASCII characters"));
        }
        if self.node.is_empty() || self.node.len() > 64 {
            return Err(ConfigError::value("media.node", "must have 1 to 64 characters"));
        }
        Ok(())
    }
}
