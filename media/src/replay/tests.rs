//! Replays over HTTP, from a store in memory.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory};
use tower::ServiceExt as _;
use uuid::Uuid;
use yunke_protocol::{DeviceClass, Lease, LeaseKey, Purpose, Stretch};

use super::Replays;
use crate::{
    live::{
        Origin,
        event::{Format, Rendition},
    },
    recording::index::{self, Entry, Index, InitEntry, MediaEntry},
};

const LESSON: Uuid = Uuid::from_u128(9);
const NOW: i64 = 1_795_311_792_000;

fn key() -> LeaseKey {
    LeaseKey::derive(b"a secret of the tests")
}

fn lease(purpose: Purpose, replay: Option<Stretch>) -> String {
    let lease = Lease {
        id: Uuid::from_u128(7),
        lesson: LESSON,
        purpose,
        device: DeviceClass::Phone,
        expires_at: NOW + 60_000,
        replay,
    };
    lease.sign(&key())
}

fn path(file: &str) -> String {
    format!("/replay/{}/{LESSON}/0-/{file}", lease(Purpose::Watch, Some(Stretch::WHOLE)))
}

/// Larger than a piece, so that it is passed on in several.
fn segment() -> Bytes {
    (0..1_300_000_u32).map(|n| u8::try_from(n % 251).expect("small")).collect()
}

async fn put(store: &InMemory, path: &object_store::path::Path, bytes: impl Into<Bytes>) {
    store.put(path, bytes.into().into()).await.expect("stored");
}

async fn record(store: &InMemory) -> Index {
    let mut index = Index::new(LESSON, NOW);
    index.length_ms = Some(2000);
    let format = Format::Video { codec: "avc1.64001f".into(), width: 640, height: 360, fps_milli: 25_000 };
    index.inits.push(InitEntry { rendition: Rendition::Video, stream: 10, number: 0, format });
    let media =
        MediaEntry { stream: 10, init: 0, bytes: segment().len() as u64, independent: true, late_us: 0 };
    index.entries.push(Entry {
        rendition: Rendition::Video,
        msn: 4,
        pdt: NOW,
        duration_us: 2_000_000,
        discontinuity: false,
        media: Some(media),
    });
    put(store, &index::init_path(LESSON, Rendition::Video, 10, 0), "init").await;
    put(store, &index::segment_path(LESSON, Rendition::Video, 10, 4), segment()).await;
    index
}

fn replays(store: &Arc<InMemory>) -> (Origin, Replays) {
    let origin = Origin::new(key(), Arc::new(|| NOW));
    let replays = Replays::new(origin.clone(), Arc::clone(store) as Arc<dyn ObjectStore>);
    (origin, replays)
}

async fn get(replays: &Replays, path: &str, range: Option<&str>) -> (StatusCode, String, Bytes) {
    let mut request = Request::get(path);
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    let request = request.body(Body::empty()).expect("a request");
    let (parts, body) = replays.router().oneshot(request).await.expect("no error").into_parts();
    assert_eq!(parts.headers["access-control-allow-origin"], "*");
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let kept = parts.headers[header::CACHE_CONTROL].to_str().expect("ASCII").to_owned();
    if parts.status.is_success() {
        assert_eq!(parts.headers[header::CONTENT_LENGTH], body.len().to_string().as_str());
    }
    (parts.status, kept, body)
}

#[tokio::test]
async fn a_recording_is_served_as_soon_as_its_index_is_whole() {
    let store = Arc::new(InMemory::new());
    let (origin, replays) = replays(&store);
    origin.expect(LESSON);
    assert_eq!(get(&replays, &path("index.m3u8"), None).await.0, StatusCode::NOT_FOUND);
    let index = record(&store).await;
    let json = serde_json::to_vec(&index).expect("plain data");
    put(&store, &index::page_path(LESSON, 0), json.clone()).await;
    let (status, kept, body) = get(&replays, &path("index.m3u8"), None).await;
    assert_eq!((status, kept.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "no-store"));
    assert!(body.windows(16).any(|text| text == b"replay_not_ready"));
    put(&store, &index::index_path(LESSON), json).await;
    let (status, kept, body) = get(&replays, &path("index.m3u8"), None).await;
    assert_eq!((status, kept.as_str()), (StatusCode::OK, "public, max-age=300"));
    assert!(String::from_utf8_lossy(&body).contains("video.m3u8"));
    let (_, _, body) = get(&replays, &path("video.m3u8"), None).await;
    assert!(String::from_utf8_lossy(&body).contains("video-s4-a.m4s\n#EXT-X-ENDLIST"));
    assert_eq!(get(&replays, &path("video-i0-a.mp4"), None).await.2, "init");
    let (status, kept, body) = get(&replays, &path("video-s4-a.m4s"), None).await;
    assert_eq!((status, kept.as_str()), (StatusCode::OK, "public, max-age=86400, immutable"));
    assert!(body == segment());
    assert_eq!(origin.replays()[0].deliveries[0].intervals, [(0, 2_000)]);
}

#[tokio::test]
async fn ranges_cross_the_pieces_and_what_is_not_in_the_index_is_not_there() {
    let store = Arc::new(InMemory::new());
    let (_, replays) = replays(&store);
    let index = record(&store).await;
    put(&store, &index::index_path(LESSON), serde_json::to_vec(&index).expect("plain data")).await;
    put(&store, &index::segment_path(LESSON, Rendition::Video, 10, 5), "beyond the end").await;
    let (status, _, body) = get(&replays, &path("video-s4-a.m4s"), Some("bytes=500000-1100000")).await;
    assert_eq!(status, StatusCode::PARTIAL_CONTENT);
    assert!(body == segment().slice(500_000..1_100_001));
    let (status, ..) = get(&replays, &path("video-s4-a.m4s"), Some("bytes=1300000-")).await;
    assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE);
    for file in
        ["video-s5-a.m4s", "audio.m3u8", "listen.m3u8", "video-p0-a.m4s", "../index.json", "index.json"]
    {
        assert_eq!(get(&replays, &path(file), None).await.0, StatusCode::NOT_FOUND, "{file}");
    }
    let forged = format!("/replay/{}/{LESSON}/0-/index.m3u8", "A".repeat(79));
    assert_eq!(get(&replays, &forged, None).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_lease_opens_the_stretch_it_was_signed_for_and_no_other() {
    let store = Arc::new(InMemory::new());
    let (_, replays) = replays(&store);
    let index = record(&store).await;
    put(&store, &index::index_path(LESSON), serde_json::to_vec(&index).expect("plain data")).await;
    let asked = async |token: &str, rest: &str| {
        let (status, _, body) = get(&replays, &format!("/replay/{token}/{LESSON}/{rest}"), None).await;
        (status.as_u16(), String::from_utf8_lossy(&body).into_owned())
    };
    // Given while the lesson was live; and for a stretch that ends before there is any media, or begins after it.
    let live = lease(Purpose::Watch, None);
    let (early, late) = (Stretch::new(0, Some(0)), Stretch::new(2_000, None));
    for (token, stretch) in [(&live, "0-"), (&lease(Purpose::Watch, Some(late)), "0-")] {
        for file in ["index.m3u8", "video.m3u8", "video-s4-a.m4s"] {
            let (status, body) = asked(token, &format!("{stretch}/{file}")).await;
            assert!(status == 403 && body.contains("lease_no_replay"), "{file}: {status} {body}");
        }
    }
    for stretch in [early, late] {
        let token = lease(Purpose::Watch, Some(stretch));
        for file in ["video.m3u8", "video-s4-a.m4s"] {
            assert_eq!(asked(&token, &format!("{stretch}/{file}")).await.0, 404, "{file}");
        }
    }
    let part = Stretch::new(500, Some(1_500));
    let token = lease(Purpose::Watch, Some(part));
    let (status, playlist) = asked(&token, "500-1500/video.m3u8").await;
    assert!(status == 200 && playlist.contains("TIME-OFFSET=0.500000"), "{status} {playlist}");
    assert_eq!(asked(&token, "500-1500/video-s4-a.m4s").await.0, 200);
    // Staff see all of it.
    let staff = lease(Purpose::Preview, None);
    let (status, playlist) = asked(&staff, "0-/video.m3u8").await;
    assert!(status == 200 && !playlist.contains("EXT-X-START"), "{status} {playlist}");
    for rest in ["index.m3u8", "0-", "0-/", "0-/0-/index.m3u8", "/index.m3u8"] {
        assert!([403, 404].contains(&asked(&staff, rest).await.0), "{rest}");
    }
}
