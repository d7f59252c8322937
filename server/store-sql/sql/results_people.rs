//! The people a year's figures are made of, by branch, name and id.

use uuid::Uuid;
use yunke_store::{
    Listed, Page, RESULT_ROWS_MAX, ReportPeople, ReportPeopleFilter, StoreResult, TextEnum as _, YearPerson,
};

use crate::db::SqlStore;
use crate::error::failed;

/// A row of a list of people.
struct PersonRow {
    user_id: Uuid,
    name: String,
    member_no: Option<String>,
    branch_name: Option<String>,
    lessons: i64,
    visits: i64,
    counted_ms: i64,
    hours_milli: i64,
    audio_hours_milli: i64,
    total: i64,
}

fn listed(rows: Vec<PersonRow>) -> Listed<YearPerson> {
    let total = rows.first().map_or(0, |row| row.total);
    let person = |row: PersonRow| {
        let PersonRow { user_id, name, member_no, branch_name, lessons, visits, counted_ms, .. } = row;
        let PersonRow { hours_milli, audio_hours_milli, .. } = row;
        YearPerson {
            user_id,
            name,
            member_no,
            branch_name,
            lessons,
            visits,
            counted_ms,
            hours_milli,
            audio_hours_milli,
        }
    };
    Listed { rows: rows.into_iter().map(person).collect(), total }
}

/// At most as many rows as there may be.
pub(super) fn bounded(page: Page) -> Page {
    Page { offset: page.offset.max(0), limit: page.limit.clamp(1, RESULT_ROWS_MAX) }
}

async fn people_counted(
    store: &SqlStore,
    filter: &ReportPeopleFilter,
    page: Page,
) -> StoreResult<Vec<PersonRow>> {
    sqlx::query_as!(
        PersonRow,
        r#"WITH places AS MATERIALIZED (
               SELECT q.user_id, min(b.path) AS path FROM units own CROSS JOIN units b CROSS JOIN result_people q
               WHERE own.id = $1 AND b.kind = 'branch' AND substr(b.path, 1, length(own.path)) = own.path
                 AND q.unit_id = b.id AND q.year = $2 GROUP BY q.user_id),
           here AS MATERIALIZED (
               SELECT p.user_id, p.lessons, p.visits, p.counted_ms, p.hours_milli, p.audio_hours_milli, l.path, u.name, u.member_no
               FROM result_people p CROSS JOIN users u LEFT JOIN places l ON l.user_id = p.user_id
               WHERE u.id = p.user_id AND p.unit_id = $1 AND p.year = $2 AND (p.months & $3) <> 0),
           shown AS (
               SELECT h.*, count(*) OVER () AS total FROM here h
               ORDER BY h.path IS NULL, h.path, h.name, h.user_id LIMIT $4 OFFSET $5)
           SELECT s.user_id AS "user_id!: Uuid", s.name AS "name!: String", s.member_no AS "member_no?: String",
                  (SELECT b.name FROM units b WHERE b.path = s.path) AS "branch_name?: String", s.lessons AS "lessons!: i64",
                  s.visits AS "visits!: i64", s.counted_ms AS "counted_ms!: i64", s.hours_milli AS "hours_milli!: i64",
                  s.audio_hours_milli AS "audio_hours_milli!: i64", s.total AS "total!: i64"
           FROM shown s ORDER BY s.path IS NULL, s.path, s.name, s.user_id"#,
        filter.unit_id,
        filter.year,
        filter.months,
        page.limit,
        page.offset,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)
}

async fn people_then(
    store: &SqlStore,
    filter: &ReportPeopleFilter,
    page: Page,
) -> StoreResult<Vec<PersonRow>> {
    let who = filter.who.as_str();
    sqlx::query_as!(
        PersonRow,
        r#"WITH place AS MATERIALIZED (
               SELECT own.path, (SELECT r.id FROM units r
                                 WHERE r.parent_id IS NULL AND substr(own.path, 1, length(r.path)) = r.path) AS root_id
               FROM units own WHERE own.id = $1),
           here AS (
               SELECT m.user_id, b.path, b.name AS branch_name, coalesce(p.lessons, 0) AS lessons, coalesce(p.visits, 0) AS visits,
                      coalesce(p.counted_ms, 0) AS counted_ms, coalesce(p.hours_milli, 0) AS hours_milli,
                      coalesce(p.audio_hours_milli, 0) AS audio_hours_milli
               FROM place CROSS JOIN units b CROSS JOIN memberships m
                    LEFT JOIN result_people p ON p.user_id = m.user_id AND p.year = $2 AND p.unit_id = place.root_id
               WHERE substr(b.path, 1, length(place.path)) = place.path AND m.branch_id = b.id
                 AND m.from_at <= $3 AND (m.to_at IS NULL OR m.to_at > $3))
           SELECT h.user_id AS "user_id!: Uuid", u.name AS "name!: String", u.member_no AS "member_no?: String",
                  h.branch_name AS "branch_name?: String", h.lessons AS "lessons!: i64", h.visits AS "visits!: i64",
                  h.counted_ms AS "counted_ms!: i64", h.hours_milli AS "hours_milli!: i64",
                  h.audio_hours_milli AS "audio_hours_milli!: i64", count(*) OVER () AS "total!: i64"
           FROM here h JOIN users u ON u.id = h.user_id
           WHERE $4 = 'members' OR ($4 = 'reached' AND h.hours_milli >= $5) OR ($4 = 'reached_upper' AND h.hours_milli >= $6)
              OR ($4 = 'below' AND h.hours_milli < $5)
           ORDER BY h.path, u.name, h.user_id LIMIT $7 OFFSET $8"#,
        filter.unit_id,
        filter.year,
        filter.at,
        who,
        filter.targets.lower,
        filter.targets.upper,
        page.limit,
        page.offset,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)
}

pub(super) async fn people(
    store: &SqlStore,
    filter: &ReportPeopleFilter,
    page: Page,
) -> StoreResult<Listed<YearPerson>> {
    let page = bounded(page);
    let rows = match filter.who {
        ReportPeople::Counted => people_counted(store, filter, page).await?,
        _ => people_then(store, filter, page).await?,
    };
    Ok(listed(rows))
}
