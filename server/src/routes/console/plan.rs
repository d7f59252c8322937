//! Planning, changing and cancelling lessons.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{Cancel, Edit, EditOutcome, Lesson, NewLesson, Role};

use super::{
    rules::{check_rule, rule_unknown},
    units::open_unit,
};
use crate::{
    auth::{LessonScope, Viewer},
    lesson_run::wrong_phase,
    problem::{ApiResult, Problem},
    routes::{
        extract::Body,
        lessons::detail::{LessonDetail, detail_of},
        text,
    },
    state::AppState,
};

/// Longest lesson: 12 hours.
const LONGEST_MS: i64 = 12 * 3_600_000;

/// Shortest lesson: a minute.
const SHORTEST_MS: i64 = 60_000;

/// How far in the past and ahead a lesson may be planned: a day, two years.
const PLANNABLE_MS: (i64, i64) = (86_400_000, 731 * 86_400_000);

/// Units a lesson can be for.
const AUDIENCE_UNITS: usize = 500;

/// A lesson to plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LessonPlan {
    #[schema(max_length = 100)]
    title: String,
    #[serde(default)]
    #[schema(max_length = 2000)]
    summary: String,
    lecturer_id: Uuid,
    /// The unit that gives it; inside the organizer's part of the tree.
    unit_id: Uuid,
    /// Units whose members may watch, with everything inside them.
    audience: Vec<Uuid>,
    planned_start_at: i64,
    planned_end_at: i64,
    /// Offer members the live picture by WHEP, below a second. Costs data, and the node for each viewer.
    #[serde(default)]
    low_latency: bool,
    /// The rule it is credited by, in its active version; the default rule if it is not given.
    rule_id: Option<Uuid>,
}

/// What to change; what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LessonEdit {
    title: Option<String>,
    summary: Option<String>,
    lecturer_id: Option<Uuid>,
    /// Units of the editor's part of the tree; those beyond it that were invited before stay invited.
    audience: Option<Vec<Uuid>>,
    planned_start_at: Option<i64>,
    planned_end_at: Option<i64>,
    /// Holds for leases given from now on.
    low_latency: Option<bool>,
    /// The rule it is credited by, in the version that is active now; only before the start.
    rule_id: Option<Uuid>,
}

/// Plans a lesson.
#[utoipa::path(post, path = "/api/console/lessons", tag = "console", request_body = LessonPlan,
    responses((status = CREATED, body = LessonDetail), (status = UNPROCESSABLE_ENTITY, description =
        "text_empty, text_too_long, text_characters, unit_unknown, lecturer_unknown, audience_empty, times_wrong, rule_unknown")))]
pub(super) async fn plan(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(body): Body<LessonPlan>,
) -> ApiResult<(StatusCode, Json<LessonDetail>)> {
    let title = text::name("title", &body.title)?;
    let summary = text::summary("summary", &body.summary)?;
    open_unit(&app, &viewer, "unit_id", body.unit_id).await?;
    check_lecturer(&app, body.lecturer_id).await?;
    check_audience(&app, &viewer, &body.audience).await?;
    let now = app.source.now();
    check_times(body.planned_start_at, body.planned_end_at, app.source.wall())?;
    check_rule(&app, body.rule_id).await?;
    let id = app.source.id();
    app.store
        .plan_lesson(NewLesson {
            id,
            title,
            summary,
            unit_id: body.unit_id,
            lecturer_id: body.lecturer_id,
            audience: body.audience,
            planned_start_at: body.planned_start_at,
            planned_end_at: body.planned_end_at,
            low_latency: body.low_latency,
            rule_id: body.rule_id,
            actor_id: viewer.user.id,
            at: now,
        })
        .await?;
    app.lesson_changed(id);
    Ok((StatusCode::CREATED, detail(&app, &viewer, id).await?))
}

/// Changes a lesson; a live one keeps its start and its lecturer.
#[utoipa::path(patch, path = "/api/console/lessons/{id}", tag = "console", params(("id" = Uuid, Path)),
    request_body = LessonEdit,
    responses((status = OK, body = LessonDetail), (status = CONFLICT, description = "wrong_phase")))]
pub(super) async fn edit(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Body(body): Body<LessonEdit>,
) -> ApiResult<Json<LessonDetail>> {
    let lesson = &scope.lesson;
    let title = body.title.map(|title| text::name("title", &title)).transpose()?;
    let summary = body.summary.map(|summary| text::summary("summary", &summary)).transpose()?;
    if let Some(lecturer) = body.lecturer_id {
        check_lecturer(&app, lecturer).await?;
    }
    let audience = match body.audience {
        Some(units) => Some(edited_audience(&app, &viewer, lesson, units).await?),
        None => None,
    };
    let now = app.source.now();
    if body.planned_start_at.is_some() || body.planned_end_at.is_some() {
        let starts = body.planned_start_at.unwrap_or(lesson.planned_start_at);
        check_times(starts, body.planned_end_at.unwrap_or(lesson.planned_end_at), app.source.wall())?;
    }
    let edit = Edit {
        title,
        summary,
        lecturer_id: body.lecturer_id,
        audience,
        planned_start_at: body.planned_start_at,
        planned_end_at: body.planned_end_at,
        low_latency: body.low_latency,
        rule_id: body.rule_id,
    };
    match app.store.edit_lesson(lesson.id, edit, viewer.user.id, now).await? {
        EditOutcome::Done => {}
        EditOutcome::NotFound => return Err(Problem::not_found()),
        EditOutcome::WrongPhase(phase) => return Err(wrong_phase(phase)),
        EditOutcome::TimesReversed => return Err(times_wrong("The end must be after the start.")),
        EditOutcome::RuleUnknown => return Err(rule_unknown()),
    }
    app.lesson_changed(lesson.id);
    detail(&app, &viewer, lesson.id).await
}

/// Cancels a planned lesson.
#[utoipa::path(delete, path = "/api/console/lessons/{id}", tag = "console", params(("id" = Uuid, Path)),
    responses((status = NO_CONTENT), (status = CONFLICT, description = "wrong_phase")))]
pub(super) async fn cancel(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
) -> ApiResult<StatusCode> {
    let cancel = Cancel { lesson_id: scope.lesson.id, actor_id: viewer.user.id, at: app.source.now() };
    match app.store.cancel_lesson(cancel).await? {
        EditOutcome::WrongPhase(phase) => Err(wrong_phase(phase)),
        EditOutcome::NotFound => Err(Problem::not_found()),
        EditOutcome::Done | EditOutcome::TimesReversed | EditOutcome::RuleUnknown => {
            app.lesson_changed(scope.lesson.id);
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

async fn detail(app: &AppState, viewer: &Viewer, id: Uuid) -> ApiResult<Json<LessonDetail>> {
    let lesson = app.store.lesson(id).await?.ok_or_else(Problem::not_found)?;
    let may = viewer.may(&lesson);
    Ok(Json(detail_of(app, viewer, &lesson, may).await?))
}

/// A unit that exists inside the viewer's part of the tree; whether others exist is not revealed.
async fn check_lecturer(app: &AppState, id: Uuid) -> ApiResult<()> {
    let lecturer = app.store.user(id, app.source.now()).await?;
    if lecturer.is_some_and(|user| user.roles.iter().any(|grant| grant.role == Role::Lecturer)) {
        return Ok(());
    }
    Err(Problem::field("lecturer_id", "lecturer_unknown", "This person is no lecturer."))
}

async fn check_audience(app: &AppState, viewer: &Viewer, units: &[Uuid]) -> ApiResult<()> {
    if units.is_empty() {
        return Err(Problem::field("audience", "audience_empty", "Choose at least one unit that may watch."));
    }
    if units.len() > AUDIENCE_UNITS {
        return Err(Problem::field(
            "audience",
            "audience_too_long",
            "Choose a larger unit instead of so many.",
        ));
    }
    for unit in units {
        open_unit(app, viewer, "audience", *unit).await?;
    }
    Ok(())
}

/// The units an editor chose, and those outside the editor's part of the tree that were invited before:
/// somebody above invited them, and an editor who does not see them cannot mean to leave them out.
async fn edited_audience(
    app: &AppState,
    viewer: &Viewer,
    lesson: &Lesson,
    mut units: Vec<Uuid>,
) -> ApiResult<Vec<Uuid>> {
    let beyond: Vec<Uuid> =
        lesson.audience.iter().filter(|unit| !viewer.organizes(&unit.path)).map(|unit| unit.id).collect();
    units.retain(|unit| !beyond.contains(unit));
    if !units.is_empty() || beyond.is_empty() {
        check_audience(app, viewer, &units).await?;
    }
    units.extend(beyond);
    Ok(units)
}

fn times_wrong(sentence: &'static str) -> Problem {
    Problem::field("planned_end_at", "times_wrong", sentence)
}

fn check_times(starts: i64, ends: i64, now: i64) -> ApiResult<()> {
    if !(now - PLANNABLE_MS.0..=now + PLANNABLE_MS.1).contains(&starts) {
        let sentence = "The start must be within the last day or the next two years.";
        return Err(Problem::field("planned_start_at", "times_wrong", sentence));
    }
    // The start is sane, so this cannot overflow for any end that is after it.
    if ends <= starts {
        return Err(times_wrong("The end must be after the start."));
    }
    if !(SHORTEST_MS..=LONGEST_MS).contains(&(ends - starts)) {
        return Err(times_wrong("A lesson takes between one minute and twelve hours."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_make_no_sense_are_refused() {
        let now = 1_800_000_000_000;
        assert!(check_times(now, now + 3_600_000, now).is_ok());
        for (starts, ends) in [
            (now, now),
            (now, now - 1),
            (now, i64::MAX),
            (i64::MIN, i64::MAX),
            (i64::MAX, i64::MIN),
            (0, 3_600_000),
            (now, now + 13 * 3_600_000),
            (now, now + 59_999),
        ] {
            let problem = check_times(starts, ends, now).expect_err("refused");
            assert_eq!(problem.code(), "times_wrong");
        }
    }
}
