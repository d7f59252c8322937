//! Where a unit stands in the tree.

use serde_json::json;
use uuid::Uuid;

use super::audit::Action;
use crate::{AuditEntry, NewUnit, StoreError, StoreResult, TextEnum as _, Unit, UnitOutcome, UtcMillis};

/// A unit to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The unit.
    pub unit: Unit,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// Adds a unit behind the `siblings` units that its parent has. Units are never removed, so no number is given twice.
pub fn add(parent: Option<&Unit>, siblings: i64, new: NewUnit) -> StoreResult<Added> {
    let parent = parent.ok_or(StoreError::Dangling)?;
    let NewUnit { id, kind, name, actor_id, at, .. } = new;
    let detail = json!({ "name": name, "kind": kind.as_str() });
    let path = format!("{}{}/", parent.path, siblings + 1);
    let unit = Unit { id, parent_id: Some(parent.id), kind, name, path };
    Ok(Added { unit, audit: Action { name: "unit.add", actor_id, at }.on_unit(id, &detail) })
}

/// The line about another name.
pub fn rename(
    before: Option<&Unit>,
    name: &str,
    actor_id: Uuid,
    at: UtcMillis,
) -> Result<AuditEntry, UnitOutcome> {
    let before = before.ok_or(UnitOutcome::NotFound)?;
    let detail = json!({ "from": before.name, "to": name });
    Ok(Action::of(actor_id, "unit.rename", at).on_unit(before.id, &detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnitKind;

    const STATION: Uuid = Uuid::from_u128(1);
    const BRANCH: Uuid = Uuid::from_u128(2);

    fn station() -> Unit {
        let (name, path) = ("甲站".to_owned(), "/1/3/".to_owned());
        Unit { id: STATION, parent_id: Some(Uuid::nil()), kind: UnitKind::Station, name, path }
    }

    #[test]
    fn a_unit_comes_behind_its_siblings() {
        let name = "甲支部".to_owned();
        let new =
            NewUnit { id: BRANCH, parent_id: STATION, kind: UnitKind::Branch, name, actor_id: None, at: 50 };
        let added = add(Some(&station()), 9, new.clone()).expect("added");
        assert_eq!((added.unit.path.as_str(), added.unit.parent_id), ("/1/3/10/", Some(STATION)));
        assert_eq!((added.audit.action.as_str(), added.audit.subject_id), ("unit.add", BRANCH));
        assert!(station().contains(&added.unit.path));
        assert!(matches!(add(None, 0, new), Err(StoreError::Dangling)));
    }

    #[test]
    fn the_log_has_both_names_of_a_unit() {
        let line = rename(Some(&station()), "乙站", BRANCH, 50).expect("renamed");
        assert_eq!(line.detail, r#"{"from":"甲站","to":"乙站"}"#);
        assert_eq!(rename(None, "乙站", BRANCH, 50), Err(UnitOutcome::NotFound));
    }
}
