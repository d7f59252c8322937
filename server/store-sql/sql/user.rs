//! A person with their roles and their membership, as rows: what accounts, sessions and the roster share.

use sqlx::Transaction;
use uuid::Uuid;
use yunke_catalogue::people::NameKeys;
use yunke_store::{NewGrant, NewUser, RoleGrant, StoreResult, TextEnum as _, Unit, User, UtcMillis};

use super::unit::{UnitRow, unit};
use crate::db::{Connection, Db, Pool};
use crate::error::{failed, word};

/// A person who is not disabled, with branch and the roles that last at `now`.
pub(crate) async fn load(pool: &Pool, id: Uuid, now: UtcMillis) -> StoreResult<Option<User>> {
    let mut on = pool.acquire().await.map_err(failed)?;
    let row = sqlx::query!(
        r#"SELECT id, name, phone, branch_id, member_no, locale, password_first AS "first_password: bool"
           FROM users WHERE id = $1 AND disabled_at IS NULL"#,
        id
    )
    .fetch_optional(&mut *on)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let branch = match row.branch_id {
        Some(branch_id) => unit(&mut on, branch_id).await?,
        None => None,
    };
    let mut roles = grants(&mut on, id).await?;
    roles.retain(|grant| grant.lasts_at(now));
    Ok(Some(User {
        id: row.id,
        name: row.name,
        phone: row.phone,
        branch,
        member_no: row.member_no,
        locale: row.locale,
        first_password: row.first_password,
        roles,
    }))
}

pub(crate) async fn add(tx: &mut Transaction<'_, Db>, user: &NewUser) -> StoreResult<()> {
    let NameKeys { sort, find } = NameKeys::of(&user.name);
    sqlx::query!(
        "INSERT INTO users (id, name, phone, password_hash, password_first, branch_id, member_no, created_at,
                            name_sort, name_find)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        user.id,
        user.name,
        user.phone,
        user.password_hash,
        user.first_password,
        user.branch_id,
        user.member_no,
        user.at,
        sort,
        find,
    )
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    if let Some(branch_id) = user.branch_id {
        join(tx, user.id, branch_id, user.at).await?;
    }
    grant(tx, user.id, &user.roles, user.at).await
}

/// The roles of a person, with their units.
pub(crate) async fn grants(on: &mut Connection, user_id: Uuid) -> StoreResult<Vec<RoleGrant>> {
    let grants = sqlx::query!(
        "SELECT r.role, r.until_at, u.id, u.parent_id, u.kind, u.name, u.path
         FROM roles r JOIN units u ON u.id = r.unit_id WHERE r.user_id = $1 ORDER BY r.role, u.path",
        user_id
    )
    .fetch_all(on)
    .await
    .map_err(failed)?;
    grants
        .into_iter()
        .map(|g| {
            let unit = UnitRow { id: g.id, parent_id: g.parent_id, kind: g.kind, name: g.name, path: g.path };
            Ok(RoleGrant { role: word(&g.role)?, unit: Unit::try_from(unit)?, until_at: g.until_at })
        })
        .collect()
}

/// Gives roles.
pub(crate) async fn grant(
    tx: &mut Transaction<'_, Db>,
    user_id: Uuid,
    roles: &[NewGrant],
    at: UtcMillis,
) -> StoreResult<()> {
    for NewGrant { role, unit_id, until_at } in roles {
        let role = role.as_str();
        sqlx::query!(
            "INSERT INTO roles (user_id, role, unit_id, granted_at, until_at) VALUES ($1, $2, $3, $4, $5)",
            user_id,
            role,
            unit_id,
            at,
            *until_at,
        )
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

/// Begins a membership.
pub(crate) async fn join(
    on: &mut Connection,
    user_id: Uuid,
    branch_id: Uuid,
    at: UtcMillis,
) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO memberships (user_id, branch_id, from_at) VALUES ($1, $2, $3)",
        user_id,
        branch_id,
        at
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}
