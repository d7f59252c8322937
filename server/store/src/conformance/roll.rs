//! Cases of rolls.

use uuid::Uuid;

use super::{
    NOW, Town,
    beats::{beat, lease},
    id, person, planned, town,
};
use crate::{NewExcuse, Page, PersonEdit, RollCounts, RollFilter, RollPage, RollPart, RunClock, Store};

/// A page that holds everything.
const ALL: Page = Page { offset: 0, limit: 1000 };

/// The planned lesson's start and end.
const FROM: i64 = NOW + 3_600_000;
const UNTIL: i64 = FROM + 45 * 60_000;

async fn opens(
    store: &dyn Store,
    lesson: Uuid,
    user: Uuid,
    branch: Option<Uuid>,
    number: u128,
    played_ms: i64,
) {
    let lease = lease(store, number, lesson, user, branch).await;
    let mut beat = beat(lease, 1, FROM);
    beat.body.to_ms = played_ms;
    store.append_beats(id(500), FROM, &[beat]).await.expect("kept");
}

async fn roll(store: &dyn Store, lesson: Uuid, within: &str, part: RollPart, query: &str) -> RollPage {
    let filter = RollFilter { within: vec![within.to_owned()], part, query: query.to_owned(), user_id: None };
    store.roll(lesson, &filter, ALL).await.expect("asked")
}

fn names(page: &RollPage) -> Vec<&str> {
    page.entries.iter().map(|entry| entry.name.as_str()).collect()
}

async fn lesson_of(store: &dyn Store) -> (Town, Uuid) {
    let town = town(store).await;
    for number in [61, 62, 63] {
        let name = format!("学员 {number}");
        store.add_user(person(number, &name, Some(town.branch_a.id), vec![])).await.expect("added");
    }
    let lesson = planned(store, &town, 100).await;
    store.begin_run(id(500), NOW, RunClock::default()).await.expect("begun");
    (town, lesson)
}

/// Everybody of the invited branches, and a guest from elsewhere; who only opened it did not come.
pub async fn a_roll_has_who_was_invited_and_who_came(store: &dyn Store) {
    let (town, lesson) = lesson_of(store).await;
    opens(store, lesson, id(61), Some(town.branch_a.id), 201, 15_000).await;
    opens(store, lesson, id(62), Some(town.branch_a.id), 202, 0).await;
    opens(store, lesson, town.member_b, Some(town.branch_b.id), 203, 15_000).await;
    let all = roll(store, lesson, "/1/", RollPart::All, "").await;
    assert_eq!(names(&all), ["学员 61", "学员 62", "学员 63", "学员甲", "𠮷田"]);
    assert_eq!(all.counts, RollCounts { invited: 4, invited_attended: 1, attended: 2, excused: 0 });
    assert_eq!((all.found, all.counts.missing()), (5, 3));
    assert_eq!(all.entries[0].branch, Some(town.branch_a.clone()));
    assert!(!all.entries[4].invited && all.entries[4].attended);
    let came = roll(store, lesson, "/1/", RollPart::Attended, "").await;
    assert_eq!(names(&came), ["学员 61", "𠮷田"]);
    let absent = roll(store, lesson, "/1/", RollPart::Missing, "").await;
    assert_eq!((names(&absent), absent.found), (vec!["学员 62", "学员 63", "学员甲"], 3));
    // An organizer sees the people of their part of the tree, and counts of these.
    let part = roll(store, lesson, &town.station_b.path, RollPart::All, "").await;
    assert_eq!((names(&part), part.counts.invited, part.counts.attended), (vec!["𠮷田"], 0, 1));
    let found = roll(store, lesson, "/1/", RollPart::Missing, "学员 6").await;
    assert_eq!((found.found, found.counts), (2, all.counts));
    for (digits, names_found) in
        [("0063", vec!["学员 63"]), ("00063", vec![]), ("13800000063", vec!["学员 63"])]
    {
        assert_eq!(names(&roll(store, lesson, "/1/", RollPart::All, digits).await), names_found, "{digits}");
    }
    let nobody = roll(store, lesson, "/1/", RollPart::All, "没有这人").await;
    assert_eq!((nobody.entries.len(), nobody.found, nobody.counts), (0, 0, all.counts));
    let filter = RollFilter {
        within: vec!["/1/".to_owned()],
        part: RollPart::All,
        query: String::new(),
        user_id: None,
    };
    let one = RollFilter { user_id: Some(id(62)), ..filter.clone() };
    assert_eq!(names(&store.roll(lesson, &one, ALL).await.expect("asked")), ["学员 62"]);
    let mut paged = Vec::new();
    for offset in 0..5 {
        let page = store.roll(lesson, &filter, Page { offset, limit: 1 }).await.expect("asked");
        assert_eq!((page.found, page.counts), (5, all.counts));
        paged.extend(page.entries);
    }
    assert_eq!(paged, all.entries);
}

/// Who moved, was disabled or was added afterwards changes nothing of what was.
pub async fn who_was_invited_is_decided_at_the_lessons_time(store: &dyn Store) {
    let (town, lesson) = lesson_of(store).await;
    let actor = town.organizer;
    let to_b = PersonEdit { branch_id: Some(Some(town.branch_b.id)), ..PersonEdit::default() };
    // Before the lesson: invited no more.
    store.edit_person(id(61), to_b.clone(), actor, FROM - 1).await.expect("moved");
    store.set_disabled(id(62), true, actor, FROM - 1).await.expect("disabled");
    // After it: invited all the same, and under the branch of then.
    store.edit_person(id(63), to_b, actor, UNTIL + 1).await.expect("moved");
    store.set_disabled(town.member_a, true, actor, UNTIL + 1).await.expect("disabled");
    let mut late = person(64, "后来的", Some(town.branch_a.id), vec![]);
    late.at = UNTIL + 1;
    store.add_user(late).await.expect("added");
    let all = roll(store, lesson, "/1/", RollPart::All, "").await;
    assert_eq!(names(&all), ["学员 63", "学员甲"]);
    assert_eq!(all.entries[0].branch, Some(town.branch_a.clone()));
    store.set_disabled(id(62), false, actor, UNTIL + 2).await.expect("enabled");
    assert_eq!(roll(store, lesson, "/1/", RollPart::All, "").await, all);
}

/// Who is excused and does not come leaves those who are missing; who comes all the same has come. Who was not invited is excused
/// from nothing.
pub async fn an_excuse_stands_on_the_roll_until_it_is_taken_back(store: &dyn Store) {
    let (town, lesson) = lesson_of(store).await;
    let actor_id = town.organizer;
    let excuse = async |number, reason: &str| {
        let (user_id, reason) = (id(number), reason.to_owned());
        store
            .excuse(NewExcuse { lesson_id: lesson, user_id, reason, actor_id, at: FROM })
            .await
            .expect("excused");
    };
    excuse(61, "出差").await;
    excuse(62, "").await;
    excuse(62, "病了").await;
    store
        .excuse(NewExcuse {
            lesson_id: lesson,
            user_id: town.member_b,
            reason: String::new(),
            actor_id,
            at: FROM,
        })
        .await
        .expect("excused");
    opens(store, lesson, id(62), Some(town.branch_a.id), 202, 15_000).await;
    opens(store, lesson, town.member_b, Some(town.branch_b.id), 203, 15_000).await;
    let all = roll(store, lesson, "/1/", RollPart::All, "").await;
    assert_eq!(all.counts, RollCounts { invited: 4, invited_attended: 1, attended: 2, excused: 1 });
    assert_eq!((all.counts.missing(), all.counts.rate_bp()), (2, Some(3_333)));
    let excuses: Vec<Option<&str>> = all.entries.iter().map(|entry| entry.excuse.as_deref()).collect();
    assert_eq!(excuses, [Some("出差"), Some("病了"), None, None, None]);
    assert_eq!(names(&roll(store, lesson, "/1/", RollPart::Excused, "").await), ["学员 61"]);
    assert_eq!(names(&roll(store, lesson, "/1/", RollPart::Missing, "").await), ["学员 63", "学员甲"]);
    assert!(store.take_back_excuse(lesson, id(61), actor_id, FROM).await.expect("asked"));
    assert!(!store.take_back_excuse(lesson, id(61), actor_id, FROM).await.expect("asked"));
    assert_eq!(roll(store, lesson, "/1/", RollPart::All, "").await.counts.missing(), 3);
    let audit = store.audit_of(lesson, ALL).await.expect("asked");
    let lines: Vec<&str> = audit
        .iter()
        .map(|entry| entry.action.as_str())
        .filter(|action| action.starts_with("lesson.excuse"))
        .collect();
    assert_eq!(lines.iter().filter(|line| **line == "lesson.excuse").count(), 4);
    assert_eq!(lines.last(), Some(&"lesson.excuse_taken_back"));
    assert!(audit.iter().all(|entry| !entry.detail.contains("病")), "a reason is no business of the log");
}
