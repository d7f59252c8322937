//! Cases of credit rules.

use super::*;

const RULE: Uuid = Uuid::from_u128(1);
const ACTOR: Uuid = Uuid::from_u128(2);

fn rule() -> Rule {
    Rule {
        id: RULE,
        version: 3,
        name: "默认规则".to_owned(),
        full_percent: 80,
        half_percent: 50,
        max_rate_milli: 1_500,
        receipt_gap_ms: 45_000,
        hidden_sound_gap_ms: 75_000,
        allowance_ms: 3_000,
        edge_slack_ms: 2_000,
        long_ms: 30 * MINUTE,
        long_hours_milli: 1_000,
        medium_ms: 15 * MINUTE,
        medium_hours_milli: 500,
        short_hours_milli: 250,
        hidden_video_counts: true,
        uncorroborated_counts: false,
        delivery_slack_ms: 4_000,
        checks_required: 0,
        make_up_ms: 7 * DAY,
    }
}

fn standing() -> RuleStanding {
    RuleStanding { rule_id: RULE, active: Some(3), is_default: false, retired_at: None, revision: 9 }
}

fn drafted(change: impl FnOnce(&mut RuleDraft)) -> RuleDraft {
    let mut draft = RuleDraft::from(&rule());
    change(&mut draft);
    draft
}

fn new(seen: Option<i64>, draft: RuleDraft) -> NewRuleVersion {
    NewRuleVersion { rule_id: RULE, seen, draft, note: String::new(), actor_id: ACTOR, at: 50 }
}

fn known() -> Before {
    Before::Known { standing: standing(), newest: rule() }
}

#[test]
fn the_figures_of_the_law_are_a_rule_and_the_ends_of_the_bounds_are_allowed() {
    assert_eq!(check(&drafted(|_| {})), Ok(()));
    let least = drafted(|draft| {
        (draft.full_percent, draft.half_percent, draft.max_rate_milli, draft.make_up_ms) = (1, 1, 1_000, 0);
        (draft.medium_ms, draft.long_ms) = (MINUTE, MINUTE + 1);
        (draft.short_hours_milli, draft.medium_hours_milli, draft.long_hours_milli) = (0, 0, 0);
    });
    assert_eq!(check(&least), Ok(()));
    let most = drafted(|draft| {
        (draft.full_percent, draft.half_percent, draft.max_rate_milli) = (100, 100, 2_000);
        (draft.make_up_ms, draft.long_ms) = (366 * DAY, 12 * 60 * MINUTE);
        (draft.short_hours_milli, draft.medium_hours_milli, draft.long_hours_milli) =
            (100_000, 100_000, 100_000);
    });
    assert_eq!(check(&most), Ok(()));
}

#[test]
fn a_figure_outside_of_its_bounds_is_named() {
    type Set = fn(&mut RuleDraft);
    let cases: [(Set, &str); 9] = [
        (|draft| draft.full_percent = 101, "full_percent"),
        (|draft| draft.half_percent = 0, "half_percent"),
        (|draft| draft.max_rate_milli = 999, "max_rate_milli"),
        (|draft| draft.max_rate_milli = i64::MAX, "max_rate_milli"),
        (|draft| draft.make_up_ms = -1, "make_up_ms"),
        (|draft| draft.medium_ms = 0, "medium_ms"),
        (|draft| draft.long_ms = i64::MIN, "long_ms"),
        (|draft| draft.short_hours_milli = -1, "short_hours_milli"),
        (|draft| draft.long_hours_milli = 100_001, "long_hours_milli"),
    ];
    for (set, name) in cases {
        let fault = check(&drafted(set));
        assert!(matches!(fault, Err(Fault::Outside { field, .. }) if field == name), "{name}: {fault:?}");
    }
}

#[test]
fn half_needs_no_more_than_full_and_a_longer_lesson_is_worth_no_less() {
    assert_eq!(check(&drafted(|draft| draft.half_percent = 81)), Err(Fault::HalfAboveFull));
    assert_eq!(check(&drafted(|draft| draft.half_percent = 80)), Ok(()));
    let same = drafted(|draft| draft.long_ms = draft.medium_ms);
    assert_eq!(check(&same), Err(Fault::HoursDescend("long_ms")));
    let less = drafted(|draft| draft.medium_hours_milli = 249);
    assert_eq!(check(&less), Err(Fault::HoursDescend("medium_hours_milli")));
    let less = drafted(|draft| draft.long_hours_milli = 499);
    assert_eq!(check(&less), Err(Fault::HoursDescend("long_hours_milli")));
}

#[test]
fn a_version_is_the_next_one_not_active_and_keeps_the_programs_own_figures() {
    let added = add(known(), &new(Some(9), drafted(|draft| draft.full_percent = 90))).expect("added");
    let wanted = Rule { version: 4, full_percent: 90, ..rule() };
    assert_eq!((added.rule, added.standing), (wanted, RuleStanding { revision: 10, ..standing() }));
    assert_eq!(added.audit.action, "rule.version");
    assert_eq!(added.audit.detail, r#"{"figures":{"full_percent":[80,90]},"name":"默认规则","version":4}"#);
}

#[test]
fn the_second_of_two_who_edit_a_rule_is_told() {
    let draft = || drafted(|draft| draft.full_percent = 90);
    for seen in [None, Some(8), Some(10)] {
        assert_eq!(add(known(), &new(seen, draft())), Err(RuleOutcome::Changed));
    }
    let asked =
        |seen| ChangeRule { rule_id: RULE, seen, change: RuleChange::Activate(2), actor_id: ACTOR, at: 50 };
    assert_eq!(change(Some(standing()), true, &asked(8)), Err(RuleOutcome::Changed));
    assert!(change(Some(standing()), true, &asked(9)).is_ok());
}

#[test]
fn a_version_like_the_one_before_or_one_too_many_is_refused() {
    assert_eq!(add(known(), &new(Some(9), drafted(|_| {}))), Err(RuleOutcome::Same));
    let newest = Rule { version: RULE_VERSIONS_MAX, ..rule() };
    let full = Before::Known { standing: standing(), newest };
    assert_eq!(add(full, &new(Some(9), drafted(|draft| draft.full_percent = 90))), Err(RuleOutcome::TooMany));
    let base = rule();
    let many = Before::New { rules: RULES_MAX, base: base.clone() };
    assert_eq!(add(many, &new(None, drafted(|_| {}))), Err(RuleOutcome::TooMany));
    assert_eq!(add(Before::Nothing, &new(Some(9), drafted(|_| {}))), Err(RuleOutcome::NotFound));
    let first = add(Before::New { rules: 1, base }, &new(None, drafted(|_| {}))).expect("added");
    assert_eq!((first.rule.version, first.standing.active, first.standing.revision), (1, None, 1));
}

#[test]
fn a_rule_stands_only_as_it_can() {
    let asks = |before: RuleStanding, what: RuleChange| {
        let asked = ChangeRule { rule_id: RULE, seen: 9, change: what, actor_id: ACTOR, at: 50 };
        change(Some(before), what != RuleChange::Activate(7), &asked).map(|changed| changed.standing)
    };
    let next = RuleStanding { revision: 10, ..standing() };
    let is = standing;
    let default = RuleStanding { is_default: true, ..is() };
    let retired = RuleStanding { retired_at: Some(40), ..is() };
    let new = RuleStanding { active: None, ..is() };
    assert_eq!(asks(is(), RuleChange::Activate(2)), Ok(RuleStanding { active: Some(2), ..next }));
    assert_eq!(asks(is(), RuleChange::Activate(3)), Err(RuleOutcome::Already));
    assert_eq!(asks(is(), RuleChange::Activate(7)), Err(RuleOutcome::NoSuchVersion));
    assert_eq!(asks(retired, RuleChange::Activate(2)), Err(RuleOutcome::Retired));
    assert_eq!(asks(is(), RuleChange::Retire(true)), Ok(RuleStanding { retired_at: Some(50), ..next }));
    assert_eq!(asks(is(), RuleChange::Retire(false)), Err(RuleOutcome::Already));
    assert_eq!(asks(retired, RuleChange::Retire(false)), Ok(next));
    assert_eq!(asks(default, RuleChange::Retire(true)), Err(RuleOutcome::IsDefault));
    assert_eq!(asks(is(), RuleChange::MakeDefault), Ok(RuleStanding { is_default: true, ..next }));
    assert_eq!(asks(default, RuleChange::MakeDefault), Err(RuleOutcome::Already));
    assert_eq!(asks(retired, RuleChange::MakeDefault), Err(RuleOutcome::Retired));
    assert_eq!(asks(new, RuleChange::MakeDefault), Err(RuleOutcome::NeverActivated));
}

#[test]
fn only_an_active_rule_that_is_not_retired_is_chosen() {
    assert_eq!(chosen(Some(standing())), Some((RULE, 3)));
    assert_eq!(chosen(Some(RuleStanding { retired_at: Some(1), ..standing() })), None);
    assert_eq!(chosen(Some(RuleStanding { active: None, ..standing() })), None);
    assert_eq!(chosen(None), None);
}
