//! The origin of the page as the browser sees it, the origin of the media derived from it, and whether a page
//! is ours.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use axum::http::{HeaderMap, header};

use super::host::Host;
use crate::{arrival::by_own_tls, auth::is_secure, config::Config};

/// Proxies in a row whose host names are considered.
const MAX_HOSTS: usize = 8;

/// The origin of this request, such as `http://192.168.1.5:8080`.
pub fn page_origin(headers: &HeaderMap, config: &Config) -> String {
    if let Some(url) = &config.http.public_url {
        return url.clone();
    }
    let scheme = if is_secure(headers, config) { "https" } else { "http" };
    match hosts(headers, config).next() {
        Some(host) => format!("{scheme}://{host}"),
        None => format!("{scheme}://{}", config.http.listen),
    }
}

/// The origin to print and to send to others, and whether only this machine can open it. At the server itself
/// it is 127.0.0.1; on paper it must be the address others reach it by, if there is one.
pub fn shared_origin(headers: &HeaderMap, config: &Config) -> (String, bool) {
    let origin = page_origin(headers, config);
    let Some(host) = Host::of_origin(&origin).filter(is_loopback) else { return (origin, false) };
    if !config.http.listen.ip().is_unspecified() {
        return (origin, true);
    }
    match lan_address() {
        Some(ip) => {
            // Over our own TLS the port asked for is not that of plain http, and no certificate is for an address of the network.
            let port = host.port.filter(|_| !by_own_tls(headers));
            let port = port.unwrap_or_else(|| config.http.listen.port());
            (format!("http://{}", SocketAddr::new(ip, port)), false)
        }
        None => (origin, true),
    }
}

fn is_loopback(host: &Host) -> bool {
    let name = host.name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The address other machines reach this one by: the one the default route would use. No packet is sent.
pub fn lan_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // A documentation address (RFC 5737): it only chooses the route.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}

/// The host of this request without its port, in brackets if it is an IPv6 address.
pub fn page_host(headers: &HeaderMap, config: &Config) -> String {
    let configured = config.http.public_url.as_deref().and_then(Host::of_origin);
    let host = configured.or_else(|| hosts(headers, config).next());
    host.map_or_else(|| "127.0.0.1".to_owned(), |host| host.name)
}

/// The origin players fetch media from. A page that came over our own TLS may fetch nothing by plain http: it gets media from
/// where it came itself.
pub fn media_origin(headers: &HeaderMap, config: &Config, media_port: u16) -> String {
    if by_own_tls(headers) {
        let other = config.media.public_url.as_ref().filter(|url| url.starts_with("https://")).cloned();
        let own = hosts(headers, config).next().map(|host| format!("https://{host}"));
        return other.or(own).unwrap_or_else(|| page_origin(headers, config));
    }
    if let Some(url) = &config.media.public_url {
        return url.clone();
    }
    format!("http://{}:{media_port}", page_host(headers, config))
}

/// The RTMP address for encoders.
pub fn rtmp_server(headers: &HeaderMap, config: &Config, rtmp_port: u16) -> String {
    if let Some(url) = &config.media.rtmp_url {
        return url.clone();
    }
    let host = page_host(headers, config);
    if rtmp_port == 1935 { format!("rtmp://{host}/live") } else { format!("rtmp://{host}:{rtmp_port}/live") }
}

/// The SRT address for encoders, without the key; `None`: SRT is off, or its port is not known yet.
pub fn srt_url(headers: &HeaderMap, config: &Config, srt: Option<SocketAddr>) -> Option<String> {
    let port = srt?.port();
    let made = || format!("srt://{}:{port}", page_host(headers, config));
    (port != 0).then(|| config.media.srt_url.clone().unwrap_or_else(made))
}

/// Where WHIP publishers post their offer.
pub fn whip_url(headers: &HeaderMap, config: &Config, media_port: u16) -> String {
    format!("{}/whip", media_origin(headers, config, media_port))
}

/// The host names the request has for us: the list in `X-Forwarded-Host` of a trusted proxy, the outermost
/// first, then `Host`.
fn hosts<'a>(headers: &'a HeaderMap, config: &Config) -> impl Iterator<Item = Host> + use<'a> {
    let forwarded = config.http.trust_forwarded.then(|| headers.get_all("x-forwarded-host"));
    let values = forwarded.into_iter().flatten().chain(headers.get(header::HOST));
    let texts = values.filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).take(MAX_HOSTS).filter_map(Host::parse)
}

/// Whether the request comes from a page of ours: by `Sec-Fetch-Site`, else by `Origin`; a request with
/// neither does not come from a page in a browser. Any host name that the request has for us is accepted: a
/// page elsewhere can set none of them.
pub fn is_same_origin(headers: &HeaderMap, config: &Config) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(sent) = headers.get(header::ORIGIN) else { return true };
    let Ok(sent) = sent.to_str() else { return false };
    // Whoever is between us and a phone can make a page of our own name, by plain http.
    if by_own_tls(headers) && !sent.starts_with("https://") {
        return false;
    }
    let Some(sent) = Host::of_origin(sent) else { return false };
    if config.http.public_url.as_deref().and_then(Host::of_origin).as_ref() == Some(&sent) {
        return true;
    }
    let port = forwarded_port(headers, config);
    hosts(headers, config)
        .any(|own| own == sent || (own.port.is_none() && own.name == sent.name && sent.port == port))
}

/// The port that a trusted proxy listens on, where it leaves the port out of the host.
fn forwarded_port(headers: &HeaderMap, config: &Config) -> Option<u16> {
    let value = headers.get("x-forwarded-port").filter(|_| config.http.trust_forwarded)?;
    value.to_str().ok()?.split(',').next()?.trim().parse().ok()
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
    fn over_our_own_tls_media_is_where_the_page_is() {
        let mut config = Config::default();
        config.http.trust_forwarded = true;
        let tls = |lines: &[(&'static str, &'static str)]| {
            let mut headers = sent(lines);
            headers.insert("x-yunke-own-tls", HeaderValue::from_static("1"));
            headers
        };
        let page = tls(&[("host", "yunke.cn:8443")]);
        assert_eq!(page_origin(&page, &config), "https://yunke.cn:8443");
        assert_eq!(media_origin(&page, &config, 8081), "https://yunke.cn:8443");
        assert_eq!(whip_url(&page, &config, 8081), "https://yunke.cn:8443/whip");
        config.http.public_url = Some("http://yunke.lan".to_owned());
        config.media.public_url = Some("http://yunke.lan:8081".to_owned());
        assert_eq!(media_origin(&page, &config, 8081), "https://yunke.cn:8443", "no mixed content");
        config.media.public_url = Some("https://media.cn".to_owned());
        assert_eq!(media_origin(&page, &config, 8081), "https://media.cn");
        for (origin, ours) in
            [("https://yunke.cn:8443", true), ("http://yunke.cn:8443", false), ("null", false)]
        {
            let headers = tls(&[("host", "yunke.cn:8443"), ("origin", origin)]);
            assert_eq!(is_same_origin(&headers, &config), ours, "{origin}");
        }
    }

    #[test]
    fn what_is_printed_is_not_the_machines_own_name_for_itself() {
        let mut config = Config::default();
        config.http.listen = "127.0.0.1:8080".parse().expect("an address");
        for own in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            let (origin, here_only) = shared_origin(&host(own), &config);
            assert_eq!((origin, here_only), (format!("http://{own}"), true));
        }
        config.http.listen = "0.0.0.0:8080".parse().expect("an address");
        let (origin, here_only) = shared_origin(&host("127.0.0.1:9090"), &config);
        match lan_address() {
            Some(ip) => assert_eq!((origin, here_only), (format!("http://{ip}:9090"), false)),
            None => assert!(here_only),
        }
        assert_eq!(
            shared_origin(&host("10.0.0.7:8080"), &config),
            ("http://10.0.0.7:8080".to_owned(), false)
        );
        config.http.public_url = Some("https://yunke.cn".to_owned());
        assert_eq!(shared_origin(&host("127.0.0.1:8080"), &config), ("https://yunke.cn".to_owned(), false));
    }

    #[test]
    fn a_host_that_is_none_goes_nowhere() {
        let config = Config::default();
        for wrong in ["a; script-src *", "a b", "a/b", "a@b", "'x'"] {
            assert_eq!(media_origin(&host(wrong), &config, 1), "http://127.0.0.1:1", "{wrong}");
        }
    }

    /// Headers from `name: value` lines.
    fn sent(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn behind_a_proxy() -> Config {
        let mut config = Config::default();
        config.http.trust_forwarded = true;
        config
    }

    #[test]
    fn a_page_of_ours_is_ours_however_proxies_write_it() {
        let direct = [
            ("yunke.cn", "https://yunke.cn"),
            ("yunke.cn", "https://yunke.cn:443"),
            ("yunke.cn:443", "https://yunke.cn"),
            ("yunke.cn:80", "http://yunke.cn"),
            ("yunke.cn:80", "https://yunke.cn"),
            ("YUNKE.cn", "https://yunke.cn"),
            ("yunke.cn.", "https://yunke.cn."),
            ("yunke.cn", "https://yunke.cn."),
            ("yunke.cn:8443", "https://yunke.cn:8443"),
            ("[2001:DB8::1]:443", "https://[2001:db8::1]"),
            ("[::1]:8080", "http://[::1]:8080"),
        ];
        for (host, origin) in direct {
            let headers = sent(&[("host", host), ("origin", origin)]);
            assert!(is_same_origin(&headers, &Config::default()), "{host} {origin}");
        }
        let forwarded: [&[(&str, &str)]; 7] = [
            &[("x-forwarded-host", "yunke.cn")],
            &[("x-forwarded-host", "yunke.cn:443")],
            &[("x-forwarded-host", "yunke.cn, inner:8080")],
            &[("x-forwarded-host", "outer.example,yunke.cn")],
            &[("x-forwarded-host", "yunke.cn"), ("x-forwarded-host", "inner")],
            &[("x-forwarded-host", ""), ("x-forwarded-host", "Yunke.CN.:443")],
            &[("x-forwarded-host", "yunke.cn"), ("x-forwarded-port", "443, 8080")],
        ];
        for lines in forwarded {
            let mut headers = sent(lines);
            headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
            headers.insert(header::ORIGIN, HeaderValue::from_static("https://yunke.cn"));
            assert!(is_same_origin(&headers, &behind_a_proxy()), "{lines:?}");
            assert!(!is_same_origin(&headers, &Config::default()), "believed without trust: {lines:?}");
        }
        let port = [("host", "yunke.cn"), ("x-forwarded-port", "8443"), ("origin", "https://yunke.cn:8443")];
        assert!(is_same_origin(&sent(&port), &behind_a_proxy()));
        let mut named = Config::default();
        named.http.public_url = Some("https://Yunke.cn:443".to_owned());
        assert!(is_same_origin(&sent(&[("host", "127.0.0.1:8080"), ("origin", "https://yunke.cn")]), &named));
        assert!(is_same_origin(&sent(&[("host", "yunke.cn")]), &named));
    }

    #[test]
    fn a_page_of_others_is_not_ours() {
        let foreign: [&[(&str, &str)]; 8] = [
            &[("host", "yunke.cn"), ("origin", "https://elsewhere.cn")],
            &[("host", "yunke.cn"), ("origin", "https://yunke.cn:8443")],
            &[("host", "yunke.cn:8443"), ("origin", "https://yunke.cn")],
            &[("host", "yunke.cn"), ("origin", "https://yunke.cn.elsewhere.cn")],
            &[("host", "yunke.cn"), ("origin", "null")],
            &[("host", "yunke.cn"), ("origin", "https://elsewhere.cn"), ("x-forwarded-host", "yunke.cn,,")],
            &[("host", "yunke.cn"), ("origin", "https://yunke.cn"), ("sec-fetch-site", "cross-site")],
            &[("host", "yunke.cn"), ("origin", "https://yunke.cn"), ("sec-fetch-site", "same-site")],
        ];
        for lines in foreign {
            assert!(!is_same_origin(&sent(lines), &behind_a_proxy()), "{lines:?}");
        }
        assert!(!is_same_origin(&sent(&[("origin", "https://yunke.cn")]), &Config::default()));
    }

    #[test]
    fn a_list_is_read_from_outside_in() {
        let config = behind_a_proxy();
        let proto = |list| {
            sent(&[
                ("host", "inner:8080"),
                ("x-forwarded-host", "YUNKE.cn:443, inner"),
                ("x-forwarded-proto", list),
            ])
        };
        assert_eq!(page_origin(&proto("https,http"), &config), "https://yunke.cn");
        assert_eq!(page_origin(&proto("HTTPS"), &config), "https://yunke.cn");
        assert_eq!(page_origin(&proto("http, https"), &config), "http://yunke.cn");
        assert_eq!(media_origin(&proto("https"), &config, 8081), "http://yunke.cn:8081");
        assert_eq!(page_origin(&host("a b, yunke.cn"), &config), "http://yunke.cn");
    }
}
