//! People and roles.

use async_trait::async_trait;
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use uuid::Uuid;
use yunke_store::{
    AccountStore, Credentials, NewUser, Page, Person, Role, Session, Setup, SetupOutcome, StoreResult,
    TextEnum as _, User, UtcMillis,
};

use crate::{
    SqliteStore,
    error::failed,
    json, people, session,
    unit::{UnitRow, unit},
};

pub(crate) async fn add(tx: &mut Transaction<'_, Sqlite>, user: &NewUser) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO users (id, name, phone, password_hash, password_first, branch_id, member_no, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        user.id,
        user.name,
        user.phone,
        user.password_hash,
        user.first_password,
        user.branch_id,
        user.member_no,
        user.at,
    )
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    if let Some(branch_id) = user.branch_id {
        people::join(tx, user.id, branch_id, user.at).await?;
    }
    people::grant(tx, user.id, &user.roles, user.at).await
}

async fn is_set_up(on: &mut SqliteConnection) -> StoreResult<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM units) AS "set_up: bool""#)
        .fetch_one(on)
        .await
        .map_err(failed)
}

/// A person who is not disabled, with branch and roles.
pub(crate) async fn load_user(pool: &SqlitePool, id: Uuid) -> StoreResult<Option<User>> {
    let mut on = pool.acquire().await.map_err(failed)?;
    let row = sqlx::query!(
        r#"SELECT id, name, phone, branch_id, member_no, locale, password_first AS "first_password: bool"
           FROM users WHERE id = ? AND disabled_at IS NULL"#,
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
    let roles = people::grants(&mut on, id).await?;
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

#[async_trait]
impl AccountStore for SqliteStore {
    async fn is_set_up(&self) -> StoreResult<bool> {
        let mut connection = self.read.acquire().await.map_err(failed)?;
        is_set_up(&mut connection).await
    }

    async fn set_up(&self, setup: Setup) -> StoreResult<SetupOutcome> {
        let mut tx = self.begin().await?;
        if is_set_up(&mut tx).await? {
            return Ok(SetupOutcome::AlreadyDone);
        }
        sqlx::query!(
            "INSERT INTO units (id, parent_id, kind, name, path, created_at) VALUES (?, NULL, 'centre', ?, '/1/', ?)",
            setup.centre_id,
            setup.centre_name,
            setup.organizer.at,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        let mut organizer = setup.organizer;
        // In a new centre there is nobody else to give a lesson yet.
        organizer.roles.extend([Role::Organizer, Role::Lecturer].map(|role| (role, setup.centre_id)));
        add(&mut tx, &organizer).await?;
        tx.commit().await.map_err(failed)?;
        Ok(SetupOutcome::Done)
    }

    async fn add_user(&self, user: NewUser) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        add(&mut tx, &user).await?;
        tx.commit().await.map_err(failed)
    }

    async fn user(&self, id: Uuid) -> StoreResult<Option<User>> {
        load_user(&self.read, id).await
    }

    async fn credentials(&self, phone: &str) -> StoreResult<Option<Credentials>> {
        sqlx::query_as!(
            Credentials,
            "SELECT id AS user_id, password_hash FROM users WHERE phone = ? AND disabled_at IS NULL",
            phone
        )
        .fetch_optional(&self.read)
        .await
        .map_err(failed)
    }

    async fn people(
        &self,
        role: Role,
        paths: &[String],
        query: &str,
        page: Page,
    ) -> StoreResult<Vec<Person>> {
        let (role, paths) = (role.as_str(), json(paths));
        let rows = sqlx::query!(
            "SELECT p.id AS person_id, p.name AS person_name, u.id, u.parent_id, u.kind, u.name, u.path
             FROM roles r JOIN users p ON p.id = r.user_id JOIN units u ON u.id = r.unit_id
             WHERE r.role = ?1 AND p.disabled_at IS NULL AND instr(lower(p.name), lower(?3)) > 0
               AND EXISTS (SELECT 1 FROM json_each(?2) AS scope
                           WHERE substr(u.path, 1, length(scope.value)) = scope.value)
             ORDER BY p.name, p.id, u.path LIMIT ?5 OFFSET ?4",
            role,
            paths,
            query,
            page.offset,
            page.limit,
        )
        .fetch_all(&self.read)
        .await
        .map_err(failed)?;
        rows.into_iter()
            .map(|r| {
                let unit =
                    UnitRow { id: r.id, parent_id: r.parent_id, kind: r.kind, name: r.name, path: r.path };
                Ok(Person { id: r.person_id, name: r.person_name, unit: Some(unit.try_into()?) })
            })
            .collect()
    }

    async fn open_session(&self, session: Session) -> StoreResult<()> {
        session::open(&self.write, session).await
    }

    async fn session(&self, token_hash: &[u8; 32], now: UtcMillis) -> StoreResult<Option<(Session, User)>> {
        session::find(&self.read, token_hash, now).await
    }

    async fn live_sessions(&self, token_hashes: &[[u8; 32]], now: UtcMillis) -> StoreResult<Vec<[u8; 32]>> {
        session::live(&self.read, token_hashes, now).await
    }

    async fn extend_session(
        &self,
        token_hash: &[u8; 32],
        seen_at: UtcMillis,
        expires_at: UtcMillis,
    ) -> StoreResult<()> {
        session::extend(&self.write, token_hash, seen_at, expires_at).await
    }

    async fn close_session(&self, token_hash: &[u8; 32]) -> StoreResult<()> {
        session::close(&self.write, token_hash).await
    }

    async fn close_sessions(&self, user_id: Uuid, at: UtcMillis) -> StoreResult<u64> {
        session::close_all(self, user_id, at).await
    }

    async fn sweep_sessions(&self, now: UtcMillis) -> StoreResult<u64> {
        session::sweep(&self.write, now).await
    }
}
