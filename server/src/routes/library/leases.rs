//! `POST /api/library/episodes/{id}/leases`: the right to fetch an episode's sound, and the id its evidence is stored under.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_protocol::{AudioFacts, DeviceClass, Lease, Purpose, Stretch};
use yunke_store::{Item, LeaseDevice, LeasePurpose, LeaseRow};

use crate::{
    auth::{EpisodeScope, Viewer},
    evidence::{Progress, Records, SlowDown, Subject},
    library::PlaceView,
    problem::{ApiResult, Problem, source_chain},
    routes::{extract::Body, lessons::leases::LeaseWish, origin},
    state::AppState,
};

/// A lease of an episode lasts so long; a player asks for another before.
const LEASE_MS: i64 = 12 * 3_600_000;

/// A file that can be played.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Sound {
    /// With its codec, as `canPlayType` wants it.
    mime: String,
    /// Where it is; the lease stands in it.
    url: String,
    /// Its size.
    bytes: u64,
    /// Mean bitrate.
    kbps: u32,
}

/// A lease of an episode and where to fetch its sound with it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EpisodeGrant {
    /// The token.
    lease: String,
    lease_id: Uuid,
    item_id: Uuid,
    /// Which sound: another one has other times.
    version: Uuid,
    length_ms: i64,
    /// UTC milliseconds.
    expires_at: i64,
    /// The best first; the others save data.
    sound: Vec<Sound>,
    /// Where the viewer is; null: they have not listened.
    place: Option<PlaceView>,
    /// How far the viewer is.
    progress: Progress,
}

/// Issues a lease to listen.
#[utoipa::path(post, path = "/api/library/episodes/{episode_id}/leases", tag = "library",
    params(("episode_id" = Uuid, Path)), request_body = LeaseWish,
    responses((status = OK, body = EpisodeGrant), (status = CONFLICT, description = "not_ready"),
              (status = FORBIDDEN, description = "not_invited"), (status = GONE, description = "episode_withdrawn"),
              (status = TOO_MANY_REQUESTS, description = "too_many_leases: again after Retry-After")))]
pub(super) async fn issue(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
    headers: HeaderMap,
    Body(wish): Body<LeaseWish>,
) -> ApiResult<Json<EpisodeGrant>> {
    let version = scope.version()?;
    let user = viewer.user.id;
    if let Err(SlowDown { retry_s }) = app.rooms.limits().lease(user, app.source.uptime()) {
        let sentence = "Episodes were opened too often in a short time. Wait a moment, then try again.";
        return Err(
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_leases", sentence).retry_after(retry_s)
        );
    }
    let facts = app.store.version_facts(version.id).await?.ok_or_else(Problem::not_found)?;
    let facts: AudioFacts = serde_json::from_str(&facts).map_err(Problem::internal)?;
    let now = app.source.now();
    // The token has whole seconds; the row says the same.
    let expires_at = (now + LEASE_MS).div_euclid(1_000) * 1_000;
    let episode = scope.episode.id;
    let lease = Lease {
        id: app.source.id(),
        lesson: episode,
        purpose: Purpose::Watch,
        device: wish.device,
        expires_at,
        replay: Some(Stretch::WHOLE),
    };
    let row = LeaseRow {
        id: lease.id,
        item: Item::episode(episode),
        user_id: user,
        branch_id: viewer.user.branch.as_ref().map(|branch| branch.id),
        purpose: LeasePurpose::Watch,
        device: match wish.device {
            DeviceClass::Phone => LeaseDevice::Phone,
            DeviceClass::Tablet => LeaseDevice::Tablet,
            DeviceClass::Desktop => LeaseDevice::Desktop,
        },
        issued_at: now,
        expires_at,
    };
    let superseded = app.store.issue_lease(row).await?;
    app.rooms.supersede(&superseded, expires_at);
    let token = lease.sign(&app.lease_key);
    let base = origin::media_origin(&headers, &app.config, app.media.http_port());
    let sound = facts.renditions.into_iter().map(|file| Sound {
        url: format!("{base}/audio/{token}/{}/{}", version.id, file.name),
        mime: file.mime,
        bytes: file.bytes,
        kbps: file.kbps,
    });
    if let Err(error) = app.places.settle(app.store.as_ref(), user).await {
        tracing::warn!(error = source_chain(&error), "places could not be kept; they are tried again");
    }
    let place = app.store.places(user, episode, 1).await?.into_iter().next();
    let terms = app.store.episode_terms(episode).await?.ok_or_else(Problem::not_found)?;
    let mut records = Records::new(app.store.clone(), Subject::episode(episode, &terms), now).await?;
    Ok(Json(EpisodeGrant {
        lease_id: lease.id,
        item_id: episode,
        version: version.id,
        length_ms: facts.length_ms,
        expires_at,
        sound: sound.collect(),
        place: place.map(|place| PlaceView::of(&place, facts.length_ms)),
        progress: records.progress(user).await?,
        lease: token,
    }))
}
