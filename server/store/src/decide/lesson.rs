//! What may be planned, and what may still be changed of a plan.

use serde_json::json;
use uuid::Uuid;

use super::{audit::Action, rules};
use crate::{
    AuditEntry, Edit, EditOutcome, LessonPhase, NewLesson, RuleStanding, StoreError, StoreResult, UtcMillis,
};

/// A lesson that decisions are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonFacts {
    /// Where it is in its life.
    pub phase: LessonPhase,
    /// When it was started.
    pub started_at: Option<UtcMillis>,
    /// Which of its stream keys is the one that counts; 0: nothing was ever given out.
    pub key_version: i64,
    /// What was planned.
    pub plan: LessonPlan,
}

/// The columns of a lesson that an edit writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonPlan {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// Who gives it.
    pub lecturer_id: Uuid,
    /// Planned start.
    pub planned_start_at: UtcMillis,
    /// Planned end.
    pub planned_end_at: UtcMillis,
    /// Whether members are offered the live picture by WHEP.
    pub low_latency: bool,
    /// How credit is computed: a rule and its version.
    pub rule: (Uuid, i64),
}

/// A lesson to add, beside what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// How credit is computed: a rule and its version.
    pub rule: (Uuid, i64),
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// Plans a lesson with the active version of its rule: of the one that was chosen, or of the default.
pub fn plan(chosen: Option<RuleStanding>, new: &NewLesson) -> StoreResult<Planned> {
    let rule = rules::chosen(chosen).ok_or(StoreError::Dangling)?;
    let detail = json!({
        "title": new.title, "planned_start_at": new.planned_start_at, "rule_id": rule.0, "rule_version": rule.1,
    });
    Ok(Planned { rule, audit: Action::of(new.actor_id, "lesson.plan", new.at).on_lesson(new.id, &detail) })
}

/// A lesson in its new form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The plan.
    pub plan: LessonPlan,
    /// The audience, if it is another one.
    pub audience: Option<Vec<Uuid>>,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// Changes a plan. A live lesson has begun, and is somebody's: its start, its lecturer and its rule stay. `chosen` is how the rule stands
/// that the edit names.
pub fn edit(
    before: Option<LessonFacts>,
    chosen: Option<RuleStanding>,
    id: Uuid,
    edit: Edit,
    actor_id: Uuid,
    at: UtcMillis,
) -> Result<Edited, EditOutcome> {
    let LessonFacts { phase, plan: before, .. } = before.ok_or(EditOutcome::NotFound)?;
    let moves_start = edit.planned_start_at.is_some_and(|start| start != before.planned_start_at);
    let allowed = match phase {
        LessonPhase::Planned => true,
        LessonPhase::Live => !moves_start && edit.lecturer_id.is_none() && edit.rule_id.is_none(),
        LessonPhase::Ended | LessonPhase::Cancelled => false,
    };
    if !allowed {
        return Err(EditOutcome::WrongPhase(phase));
    }
    let rule = match edit.rule_id {
        Some(_) => rules::chosen(chosen).ok_or(EditOutcome::RuleUnknown)?,
        None => before.rule,
    };
    let mut detail = json!({
        "title": edit.title, "lecturer_id": edit.lecturer_id, "audience": edit.audience,
        "planned_start_at": edit.planned_start_at, "planned_end_at": edit.planned_end_at, "low_latency": edit.low_latency,
    });
    if rule != before.rule {
        detail["rule"] = json!([before.rule, rule]);
    }
    let plan = LessonPlan {
        title: edit.title.unwrap_or(before.title),
        summary: edit.summary.unwrap_or(before.summary),
        lecturer_id: edit.lecturer_id.unwrap_or(before.lecturer_id),
        planned_start_at: edit.planned_start_at.unwrap_or(before.planned_start_at),
        planned_end_at: edit.planned_end_at.unwrap_or(before.planned_end_at),
        low_latency: edit.low_latency.unwrap_or(before.low_latency),
        rule,
    };
    if plan.planned_end_at <= plan.planned_start_at {
        return Err(EditOutcome::TimesReversed);
    }
    let audit = Action::of(actor_id, "lesson.edit", at).on_lesson(id, &detail);
    Ok(Edited { plan, audience: edit.audience, audit })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESSON: Uuid = Uuid::from_u128(1);
    const ACTOR: Uuid = Uuid::from_u128(2);
    const RULE: Uuid = Uuid::from_u128(3);

    fn stands(active: i64) -> RuleStanding {
        RuleStanding { rule_id: RULE, active: Some(active), is_default: false, retired_at: None, revision: 1 }
    }

    fn there(phase: LessonPhase) -> LessonFacts {
        let plan = LessonPlan {
            title: "第一课".to_owned(),
            summary: "摘要".to_owned(),
            lecturer_id: Uuid::from_u128(7),
            planned_start_at: 100,
            planned_end_at: 200,
            low_latency: true,
            rule: (RULE, 3),
        };
        LessonFacts { phase, started_at: None, key_version: 0, plan }
    }

    fn edits(phase: LessonPhase, change: Edit) -> Result<LessonPlan, EditOutcome> {
        edit(Some(there(phase)), Some(stands(4)), LESSON, change, ACTOR, 50).map(|edited| edited.plan)
    }

    #[test]
    fn an_edit_keeps_what_it_does_not_name() {
        assert_eq!(edit(None, None, LESSON, Edit::default(), ACTOR, 50), Err(EditOutcome::NotFound));
        let same = edit(Some(there(LessonPhase::Planned)), None, LESSON, Edit::default(), ACTOR, 50)
            .expect("edited");
        assert_eq!((same.plan, same.audience), (there(LessonPhase::Planned).plan, None));
        let change = Edit {
            title: Some("新".to_owned()),
            low_latency: Some(false),
            audience: Some(vec![ACTOR]),
            ..Edit::default()
        };
        let edited =
            edit(Some(there(LessonPhase::Planned)), None, LESSON, change, ACTOR, 50).expect("edited");
        let wanted =
            LessonPlan { title: "新".to_owned(), low_latency: false, ..there(LessonPhase::Planned).plan };
        assert_eq!((edited.plan, edited.audience), (wanted, Some(vec![ACTOR])));
        assert_eq!((edited.audit.action.as_str(), edited.audit.subject_id), ("lesson.edit", LESSON));
    }

    #[test]
    fn the_start_and_the_lecturer_of_a_live_lesson_stay() {
        let start = |at| Edit { planned_start_at: Some(at), ..Edit::default() };
        let lecturer = |id| Edit { lecturer_id: Some(Uuid::from_u128(id)), ..Edit::default() };
        let live = |change| edits(LessonPhase::Live, change).map(drop);
        assert_eq!(live(start(100)), Ok(()), "it does not move");
        assert_eq!(live(start(101)), Err(EditOutcome::WrongPhase(LessonPhase::Live)));
        assert_eq!(
            live(lecturer(7)),
            Err(EditOutcome::WrongPhase(LessonPhase::Live)),
            "not even the same one"
        );
        assert_eq!(live(Edit { planned_end_at: Some(900), ..Edit::default() }), Ok(()));
        assert_eq!(edits(LessonPhase::Planned, start(101)).expect("edited").planned_start_at, 101);
        assert_eq!(edits(LessonPhase::Planned, lecturer(8)).expect("edited").lecturer_id, Uuid::from_u128(8));
    }

    #[test]
    fn what_is_over_or_cancelled_is_edited_no_more() {
        for phase in [LessonPhase::Ended, LessonPhase::Cancelled] {
            assert_eq!(edits(phase, Edit::default()), Err(EditOutcome::WrongPhase(phase)));
        }
    }

    #[test]
    fn a_lesson_ends_after_it_starts_also_when_only_one_of_both_moves() {
        let times = |planned_start_at, planned_end_at| {
            edits(LessonPhase::Planned, Edit { planned_start_at, planned_end_at, ..Edit::default() })
                .map(drop)
        };
        assert_eq!(times(None, Some(101)), Ok(()));
        assert_eq!(times(None, Some(100)), Err(EditOutcome::TimesReversed));
        assert_eq!(times(Some(200), None), Err(EditOutcome::TimesReversed));
        assert_eq!(times(Some(200), Some(201)), Ok(()));
    }

    #[test]
    fn only_a_lesson_that_has_not_begun_gets_another_rule() {
        let chooses = || Edit { rule_id: Some(RULE), ..Edit::default() };
        assert_eq!(
            edits(LessonPhase::Planned, chooses()).expect("edited").rule,
            (RULE, 4),
            "the version of now"
        );
        assert_eq!(
            edits(LessonPhase::Planned, Edit::default()).expect("edited").rule,
            (RULE, 3),
            "it keeps its own"
        );
        for phase in [LessonPhase::Live, LessonPhase::Ended] {
            assert_eq!(edits(phase, chooses()), Err(EditOutcome::WrongPhase(phase)));
        }
        let unknown = edit(Some(there(LessonPhase::Planned)), None, LESSON, chooses(), ACTOR, 50);
        assert_eq!(unknown.map(drop), Err(EditOutcome::RuleUnknown));
    }

    #[test]
    fn a_lesson_is_planned_by_the_active_version_of_a_rule() {
        let new = NewLesson {
            id: LESSON,
            title: "第一课".to_owned(),
            summary: String::new(),
            unit_id: ACTOR,
            lecturer_id: ACTOR,
            audience: vec![],
            planned_start_at: 100,
            planned_end_at: 200,
            low_latency: false,
            rule_id: None,
            actor_id: ACTOR,
            at: 50,
        };
        let planned = plan(Some(stands(3)), &new).expect("planned");
        assert_eq!((planned.rule, planned.audit.subject_id), ((RULE, 3), LESSON));
        assert!(matches!(plan(None, &new), Err(StoreError::Dangling)));
    }
}
