//! Media at the origin of the pages: over our own TLS a page may fetch nothing by plain http, so what players, publishers and the
//! studio ask of the media node is passed on to it, and its answer back, as both come.
//!
//! Nothing is kept here: each fetch reaches the node under its own lease, and counts as the viewer's own.

mod kept;
mod room;

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header, uri::PathAndQuery},
    response::{IntoResponse as _, Response},
    routing::any,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::timeout;
use yunke_host::line_of;

use kept::Kept;
use room::{LINE_SHARE, Room};

use crate::{arrival, media_nodes::MediaNodes, problem::Problem, state::AppState};

/// What of the node is for the world. Its orders, jobs and metrics are not.
const TREES: [&str; 11] = [
    "/live/{*rest}",
    "/replay/{*rest}",
    "/file/{*rest}",
    "/fill/{*rest}",
    "/upload/{*rest}",
    "/audio/{*rest}",
    "/radio/{*rest}",
    "/whip",
    "/whip/{*rest}",
    "/whep",
    "/whep/{*rest}",
];

/// Requests at a time, of all connections there may be. Each needs a connection to the node, hence a file; one more is told to come
/// again in a moment, as players do by themselves.
const SHARE: usize = 2;

/// How long the node may take to be connected to, and to begin its answer, the sending of a piece of a recording over a slow line
/// included. It lets nobody wait longer than that for a playlist.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
const ANSWER_LIMIT: Duration = Duration::from_secs(130);

/// The same for an upload to the library, whose body is the whole file; one that breaks off goes on where it stopped.
const UPLOAD_LIMIT: Duration = Duration::from_hours(2);
const UPLOADS: &str = "/upload/";

/// Connections to the node that are kept for the next request, at least: all wait for the same part, and ask for the next one together.
/// How long: less than the node keeps them.
const IDLE: usize = 128;
const IDLE_LIMIT: Duration = Duration::from_secs(12);

/// Headers that are between two neighbours (RFC 9110, 7.6.1), besides those that `Connection` names.
const HOP: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What ends here: cookies are for the pages, the node knows leases and keys; and a body that is waited for is asked for here.
const NOT_FOR_MEDIA: [HeaderName; 2] = [header::COOKIE, header::EXPECT];

#[derive(Clone)]
struct Passage {
    media: MediaNodes,
    client: Client<HttpConnector, Body>,
    room: Room,
}

/// The routes of media before those of the pages.
pub(crate) fn before(pages: Router, app: &AppState) -> Router {
    let room = (app.config.http.max_connections / SHARE).max(1);
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_LIMIT));
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_max_idle_per_host(IDLE.max(room / LINE_SHARE))
        .pool_idle_timeout(IDLE_LIMIT)
        .build(connector);
    let passage = Passage { media: app.media.clone(), client, room: Room::of(room) };
    let media = TREES.iter().fold(Router::new(), |router, tree| router.route(tree, any(pass)));
    media.with_state(passage).fallback_service(pages)
}

async fn pass(State(passage): State<Passage>, request: Request) -> Response {
    let line = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| line_of(peer.0.ip()));
    let Some(place) = passage.room.enter(line) else { return away("full") };
    let Some(request) = passage.media.control().and_then(|node| for_node(request, &node)) else {
        return away("unknown");
    };
    let limit = if request.uri().path().starts_with(UPLOADS) { UPLOAD_LIMIT } else { ANSWER_LIMIT };
    match timeout(limit, passage.client.request(request)).await {
        Ok(Ok(answer)) => {
            let mut answer = answer.map(|body| Body::new(Kept { body, _place: place }));
            drop_hops(answer.headers_mut());
            answer
        }
        Ok(Err(error)) => {
            tracing::debug!(%error, "the media node cannot be reached");
            away("unreachable")
        }
        Err(_) => away("silent"),
    }
}

/// The same request, as the node is asked it.
fn for_node(request: Request, node: &str) -> Option<Request> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    head.uri = format!("{node}{path}").parse::<Uri>().ok()?;
    head.version = Version::HTTP_11;
    head.extensions.clear();
    drop_hops(&mut head.headers);
    arrival::forget(&mut head.headers);
    for name in NOT_FOR_MEDIA {
        head.headers.remove(name);
    }
    // A request without a body must not be sent with the marks of one.
    let empty = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::DELETE)
        && !head.headers.contains_key(header::CONTENT_LENGTH);
    Some(Request::from_parts(head, if empty { Body::empty() } else { body }))
}

fn drop_hops(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP) {
        headers.remove(name);
    }
}

/// Players, whose page may be another origin's, are told to come again.
fn away(why: &'static str) -> Response {
    metrics::counter!("yunke_media_not_passed_total", "why" => why).increment(1);
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "media_away",
        "The media service does not answer at the moment. Try again in a moment.",
    );
    let mut response = problem.retry_after(2).into_response();
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
