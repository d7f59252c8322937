//! Settled results, written: all rows of a key anew, never a sum in place.

use uuid::Uuid;
use yunke_store::{
    Item, ItemBasis, MemberResult, ResultDue, StoreResult, TextEnum as _, UnitFigures, UtcMillis,
};

use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

/// A row of `results`.
struct ResultRow {
    user_id: Uuid,
    month: i64,
    unit_id: Uuid,
    continues: bool,
    person: bool,
    live_person: bool,
    visits: i64,
    live_visits: i64,
    counted_ms: i64,
    coverage_bp: i64,
    credit: String,
    hours_milli: i64,
}

impl ResultRow {
    fn result(self) -> StoreResult<MemberResult> {
        let credit = word(&self.credit)?;
        let Self { user_id, month, unit_id, continues, person, live_person, visits, live_visits, .. } = self;
        let Self { counted_ms, coverage_bp, hours_milli, .. } = self;
        Ok(MemberResult {
            user_id,
            month,
            unit_id,
            continues,
            person,
            live_person,
            visits,
            live_visits,
            counted_ms,
            coverage_bp,
            credit,
            hours_milli,
        })
    }
}

/// A row that names an item and its basis.
struct BasisRow {
    id: Uuid,
    kind: String,
    unit_id: Uuid,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    basis: String,
    settled: Option<String>,
}

impl BasisRow {
    fn basis(self) -> StoreResult<ItemBasis> {
        let item = Item { kind: word(&self.kind)?, id: self.id };
        let Self { unit_id, started_at, ended_at, basis, settled, .. } = self;
        Ok(ItemBasis { item, unit_id, started_at, ended_at, basis, settled })
    }
}

/// Items to settle: of `only`, or of all whose basis is another. What is judged by says so in figures that grow or move with it.
pub(crate) async fn to_settle(
    store: &SqlStore,
    only: Option<Uuid>,
    limit: i64,
) -> StoreResult<Vec<ItemBasis>> {
    let rows = sqlx::query_as!(
        BasisRow,
        r#"WITH bases AS (
               SELECT s.id, 'lesson' AS kind, s.unit_id, s.started_at, s.ended_at, s.ended_at AS at,
                      '1:' || s.planned_start_at || ':' || s.planned_end_at || ':' || s.started_at || ':' || s.ended_at || ':'
                        || coalesce(CAST(s.zero_at AS TEXT), '') || ':' || coalesce(CAST(s.length_ms AS TEXT), '') || ':'
                        || s.rule_version || ':'
                        || (SELECT count(*) || '/' || coalesce(sum(g.to_ms - g.from_ms), 0) FROM lesson_gaps g WHERE g.lesson_id = s.id)
                        || ':' || (SELECT count(*) FROM replay_edits e WHERE e.lesson_id = s.id) || ':'
                        || (SELECT count(*) || '/' || coalesce(sum(x.excused_at % 1000000007), 0)
                            FROM lesson_excuses x WHERE x.lesson_id = s.id)
                        || ':' || (SELECT count(*) || '/' || coalesce(sum(h.to_at - h.from_at), 0)
                                   FROM media_heard h WHERE h.lesson_id = s.id) AS basis
               FROM lessons s WHERE s.phase = 'ended' AND (s.id = $1 OR $1 IS NULL)
               UNION ALL
               SELECT e.id, 'episode', r.unit_id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), e.created_at,
                      '1:' || e.rule_version || ':' || r.credit || ':' || coalesce(CAST(e.withdrawn_at AS TEXT), '') || ':'
                        || (SELECT count(*) || '/' || coalesce(sum(v.length_ms), 0) || '/' || coalesce(sum(v.settled_at % 1000000007), 0)
                            FROM episode_versions v WHERE v.episode_id = e.id AND v.state = 'ready')
               FROM episodes e JOIN series r ON r.id = e.series_id
               WHERE (e.id = $1 OR $1 IS NULL) AND EXISTS (SELECT 1 FROM played p WHERE p.item_id = e.id))
           SELECT b.id AS "id!: Uuid", b.kind AS "kind!: String", b.unit_id AS "unit_id!: Uuid",
                  b.started_at AS "started_at?: i64", b.ended_at AS "ended_at?: i64", b.basis AS "basis!: String",
                  t.basis AS "settled?: String"
           FROM bases b LEFT JOIN settled_items t ON t.item_id = b.id
           WHERE $1 IS NOT NULL OR t.basis IS NULL OR t.basis <> b.basis
           ORDER BY b.at DESC, b.id LIMIT $2"#,
        only,
        limit,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)?;
    rows.into_iter().map(BasisRow::basis).collect()
}

/// Members with evidence that is not in the results.
pub(crate) async fn to_come(store: &SqlStore) -> StoreResult<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!: i64" FROM results_due"#)
        .fetch_one(&store.read())
        .await
        .map_err(failed)
}

struct DueRow {
    item_id: Uuid,
    kind: String,
    user_id: Uuid,
    since: i64,
}

impl DueRow {
    fn due(self) -> StoreResult<ResultDue> {
        let item = Item { kind: word(&self.kind)?, id: self.item_id };
        Ok(ResultDue { item, user_id: self.user_id, since: self.since })
    }
}

pub(crate) async fn due(store: &SqlStore, before: UtcMillis, limit: i64) -> StoreResult<Vec<ResultDue>> {
    let rows = sqlx::query_as!(
        DueRow,
        r#"SELECT d.item_id AS "item_id!: Uuid", i.kind AS "kind!: String", d.user_id AS "user_id!: Uuid", d.since AS "since!: i64"
           FROM results_due d JOIN items i ON i.id = d.item_id
           WHERE d.since < $1 ORDER BY d.since, d.item_id, d.user_id LIMIT $2"#,
        before,
        limit,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)?;
    rows.into_iter().map(DueRow::due).collect()
}

pub(crate) async fn due_of(store: &SqlStore, user_id: Uuid, limit: i64) -> StoreResult<Vec<ResultDue>> {
    let rows = sqlx::query_as!(
        DueRow,
        r#"WITH found AS (
               SELECT d.item_id, d.since FROM results_due d WHERE d.user_id = $1
               UNION ALL
               SELECT DISTINCT l.item_id, CAST(0 AS BIGINT)
               FROM leases l LEFT JOIN lessons s ON s.id = l.item_id
               WHERE l.user_id = $1 AND l.purpose = 'watch' AND (s.id IS NULL OR s.phase = 'ended')
                 AND EXISTS (SELECT 1 FROM played p WHERE p.item_id = l.item_id AND p.user_id = l.user_id)
                 AND NOT EXISTS (SELECT 1 FROM results r WHERE r.item_id = l.item_id AND r.user_id = l.user_id)
                 AND NOT EXISTS (SELECT 1 FROM results_due d WHERE d.item_id = l.item_id AND d.user_id = l.user_id))
           SELECT f.item_id AS "item_id!: Uuid", i.kind AS "kind!: String", u.id AS "user_id!: Uuid", f.since AS "since!: i64"
           FROM found f JOIN items i ON i.id = f.item_id JOIN users u ON u.id = $1 ORDER BY f.since, f.item_id LIMIT $2"#,
        user_id,
        limit,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)?;
    rows.into_iter().map(DueRow::due).collect()
}

pub(crate) async fn players(
    store: &SqlStore,
    item_id: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> StoreResult<Vec<Uuid>> {
    let after = after.unwrap_or_default();
    sqlx::query_scalar!(
        r#"SELECT user_id AS "user_id!: Uuid" FROM played WHERE item_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3"#,
        item_id,
        after,
        limit
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)
}

pub(crate) async fn keep(
    store: &SqlStore,
    item_id: Uuid,
    users: &[Uuid],
    results: &[MemberResult],
) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    for user_id in users {
        sqlx::query!("DELETE FROM results WHERE item_id = $1 AND user_id = $2", item_id, user_id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
    }
    for result in results {
        insert(&mut tx, item_id, result).await?;
    }
    for user_id in users {
        add_up(&mut tx, *user_id).await?;
    }
    tx.commit().await.map_err(failed)
}

async fn insert(on: &mut Connection, item_id: Uuid, result: &MemberResult) -> StoreResult<()> {
    let credit = result.credit.as_str();
    sqlx::query!(
        "INSERT INTO results (item_id, user_id, month, unit_id, continues, person, live_person, visits, live_visits, counted_ms,
                              coverage_bp, credit, hours_milli)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        item_id,
        result.user_id,
        result.month,
        result.unit_id,
        result.continues,
        result.person,
        result.live_person,
        result.visits,
        result.live_visits,
        result.counted_ms,
        result.coverage_bp,
        credit,
        result.hours_milli,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

/// A member's years, from all their results. A unit counts what its branches do.
async fn add_up(on: &mut Connection, user_id: Uuid) -> StoreResult<()> {
    sqlx::query!("DELETE FROM result_people WHERE user_id = $1", user_id)
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    sqlx::query!(
        "WITH RECURSIVE above (from_id, unit_id) AS (
             SELECT DISTINCT r.unit_id, r.unit_id FROM results r WHERE r.user_id = $1
             UNION
             SELECT a.from_id, u.parent_id FROM above a JOIN units u ON u.id = a.unit_id WHERE u.parent_id IS NOT NULL)
         INSERT INTO result_people (unit_id, year, user_id, months, lessons, visits, counted_ms, hours_milli, audio_hours_milli)
         SELECT a.unit_id, r.month / 12, r.user_id,
                CAST(sum(DISTINCT CASE WHEN r.person AND i.kind = 'lesson' THEN CAST(1 AS BIGINT) << CAST(r.month % 12 AS INTEGER) ELSE 0 END) AS BIGINT),
                count(*) FILTER (WHERE i.kind = 'lesson' AND NOT r.continues),
                CAST(sum(CASE WHEN i.kind = 'lesson' THEN r.visits ELSE 0 END) AS BIGINT),
                CAST(sum(r.counted_ms) AS BIGINT), CAST(sum(r.hours_milli) AS BIGINT),
                CAST(sum(CASE WHEN i.kind = 'episode' THEN r.hours_milli ELSE 0 END) AS BIGINT)
         FROM results r JOIN above a ON a.from_id = r.unit_id JOIN items i ON i.id = r.item_id
         WHERE r.user_id = $1 GROUP BY a.unit_id, r.month / 12, r.user_id",
        user_id
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(crate) async fn of_item(store: &SqlStore, item_id: Uuid) -> StoreResult<Vec<MemberResult>> {
    let rows = sqlx::query_as!(
        ResultRow,
        r#"SELECT user_id AS "user_id!: Uuid", month AS "month!: i64", unit_id AS "unit_id!: Uuid",
                  continues AS "continues!: bool", person AS "person!: bool", live_person AS "live_person!: bool",
                  visits AS "visits!: i64", live_visits AS "live_visits!: i64", counted_ms AS "counted_ms!: i64",
                  coverage_bp AS "coverage_bp!: i64", credit AS "credit!: String", hours_milli AS "hours_milli!: i64"
           FROM results WHERE item_id = $1 ORDER BY user_id, month"#,
        item_id
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)?;
    rows.into_iter().map(ResultRow::result).collect()
}

pub(crate) async fn keep_figures(
    store: &SqlStore,
    item: Item,
    figures: &[UnitFigures],
    basis: Option<&str>,
    at: UtcMillis,
) -> StoreResult<()> {
    let lesson = item.kind == yunke_store::ItemKind::Lesson;
    let mut tx = store.begin().await?;
    sqlx::query!("DELETE FROM result_figures WHERE item_id = $1", item.id)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    for UnitFigures { unit_id, month, continues, figures } in figures {
        sqlx::query!(
            "INSERT INTO result_figures (unit_id, month, item_id, lesson, continues, invited, invited_attended, attended, excused,
                                         people, live_people, visits, live_visits, full_credits, half_credits, counted_ms,
                                         hours_milli)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            unit_id,
            month,
            item.id,
            lesson,
            continues,
            figures.invited,
            figures.invited_attended,
            figures.attended,
            figures.excused,
            figures.people,
            figures.live_people,
            figures.visits,
            figures.live_visits,
            figures.full,
            figures.half,
            figures.counted_ms,
            figures.hours_milli,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    if let Some(basis) = basis {
        sqlx::query!(
            "INSERT INTO settled_items (item_id, basis, settled_at) VALUES ($1, $2, $3)
             ON CONFLICT (item_id) DO UPDATE SET basis = excluded.basis, settled_at = excluded.settled_at",
            item.id,
            basis,
            at,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    tx.commit().await.map_err(failed)
}

pub(crate) async fn note_rivals(store: &SqlStore, lesson_id: Uuid, at: UtcMillis) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    sqlx::query!(
        "INSERT INTO results_due (item_id, user_id, since, taken)
         SELECT DISTINCT l.item_id, l.user_id, CAST($2 AS BIGINT), false
         FROM lessons s CROSS JOIN played p CROSS JOIN leases l
         WHERE s.id = $1 AND s.phase = 'ended' AND p.item_id = s.id AND l.user_id = p.user_id AND l.item_id <> s.id
           AND l.purpose = 'watch' AND l.issued_at <= s.ended_at
           AND EXISTS (SELECT 1 FROM results r WHERE r.item_id = l.item_id AND r.user_id = l.user_id)
           AND EXISTS (SELECT 1 FROM beats b WHERE b.lease_id = l.id AND b.received_at BETWEEN s.started_at AND s.ended_at)
         ON CONFLICT (item_id, user_id) DO UPDATE SET taken = false WHERE results_due.taken",
        lesson_id,
        at,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    tx.commit().await.map_err(failed)
}

pub(crate) async fn take(store: &SqlStore, due: &[ResultDue]) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    for one in due {
        sqlx::query!(
            "UPDATE results_due SET taken = true WHERE item_id = $1 AND user_id = $2",
            one.item.id,
            one.user_id,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    tx.commit().await.map_err(failed)
}

pub(crate) async fn done(store: &SqlStore, done: &[ResultDue]) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    for one in done {
        sqlx::query!(
            "DELETE FROM results_due WHERE item_id = $1 AND user_id = $2 AND taken",
            one.item.id,
            one.user_id,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    tx.commit().await.map_err(failed)
}
