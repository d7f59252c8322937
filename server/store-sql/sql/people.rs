//! The roster: people of a part of the tree, and their changes with a line of the audit log each.

use async_trait::async_trait;
use sqlx::Transaction;
use uuid::Uuid;
use yunke_catalogue::people::{NameKeys, NameQuery};
use yunke_store::{
    NewPassword, NewUser, Page, PeopleStore, PersonEdit, PersonOutcome, PersonRecord, RosterFilter,
    RosterPage, StoreResult, UtcMillis,
    decide::people::{self, Facts, PersonChange},
};

use super::{json, leases, operation::audit, unit::unit, user};
use crate::db::{Connection, Db, SqlStore};
use crate::error::failed;

/// Ends the membership there is.
async fn leave(on: &mut Connection, user_id: Uuid, at: UtcMillis) -> StoreResult<()> {
    sqlx::query!(
        "UPDATE memberships SET to_at = CASE WHEN from_at < $1 THEN $1 ELSE from_at END
         WHERE user_id = $2 AND to_at IS NULL",
        at,
        user_id
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Ends all sessions but the one to keep, and what was opened in any of them: the page that stays takes another lease.
async fn end_sessions(
    on: &mut Connection,
    user_id: Uuid,
    keep: Option<&[u8; 32]>,
    at: UtcMillis,
) -> StoreResult<()> {
    let keep = keep.map(<[u8; 32]>::as_slice);
    sqlx::query!(
        "DELETE FROM sessions WHERE user_id = $1 AND (token_hash <> $2 OR $2 IS NULL)",
        user_id,
        keep
    )
    .execute(&mut *on)
    .await
    .map_err(failed)?;
    leases::revoke(on, user_id, at).await
}

pub(super) async fn is_organizer(on: &mut Connection, user_id: Uuid, now: UtcMillis) -> StoreResult<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM users p JOIN roles r ON r.user_id = p.id
                          WHERE p.id = $1 AND p.disabled_at IS NULL AND r.role IN ('organizer', 'owner')
                            AND (r.until_at IS NULL OR r.until_at > $2)) AS "is!: bool""#,
        user_id,
        now
    )
    .fetch_one(on)
    .await
    .map_err(failed)
}

/// What is known before somebody is added or changed to these.
async fn facts(
    on: &mut Connection,
    (actor_id, id): (Uuid, Uuid),
    (name, phone, member_no): (&str, Option<&str>, Option<&str>),
    now: UtcMillis,
) -> StoreResult<Facts> {
    let by_organizer = is_organizer(on, actor_id, now).await?;
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT 1 FROM users WHERE member_no = $1 AND id <> $4) AS "number_taken!: bool",
                  EXISTS (SELECT 1 FROM users WHERE phone = $2 AND name = $3 AND id <> $4 AND disabled_at IS NULL)
                      AS "known!: bool""#,
        member_no,
        phone,
        name,
        id
    )
    .fetch_one(on)
    .await
    .map_err(failed)?;
    Ok(Facts { by_organizer, number_taken: row.number_taken, known: row.known })
}

/// Writes a person as they become.
async fn write(
    tx: &mut Transaction<'_, Db>,
    id: Uuid,
    change: &PersonChange,
    at: UtcMillis,
) -> StoreResult<()> {
    let row = &change.row;
    let NameKeys { sort, find } = NameKeys::of(&row.name);
    sqlx::query!(
        "UPDATE users SET name = $1, phone = $2, member_no = $3, branch_id = $4, disabled_at = $5,
                          name_sort = $7, name_find = $8, revision = revision + 1
         WHERE id = $6",
        row.name,
        row.phone,
        row.member_no,
        row.branch_id,
        row.disabled_at,
        id,
        sort,
        find
    )
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    if change.signs_out {
        end_sessions(tx, id, None, at).await?;
    }
    if change.leaves {
        leave(tx, id, at).await?;
    }
    if let Some(branch_id) = change.joins {
        user::join(tx, id, branch_id, at).await?;
    }
    if let Some(roles) = &change.roles {
        sqlx::query!("DELETE FROM roles WHERE user_id = $1", id).execute(&mut **tx).await.map_err(failed)?;
        user::grant(tx, id, roles, at).await?;
    }
    audit(tx, &change.audit).await
}

async fn record(on: &mut Connection, id: Uuid) -> StoreResult<Option<PersonRecord>> {
    let row = sqlx::query!(
        r#"SELECT name, phone, member_no, branch_id, password_first AS "first_password: bool", disabled_at,
                  revision
           FROM users WHERE id = $1"#,
        id
    )
    .fetch_optional(&mut *on)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let branch = match row.branch_id {
        Some(branch_id) => unit(on, branch_id).await?,
        None => None,
    };
    let roles = user::grants(on, id).await?;
    let (disabled_at, revision) = (row.disabled_at, row.revision);
    let (name, phone, member_no) = (row.name, row.phone, row.member_no);
    Ok(Some(PersonRecord {
        id,
        name,
        phone,
        member_no,
        branch,
        roles,
        first_password: row.first_password,
        disabled_at,
        revision,
    }))
}

#[async_trait]
impl PeopleStore for SqlStore {
    async fn roster(&self, filter: &RosterFilter, page: Page) -> StoreResult<RosterPage> {
        let within = json(&filter.within);
        let name = NameQuery::of(&filter.query);
        // One view of the database for the page and what stands in it.
        let mut tx = self.begin_snapshot().await?;
        let rows = sqlx::query!(
            r#"SELECT p.id, count(*) OVER () AS "total!: i64"
               FROM users p LEFT JOIN units b ON b.id = p.branch_id
               WHERE (p.disabled_at IS NOT NULL) = $4
                 AND EXISTS (SELECT 1 FROM json_each($1) AS scope
                             WHERE substr(b.path, 1, length(scope.value)) = scope.value
                                OR EXISTS (SELECT 1 FROM roles r JOIN units u ON u.id = r.unit_id
                                           WHERE r.user_id = p.id
                                             AND substr(u.path, 1, length(scope.value)) = scope.value))
                 AND (substr(b.path, 1, length($2)) = $2 OR $2 IS NULL
                      OR EXISTS (SELECT 1 FROM roles r JOIN units u ON u.id = r.unit_id
                                 WHERE r.user_id = p.id AND substr(u.path, 1, length($2)) = $2))
                 AND ($3 = '' OR ($7 <> '' AND instr(p.name_find, $7) > 0)
                      OR ($8 <> '' AND instr(p.name_find, $8) > 0) OR p.member_no = $3
                      OR p.phone IN ($3, '+' || $3)
                      OR (length($3) = 4 AND substr(p.phone, length(p.phone) - 3) = $3))
               ORDER BY b.path IS NULL, b.path, p.name_sort, p.id LIMIT $6 OFFSET $5"#,
            within,
            filter.unit_path,
            filter.query,
            filter.disabled,
            page.offset,
            page.limit,
            name.plain,
            name.reading,
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
        if rows.is_empty() && page.offset > 0 {
            // Past the end. How many there are stands in a row of a page that has some.
            drop(tx);
            let first = self.roster(filter, Page { offset: 0, limit: 1 }).await?;
            return Ok(RosterPage { people: Vec::new(), total: first.total });
        }
        let total = rows.first().map_or(0, |row| row.total);
        let mut people = Vec::with_capacity(rows.len());
        for row in rows {
            people.extend(record(&mut tx, row.id).await?);
        }
        Ok(RosterPage { people, total })
    }

    async fn person(&self, id: Uuid) -> StoreResult<Option<PersonRecord>> {
        let mut tx = self.begin_snapshot().await?;
        record(&mut tx, id).await
    }

    async fn add_person(&self, person: NewUser, actor_id: Uuid) -> StoreResult<PersonOutcome> {
        let mut tx = self.begin().await?;
        let becomes = (person.name.as_str(), person.phone.as_deref(), person.member_no.as_deref());
        let facts = facts(&mut tx, (actor_id, person.id), becomes, person.at).await?;
        let line = match people::add(facts, &person, actor_id) {
            Ok(line) => line,
            Err(outcome) => return Ok(outcome),
        };
        user::add(&mut tx, &person).await?;
        audit(&mut tx, &line).await?;
        tx.commit().await.map_err(failed)?;
        Ok(PersonOutcome::Done)
    }

    async fn edit_person(
        &self,
        id: Uuid,
        edit: PersonEdit,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<PersonOutcome> {
        let mut tx = self.begin().await?;
        let before = record(&mut tx, id).await?;
        let facts = match &before {
            Some(before) => {
                let row = people::edited(before, &edit);
                let becomes = (row.name.as_str(), row.phone.as_deref(), row.member_no.as_deref());
                facts(&mut tx, (actor_id, id), becomes, at).await?
            }
            None => Facts { by_organizer: is_organizer(&mut tx, actor_id, at).await?, ..Facts::default() },
        };
        match people::edit(facts, before, edit, actor_id, at) {
            Ok(change) => write(&mut tx, id, &change, at).await?,
            Err(outcome) => return Ok(outcome),
        }
        tx.commit().await.map_err(failed)?;
        Ok(PersonOutcome::Done)
    }

    async fn set_disabled(
        &self,
        id: Uuid,
        disabled: bool,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<PersonOutcome> {
        let mut tx = self.begin().await?;
        let (by_organizer, before) = (is_organizer(&mut tx, actor_id, at).await?, record(&mut tx, id).await?);
        match people::set_disabled(by_organizer, before, disabled, actor_id, at) {
            Ok(change) => write(&mut tx, id, &change, at).await?,
            Err(outcome) => return Ok(outcome),
        }
        tx.commit().await.map_err(failed)?;
        Ok(PersonOutcome::Done)
    }

    async fn complete_names(&self, limit: i64) -> StoreResult<u64> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query!("SELECT id, name FROM users WHERE name_sort = '' LIMIT $1", limit)
            .fetch_all(&mut *tx)
            .await
            .map_err(failed)?;
        for row in &rows {
            let NameKeys { sort, find } = NameKeys::of(&row.name);
            sqlx::query!("UPDATE users SET name_sort = $1, name_find = $2 WHERE id = $3", sort, find, row.id)
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
        Ok(rows.len() as u64)
    }

    async fn replace_password(&self, password: NewPassword) -> StoreResult<PersonOutcome> {
        let mut tx = self.begin().await?;
        let by_organizer = is_organizer(&mut tx, password.actor_id, password.at).await?;
        let exists = record(&mut tx, password.user_id).await?.is_some();
        let line = match people::replace_password(by_organizer, exists, &password) {
            Ok(line) => line,
            Err(outcome) => return Ok(outcome),
        };
        let NewPassword { user_id, hash, first, keep_session, at, .. } = password;
        sqlx::query!(
            "UPDATE users SET password_hash = $1, password_first = $2 WHERE id = $3",
            hash,
            first,
            user_id
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        end_sessions(&mut tx, user_id, keep_session.as_ref(), at).await?;
        audit(&mut tx, &line).await?;
        tx.commit().await.map_err(failed)?;
        Ok(PersonOutcome::Done)
    }
}
