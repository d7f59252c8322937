//! Where encoders publish: what a lecturer copies into them.

use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{media_nodes::Addresses, routes::origin, state::AppState};

/// The addresses encoders are told; each wants the stream key besides.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Doors {
    /// Such as `rtmp://192.168.1.5/live`.
    rtmp_server: String,
    /// Such as `http://192.168.1.5:8081/whip` (RFC 9725); the key is the bearer token.
    whip_url: String,
    /// Such as `srt://192.168.1.5:8890`; the key is the stream id. Null: SRT is off.
    srt_url: Option<String>,
    /// SRT encoders have to encrypt with it, by AES-128. Null: they must not.
    srt_passphrase: Option<String>,
}

impl Doors {
    pub(super) fn of(app: &AppState, headers: &HeaderMap) -> Self {
        let Addresses { http, rtmp, srt, .. } = app.media.addresses();
        let passphrase = &app.config.media.srt_passphrase;
        let srt_url = origin::srt_url(headers, &app.config, srt);
        Self {
            rtmp_server: origin::rtmp_server(headers, &app.config, rtmp.port()),
            whip_url: origin::whip_url(headers, &app.config, http.port()),
            srt_passphrase: srt_url.is_some().then(|| passphrase.clone()).filter(|text| !text.is_empty()),
            srt_url,
        }
    }

    /// The whole RTMP address.
    pub(super) fn rtmp_address(&self, key: &str) -> String {
        format!("{}/{key}", self.rtmp_server.trim_end_matches('/'))
    }

    pub(super) fn srt(&self) -> Option<(&str, Option<&str>)> {
        self.srt_url.as_deref().map(|url| (url, self.srt_passphrase.as_deref()))
    }
}

#[cfg(test)]
impl Doors {
    pub(super) fn for_tests(srt_url: Option<&str>, srt_passphrase: Option<&str>) -> Self {
        Self {
            rtmp_server: "rtmp://yunke.cn/live".to_owned(),
            whip_url: "http://yunke.cn:8081/whip".to_owned(),
            srt_url: srt_url.map(str::to_owned),
            srt_passphrase: srt_passphrase.map(str::to_owned),
        }
    }
}
