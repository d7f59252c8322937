//! What the browser calls us: the origin of the page, and from it the origin of the media.

use std::net::SocketAddr;

use axum::http::{HeaderMap, header, uri::Authority};

use crate::{auth::is_secure, config::Config};

/// The origin of this request, such as `http://192.168.1.5:8080`.
pub fn page_origin(headers: &HeaderMap, config: &Config) -> String {
    if let Some(url) = &config.http.public_url {
        return url.clone();
    }
    let scheme = if is_secure(headers, config) { "https" } else { "http" };
    match authority(headers, config) {
        Some(authority) => format!("{scheme}://{authority}"),
        None => format!("{scheme}://{}", config.http.listen),
    }
}

/// The host of this request without its port, in brackets if it is an IPv6 address.
pub fn page_host(headers: &HeaderMap, config: &Config) -> String {
    let configured = config.http.public_url.as_deref().and_then(|url| url.split("://").nth(1)?.parse().ok());
    let authority: Option<Authority> = configured.or_else(|| authority(headers, config));
    authority.map_or_else(|| "127.0.0.1".to_owned(), |authority| authority.host().to_owned())
}

/// The origin players fetch media from.
pub fn media_origin(headers: &HeaderMap, config: &Config, media_port: u16) -> String {
    if let Some(url) = &config.media.public_url {
        return url.clone();
    }
    format!("http://{}:{media_port}", page_host(headers, config))
}

/// What encoders are told.
pub fn rtmp_server(headers: &HeaderMap, config: &Config, rtmp_port: u16) -> String {
    if let Some(url) = &config.media.rtmp_url {
        return url.clone();
    }
    let host = page_host(headers, config);
    if rtmp_port == 1935 { format!("rtmp://{host}/live") } else { format!("rtmp://{host}:{rtmp_port}/live") }
}

/// What SRT encoders are told, without the key; `None`: SRT is off, or its port is not known yet.
pub fn srt_url(headers: &HeaderMap, config: &Config, srt: Option<SocketAddr>) -> Option<String> {
    let port = srt?.port();
    let made = || format!("srt://{}:{port}", page_host(headers, config));
    (port != 0).then(|| config.media.srt_url.clone().unwrap_or_else(made))
}

/// Where WHIP publishers post their offer.
pub fn whip_url(headers: &HeaderMap, config: &Config, media_port: u16) -> String {
    format!("{}/whip", media_origin(headers, config, media_port))
}

/// `Host`, or `X-Forwarded-Host` of a trusted proxy. It goes into headers, so only plain characters pass.
pub fn authority(headers: &HeaderMap, config: &Config) -> Option<Authority> {
    let forwarded = headers.get("x-forwarded-host").filter(|_| config.http.trust_forwarded);
    let text = forwarded.or_else(|| headers.get(header::HOST))?.to_str().ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if text.len() > 255 || !text.chars().all(plain) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn host(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(text))])
    }

    #[test]
    fn media_is_on_the_host_of_the_page() {
        let config = Config::default();
        assert_eq!(page_origin(&host("192.168.1.5:8080"), &config), "http://192.168.1.5:8080");
        assert_eq!(media_origin(&host("192.168.1.5:8080"), &config, 8081), "http://192.168.1.5:8081");
        assert_eq!(media_origin(&host("[::1]:8080"), &config, 8081), "http://[::1]:8081");
        assert_eq!(rtmp_server(&host("yunke.cn"), &config, 1935), "rtmp://yunke.cn/live");
        assert_eq!(
            srt_url(&host("yunke.cn"), &config, config.media.srt).as_deref(),
            Some("srt://yunke.cn:8890")
        );
        assert_eq!(srt_url(&host("yunke.cn"), &config, None), None);
    }

    #[test]
    fn a_host_that_is_none_goes_nowhere() {
        let config = Config::default();
        for wrong in ["a; script-src *", "a b", "a/b", "a@b", "'x'"] {
            assert_eq!(media_origin(&host(wrong), &config, 1), "http://127.0.0.1:1", "{wrong}");
        }
    }
}
