//! Who was invited to a lesson, and who came.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    Page, RollCounts, RollEntry, RollFilter, RollPage, RollStore, StoreResult, TextEnum as _, Unit,
};

use crate::{SqliteStore, error::failed, json, unit::UnitRow};

#[async_trait]
impl RollStore for SqliteStore {
    async fn roll(&self, lesson_id: Uuid, filter: &RollFilter, page: Page) -> StoreResult<RollPage> {
        let (within, part) = (json(&filter.within), filter.part.as_str());
        // One statement: the counts and the page are of one moment.
        let rows = sqlx::query!(
            r#"WITH lesson AS (
                   SELECT coalesce(s.started_at, s.planned_start_at) AS from_at,
                          coalesce(s.ended_at, s.planned_end_at) AS until_at, u.path AS own_path
                   FROM lessons s JOIN units u ON u.id = s.unit_id WHERE s.id = ?1
               ),
               invited AS (
                   SELECT m.user_id, m.branch_id, max(m.seq)
                   FROM lesson, memberships m JOIN units b ON b.id = m.branch_id
                   WHERE m.from_at <= lesson.until_at AND (m.to_at IS NULL OR m.to_at > lesson.from_at)
                     AND EXISTS (SELECT 1 FROM lesson_audience a JOIN units u ON u.id = a.unit_id
                                 WHERE a.lesson_id = ?1 AND substr(b.path, 1, length(u.path)) = u.path)
                   GROUP BY m.user_id
               ),
               played AS (
                   SELECT l.user_id,
                          (SELECT f.branch_id FROM leases f
                           WHERE f.lesson_id = ?1 AND f.user_id = l.user_id AND f.purpose = 'watch'
                           ORDER BY f.issued_at, f.id LIMIT 1) AS branch_id
                   FROM leases l
                   WHERE l.lesson_id = ?1 AND l.purpose = 'watch'
                     AND EXISTS (SELECT 1 FROM beats e WHERE e.lease_id = l.id AND e.to_ms > e.from_ms)
                   GROUP BY l.user_id
               ),
               everybody AS (
                   SELECT i.user_id, coalesce(o.branch_id, i.branch_id) AS branch_id, 1 AS invited,
                          o.user_id IS NOT NULL AS attended
                   FROM invited i LEFT JOIN played o ON o.user_id = i.user_id
                   UNION ALL
                   SELECT o.user_id, o.branch_id, 0, 1 FROM played o
                   WHERE o.user_id NOT IN (SELECT user_id FROM invited)
               ),
               mine AS (
                   SELECT e.user_id, p.name, p.member_no, p.phone, e.invited, e.attended,
                          b.id AS b_id, b.parent_id AS b_parent_id, b.kind AS b_kind, b.name AS b_name, b.path AS b_path
                   FROM lesson, everybody e JOIN users p ON p.id = e.user_id LEFT JOIN units b ON b.id = e.branch_id
                   WHERE EXISTS (SELECT 1 FROM json_each(?2) AS scope
                                 WHERE substr(coalesce(b.path, lesson.own_path), 1, length(scope.value)) = scope.value)
               ),
               counts AS (
                   SELECT coalesce(sum(invited), 0) AS invited, coalesce(sum(attended), 0) AS attended,
                          coalesce(sum(invited AND attended), 0) AS both FROM mine
               ),
               found AS (
                   SELECT mine.*, count(*) OVER () AS found FROM mine
                   WHERE (?3 = 'all' OR (?3 = 'attended') = attended)
                     AND (?4 = '' OR instr(lower(name), lower(?4)) > 0 OR member_no = ?4
                          OR phone IN (?4, '+' || ?4) OR (length(?4) = 4 AND substr(phone, -4) = ?4))
                     AND (?7 IS NULL OR user_id = ?7)
                   ORDER BY b_path IS NULL, b_path, name, user_id LIMIT ?6 OFFSET ?5
               )
               SELECT c.invited AS "all_invited!: i64", c.attended AS "all_attended!: i64", c.both AS "both!: i64",
                      coalesce(f.found, 0) AS "found!: i64",
                      f.user_id AS "user_id?: Uuid", f.name AS "name?: String", f.member_no AS "member_no?: String",
                      f.phone AS "phone?: String", f.invited AS "invited?: bool", f.attended AS "attended?: bool",
                      f.b_id AS "b_id?: Uuid", f.b_parent_id AS "b_parent_id?: Uuid", f.b_kind AS "b_kind?: String",
                      f.b_name AS "b_name?: String", f.b_path AS "b_path?: String"
               FROM counts c LEFT JOIN found f ON true
               ORDER BY f.b_path IS NULL, f.b_path, f.name, f.user_id"#,
            lesson_id,
            within,
            part,
            filter.query,
            page.offset,
            page.limit,
            filter.user_id,
        )
        .fetch_all(&self.read)
        .await
        .map_err(failed)?;
        let mut roll = RollPage { entries: Vec::new(), found: 0, counts: RollCounts::default() };
        for row in rows {
            roll.found = row.found;
            roll.counts = RollCounts {
                invited: row.all_invited,
                invited_attended: row.both,
                attended: row.all_attended,
            };
            // The counts come also where nobody is found.
            let (Some(user_id), Some(name), Some(phone)) = (row.user_id, row.name, row.phone) else {
                continue;
            };
            let branch = match (row.b_id, row.b_kind, row.b_name, row.b_path) {
                (Some(id), Some(kind), Some(name), Some(path)) => {
                    Some(Unit::try_from(UnitRow { id, parent_id: row.b_parent_id, kind, name, path })?)
                }
                _ => None,
            };
            roll.entries.push(RollEntry {
                user_id,
                name,
                member_no: row.member_no,
                phone,
                branch,
                invited: row.invited.unwrap_or_default(),
                attended: row.attended.unwrap_or_default(),
            });
        }
        Ok(roll)
    }
}
