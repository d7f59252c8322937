//! Cases of people, sessions and units.

use super::{NOW, id, person, town};
use crate::{
    NewGrant, NewUnit, NewUser, Page, PersonEdit, Role, SHARED_BY, Session, Setup, SetupOutcome, SignInName,
    Store, StoreError, UnitKind,
};

/// A page that holds everything.
const ALL: Page = Page { offset: 0, limit: 1000 };

/// The second setup changes nothing.
pub async fn a_centre_is_set_up_once(store: &dyn Store) {
    assert!(!store.is_set_up().await.expect("asked"));
    town(store).await;
    assert!(store.is_set_up().await.expect("asked"));
    let again = Setup {
        centre_id: id(90),
        centre_name: "又一个".to_owned(),
        organizer: person(91, "乙", None, vec![]),
    };
    assert_eq!(store.set_up(again).await.expect("asked"), SetupOutcome::AlreadyDone);
    assert_eq!(store.user(id(91), NOW).await.expect("asked"), None);
}

/// By a number and by a 成员编号 those are found who have it, the longest known first, and never more than is tried.
pub async fn a_phone_number_may_be_shared(store: &dyn Store) {
    let town = town(store).await;
    let shared = person(12, "", None, vec![]).phone;
    for number in 50..60 {
        let phone = shared.clone();
        let twin = NewUser { phone, at: NOW + 1, ..person(number, "同号", Some(town.branch_a.id), vec![]) };
        store.add_user(twin).await.expect("added");
    }
    let without = NewUser {
        phone: None,
        member_no: Some("A-61".to_owned()),
        ..person(61, "无号", Some(town.branch_a.id), vec![])
    };
    store.add_user(without).await.expect("added");
    let by_phone = SignInName { phone: shared, member_no: None };
    let found = store.credentials(&by_phone).await.expect("asked");
    assert_eq!(found.len(), usize::try_from(SHARED_BY).expect("small"));
    assert_eq!(
        (found[0].user_id, found[0].name.as_str(), found[1].user_id),
        (town.member_a, "学员甲", id(50))
    );
    let by_number = SignInName { phone: None, member_no: Some("A-61".to_owned()) };
    let found = store.credentials(&by_number).await.expect("asked");
    assert_eq!(found.iter().map(|one| one.user_id).collect::<Vec<_>>(), [id(61)]);
    assert!(store.credentials(&SignInName::default()).await.expect("asked").is_empty());
    assert_eq!(store.credentials_of(id(61)).await.expect("asked").map(|one| one.user_id), Some(id(61)));
    assert_eq!(store.user(id(61), NOW).await.expect("asked").and_then(|user| user.phone), None);
}

/// A role with an end is over from then on, whoever asks; sweeping takes it away and says so in the audit log.
pub async fn a_role_ends_by_itself(store: &dyn Store) {
    let town = town(store).await;
    let deputy = NewGrant { until_at: Some(NOW + 1000), ..(Role::Organizer, town.station_a.id).into() };
    let roles = Some(vec![(Role::Lecturer, town.centre).into(), deputy]);
    let edit = PersonEdit { roles, ..PersonEdit::default() };
    store.edit_person(town.member_a, edit, town.organizer, NOW).await.expect("edited");
    store.open_session(session(1, town.member_a, NOW + 9000)).await.expect("opened");
    let roles = async |now| {
        let user = store.user(town.member_a, now).await.expect("asked").expect("there");
        let (_, by_session) = store.session(&[1; 32], now).await.expect("asked").expect("open");
        assert_eq!(user, by_session);
        user.roles.into_iter().map(|grant| grant.role).collect::<Vec<_>>()
    };
    let both = [Role::Lecturer, Role::Organizer];
    assert_eq!((roles(NOW + 999).await, roles(NOW + 1000).await), (both.to_vec(), vec![Role::Lecturer]));
    let add = async |number, at| {
        let new = NewUser { at, ..person(number, "丁", Some(town.branch_a.id), vec![]) };
        store.add_person(new, town.member_a).await.expect("asked")
    };
    assert_eq!(add(70, NOW + 999).await, crate::PersonOutcome::Done);
    assert_eq!(add(71, NOW + 1000).await, crate::PersonOutcome::ActorGone);
    assert_eq!(store.end_roles(NOW + 999).await.expect("swept"), 0);
    assert_eq!(store.end_roles(NOW + 1000).await.expect("swept"), 1);
    let kept = store.person(town.member_a).await.expect("asked").expect("there").roles;
    assert_eq!(kept.len(), 1);
    let log = store.audit_of(town.member_a, ALL).await.expect("asked");
    assert!(log.iter().any(|entry| entry.action == "person.role_ended" && entry.actor_id.is_none()));
}

/// A role or a branch that does not exist is refused, and nothing is half written.
pub async fn an_unknown_reference_is_dangling(store: &dyn Store) {
    town(store).await;
    let error = store.add_user(person(50, "无处", Some(id(999)), vec![])).await.expect_err("refused");
    assert!(matches!(error, StoreError::Dangling), "{error}");
    let error =
        store.add_user(person(51, "无权", None, vec![(Role::Lecturer, id(999))])).await.expect_err("refused");
    assert!(matches!(error, StoreError::Dangling), "{error}");
    assert_eq!(store.user(id(51), NOW).await.expect("asked"), None);
    let orphan = NewUnit {
        id: id(60),
        parent_id: id(999),
        kind: UnitKind::Branch,
        name: "孤".to_owned(),
        actor_id: None,
        at: NOW,
    };
    let error = store.add_unit(orphan).await.expect_err("refused");
    assert!(matches!(error, StoreError::Dangling), "{error}");
    assert_eq!(store.audit_of(id(60), Page { offset: 0, limit: 10 }).await.expect("asked"), []);
}

/// Branch and roles come with the person; names come back as they were written.
pub async fn a_person_comes_with_branch_and_roles(store: &dyn Store) {
    let town = town(store).await;
    let member = store.user(town.member_b, NOW).await.expect("asked").expect("there");
    assert_eq!(member.name, "𠮷田");
    assert_eq!(member.branch, Some(town.branch_b.clone()));
    assert!(member.roles.is_empty());
    let organizer = store.user(town.organizer, NOW).await.expect("asked").expect("there");
    assert_eq!(organizer.branch, None);
    let granted: Vec<_> = organizer.roles.iter().map(|grant| (grant.role, grant.unit.id)).collect();
    // In a small centre the first organizer gives lessons, too.
    let roles = [Role::Lecturer, Role::Organizer, Role::Owner].map(|role| (role, town.centre));
    assert_eq!(granted, roles);
    let asked = |phone| SignInName { phone, member_no: None };
    let known = store.credentials(&asked(member.phone)).await.expect("asked");
    assert_eq!(known.iter().map(|one| one.user_id).collect::<Vec<_>>(), [town.member_b]);
    let nobody = store.credentials(&asked(Some("13899999999".to_owned()))).await.expect("asked");
    assert!(nobody.is_empty());
}

fn session(number: u8, user_id: uuid::Uuid, expires_at: i64) -> Session {
    Session { token_hash: [number; 32], user_id, created_at: NOW, seen_at: NOW, expires_at }
}

/// A session is over at its end, not after; ending all ends only one's own.
pub async fn a_session_ends_in_time_and_everywhere(store: &dyn Store) {
    let town = town(store).await;
    for (number, user) in [(1, town.member_a), (2, town.member_a), (3, town.member_b)] {
        store.open_session(session(number, user, NOW + 1000)).await.expect("opened");
    }
    let open = async |number: u8, now| store.session(&[number; 32], now).await.expect("asked").is_some();
    assert!(open(1, NOW + 999).await);
    assert!(!open(1, NOW + 1000).await);
    assert!(!open(9, NOW).await);
    store.extend_session(&[1; 32], NOW + 500, NOW + 5000).await.expect("extended");
    let (found, user) = store.session(&[1; 32], NOW + 2000).await.expect("asked").expect("open");
    assert_eq!((found.seen_at, found.expires_at, user.id), (NOW + 500, NOW + 5000, town.member_a));
    let all: Vec<[u8; 32]> = (0..=9).map(|number| [number; 32]).collect();
    let live = async |now| {
        let mut live = store.live_sessions(&all, now).await.expect("asked");
        live.sort_unstable();
        live
    };
    for now in [NOW, NOW + 999, NOW + 1000, NOW + 5000] {
        let mut one_by_one = Vec::new();
        for hash in &all {
            if store.session(hash, now).await.expect("asked").is_some() {
                one_by_one.push(*hash);
            }
        }
        assert_eq!(live(now).await, one_by_one, "the same as asked one by one");
    }
    assert!(live(NOW).await.len() >= 3 && live(NOW + 5000).await.is_empty());
    store.close_session(&[3; 32]).await.expect("closed");
    assert!(!open(3, NOW).await);
    assert_eq!(store.sweep_sessions(NOW + 1000).await.expect("swept"), 1);
    assert_eq!(store.close_sessions(town.member_a, NOW).await.expect("closed"), 1);
    assert!(!open(1, NOW).await);
}

/// People are found by role, part of the name, and part of the tree.
pub async fn people_are_found_in_their_scope(store: &dyn Store) {
    let town = town(store).await;
    store
        .add_user(person(40, "Li Lei", None, vec![(Role::Lecturer, town.station_b.id)]))
        .await
        .expect("added");
    let find = async |path: &str, query: &str| {
        let found = store.people(Role::Lecturer, &[path.to_owned()], query, ALL).await.expect("asked");
        found.into_iter().map(|person| person.id).collect::<Vec<_>>()
    };
    assert_eq!(find("/", "").await.len(), 3);
    assert_eq!(find(&town.station_b.path, "").await, [id(40)]);
    assert_eq!(find("/", "li l").await, [id(40)]);
    assert_eq!(find("/", "讲").await, [town.lecturer]);
    assert_eq!(find("/", "jiangs").await, [town.lecturer]);
    assert!(find("/", "%").await.is_empty());
    assert!(find(&town.station_a.path, "").await.is_empty());
}

/// Paths are prefixes of what is inside; the order is that of the tree, 10 after 9.
pub async fn units_are_a_tree(store: &dyn Store) {
    let town = town(store).await;
    for number in 0..9 {
        let new = NewUnit {
            id: id(100 + number),
            parent_id: town.station_a.id,
            kind: UnitKind::Branch,
            name: format!("支部 {number}"),
            actor_id: Some(town.organizer),
            at: NOW,
        };
        store.add_unit(new).await.expect("added");
    }
    assert_eq!(town.station_a.path, "/1/1/");
    assert_eq!(town.branch_b.path, "/1/2/1/");
    let inside = store.units_within(std::slice::from_ref(&town.station_a.path)).await.expect("asked");
    let paths: Vec<&str> = inside.iter().map(|unit| unit.path.as_str()).collect();
    assert_eq!(paths.len(), 11);
    assert_eq!((paths[0], paths[1], paths[9], paths[10]), ("/1/1/", "/1/1/1/", "/1/1/9/", "/1/1/10/"));
    // Who added it stands in the log, which has nothing of a unit that could not be added.
    let log = store.audit_of(id(100), Page { offset: 0, limit: 10 }).await.expect("asked");
    let lines: Vec<_> = log.iter().map(|line| (line.action.as_str(), line.actor_id)).collect();
    assert_eq!(lines, [("unit.add", Some(town.organizer))]);
    // A path is not inside another whose number it only begins with.
    let nine = store.units_within(&["/1/1/1/".to_owned()]).await.expect("asked");
    assert_eq!(nine.len(), 1);
    assert!(store.units_within(&[]).await.expect("asked").is_empty());
    assert_eq!(store.unit(town.branch_a.id).await.expect("asked"), Some(town.branch_a));
}
