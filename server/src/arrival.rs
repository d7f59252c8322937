//! How a request came. The listener knows, and writes it into the request's head; whatever a client wrote there is taken
//! out first, so that what handlers read is never a client's word.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Version, header, request::Parts};

/// Says, inside this process, that the request came over our own TLS.
const OWN_TLS: HeaderName = HeaderName::from_static("x-yunke-own-tls");

/// What proxies say of the one who asked. There is none in front of our own TLS.
const FORWARDED: [HeaderName; 7] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// Puts a request's head in order: `Host` is what it was asked of, also in HTTP/2, which has `:authority` instead.
pub(crate) fn arrived(head: &mut Parts, own_tls: bool) {
    let headers = &mut head.headers;
    headers.remove(OWN_TLS);
    if own_tls {
        for name in FORWARDED {
            headers.remove(name);
        }
        headers.insert(OWN_TLS, HeaderValue::from_static("1"));
    }
    if head.version == Version::HTTP_2
        && let Some(host) = head.uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok())
    {
        headers.insert(header::HOST, host);
    }
}

/// Whether the request came over our own TLS.
pub(crate) fn by_own_tls(headers: &HeaderMap) -> bool {
    headers.contains_key(OWN_TLS)
}

/// For what goes on to another program.
pub(crate) fn forget(headers: &mut HeaderMap) {
    headers.remove(OWN_TLS);
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn head(version: Version, uri: &str, lines: &[(&'static str, &'static str)]) -> Parts {
        let mut request = Request::builder().version(version).uri(uri);
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn what_a_client_says_of_how_it_came_is_not_believed() {
        let said = [
            ("host", "yunke.cn"),
            ("x-yunke-own-tls", "1"),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-host", "elsewhere.cn"),
            ("x-forwarded-proto", "http"),
            ("via", "1.1 cache"),
        ];
        let mut plain = head(Version::HTTP_11, "/", &said);
        arrived(&mut plain, false);
        assert!(!by_own_tls(&plain.headers));
        assert!(plain.headers.contains_key("x-forwarded-for"), "a trusted proxy may have said it");
        let mut tls = head(Version::HTTP_11, "/", &said);
        arrived(&mut tls, true);
        assert!(by_own_tls(&tls.headers));
        assert_eq!(tls.headers.len(), 2, "the host and our own word: {:?}", tls.headers);
    }

    #[test]
    fn http_2_has_its_host_in_its_authority() {
        for lines in [&[][..], &[("host", "elsewhere.cn")]] {
            let mut asked = head(Version::HTTP_2, "https://yunke.cn:8443/lessons", lines);
            arrived(&mut asked, true);
            assert_eq!(asked.headers[header::HOST], "yunke.cn:8443");
        }
        let mut proxied = head(Version::HTTP_11, "http://elsewhere.cn/", &[("host", "yunke.cn")]);
        arrived(&mut proxied, false);
        assert_eq!(proxied.headers[header::HOST], "yunke.cn");
    }
}
