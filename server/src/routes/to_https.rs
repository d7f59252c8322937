//! From plain http to https, and only where that cannot lock anybody out: the certificate is one that every browser trusts, it is for
//! the host that was asked, and the operator wants it.
//!
//! HSTS binds the host with all its ports, and has no way back for as long as it says. It is never sent with a certificate younger than
//! a week, at first for days, and not at all with one that is self-made, private or over.

use std::net::SocketAddr;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use yunke_store::UtcMillis;

use super::host::Host;
use crate::{arrival::by_own_tls, https::Facts, state::AppState};

/// What is never sent elsewhere: programs ask for it, and certificate authorities, who would find a closed port.
const STAYS: [&str; 6] = ["/.well-known", "/api", "/internal", "/health", "/metrics", "/assets"];

const DAY_MS: i64 = 86_400_000;

/// How old a certificate is when browsers are told to ask by https only, and when for longer.
const TOLD_AFTER_MS: i64 = 7 * DAY_MS;
const TRUSTED_AFTER_MS: i64 = 14 * DAY_MS;

pub(super) async fn to_https(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let Some(listen) = app.config.https.listen.filter(|_| app.config.https.redirect) else {
        return next.run(request).await;
    };
    let host = request.headers().get(header::HOST).and_then(|host| Host::parse(host.to_str().ok()?));
    let Some(host) = host else { return next.run(request).await };
    let name = host.name.trim_start_matches('[').trim_end_matches(']');
    if !app.https.is_public_for(name, app.source.now()) {
        return next.run(request).await;
    }
    if by_own_tls(request.headers()) {
        let mut response = next.run(request).await;
        // It binds the name at whatever port it is written with: only where both doors have the ports that need not be written.
        let usual = listen.port() == 443 && app.config.http.listen.port() == 80 && host.port.is_none();
        if let Some(value) =
            app.https.facts().filter(|_| usual).and_then(|facts| told(&facts, app.source.now()))
        {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
        }
        return response;
    }
    // A proxy that is trusted does this itself.
    let page =
        !app.config.http.trust_forwarded && is_page(request.method(), request.uri(), request.headers());
    if !page {
        return next.run(request).await;
    }
    let public = app.config.http.public_url.as_deref().filter(|url| url.starts_with("https://"));
    let headers = [
        (header::LOCATION, HeaderValue::try_from(there(&host, listen, public, request.uri())).ok()),
        (header::CACHE_CONTROL, Some(HeaderValue::from_static("no-store"))),
    ];
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    response.headers_mut().extend(headers.into_iter().filter_map(|(name, value)| Some((name, value?))));
    response
}

fn is_page(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let path = uri.path();
    let stays =
        |tree: &str| path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    matches!(*method, Method::GET | Method::HEAD)
        && accepts.contains("text/html")
        && !STAYS.iter().any(|tree| stays(tree))
}

/// The same page by https: at the address the operator gave, which may be another port than the one that is listened on.
fn there(host: &Host, listen: SocketAddr, public: Option<&str>, uri: &Uri) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if let Some(public) = public {
        return format!("{public}{path}");
    }
    let port = Some(listen.port()).filter(|port| *port != 443);
    let host = Host { name: host.name.clone(), port };
    format!("https://{host}{path}")
}

/// For how long browsers are to ask by https only: never beyond the certificate's own end, since http is what is left then, and no
/// longer at all once its successor is late.
fn told(facts: &Facts, now: UtcMillis) -> Option<HeaderValue> {
    let wanted = match now - facts.not_before {
        ..TOLD_AFTER_MS => return None,
        TOLD_AFTER_MS..TRUSTED_AFTER_MS => 3 * DAY_MS,
        _ => 30 * DAY_MS,
    };
    let age = if now < facts.warn_at() { wanted.min(facts.not_after - now) } else { 0 };
    HeaderValue::try_from(format!("max-age={}", age / 1000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_go_elsewhere() {
        let html = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.8"))]);
        let page = |method: Method, path: &'static str, headers: &HeaderMap| {
            is_page(&method, &Uri::from_static(path), headers)
        };
        for path in ["/", "/lessons/1", "/apiary", "/x?.well-known"] {
            assert!(page(Method::GET, path, &html), "{path}");
        }
        for path in
            ["/.well-known/acme-challenge/x", "/api/me", "/api", "/health/live", "/assets/a.js", "/metrics"]
        {
            assert!(!page(Method::GET, path, &html), "{path}");
        }
        assert!(!page(Method::POST, "/", &html) && !page(Method::GET, "/", &HeaderMap::new()));
    }

    #[test]
    fn the_same_page_at_the_port_of_https() {
        let host = Host::parse("yunke.cn:8080").expect("a host");
        let at = |listen: &str| {
            there(&host, listen.parse().expect("an address"), None, &Uri::from_static("/l/7?a=b"))
        };
        assert_eq!(at("0.0.0.0:443"), "https://yunke.cn/l/7?a=b");
        assert_eq!(at("[::]:8443"), "https://yunke.cn:8443/l/7?a=b");
        let behind_nat = there(
            &host,
            "[::]:8443".parse().expect("an address"),
            Some("https://c.cn"),
            &Uri::from_static("/l"),
        );
        assert_eq!(behind_nat, "https://c.cn/l");
    }

    #[test]
    fn browsers_are_told_for_days_first_and_not_in_the_first_week() {
        let told = |age: i64| told(&Facts { not_after: 90 * DAY_MS, ..Facts::example() }, age);
        assert_eq!(told(7 * DAY_MS - 1), None);
        assert_eq!(told(-DAY_MS), None);
        assert_eq!(told(7 * DAY_MS).expect("told"), "max-age=259200");
        assert_eq!(told(15 * DAY_MS).expect("told"), "max-age=2592000");
    }

    #[test]
    fn nothing_that_browsers_are_told_outlives_the_certificate() {
        let of = |days: i64, at: i64| {
            told(&Facts { not_after: days * DAY_MS, ..Facts::example() }, at * DAY_MS).expect("told")
        };
        assert_eq!(of(45, 30), format!("max-age={}", 15 * 86_400));
        assert_eq!(of(90, 80), "max-age=0", "its successor is late: what was said is taken back");
    }
}
