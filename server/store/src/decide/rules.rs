//! Credit rules: which figures make sense, what a new version is, and how a rule may stand.

use serde_json::{Value, json};
use uuid::Uuid;

use super::audit::Action;
use crate::{
    AuditEntry, ChangeRule, NewRuleVersion, RULE_VERSIONS_MAX, RULES_MAX, Rule, RuleChange, RuleDraft,
    RuleOutcome, RuleStanding,
};

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// A figure that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is outside of its bounds, both of which are allowed.
    Outside {
        /// Its name.
        field: &'static str,
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// Half credit asks for more than full credit.
    HalfAboveFull,
    /// A longer lesson would not be longer, or worth less than a shorter one: this figure is the one.
    HoursDescend(&'static str),
}

/// Whether these figures can be a rule.
pub fn check(draft: &RuleDraft) -> Result<(), Fault> {
    let bounds = [
        ("full_percent", draft.full_percent, 1, 100),
        ("half_percent", draft.half_percent, 1, 100),
        ("max_rate_milli", draft.max_rate_milli, 1_000, 2_000),
        ("make_up_ms", draft.make_up_ms, 0, 366 * DAY),
        ("medium_ms", draft.medium_ms, MINUTE, 12 * 60 * MINUTE),
        ("long_ms", draft.long_ms, MINUTE, 12 * 60 * MINUTE),
        ("short_hours_milli", draft.short_hours_milli, 0, 100_000),
        ("medium_hours_milli", draft.medium_hours_milli, 0, 100_000),
        ("long_hours_milli", draft.long_hours_milli, 0, 100_000),
    ];
    for (field, figure, least, most) in bounds {
        if !(least..=most).contains(&figure) {
            return Err(Fault::Outside { field, least, most });
        }
    }
    if draft.half_percent > draft.full_percent {
        return Err(Fault::HalfAboveFull);
    }
    if draft.long_ms <= draft.medium_ms {
        return Err(Fault::HoursDescend("long_ms"));
    }
    if draft.medium_hours_milli < draft.short_hours_milli {
        return Err(Fault::HoursDescend("medium_hours_milli"));
    }
    if draft.long_hours_milli < draft.medium_hours_milli {
        return Err(Fault::HoursDescend("long_hours_milli"));
    }
    Ok(())
}

/// What is known of a rule that gets another version, or of the rules there are.
#[derive(Debug, Clone)]
pub enum Before {
    /// A new rule beside so many, with the program's own figures as in this one.
    New {
        /// Rules there are.
        rules: i64,
        /// The default rule's active version.
        base: Rule,
    },
    /// One that is there.
    Known {
        /// How it stands.
        standing: RuleStanding,
        /// Its newest version.
        newest: Rule,
    },
    /// None.
    Nothing,
}

/// A version to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionAdded {
    /// Its figures.
    pub rule: Rule,
    /// How the rule stands then.
    pub standing: RuleStanding,
    /// Its line of the audit log.
    pub audit: AuditEntry,
}

/// Adds a rule or a version of one: the newest, and not active. Whoever has not seen what others did to it meanwhile is told.
pub fn add(before: Before, new: &NewRuleVersion) -> Result<VersionAdded, RuleOutcome> {
    let id = new.rule_id;
    let (action, base, rule, standing) = match before {
        Before::Nothing => return Err(RuleOutcome::NotFound),
        Before::New { rules, .. } if rules >= RULES_MAX => return Err(RuleOutcome::TooMany),
        Before::New { base, .. } => {
            let rule = new.draft.over(&base, id, 1);
            let standing =
                RuleStanding { rule_id: id, active: None, is_default: false, retired_at: None, revision: 1 };
            ("rule.add", None, rule, standing)
        }
        Before::Known { standing, newest } => {
            if new.seen != Some(standing.revision) {
                return Err(RuleOutcome::Changed);
            }
            if newest.version >= RULE_VERSIONS_MAX {
                return Err(RuleOutcome::TooMany);
            }
            if RuleDraft::from(&newest) == new.draft {
                return Err(RuleOutcome::Same);
            }
            let rule = new.draft.over(&newest, id, newest.version + 1);
            ("rule.version", Some(newest), rule, RuleStanding { revision: standing.revision + 1, ..standing })
        }
    };
    let detail =
        json!({ "name": rule.name, "version": rule.version, "figures": changes(base.as_ref(), &rule) });
    let audit = Action::of(new.actor_id, action, new.at).on("rule", id, &detail);
    Ok(VersionAdded { rule, standing, audit })
}

/// The figures that are other ones than before, with both; of a new rule all of them.
fn changes(before: Option<&Rule>, rule: &Rule) -> Value {
    let figures = |rule: &Rule| {
        json!({
            "name": rule.name, "full_percent": rule.full_percent, "half_percent": rule.half_percent,
            "max_rate_milli": rule.max_rate_milli, "hidden_video_counts": rule.hidden_video_counts,
            "uncorroborated_counts": rule.uncorroborated_counts, "make_up_ms": rule.make_up_ms,
            "long_ms": rule.long_ms, "long_hours_milli": rule.long_hours_milli, "medium_ms": rule.medium_ms,
            "medium_hours_milli": rule.medium_hours_milli, "short_hours_milli": rule.short_hours_milli,
        })
    };
    let mut after = figures(rule);
    let Some(before) = before.map(figures) else { return after };
    if let Some(after) = after.as_object_mut() {
        after.retain(|name, figure| *figure != before[name]);
        for (name, figure) in after {
            *figure = json!([before[name], figure.take()]);
        }
    }
    after
}

/// How a rule stands then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingChanged {
    /// It.
    pub standing: RuleStanding,
    /// The line of the audit log.
    pub audit: AuditEntry,
}

/// Changes how a rule stands; `has` says whether it has the version that is to be activated. What is planned or was held keeps
/// its version: only what is planned from now on takes another one.
pub fn change(
    before: Option<RuleStanding>,
    has: bool,
    asked: &ChangeRule,
) -> Result<StandingChanged, RuleOutcome> {
    let before = before.ok_or(RuleOutcome::NotFound)?;
    if before.revision != asked.seen {
        return Err(RuleOutcome::Changed);
    }
    let mut standing = RuleStanding { revision: before.revision + 1, ..before };
    let (action, detail) = match asked.change {
        RuleChange::Activate(_) if !has => return Err(RuleOutcome::NoSuchVersion),
        RuleChange::Activate(_) if before.retired_at.is_some() => return Err(RuleOutcome::Retired),
        RuleChange::Activate(version) if before.active == Some(version) => return Err(RuleOutcome::Already),
        RuleChange::Activate(version) => {
            standing.active = Some(version);
            ("rule.activate", json!({ "from": before.active, "to": version }))
        }
        RuleChange::Retire(true) if before.is_default => return Err(RuleOutcome::IsDefault),
        RuleChange::Retire(retired) if before.retired_at.is_some() == retired => {
            return Err(RuleOutcome::Already);
        }
        RuleChange::Retire(retired) => {
            standing.retired_at = retired.then_some(asked.at);
            (if retired { "rule.retire" } else { "rule.bring_back" }, json!({}))
        }
        RuleChange::MakeDefault if before.is_default => return Err(RuleOutcome::Already),
        RuleChange::MakeDefault if before.retired_at.is_some() => return Err(RuleOutcome::Retired),
        RuleChange::MakeDefault if before.active.is_none() => return Err(RuleOutcome::NeverActivated),
        RuleChange::MakeDefault => {
            standing.is_default = true;
            ("rule.default", json!({ "version": before.active }))
        }
    };
    let audit = Action::of(asked.actor_id, action, asked.at).on("rule", asked.rule_id, &detail);
    Ok(StandingChanged { standing, audit })
}

/// What something that is planned is credited by: the active version of the rule that was chosen, which can be chosen; of none
/// chosen the default.
pub fn chosen(standing: Option<RuleStanding>) -> Option<(Uuid, i64)> {
    standing.and_then(|standing| Some((standing.rule_id, standing.choosable()?)))
}

#[cfg(test)]
mod tests;
