//! People and roles.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_catalogue::people::NameQuery;
use yunke_store::{
    AccountStore, Credentials, NewUser, Page, Person, Role, SHARED_BY, Setup, SetupOutcome, SignInName,
    StoreResult, TextEnum as _, User, UtcMillis, decide,
};

use super::{
    json,
    operation::audit,
    unit::{self, UnitRow},
    user,
};
use crate::db::{Connection, SqlStore};
use crate::error::failed;

async fn is_set_up(on: &mut Connection) -> StoreResult<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM units) AS "set_up!: bool""#)
        .fetch_one(on)
        .await
        .map_err(failed)
}

#[async_trait]
impl AccountStore for SqlStore {
    async fn is_set_up(&self) -> StoreResult<bool> {
        let mut connection = self.read().acquire().await.map_err(failed)?;
        is_set_up(&mut connection).await
    }

    async fn set_up(&self, setup: Setup) -> StoreResult<SetupOutcome> {
        let mut tx = self.begin().await?;
        let begun = match decide::account::set_up(is_set_up(&mut tx).await?, setup) {
            Ok(begun) => begun,
            Err(outcome) => return Ok(outcome),
        };
        unit::insert(&mut tx, &begun.centre, begun.organizer.at).await?;
        user::add(&mut tx, &begun.organizer).await?;
        tx.commit().await.map_err(failed)?;
        Ok(SetupOutcome::Done)
    }

    async fn add_user(&self, user: NewUser) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        user::add(&mut tx, &user).await?;
        tx.commit().await.map_err(failed)
    }

    async fn user(&self, id: Uuid, now: UtcMillis) -> StoreResult<Option<User>> {
        user::load(&self.read(), id, now).await
    }

    async fn credentials(&self, name: &SignInName) -> StoreResult<Vec<Credentials>> {
        sqlx::query_as!(
            Credentials,
            "SELECT id AS user_id, name, password_hash FROM users
             WHERE (phone = $1 OR member_no = $2) AND disabled_at IS NULL ORDER BY created_at, id LIMIT $3",
            name.phone,
            name.member_no,
            SHARED_BY,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }

    async fn credentials_of(&self, id: Uuid) -> StoreResult<Option<Credentials>> {
        sqlx::query_as!(
            Credentials,
            "SELECT id AS user_id, name, password_hash FROM users WHERE id = $1 AND disabled_at IS NULL",
            id
        )
        .fetch_optional(&self.read())
        .await
        .map_err(failed)
    }

    async fn end_roles(&self, now: UtcMillis) -> StoreResult<u64> {
        let mut tx = self.begin().await?;
        let over =
            sqlx::query!("SELECT user_id, role, unit_id FROM roles WHERE until_at <= $1 LIMIT 1000", now)
                .fetch_all(&mut *tx)
                .await
                .map_err(failed)?;
        for role in &over {
            audit(&mut tx, &decide::account::ended(role.user_id, &role.role, role.unit_id, now)).await?;
            sqlx::query!(
                "DELETE FROM roles WHERE user_id = $1 AND role = $2 AND unit_id = $3",
                role.user_id,
                role.role,
                role.unit_id
            )
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
        Ok(over.len() as u64)
    }

    async fn people(
        &self,
        role: Role,
        paths: &[String],
        query: &str,
        page: Page,
    ) -> StoreResult<Vec<Person>> {
        let (role, paths) = (role.as_str(), json(paths));
        let everybody = query.trim().is_empty();
        let query = NameQuery::of(query);
        let rows = sqlx::query!(
            "SELECT p.id AS person_id, p.name AS person_name, u.id, u.parent_id, u.kind, u.name, u.path
             FROM roles r JOIN users p ON p.id = r.user_id JOIN units u ON u.id = r.unit_id
             WHERE r.role = $1 AND p.disabled_at IS NULL
               AND ($7 OR ($3 <> '' AND instr(p.name_find, $3) > 0) OR ($6 <> '' AND instr(p.name_find, $6) > 0))
               AND EXISTS (SELECT 1 FROM json_each($2) AS scope
                           WHERE substr(u.path, 1, length(scope.value)) = scope.value)
             ORDER BY p.name_sort, p.id, u.path LIMIT $5 OFFSET $4",
            role,
            paths,
            query.plain,
            page.offset,
            page.limit,
            query.reading,
            everybody,
        )
        .fetch_all(&self.read())
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
}
