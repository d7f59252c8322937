//! WHIP over HTTP: `/whip` takes offers, `/whip/<session>` is what the publisher then has.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::post,
};
use subtle::ConstantTimeEq as _;

use super::{
    Accepted, Whip,
    fragment::{self, Fragment, MAX_FRAGMENT_BYTES},
    offer::{MAX_OFFER_BYTES, Offer},
    problem::Problem,
    session::Session,
};
use crate::ingest::Gate;

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
/// Longest stream key.
const MAX_KEY_CHARS: usize = 256;

/// The routes.
pub fn router<G: Gate>(whip: Arc<Whip<G>>) -> Router {
    Router::new()
        .route("/whip", post(publish::<G>).options(options))
        .route("/whip/{session}", axum::routing::patch(trickle::<G>).delete(end::<G>).options(options))
        .layer(from_fn(cross_origin))
        .with_state(whip)
}

/// The booth page may come from another origin; the stream key decides, not the origin.
async fn cross_origin(request: Request, next: Next) -> Response {
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

async fn options() -> Response {
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

async fn publish<G: Gate>(
    State(whip): State<Arc<Whip<G>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    of_type(&headers, SDP)?;
    let key = bearer(&headers).ok_or(Problem::NoKey)?.to_owned();
    let offer = Offer::parse(&text(body, MAX_OFFER_BYTES).await?)?;
    let Accepted { answer, session } = whip.accept(&offer, key).await?;
    let mut response = (StatusCode::CREATED, answer).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SDP));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ACCEPT_PATCH, HeaderValue::from_static(FRAGMENT));
    let values = [(header::LOCATION, format!("/whip/{}", session.name())), (header::ETAG, session.tag())];
    for (name, value) in values {
        headers.insert(name, HeaderValue::try_from(value).map_err(|_| Problem::Failed)?);
    }
    for link in &whip.links {
        headers.append(header::LINK, HeaderValue::try_from(link).map_err(|_| Problem::Failed)?);
    }
    Ok(response)
}

async fn trickle<G: Gate>(
    State(whip): State<Arc<Whip<G>>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let session = authorized(whip.find(&name), &headers)?;
    of_type(&headers, FRAGMENT)?;
    let matched = headers.get(header::IF_MATCH).ok_or(Problem::NoMatch)?;
    if !matches(matched, &session.tag()) {
        return Err(Problem::OldMatch);
    }
    let fragment = Fragment::parse(&text(body, MAX_FRAGMENT_BYTES).await?)?;
    let Some((restarted, tag)) = session.follow(&fragment).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let body = fragment::answer(&restarted.credentials, &restarted.candidates);
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FRAGMENT));
    headers.insert(header::ETAG, HeaderValue::try_from(tag).map_err(|_| Problem::Failed)?);
    Ok(response)
}

/// Tags are not looked at: the end is the end.
async fn end<G: Gate>(
    State(whip): State<Arc<Whip<G>>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    whip.end(&*authorized(whip.find(&name), &headers)?);
    Ok(StatusCode::OK)
}

/// The session's name in the address is a secret of its own; a key that is shown besides must be the right one.
fn authorized(session: Option<Arc<Session>>, headers: &HeaderMap) -> Result<Arc<Session>, Problem> {
    let session = session.ok_or(Problem::NoSession)?;
    let wrong = |shown: &str| !bool::from(shown.as_bytes().ct_eq(session.key().as_bytes()));
    if headers.contains_key(header::AUTHORIZATION) && bearer(headers).is_none_or(wrong) {
        return Err(Problem::NoSession);
    }
    Ok(session)
}

fn of_type(headers: &HeaderMap, wanted: &'static str) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.split(';').next().unwrap_or_default().trim();
    if given.eq_ignore_ascii_case(wanted) { Ok(()) } else { Err(Problem::Type(wanted)) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= MAX_KEY_CHARS)
        .then_some(token)
}

/// Strong comparison (RFC 9110, 13.1.1); `*` is what a restart sends.
fn matches(given: &HeaderValue, tag: &str) -> bool {
    given.to_str().is_ok_and(|given| given.split(',').map(str::trim).any(|one| one == "*" || one == tag))
}

async fn text(body: Body, limit: usize) -> Result<String, Problem> {
    let bytes = axum::body::to_bytes(body, limit).await.map_err(|_| Problem::TooLarge)?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::Text)
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
    }
}
