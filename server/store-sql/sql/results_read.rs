//! Settled results, read: years of units and of members.

use std::ops::Range;

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    BranchProgress, Item, ItemBasis, ItemFigures, ItemKind, Listed, MemberResult, MonthFigures, Page,
    PeopleInMonths, ReportPeopleFilter, ResultDue, ResultFigures, ResultStore, StoreResult, UnitFigures,
    UtcMillis, YearLine, YearPerson, YearTargets,
};

use super::{
    results,
    results_member::{learned, missed},
    results_people::{self, bounded},
};
use crate::db::SqlStore;
use crate::error::failed;

async fn items(
    store: &SqlStore,
    unit_id: Uuid,
    months: Range<i64>,
    lessons: bool,
    (now, coming_ms): (UtcMillis, i64),
    page: Page,
) -> StoreResult<Listed<ItemFigures>> {
    let page = bounded(page);
    let coming_since = now.saturating_sub(coming_ms);
    let rows = sqlx::query!(
        r#"SELECT f.item_id AS "item_id!: Uuid", f.continues AS "continues!: bool", f.invited AS "invited!: i64",
                  f.invited_attended AS "invited_attended!: i64", f.attended AS "attended!: i64", f.excused AS "excused!: i64",
                  f.people AS "people!: i64", f.live_people AS "live_people!: i64", f.visits AS "visits!: i64",
                  f.live_visits AS "live_visits!: i64", f.full_credits AS "full!: i64", f.half_credits AS "half!: i64",
                  f.counted_ms AS "counted_ms!: i64", f.hours_milli AS "hours_milli!: i64",
                  coalesce(s.title, e.title) AS "title!: String", coalesce(su.name, r.title) AS "from_name!: String",
                  coalesce(su.path, ru.path) AS "unit_path!: String",
                  s.started_at AS "started_at?: i64", s.ended_at AS "ended_at?: i64",
                  CASE WHEN c.make_up_ms IS NOT NULL AND s.ended_at + c.make_up_ms > $4 AND (s.replay_ready OR s.ended_at >= $5)
                       THEN f.invited - f.invited_attended - f.excused ELSE 0 END AS "pending!: i64",
                  count(*) OVER () AS "total!: i64"
           FROM result_figures f
                LEFT JOIN lessons s ON s.id = f.item_id LEFT JOIN units su ON su.id = s.unit_id
                LEFT JOIN credit_rules c ON c.id = s.rule_id AND c.version = s.rule_version
                LEFT JOIN episodes e ON e.id = f.item_id LEFT JOIN series r ON r.id = e.series_id LEFT JOIN units ru ON ru.id = r.unit_id
           WHERE f.unit_id = $1 AND f.month >= $2 AND f.month < $3 AND f.lesson = $6
           ORDER BY coalesce(s.started_at, 0) DESC, f.month DESC, coalesce(s.title, e.title), f.item_id LIMIT $7 OFFSET $8"#,
        unit_id,
        months.start,
        months.end,
        now,
        coming_since,
        lessons,
        page.limit,
        page.offset,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)?;
    let total = rows.first().map_or(0, |row| row.total);
    let kind = if lessons { ItemKind::Lesson } else { ItemKind::Episode };
    let rows = rows.into_iter().map(|row| ItemFigures {
        item: Item { kind, id: row.item_id },
        title: row.title,
        from_name: row.from_name,
        unit_path: row.unit_path,
        started_at: row.started_at,
        ended_at: row.ended_at,
        continues: row.continues,
        pending: row.pending,
        figures: ResultFigures {
            invited: row.invited,
            invited_attended: row.invited_attended,
            attended: row.attended,
            excused: row.excused,
            people: row.people,
            live_people: row.live_people,
            visits: row.visits,
            live_visits: row.live_visits,
            full: row.full,
            half: row.half,
            counted_ms: row.counted_ms,
            hours_milli: row.hours_milli,
        },
    });
    Ok(Listed { rows: rows.collect(), total })
}

#[async_trait]
impl ResultStore for SqlStore {
    async fn items_to_settle(&self, limit: i64) -> StoreResult<Vec<ItemBasis>> {
        results::to_settle(self, None, limit).await
    }

    async fn item_basis(&self, item_id: Uuid) -> StoreResult<Option<ItemBasis>> {
        Ok(results::to_settle(self, Some(item_id), 1).await?.pop())
    }

    async fn results_to_come(&self) -> StoreResult<i64> {
        results::to_come(self).await
    }

    async fn results_due(&self, before: UtcMillis, limit: i64) -> StoreResult<Vec<ResultDue>> {
        results::due(self, before, limit).await
    }

    async fn results_due_of(&self, user_id: Uuid, limit: i64) -> StoreResult<Vec<ResultDue>> {
        results::due_of(self, user_id, limit).await
    }

    async fn note_rivals(&self, lesson_id: Uuid, at: UtcMillis) -> StoreResult<()> {
        results::note_rivals(self, lesson_id, at).await
    }

    async fn take_due(&self, due: &[ResultDue]) -> StoreResult<()> {
        results::take(self, due).await
    }

    async fn players(&self, item_id: Uuid, after: Option<Uuid>, limit: i64) -> StoreResult<Vec<Uuid>> {
        results::players(self, item_id, after, limit).await
    }

    async fn keep_results(&self, item_id: Uuid, users: &[Uuid], new: &[MemberResult]) -> StoreResult<()> {
        results::keep(self, item_id, users, new).await
    }

    async fn results_of(&self, item_id: Uuid) -> StoreResult<Vec<MemberResult>> {
        results::of_item(self, item_id).await
    }

    async fn keep_figures(
        &self,
        item: Item,
        figures: &[UnitFigures],
        basis: Option<&str>,
        at: UtcMillis,
    ) -> StoreResult<()> {
        results::keep_figures(self, item, figures, basis, at).await
    }

    async fn settled_due(&self, done: &[ResultDue]) -> StoreResult<()> {
        results::done(self, done).await
    }

    async fn year_figures(
        &self,
        unit_id: Uuid,
        months: Range<i64>,
        now: UtcMillis,
        coming_ms: i64,
    ) -> StoreResult<Vec<MonthFigures>> {
        let coming_since = now.saturating_sub(coming_ms);
        let rows = sqlx::query!(
            r#"WITH open AS MATERIALIZED (
                   SELECT s.id FROM lessons s JOIN credit_rules c ON c.id = s.rule_id AND c.version = s.rule_version
                   WHERE s.phase = 'ended' AND s.ended_at + c.make_up_ms > $4 AND (s.replay_ready OR s.ended_at >= $5))
               SELECT f.unit_id AS "unit_id!: Uuid", f.month AS "month!: i64", f.lesson AS "lesson!: bool",
                      count(*) FILTER (WHERE NOT f.continues) AS "items!: i64",
                      CAST(sum(CASE WHEN f.item_id IN (SELECT id FROM open) THEN f.invited - f.invited_attended - f.excused
                                    ELSE 0 END) AS BIGINT) AS "pending!: i64",
                      CAST(sum(f.invited) AS BIGINT) AS "invited!: i64",
                      CAST(sum(f.invited_attended) AS BIGINT) AS "invited_attended!: i64",
                      CAST(sum(f.attended) AS BIGINT) AS "attended!: i64", CAST(sum(f.excused) AS BIGINT) AS "excused!: i64",
                      CAST(sum(f.people) AS BIGINT) AS "people!: i64", CAST(sum(f.live_people) AS BIGINT) AS "live_people!: i64",
                      CAST(sum(f.visits) AS BIGINT) AS "visits!: i64", CAST(sum(f.live_visits) AS BIGINT) AS "live_visits!: i64",
                      CAST(sum(f.full_credits) AS BIGINT) AS "full!: i64", CAST(sum(f.half_credits) AS BIGINT) AS "half!: i64",
                      CAST(sum(f.counted_ms) AS BIGINT) AS "counted_ms!: i64",
                      CAST(sum(f.hours_milli) AS BIGINT) AS "hours_milli!: i64"
               FROM units u CROSS JOIN result_figures f
               WHERE (u.id = $1 OR u.parent_id = $1) AND f.unit_id = u.id AND f.month >= $2 AND f.month < $3
               GROUP BY f.unit_id, f.month, f.lesson"#,
            unit_id,
            months.start,
            months.end,
            now,
            coming_since,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        let month = rows.into_iter().map(|row| MonthFigures {
            unit_id: row.unit_id,
            month: row.month,
            lesson: row.lesson,
            items: row.items,
            pending: row.pending,
            figures: ResultFigures {
                invited: row.invited,
                invited_attended: row.invited_attended,
                attended: row.attended,
                excused: row.excused,
                people: row.people,
                live_people: row.live_people,
                visits: row.visits,
                live_visits: row.live_visits,
                full: row.full,
                half: row.half,
                counted_ms: row.counted_ms,
                hours_milli: row.hours_milli,
            },
        });
        Ok(month.collect())
    }

    async fn year_people(&self, unit_id: Uuid, year: i64) -> StoreResult<Vec<PeopleInMonths>> {
        sqlx::query_as!(
            PeopleInMonths,
            r#"SELECT p.unit_id AS "unit_id!: Uuid", p.months AS "months!: i64", count(*) AS "people!: i64"
               FROM units u CROSS JOIN result_people p
               WHERE (u.id = $1 OR u.parent_id = $1) AND p.unit_id = u.id AND p.year = $2 AND p.months <> 0
               GROUP BY p.unit_id, p.months"#,
            unit_id,
            year,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }

    async fn year_progress(
        &self,
        path: &str,
        year: i64,
        at: UtcMillis,
        targets: YearTargets,
    ) -> StoreResult<Vec<BranchProgress>> {
        sqlx::query_as!(
            BranchProgress,
            r#"SELECT b.path AS "path!: String", count(*) AS "members!: i64",
                      count(*) FILTER (WHERE p.hours_milli >= $4) AS "reached!: i64",
                      count(*) FILTER (WHERE p.hours_milli >= $5) AS "reached_upper!: i64",
                      CAST(coalesce(sum(p.hours_milli), 0) AS BIGINT) AS "hours_milli!: i64"
               FROM units b CROSS JOIN memberships m
                    LEFT JOIN result_people p ON p.user_id = m.user_id AND p.year = $2
                         AND p.unit_id = (SELECT r.id FROM units r WHERE r.parent_id IS NULL AND substr($1, 1, length(r.path)) = r.path)
               WHERE substr(b.path, 1, length($1)) = $1 AND m.branch_id = b.id
                 AND m.from_at <= $3 AND (m.to_at IS NULL OR m.to_at > $3)
               GROUP BY b.path ORDER BY b.path"#,
            path,
            year,
            at,
            targets.lower,
            targets.upper,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }

    async fn report_items(
        &self,
        unit_id: Uuid,
        months: Range<i64>,
        lessons: bool,
        now: UtcMillis,
        coming_ms: i64,
        page: Page,
    ) -> StoreResult<Listed<ItemFigures>> {
        items(self, unit_id, months, lessons, (now, coming_ms), page).await
    }

    async fn report_people(
        &self,
        filter: &ReportPeopleFilter,
        page: Page,
    ) -> StoreResult<Listed<YearPerson>> {
        results_people::people(self, filter, page).await
    }

    async fn year_of_member(
        &self,
        user_id: Uuid,
        months: Range<i64>,
        span: Range<UtcMillis>,
        limit: i64,
    ) -> StoreResult<Vec<YearLine>> {
        let mut lines = learned(self, user_id, months, limit).await?;
        lines.extend(missed(self, user_id, span, limit).await?);
        // Lessons by time, the latest first; behind them episodes.
        lines.sort_by_key(|line| {
            (line.started_at.is_none(), line.started_at.map(std::cmp::Reverse), line.item.id)
        });
        lines.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(lines)
    }

    async fn years_of_member(&self, user_id: Uuid) -> StoreResult<Vec<i64>> {
        sqlx::query_scalar!(
            r#"SELECT DISTINCT month / 12 AS "year!: i64" FROM results WHERE user_id = $1 ORDER BY 1 DESC"#,
            user_id
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }
}
