//! Answers that carry media or playlists: headers, compression, ranges, CORS.

use std::{future::Future, ops::Range, pin::Pin};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;

use crate::live::{edition::Text, problem::Problem};

const PLAYLIST: HeaderValue = HeaderValue::from_static("application/vnd.apple.mpegurl");
const MP4: HeaderValue = HeaderValue::from_static("video/mp4");
const M4A: HeaderValue = HeaderValue::from_static("audio/mp4");

/// The answer to a request.
pub(crate) enum Answer {
    /// There is something to say.
    Now(Response),
    /// There will be; it does not hold the request.
    Later(Pin<Box<dyn Future<Output = Response> + Send>>),
}

/// Room for the headers of any answer here, so that the map is made once.
const HEADERS: usize = 12;

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// How long an answer may be kept, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// By nobody: a preview.
    Never,
    /// The live edge: half a target duration.
    Edge,
    /// An answer to a blocking request: six target durations. It stays a right answer to that request,
    /// and ten thousand readers of an edge cost the origin one.
    Blocking,
    /// The playlist of a replay, which changes only if somebody edits the recording.
    Replay,
    /// Never changes: the name is never used again.
    Immutable,
}

impl Keep {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Never => "private, no-store",
            Self::Edge => "public, max-age=2",
            Self::Blocking => "public, max-age=24",
            Self::Replay => "public, max-age=300",
            Self::Immutable => "public, max-age=86400, immutable",
        })
    }
}

/// A playlist, compressed for players that take it so.
pub(crate) fn playlist(text: &Text, zipped: bool, keep: Keep) -> Response {
    let bytes = if zipped { text.gzip() } else { text.plain() };
    let length = bytes.len() as u64;
    let mut response = body(Body::from(bytes), length, PLAYLIST, keep);
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if zipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// A media file or a range of it.
pub(crate) fn media(bytes: Bytes, sound: bool, range: Option<&HeaderValue>, keep: Keep) -> Response {
    let size = bytes.len();
    match range.and_then(|value| asked_range(value, size as u64)) {
        None => stream(Body::from(bytes), size as u64, sound, keep),
        Some(Err(())) => unsatisfiable(size as u64),
        Some(Ok(range)) => {
            // Within `size`, which is a usize.
            let at = |n: u64| usize::try_from(n).unwrap_or(size);
            let bytes = bytes.slice(at(range.start)..at(range.end));
            let mut response = stream(Body::from(bytes), range.end - range.start, sound, keep);
            partial(&mut response, &range, size as u64);
            response
        }
    }
}

/// A media file whose body comes by and by.
pub(crate) fn stream(bytes: Body, length: u64, sound: bool, keep: Keep) -> Response {
    let mut response = body(bytes, length, if sound { M4A } else { MP4 }, keep);
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

fn body(bytes: Body, length: u64, kind: HeaderValue, keep: Keep) -> Response {
    let mut response = Response::new(bytes);
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::CACHE_CONTROL, keep.header());
    response
}

/// Makes an answer a partial one.
pub(crate) fn partial(response: &mut Response, range: &Range<u64>, size: u64) {
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let value = format!("bytes {}-{}/{size}", range.start, range.end - 1);
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
}

/// 416 with the size there is.
pub(crate) fn unsatisfiable(size: u64) -> Response {
    let mut response = Problem::Range.response();
    if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    response
}

/// Reads a `Range` header (RFC 9110 14.2): `None` to ignore it (another unit, several ranges, nonsense),
/// an error if it can never be satisfied.
pub(crate) fn asked_range(value: &HeaderValue, size: u64) -> Option<Result<Range<u64>, ()>> {
    let (first, last) = value.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let number = |digits: &str| {
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
            // More digits than a u64 has is simply far beyond the end.
            .then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(suffix)) if first.is_empty() => size.saturating_sub(suffix)..size,
        _ => return None,
    };
    Some(if range.is_empty() { Err(()) } else { Ok(range) })
}

/// What of media that takes up `(from, to)` a request fetches: of a range its share, of one that can't be satisfied nothing.
pub(crate) fn fetched(
    (from, to): (yunke_protocol::UtcMillis, yunke_protocol::UtcMillis),
    range: Option<&HeaderValue>,
    size: u64,
) -> Option<(yunke_protocol::UtcMillis, yunke_protocol::UtcMillis)> {
    let asked = match range.and_then(|value| asked_range(value, size)) {
        None => return Some((from, to)),
        Some(asked) => asked.ok()?,
    };
    let at = |byte: u64| {
        from + i64::try_from(u128::from(byte) * u128::from((to - from).unsigned_abs()) / u128::from(size))
            .unwrap_or(0)
    };
    Some((at(asked.start), at(asked.end))).filter(|(from, to)| from < to)
}

/// Whether the player takes gzip (RFC 9110 12.5.3).
pub(crate) fn takes_gzip(request: &HeaderMap) -> bool {
    let values = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused =
            weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_end_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Lets any page play it: leases, not origins, decide who may.
pub(crate) fn open_to_all(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Content-Length, Content-Range, Date, Retry-After"),
    );
    headers.insert(TIMING_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The answer to a preflight request.
pub(crate) fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<Result<Range<u64>, ()>> {
        asked_range(&HeaderValue::from_str(value).expect("a header"), 100)
    }

    #[test]
    fn of_a_range_its_share_is_fetched() {
        let range = |value| HeaderValue::from_static(value);
        assert_eq!(fetched((1_000, 3_000), None, 100), Some((1_000, 3_000)));
        assert_eq!(fetched((1_000, 3_000), Some(&range("bytes=0-0")), 1_000), Some((1_000, 1_002)));
        assert_eq!(fetched((1_000, 3_000), Some(&range("bytes=50-")), 100), Some((2_000, 3_000)));
        assert_eq!(fetched((1_000, 3_000), Some(&range("bytes=0-0")), 1_000_000), None);
        assert_eq!(fetched((1_000, 3_000), Some(&range("bytes=100-")), 100), None);
        assert_eq!(fetched((1_000, 3_000), Some(&range("nonsense")), 100), Some((1_000, 3_000)));
    }

    #[test]
    fn ranges_are_read() {
        assert_eq!(read("bytes=0-9"), Some(Ok(0..10)));
        assert_eq!(read("bytes=90-"), Some(Ok(90..100)));
        assert_eq!(read("bytes=-10"), Some(Ok(90..100)));
        assert_eq!(read("bytes=-1000"), Some(Ok(0..100)));
        assert_eq!(read("bytes=0-99999999999999999999999"), Some(Ok(0..100)));
        assert_eq!(read("bytes=100-"), Some(Err(())));
        assert_eq!(read("bytes=-0"), Some(Err(())));
    }

    #[test]
    fn nonsense_is_ignored_as_the_standard_says() {
        for value in
            ["bytes=9-0", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=+1-2", "bytes"]
        {
            assert_eq!(read(value), None, "{value}");
        }
    }

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        for (value, taken) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(takes_gzip(&headers), taken, "{value}");
        }
    }
}
