//! `GET /api/console/reports/year/people`: the people a year's figures are made of, and a branch's members with how far they are.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{ReportPeople, ReportPeopleFilter, YearPerson};

use super::{
    items::months,
    scope::{place, unit},
};
use crate::{
    auth::Viewer,
    calendar::start_of_month,
    problem::ApiResult,
    results::TARGETS,
    routes::{extract::Query, paging, year::checked_year},
    state::AppState,
};

/// Rows of a page.
const ROWS: i64 = 50;

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// A calendar year of Asia/Shanghai; the one that is unless given.
    year: Option<i64>,
    /// Of this unit and all below it; what the viewer organizes unless given.
    unit: Option<Uuid>,
    /// 1 is January; the whole year unless given. For `counted`.
    month: Option<i64>,
    /// `counted` unless given.
    #[param(inline)]
    who: Option<ReportPeople>,
    /// 1 is the first; past the end: the last.
    page: Option<u32>,
}

/// Somebody with what they have of the year: who was counted what counts in the unit, members all.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportPerson {
    member_id: Uuid,
    name: String,
    member_no: Option<String>,
    branch_name: Option<String>,
    /// Lessons they attended.
    lessons: i64,
    /// 人次.
    visits: i64,
    counted_ms: i64,
    hours_milli: i64,
    /// Of them, of episodes.
    audio_hours_milli: i64,
}

impl From<YearPerson> for ReportPerson {
    fn from(person: YearPerson) -> Self {
        let YearPerson { user_id, name, member_no, branch_name, lessons, visits, counted_ms, .. } = person;
        let YearPerson { hours_milli, audio_hours_milli, .. } = person;
        Self {
            member_id: user_id,
            name,
            member_no,
            branch_name,
            lessons,
            visits,
            counted_ms,
            hours_milli,
            audio_hours_milli,
        }
    }
}

/// A page of them, by branch and name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportPeoplePage {
    rows: Vec<ReportPerson>,
    page: u32,
    /// Rows on all pages.
    total: i64,
    /// There is a next page.
    more: bool,
}

/// The people of a year.
#[utoipa::path(get, path = "/api/console/reports/year/people", tag = "console", params(Which),
    responses((status = OK, body = ReportPeoplePage), (status = UNPROCESSABLE_ENTITY, description = "year_wrong, month_wrong")))]
pub(super) async fn people(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<Which>,
) -> ApiResult<Json<ReportPeoplePage>> {
    let year = checked_year(&app, which.year)?;
    let months = months(year, which.month)?;
    let unit = unit(&app, &viewer, which.unit).await?;
    let _place = place().await?;
    app.results.catch_up(&app.core).await?;
    let filter = ReportPeopleFilter {
        unit_id: unit.id,
        year,
        months: months.fold(0, |mask, month| mask | 1 << (month - year * 12)),
        at: app.source.wall().min(start_of_month((year + 1) * 12) - 1),
        who: which.who.unwrap_or(ReportPeople::Counted),
        targets: TARGETS,
    };
    let mut number = which.page.unwrap_or(1).max(1);
    let mut found = app.store.report_people(&filter, paging::page(number, ROWS)).await?;
    if found.rows.is_empty() && number > 1 {
        let total = app.store.report_people(&filter, paging::page(1, ROWS)).await?.total;
        number = paging::last_page(total, ROWS);
        found = app.store.report_people(&filter, paging::page(number, ROWS)).await?;
    }
    Ok(Json(ReportPeoplePage {
        rows: found.rows.into_iter().map(ReportPerson::from).collect(),
        page: number,
        total: found.total,
        more: found.total > i64::from(number) * ROWS,
    }))
}
