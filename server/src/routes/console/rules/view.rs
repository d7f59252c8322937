//! Rules as the console sees them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{
    Role, Rule, RuleDraft, RuleHistory, RuleSummary, RuleVersion,
    decide::rules::{Fault, check},
};

use crate::{
    auth::Viewer,
    problem::{ApiResult, Problem},
    routes::text,
};

/// The figures of a rule that organizers set.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleSettings {
    #[schema(max_length = 100)]
    pub(super) name: String,
    /// Coverage for full credit, 1 to 100.
    full_percent: i64,
    /// Coverage for half credit, from 1 to that.
    half_percent: i64,
    /// Fastest playing rate that counts × 1000: 1000 to 2000, which is what players offer.
    max_rate_milli: i64,
    /// Picture played on a hidden page or a locked phone counts; sound always does.
    hidden_video_counts: bool,
    /// Time of which no media node delivered anything counts.
    uncorroborated_counts: bool,
    /// How long after the end who has not come is pending where there is a replay: up to 366 days. What is watched later counts all
    /// the same.
    make_up_ms: i64,
    /// From this countable length a lesson earns `long_hours_milli`: one minute to twelve hours, longer than medium.
    long_ms: i64,
    /// Credit hours × 1000, up to 100,000; no less than medium.
    long_hours_milli: i64,
    /// From this countable length a lesson earns `medium_hours_milli`.
    medium_ms: i64,
    medium_hours_milli: i64,
    /// What any shorter lesson earns.
    short_hours_milli: i64,
}

impl From<&Rule> for RuleSettings {
    fn from(rule: &Rule) -> Self {
        Self {
            name: rule.name.clone(),
            full_percent: rule.full_percent,
            half_percent: rule.half_percent,
            max_rate_milli: rule.max_rate_milli,
            hidden_video_counts: rule.hidden_video_counts,
            uncorroborated_counts: rule.uncorroborated_counts,
            make_up_ms: rule.make_up_ms,
            long_ms: rule.long_ms,
            long_hours_milli: rule.long_hours_milli,
            medium_ms: rule.medium_ms,
            medium_hours_milli: rule.medium_hours_milli,
            short_hours_milli: rule.short_hours_milli,
        }
    }
}

impl RuleSettings {
    /// The draft they are, if they make sense.
    pub(super) fn draft(self) -> ApiResult<RuleDraft> {
        let draft = RuleDraft {
            name: text::name("name", &self.name)?,
            full_percent: self.full_percent,
            half_percent: self.half_percent,
            max_rate_milli: self.max_rate_milli,
            hidden_video_counts: self.hidden_video_counts,
            uncorroborated_counts: self.uncorroborated_counts,
            make_up_ms: self.make_up_ms,
            long_ms: self.long_ms,
            long_hours_milli: self.long_hours_milli,
            medium_ms: self.medium_ms,
            medium_hours_milli: self.medium_hours_milli,
            short_hours_milli: self.short_hours_milli,
        };
        check(&draft).map_err(refused)?;
        Ok(draft)
    }
}

fn refused(fault: Fault) -> Problem {
    match fault {
        Fault::Outside { field, least, most } => {
            let sentence = format!("It must lie between {least} and {most}.");
            Problem::field(field, "figure_outside", sentence).with("least", least).with("most", most)
        }
        Fault::HalfAboveFull => {
            let sentence = "Half credit cannot ask for more than full credit.";
            Problem::field("half_percent", "half_above_full", sentence)
        }
        Fault::HoursDescend(field) => {
            let sentence = "A longer lesson must be longer, and earn no less, than a shorter one.";
            Problem::field(field, "hours_descend", sentence)
        }
    }
}

/// A rule in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RuleRow {
    id: Uuid,
    /// What is planned from now on takes this version; null: none was activated yet, and it cannot be chosen.
    active_version: Option<i64>,
    newest_version: i64,
    /// The rule of whatever is planned without choosing one.
    is_default: bool,
    /// Since when it cannot be chosen.
    retired_at: Option<i64>,
    /// Lessons of the organizer's part of the tree that are credited by any version of it.
    lessons: i64,
    /// The figures of the active version; if there is none those of the newest.
    settings: RuleSettings,
}

impl From<&RuleSummary> for RuleRow {
    fn from(summary: &RuleSummary) -> Self {
        let standing = summary.standing;
        Self {
            id: standing.rule_id,
            active_version: standing.active,
            newest_version: summary.newest,
            is_default: standing.is_default,
            retired_at: standing.retired_at,
            lessons: summary.lessons,
            settings: RuleSettings::from(&summary.rule),
        }
    }
}

/// All rules: the default first, then by name, retired ones last.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RuleList {
    pub(super) rules: Vec<RuleRow>,
    /// The viewer may change them.
    pub(super) may_edit: bool,
}

/// A version of a rule.
#[derive(Debug, Serialize, ToSchema)]
struct RuleVersionRow {
    version: i64,
    settings: RuleSettings,
    /// Why it was made; may be empty.
    note: String,
    /// 0: it came with the program.
    created_at: i64,
    /// The name of who made it; null: the program itself.
    created_by: Option<String>,
    /// Lessons of the organizer's part of the tree that are credited by it.
    lessons: i64,
    /// Episodes of it that are.
    episodes: i64,
}

impl From<&RuleVersion> for RuleVersionRow {
    fn from(version: &RuleVersion) -> Self {
        Self {
            version: version.rule.version,
            settings: RuleSettings::from(&version.rule),
            note: version.note.clone(),
            created_at: version.created_at,
            created_by: version.created_by.clone(),
            lessons: version.lessons,
            episodes: version.episodes,
        }
    }
}

/// A rule with all its versions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RuleDetail {
    id: Uuid,
    active_version: Option<i64>,
    is_default: bool,
    retired_at: Option<i64>,
    /// Counted up with every change; whoever changes the rule sends the one they saw.
    revision: i64,
    /// The newest first.
    versions: Vec<RuleVersionRow>,
    /// The viewer may change it.
    may_edit: bool,
}

impl RuleDetail {
    pub(super) fn of(history: &RuleHistory, viewer: &Viewer) -> Self {
        let standing = history.standing;
        Self {
            id: standing.rule_id,
            active_version: standing.active,
            is_default: standing.is_default,
            retired_at: standing.retired_at,
            revision: standing.revision,
            versions: history.versions.iter().map(RuleVersionRow::from).collect(),
            may_edit: viewer.of_centre(Role::organizes),
        }
    }
}
