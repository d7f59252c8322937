//! The roster: people of a part of the tree, and their changes with a line of the audit log each.

use async_trait::async_trait;
use sqlx::{Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;
use yunke_store::{
    NewPassword, NewUser, Page, PeopleStore, PersonEdit, PersonOutcome, PersonRecord, RosterFilter,
    RosterPage, StoreResult, UtcMillis,
};

use crate::{SqliteStore, error::failed, json, leases, operation, unit::unit, user};

/// Ends the membership there is.
async fn leave(on: &mut SqliteConnection, user_id: Uuid, at: UtcMillis) -> StoreResult<()> {
    sqlx::query!(
        "UPDATE memberships SET to_at = max(from_at, ?) WHERE user_id = ? AND to_at IS NULL",
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
    on: &mut SqliteConnection,
    user_id: Uuid,
    keep: Option<&[u8; 32]>,
    at: UtcMillis,
) -> StoreResult<()> {
    let keep = keep.map(<[u8; 32]>::as_slice);
    sqlx::query!(
        "DELETE FROM sessions WHERE user_id = ?1 AND (?2 IS NULL OR token_hash <> ?2)",
        user_id,
        keep
    )
    .execute(&mut *on)
    .await
    .map_err(failed)?;
    leases::revoke(on, user_id, at).await
}

async fn is_organizer(on: &mut SqliteConnection, user_id: Uuid) -> StoreResult<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM users p JOIN roles r ON r.user_id = p.id
                          WHERE p.id = ? AND p.disabled_at IS NULL AND r.role = 'organizer') AS "is: bool""#,
        user_id
    )
    .fetch_one(on)
    .await
    .map_err(failed)
}

/// A transaction of an organizer's; `None`: whoever asks for it is none any more.
async fn begin_as(store: &SqliteStore, actor_id: Uuid) -> StoreResult<Option<Transaction<'static, Sqlite>>> {
    let mut tx = store.begin().await?;
    Ok(is_organizer(&mut tx, actor_id).await?.then_some(tx))
}

async fn note(
    on: &mut SqliteConnection,
    action: &str,
    subject_id: Uuid,
    actor_id: Uuid,
    at: UtcMillis,
    fields: &[&str],
) -> StoreResult<()> {
    let detail = serde_json::json!({ "fields": fields });
    operation::note(on, ("person", subject_id), action, Some(actor_id), at, detail).await
}

async fn record(on: &mut SqliteConnection, id: Uuid) -> StoreResult<Option<PersonRecord>> {
    let row = sqlx::query!(
        r#"SELECT name, phone, member_no, branch_id, password_first AS "first_password: bool", disabled_at
           FROM users WHERE id = ?"#,
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
    let disabled_at = row.disabled_at;
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
    }))
}

#[async_trait]
impl PeopleStore for SqliteStore {
    async fn roster(&self, filter: &RosterFilter, page: Page) -> StoreResult<RosterPage> {
        let within = json(&filter.within);
        // One view of the database for the page and what stands in it.
        let mut tx = self.read.begin().await.map_err(failed)?;
        let rows = sqlx::query!(
            r#"SELECT p.id, count(*) OVER () AS "total!: i64"
               FROM users p LEFT JOIN units b ON b.id = p.branch_id
               WHERE (p.disabled_at IS NOT NULL) = ?4
                 AND EXISTS (SELECT 1 FROM json_each(?1) AS scope
                             WHERE substr(b.path, 1, length(scope.value)) = scope.value
                                OR EXISTS (SELECT 1 FROM roles r JOIN units u ON u.id = r.unit_id
                                           WHERE r.user_id = p.id
                                             AND substr(u.path, 1, length(scope.value)) = scope.value))
                 AND (?2 IS NULL OR substr(b.path, 1, length(?2)) = ?2
                      OR EXISTS (SELECT 1 FROM roles r JOIN units u ON u.id = r.unit_id
                                 WHERE r.user_id = p.id AND substr(u.path, 1, length(?2)) = ?2))
                 AND (?3 = '' OR instr(lower(p.name), lower(?3)) > 0 OR p.member_no = ?3
                      OR p.phone IN (?3, '+' || ?3)
                      OR (length(?3) = 4 AND substr(p.phone, -4) = ?3))
               ORDER BY b.path IS NULL, b.path, p.name, p.id LIMIT ?6 OFFSET ?5"#,
            within,
            filter.unit_path,
            filter.query,
            filter.disabled,
            page.offset,
            page.limit,
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
        let mut tx = self.read.begin().await.map_err(failed)?;
        record(&mut tx, id).await
    }

    async fn add_person(&self, person: NewUser, actor_id: Uuid) -> StoreResult<PersonOutcome> {
        let Some(mut tx) = begin_as(self, actor_id).await? else { return Ok(PersonOutcome::ActorGone) };
        user::add(&mut tx, &person).await?;
        note(&mut tx, "person.add", person.id, actor_id, person.at, &[]).await?;
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
        let Some(mut tx) = begin_as(self, actor_id).await? else { return Ok(PersonOutcome::ActorGone) };
        let Some(before) = record(&mut tx, id).await? else { return Ok(PersonOutcome::NotFound) };
        let was_in = before.branch.as_ref().map(|branch| branch.id);
        let name = edit.name.unwrap_or_else(|| before.name.clone());
        let phone = edit.phone.unwrap_or_else(|| before.phone.clone());
        let member_no = edit.member_no.unwrap_or_else(|| before.member_no.clone());
        let branch_id = edit.branch_id.unwrap_or(was_in);
        let mut fields: Vec<&str> = [
            ("name", name != before.name),
            ("phone", phone != before.phone),
            ("member_no", member_no != before.member_no),
            ("branch_id", branch_id != was_in),
        ]
        .into_iter()
        .filter_map(|(field, changes)| changes.then_some(field))
        .collect();
        if !fields.is_empty() {
            sqlx::query!(
                "UPDATE users SET name = ?, phone = ?, member_no = ?, branch_id = ? WHERE id = ?",
                name,
                phone,
                member_no,
                branch_id,
                id
            )
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        }
        if fields.contains(&"phone") {
            end_sessions(&mut tx, id, None, at).await?;
        }
        if fields.contains(&"branch_id") {
            leave(&mut tx, id, at).await?;
            if let Some(branch_id) = branch_id.filter(|_| before.disabled_at.is_none()) {
                user::join(&mut tx, id, branch_id, at).await?;
            }
        }
        if let Some(roles) = edit.roles {
            fields.push("roles");
            sqlx::query!("DELETE FROM roles WHERE user_id = ?", id)
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
            user::grant(&mut tx, id, &roles, at).await?;
        }
        if !fields.is_empty() {
            note(&mut tx, "person.edit", id, actor_id, at, &fields).await?;
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
        let Some(mut tx) = begin_as(self, actor_id).await? else { return Ok(PersonOutcome::ActorGone) };
        let Some(before) = record(&mut tx, id).await? else { return Ok(PersonOutcome::NotFound) };
        if before.disabled_at.is_some() == disabled {
            return Ok(PersonOutcome::Done);
        }
        let disabled_at = disabled.then_some(at);
        sqlx::query!("UPDATE users SET disabled_at = ? WHERE id = ?", disabled_at, id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        if disabled {
            leave(&mut tx, id, at).await?;
            end_sessions(&mut tx, id, None, at).await?;
        } else if let Some(branch) = before.branch {
            user::join(&mut tx, id, branch.id, at).await?;
        }
        let action = if disabled { "person.disable" } else { "person.enable" };
        note(&mut tx, action, id, actor_id, at, &[]).await?;
        tx.commit().await.map_err(failed)?;
        Ok(PersonOutcome::Done)
    }

    async fn replace_password(&self, password: NewPassword) -> StoreResult<PersonOutcome> {
        let NewPassword { user_id, hash, first, keep_session, actor_id, at } = password;
        let mut tx = self.begin().await?;
        if actor_id != user_id && !is_organizer(&mut tx, actor_id).await? {
            return Ok(PersonOutcome::ActorGone);
        }
        let done = sqlx::query!(
            "UPDATE users SET password_hash = ?, password_first = ? WHERE id = ?",
            hash,
            first,
            user_id
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(PersonOutcome::NotFound);
        }
        end_sessions(&mut tx, user_id, keep_session.as_ref(), at).await?;
        let action = if first { "person.password_reset" } else { "person.password_change" };
        note(&mut tx, action, user_id, actor_id, at, &[]).await?;
        tx.commit().await.map_err(failed)?;
        Ok(PersonOutcome::Done)
    }
}
