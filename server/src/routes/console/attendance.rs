//! `GET /api/console/lessons/{id}/attendance`: everybody who was invited to a lesson or came to it.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{Lesson, Page, RollCounts, RollEntry, RollFilter, RollPage, RollPart};

use crate::{
    attendance::CreditLevel,
    auth::{LessonScope, Viewer},
    evidence::{AttendanceRow, CreditWord, Levels, Records, Window},
    problem::{ApiResult, Problem},
    routes::{extract::Query, lessons::card::replay_to_come, paging},
    state::AppState,
};

/// Rows of a page.
const ROWS: i64 = 50;

/// Which part of the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    All,
    Attended,
    /// 待定: has not come, and still can.
    Pending,
    /// 未参加.
    Absent,
    /// 请假, and did not come.
    Excused,
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    #[param(inline)]
    part: Option<Part>,
    /// Of those who came, who has this much credit. Which they are may be some seconds old; the rows never are.
    #[param(inline)]
    credit: Option<CreditWord>,
    /// Part of the name, also in pinyin or by initials, the 成员编号, the whole phone number or its last four digits.
    q: Option<String>,
    /// 1 is the first; past the end the last page is answered.
    page: Option<u32>,
}

/// A page of attendance, ordered by branch and name. The counts are of everybody in the organizer's part of the tree, whatever
/// part is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttendancePage {
    rows: Vec<AttendanceRow>,
    /// The page that is answered.
    page: u32,
    /// Rows on all pages.
    total: i64,
    #[serde(flatten)]
    counts: AttendanceCounts,
    /// Who came, by credit; only where it was asked for.
    credits: Option<CreditCounts>,
    /// There is a next page.
    more: bool,
}

/// How many there are: `invited` = those of them who attended + pending + absent + excused.
#[derive(Debug, Serialize, ToSchema)]
struct AttendanceCounts {
    /// 应到: members of the invited branches at the lesson's time.
    invited: i64,
    /// Who played some of it, invited or not.
    attended: i64,
    /// 待定: invited, not excused, played nothing yet, and still can.
    pending: i64,
    /// 未参加: the same once nobody can any more.
    absent: i64,
    /// 请假: invited, excused, and played nothing.
    excused: i64,
    /// 参学率 in hundredths of a percent: of the invited who attended ÷ (invited − excused). Null: nobody is expected.
    rate_bp: Option<i64>,
    /// Until when the replay is there to make up for the lesson; null: the lesson is not over, or that is.
    pending_until: Option<i64>,
}

impl AttendanceCounts {
    fn new(counts: RollCounts, window: Window) -> Self {
        let missing = counts.missing();
        let (pending, absent) = if window.is_open() { (missing, 0) } else { (0, missing) };
        Self {
            invited: counts.invited,
            attended: counts.attended,
            pending,
            absent,
            excused: counts.excused,
            rate_bp: counts.rate_bp(),
            pending_until: window.until(),
        }
    }
}

/// Who came, by credit, at a moment.
#[derive(Debug, Serialize, ToSchema)]
struct CreditCounts {
    full: usize,
    half: usize,
    none: usize,
    /// UTC milliseconds.
    at: i64,
}

impl From<&Levels> for CreditCounts {
    fn from(levels: &Levels) -> Self {
        Self {
            full: levels.count(CreditLevel::Full),
            half: levels.count(CreditLevel::Half),
            none: levels.count(CreditLevel::None),
            at: levels.at,
        }
    }
}

/// Attendance of a lesson: everybody of the organizer's part of the tree who was invited or came.
#[utoipa::path(get, path = "/api/console/lessons/{id}/attendance", tag = "console",
    params(("id" = uuid::Uuid, Path), Which), responses((status = OK, body = AttendancePage)))]
pub(super) async fn attendance(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Query(which): Query<Which>,
) -> ApiResult<Json<AttendancePage>> {
    let query = paging::query(which.q)?;
    let lesson = scope.lesson;
    let window = window(&app, &lesson);
    // Nobody is absent as long as somebody is pending, and the other way round.
    let part = match which.part.unwrap_or(Part::All) {
        Part::All if which.credit.is_some() => Some(RollPart::Attended),
        Part::All => Some(RollPart::All),
        Part::Attended => Some(RollPart::Attended),
        Part::Excused => Some(RollPart::Excused),
        Part::Pending => window.is_open().then_some(RollPart::Missing),
        Part::Absent => (!window.is_open()).then_some(RollPart::Missing),
    };
    let within = viewer.overseen_paths();
    let asked = RollFilter { within, part: part.unwrap_or(RollPart::Missing), query, user_id: None };
    let mut page = which.page.unwrap_or(1).max(1);
    let (roll, credits) = match (part, which.credit) {
        (None, _) => {
            page = 1;
            let counts = app.store.roll(lesson.id, &asked, Page { offset: 0, limit: 0 }).await?.counts;
            (RollPage { entries: Vec::new(), found: 0, counts }, None)
        }
        (Some(_), None) => (paged(&app, &lesson, &asked, &mut page).await?, None),
        (Some(_), Some(credit)) => {
            let (roll, levels) = with_credit(&app, &lesson, &asked, credit, &mut page).await?;
            (roll, Some(CreditCounts::from(levels.as_ref())))
        }
    };
    let came: Vec<Uuid> =
        roll.entries.iter().filter(|entry| entry.attended).map(|entry| entry.user_id).collect();
    let mut records = Records::new(app.store.clone(), &lesson, app.source.now()).await?;
    let records = records.of_all(&came).await?;
    let record = |entry: &RollEntry| records.iter().find(|record| record.evidence.user_id == entry.user_id);
    let rows =
        roll.entries.iter().map(|entry| AttendanceRow::on_roll(entry, record(entry), window)).collect();
    Ok(Json(AttendancePage {
        rows,
        page,
        total: roll.found,
        counts: AttendanceCounts::new(roll.counts, window),
        credits,
        more: roll.found > i64::from(page) * ROWS,
    }))
}

/// Whether one can still come to a lesson.
pub(crate) fn window(app: &AppState, lesson: &Lesson) -> Window {
    let now = app.source.now();
    let ready = lesson.replay_ready || app.media.facts(lesson, now).replay_ready;
    Window::of(lesson, replay_to_come(lesson, ready, now), now)
}

/// A page of the roll; past the end it is the last one, and `page` says so.
async fn paged(app: &AppState, lesson: &Lesson, asked: &RollFilter, page: &mut u32) -> ApiResult<RollPage> {
    let mut roll = app.store.roll(lesson.id, asked, paging::page(*page, ROWS)).await?;
    if roll.entries.is_empty() && *page > 1 {
        // How many there are stands only in a page that has some.
        let found = app.store.roll(lesson.id, asked, Page { offset: 0, limit: 1 }).await?.found;
        *page = paging::last_page(found, ROWS);
        roll = app.store.roll(lesson.id, asked, paging::page(*page, ROWS)).await?;
    }
    Ok(roll)
}

/// The same of those who came and have this much credit.
async fn with_credit(
    app: &AppState,
    lesson: &Arc<Lesson>,
    asked: &RollFilter,
    credit: CreditWord,
    page: &mut u32,
) -> ApiResult<(RollPage, Arc<Levels>)> {
    let everybody = Page { offset: 0, limit: i64::MAX };
    // Names and branches, not evidence: of a lesson of 21,000 that is a few megabytes.
    let all = RollFilter { query: String::new(), part: RollPart::Attended, ..asked.clone() };
    let members = app.store.roll(lesson.id, &all, everybody).await?;
    let ids = members.entries.iter().map(|entry| entry.user_id).collect();
    let records = Records::new(app.store.clone(), lesson, app.source.now()).await?;
    let levels = app.kept_levels.of(&app.core, lesson.id, asked.within.clone(), ids, records).await?;
    let levels = levels
        .ok_or_else(|| Problem::unavailable("busy", "The server is stopping. Try again in a moment.", 5))?;
    let mut roll = if asked.query.is_empty() && asked.part == RollPart::Attended {
        members
    } else {
        app.store.roll(lesson.id, asked, everybody).await?
    };
    roll.entries.retain(|entry| {
        entry.attended && levels.of(entry.user_id).is_some_and(|level| CreditWord::from(level) == credit)
    });
    roll.found = i64::try_from(roll.entries.len()).unwrap_or(i64::MAX);
    *page = (*page).min(paging::last_page(roll.found, ROWS));
    let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let skipped = usize::try_from(*page - 1).unwrap_or(usize::MAX).saturating_mul(rows);
    roll.entries = roll.entries.into_iter().skip(skipped).take(rows).collect();
    Ok((roll, levels))
}
