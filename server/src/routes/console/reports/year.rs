//! `GET /api/console/reports/year`: a year of a unit, month by month and unit by unit, beside the year before.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{Unit, UnitKind};

use super::scope::{Which, place, unit};
use crate::{
    auth::Viewer,
    calendar::{month_number, start_of_month},
    problem::ApiResult,
    results::{Progress, ReportFigures, TARGETS, year_parts},
    routes::{
        extract::Query,
        lessons::card::COMING_MS,
        year::{checked_year, this_year},
    },
    state::AppState,
};

/// A unit by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportUnit {
    id: Uuid,
    name: String,
    kind: UnitKind,
    /// What it is part of, if the viewer organizes that, too.
    parent_id: Option<Uuid>,
}

/// A year of a unit directly below the one that was asked for. Lessons and people of several of them are in each.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChildYear {
    unit: ReportUnit,
    total: ReportFigures,
    /// The year before.
    before: ReportFigures,
    progress: Progress,
}

/// What is not in the figures yet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StillToCome {
    /// Lessons and episodes that are being counted; one that ended two minutes ago or less is among them.
    items: i64,
    /// Members of whom evidence came since.
    members: i64,
}

/// A year of a unit and all below it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct YearReport {
    /// A calendar year of Asia/Shanghai.
    year: i64,
    unit: ReportUnit,
    /// As of this moment, UTC milliseconds.
    at: i64,
    /// How many months of it have begun.
    months_begun: u32,
    total: ReportFigures,
    /// January to December.
    months: Vec<ReportFigures>,
    /// The year before.
    before: ReportFigures,
    before_months: Vec<ReportFigures>,
    /// The year before, of as many months as have begun.
    before_same: ReportFigures,
    /// How far its members are: of now, or of the end of a year that is over.
    progress: Progress,
    /// Credit hours × 1000 of a member's year.
    target_hours_milli: i64,
    /// And of a branch secretary's.
    target_upper_hours_milli: i64,
    /// Those directly below it, in the order of the tree.
    children: Vec<ChildYear>,
    to_come: StillToCome,
}

fn named(unit: &Unit, viewer: &Viewer) -> ReportUnit {
    // The path of the one above: without its own number.
    let above = unit.path.trim_end_matches('/').rsplit_once('/').map(|(above, _)| format!("{above}/"));
    let parent_id = unit.parent_id.filter(|_| above.is_some_and(|above| viewer.oversees(&above)));
    ReportUnit { id: unit.id, name: unit.name.clone(), kind: unit.kind, parent_id }
}

/// A year of a unit.
#[utoipa::path(get, path = "/api/console/reports/year", tag = "console", params(Which),
    responses((status = OK, body = YearReport), (status = UNPROCESSABLE_ENTITY, description = "year_wrong")))]
pub(super) async fn year(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<Which>,
) -> ApiResult<Json<YearReport>> {
    let year = checked_year(&app, which.year)?;
    let unit = unit(&app, &viewer, which.unit).await?;
    let _place = place().await?;
    let to_come = app.results.catch_up(&app.core).await?;
    let (now, date, store) = (app.source.now(), app.source.wall(), &app.store);
    let months_begun = match year - this_year(&app) {
        0 => u32::try_from(month_number(date) - year * 12 + 1).unwrap_or(12),
        past if past < 0 => 12,
        _ => 0,
    };
    // Members of the end of a year that is over; who comes and goes afterwards changes nothing.
    let at = date.min(start_of_month((year + 1) * 12) - 1);
    // Each on a connection of its own.
    let (figures, people, people_before, progress) = tokio::try_join!(
        store.year_figures(unit.id, (year - 1) * 12..(year + 1) * 12, now, COMING_MS),
        store.year_people(unit.id, year),
        store.year_people(unit.id, year - 1),
        store.year_progress(&unit.path, year, at, TARGETS),
    )?;
    let parts = |unit: &Unit| {
        year_parts((unit.id, &unit.path), year, months_begun, &figures, (&people, &people_before), &progress)
    };
    let own = parts(&unit);
    let below = store.units_within(std::slice::from_ref(&unit.path)).await?;
    let children = below.iter().filter(|child| child.parent_id == Some(unit.id)).map(|child| {
        let of = parts(child);
        ChildYear {
            unit: named(child, &viewer),
            total: of.year.total,
            before: of.before.total,
            progress: of.progress,
        }
    });
    Ok(Json(YearReport {
        year,
        unit: named(&unit, &viewer),
        at: date,
        months_begun,
        total: own.year.total,
        months: own.year.months,
        before: own.before.total,
        before_months: own.before.months,
        before_same: own.before_same,
        progress: own.progress,
        target_hours_milli: TARGETS.lower,
        target_upper_hours_milli: TARGETS.upper,
        children: children.collect(),
        to_come: StillToCome { items: to_come.items, members: to_come.members },
    }))
}
