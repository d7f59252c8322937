//! `GET /api/lessons/{id}`: one lesson as its viewers see it.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use yunke_protocol::Gap;
use yunke_store::{Lesson, Rule, Unit};

use super::card::{LessonCard, ReplayStanding, card};
use crate::{
    auth::{LessonScope, May, Viewer},
    media_nodes::OnAir,
    problem::ApiResult,
    room::progress_of,
    state::AppState,
};

/// A lesson, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct LessonDetail {
    #[serde(flatten)]
    card: LessonCard,
    /// What it is about; may be empty.
    summary: String,
    /// Units whose members may watch.
    audience: Vec<UnitName>,
    /// The unit that gives it.
    unit_id: uuid::Uuid,
    /// Who gives it.
    lecturer_id: uuid::Uuid,
    /// UTC of position 0 of the timeline.
    zero_at: Option<i64>,
    /// Position up to which media exists.
    edge_ms: i64,
    /// Outages of the lecturer.
    gaps: Vec<Gap>,
    /// Whether members hear and see something.
    on_air: OnAir,
    /// Members are offered the live picture by WHEP.
    low_latency: bool,
    /// How it is with the replay.
    replay: ReplayStanding,
    /// Members do not see the replay.
    replay_hidden: bool,
    /// How credit is computed.
    rule: RuleFigures,
    /// What the viewer may do.
    may: May,
}

/// A unit by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitName {
    id: uuid::Uuid,
    name: String,
}

impl From<&Unit> for UnitName {
    fn from(unit: &Unit) -> Self {
        Self { id: unit.id, name: unit.name.clone() }
    }
}

/// The figures of a credit rule that members are told.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleFigures {
    id: uuid::Uuid,
    name: String,
    version: i64,
    full_percent: i64,
    half_percent: i64,
    max_rate_milli: i64,
    long_ms: i64,
    long_hours_milli: i64,
    medium_ms: i64,
    medium_hours_milli: i64,
    short_hours_milli: i64,
    hidden_video_counts: bool,
    /// Time of which no media node delivered anything counts.
    uncorroborated_counts: bool,
    checks_required: i64,
}

impl From<&Rule> for RuleFigures {
    fn from(rule: &Rule) -> Self {
        Self {
            id: rule.id,
            name: rule.name.clone(),
            version: rule.version,
            full_percent: rule.full_percent,
            half_percent: rule.half_percent,
            max_rate_milli: rule.max_rate_milli,
            long_ms: rule.long_ms,
            long_hours_milli: rule.long_hours_milli,
            medium_ms: rule.medium_ms,
            medium_hours_milli: rule.medium_hours_milli,
            short_hours_milli: rule.short_hours_milli,
            hidden_video_counts: rule.hidden_video_counts,
            uncorroborated_counts: rule.uncorroborated_counts,
            checks_required: rule.checks_required,
        }
    }
}

/// All of a lesson that a viewer may see.
pub async fn detail_of(
    app: &AppState,
    viewer: &Viewer,
    lesson: &Lesson,
    may: May,
) -> ApiResult<LessonDetail> {
    let facts = app.media.facts(lesson, app.source.now());
    let progress = progress_of(&app.rooms, viewer.user.id, lesson).await?;
    let mut card = card(app, lesson, progress);
    card.replay_ready = facts.replay_ready;
    Ok(LessonDetail {
        card,
        summary: lesson.summary.clone(),
        audience: lesson.audience.iter().map(UnitName::from).collect(),
        unit_id: lesson.unit.id,
        lecturer_id: lesson.lecturer_id,
        zero_at: facts.zero_at,
        edge_ms: facts.edge_ms,
        gaps: facts.gaps,
        on_air: facts.on_air,
        low_latency: lesson.low_latency,
        replay: ReplayStanding::of(lesson, facts.replay_ready || lesson.replay_ready, app.source.now()),
        replay_hidden: lesson.is_hidden(),
        rule: RuleFigures::from(&lesson.rule),
        may,
    })
}

/// One lesson.
#[utoipa::path(get, path = "/api/lessons/{id}", tag = "lessons", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = LessonDetail), (status = FORBIDDEN, description = "not_invited")))]
pub(super) async fn lesson(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
) -> ApiResult<Json<LessonDetail>> {
    Ok(Json(detail_of(&app, &viewer, &scope.lesson, scope.may).await?))
}
