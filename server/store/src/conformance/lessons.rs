//! Cases of lessons.

use uuid::Uuid;

use super::{NOW, Town, id, planned, town};
use crate::{
    AuditFilter, Cancel, DEFAULT_RULE, Edit, EditOutcome, LessonFilter, LessonPhase, Page, PhaseChange,
    PhaseOutcome, SeenBy, Store,
};

const ALL: Page = Page { offset: 0, limit: 1000 };

pub(super) async fn go(store: &dyn Store, lesson_id: Uuid, to: LessonPhase, at: i64) -> PhaseOutcome {
    store.change_phase(PhaseChange { lesson_id, to, actor_id: None, at }).await.expect("asked")
}

/// planned → live → ended, each once; nothing else.
pub async fn a_lesson_goes_its_way_once(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    assert_eq!(
        go(store, lesson, LessonPhase::Ended, NOW).await,
        PhaseOutcome::WrongPhase(LessonPhase::Planned)
    );
    assert_eq!(go(store, lesson, LessonPhase::Live, NOW + 1).await, PhaseOutcome::Done);
    assert_eq!(go(store, lesson, LessonPhase::Live, NOW + 2).await, PhaseOutcome::Already);
    assert_eq!(go(store, lesson, LessonPhase::Ended, NOW + 3).await, PhaseOutcome::Done);
    assert_eq!(go(store, lesson, LessonPhase::Ended, NOW + 4).await, PhaseOutcome::Already);
    assert_eq!(
        go(store, lesson, LessonPhase::Live, NOW + 5).await,
        PhaseOutcome::WrongPhase(LessonPhase::Ended)
    );
    assert_eq!(go(store, id(999), LessonPhase::Live, NOW).await, PhaseOutcome::NotFound);
    let whole = store.lesson(lesson).await.expect("asked").expect("there");
    assert_eq!((whole.started_at, whole.ended_at), (Some(NOW + 1), Some(NOW + 3)));
    assert_eq!((whole.rule.id, whole.rule.version, whole.rule.full_percent), (DEFAULT_RULE, 3, 80));
    assert_eq!(whole.audience, [town.station_a]);
    let cancel = Cancel { lesson_id: lesson, actor_id: town.organizer, at: NOW };
    let outcome = store.cancel_lesson(cancel).await.expect("asked");
    assert_eq!(outcome, EditOutcome::WrongPhase(LessonPhase::Ended));
}

/// A live lesson keeps start and lecturer; an ended or cancelled one keeps everything.
pub async fn an_edit_keeps_to_the_phase(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    let edit = async |edit: Edit| store.edit_lesson(lesson, edit, town.organizer, NOW).await.expect("asked");
    let title = |title: &str| Edit { title: Some(title.to_owned()), ..Edit::default() };
    let starts = |at| Edit { planned_start_at: Some(at), ..Edit::default() };
    assert_eq!(edit(starts(NOW + 7_200_000)).await, EditOutcome::TimesReversed);
    assert_eq!(edit(starts(NOW + 3_700_000)).await, EditOutcome::Done);
    let wide = Edit { audience: Some(vec![town.centre, town.centre]), ..title("新题目") };
    assert_eq!(edit(wide).await, EditOutcome::Done);
    let whole = store.lesson(lesson).await.expect("asked").expect("there");
    assert_eq!((whole.title.as_str(), whole.audience.len()), ("新题目", 1));
    go(store, lesson, LessonPhase::Live, NOW).await;
    assert_eq!(edit(title("直播中改")).await, EditOutcome::Done);
    assert_eq!(edit(starts(NOW + 3_800_000)).await, EditOutcome::WrongPhase(LessonPhase::Live));
    go(store, lesson, LessonPhase::Ended, NOW).await;
    assert_eq!(edit(title("太晚")).await, EditOutcome::WrongPhase(LessonPhase::Ended));
    let nobody = store.edit_lesson(id(999), title("x"), town.organizer, NOW).await.expect("asked");
    assert_eq!(nobody, EditOutcome::NotFound);
}

/// Off unless it was planned so; an edit that does not name it leaves it.
pub async fn low_latency_is_kept(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    let is = async || store.lesson(lesson).await.expect("asked").expect("there").low_latency;
    let edit = async |edit: Edit| {
        let outcome = store.edit_lesson(lesson, edit, town.organizer, NOW).await.expect("asked");
        assert_eq!(outcome, EditOutcome::Done);
    };
    let turned = |low_latency| Edit { low_latency: Some(low_latency), ..Edit::default() };
    assert!(!is().await);
    edit(turned(true)).await;
    assert!(is().await);
    edit(Edit { title: Some("新题目".to_owned()), ..Edit::default() }).await;
    assert!(is().await);
    go(store, lesson, LessonPhase::Live, NOW).await;
    edit(turned(false)).await;
    assert!(!is().await, "also while it is live");
}

/// Members see what they are invited to, organizers what is in their part, lecturers their own.
pub async fn a_list_shows_who_may_see(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    let seen = async |user_id, branch: Option<&str>, organizes: &[&str]| {
        let seen_by = SeenBy {
            user_id,
            branch_path: branch.map(str::to_owned),
            organizes: organizes.iter().map(|path| (*path).to_owned()).collect(),
        };
        let filter = LessonFilter { seen_by: Some(seen_by), ..LessonFilter::default() };
        store.lessons(&filter, ALL).await.expect("asked").len()
    };
    assert_eq!(seen(town.member_a, Some(&town.branch_a.path), &[]).await, 1);
    assert_eq!(seen(town.member_b, Some(&town.branch_b.path), &[]).await, 0);
    assert_eq!(seen(town.lecturer, None, &[]).await, 1);
    assert_eq!(seen(town.organizer, None, &["/1/"]).await, 1);
    assert_eq!(seen(town.organizer, None, &["/1/1/"]).await, 1);
    assert_eq!(seen(town.organizer, None, &["/1/2/"]).await, 0);
    filters(store, &town, lesson).await;
}

async fn filters(store: &dyn Store, town: &Town, lesson: Uuid) {
    let count = async |filter: LessonFilter| store.lessons(&filter, ALL).await.expect("asked").len();
    let any = LessonFilter::default;
    assert_eq!(count(LessonFilter { within_paths: Some(vec!["/1/2/".to_owned()]), ..any() }).await, 0);
    assert_eq!(count(LessonFilter { within_paths: Some(Vec::new()), ..any() }).await, 0);
    assert_eq!(count(LessonFilter { lecturer_id: Some(town.organizer), ..any() }).await, 0);
    assert_eq!(
        count(LessonFilter { phases: vec![LessonPhase::Live, LessonPhase::Planned], ..any() }).await,
        1
    );
    assert_eq!(count(LessonFilter { phases: vec![LessonPhase::Ended], ..any() }).await, 0);
    assert_eq!(
        count(LessonFilter { from: Some(NOW + 3_600_000), until: Some(NOW + 3_600_001), ..any() }).await,
        1
    );
    assert_eq!(count(LessonFilter { until: Some(NOW + 3_600_000), ..any() }).await, 0);
    assert_eq!(count(LessonFilter { replayable: true, ..any() }).await, 0);
    planned(store, town, 201).await;
    let filter = LessonFilter { latest_first: true, ..any() };
    let first = store.lessons(&filter, Page { offset: 0, limit: 1 }).await.expect("asked");
    let second = store.lessons(&filter, Page { offset: 1, limit: 1 }).await.expect("asked");
    assert_eq!((first[0].id, second[0].id), (lesson, id(201)));
}

/// What is to come, the nearest in front; then what is over, the latest in front.
pub async fn the_nearest_lesson_comes_first(store: &dyn Store) {
    let town = town(store).await;
    let hour = 3_600_000;
    for (number, starts) in
        [(200, NOW + 3 * hour), (201, NOW - 5 * hour), (202, NOW + hour), (203, NOW - 2 * hour)]
    {
        let lesson = planned(store, &town, number).await;
        let edit = Edit {
            planned_start_at: Some(starts),
            planned_end_at: Some(starts + hour / 2),
            ..Edit::default()
        };
        store.edit_lesson(lesson, edit, town.organizer, NOW).await.expect("edited");
    }
    let filter = LessonFilter { nearest_to: Some(NOW), latest_first: true, ..LessonFilter::default() };
    let found = store.lessons(&filter, Page { offset: 0, limit: 10 }).await.expect("asked");
    let order: Vec<_> = found.iter().map(|lesson| lesson.id).collect();
    assert_eq!(order, [id(202), id(200), id(203), id(201)]);
}

/// Who planned, changed, started, ended, in order.
pub async fn every_change_is_in_the_audit_log(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    let edit = Edit { title: Some("=cmd|x".to_owned()), ..Edit::default() };
    store.edit_lesson(lesson, edit, town.organizer, NOW + 1).await.expect("edited");
    store.set_stream_key(lesson, &[1; 32], Some(town.lecturer), NOW + 2).await.expect("set");
    store.revoke_stream_key(lesson, Some(town.lecturer), NOW + 2).await.expect("revoked");
    go(store, lesson, LessonPhase::Live, NOW + 3).await;
    go(store, lesson, LessonPhase::Live, NOW + 4).await;
    go(store, lesson, LessonPhase::Ended, NOW + 5).await;
    let other = planned(store, &town, 201).await;
    let cancel = Cancel { lesson_id: other, actor_id: town.organizer, at: NOW };
    assert_eq!(store.cancel_lesson(cancel).await.expect("asked"), EditOutcome::Done);
    let log = store.audit_of(lesson, ALL).await.expect("asked");
    let actions: Vec<&str> = log.iter().map(|entry| entry.action.as_str()).collect();
    let key = ["lesson.stream_key", "lesson.stream_key_revoke"];
    assert_eq!(actions, ["lesson.plan", "lesson.edit", key[0], key[1], "lesson.start", "lesson.end"]);
    assert_eq!((log[0].actor_id, log[4].actor_id), (Some(town.organizer), None));
    assert!(log.iter().all(|entry| !entry.detail.contains("0101")), "no key, not even its hash");
    assert_eq!(store.audit_of(other, ALL).await.expect("asked").len(), 2);
    let all = AuditFilter { from: 0, until: i64::MAX, ..AuditFilter::default() };
    let lines = async |filter: AuditFilter, page| {
        let lines = store.audit_lines(&filter, page).await.expect("asked");
        lines
            .into_iter()
            .map(|line| (line.entry.action, line.actor_name, line.subject_name))
            .collect::<Vec<_>>()
    };
    let line = |action: &str, actor: Option<&str>, subject: &str| {
        (action.to_owned(), actor.map(str::to_owned), Some(subject.to_owned()))
    };
    let newest = lines(all.clone(), Page { offset: 0, limit: 3 }).await;
    let (organizer, title) = (Some("组织者"), "=cmd|x");
    let ended = line("lesson.end", None, title);
    let (planned, cancelled) =
        (line("lesson.plan", organizer, "课程 201"), line("lesson.cancel", organizer, "课程 201"));
    assert_eq!(newest, [cancelled, planned, ended.clone()]);
    assert_eq!(lines(all.clone(), Page { offset: 2, limit: 1 }).await, [ended]);
    let of_units = AuditFilter { action: Some("unit.".to_owned()), ..all.clone() };
    assert_eq!(lines(of_units, ALL).await[0], line("unit.add", None, "乙支部"));
    let of_lecturer = AuditFilter { actor_id: Some(town.lecturer), subject_id: Some(lesson), ..all.clone() };
    assert_eq!(lines(of_lecturer, ALL).await.len(), 2);
    let span = AuditFilter { from: NOW + 2, until: NOW + 3, ..all };
    assert_eq!(lines(span, ALL).await.len(), 2);
}

/// The old key opens nothing; an ended lesson gets none.
pub async fn a_new_key_replaces_the_old(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    let set = async |key: u8| store.set_stream_key(lesson, &[key; 32], None, NOW).await.expect("asked");
    let opens = async |key: u8| store.stream_target(&[key; 32]).await.expect("asked").map(|t| t.lesson_id);
    assert_eq!(set(1).await, EditOutcome::Done);
    assert_eq!(opens(1).await, Some(lesson));
    assert_eq!(set(2).await, EditOutcome::Done);
    assert_eq!((opens(1).await, opens(2).await), (None, Some(lesson)));
    go(store, lesson, LessonPhase::Live, NOW).await;
    assert_eq!(set(3).await, EditOutcome::Done);
    go(store, lesson, LessonPhase::Ended, NOW).await;
    assert_eq!(set(4).await, EditOutcome::WrongPhase(LessonPhase::Ended));
    assert_eq!(opens(3).await, Some(lesson), "an encoder that goes on is told why it must stop");
}

/// A revoked key opens nothing, and the lesson still has media: a booth, or the next key.
pub async fn a_revoked_key_opens_nothing(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    let revoke = async || store.revoke_stream_key(lesson, Some(town.lecturer), NOW).await.expect("asked");
    let opens = async |key: u8| store.stream_target(&[key; 32]).await.expect("asked").map(|t| t.lesson_id);
    store.set_stream_key(lesson, &[1; 32], None, NOW).await.expect("set");
    assert_eq!(revoke().await, EditOutcome::Done);
    assert_eq!(opens(1).await, None);
    assert!(!store.lesson(lesson).await.expect("asked").expect("there").key_set);
    let target = store.lesson_target(lesson).await.expect("asked").expect("there");
    assert_eq!(target.key_version, 2, "who came with the first one is sent away");
    assert_eq!(store.media_targets(NOW, NOW + 10_000_000).await.expect("asked").len(), 1);
    store.set_stream_key(lesson, &[2; 32], None, NOW).await.expect("set");
    assert_eq!(opens(2).await, Some(lesson));
    go(store, lesson, LessonPhase::Live, NOW).await;
    assert_eq!(revoke().await, EditOutcome::Done);
    go(store, lesson, LessonPhase::Ended, NOW).await;
    assert_eq!(revoke().await, EditOutcome::WrongPhase(LessonPhase::Ended));
    assert_eq!(store.revoke_stream_key(id(999), None, NOW).await.expect("asked"), EditOutcome::NotFound);
}
