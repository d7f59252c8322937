//! `POST /api/lessons/{id}/leases`: the right to fetch a lesson's media, and the id its evidence is stored
//! under.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_protocol::{DeviceClass, Lease, Purpose, Stretch};
use yunke_store::{Item, LeaseDevice, LeasePurpose, LeaseRow, Lesson, LessonPhase};

use crate::{
    auth::{LessonScope, May, Viewer},
    evidence::SlowDown,
    exports::radio_name,
    problem::{ApiResult, Problem},
    room::{Progress, progress_of},
    routes::{extract::Body, origin},
    state::AppState,
};

/// A lease of a lesson that is not over lasts until its planned end plus this: lessons run late.
const LIVE_SLACK_MS: i64 = 6 * 3_600_000;

/// The shortest lease; a replay's lasts exactly this.
const LEASE_MIN_MS: i64 = 12 * 3_600_000;
/// The longest lease: the planned date may be wrong by decades.
const LEASE_MAX_MS: i64 = 31 * 24 * 3_600_000;

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
    /// The token: 79 or 90 URL-safe characters.
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
    /// The sound of the live lesson as one answer without an end (AAC in ADTS), for radios and loudspeakers; null when it is over.
    radio_url: Option<String>,
    /// Where a WHEP offer for the live lesson goes, if it is for low latency; null when it is over. Whoever cannot play
    /// it, or is turned away there, plays `live_url`.
    whep_url: Option<String>,
    /// Multivariant playlist of the replay; null until it stands.
    replay_url: Option<String>,
    /// The same, sound only.
    replay_audio_url: Option<String>,
    /// Where on the lesson's timeline the replay begins: segments reach a little beyond both.
    replay_in_ms: i64,
    /// Where it ends; null: with the lesson.
    replay_out_ms: Option<i64>,
    /// How far the viewer is.
    progress: Option<Progress>,
}

/// Issues a lease to watch.
#[utoipa::path(post, path = "/api/lessons/{id}/leases", tag = "lessons", params(("id" = Uuid, Path)),
    request_body = LeaseWish,
    responses((status = OK, body = LeaseGrant), (status = CONFLICT, description = "lesson_cancelled"),
              (status = FORBIDDEN, description = "not_invited, replay_hidden"),
              (status = TOO_MANY_REQUESTS, description = "too_many_leases: again after Retry-After")))]
pub(super) async fn issue(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
    Body(wish): Body<LeaseWish>,
) -> ApiResult<Json<LeaseGrant>> {
    let lesson = &scope.lesson;
    refuse_hidden(lesson, scope.may)?;
    let limits = app.rooms.limits();
    if let Err(SlowDown { retry_s }) = limits.lease(viewer.user.id, app.source.uptime()) {
        let sentence = "The lesson was opened too often in a short time. Wait a moment, then try again.";
        return Err(
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_leases", sentence).retry_after(retry_s)
        );
    }
    grant(&app, &viewer, lesson, Purpose::Watch, wish.device, &headers).await.map(Json)
}

/// 403 for members while the replay is hidden.
pub fn refuse_hidden(lesson: &Lesson, may: May) -> ApiResult<()> {
    if lesson.phase == LessonPhase::Ended && lesson.is_hidden() && !may.run {
        let sentence =
            "The replay of this lesson is not open at present. What you have learned counts all the same.";
        return Err(Problem::forbidden("replay_hidden", sentence));
    }
    Ok(())
}

/// Stores a lease, then signs it: no token is ever given out that the store does not know.
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
    // A planned time is by the wall clock, a lease by the steady clock.
    let left = (lesson.planned_end_at + LIVE_SLACK_MS - app.source.wall()).min(LEASE_MAX_MS);
    let until = if over { now } else { now.saturating_add(left) };
    // The token has whole seconds; the row says the same.
    let expires_at = until.max(now + LEASE_MIN_MS).div_euclid(1000) * 1000;
    // A lease issued before the end opens no replay: what may be seen of it is decided afterwards.
    let stretch = match purpose {
        Purpose::Watch => Stretch::new(lesson.trim().in_ms, lesson.trim().out_ms),
        Purpose::Preview => Stretch::WHOLE,
    };
    let replay = over.then_some(stretch);
    let lease = Lease { id: app.source.id(), lesson: lesson.id, purpose, device, expires_at, replay };
    let superseded = app
        .store
        .issue_lease(LeaseRow {
            id: lease.id,
            item: Item::lesson(lesson.id),
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
    app.rooms.supersede(&superseded, expires_at);
    let token = lease.sign(&app.lease_key);
    let base = origin::media_origin(headers, &app.config, app.media.http_port());
    let url = |kind: &str, name: &str| format!("{base}/{kind}/{token}/{}/{name}.m3u8", lesson.id);
    let live = !over;
    let of_replay = |name: &str| url("replay", &format!("{stretch}/{name}"));
    let ready = over && (app.media.facts(lesson, now).replay_ready || stored_since(app, lesson).await?);
    let progress = match purpose {
        Purpose::Watch => progress_of(&app.rooms, viewer.user.id, lesson).await?,
        Purpose::Preview => None,
    };
    Ok(LeaseGrant {
        lease_id: lease.id,
        lesson_id: lesson.id,
        expires_at,
        live_url: live.then(|| url("live", "index")),
        live_audio_url: live.then(|| url("live", "listen")),
        radio_url: live.then(|| format!("{base}/radio/{token}/{}/{}", lesson.id, radio_name(&lesson.title))),
        whep_url: (live && lesson.low_latency).then(|| format!("{base}/whep/{token}/{}", lesson.id)),
        replay_url: ready.then(|| of_replay("index")),
        replay_audio_url: ready.then(|| of_replay("listen")),
        replay_in_ms: stretch.from_ms(),
        replay_out_ms: stretch.to_ms(),
        lease: token,
        progress,
    })
}

/// Whether the replay was stored since `lesson` was read. A node drops a lesson once its end is stored: code
/// that reads the lesson before that and asks the node afterwards would find a replay in neither.
async fn stored_since(app: &AppState, lesson: &Lesson) -> ApiResult<bool> {
    Ok(app.store.lesson(lesson.id).await?.is_some_and(|now| now.replay_ready))
}
