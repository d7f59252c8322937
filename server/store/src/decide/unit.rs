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

/// Adds a unit behind the `siblings` units that its parent ever had, so that no number is given twice.
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

/// A unit with its new path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The path it had: a prefix of those of all that moves with it.
    pub from: String,
    /// What takes its place.
    pub to: String,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// Moves a unit behind the `siblings` units that its new parent ever had. Who belonged where when, and what was credited, stays.
pub fn relocate(
    unit: Option<&Unit>,
    parent: Option<&Unit>,
    (siblings, parent_closed): (i64, bool),
    actor_id: Uuid,
    at: UtcMillis,
) -> Result<Moved, UnitOutcome> {
    let (unit, parent) = unit.zip(parent).ok_or(UnitOutcome::NotFound)?;
    if unit.parent_id == Some(parent.id) {
        return Err(UnitOutcome::Done);
    }
    if unit.parent_id.is_none() || !unit.kind.fits_in(parent.kind) || unit.contains(&parent.path) {
        return Err(UnitOutcome::DoesNotFit);
    }
    if parent_closed {
        return Err(UnitOutcome::ParentClosed);
    }
    let detail = json!({ "from": unit.parent_id, "to": parent.id });
    let audit = Action::of(actor_id, "unit.move", at).on_unit(unit.id, &detail);
    Ok(Moved { from: unit.path.clone(), to: format!("{}{}/", parent.path, siblings + 1), audit })
}

/// What the store knows of a unit that is to be closed or opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Use {
    /// It is closed.
    pub closed: bool,
    /// Its parent is.
    pub parent_closed: bool,
    /// Members now.
    pub members: i64,
    /// Open units directly below.
    pub units: i64,
}

/// Closes a unit, or opens it again: the line about it.
pub fn close(
    unit: Option<&Unit>,
    now: Use,
    closed: bool,
    actor_id: Uuid,
    at: UtcMillis,
) -> Result<AuditEntry, UnitOutcome> {
    let unit = unit.ok_or(UnitOutcome::NotFound)?;
    let Use { members, units, .. } = now;
    match (now.closed, closed) {
        (true, true) | (false, false) => Err(UnitOutcome::Done),
        (false, true) if unit.parent_id.is_none() => Err(UnitOutcome::DoesNotFit),
        (false, true) if members > 0 || units > 0 => Err(UnitOutcome::InUse { members, units }),
        (true, false) if now.parent_closed => Err(UnitOutcome::ParentClosed),
        _ => {
            let name = if closed { "unit.close" } else { "unit.reopen" };
            Ok(Action::of(actor_id, name, at).on_unit(unit.id, &json!({})))
        }
    }
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
    fn a_unit_moves_where_its_level_fits_and_never_into_itself() {
        let unit = |number: u128, parent: Option<u128>, kind, path: &str| Unit {
            id: Uuid::from_u128(number),
            parent_id: parent.map(Uuid::from_u128),
            kind,
            name: String::new(),
            path: path.to_owned(),
        };
        let centre = unit(1, None, UnitKind::Centre, "/1/");
        let (here, there) =
            (unit(2, Some(1), UnitKind::Station, "/1/1/"), unit(3, Some(1), UnitKind::Station, "/1/2/"));
        let point = unit(4, Some(2), UnitKind::Point, "/1/1/1/");
        let relocate = |unit, parent, closed| {
            relocate(Some(unit), Some(parent), (9, closed), BRANCH, 50).map(|moved| (moved.from, moved.to))
        };
        assert_eq!(relocate(&point, &there, false), Ok(("/1/1/1/".to_owned(), "/1/2/10/".to_owned())));
        assert_eq!(relocate(&point, &here, false), Err(UnitOutcome::Done));
        assert_eq!(relocate(&here, &there, false), Err(UnitOutcome::DoesNotFit));
        assert_eq!(relocate(&centre, &here, false), Err(UnitOutcome::DoesNotFit));
        assert_eq!(relocate(&here, &point, false), Err(UnitOutcome::DoesNotFit));
        assert_eq!(relocate(&point, &there, true), Err(UnitOutcome::ParentClosed));
    }

    #[test]
    fn a_unit_is_closed_when_nobody_is_left_in_it() {
        let close = |now, closed| close(Some(&station()), now, closed, BRANCH, 50).map(|line| line.action);
        let empty = Use::default();
        assert_eq!(close(empty, true), Ok("unit.close".to_owned()));
        assert_eq!(close(empty, false), Err(UnitOutcome::Done));
        let used = Use { members: 3, units: 1, ..empty };
        assert_eq!(close(used, true), Err(UnitOutcome::InUse { members: 3, units: 1 }));
        let closed = Use { closed: true, ..empty };
        assert_eq!(close(closed, false), Ok("unit.reopen".to_owned()));
        assert_eq!(close(Use { parent_closed: true, ..closed }, false), Err(UnitOutcome::ParentClosed));
    }

    #[test]
    fn the_log_has_both_names_of_a_unit() {
        let line = rename(Some(&station()), "乙站", BRANCH, 50).expect("renamed");
        assert_eq!(line.detail, r#"{"from":"甲站","to":"乙站"}"#);
        assert_eq!(rename(None, "乙站", BRANCH, 50), Err(UnitOutcome::NotFound));
    }
}
