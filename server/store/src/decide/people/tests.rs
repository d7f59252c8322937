use super::*;
use crate::{Role, RoleGrant, Unit, UnitKind};

const ACTOR: Uuid = Uuid::from_u128(1);
const PERSON: Uuid = Uuid::from_u128(2);
const HERE: Uuid = Uuid::from_u128(3);
const THERE: Uuid = Uuid::from_u128(4);

fn branch() -> Unit {
    let (name, path) = ("甲支部".to_owned(), "/1/1/".to_owned());
    Unit { id: HERE, parent_id: None, kind: UnitKind::Branch, name, path }
}

fn there(disabled_at: Option<UtcMillis>) -> PersonRecord {
    PersonRecord {
        id: PERSON,
        name: "学员甲".to_owned(),
        phone: Some("13800000002".to_owned()),
        member_no: Some("A-2".to_owned()),
        branch: Some(branch()),
        roles: vec![RoleGrant { role: Role::Lecturer, unit: branch(), until_at: None }],
        first_password: true,
        disabled_at,
        revision: 7,
    }
}

const BY_ORGANIZER: Facts = Facts { by_organizer: true, number_taken: false, known: false };

fn edits(disabled_at: Option<UtcMillis>, change: PersonEdit) -> Result<PersonChange, PersonOutcome> {
    edit(BY_ORGANIZER, Some(there(disabled_at)), change, ACTOR, 50)
}

#[test]
fn who_is_no_organizer_changes_nobody_but_their_own_password() {
    let gone = Err(PersonOutcome::ActorGone);
    assert_eq!(edit(Facts::default(), Some(there(None)), PersonEdit::default(), ACTOR, 50), gone);
    assert_eq!(set_disabled(false, None, true, ACTOR, 50), gone, "nor learns who there is");
    let password = |user_id, actor_id| NewPassword {
        user_id,
        hash: "$argon2id$x".to_owned(),
        first: user_id != actor_id,
        keep_session: None,
        actor_id,
        at: 50,
    };
    assert_eq!(replace_password(false, true, &password(PERSON, ACTOR)), Err(PersonOutcome::ActorGone));
    let own = replace_password(false, true, &password(PERSON, PERSON)).expect("replaced");
    assert_eq!(own.action, "person.password_change");
    let reset = replace_password(true, true, &password(PERSON, ACTOR)).expect("replaced");
    assert_eq!((reset.action.as_str(), reset.subject_id), ("person.password_reset", PERSON));
    assert_eq!(replace_password(true, false, &password(PERSON, ACTOR)), Err(PersonOutcome::NotFound));
}

#[test]
fn an_edit_keeps_what_it_does_not_name_and_logs_no_value() {
    assert_eq!(edit(BY_ORGANIZER, None, PersonEdit::default(), ACTOR, 50), Err(PersonOutcome::NotFound));
    assert_eq!(edits(None, PersonEdit::default()), Err(PersonOutcome::Done));
    let same = PersonEdit {
        name: Some("学员甲".to_owned()),
        branch_id: Some(Some(HERE)),
        member_no: Some(Some("A-2".to_owned())),
        ..PersonEdit::default()
    };
    assert_eq!(edits(None, same), Err(PersonOutcome::Done), "all of it is so already");
    let change = PersonEdit { name: Some("李".to_owned()), member_no: Some(None), ..PersonEdit::default() };
    let changed = edits(None, change).expect("changed");
    assert_eq!((changed.row.name.as_str(), changed.row.member_no.as_deref()), ("李", None));
    assert_eq!((changed.row.phone.as_deref(), changed.row.branch_id), (Some("13800000002"), Some(HERE)));
    assert_eq!((changed.signs_out, changed.leaves, changed.joins, changed.roles), (false, false, None, None));
    assert_eq!(changed.audit.detail, r#"{"fields":["name","member_no"]}"#);
}

#[test]
fn another_number_signs_out() {
    let change = PersonEdit { phone: Some(Some("13900000000".to_owned())), ..PersonEdit::default() };
    let changed = edits(None, change).expect("changed");
    assert!(changed.signs_out && !changed.leaves);
    assert_eq!(changed.audit.detail, r#"{"fields":["phone"]}"#);
}

#[test]
fn who_moves_leaves_one_branch_and_joins_the_other_unless_disabled() {
    let moves = |disabled_at, to| {
        let change = PersonEdit { branch_id: Some(to), ..PersonEdit::default() };
        let changed = edits(disabled_at, change).expect("changed");
        (changed.row.branch_id, changed.leaves, changed.joins)
    };
    assert_eq!(moves(None, Some(THERE)), (Some(THERE), true, Some(THERE)));
    assert_eq!(moves(None, None), (None, true, None));
    assert_eq!(moves(Some(40), Some(THERE)), (Some(THERE), true, None));
}

#[test]
fn roles_are_replaced_as_they_are_given() {
    let roles = Some(vec![NewGrant { until_at: Some(900), ..(Role::Organizer, HERE).into() }]);
    let changed = edits(None, PersonEdit { roles: roles.clone(), ..PersonEdit::default() }).expect("changed");
    assert_eq!((changed.roles, changed.audit.detail.as_str()), (roles, r#"{"fields":["roles"]}"#));
}

#[test]
fn who_is_disabled_is_signed_out_and_in_no_branch_until_enabled() {
    let off = set_disabled(true, Some(there(None)), true, ACTOR, 50).expect("disabled");
    assert_eq!((off.signs_out, off.leaves, off.joins), (true, true, None));
    assert_eq!((off.row.disabled_at, off.row.branch_id), (Some(50), Some(HERE)), "the branch is remembered");
    let on = set_disabled(true, Some(there(Some(40))), false, ACTOR, 50).expect("enabled");
    assert_eq!((on.signs_out, on.leaves, on.joins), (false, false, Some(HERE)));
    assert_eq!((on.row.disabled_at, on.audit.action.as_str()), (None, "person.enable"));
    assert_eq!(set_disabled(true, Some(there(Some(40))), true, ACTOR, 50), Err(PersonOutcome::Done));
    assert_eq!(set_disabled(true, None, true, ACTOR, 50), Err(PersonOutcome::NotFound));
}

#[test]
fn nobody_gets_the_number_of_another_and_nobody_is_there_twice() {
    let change = |facts| {
        edit(facts, Some(there(None)), PersonEdit { phone: Some(None), ..PersonEdit::default() }, ACTOR, 50)
    };
    assert_eq!(change(Facts { number_taken: true, ..BY_ORGANIZER }), Err(PersonOutcome::NumberTaken));
    assert_eq!(change(Facts { known: true, ..BY_ORGANIZER }), Err(PersonOutcome::Known));
    assert_eq!(change(BY_ORGANIZER).expect("changed").row.phone, None);
}

#[test]
fn an_edit_of_what_another_has_changed_meanwhile_changes_nothing() {
    let change =
        |base| edits(None, PersonEdit { base, name: Some("李".to_owned()), ..PersonEdit::default() });
    assert_eq!(change(Some(6)), Err(PersonOutcome::Changed));
    assert!(change(Some(7)).is_ok() && change(None).is_ok());
}
