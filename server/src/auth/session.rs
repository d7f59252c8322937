//! Sessions: a random token in a cookie, its SHA-256 in the store.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use yunke_store::Session;

use crate::{arrival::by_own_tls, clock::Source, config::Config};

/// The cookie's name.
pub const COOKIE: &str = "yunke_session";

/// Its name over our own TLS. Ports and schemes share their cookies, and a browser takes none over plain http whose name is that of
/// a `Secure` one: who once came by https could never sign in by http again. Whoever is between us and a phone can set one of the
/// other name.
pub const COOKIE_OF_TLS: &str = "__Host-yunke_session";

/// Longest token that is considered.
const TOKEN_CHARS: usize = 43;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// What is stored of a token.
pub fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A new session and the token that opens it: 256 random bits.
pub fn new_session(source: &Source, config: &Config, user_id: Uuid) -> (Session, String) {
    let token = URL_SAFE_NO_PAD.encode(source.bytes::<32>());
    let now = source.now();
    let expires_at = now + i64::from(config.auth.session_days) * DAY_MS;
    let session =
        Session { token_hash: hash_token(&token), user_id, created_at: now, seen_at: now, expires_at };
    (session, token)
}

/// The token in a request's cookies.
pub fn cookie_token(headers: &HeaderMap) -> Option<&str> {
    cookies(headers, name_of_cookie(headers)).find(|value| value.len() == TOKEN_CHARS)
}

fn name_of_cookie(headers: &HeaderMap) -> &'static str {
    if by_own_tls(headers) { COOKIE_OF_TLS } else { COOKIE }
}

/// The values of the cookies of this name.
pub(super) fn cookies<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(own, _)| *own == name)
        .map(|(_, value)| value)
}

/// Whether the browser came by https: over our own TLS, else according to the public address if there is one, else to a
/// trusted proxy.
pub fn is_secure(headers: &HeaderMap, config: &Config) -> bool {
    if by_own_tls(headers) {
        return true;
    }
    if let Some(url) = &config.http.public_url {
        return url.starts_with("https://");
    }
    config.http.trust_forwarded
        && headers
            .get("x-forwarded-proto")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(',').next())
            .is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
}

/// The `Set-Cookie` that signs in.
pub fn session_cookie(token: &str, headers: &HeaderMap, config: &Config) -> HeaderValue {
    let max_age = i64::from(config.auth.session_days) * DAY_MS / 1000;
    cookie(&format!("{token}; Max-Age={max_age}"), headers, config)
}

/// The `Set-Cookie` that signs out.
pub fn expired_cookie(headers: &HeaderMap, config: &Config) -> HeaderValue {
    cookie("; Max-Age=0", headers, config)
}

fn cookie(rest: &str, headers: &HeaderMap, config: &Config) -> HeaderValue {
    set_cookie(name_of_cookie(headers), &format!("{rest}; Path=/"), headers, config)
}

/// A `Set-Cookie` of ours: out of reach of scripts and other sites. `rest` is its value and its further
/// attributes.
pub(super) fn set_cookie(name: &str, rest: &str, headers: &HeaderMap, config: &Config) -> HeaderValue {
    let secure = if is_secure(headers, config) { "; Secure" } else { "" };
    let text = format!("{name}={rest}; HttpOnly; SameSite=Lax{secure}");
    let mut value = HeaderValue::from_str(&text).expect("base64url and attributes are header text");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let token = "a".repeat(TOKEN_CHARS);
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("x=1; yunke_sessions=2"));
        let pair = format!("y=2; yunke_session={token}");
        headers.append(header::COOKIE, HeaderValue::from_str(&pair).expect("header"));
        assert_eq!(cookie_token(&headers), Some(token.as_str()));
    }

    #[test]
    fn over_our_own_tls_the_cookie_is_another_and_secure() {
        let mut config = Config::default();
        config.http.public_url = Some("http://yunke.lan".to_owned());
        let token = "t".repeat(TOKEN_CHARS);
        let (plain, tls) = ("a".repeat(TOKEN_CHARS), "b".repeat(TOKEN_CHARS));
        let mut headers = HeaderMap::new();
        let sent = format!("yunke_session={plain}; __Host-yunke_session={tls}");
        headers.insert(header::COOKIE, HeaderValue::from_str(&sent).expect("header"));
        assert_eq!(cookie_token(&headers), Some(plain.as_str()));
        assert!(
            session_cookie(&token, &headers, &config).to_str().expect("text").starts_with("yunke_session=")
        );
        headers.insert("x-yunke-own-tls", HeaderValue::from_static("1"));
        assert_eq!(cookie_token(&headers), Some(tls.as_str()));
        let cookie = session_cookie(&token, &headers, &config);
        let cookie = cookie.to_str().expect("text");
        assert!(
            cookie.starts_with("__Host-yunke_session=")
                && cookie.contains("; Path=/")
                && cookie.ends_with("; Secure"),
            "{cookie}"
        );
    }

    #[test]
    fn a_cookie_is_secure_where_people_come_by_https() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let mut config = Config::default();
        assert!(!session_cookie("t", &headers, &config).to_str().expect("text").contains("Secure"));
        config.http.trust_forwarded = true;
        assert!(session_cookie("t", &headers, &config).to_str().expect("text").contains("; Secure"));
        for (url, secure) in [("https://yunke.cn", true), ("http://yunke.lan", false)] {
            config.http.public_url = Some(url.to_owned());
            for trusted in [true, false] {
                config.http.trust_forwarded = trusted;
                let cookie = session_cookie("t", &headers, &config);
                assert_eq!(cookie.to_str().expect("text").contains("; Secure"), secure, "{url} {trusted}");
            }
        }
    }
}
