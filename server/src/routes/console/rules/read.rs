//! Rules, read: by every organizer and auditor. What is counted and listed is of their part of the tree.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use yunke_store::{LessonFilter, Role};

use super::view::{RuleDetail, RuleList, RuleRow};
use crate::{
    auth::Viewer,
    problem::{ApiResult, Problem},
    routes::{
        console::lessons::{LessonPage, page_of},
        extract::{Path, Query},
    },
    state::AppState,
};

/// Which lessons of a rule.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OfVersion {
    /// Only those credited by this version.
    version: Option<i64>,
    /// 1 is the first.
    page: Option<u32>,
}

/// All credit rules.
#[utoipa::path(get, path = "/api/console/rules", tag = "console", responses((status = OK, body = RuleList)))]
pub(super) async fn list(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<RuleList>> {
    let rules = app.store.rules(&viewer.overseen_paths()).await?;
    Ok(Json(RuleList {
        rules: rules.iter().map(RuleRow::from).collect(),
        may_edit: viewer.of_centre(Role::organizes),
    }))
}

/// One rule with all its versions.
#[utoipa::path(get, path = "/api/console/rules/{rule_id}", tag = "console", params(("rule_id" = Uuid, Path)),
    responses((status = OK, body = RuleDetail)))]
pub(super) async fn rule(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<RuleDetail>> {
    answer(&app, &viewer, id).await
}

/// The rule as it is now.
pub(super) async fn answer(app: &AppState, viewer: &Viewer, id: Uuid) -> ApiResult<Json<RuleDetail>> {
    let history = app.store.rule_history(id, &viewer.overseen_paths()).await?;
    Ok(Json(RuleDetail::of(&history.ok_or_else(Problem::not_found)?, viewer)))
}

/// Lessons of the organizer's part of the tree that are credited by a rule, or by a version of it; latest first.
#[utoipa::path(get, path = "/api/console/rules/{rule_id}/lessons", tag = "console",
    params(("rule_id" = Uuid, Path), OfVersion), responses((status = OK, body = LessonPage)))]
pub(super) async fn lessons(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(which): Query<OfVersion>,
) -> ApiResult<Json<LessonPage>> {
    app.store.rule_standing(Some(id)).await?.ok_or_else(Problem::not_found)?;
    let filter = LessonFilter {
        within_paths: Some(viewer.overseen_paths()),
        rule_id: Some(id),
        rule_version: which.version,
        latest_first: true,
        ..LessonFilter::default()
    };
    page_of(&app, &filter, which.page.unwrap_or(1).max(1)).await
}
