//! Cases of settled results.

use uuid::Uuid;
use yunke_domain::{Item, LessonPhase};

use super::{
    NOW, Town,
    beats::{beat, lease},
    id, person, planned, town,
};
use crate::{
    MediaReport, MemberResult, Page, PersonEdit, PhaseChange, ReportPeople, ReportPeopleFilter, ResultCredit,
    ResultDue, ResultFigures, RunClock, Store, UnitFigures, YearTargets,
};

/// The planned lesson's start and end.
const FROM: i64 = NOW + 3_600_000;
const UNTIL: i64 = FROM + 45 * 60_000;

/// January 2027, in which the lesson is.
const MONTH: i64 = 2027 * 12;

const TARGETS: YearTargets = YearTargets { lower: 1_000, upper: 2_000 };
const ALL: Page = Page { offset: 0, limit: 100 };

fn result(user: Uuid, unit: Uuid, month: i64, hours_milli: i64) -> MemberResult {
    MemberResult {
        user_id: user,
        month,
        unit_id: unit,
        continues: false,
        person: true,
        live_person: true,
        visits: 1,
        live_visits: 1,
        counted_ms: 60_000,
        coverage_bp: 9_000,
        credit: ResultCredit::Full,
        hours_milli,
    }
}

/// A lesson of station A for station A that is over.
async fn over(store: &dyn Store, town: &Town, number: u128) -> Uuid {
    let lesson_id = planned(store, town, number).await;
    for (to, at) in [(LessonPhase::Live, FROM), (LessonPhase::Ended, UNTIL)] {
        let change = PhaseChange { lesson_id, to, actor_id: Some(town.lecturer), at };
        store.change_phase(change).await.expect("changed");
    }
    lesson_id
}

async fn plays(store: &dyn Store, lesson: Uuid, user: Uuid, number: u128, at: i64, to_ms: i64) {
    let lease = lease(store, number, lesson, user, None).await;
    let mut beat = beat(lease, 1, at);
    beat.body.to_ms = to_ms;
    store.append_beats(id(500), at, &[beat]).await.expect("kept");
}

/// Evidence that comes when a lesson is over makes its member due, and nothing else does; what comes while it is judged is due again.
pub async fn evidence_after_the_end_makes_a_member_due(store: &dyn Store) {
    let town = town(store).await;
    store.begin_run(id(500), NOW, RunClock::default()).await.expect("begun");
    let lesson = planned(store, &town, 100).await;
    plays(store, lesson, town.member_a, 200, FROM, 15_000).await;
    assert_eq!(store.results_to_come().await.expect("asked"), 0, "its time is running");
    for (to, at) in [(LessonPhase::Live, FROM), (LessonPhase::Ended, UNTIL)] {
        let change = PhaseChange { lesson_id: lesson, to, actor_id: Some(town.lecturer), at };
        store.change_phase(change).await.expect("changed");
    }
    plays(store, lesson, town.member_b, 201, UNTIL, 0).await;
    assert_eq!(store.results_to_come().await.expect("asked"), 0, "who only opened it");
    plays(store, lesson, town.member_b, 202, UNTIL + 5, 15_000).await;
    let due = ResultDue { item: Item::lesson(lesson), user_id: town.member_b, since: UNTIL + 5 };
    assert_eq!(store.results_due(UNTIL + 5, 10).await.expect("asked"), []);
    assert_eq!(store.results_due(UNTIL + 6, 10).await.expect("asked"), [due]);
    // Another beat comes while it is judged.
    store.take_due(&[due]).await.expect("taken");
    plays(store, lesson, town.member_b, 203, UNTIL + 9, 15_000).await;
    store.settled_due(&[due]).await.expect("done");
    assert_eq!(store.results_due(i64::MAX, 10).await.expect("asked"), [due], "it stays");
    store.take_due(&[due]).await.expect("taken");
    store.settled_due(&[due]).await.expect("done");
    assert_eq!(store.results_to_come().await.expect("asked"), 0);
    // Of one member also what was never settled.
    let of = store.results_due_of(town.member_a, 10).await.expect("asked");
    assert_eq!(of, [ResultDue { item: Item::lesson(lesson), user_id: town.member_a, since: 0 }]);
    let row = result(town.member_a, town.branch_a.id, MONTH, 1_000);
    store.keep_results(lesson, &[town.member_a], &[row]).await.expect("kept");
    assert_eq!(store.results_due_of(town.member_a, 10).await.expect("asked"), []);
    assert_eq!(store.players(lesson, None, 10).await.expect("asked"), [town.member_a, town.member_b]);
    assert_eq!(store.players(lesson, Some(town.member_a), 10).await.expect("asked"), [town.member_b]);
}

/// An item is to be settled until it was by what it is judged by now.
pub async fn an_item_is_settled_by_a_basis(store: &dyn Store) {
    let town = town(store).await;
    planned(store, &town, 101).await;
    assert_eq!(store.items_to_settle(10).await.expect("asked"), [], "a planned lesson has no results");
    let lesson = over(store, &town, 100).await;
    let first = store.items_to_settle(10).await.expect("asked").pop().expect("it is");
    assert_eq!((first.item, first.unit_id, first.settled), (Item::lesson(lesson), town.station_a.id, None));
    assert_eq!((first.started_at, first.ended_at), (Some(FROM), Some(UNTIL)));
    store.keep_figures(first.item, &[], Some(&first.basis), UNTIL).await.expect("kept");
    assert_eq!(store.items_to_settle(10).await.expect("asked"), []);
    // Media tells its length.
    let report = MediaReport {
        lesson_id: lesson,
        zero_at: Some(FROM),
        edge_ms: 1_000,
        gaps: Vec::new(),
        length_ms: Some(1_000),
        replay_ready: true,
    };
    store.store_media("n", id(700), 1, &[report], UNTIL).await.expect("kept");
    let again = store.items_to_settle(10).await.expect("asked").pop().expect("it is");
    assert_eq!(again.settled, Some(first.basis));
    assert_eq!(store.item_basis(lesson).await.expect("asked"), Some(again.clone()));
    // Figures without a basis settle nothing.
    store.keep_figures(again.item, &[], None, UNTIL).await.expect("kept");
    assert_eq!(store.items_to_settle(10).await.expect("asked"), std::slice::from_ref(&again));
    store.keep_figures(again.item, &[], Some(&again.basis), UNTIL).await.expect("kept");
    assert_eq!(store.items_to_settle(10).await.expect("asked"), []);
    let excuse = crate::NewExcuse {
        lesson_id: lesson,
        user_id: town.member_a,
        reason: String::new(),
        actor_id: town.organizer,
        at: UNTIL,
    };
    store.excuse(excuse).await.expect("excused");
    assert_eq!(store.items_to_settle(10).await.expect("asked").len(), 1, "an excuse changes the figures");
}

/// Rows are replaced, never added to, and a unit has what those below it have.
pub async fn results_are_replaced_and_add_up_the_tree(store: &dyn Store) {
    let town = town(store).await;
    let lesson = over(store, &town, 100).await;
    let (a, b) = (town.member_a, town.member_b);
    let rows = [
        result(a, town.branch_a.id, MONTH, 600),
        MemberResult {
            continues: true,
            visits: 0,
            person: false,
            ..result(a, town.branch_a.id, MONTH + 1, 400)
        },
        result(b, town.branch_b.id, MONTH, 1_000),
    ];
    for _ in 0..2 {
        store.keep_results(lesson, &[a, b], &rows).await.expect("kept");
    }
    assert_eq!(store.results_of(lesson).await.expect("asked"), rows);
    let figures = |unit_id, month, visits, continues| UnitFigures {
        unit_id,
        month,
        continues,
        figures: ResultFigures {
            invited: 3 * visits,
            invited_attended: visits,
            visits,
            ..Default::default()
        },
    };
    let all = [
        figures(town.station_a.id, MONTH, 1, false),
        figures(town.station_a.id, MONTH + 1, 0, true),
        figures(town.station_b.id, MONTH, 1, false),
        figures(town.centre, MONTH, 2, false),
    ];
    for _ in 0..2 {
        store.keep_figures(Item::lesson(lesson), &all, None, UNTIL).await.expect("kept");
    }
    let year = store.year_figures(town.centre, MONTH..MONTH + 12, UNTIL, 600_000).await.expect("asked");
    let mut seen: Vec<_> =
        year.iter().map(|one| (one.unit_id, one.month, one.items, one.figures.visits, one.pending)).collect();
    seen.sort_unstable();
    let mut wanted = [
        (town.station_a.id, MONTH, 1, 1, 2),
        (town.station_a.id, MONTH + 1, 0, 0, 0),
        (town.station_b.id, MONTH, 1, 1, 2),
        (town.centre, MONTH, 1, 2, 4),
    ];
    wanted.sort_unstable();
    assert_eq!(seen, wanted, "one that ended a moment ago can still be made up for");
    let later =
        store.year_figures(town.centre, MONTH..MONTH + 1, UNTIL + 600_001, 600_000).await.expect("asked");
    assert!(later.iter().all(|one| one.pending == 0), "nothing was recorded");
    assert_eq!(later.len(), 3);
    let listed = store
        .report_items(town.station_a.id, MONTH..MONTH + 12, true, UNTIL, 600_000, ALL)
        .await
        .expect("asked");
    assert_eq!(
        (listed.total, listed.rows[0].title.as_str(), listed.rows[0].from_name.as_str()),
        (2, "课程 100", "甲站")
    );
    assert_eq!(
        (listed.rows[0].continues, listed.rows[1].continues, listed.rows[1].pending),
        (true, false, 2)
    );

    // 人数: who was there in which months.
    let people = store.year_people(town.centre, 2027).await.expect("asked");
    let count = |unit| {
        people
            .iter()
            .filter(|one| one.unit_id == unit)
            .map(|one| (one.months, one.people))
            .collect::<Vec<_>>()
    };
    assert_eq!(count(town.centre), [(1, 2)]);
    assert_eq!(count(town.station_a.id), [(1, 1)]);
    assert!(store.year_people(town.centre, 2026).await.expect("asked").is_empty());
}

/// Who was counted, who belongs to a unit, and how far they are: by branch, name and id, page by page.
pub async fn people_of_a_year_are_listed(store: &dyn Store) {
    let town = town(store).await;
    let lesson = over(store, &town, 100).await;
    for number in [61, 62, 63] {
        let name = format!("学员 {number}");
        store.add_user(person(number, &name, Some(town.branch_a.id), vec![])).await.expect("added");
    }
    let rows = [
        result(id(61), town.branch_a.id, MONTH, 2_500),
        result(id(62), town.branch_a.id, MONTH + 3, 1_200),
        result(town.member_b, town.branch_b.id, MONTH, 500),
    ];
    store.keep_results(lesson, &[id(61), id(62), town.member_b], &rows).await.expect("kept");
    let progress = store.year_progress("/1/", 2027, UNTIL, TARGETS).await.expect("asked");
    let seen: Vec<_> = progress
        .iter()
        .map(|one| (one.path.as_str(), one.members, one.reached, one.reached_upper, one.hours_milli))
        .collect();
    assert_eq!(
        seen,
        [(town.branch_a.path.as_str(), 4, 2, 1, 3_700), (town.branch_b.path.as_str(), 1, 0, 0, 500)]
    );
    assert_eq!(
        store.year_progress("/1/", 2026, NOW - 1, TARGETS).await.expect("asked"),
        [],
        "before there was anybody"
    );

    let filter = |unit_id, who, months| ReportPeopleFilter {
        unit_id,
        year: 2027,
        months,
        at: UNTIL,
        who,
        targets: TARGETS,
    };
    let names = async |filter: ReportPeopleFilter| {
        let all = store.report_people(&filter, ALL).await.expect("asked");
        assert_eq!(usize::try_from(all.total), Ok(all.rows.len()));
        all.rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    let station = town.station_a.id;
    assert_eq!(
        names(filter(town.centre, ReportPeople::Counted, 0xFFF)).await,
        ["学员 61", "学员 62", "𠮷田"]
    );
    assert_eq!(names(filter(station, ReportPeople::Counted, 0b1000)).await, ["学员 62"], "in April");
    assert_eq!(
        names(filter(station, ReportPeople::Members, 0)).await,
        ["学员 61", "学员 62", "学员 63", "学员甲"]
    );
    assert_eq!(names(filter(station, ReportPeople::Reached, 0)).await, ["学员 61", "学员 62"]);
    assert_eq!(names(filter(station, ReportPeople::ReachedUpper, 0)).await, ["学员 61"]);
    assert_eq!(names(filter(station, ReportPeople::Below, 0)).await, ["学员 63", "学员甲"]);
    let mut paged = Vec::new();
    for offset in 0..4 {
        let page = Page { offset, limit: 1 };
        let one = store.report_people(&filter(station, ReportPeople::Members, 0), page).await.expect("asked");
        assert_eq!(one.total, 4);
        paged.extend(one.rows.into_iter().map(|row| row.name));
    }
    assert_eq!(paged, ["学员 61", "学员 62", "学员 63", "学员甲"]);
    // Who moves away afterwards was counted here all the same.
    let to_b = PersonEdit { branch_id: Some(Some(town.branch_b.id)), ..PersonEdit::default() };
    store.edit_person(id(61), to_b, town.organizer, UNTIL + 1).await.expect("moved");
    let row = store
        .report_people(&filter(station, ReportPeople::Counted, 1), ALL)
        .await
        .expect("asked")
        .rows
        .remove(0);
    assert_eq!(
        (row.name.as_str(), row.branch_name.as_deref(), row.hours_milli),
        ("学员 61", Some("甲支部"), 2_500)
    );
    assert_eq!(names(filter(station, ReportPeople::Members, 0)).await.len(), 4, "members of then");
}

/// A member's year has what they learned and what they were invited to and missed.
pub async fn a_members_year_has_what_they_missed(store: &dyn Store) {
    let town = town(store).await;
    store.begin_run(id(500), NOW, RunClock::default()).await.expect("begun");
    let came = over(store, &town, 100).await;
    let missed = over(store, &town, 101).await;
    planned(store, &town, 102).await;
    plays(store, came, town.member_a, 200, FROM, 15_000).await;
    let row = result(town.member_a, town.branch_a.id, MONTH, 1_000);
    store.keep_results(came, &[town.member_a], std::slice::from_ref(&row)).await.expect("kept");
    let excuse = crate::NewExcuse {
        lesson_id: missed,
        user_id: town.member_a,
        reason: "出差".to_owned(),
        actor_id: town.organizer,
        at: UNTIL,
    };
    store.excuse(excuse).await.expect("excused");
    let year = async |user, month: i64| {
        let (from, until) = (FROM - 86_400_000, UNTIL + 86_400_000);
        store.year_of_member(user, month..month + 12, from..until, 10).await.expect("asked")
    };
    let lines = year(town.member_a, MONTH).await;
    assert_eq!(lines.len(), 2);
    let of = |item| lines.iter().find(|line| line.item.id == item).expect("a line");
    assert_eq!(
        (&of(came).result, of(came).from_name.as_str(), of(came).may_watch),
        (&Some(row), "讲师", true)
    );
    let (excuse, result) = (of(missed).excuse.as_deref(), &of(missed).result);
    assert_eq!((excuse, result, of(missed).make_up_ms), (Some("出差"), &None, 604_800_000));
    assert_eq!(year(town.member_b, MONTH).await, [], "who was not invited missed nothing");
    assert_eq!(
        year(town.member_a, MONTH - 12).await.len(),
        1,
        "results are of their months, lessons of their span"
    );
    assert_eq!(store.years_of_member(town.member_a).await.expect("asked"), [2027]);
    assert_eq!(store.years_of_member(town.member_b).await.expect("asked"), Vec::<i64>::new());
}
