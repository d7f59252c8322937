//! What WHIP and WHEP say over HTTP in the same way: content types, tags, `201`, `PATCH`, `OPTIONS`, other origins.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{
    fragment::{self, Fragment, MAX_FRAGMENT_BYTES},
    line::Line,
    problem::Problem,
    session::Session,
};

pub(crate) const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
/// Longest bearer token.
const MAX_KEY_CHARS: usize = 256;

/// The page may come from another origin; keys and leases decide, not origins.
pub(crate) async fn cross_origin(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut put = |name, value| headers.insert(name, HeaderValue::from_static(value));
    put(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    put(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch",
    );
    response
}

pub(crate) async fn options() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let mut put = |name, value| headers.insert(name, HeaderValue::from_static(value));
    put(ACCEPT_POST, SDP);
    put(ACCEPT_PATCH, FRAGMENT);
    put(header::ALLOW, "OPTIONS, POST, PATCH, DELETE");
    put(header::ACCESS_CONTROL_ALLOW_METHODS, "OPTIONS, POST, PATCH, DELETE");
    put(header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, If-Match");
    put(header::ACCESS_CONTROL_MAX_AGE, "86400");
    response
}

/// The answer to an offer; the session's address is `folder` and its name, `links` are values of `Link` headers.
pub(crate) fn created<P: Line + ?Sized>(
    answer: String,
    folder: &str,
    session: &Session<P>,
    links: &[String],
) -> Result<Response, Problem> {
    let mut response = (StatusCode::CREATED, answer).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ACCEPT_PATCH, HeaderValue::from_static(FRAGMENT));
    let values = [(header::LOCATION, format!("{folder}/{}", session.name())), (header::ETAG, session.tag())];
    for (name, value) in values {
        headers.insert(name, HeaderValue::try_from(value).map_err(|_| Problem::failed())?);
    }
    for link in links {
        headers.append(header::LINK, HeaderValue::try_from(link).map_err(|_| Problem::failed())?);
    }
    Ok(response)
}

/// Trickle ICE and its restart.
pub(crate) async fn trickle<P: Line + ?Sized>(
    session: &Session<P>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    of_type(headers, FRAGMENT)?;
    let matched = headers.get(header::IF_MATCH).ok_or_else(Problem::no_match)?;
    if !matches(matched, &session.tag()) {
        return Err(Problem::old_match());
    }
    let fragment = Fragment::parse(&text(body, MAX_FRAGMENT_BYTES).await?)?;
    let Some((restarted, tag)) = session.follow(&fragment).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let body = fragment::answer(&restarted.credentials, &restarted.candidates);
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FRAGMENT));
    headers.insert(header::ETAG, HeaderValue::try_from(tag).map_err(|_| Problem::failed())?);
    Ok(response)
}

/// The session's name in the address is a secret of its own; a key that is shown besides must be the right one.
pub(crate) fn authorized<P: Line + ?Sized>(
    session: Option<Arc<Session<P>>>,
    headers: &HeaderMap,
) -> Result<Arc<Session<P>>, Problem> {
    let session = session.ok_or_else(Problem::no_session)?;
    if headers.contains_key(header::AUTHORIZATION) && !session.knows(bearer(headers)) {
        return Err(Problem::no_session());
    }
    Ok(session)
}

pub(crate) fn of_type(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    if given.eq_ignore_ascii_case(wanted) { Ok(()) } else { Err(Problem::content_type(wanted)) }
}

/// The token as it came, in UTF-8: with a pasted key marks come along that the server looks past.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = std::str::from_utf8(headers.get(header::AUTHORIZATION)?.as_bytes()).ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= MAX_KEY_CHARS)
        .then_some(token)
}

/// Strong comparison (RFC 9110, 13.1.1); `*` is what a restart sends.
fn matches(given: &HeaderValue, tag: &str) -> bool {
    given.to_str().is_ok_and(|given| given.split(',').map(str::trim).any(|one| one == "*" || one == tag))
}

/// The body as text, of at most so many bytes.
pub(crate) async fn text(body: Body, limit: usize) -> Result<String, Problem> {
    let bytes = axum::body::to_bytes(body, limit).await.map_err(|_| Problem::too_large())?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::no_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_match_strongly() {
        let given = |text: &'static str| HeaderValue::from_static(text);
        assert!(
            matches(&given("\"a\""), "\"a\"")
                && matches(&given("\"b\", \"a\""), "\"a\"")
                && matches(&given("*"), "\"a\"")
        );
        assert!(!matches(&given("W/\"a\""), "\"a\"") && !matches(&given("a"), "\"a\""));
    }

    #[test]
    fn a_bearer_token_is_read_and_nothing_else() {
        let with = |text: &'static str| {
            HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(text))])
        };
        assert_eq!(bearer(&with("Bearer key")), Some("key"));
        assert_eq!(bearer(&with("bearer  key")), Some("key"));
        for text in ["Basic key", "Bearer", "Bearer  ", "key"] {
            assert_eq!(bearer(&with(text)), None, "{text}");
        }
        let pasted = HeaderValue::from_bytes("Bearer \u{200B}key\u{FEFF}".as_bytes()).expect("a header");
        let pasted = HeaderMap::from_iter([(header::AUTHORIZATION, pasted)]);
        assert_eq!(bearer(&pasted), Some("\u{200B}key\u{FEFF}"));
    }
}
