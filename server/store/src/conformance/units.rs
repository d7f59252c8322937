//! Cases of units that move and close.

use super::{NOW, id, person, planned, town};
use crate::{Page, RollFilter, RollPart, Store, UnitOutcome};

const ALL: Page = Page { offset: 0, limit: 100 };

/// After the end of a lesson that `planned` plans.
const AFTER: i64 = NOW + 2 * 3_600_000;

/// Who is on the roll of a lesson for whoever answers for `path`: with the path of their branch.
async fn rolled(store: &dyn Store, lesson: uuid::Uuid, path: &str) -> Vec<(uuid::Uuid, Option<String>)> {
    let filter = RollFilter {
        within: vec![path.to_owned()],
        part: RollPart::All,
        query: String::new(),
        user_id: None,
    };
    let page = store.roll(lesson, &filter, ALL).await.expect("asked");
    page.entries.into_iter().map(|entry| (entry.user_id, entry.branch.map(|branch| branch.path))).collect()
}

/// Everything inside moves along, numbers are not given again, and what was before the move is told by the old place: also to
/// whoever answers for a unit that has moved itself.
pub async fn a_unit_moves_with_what_is_in_it_and_the_past_stays(store: &dyn Store) {
    let town = town(store).await;
    let before = planned(store, &town, 80).await;
    let revision = store.library_revision().await.expect("asked");
    let relocate = async |unit, to, at| store.move_unit(unit, to, town.organizer, at).await.expect("asked");
    assert_eq!(relocate(id(999), town.station_b.id, AFTER).await, UnitOutcome::NotFound);
    assert_eq!(relocate(town.branch_a.id, id(999), AFTER).await, UnitOutcome::NotFound);
    assert_eq!(relocate(town.station_a.id, town.station_b.id, AFTER).await, UnitOutcome::DoesNotFit);
    assert_eq!(relocate(town.branch_a.id, town.station_a.id, AFTER).await, UnitOutcome::Done);
    assert_eq!(store.library_revision().await.expect("asked"), revision, "nothing was changed");
    let old = vec![(town.member_a, Some("/1/1/1/".to_owned()))];
    assert_eq!(rolled(store, before, &town.station_a.path).await, old);

    assert_eq!(relocate(town.branch_a.id, town.station_b.id, AFTER).await, UnitOutcome::Done);
    assert!(store.library_revision().await.expect("asked") > revision);
    let moved = store.unit(town.branch_a.id).await.expect("asked").expect("there");
    assert_eq!((moved.path.as_str(), moved.parent_id), ("/1/2/2/", Some(town.station_b.id)));
    let member = store.user(town.member_a, AFTER).await.expect("asked").expect("there");
    assert_eq!(member.branch.map(|branch| branch.path), Some("/1/2/2/".to_owned()));
    assert_eq!(rolled(store, before, &town.station_a.path).await, old, "as it was");
    assert_eq!(rolled(store, before, &town.station_b.path).await, []);

    // Back again, at the same millisecond: another number, since the old one has its history.
    assert_eq!(relocate(town.branch_a.id, town.station_a.id, AFTER).await, UnitOutcome::Done);
    let back = store.unit(town.branch_a.id).await.expect("asked").expect("there");
    assert_eq!(back.path, "/1/1/2/");
    assert_eq!(rolled(store, before, &town.station_a.path).await, old);

    let mut places = store.units_ever().await.expect("asked");
    places.retain(|place| place.id == town.branch_a.id);
    places.sort_by(|a, b| a.path.cmp(&b.path));
    let paths: Vec<&str> = places.iter().map(|place| place.path.as_str()).collect();
    assert_eq!(paths, ["/1/1/1/", "/1/1/2/", "/1/2/2/"]);
    let log = store.audit_of(town.branch_a.id, ALL).await.expect("asked");
    assert_eq!(log.iter().filter(|entry| entry.action == "unit.move").count(), 2);
}

/// Nobody may be left in it; it can be opened again.
pub async fn a_unit_is_closed_when_nobody_is_left_in_it(store: &dyn Store) {
    let town = town(store).await;
    let close =
        async |unit, closed| store.close_unit(unit, closed, town.organizer, NOW).await.expect("asked");
    let used = |members, units| UnitOutcome::InUse { members, units };
    assert_eq!(close(id(999), true).await, UnitOutcome::NotFound);
    assert_eq!(close(town.branch_a.id, true).await, used(1, 0));
    assert_eq!(close(town.station_a.id, true).await, used(0, 1));
    store.set_disabled(town.member_a, true, town.organizer, NOW).await.expect("disabled");
    for _ in 0..2 {
        assert_eq!(close(town.branch_a.id, true).await, UnitOutcome::Done);
    }
    assert_eq!(close(town.station_a.id, true).await, UnitOutcome::Done);
    let mut closed: Vec<_> = store.closed_units().await.expect("asked");
    closed.sort_unstable();
    assert_eq!(closed, [(town.station_a.id, NOW), (town.branch_a.id, NOW)]);
    let offered = store.roster_facts(&["/1/".to_owned()]).await.expect("asked").units;
    assert!(offered.iter().all(|unit| unit.id != town.branch_a.id), "an import finds no closed branch");
    // Nor does an import of the whole centre change its owner.
    let people = store.roster_facts(&["/1/".to_owned()]).await.expect("asked").people;
    let within = |id| people.iter().find(|person| person.id == id).map(|person| person.within);
    assert_eq!((within(town.organizer), within(town.lecturer)), (Some(false), Some(true)));
    assert_eq!(close(town.branch_a.id, false).await, UnitOutcome::ParentClosed);
    let moved = store.move_unit(town.branch_b.id, town.station_a.id, town.organizer, NOW).await;
    assert_eq!(moved.expect("asked"), UnitOutcome::ParentClosed);
    assert_eq!(close(town.station_a.id, false).await, UnitOutcome::Done);
    assert_eq!(close(town.branch_a.id, false).await, UnitOutcome::Done);
    assert!(store.closed_units().await.expect("asked").is_empty());
    let log = store.audit_of(town.branch_a.id, ALL).await.expect("asked");
    let actions: Vec<&str> = log.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["unit.add", "unit.close", "unit.reopen"]);
    store.add_user(person(60, "新人", Some(town.branch_a.id), vec![])).await.expect("added");
}
