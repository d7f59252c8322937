//! Leases, and what is asked about a lesson's or a member's evidence.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    Appended, Attendee, BeatRow, EvidenceMark, EvidenceStore, Heard, Item, LeaseDelivery, LeaseRow,
    MemberEvidence, Page, PastEvidence, RoomDigest, StoreResult, UtcMillis,
};

use super::{beats, deliveries, digests, json, leases, marks, past, unit};
use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

/// A row of `leases`.
struct Row {
    id: Uuid,
    item_id: Uuid,
    kind: String,
    user_id: Uuid,
    branch_id: Option<Uuid>,
    purpose: String,
    device: String,
    issued_at: i64,
    expires_at: i64,
}

impl Row {
    fn lease(self) -> StoreResult<LeaseRow> {
        Ok(LeaseRow {
            id: self.id,
            item: Item { kind: word(&self.kind)?, id: self.item_id },
            user_id: self.user_id,
            branch_id: self.branch_id,
            purpose: word(&self.purpose)?,
            device: word(&self.device)?,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
        })
    }
}

async fn one_member(
    on: &mut Connection,
    item_id: Uuid,
    user_id: Uuid,
    heard: &[(UtcMillis, UtcMillis)],
) -> StoreResult<Option<MemberEvidence>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT l.id, l.item_id, i.kind, l.user_id, l.branch_id, l.purpose, l.device, l.issued_at, l.expires_at
         FROM leases l JOIN items i ON i.id = l.item_id
         WHERE l.item_id = $1 AND l.user_id = $2 AND l.purpose = 'watch' ORDER BY l.issued_at, l.id",
        item_id,
        user_id
    )
    .fetch_all(&mut *on)
    .await
    .map_err(failed)?;
    let leases: Vec<LeaseRow> = rows.into_iter().map(Row::lease).collect::<StoreResult<_>>()?;
    let Some(first) = leases.first() else { return Ok(None) };
    let person = sqlx::query!("SELECT name, member_no, phone FROM users WHERE id = $1", user_id)
        .fetch_one(&mut *on)
        .await
        .map_err(failed)?;
    let branch = match first.branch_id {
        Some(id) => unit::unit(on, id).await?,
        None => None,
    };
    Ok(Some(MemberEvidence {
        user_id,
        name: person.name,
        member_no: person.member_no,
        phone: person.phone,
        branch,
        leases,
        beats: beats::of_member(on, item_id, user_id).await?,
        delivered: deliveries::of_member(on, item_id, user_id).await?,
        behind_edge: deliveries::behind_edge(on, item_id, user_id).await?,
        heard: heard.to_vec(),
    }))
}

#[async_trait]
impl EvidenceStore for SqlStore {
    async fn issue_lease(&self, lease: LeaseRow) -> StoreResult<Vec<Uuid>> {
        leases::issue(self, &lease).await
    }

    async fn lease_is_superseded(&self, id: Uuid) -> StoreResult<bool> {
        leases::is_superseded(self, id).await
    }

    async fn lease(&self, id: Uuid) -> StoreResult<Option<LeaseRow>> {
        sqlx::query_as!(
            Row,
            "SELECT l.id, l.item_id, i.kind, l.user_id, l.branch_id, l.purpose, l.device, l.issued_at, l.expires_at
             FROM leases l JOIN items i ON i.id = l.item_id WHERE l.id = $1",
            id
        )
        .fetch_optional(&self.read())
        .await
        .map_err(failed)?
        .map(Row::lease)
        .transpose()
    }

    async fn append_beats(
        &self,
        run_id: Uuid,
        at: UtcMillis,
        beats: &[BeatRow],
    ) -> StoreResult<Vec<Appended>> {
        beats::append(self, run_id, at, beats).await
    }

    async fn keep_deliveries(&self, delivered: &[LeaseDelivery], heard: &[Heard]) -> StoreResult<()> {
        deliveries::keep(self, delivered, heard).await
    }

    async fn media_heard(&self, lesson_id: Uuid) -> StoreResult<Vec<(UtcMillis, UtcMillis)>> {
        let mut on = self.read().acquire().await.map_err(failed)?;
        deliveries::heard(&mut on, lesson_id).await
    }

    async fn attendees(&self, lesson_id: Uuid, paths: Option<&[String]>) -> StoreResult<Vec<Attendee>> {
        let paths = paths.map(json);
        let rows = sqlx::query!(
            r#"WITH lesson AS (
                   SELECT s.unit_id, coalesce(s.ended_at, s.planned_end_at) AS until_at FROM lessons s WHERE s.id = $1
               ),
               -- As in a roll: where each unit stood at the lesson's time.
               placed AS (
                   SELECT p.unit_id, p.path FROM lesson CROSS JOIN unit_paths p
                   WHERE p.from_at <= lesson.until_at AND (p.to_at IS NULL OR p.to_at > lesson.until_at)
               ),
               scopes AS (
                   SELECT coalesce(p.path, scope.value) AS path
                   FROM json_each($2) AS scope LEFT JOIN units u ON u.path = scope.value
                                               LEFT JOIN placed p ON p.unit_id = u.id
               ),
               opened AS (
                   SELECT l.user_id,
                          (SELECT f.branch_id FROM leases f
                           WHERE f.item_id = $1 AND f.user_id = l.user_id AND f.purpose = 'watch'
                           ORDER BY f.issued_at, f.id LIMIT 1) AS branch_id
                   FROM leases l WHERE l.item_id = $1 AND l.purpose = 'watch' GROUP BY l.user_id
               )
               SELECT o.user_id AS "user_id!: Uuid", p.name, b.id AS "branch_id?: Uuid",
                      b.name AS "branch_name?: String"
               FROM opened o JOIN users p ON p.id = o.user_id
                             CROSS JOIN lesson LEFT JOIN placed own ON own.unit_id = lesson.unit_id
                             LEFT JOIN units b ON b.id = o.branch_id
                             LEFT JOIN placed stood ON stood.unit_id = o.branch_id
               WHERE CAST($2 AS TEXT) IS NULL OR EXISTS (
                   SELECT 1 FROM scopes
                   WHERE substr(coalesce(stood.path, own.path), 1, length(scopes.path)) = scopes.path)
               ORDER BY stood.path IS NOT NULL, stood.path, p.name_sort, o.user_id"#,
            lesson_id,
            paths,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        let branch = |id: Option<Uuid>, name: Option<String>| id.zip(name);
        Ok(rows
            .into_iter()
            .map(|row| Attendee {
                user_id: row.user_id,
                name: row.name,
                branch: branch(row.branch_id, row.branch_name),
            })
            .collect())
    }

    async fn member_evidence(&self, item_id: Uuid, users: &[Uuid]) -> StoreResult<Vec<MemberEvidence>> {
        // One view of the database for all of them.
        let mut tx = self.begin_snapshot().await?;
        let heard = deliveries::heard(&mut tx, item_id).await?;
        let mut found = Vec::with_capacity(users.len());
        for user_id in users {
            found.extend(one_member(&mut tx, item_id, *user_id, &heard).await?);
        }
        Ok(found)
    }

    async fn past_evidence(
        &self,
        lesson_id: Uuid,
        after: Option<Uuid>,
        leases: i64,
    ) -> StoreResult<Vec<PastEvidence>> {
        past::read(self, lesson_id, after, leases).await
    }

    async fn keep_room_digests(
        &self,
        lesson_id: Uuid,
        digests: &[RoomDigest],
        through: &[(Uuid, i64)],
    ) -> StoreResult<()> {
        digests::keep(self, lesson_id, digests, through).await
    }

    async fn room_digests(
        &self,
        lesson_id: Uuid,
        after: Option<Uuid>,
        up_to: Option<Uuid>,
        limit: i64,
    ) -> StoreResult<Vec<RoomDigest>> {
        digests::read(self, lesson_id, after, up_to, limit).await
    }

    async fn drop_room_digests(&self, lesson_id: Uuid, users: &[Uuid]) -> StoreResult<()> {
        digests::drop(self, lesson_id, users).await
    }

    async fn evidence_marks(&self, user_id: Uuid) -> StoreResult<Vec<EvidenceMark>> {
        marks::of_user(self, user_id).await
    }

    async fn rival_items(
        &self,
        user_id: Uuid,
        item_id: Uuid,
        from: UtcMillis,
        until: UtcMillis,
    ) -> StoreResult<Vec<Item>> {
        let rows = sqlx::query!(
            r#"SELECT i.id AS "id!: Uuid", i.kind FROM items i
               WHERE i.id <> $2 AND i.id IN (
                   SELECT l.item_id FROM leases l
                   WHERE l.user_id = $1 AND l.purpose = 'watch' AND l.issued_at <= $4
                     AND EXISTS (SELECT 1 FROM beats b
                                 WHERE b.lease_id = l.id AND b.received_at BETWEEN $3 AND $4))
               ORDER BY i.id"#,
            user_id,
            item_id,
            from,
            until
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        rows.into_iter().map(|row| Ok(Item { kind: word(&row.kind)?, id: row.id })).collect()
    }

    async fn lessons_of_member(
        &self,
        user_id: Uuid,
        from: UtcMillis,
        until: UtcMillis,
        page: Page,
    ) -> StoreResult<Vec<Uuid>> {
        sqlx::query_scalar!(
            r#"SELECT s.id AS "id!: Uuid" FROM lessons s
               WHERE s.id IN (SELECT l.item_id FROM leases l WHERE l.user_id = $1 AND l.purpose = 'watch'
                              AND EXISTS (SELECT 1 FROM beats b WHERE b.lease_id = l.id AND b.to_ms > b.from_ms))
                 AND s.planned_start_at >= $2 AND s.planned_start_at < $3
               ORDER BY s.planned_start_at DESC, s.id LIMIT $4 OFFSET $5"#,
            user_id,
            from,
            until,
            page.limit,
            page.offset,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }
}
