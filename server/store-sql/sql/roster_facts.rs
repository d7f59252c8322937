//! People and units of a part of the tree, as an import compares itself with them.

use std::collections::HashMap;

use uuid::Uuid;
use yunke_store::{PersonColumns, Role, RosterFacts, RosterPerson, StoreResult, TextEnum as _, Unit};

use super::{json, unit::UnitRow};
use crate::db::Connection;
use crate::error::failed;

pub(super) async fn facts(on: &mut Connection, within: &[String]) -> StoreResult<RosterFacts> {
    let people = people(on, within).await?;
    let scope = json(within);
    let mut units: Vec<Unit> = sqlx::query_as!(
        UnitRow,
        "SELECT id, parent_id, kind, name, path FROM units
         WHERE closed_at IS NULL
           AND EXISTS (SELECT 1 FROM json_each($1) AS scope
                       WHERE substr(units.path, 1, length(scope.value)) = scope.value)",
        scope,
    )
    .fetch_all(on)
    .await
    .map_err(failed)?
    .into_iter()
    .map(Unit::try_from)
    .collect::<StoreResult<_>>()?;
    units.sort_unstable_by_key(|unit| unit.id);
    Ok(RosterFacts { people, units })
}

async fn people(on: &mut Connection, within: &[String]) -> StoreResult<Vec<RosterPerson>> {
    let roles = roles(on).await?;
    let scope = json(within);
    // Who has no branch is of the part where they had one last, or have a role.
    let rows = sqlx::query!(
        r#"SELECT p.id, p.name, p.phone AS "phone?", p.member_no, p.branch_id, p.disabled_at
           FROM users p LEFT JOIN units b ON b.id = p.branch_id
           WHERE EXISTS (SELECT 1 FROM json_each($1) AS scope
                         WHERE substr(b.path, 1, length(scope.value)) = scope.value
                            OR (p.branch_id IS NULL
                                AND (EXISTS (SELECT 1 FROM roles r JOIN units u ON u.id = r.unit_id
                                             WHERE r.user_id = p.id
                                               AND substr(u.path, 1, length(scope.value)) = scope.value)
                                     OR EXISTS (SELECT 1 FROM memberships m JOIN units u ON u.id = m.branch_id
                                                WHERE m.user_id = p.id
                                                  AND m.seq = (SELECT max(l.seq) FROM memberships l WHERE l.user_id = p.id)
                                                  AND substr(u.path, 1, length(scope.value)) = scope.value))))
           ORDER BY p.id"#,
        scope
    )
    .fetch_all(on)
    .await
    .map_err(failed)?;
    let people = rows.into_iter().map(|row| {
        let held = roles.get(&row.id);
        RosterPerson {
            id: row.id,
            columns: PersonColumns {
                name: row.name,
                phone: row.phone,
                member_no: row.member_no,
                branch_id: row.branch_id,
                disabled_at: row.disabled_at,
            },
            has_roles: held.is_some(),
            // Owners are changed one by one, by owners.
            within: held.is_none_or(|held| {
                held.iter().all(|(role, path)| {
                    role != Role::Owner.as_str() && within.iter().any(|part| path.starts_with(part.as_str()))
                })
            }),
        }
    });
    Ok(people.collect())
}

/// Roles and the paths of their units: few have any.
async fn roles(on: &mut Connection) -> StoreResult<HashMap<Uuid, Vec<(String, String)>>> {
    let rows = sqlx::query!(
        "SELECT r.user_id, r.role, u.path FROM roles r JOIN units u ON u.id = r.unit_id ORDER BY u.path"
    )
    .fetch_all(on)
    .await
    .map_err(failed)?;
    let mut roles: HashMap<Uuid, Vec<(String, String)>> = HashMap::new();
    for row in rows {
        roles.entry(row.user_id).or_default().push((row.role, row.path));
    }
    Ok(roles)
}
