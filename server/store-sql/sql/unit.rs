//! The tree.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    NewUnit, StoreError, StoreResult, TextEnum as _, Unit, UnitOutcome, UnitStore, UtcMillis, decide,
};

use super::{json, operation::audit};
use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

/// A row of `units`.
pub(crate) struct UnitRow {
    pub(crate) id: Uuid,
    pub(crate) parent_id: Option<Uuid>,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) path: String,
}

impl TryFrom<UnitRow> for Unit {
    type Error = StoreError;

    fn try_from(row: UnitRow) -> StoreResult<Self> {
        let UnitRow { id, parent_id, kind, name, path } = row;
        Ok(Self { id, parent_id, kind: word(&kind)?, name, path })
    }
}

pub(crate) async fn unit(on: &mut Connection, id: Uuid) -> StoreResult<Option<Unit>> {
    sqlx::query_as!(UnitRow, "SELECT id, parent_id, kind, name, path FROM units WHERE id = $1", id)
        .fetch_optional(on)
        .await
        .map_err(failed)?
        .map(Unit::try_from)
        .transpose()
}

pub(crate) async fn insert(on: &mut Connection, unit: &Unit, at: UtcMillis) -> StoreResult<()> {
    let kind = unit.kind.as_str();
    sqlx::query!(
        "INSERT INTO units (id, parent_id, kind, name, path, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        unit.id,
        unit.parent_id,
        kind,
        unit.name,
        unit.path,
        at,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

#[async_trait]
impl UnitStore for SqlStore {
    async fn add_unit(&self, new: NewUnit) -> StoreResult<Unit> {
        let mut tx = self.begin().await?;
        let parent = unit(&mut tx, new.parent_id).await?;
        let siblings = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!: i64" FROM units WHERE parent_id = $1"#,
            new.parent_id
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed)?;
        let at = new.at;
        let added = decide::unit::add(parent.as_ref(), siblings, new)?;
        insert(&mut tx, &added.unit, at).await?;
        audit(&mut tx, &added.audit).await?;
        tx.commit().await.map_err(failed)?;
        Ok(added.unit)
    }

    async fn rename_unit(
        &self,
        id: Uuid,
        name: &str,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<UnitOutcome> {
        let mut tx = self.begin().await?;
        let line = match decide::unit::rename(unit(&mut tx, id).await?.as_ref(), name, actor_id, at) {
            Ok(line) => line,
            Err(outcome) => return Ok(outcome),
        };
        sqlx::query!("UPDATE units SET name = $1 WHERE id = $2", name, id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        audit(&mut tx, &line).await?;
        tx.commit().await.map_err(failed)?;
        Ok(UnitOutcome::Done)
    }

    async fn unit(&self, id: Uuid) -> StoreResult<Option<Unit>> {
        let mut connection = self.read().acquire().await.map_err(failed)?;
        unit(&mut connection, id).await
    }

    async fn units_within(&self, paths: &[String]) -> StoreResult<Vec<Unit>> {
        let paths = json(paths);
        let mut units: Vec<Unit> = sqlx::query_as!(
            UnitRow,
            "SELECT id, parent_id, kind, name, path FROM units
             WHERE EXISTS (SELECT 1 FROM json_each($1) AS scope
                           WHERE substr(units.path, 1, length(scope.value)) = scope.value)",
            paths,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?
        .into_iter()
        .map(Unit::try_from)
        .collect::<StoreResult<_>>()?;
        units.sort_by_cached_key(|unit| order(&unit.path));
        Ok(units)
    }
}

/// Sibling numbers as numbers, so that 10 comes after 9.
fn order(path: &str) -> Vec<u64> {
    path.split('/').filter_map(|number| number.parse().ok()).collect()
}
