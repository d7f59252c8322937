//! `GET /api/console/reports/year/items`: the lessons or episodes a year's figures are made of. Their figures add up to those.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{ItemFigures, ItemKind, RollCounts};

use super::scope::{place, unit};
use crate::{
    auth::Viewer,
    problem::{ApiResult, Problem},
    routes::{extract::Query, lessons::card::COMING_MS, paging, year::checked_year},
    state::AppState,
};

/// Rows of a page.
const ROWS: i64 = 50;

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// A calendar year of Asia/Shanghai; the one that is unless given.
    year: Option<i64>,
    /// Of this unit and all below it; what the viewer organizes unless given.
    unit: Option<Uuid>,
    /// 1 is January; the whole year unless given.
    month: Option<i64>,
    /// Lessons unless given.
    #[param(inline)]
    kind: Option<ItemKind>,
    /// 1 is the first; past the end: the last.
    page: Option<u32>,
}

/// A lesson or an episode of the year, with its figures of the unit.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportItem {
    item_id: Uuid,
    kind: ItemKind,
    title: String,
    /// The unit that gave the lesson; the episode's series.
    from_name: String,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    /// The rest of a lesson over midnight at the end of the month before.
    continues: bool,
    /// The viewer organizes it: its table opens.
    can_open: bool,
    invited: i64,
    invited_attended: i64,
    attended: i64,
    excused: i64,
    pending: i64,
    rate_bp: Option<i64>,
    people: i64,
    live_people: i64,
    visits: i64,
    live_visits: i64,
    full: i64,
    half: i64,
    counted_ms: i64,
    hours_milli: i64,
}

/// A page of them, the latest lesson first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReportItems {
    rows: Vec<ReportItem>,
    page: u32,
    /// Rows on all pages.
    total: i64,
    /// There is a next page.
    more: bool,
}

impl ReportItem {
    fn new(row: ItemFigures, viewer: &Viewer) -> Self {
        let ItemFigures {
            item,
            title,
            from_name,
            unit_path,
            started_at,
            ended_at,
            continues,
            pending,
            figures,
        } = row;
        let counts = RollCounts {
            invited: figures.invited,
            invited_attended: figures.invited_attended,
            attended: figures.attended,
            excused: figures.excused,
        };
        Self {
            item_id: item.id,
            kind: item.kind,
            title,
            from_name,
            started_at,
            ended_at,
            continues,
            can_open: viewer.oversees(&unit_path),
            invited: figures.invited,
            invited_attended: figures.invited_attended,
            attended: figures.attended,
            excused: figures.excused,
            pending,
            rate_bp: counts.rate_bp(),
            people: figures.people,
            live_people: figures.live_people,
            visits: figures.visits,
            live_visits: figures.live_visits,
            full: figures.full,
            half: figures.half,
            counted_ms: figures.counted_ms,
            hours_milli: figures.hours_milli,
        }
    }
}

/// The months that were asked for.
pub(super) fn months(year: i64, month: Option<i64>) -> ApiResult<std::ops::Range<i64>> {
    match month {
        None => Ok(year * 12..(year + 1) * 12),
        Some(month @ 1..=12) => Ok(year * 12 + month - 1..year * 12 + month),
        Some(_) => Err(Problem::field("month", "month_wrong", "The month must be between 1 and 12.")),
    }
}

/// The lessons or episodes of a year.
#[utoipa::path(get, path = "/api/console/reports/year/items", tag = "console", params(Which),
    responses((status = OK, body = ReportItems), (status = UNPROCESSABLE_ENTITY, description = "year_wrong, month_wrong")))]
pub(super) async fn items(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<Which>,
) -> ApiResult<Json<ReportItems>> {
    let months = months(checked_year(&app, which.year)?, which.month)?;
    let unit = unit(&app, &viewer, which.unit).await?;
    let _place = place().await?;
    app.results.catch_up(&app.core).await?;
    let lessons = which.kind != Some(ItemKind::Episode);
    let mut number = which.page.unwrap_or(1).max(1);
    let read = async |number| {
        let page = paging::page(number, ROWS);
        app.store.report_items(unit.id, months.clone(), lessons, app.source.now(), COMING_MS, page).await
    };
    let mut found = read(number).await?;
    if found.rows.is_empty() && number > 1 {
        number = paging::last_page(read(1).await?.total, ROWS);
        found = read(number).await?;
    }
    Ok(Json(ReportItems {
        rows: found.rows.into_iter().map(|row| ReportItem::new(row, &viewer)).collect(),
        page: number,
        total: found.total,
        more: found.total > i64::from(number) * ROWS,
    }))
}
