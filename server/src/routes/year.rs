//! `GET /api/me/year`, `GET /api/me/data`: a member's year, line by line with what of it counts, why not more, and until when it can
//! be made up for; and all of one's own record as a file.

use std::cmp::Reverse;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{ItemKind, ResultCredit, UtcMillis, YearLine};

use super::{extract::Query, lessons::card::COMING_MS};
use crate::{
    auth::Viewer,
    calendar::{local_day, start_of_month, year_of},
    evidence::{CreditWord, SlowDown, Standing},
    problem::{ApiResult, Problem},
    results::TARGETS,
    state::AppState,
};

/// Lines of a year at most: many times what there is.
const LINES: i64 = 2_000;

/// Years there may be something of.
const YEARS: std::ops::RangeInclusive<i64> = 2000..=2100;

/// Which year.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// A calendar year of Asia/Shanghai; the one that is unless given.
    year: Option<i64>,
}

/// A member's year. The hours of its lines add up to its own.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberYear {
    year: i64,
    /// Years there is something of, and this one; the latest first.
    years: Vec<i64>,
    member_id: Uuid,
    name: String,
    branch_name: Option<String>,
    /// 学时 × 1000.
    hours_milli: i64,
    /// Of them, of episodes.
    audio_hours_milli: i64,
    /// What a member is to have.
    target_hours_milli: i64,
    /// What a branch secretary is to have.
    target_upper_hours_milli: i64,
    attended: i64,
    pending: i64,
    absent: i64,
    excused: i64,
    /// The latest lesson first, behind them episodes.
    lines: Vec<MemberYearLine>,
    /// Some of it is still being counted.
    to_come: bool,
}

/// A lesson or an episode of a member's year.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct MemberYearLine {
    item_id: Uuid,
    kind: ItemKind,
    title: String,
    /// Who gave the lesson; the episode's series.
    from_name: String,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    /// The rest of a lesson over midnight at the end of the year before.
    continues: bool,
    standing: Standing,
    credit: CreditWord,
    /// Hundredths of a percent.
    coverage_bp: i64,
    counted_ms: i64,
    hours_milli: i64,
    visits: i64,
    /// Why not more: `null` for full credit, else `half`, `below_half`, `nothing`, `pending`, `absent` or `excused`.
    #[schema(value_type = Option<String>)]
    reason: Option<&'static str>,
    /// Until then the replay makes up for what is missing; null: there is none any more, or nothing is missing.
    make_up_until: Option<i64>,
    /// The member can open it now.
    can_watch: bool,
    /// The organizer who asks can open its evidence.
    can_open: bool,
}

/// Who reads it.
pub(super) enum Reader<'a> {
    Member,
    Organizer(&'a Viewer),
}

fn reason(line: &YearLine, standing: Standing) -> Option<&'static str> {
    match (standing, &line.result) {
        (Standing::Attended, Some(result)) => match result.credit {
            ResultCredit::Full => None,
            ResultCredit::Half => Some("half"),
            ResultCredit::None if result.counted_ms == 0 => Some("nothing"),
            ResultCredit::None => Some("below_half"),
        },
        (Standing::Pending, _) => Some("pending"),
        (Standing::Excused, _) => Some("excused"),
        (Standing::Attended | Standing::Absent, _) => Some("absent"),
    }
}

impl MemberYearLine {
    fn new(line: YearLine, now: UtcMillis, reader: &Reader<'_>) -> Self {
        let lesson = line.item.kind == ItemKind::Lesson;
        // A replay that is hidden at present may be opened, and one may still come.
        let replay = line.replay_ready || line.ended_at.is_some_and(|ended_at| now - ended_at <= COMING_MS);
        let until = line.ended_at.map(|ended_at| ended_at.saturating_add(line.make_up_ms));
        let open = until.filter(|until| lesson && replay && now < *until);
        let standing = match (&line.result, &line.excuse, open) {
            (Some(_), _, _) => Standing::Attended,
            (None, Some(_), _) => Standing::Excused,
            (None, None, Some(_)) => Standing::Pending,
            (None, None, None) => Standing::Absent,
        };
        let credit = line.result.as_ref().map_or(ResultCredit::None, |result| result.credit);
        let can_watch = line.may_watch && (!lesson || (line.replay_ready && !line.hidden));
        let of = |what: fn(&yunke_store::MemberResult) -> i64| line.result.as_ref().map_or(0, what);
        Self {
            item_id: line.item.id,
            kind: line.item.kind,
            from_name: line.from_name.clone(),
            started_at: line.started_at,
            ended_at: line.ended_at,
            continues: line.result.as_ref().is_some_and(|result| result.continues),
            standing,
            credit: match credit {
                ResultCredit::None => CreditWord::None,
                ResultCredit::Half => CreditWord::Half,
                ResultCredit::Full => CreditWord::Full,
            },
            coverage_bp: of(|result| result.coverage_bp),
            counted_ms: of(|result| result.counted_ms),
            hours_milli: of(|result| result.hours_milli),
            visits: of(|result| result.visits),
            reason: reason(&line, standing),
            make_up_until: open.filter(|_| credit != ResultCredit::Full && can_watch),
            can_watch,
            can_open: match reader {
                Reader::Member => false,
                Reader::Organizer(viewer) => {
                    lesson && line.result.is_some() && viewer.oversees(&line.unit_path)
                }
            },
            title: line.title,
        }
    }
}

/// A member's year, as of now.
pub(super) async fn member_year(
    app: &AppState,
    (user, name, branch_name): (Uuid, String, Option<String>),
    year: i64,
    reader: Reader<'_>,
) -> ApiResult<MemberYear> {
    let to_come = app.results.catch_up_member(&app.core, user).await?;
    let months = year * 12..(year + 1) * 12;
    let span = start_of_month(months.start)..start_of_month(months.end);
    let now = app.source.now();
    let lines = app.store.year_of_member(user, months, span, LINES).await?;
    let lines: Vec<MemberYearLine> =
        lines.into_iter().map(|line| MemberYearLine::new(line, now, &reader)).collect();
    let mut years = app.store.years_of_member(user).await?;
    years.extend([year, this_year(app)]);
    years.sort_unstable_by_key(|year| Reverse(*year));
    years.dedup();
    let count = |standing: Standing| {
        let once = |line: &&MemberYearLine| {
            line.kind == ItemKind::Lesson && !line.continues && line.standing == standing
        };
        i64::try_from(lines.iter().filter(once).count()).unwrap_or(i64::MAX)
    };
    let hours = |which: fn(&MemberYearLine) -> bool| -> i64 {
        lines.iter().filter(|line| which(line)).map(|line| line.hours_milli).sum()
    };
    Ok(MemberYear {
        year,
        years,
        member_id: user,
        name,
        branch_name,
        hours_milli: hours(|_| true),
        audio_hours_milli: hours(|line| line.kind == ItemKind::Episode),
        target_hours_milli: TARGETS.lower,
        target_upper_hours_milli: TARGETS.upper,
        attended: count(Standing::Attended),
        pending: count(Standing::Pending),
        absent: count(Standing::Absent),
        excused: count(Standing::Excused),
        lines,
        to_come,
    })
}

/// The year that is by the wall clock, as all dates people read.
pub(in crate::routes) fn this_year(app: &AppState) -> i64 {
    i64::from(year_of(app.source.wall()).0)
}

/// The year that was asked for.
pub(in crate::routes) fn checked_year(app: &AppState, year: Option<i64>) -> ApiResult<i64> {
    let year = year.unwrap_or_else(|| this_year(app));
    if YEARS.contains(&year) {
        return Ok(year);
    }
    Err(Problem::field("year", "year_wrong", "The year must be between 2000 and 2100."))
}

async fn own(app: &AppState, viewer: &Viewer, year: i64) -> ApiResult<MemberYear> {
    let user = &viewer.user;
    let branch = user.branch.as_ref().map(|branch| branch.name.clone());
    member_year(app, (user.id, user.name.clone(), branch), year, Reader::Member).await
}

fn slow_down(retry_s: u64) -> Problem {
    let sentence = "Your record was asked for too often in a short time. Wait a moment, then try again.";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", sentence).retry_after(retry_s)
}

/// One's own year.
#[utoipa::path(get, path = "/api/me/year", tag = "account", params(Which),
    responses((status = OK, body = MemberYear), (status = UNPROCESSABLE_ENTITY, description = "year_wrong"),
              (status = TOO_MANY_REQUESTS, description = "slow_down: too many of these at once")))]
pub(super) async fn my_year(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<Which>,
) -> ApiResult<Json<MemberYear>> {
    let year = checked_year(&app, which.year)?;
    let turn = app.rooms.limits().turn(viewer.user.id).await;
    let _turn = turn.map_err(|SlowDown { retry_s }| slow_down(retry_s))?;
    Ok(Json(own(&app, &viewer, year).await?))
}

/// All of one's own record.
#[derive(Debug, Serialize)]
struct OwnData {
    /// What this file is, for whoever opens it.
    about: &'static str,
    made_at: String,
    name: String,
    phone: Option<String>,
    member_no: Option<String>,
    branch: Option<String>,
    years: Vec<MemberYear>,
}

/// One's own record as a file: who one is, and each lesson and episode with what of it counts. Times are UTC milliseconds.
#[utoipa::path(get, path = "/api/me/data", tag = "account",
    responses((status = OK, description = "A JSON file.", content_type = "application/json"),
              (status = TOO_MANY_REQUESTS, description = "slow_down: too many of these at once")))]
pub(super) async fn my_data(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Response> {
    let turn = app.rooms.limits().turn(viewer.user.id).await;
    let _turn = turn.map_err(|SlowDown { retry_s }| slow_down(retry_s))?;
    let user = &viewer.user;
    let mut all = vec![own(&app, &viewer, this_year(&app)).await?];
    for year in all[0].years.clone().into_iter().skip(1) {
        all.push(own(&app, &viewer, year).await?);
    }
    let day = local_day(app.source.wall());
    let data = OwnData {
        about: "本人的学习记录 My own record. counted_ms: milliseconds that count; hours_milli: credit hours × 1000; coverage_bp: hundredths of a percent; times: UTC milliseconds.",
        made_at: day.clone(),
        name: user.name.clone(),
        phone: user.phone.clone(),
        member_no: user.member_no.clone(),
        branch: user.branch.as_ref().map(|branch| branch.name.clone()),
        years: all,
    };
    let body = serde_json::to_vec_pretty(&data).map_err(Problem::internal)?;
    let name = HeaderValue::from_str(&format!("attachment; filename=\"my-record-{day}.json\""))
        .map_err(Problem::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, body).into_response())
}
