//! How a centre begins.

use serde_json::json;
use uuid::Uuid;

use super::audit::Action;
use crate::{AuditEntry, NewGrant, NewUser, Role, Setup, SetupOutcome, Unit, UnitKind, UtcMillis};

/// The first unit and the first person.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// The centre, the root of the tree.
    pub centre: Unit,
    /// Its organizer, with all roles.
    pub organizer: NewUser,
}

/// Sets up, unless there is a centre.
pub fn set_up(is_set_up: bool, setup: Setup) -> Result<Beginning, SetupOutcome> {
    if is_set_up {
        return Err(SetupOutcome::AlreadyDone);
    }
    let Setup { centre_id: id, centre_name: name, mut organizer } = setup;
    // In a new centre there is nobody else to give a lesson yet.
    organizer
        .roles
        .extend([Role::Owner, Role::Organizer, Role::Lecturer].map(|role| NewGrant::from((role, id))));
    let centre = Unit { id, parent_id: None, kind: UnitKind::Centre, name, path: "/1/".to_owned() };
    Ok(Beginning { centre, organizer })
}

/// The line about a role that ended by itself.
pub fn ended(user_id: Uuid, role: &str, unit_id: Uuid, at: UtcMillis) -> AuditEntry {
    let detail = json!({ "role": role, "unit_id": unit_id });
    Action { name: "person.role_ended", actor_id: None, at }.on_person(user_id, &detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_begins_once_and_its_organizer_can_give_a_lesson() {
        let centre_id = Uuid::from_u128(1);
        let organizer = NewUser {
            id: Uuid::from_u128(2),
            name: "组织者".to_owned(),
            phone: Some("13800000002".to_owned()),
            password_hash: None,
            first_password: false,
            branch_id: None,
            member_no: None,
            roles: vec![],
            at: 50,
        };
        let setup = Setup { centre_id, centre_name: "中心".to_owned(), organizer };
        let begun = set_up(false, setup.clone()).expect("set up");
        assert_eq!((begun.centre.path.as_str(), begun.centre.kind), ("/1/", UnitKind::Centre));
        let roles = [Role::Owner, Role::Organizer, Role::Lecturer].map(|role| (role, centre_id).into());
        assert_eq!(begun.organizer.roles, roles);
        assert_eq!(set_up(true, setup).err(), Some(SetupOutcome::AlreadyDone));
    }
}
