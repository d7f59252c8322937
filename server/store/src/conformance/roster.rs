//! Cases of roster imports.

use uuid::Uuid;

use super::{NOW, Town, id, person, town};
use crate::{
    ApplyOutcome, IMPORT_KEPT_MS, ImportApply, ImportKind, ImportPiece, ImportPreview, ImportState,
    ImportWrite, KeptPerson, NewImport, OPEN_IMPORTS, Page, PersonColumns, PersonEdit, PersonOutcome,
    Session, Store, UndoOutcome,
};

/// A page that holds everything.
const ALL: Page = Page { offset: 0, limit: 1000 };

async fn upload(store: &dyn Store, owner_id: Uuid, number: u128, at: i64) {
    let new = NewImport {
        id: id(number),
        owner_id,
        file_name: "名册.xlsx".to_owned(),
        file: vec![7; 1_500_000],
        options: "{}".to_owned(),
        at,
    };
    assert!(store.add_import(new).await.expect("asked"));
}

async fn preview(store: &dyn Store, number: u128) {
    let piece = |kind, body: &str| ImportPiece { kind, body: body.to_owned() };
    let preview = ImportPreview {
        id: id(number),
        options: r#"{"sheet":"1"}"#.to_owned(),
        summary: r#"{"rows":2}"#.to_owned(),
        fingerprint: Some("f".to_owned()),
        pieces: vec![
            piece(ImportKind::Add, "[1]"),
            piece(ImportKind::Bad, "[2]"),
            piece(ImportKind::Add, "[3]"),
        ],
    };
    store.preview_import(preview).await.expect("asked");
}

fn columns(name: &str, branch_id: Uuid) -> PersonColumns {
    PersonColumns {
        name: name.to_owned(),
        phone: None,
        member_no: None,
        branch_id: Some(branch_id),
        disabled_at: None,
    }
}

/// Adds 𠮷, moves member A to branch B, and lets member B leave.
async fn writes(store: &dyn Store, town: &Town) -> Vec<ImportWrite> {
    let facts = store.roster_facts(&["/1/".to_owned()]).await.expect("asked");
    let before = |id: Uuid| {
        let person = facts.people.iter().find(|person| person.id == id).expect("there");
        person.columns.clone()
    };
    let (a, b) = (before(town.member_a), before(town.member_b));
    let write = |id, kind, before, after| ImportWrite { id, kind, before, after };
    let new = PersonColumns {
        phone: Some("13900000099".to_owned()),
        member_no: Some("N1".to_owned()),
        ..columns("𠮷", town.branch_a.id)
    };
    vec![
        write(id(90), ImportKind::Add, None, new),
        write(
            town.member_a,
            ImportKind::Move,
            Some(a.clone()),
            PersonColumns { branch_id: Some(town.branch_b.id), ..a },
        ),
        write(
            town.member_b,
            ImportKind::Leave,
            Some(b.clone()),
            PersonColumns { disabled_at: Some(NOW + 1), ..b },
        ),
    ]
}

async fn apply(store: &dyn Store, town: &Town, number: u128, at: i64) -> ImportApply {
    let within = vec!["/1/".to_owned()];
    ImportApply {
        id: id(number),
        actor_id: town.organizer,
        facts: store.roster_facts(&within).await.expect("asked"),
        within,
        writes: writes(store, town).await,
        summary: r#"{"rows":3}"#.to_owned(),
        at,
    }
}

async fn actions(store: &dyn Store, of: Uuid) -> Vec<String> {
    store.audit_of(of, ALL).await.expect("asked").into_iter().map(|entry| entry.action).collect()
}

async fn open(store: &dyn Store, number: u8, user_id: Uuid) {
    let session =
        Session { token_hash: [number; 32], user_id, created_at: NOW, seen_at: NOW, expires_at: NOW + 1000 };
    store.open_session(session).await.expect("opened");
}

/// The file in pieces, the lines by what they do, in their order.
pub async fn an_import_is_kept_with_its_file_and_its_lines(store: &dyn Store) {
    let town = town(store).await;
    upload(store, town.organizer, 80, NOW).await;
    assert_eq!(store.import_file(id(80)).await.expect("asked"), Some(vec![7; 1_500_000]));
    preview(store, 80).await;
    preview(store, 80).await;
    let import = store.import(id(80)).await.expect("asked").expect("there");
    assert_eq!((import.state, import.file_bytes), (ImportState::Previewed, 1_500_000));
    assert_eq!((import.fingerprint.as_deref(), import.summary.as_str()), (Some("f"), r#"{"rows":2}"#));
    assert_eq!(store.import_pieces(id(80), ImportKind::Add).await.expect("asked"), ["[1]", "[3]"]);
    store.reread_import(id(80), "{}").await.expect("asked");
    let import = store.import(id(80)).await.expect("asked").expect("there");
    assert_eq!((import.state, import.fingerprint), (ImportState::Reading, None));
    assert_eq!(store.import_pieces(id(80), ImportKind::Add).await.expect("asked").len(), 0);
    assert_eq!(store.imports_of(town.lecturer).await.expect("asked"), []);
    store.remove_import(id(80)).await.expect("asked");
    assert_eq!(store.import_file(id(80)).await.expect("asked"), None);
    assert_eq!(store.known_columns(town.organizer).await.expect("asked"), None);
    for columns in ["{}", r#"{"员工":"name"}"#] {
        store.keep_columns(town.organizer, columns).await.expect("asked");
    }
    assert_eq!(
        store.known_columns(town.organizer).await.expect("asked").as_deref(),
        Some(r#"{"员工":"name"}"#)
    );
}

/// Of one organizer's files the oldest give way, and all go after a day.
pub async fn imports_are_bounded_and_go_after_a_day(store: &dyn Store) {
    let town = town(store).await;
    let count = u128::try_from(OPEN_IMPORTS).expect("few");
    for number in 0..=count {
        upload(store, town.organizer, 80 + number, NOW + i64::try_from(number).expect("few")).await;
    }
    let kept = store.imports_of(town.organizer).await.expect("asked");
    let ids: Vec<Uuid> = kept.iter().map(|import| import.id).collect();
    assert_eq!(ids, (1..=count).rev().map(|number| id(80 + number)).collect::<Vec<_>>());
    store.sweep_imports(NOW + IMPORT_KEPT_MS + 2).await.expect("asked");
    assert_eq!(
        i64::try_from(store.imports_of(town.organizer).await.expect("asked").len()),
        Ok(OPEN_IMPORTS - 1)
    );
}

/// People, memberships, sessions and the log; a second time nothing; taken back, all as it was.
pub async fn an_import_is_applied_once_as_a_whole_and_taken_back(store: &dyn Store) {
    let town = town(store).await;
    open(store, 1, town.member_a).await;
    open(store, 2, town.member_b).await;
    let before = store.roster_facts(&["/1/".to_owned()]).await.expect("asked");
    upload(store, town.organizer, 80, NOW).await;
    let request = apply(store, &town, 80, NOW + 1).await;
    let too_early = store.apply_import(request.clone()).await.expect("asked");
    assert_eq!(too_early, ApplyOutcome::NotFound, "nothing was shown");
    preview(store, 80).await;
    for _ in 0..2 {
        assert_eq!(store.apply_import(request.clone()).await.expect("asked"), ApplyOutcome::Done);
    }
    let new = store.person(id(90)).await.expect("asked").expect("there");
    assert_eq!((new.name.as_str(), new.member_no.as_deref()), ("𠮷", Some("N1")));
    let a = store.person(town.member_a).await.expect("asked").expect("there");
    assert_eq!(a.branch.map(|branch| branch.id), Some(town.branch_b.id));
    assert!(store.session(&[1; 32], NOW).await.expect("asked").is_some(), "who moves stays signed in");
    assert!(store.session(&[2; 32], NOW).await.expect("asked").is_none(), "who leaves does not");
    assert_eq!(actions(store, id(90)).await, ["person.add"]);
    assert_eq!(actions(store, town.member_b).await, ["person.disable"]);
    assert_eq!(actions(store, id(80)).await, ["roster.apply"]);
    assert_eq!(store.import_written(id(80)).await.expect("asked"), request.writes);

    let undone = store.undo_import(id(80), town.organizer, NOW + 2).await.expect("asked");
    let none = Vec::new();
    assert_eq!(undone, UndoOutcome::Done { taken_back: 3, kept: Vec::new(), signed_out: none });
    assert_eq!(store.person(id(90)).await.expect("asked"), None);
    let after = store.roster_facts(&["/1/".to_owned()]).await.expect("asked");
    assert_eq!(before, after);
    let again = store.undo_import(id(80), town.organizer, NOW + 2).await.expect("asked");
    assert_eq!(again, UndoOutcome::NotFound);
    assert_eq!(actions(store, id(80)).await, ["roster.apply", "roster.undo"]);
}

/// A person was edited meanwhile, or a unit: nothing is written.
pub async fn an_import_of_what_was_changed_meanwhile_writes_nothing(store: &dyn Store) {
    let town = town(store).await;
    upload(store, town.organizer, 80, NOW).await;
    preview(store, 80).await;
    let request = apply(store, &town, 80, NOW + 1).await;
    store.rename_unit(town.branch_b.id, "丙支部", town.organizer, NOW).await.expect("renamed");
    assert_eq!(store.apply_import(request).await.expect("asked"), ApplyOutcome::Stale);
    assert_eq!(store.person(id(90)).await.expect("asked"), None);
    let request = apply(store, &town, 80, NOW + 1).await;
    let by_nobody = ImportApply { actor_id: town.member_a, ..request.clone() };
    assert_eq!(store.apply_import(by_nobody).await.expect("asked"), ApplyOutcome::ActorGone);
    // One who cannot be written takes all the others along.
    let mut broken = request.clone();
    broken.writes[2].after.branch_id = Some(id(999));
    assert!(store.apply_import(ImportApply { writes: broken.writes, ..request.clone() }).await.is_err());
    assert_eq!(store.person(id(90)).await.expect("asked"), None);
    assert_eq!(store.apply_import(request).await.expect("asked"), ApplyOutcome::Done);
}

/// Who was changed since, or got a password, stays and is named; after a day everybody does.
pub async fn what_somebody_went_on_from_is_not_taken_back(store: &dyn Store) {
    let town = town(store).await;
    upload(store, town.organizer, 80, NOW).await;
    preview(store, 80).await;
    let request = apply(store, &town, 80, NOW + 1).await;
    assert_eq!(store.apply_import(request).await.expect("asked"), ApplyOutcome::Done);
    let edit = PersonEdit { name: Some("王某".to_owned()), ..PersonEdit::default() };
    let edited = store.edit_person(town.member_a, edit, town.organizer, NOW + 2).await.expect("asked");
    assert_eq!(edited, PersonOutcome::Done);
    open(store, 3, id(90)).await;
    let late = store.undo_import(id(80), town.organizer, NOW + IMPORT_KEPT_MS + 2).await.expect("asked");
    assert_eq!(late, UndoOutcome::TooLate);
    let undone = store.undo_import(id(80), town.organizer, NOW + 3).await.expect("asked");
    let UndoOutcome::Done { taken_back, kept, .. } = undone else { panic!("{undone:?}") };
    let kept: Vec<(Uuid, &str)> =
        kept.iter().map(|KeptPerson { id, name, .. }| (*id, name.as_str())).collect();
    assert_eq!((taken_back, kept), (1, vec![(id(90), "𠮷"), (town.member_a, "王某")]));
    let b = store.person(town.member_b).await.expect("asked").expect("there");
    assert_eq!(b.disabled_at, None);
}

/// Also who has left it, and whose branch is none any more; nobody of other parts.
pub async fn facts_are_of_their_part_and_of_who_left_it(store: &dyn Store) {
    let town = town(store).await;
    let none = PersonEdit { branch_id: Some(None), ..PersonEdit::default() };
    store.edit_person(town.member_a, none, town.organizer, NOW + 1).await.expect("edited");
    store.set_disabled(town.member_b, true, town.organizer, NOW + 1).await.expect("disabled");
    let mut numbered = person(60, "王芳", Some(town.branch_b.id), vec![(crate::Role::Lecturer, town.centre)]);
    numbered.member_no = Some("N7".to_owned());
    store.add_user(numbered).await.expect("added");
    let of = async |path: &str| store.roster_facts(&[path.to_owned()]).await.expect("asked");
    let ids = |facts: &crate::RosterFacts| facts.people.iter().map(|person| person.id).collect::<Vec<_>>();
    let a = of(&town.station_a.path).await;
    assert_eq!((ids(&a), a.units.len()), (vec![town.member_a], 2));
    let b = of(&town.station_b.path).await;
    assert_eq!(ids(&b), [town.member_b, id(60)]);
    assert_eq!(
        (b.people[0].columns.disabled_at, b.people[1].has_roles, b.people[1].within),
        (Some(NOW + 1), true, false)
    );
    let elsewhere = async |path: &str| store.numbers_elsewhere(&[path.to_owned()]).await.expect("asked");
    assert_eq!(elsewhere(&town.station_a.path).await, ["N7"]);
    assert_eq!(elsewhere(&town.station_b.path).await.len(), 0);
}
