//! Cases of credit rules.

use uuid::Uuid;
use yunke_domain::{LeaseDevice, LeasePurpose, LessonPhase};

use super::{
    NOW, Town, id,
    library::{new_in, series, version},
    planned, town,
};
use crate::{
    ChangeRule, DEFAULT_RULE, Edit, EditOutcome, LeaseRow, LessonFilter, NewRuleVersion, Page, PhaseChange,
    RuleChange, RuleDraft, RuleOutcome, SeriesEdit, Store,
};

fn everywhere() -> Vec<String> {
    vec!["/1/".to_owned()]
}

async fn draft(store: &dyn Store, full_percent: i64) -> RuleDraft {
    let history = store.rule_history(DEFAULT_RULE, &[]).await.expect("asked").expect("there");
    RuleDraft { full_percent, ..RuleDraft::from(&history.versions[0].rule) }
}

async fn add(
    store: &dyn Store,
    town: &Town,
    rule: Uuid,
    seen: Option<i64>,
    full_percent: i64,
) -> RuleOutcome {
    let new = NewRuleVersion {
        rule_id: rule,
        seen,
        draft: draft(store, full_percent).await,
        note: "试行".to_owned(),
        actor_id: town.organizer,
        at: NOW,
    };
    store.add_rule_version(new).await.expect("asked")
}

async fn change(store: &dyn Store, town: &Town, rule: Uuid, seen: i64, change: RuleChange) -> RuleOutcome {
    let asked = ChangeRule { rule_id: rule, seen, change, actor_id: town.organizer, at: NOW };
    store.change_rule(asked).await.expect("asked")
}

/// The full percentage and the version a lesson is credited by.
async fn of(store: &dyn Store, lesson: Uuid) -> (i64, i64) {
    let rule = store.lesson(lesson).await.expect("asked").expect("there").rule;
    (rule.full_percent, rule.version)
}

/// Versions are added beside each other; what is planned takes the active one; each says where it came from.
pub async fn a_rule_has_versions_and_one_is_active(store: &dyn Store) {
    let town = town(store).await;
    let standing = store.rule_standing(None).await.expect("asked").expect("there is a default");
    assert_eq!((standing.rule_id, standing.active, standing.revision), (DEFAULT_RULE, Some(3), 1));
    let first = planned(store, &town, 200).await;
    assert_eq!(add(store, &town, DEFAULT_RULE, Some(1), 80).await, RuleOutcome::Same);
    assert_eq!(add(store, &town, DEFAULT_RULE, Some(1), 90).await, RuleOutcome::Done);
    assert_eq!(of(store, planned(store, &town, 201).await).await, (80, 3), "a version is no active one yet");
    assert_eq!(
        change(store, &town, DEFAULT_RULE, 2, RuleChange::Activate(5)).await,
        RuleOutcome::NoSuchVersion
    );
    assert_eq!(change(store, &town, DEFAULT_RULE, 2, RuleChange::Activate(4)).await, RuleOutcome::Done);
    assert_eq!(of(store, planned(store, &town, 202).await).await, (90, 4));
    assert_eq!(of(store, first).await, (80, 3), "what was planned keeps its version");
    let history = store.rule_history(DEFAULT_RULE, &everywhere()).await.expect("asked").expect("there");
    let seen: Vec<_> = history.versions.iter().map(|one| (one.rule.version, one.lessons)).collect();
    assert_eq!(seen, [(4, 1), (3, 2), (2, 0), (1, 0)]);
    let newest = &history.versions[0];
    assert_eq!((newest.note.as_str(), newest.created_by.as_deref()), ("试行", Some("组织者")));
    assert_eq!(history.versions[1].created_by, None, "it came with the program");
    let foreign = ["/1/2/".to_owned()];
    assert_eq!(store.rules(&foreign).await.expect("asked")[0].lessons, 0, "of another part of the tree");
    let of_version = async |rule_version| {
        let filter = LessonFilter { rule_id: Some(DEFAULT_RULE), rule_version, ..LessonFilter::default() };
        store.lessons(&filter, Page { offset: 0, limit: 9 }).await.expect("asked").len()
    };
    assert_eq!((of_version(Some(3)).await, of_version(Some(4)).await, of_version(None).await), (2, 1, 3));
    assert_eq!(store.rule_history(id(999), &[]).await.expect("asked"), None);
}

/// Two organizers edit the same rule.
pub async fn whoever_did_not_see_a_change_of_a_rule_is_told(store: &dyn Store) {
    let town = town(store).await;
    assert_eq!(add(store, &town, DEFAULT_RULE, Some(1), 90).await, RuleOutcome::Done);
    assert_eq!(add(store, &town, DEFAULT_RULE, Some(1), 70).await, RuleOutcome::Changed);
    assert_eq!(
        change(store, &town, DEFAULT_RULE, 1, RuleChange::Activate(4)).await,
        RuleOutcome::Changed,
        "nor is it activated by who has not seen it"
    );
    let history = store.rule_history(DEFAULT_RULE, &[]).await.expect("asked").expect("there");
    assert_eq!((history.versions.len(), history.standing.active, history.standing.revision), (4, Some(3), 2));
    assert_eq!(add(store, &town, id(999), Some(1), 70).await, RuleOutcome::NotFound);
    assert_eq!(change(store, &town, id(999), 1, RuleChange::MakeDefault).await, RuleOutcome::NotFound);
    let log = store.audit_of(DEFAULT_RULE, Page { offset: 0, limit: 100 }).await.expect("asked");
    let lines: Vec<_> = log.iter().filter(|line| line.action.starts_with("rule.")).collect();
    assert_eq!(lines.len(), 1, "what changed nothing is in no log");
    assert_eq!((lines[0].action.as_str(), lines[0].subject_id), ("rule.version", DEFAULT_RULE));
}

/// What is planned without choosing a rule takes the default, and there is always exactly one.
pub async fn there_is_one_default_rule(store: &dyn Store) {
    let town = town(store).await;
    let strict = id(300);
    assert_eq!(add(store, &town, strict, None, 95).await, RuleOutcome::Done);
    let asks = async |rule, seen, what| change(store, &town, rule, seen, what).await;
    assert_eq!(asks(strict, 1, RuleChange::MakeDefault).await, RuleOutcome::NeverActivated);
    assert_eq!(asks(strict, 1, RuleChange::Activate(1)).await, RuleOutcome::Done);
    assert_eq!(asks(strict, 2, RuleChange::MakeDefault).await, RuleOutcome::Done);
    assert_eq!(of(store, planned(store, &town, 200).await).await, (95, 1));
    let rules = store.rules(&everywhere()).await.expect("asked");
    let stand: Vec<_> = rules.iter().map(|one| (one.standing.rule_id, one.standing.is_default)).collect();
    assert_eq!(stand, [(strict, true), (DEFAULT_RULE, false)]);
    assert_eq!(asks(strict, 3, RuleChange::Retire(true)).await, RuleOutcome::IsDefault);
    assert_eq!(asks(DEFAULT_RULE, 2, RuleChange::Retire(true)).await, RuleOutcome::Done);
    assert_eq!(asks(DEFAULT_RULE, 3, RuleChange::MakeDefault).await, RuleOutcome::Retired);
    assert_eq!(asks(DEFAULT_RULE, 3, RuleChange::Retire(false)).await, RuleOutcome::Done);
    assert_eq!(asks(DEFAULT_RULE, 4, RuleChange::MakeDefault).await, RuleOutcome::Done);
    assert_eq!(of(store, planned(store, &town, 201).await).await, (80, 3));
}

/// A rule is chosen before the start; a lesson that began or is over is never credited by another one.
pub async fn what_was_planned_keeps_its_version(store: &dyn Store) {
    let town = town(store).await;
    let lesson = planned(store, &town, 200).await;
    add(store, &town, DEFAULT_RULE, Some(1), 90).await;
    change(store, &town, DEFAULT_RULE, 2, RuleChange::Activate(4)).await;
    assert_eq!(of(store, lesson).await, (80, 3));
    let chooses = async |rule_id| {
        let edit = Edit { rule_id: Some(rule_id), ..Edit::default() };
        store.edit_lesson(lesson, edit, town.organizer, NOW).await.expect("asked")
    };
    assert_eq!(chooses(DEFAULT_RULE).await, EditOutcome::Done);
    assert_eq!(of(store, lesson).await, (90, 4), "an organizer gave it the version of now");
    let strict = id(300);
    add(store, &town, strict, None, 95).await;
    assert_eq!(chooses(strict).await, EditOutcome::RuleUnknown, "it was never activated");
    change(store, &town, strict, 1, RuleChange::Activate(1)).await;
    assert_eq!(chooses(strict).await, EditOutcome::Done);
    assert_eq!(of(store, lesson).await, (95, 1));
    let go = async |to| {
        let change = PhaseChange { lesson_id: lesson, to, actor_id: None, at: NOW };
        store.change_phase(change).await.expect("asked")
    };
    go(LessonPhase::Live).await;
    assert_eq!(chooses(DEFAULT_RULE).await, EditOutcome::WrongPhase(LessonPhase::Live));
    add(store, &town, strict, Some(2), 60).await;
    assert_eq!(change(store, &town, strict, 3, RuleChange::Activate(2)).await, RuleOutcome::Done);
    assert_eq!(of(store, lesson).await, (95, 1), "a rule activated during a lesson changes nothing for it");
    go(LessonPhase::Ended).await;
    assert_eq!(chooses(DEFAULT_RULE).await, EditOutcome::WrongPhase(LessonPhase::Ended));
    assert_eq!(change(store, &town, strict, 4, RuleChange::Retire(true)).await, RuleOutcome::Done);
    assert_eq!(of(store, lesson).await, (95, 1), "nor does one that is retired");
}

/// A series names a rule for what comes; an episode somebody opened keeps the one it had.
pub async fn a_series_has_a_rule_and_what_was_opened_keeps_its_own(store: &dyn Store) {
    let town = town(store).await;
    let book = series(store, &town, 500).await;
    let adds = async |number, episode, title| {
        store.add_version(version(number, episode, new_in(book, title), &town)).await.expect("added");
    };
    let by = async |episode| {
        let rule = store.episode_terms(id(episode)).await.expect("asked").expect("there").rule;
        (rule.id, rule.version)
    };
    adds(601, 700, "开篇").await;
    adds(602, 701, "长征").await;
    assert_eq!(by(700).await, (DEFAULT_RULE, 3));
    let opened = LeaseRow {
        id: id(800),
        item: yunke_domain::Item::episode(id(700)),
        user_id: town.member_a,
        purpose: LeasePurpose::Watch,
        device: LeaseDevice::Phone,
        issued_at: NOW,
        expires_at: NOW + 1,
        branch_id: None,
    };
    store.issue_lease(opened).await.expect("opened");
    let strict = id(300);
    add(store, &town, strict, None, 95).await;
    change(store, &town, strict, 1, RuleChange::Activate(1)).await;
    let names = async |rule_id| {
        let edit = SeriesEdit { rule_id: Some(rule_id), ..SeriesEdit::default() };
        store.edit_series(book, edit, town.organizer, NOW).await.expect("asked");
    };
    names(Some(strict)).await;
    assert_eq!(store.library().await.expect("read").series[0].rule_id, Some(strict));
    adds(603, 702, "会师").await;
    assert_eq!(by(700).await, (DEFAULT_RULE, 3), "somebody opened it");
    assert_eq!((by(701).await, by(702).await), ((strict, 1), (strict, 1)));
    let title = SeriesEdit { title: Some("长征".to_owned()), ..SeriesEdit::default() };
    store.edit_series(book, title, town.organizer, NOW).await.expect("asked");
    assert_eq!(store.library().await.expect("read").series[0].rule_id, Some(strict), "another title only");
    names(None).await;
    assert_eq!((by(701).await, by(702).await), ((DEFAULT_RULE, 3), (DEFAULT_RULE, 3)));
}
