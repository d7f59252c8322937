//! Who was invited to a lesson, who came, and who was excused.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_catalogue::people::NameQuery;
use yunke_store::{
    NewExcuse, Page, RollCounts, RollEntry, RollFilter, RollPage, RollStore, StoreResult, TextEnum as _,
    Unit, UtcMillis, decide,
};

use super::{json, operation::audit, unit::UnitRow};
use crate::db::SqlStore;
use crate::error::failed;

/// A row of the answer: the counts, and somebody; nobody where nobody is found.
struct Row {
    all_invited: i64,
    all_attended: i64,
    both: i64,
    all_excused: i64,
    found: i64,
    user_id: Option<Uuid>,
    name: Option<String>,
    member_no: Option<String>,
    phone: Option<String>,
    invited: Option<bool>,
    attended: Option<bool>,
    excuse: Option<String>,
    b_id: Option<Uuid>,
    b_parent_id: Option<Uuid>,
    b_kind: Option<String>,
    b_name: Option<String>,
    b_path: Option<String>,
}

impl Row {
    fn counts(&self) -> RollCounts {
        RollCounts {
            invited: self.all_invited,
            invited_attended: self.both,
            attended: self.all_attended,
            excused: self.all_excused,
        }
    }

    fn entry(self) -> StoreResult<Option<RollEntry>> {
        let (Some(user_id), Some(name)) = (self.user_id, self.name) else { return Ok(None) };
        let branch = match (self.b_id, self.b_kind, self.b_name, self.b_path) {
            (Some(id), Some(kind), Some(name), Some(path)) => {
                Some(Unit::try_from(UnitRow { id, parent_id: self.b_parent_id, kind, name, path })?)
            }
            _ => None,
        };
        Ok(Some(RollEntry {
            user_id,
            name,
            member_no: self.member_no,
            phone: self.phone,
            branch,
            invited: self.invited.unwrap_or_default(),
            attended: self.attended.unwrap_or_default(),
            excuse: self.excuse,
        }))
    }
}

/// One statement: the counts and the page are of one moment. Units are matched first and people by unit: a lesson of 21,000 takes
/// a tenth of a second. CROSS JOIN keeps SQLite to the order it is written in.
async fn rows(store: &SqlStore, lesson_id: Uuid, filter: &RollFilter, page: Page) -> StoreResult<Vec<Row>> {
    let (within, part, name) = (json(&filter.within), filter.part.as_str(), NameQuery::of(&filter.query));
    sqlx::query_as!(
        Row,
        r#"WITH lesson AS (
               SELECT coalesce(s.started_at, s.planned_start_at) AS from_at,
                      coalesce(s.ended_at, s.planned_end_at) AS until_at, s.unit_id
               FROM lessons s WHERE s.id = $1
           ),
           -- Where each unit stood at the lesson's time. Whoever answers for a unit answers for what was in it then.
           placed AS MATERIALIZED (
               SELECT p.unit_id, p.path FROM lesson CROSS JOIN unit_paths p
               WHERE p.from_at <= lesson.until_at AND (p.to_at IS NULL OR p.to_at > lesson.until_at)
           ),
           scopes AS MATERIALIZED (
               SELECT coalesce(p.path, scope.value) AS path
               FROM json_each($2) AS scope LEFT JOIN units u ON u.path = scope.value
                                           LEFT JOIN placed p ON p.unit_id = u.id
           ),
           mine AS MATERIALIZED (
               SELECT b.id, b.parent_id, b.kind, b.name, p.path FROM placed p CROSS JOIN units b
               WHERE b.id = p.unit_id
                 AND EXISTS (SELECT 1 FROM scopes s WHERE substr(p.path, 1, length(s.path)) = s.path)
           ),
           asked AS MATERIALIZED (
               SELECT p.unit_id AS id FROM placed p
               WHERE EXISTS (SELECT 1 FROM lesson_audience a JOIN placed u ON u.unit_id = a.unit_id
                             WHERE a.lesson_id = $1 AND substr(p.path, 1, length(u.path)) = u.path)
           ),
           -- The last of the memberships that meet the lesson says of which branch somebody was.
           memberships_then AS (
               SELECT m.user_id, m.branch_id, row_number() OVER (PARTITION BY m.user_id ORDER BY m.seq DESC) AS nth
               FROM lesson CROSS JOIN asked b CROSS JOIN memberships m
               WHERE m.branch_id = b.id AND m.from_at <= lesson.until_at
                 AND (m.to_at IS NULL OR m.to_at > lesson.from_at) AND (m.user_id = $7 OR $7 IS NULL)
           ),
           invited AS (SELECT user_id, branch_id FROM memberships_then WHERE nth = 1),
           came AS (
               SELECT o.user_id,
                      (SELECT f.branch_id FROM leases f
                       WHERE f.item_id = $1 AND f.user_id = o.user_id AND f.purpose = 'watch'
                       ORDER BY f.issued_at, f.id LIMIT 1) AS branch_id
               FROM played o WHERE o.item_id = $1 AND (o.user_id = $7 OR $7 IS NULL)
           ),
           everybody AS (
               SELECT i.user_id, coalesce(o.branch_id, i.branch_id) AS branch_id, true AS invited,
                      o.user_id IS NOT NULL AS attended
               FROM invited i LEFT JOIN came o ON o.user_id = i.user_id
               UNION ALL
               SELECT o.user_id, o.branch_id, false, true FROM came o
               WHERE o.user_id NOT IN (SELECT user_id FROM invited)
           ),
           here AS MATERIALIZED (
               SELECT e.user_id, e.branch_id, e.invited, e.attended,
                      CASE WHEN e.invited
                           THEN (SELECT x.reason FROM lesson_excuses x
                                 WHERE x.lesson_id = $1 AND x.user_id = e.user_id) END AS excuse
               FROM lesson CROSS JOIN everybody e
               WHERE coalesce(e.branch_id, lesson.unit_id) IN (SELECT id FROM mine)
           ),
           counts AS (
               SELECT count(*) FILTER (WHERE invited) AS invited, count(*) FILTER (WHERE attended) AS attended,
                      count(*) FILTER (WHERE invited AND attended) AS invited_attended,
                      count(*) FILTER (WHERE excuse IS NOT NULL AND NOT attended) AS excused FROM here
           ),
           found AS (
               SELECT h.user_id, h.invited, h.attended, h.excuse, p.name, p.name_sort, p.member_no, p.phone,
                      b.id AS b_id, b.parent_id AS b_parent_id, b.kind AS b_kind, b.name AS b_name, b.path AS b_path,
                      count(*) OVER () AS found
               FROM here h CROSS JOIN users p LEFT JOIN mine b ON b.id = h.branch_id
               WHERE p.id = h.user_id AND CASE $3 WHEN 'all' THEN true WHEN 'attended' THEN h.attended
                             ELSE NOT h.attended AND ($3 = 'excused') = (h.excuse IS NOT NULL) END
                 AND ($4 = '' OR ($8 <> '' AND instr(p.name_find, $8) > 0)
                      OR ($9 <> '' AND instr(p.name_find, $9) > 0) OR p.member_no = $4
                      OR p.phone IN ($4, '+' || $4) OR (length($4) = 4 AND substr(p.phone, length(p.phone) - 3) = $4))
               ORDER BY b.path IS NULL, b.path, p.name_sort, h.user_id LIMIT $6 OFFSET $5
           )
           SELECT c.invited AS "all_invited!: i64", c.attended AS "all_attended!: i64", c.invited_attended AS "both!: i64",
                  c.excused AS "all_excused!: i64", coalesce(f.found, 0) AS "found!: i64",
                  f.user_id AS "user_id?: Uuid", f.name AS "name?: String", f.member_no AS "member_no?: String",
                  f.phone AS "phone?: String", f.invited AS "invited?: bool", f.attended AS "attended?: bool",
                  f.excuse AS "excuse?: String",
                  f.b_id AS "b_id?: Uuid", f.b_parent_id AS "b_parent_id?: Uuid", f.b_kind AS "b_kind?: String",
                  f.b_name AS "b_name?: String", f.b_path AS "b_path?: String"
           FROM counts c LEFT JOIN found f ON true
           ORDER BY f.b_path IS NULL, f.b_path, f.name_sort, f.user_id"#,
        lesson_id,
        within,
        part,
        filter.query,
        page.offset,
        page.limit,
        filter.user_id,
        name.plain,
        name.reading,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)
}

#[async_trait]
impl RollStore for SqlStore {
    async fn roll(&self, lesson_id: Uuid, filter: &RollFilter, page: Page) -> StoreResult<RollPage> {
        let mut roll = RollPage { entries: Vec::new(), found: 0, counts: RollCounts::default() };
        for row in rows(self, lesson_id, filter, page).await? {
            (roll.found, roll.counts) = (row.found, row.counts());
            roll.entries.extend(row.entry()?);
        }
        Ok(roll)
    }

    async fn excuse(&self, excuse: NewExcuse) -> StoreResult<()> {
        let line = decide::excuse::give(&excuse);
        let NewExcuse { lesson_id, user_id, reason, actor_id, at } = excuse;
        let mut tx = self.begin().await?;
        sqlx::query!(
            "INSERT INTO lesson_excuses (lesson_id, user_id, reason, excused_by, excused_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (lesson_id, user_id) DO UPDATE SET reason = excluded.reason, excused_by = excluded.excused_by,
                 excused_at = excluded.excused_at",
            lesson_id,
            user_id,
            reason,
            actor_id,
            at,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        audit(&mut tx, &line).await?;
        tx.commit().await.map_err(failed)
    }

    async fn take_back_excuse(
        &self,
        lesson_id: Uuid,
        user_id: Uuid,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<bool> {
        let mut tx = self.begin().await?;
        let gone = sqlx::query!(
            "DELETE FROM lesson_excuses WHERE lesson_id = $1 AND user_id = $2",
            lesson_id,
            user_id
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        if gone.rows_affected() == 0 {
            return Ok(false);
        }
        audit(&mut tx, &decide::excuse::take_back(lesson_id, user_id, actor_id, at)).await?;
        tx.commit().await.map_err(failed)?;
        Ok(true)
    }
}
