//! `/api/console/rule-previews…`: what a draft would change of lessons that were held. It writes nothing, and is only of whoever asked for it,
//! as long as they organize the same part of the tree.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{LessonFilter, LessonPhase, Page};

use super::{choice::rule_unknown, view::RuleSettings};
use crate::{
    auth::Viewer,
    evidence::CreditWord,
    problem::{ApiResult, Problem},
    routes::{
        extract::{Body, Path, Query},
        paging,
    },
    rule_preview::{
        Asked, Change, ChangeCounts, LESSONS_MAX, LessonResult, Preview, Shift, State as PreviewState, Worth,
    },
    state::AppState,
};

/// People of a page.
const PEOPLE: i64 = 50;

/// What to preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RulePreviewRequest {
    /// The rule the figures are for; null or not given: a new one.
    rule_id: Option<Uuid>,
    settings: RuleSettings,
    /// Only lessons that are credited by `rule_id` now.
    #[serde(default)]
    own_lessons: bool,
    /// Lessons planned to start at or after; null: from the first one on.
    from: Option<i64>,
    /// Lessons planned to start before; null: up to the last one.
    until: Option<i64>,
    /// So many of them, the latest first; at most 200, which it is if it is not given.
    lessons: Option<usize>,
}

/// How many people of a lesson, or of all.
#[derive(Debug, Serialize, ToSchema)]
struct RulePreviewCounts {
    /// Who came, and was looked at.
    members: usize,
    /// Who would have more hours, or a better level.
    gains: usize,
    /// Who would have fewer.
    loses: usize,
    /// For whom another time would count that is worth the same.
    moves: usize,
    /// Whose raw evidence is gone.
    unjudged: usize,
}

impl From<ChangeCounts> for RulePreviewCounts {
    fn from(counts: ChangeCounts) -> Self {
        let ChangeCounts { members, gains, loses, moves, unjudged } = counts;
        Self { members, gains, loses, moves, unjudged }
    }
}

/// A lesson that was judged.
#[derive(Debug, Serialize, ToSchema)]
struct RulePreviewLesson {
    lesson_id: Uuid,
    title: String,
    planned_start_at: i64,
    /// What it is credited by, and stays to be.
    rule_name: String,
    rule_version: i64,
    #[serde(flatten)]
    counts: RulePreviewCounts,
}

impl From<&LessonResult> for RulePreviewLesson {
    fn from(lesson: &LessonResult) -> Self {
        Self {
            lesson_id: lesson.lesson_id,
            title: lesson.title.clone(),
            planned_start_at: lesson.planned_start_at,
            rule_name: lesson.rule_name.clone(),
            rule_version: lesson.rule_version,
            counts: lesson.counts.into(),
        }
    }
}

/// A preview, as far as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RulePreview {
    id: Uuid,
    state: PreviewState,
    /// Lessons that were judged; so many of `lessons_total`.
    lessons: Vec<RulePreviewLesson>,
    lessons_total: usize,
    /// There are more lessons than are judged.
    more_lessons: bool,
    /// Members of the lesson that is being judged whose evidence was.
    members_done: usize,
    /// Of all lessons that were judged: who came to two counts twice.
    #[serde(flatten)]
    counts: RulePreviewCounts,
}

impl From<&Preview> for RulePreview {
    fn from(preview: &Preview) -> Self {
        preview.read(|found| {
            let mut counts = ChangeCounts::default();
            found.lessons.iter().for_each(|lesson| counts += lesson.counts);
            Self {
                id: preview.id,
                state: found.state,
                lessons: found.lessons.iter().map(RulePreviewLesson::from).collect(),
                lessons_total: preview.asked.lessons.len(),
                more_lessons: preview.asked.more,
                members_done: found.members_done,
                counts: counts.into(),
            }
        })
    }
}

/// What somebody has of a lesson.
#[derive(Debug, Serialize, ToSchema)]
struct RulePreviewWorth {
    credit: CreditWord,
    hours_milli: i64,
    /// Hundredths of a percent, rounded down.
    coverage_bp: i64,
}

impl From<Worth> for RulePreviewWorth {
    fn from(worth: Worth) -> Self {
        let Worth { level, hours_milli, coverage_bp } = worth;
        Self { credit: level.into(), hours_milli, coverage_bp }
    }
}

/// Somebody for whom it changes.
#[derive(Debug, Serialize, ToSchema)]
struct RulePreviewPerson {
    member_id: Uuid,
    name: String,
    branch_name: Option<String>,
    shift: Shift,
    /// What they have; null: it can't be judged.
    now: Option<RulePreviewWorth>,
    /// What they would have.
    then: Option<RulePreviewWorth>,
}

impl From<&Change> for RulePreviewPerson {
    fn from(change: &Change) -> Self {
        let (now, then) = change.worth.map(|(now, then)| (now.into(), then.into())).unzip();
        Self {
            member_id: change.user_id,
            name: change.name.clone(),
            branch_name: change.branch.clone(),
            shift: change.shift,
            now,
            then,
        }
    }
}

/// A page of the people for whom it changes, by branch and name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RulePreviewPeople {
    rows: Vec<RulePreviewPerson>,
    page: u32,
    total: usize,
    /// There is a next page.
    more: bool,
}

/// A lesson of a preview.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfLesson {
    preview_id: Uuid,
    lesson_id: Uuid,
}

/// Begins to judge lessons that were held anew, by figures that are no rule yet. The viewer's last preview is cancelled.
#[utoipa::path(post, path = "/api/console/rule-previews", tag = "console", request_body = RulePreviewRequest,
    responses((status = ACCEPTED, body = RulePreview),
              (status = SERVICE_UNAVAILABLE, description = "busy: too many previews are under way"),
              (status = UNPROCESSABLE_ENTITY, description =
                  "rule_unknown, text_empty, text_too_long, text_characters, figure_outside, half_above_full, hours_descend")))]
pub(super) async fn begin(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(body): Body<RulePreviewRequest>,
) -> ApiResult<(StatusCode, Json<RulePreview>)> {
    let draft = body.settings.draft()?;
    let standing = app.store.rule_standing(body.rule_id).await?.ok_or_else(rule_unknown)?;
    let id = standing.rule_id;
    let history = app.store.rule_history(id, &[]).await?.ok_or_else(rule_unknown)?;
    // What the draft does not name goes on from the newest version, as it will when it is kept.
    let base = history.versions.first().ok_or_else(rule_unknown)?;
    let draft = draft.over(&base.rule, id, base.rule.version + 1);
    let paths = viewer.overseen_paths();
    let filter = LessonFilter {
        within_paths: Some(paths.clone()),
        phases: vec![LessonPhase::Ended],
        from: body.from,
        until: body.until,
        rule_id: body.rule_id.filter(|_| body.own_lessons),
        latest_first: true,
        ..LessonFilter::default()
    };
    let most = body.lessons.unwrap_or(LESSONS_MAX).clamp(1, LESSONS_MAX);
    let limit = i64::try_from(most + 1).unwrap_or(i64::MAX);
    let mut lessons = app.store.lessons(&filter, Page { offset: 0, limit }).await?;
    let more = lessons.len() > most;
    lessons.truncate(most);
    let asked = Asked { draft, lessons, more, paths };
    let preview = app.previews.begin(&app.core, viewer.user.id, asked).ok_or_else(|| {
        Problem::unavailable("busy", "Too many previews are under way. Try again in a moment.", 30)
    })?;
    Ok((StatusCode::ACCEPTED, Json(RulePreview::from(preview.as_ref()))))
}

/// A preview, as far as it is.
#[utoipa::path(get, path = "/api/console/rule-previews/{preview_id}", tag = "console", params(("preview_id" = Uuid, Path)),
    responses((status = OK, body = RulePreview)))]
pub(super) async fn preview(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<RulePreview>> {
    Ok(Json(RulePreview::from(own(&app, &viewer, id)?.as_ref())))
}

/// Cancels a preview and forgets it.
#[utoipa::path(delete, path = "/api/console/rule-previews/{preview_id}", tag = "console", params(("preview_id" = Uuid, Path)),
    responses((status = NO_CONTENT)))]
pub(super) async fn forget(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    app.previews.forget(own(&app, &viewer, id)?.as_ref());
    Ok(StatusCode::NO_CONTENT)
}

/// The people of a lesson for whom it changes.
#[utoipa::path(get, path = "/api/console/rule-previews/{preview_id}/lessons/{lesson_id}", tag = "console",
    params(OfLesson, paging::Which), responses((status = OK, body = RulePreviewPeople)))]
pub(super) async fn people(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(OfLesson { preview_id, lesson_id }): Path<OfLesson>,
    Query(which): Query<paging::Which>,
) -> ApiResult<Json<RulePreviewPeople>> {
    let preview = own(&app, &viewer, preview_id)?;
    preview.read(|found| {
        let lesson = found.lessons.iter().find(|lesson| lesson.lesson_id == lesson_id);
        let changes = &lesson.ok_or_else(Problem::not_found)?.changes;
        let total = changes.len();
        let page = which.number().min(paging::last_page(i64::try_from(total).unwrap_or(i64::MAX), PEOPLE));
        let rows_of_page = usize::try_from(PEOPLE).unwrap_or(usize::MAX);
        let before = usize::try_from(page - 1).unwrap_or(usize::MAX).saturating_mul(rows_of_page);
        let rows = changes.iter().skip(before).take(rows_of_page).map(RulePreviewPerson::from).collect();
        Ok(Json(RulePreviewPeople { rows, page, total, more: total > before + rows_of_page }))
    })
}

fn own(app: &AppState, viewer: &Viewer, id: Uuid) -> ApiResult<Arc<Preview>> {
    let paths = viewer.overseen_paths();
    app.previews.of(&app.core, viewer.user.id, &paths, id).ok_or_else(Problem::not_found)
}
