//! Cases of the roster.

use super::{NOW, id, person, town};
use crate::{
    NewPassword, NewUser, Page, PersonEdit, PersonOutcome, Role, RosterFilter, Session, SignInName, Store,
    UnitOutcome,
};

/// A page that holds everything.
const ALL: Page = Page { offset: 0, limit: 1000 };

async fn names(store: &dyn Store, filter: RosterFilter, page: Page) -> (Vec<String>, i64) {
    let found = store.roster(&filter, page).await.expect("asked");
    (found.people.into_iter().map(|person| person.name).collect(), found.total)
}

async fn open(store: &dyn Store, number: u8, user_id: uuid::Uuid) {
    let session =
        Session { token_hash: [number; 32], user_id, created_at: NOW, seen_at: NOW, expires_at: NOW + 1000 };
    store.open_session(session).await.expect("opened");
}

async fn is_open(store: &dyn Store, number: u8) -> bool {
    store.session(&[number; 32], NOW).await.expect("asked").is_some()
}

async fn actions(store: &dyn Store, of: uuid::Uuid) -> Vec<String> {
    store.audit_of(of, ALL).await.expect("asked").into_iter().map(|entry| entry.action).collect()
}

/// By branch or by role, by part of the name, number, and last digits of the phone; namesakes are on one page each.
pub async fn a_roster_is_of_its_part_and_no_page_loses_anybody(store: &dyn Store) {
    let town = town(store).await;
    for number in 60..65 {
        let mut twin = person(number, "王芳", Some(town.branch_a.id), vec![]);
        twin.member_no = Some(format!("No.{number}"));
        twin.first_password = true;
        assert_eq!(store.add_person(twin, town.organizer).await.expect("added"), PersonOutcome::Done);
    }
    let everybody = RosterFilter { within: vec!["/1/".to_owned()], ..RosterFilter::default() };
    assert_eq!(names(store, everybody.clone(), ALL).await.1, 9);
    let mut seen = std::collections::HashSet::new();
    for offset in 0..9 {
        let page = store.roster(&everybody, Page { offset, limit: 1 }).await.expect("asked");
        assert_eq!(page.total, 9);
        seen.extend(page.people.into_iter().map(|person| person.id));
    }
    assert_eq!(seen.len(), 9);
    assert_eq!(names(store, everybody.clone(), Page { offset: 9, limit: 1 }).await, (Vec::new(), 9));
    let of_b = RosterFilter { within: vec![town.station_b.path.clone()], ..RosterFilter::default() };
    assert_eq!(names(store, of_b.clone(), ALL).await, (vec!["𠮷田".to_owned()], 1));
    // A unit beyond the part opens nothing.
    let beyond = RosterFilter { unit_path: Some(town.branch_a.path.clone()), ..of_b };
    assert_eq!(names(store, beyond, ALL).await, (Vec::new(), 0));
    let within = RosterFilter { unit_path: Some(town.station_a.path.clone()), ..everybody.clone() };
    assert_eq!(names(store, within.clone(), ALL).await.1, 6);
    for (query, count) in [
        ("芳", 5),
        ("No.62", 1),
        ("0062", 1),
        ("062", 0),
        ("00062", 0),
        ("3800000062", 0),
        ("%", 0),
        ("13800000062", 1),
        ("学员", 1),
        ("wang", 5),
        ("wf", 5),
        ("xueyuan", 1),
        ("fang", 5),
        ("ang", 0),
    ] {
        let asked = RosterFilter { query: query.to_owned(), ..within.clone() };
        assert_eq!(names(store, asked, ALL).await.1, count, "{query}");
    }
}

/// The person must replace it; sessions end but for the one it was replaced in.
pub async fn a_first_password_is_known_until_it_is_replaced(store: &dyn Store) {
    let town = town(store).await;
    store
        .add_person(
            NewUser { first_password: true, ..person(60, "新人", Some(town.branch_a.id), vec![]) },
            town.organizer,
        )
        .await
        .expect("added");
    let first = async || store.user(id(60), NOW).await.expect("asked").expect("there").first_password;
    assert!(first().await);
    assert!(!store.user(town.member_a, NOW).await.expect("asked").expect("there").first_password);
    for number in [1, 2] {
        open(store, number, id(60)).await;
    }
    let own = NewPassword {
        user_id: id(60),
        hash: "own".to_owned(),
        first: false,
        keep_session: Some([1; 32]),
        actor_id: id(60),
        at: NOW,
    };
    assert_eq!(store.replace_password(own.clone()).await.expect("asked"), PersonOutcome::Done);
    assert!(!first().await);
    assert!(is_open(store, 1).await && !is_open(store, 2).await);
    let known = store.credentials_of(id(60)).await.expect("asked").expect("there");
    assert_eq!(known.password_hash.as_deref(), Some("own"));
    let reset = NewPassword { first: true, keep_session: None, actor_id: town.organizer, ..own.clone() };
    assert_eq!(store.replace_password(reset).await.expect("asked"), PersonOutcome::Done);
    assert!(first().await && !is_open(store, 1).await);
    let nobody = NewPassword { user_id: id(999), actor_id: town.organizer, ..own };
    assert_eq!(store.replace_password(nobody).await.expect("asked"), PersonOutcome::NotFound);
    let log = actions(store, id(60)).await;
    assert_eq!(log, ["person.add", "person.password_change", "person.password_reset"]);
}

/// Sessions end, nothing opens; what is known of the person stays.
pub async fn whoever_is_disabled_is_signed_out_and_can_come_back(store: &dyn Store) {
    let town = town(store).await;
    open(store, 1, town.member_a).await;
    open(store, 2, town.member_b).await;
    let set =
        async |id, disabled| store.set_disabled(id, disabled, town.organizer, NOW).await.expect("asked");
    assert_eq!(set(id(999), true).await, PersonOutcome::NotFound);
    for _ in 0..2 {
        assert_eq!(set(town.member_a, true).await, PersonOutcome::Done);
    }
    assert!(!is_open(store, 1).await && is_open(store, 2).await);
    assert_eq!(store.user(town.member_a, NOW).await.expect("asked"), None);
    let by_phone = SignInName { phone: Some("13800000012".to_owned()), member_no: None };
    assert_eq!(store.credentials(&by_phone).await.expect("asked"), []);
    assert_eq!(store.credentials_of(town.member_a).await.expect("asked"), None);
    let record = store.person(town.member_a).await.expect("asked").expect("there");
    assert_eq!((record.disabled_at, record.branch), (Some(NOW), Some(town.branch_a.clone())));
    let filter = |disabled| RosterFilter {
        within: vec![town.station_a.path.clone()],
        disabled,
        ..RosterFilter::default()
    };
    assert_eq!(names(store, filter(false), ALL).await.1, 0);
    assert_eq!(names(store, filter(true), ALL).await.1, 1);
    assert_eq!(set(town.member_a, false).await, PersonOutcome::Done);
    assert!(store.user(town.member_a, NOW).await.expect("asked").is_some());
    assert_eq!(actions(store, town.member_a).await, ["person.disable", "person.enable"]);
}

/// What it does not name stays; another number signs out, one in use changes nothing at all.
pub async fn an_edit_of_a_person_changes_what_it_names(store: &dyn Store) {
    let town = town(store).await;
    open(store, 1, town.member_a).await;
    let edit = async |edit| store.edit_person(town.member_a, edit, town.organizer, NOW).await;
    let record = async || store.person(town.member_a).await.expect("asked").expect("there");
    let before = record().await;
    let name = PersonEdit {
        name: Some("新名".to_owned()),
        member_no: Some(Some("7".to_owned())),
        ..PersonEdit::default()
    };
    assert_eq!(edit(name).await.expect("asked"), PersonOutcome::Done);
    let after = record().await;
    assert_eq!((after.name.as_str(), after.member_no.as_deref()), ("新名", Some("7")));
    assert_eq!((after.phone, after.branch, after.roles), (before.phone.clone(), before.branch, before.roles));
    assert!(is_open(store, 1).await);
    let twice = PersonEdit {
        name: Some("𠮷田".to_owned()),
        phone: Some(Some("13800000013".to_owned())),
        ..PersonEdit::default()
    };
    assert_eq!(edit(twice).await.expect("asked"), PersonOutcome::Known);
    let numbered = NewUser { member_no: Some("8".to_owned()), ..person(60, "八", None, vec![]) };
    store.add_user(numbered).await.expect("added");
    let taken = PersonEdit { member_no: Some(Some("8".to_owned())), ..PersonEdit::default() };
    assert_eq!(edit(taken).await.expect("asked"), PersonOutcome::NumberTaken);
    let stale =
        PersonEdit { base: Some(before.revision), name: Some("迟".to_owned()), ..PersonEdit::default() };
    assert_eq!(edit(stale).await.expect("asked"), PersonOutcome::Changed);
    assert_eq!((record().await.name.as_str(), record().await.revision), ("新名", before.revision + 1));
    let other = PersonEdit { phone: Some(Some("13800000013".to_owned())), ..PersonEdit::default() };
    assert_eq!(edit(other).await.expect("asked"), PersonOutcome::Done);
    assert!(!is_open(store, 1).await);
    let by_old = SignInName { phone: before.phone.clone(), member_no: None };
    assert_eq!(store.credentials(&by_old).await.expect("asked"), []);
    let moved = PersonEdit {
        branch_id: Some(Some(town.branch_b.id)),
        roles: Some(vec![(Role::Lecturer, town.station_b.id).into()]),
        ..PersonEdit::default()
    };
    assert_eq!(edit(moved).await.expect("asked"), PersonOutcome::Done);
    let after = record().await;
    assert_eq!(after.branch.map(|branch| branch.id), Some(town.branch_b.id));
    assert_eq!(after.roles.len(), 1);
    let gone = PersonEdit {
        branch_id: Some(None),
        roles: Some(vec![]),
        member_no: Some(None),
        ..PersonEdit::default()
    };
    assert_eq!(edit(gone).await.expect("asked"), PersonOutcome::Done);
    assert_eq!(record().await.units().count(), 0);
    assert_eq!(record().await.member_no, None);
    let nobody = store.edit_person(id(999), PersonEdit::default(), town.organizer, NOW).await;
    assert_eq!(nobody.expect("asked"), PersonOutcome::NotFound);
}

/// Two who disable each other at the same moment: the second does nothing.
pub async fn who_is_no_organizer_any_more_changes_nobody(store: &dyn Store) {
    let town = town(store).await;
    let second = person(60, "乙", None, vec![(Role::Organizer, town.centre)]);
    store.add_person(second, town.organizer).await.expect("added");
    let disable = async |who, by| store.set_disabled(who, true, by, NOW).await.expect("asked");
    assert_eq!(disable(town.organizer, id(60)).await, PersonOutcome::Done);
    assert_eq!(disable(id(60), town.organizer).await, PersonOutcome::ActorGone);
    let edit = store.edit_person(id(60), PersonEdit::default(), town.member_a, NOW).await;
    assert_eq!(edit.expect("asked"), PersonOutcome::ActorGone);
    let added = store.add_person(person(61, "丙", None, vec![]), town.lecturer).await;
    assert_eq!(added.expect("asked"), PersonOutcome::ActorGone);
    assert_eq!(store.person(id(61)).await.expect("asked"), None);
}

/// It keeps its place, and what it was called is in the audit log.
pub async fn a_unit_gets_another_name(store: &dyn Store) {
    let town = town(store).await;
    let rename = async |id| store.rename_unit(id, "新支部", town.organizer, NOW).await.expect("asked");
    assert_eq!(rename(town.branch_a.id).await, UnitOutcome::Done);
    assert_eq!(rename(id(999)).await, UnitOutcome::NotFound);
    let unit = store.unit(town.branch_a.id).await.expect("asked").expect("there");
    assert_eq!((unit.name.as_str(), unit.path), ("新支部", town.branch_a.path));
    let log = store.audit_of(town.branch_a.id, ALL).await.expect("asked");
    let renamed: Vec<_> = log.iter().filter(|entry| entry.action == "unit.rename").collect();
    assert_eq!((renamed.len(), log.len()), (1, 2), "beside the line of its being added");
    assert!(renamed[0].detail.contains("甲支部"), "{}", renamed[0].detail);
}
