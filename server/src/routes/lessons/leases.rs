//! `POST /api/lessons/{id}/leases`: the right to fetch a lesson's media, and the name of the evidence.

use axum::{Json, extract::State, http::HeaderMap};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_protocol::{DeviceClass, Lease, Purpose};
use yunke_store::{LeaseDevice, LeasePurpose, LeaseRow, Lesson, LessonPhase};

use crate::{
    auth::{LessonScope, Viewer},
    problem::{ApiResult, Problem},
    room::{Progress, progress_of},
    routes::{extract::Body, origin},
    state::AppState,
};

/// A lease of a lesson that is not over lasts until its planned end plus this: lessons run late.
const LIVE_SLACK_MS: i64 = 6 * 3_600_000;

/// No lease lasts shorter than this; a replay's lasts exactly this.
const LEASE_MIN_MS: i64 = 12 * 3_600_000;

/// What plays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseWish {
    /// Self-reported; shown with the evidence, never used to decide.
    pub device: DeviceClass,
}

/// A lease and where to fetch media with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeaseGrant {
    /// The token: 79 URL-safe characters.
    lease: String,
    lease_id: Uuid,
    lesson_id: Uuid,
    /// UTC milliseconds.
    expires_at: i64,
    /// Multivariant playlist of the live lesson; null when it is over. Before it begins media answers 503 with
    /// Retry-After there: who waits for the lesson needs no second lease.
    live_url: Option<String>,
    /// The same, sound only.
    live_audio_url: Option<String>,
    /// Where a WHEP offer for the live lesson goes, if it is for low latency; null when it is over. Whoever cannot play
    /// it, or is turned away there, plays `live_url`.
    whep_url: Option<String>,
    /// Multivariant playlist of the replay; null until it stands.
    replay_url: Option<String>,
    /// The same, sound only.
    replay_audio_url: Option<String>,
    /// How far the viewer is.
    progress: Option<Progress>,
}

/// Issues a lease to watch.
#[utoipa::path(post, path = "/api/lessons/{id}/leases", tag = "lessons", params(("id" = Uuid, Path)),
    request_body = LeaseWish,
    responses((status = OK, body = LeaseGrant), (status = CONFLICT, description = "lesson_cancelled")))]
pub(super) async fn issue(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
    Body(wish): Body<LeaseWish>,
) -> ApiResult<Json<LeaseGrant>> {
    grant(&app, &viewer, &scope.lesson, Purpose::Watch, wish.device, &headers).await.map(Json)
}

/// Keeps a lease, then signs it: no token is ever out of which the store does not know.
pub async fn grant(
    app: &AppState,
    viewer: &Viewer,
    lesson: &Lesson,
    purpose: Purpose,
    device: DeviceClass,
    headers: &HeaderMap,
) -> ApiResult<LeaseGrant> {
    if lesson.phase == LessonPhase::Cancelled {
        return Err(Problem::conflict("lesson_cancelled", "This lesson was cancelled."));
    }
    let now = app.source.now();
    let over = lesson.phase == LessonPhase::Ended;
    let until = if over { now } else { lesson.planned_end_at + LIVE_SLACK_MS };
    // The token has whole seconds; the row says the same.
    let expires_at = until.max(now + LEASE_MIN_MS).div_euclid(1000) * 1000;
    let lease = Lease { id: app.source.id(), lesson: lesson.id, purpose, device, expires_at };
    app.store
        .issue_lease(LeaseRow {
            id: lease.id,
            lesson_id: lesson.id,
            user_id: viewer.user.id,
            branch_id: viewer.user.branch.as_ref().map(|branch| branch.id),
            purpose: match purpose {
                Purpose::Watch => LeasePurpose::Watch,
                Purpose::Preview => LeasePurpose::Preview,
            },
            device: match device {
                DeviceClass::Phone => LeaseDevice::Phone,
                DeviceClass::Tablet => LeaseDevice::Tablet,
                DeviceClass::Desktop => LeaseDevice::Desktop,
            },
            issued_at: now,
            expires_at,
        })
        .await?;
    let token = lease.sign(&app.lease_key);
    let base = origin::media_origin(headers, &app.config, app.media.http_port());
    let url = |kind: &str, name: &str| format!("{base}/{kind}/{token}/{}/{name}.m3u8", lesson.id);
    let live = !over;
    let replay = over && (app.media.facts(lesson, now).replay_ready || stored_since(app, lesson).await?);
    let progress = match purpose {
        Purpose::Watch => progress_of(app, viewer.user.id, lesson).await?,
        Purpose::Preview => None,
    };
    Ok(LeaseGrant {
        lease_id: lease.id,
        lesson_id: lesson.id,
        expires_at,
        live_url: live.then(|| url("live", "index")),
        live_audio_url: live.then(|| url("live", "listen")),
        whep_url: (live && lesson.low_latency).then(|| format!("{base}/whep/{token}/{}", lesson.id)),
        replay_url: replay.then(|| url("replay", "index")),
        replay_audio_url: replay.then(|| url("replay", "listen")),
        lease: token,
        progress,
    })
}

/// The replay was stored since `lesson` was read. A node lets go of a lesson once its end is stored: who reads the lesson
/// before that and asks the node after it would find a replay in neither.
async fn stored_since(app: &AppState, lesson: &Lesson) -> ApiResult<bool> {
    Ok(app.store.lesson(lesson.id).await?.is_some_and(|now| now.replay_ready))
}
