//! The tree.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    NewUnit, StoreError, StoreResult, TextEnum as _, Unit, UnitOutcome, UnitStore, UtcMillis,
    decide::{self, unit::Use},
};

use super::{json, library_rows, operation::audit};
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
    .execute(&mut *on)
    .await
    .map_err(failed)?;
    // The first place of a unit is its place from the beginning, for what is told of the time before it.
    sqlx::query!("INSERT INTO unit_paths (path, unit_id, from_at) VALUES ($1, $2, 0)", unit.path, unit.id)
        .execute(on)
        .await
        .map_err(failed)?;
    Ok(())
}

/// Gives a unit one more child; how many it had before. 0 where there is no such unit.
async fn next_child(on: &mut Connection, parent_id: Uuid) -> StoreResult<i64> {
    let number = sqlx::query_scalar!(
        "UPDATE units SET last_child = last_child + 1 WHERE id = $1 RETURNING last_child",
        parent_id
    )
    .fetch_optional(on)
    .await
    .map_err(failed)?;
    Ok(number.map_or(0, |number| number - 1))
}

async fn is_closed(on: &mut Connection, id: Uuid) -> StoreResult<bool> {
    let closed = sqlx::query_scalar!(
        r#"SELECT closed_at IS NOT NULL AS "closed!: bool" FROM units WHERE id = $1"#,
        id
    )
    .fetch_optional(on)
    .await
    .map_err(failed)?;
    Ok(closed.unwrap_or(false))
}

#[async_trait]
impl UnitStore for SqlStore {
    async fn add_unit(&self, new: NewUnit) -> StoreResult<Unit> {
        let mut tx = self.begin().await?;
        let parent = unit(&mut tx, new.parent_id).await?;
        let siblings = next_child(&mut tx, new.parent_id).await?;
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
        library_rows::count_up(&mut tx).await?;
        audit(&mut tx, &line).await?;
        tx.commit().await.map_err(failed)?;
        Ok(UnitOutcome::Done)
    }

    async fn move_unit(
        &self,
        id: Uuid,
        parent_id: Uuid,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<UnitOutcome> {
        let mut tx = self.begin().await?;
        let (moving, parent) = (unit(&mut tx, id).await?, unit(&mut tx, parent_id).await?);
        let closed = is_closed(&mut tx, parent_id).await?;
        let siblings = next_child(&mut tx, parent_id).await?;
        let decided =
            decide::unit::relocate(moving.as_ref(), parent.as_ref(), (siblings, closed), actor_id, at);
        let moved = match decided {
            Ok(moved) => moved,
            Err(outcome) => return Ok(outcome),
        };
        sqlx::query!("UPDATE units SET parent_id = $1 WHERE id = $2", parent_id, id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        sqlx::query!(
            "UPDATE unit_paths SET to_at = CASE WHEN from_at < $2 THEN $2 ELSE from_at END
             WHERE to_at IS NULL AND substr(path, 1, length($1)) = $1",
            moved.from,
            at
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        sqlx::query!(
            "UPDATE units SET path = $2 || substr(path, length($1) + 1) WHERE substr(path, 1, length($1)) = $1",
            moved.from,
            moved.to
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        sqlx::query!(
            "INSERT INTO unit_paths (path, unit_id, from_at)
             SELECT path, id, $2 FROM units WHERE substr(path, 1, length($1)) = $1",
            moved.to,
            at
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        // The catalogue knows by paths who may hear what.
        library_rows::count_up(&mut tx).await?;
        audit(&mut tx, &moved.audit).await?;
        tx.commit().await.map_err(failed)?;
        Ok(UnitOutcome::Done)
    }

    async fn close_unit(
        &self,
        id: Uuid,
        closed: bool,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<UnitOutcome> {
        let mut tx = self.begin().await?;
        let there = unit(&mut tx, id).await?;
        let counts = sqlx::query!(
            r#"SELECT (SELECT count(*) FROM memberships WHERE branch_id = $1 AND to_at IS NULL) AS "members!: i64",
                      (SELECT count(*) FROM units WHERE parent_id = $1 AND closed_at IS NULL) AS "units!: i64""#,
            id
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed)?;
        let parent_closed = match there.as_ref().and_then(|unit| unit.parent_id) {
            Some(parent) => is_closed(&mut tx, parent).await?,
            None => false,
        };
        let now = Use {
            closed: is_closed(&mut tx, id).await?,
            parent_closed,
            members: counts.members,
            units: counts.units,
        };
        let line = match decide::unit::close(there.as_ref(), now, closed, actor_id, at) {
            Ok(line) => line,
            Err(outcome) => return Ok(outcome),
        };
        let closed_at = closed.then_some(at);
        sqlx::query!("UPDATE units SET closed_at = $1 WHERE id = $2", closed_at, id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        audit(&mut tx, &line).await?;
        tx.commit().await.map_err(failed)?;
        Ok(UnitOutcome::Done)
    }

    async fn closed_units(&self) -> StoreResult<Vec<(Uuid, UtcMillis)>> {
        let rows = sqlx::query!(
            r#"SELECT id, closed_at AS "closed_at!: i64" FROM units WHERE closed_at IS NOT NULL"#
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        Ok(rows.into_iter().map(|row| (row.id, row.closed_at)).collect())
    }

    async fn units_ever(&self) -> StoreResult<Vec<Unit>> {
        sqlx::query_as!(
            UnitRow,
            "SELECT u.id, u.parent_id, u.kind, u.name, p.path FROM unit_paths p JOIN units u ON u.id = p.unit_id"
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?
        .into_iter()
        .map(Unit::try_from)
        .collect()
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
