//! Credit rules: their versions, which never change, and which of them what is planned from now on takes.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{StoreResult, UtcMillis};

/// The rule that comes with the schema.
pub const DEFAULT_RULE: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

/// The figures of one version of a credit rule. Percent, milliseconds and thousandths; integers only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: Uuid,
    /// Its version.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// Coverage for full credit.
    pub full_percent: i64,
    /// Coverage for half credit.
    pub half_percent: i64,
    /// Fastest playing rate that counts.
    pub max_rate_milli: i64,
    /// Longest time between two receipts that earns.
    pub receipt_gap_ms: i64,
    /// The same for sound that was played on a hidden page.
    pub hidden_sound_gap_ms: i64,
    /// Allowance once per lease.
    pub allowance_ms: i64,
    /// How far ahead of the edge a beat may be.
    pub edge_slack_ms: i64,
    /// From this length a lesson is worth `long_hours_milli`.
    pub long_ms: i64,
    /// Credit hours of a long lesson.
    pub long_hours_milli: i64,
    /// From this length a lesson is worth `medium_hours_milli`.
    pub medium_ms: i64,
    /// Credit hours of a medium lesson.
    pub medium_hours_milli: i64,
    /// Credit hours of a short lesson.
    pub short_hours_milli: i64,
    /// Whether picture played on a locked or hidden phone counts; sound always does.
    pub hidden_video_counts: bool,
    /// Whether time of which the node delivered nothing counts, where deliveries are known.
    pub uncorroborated_counts: bool,
    /// How far beyond a delivered stretch a position still is corroborated: segments are rounded, players run on.
    pub delivery_slack_ms: i64,
    /// Presence checks needed for full credit.
    pub checks_required: i64,
    /// How long after the end who has not come is pending, not absent, where there is a replay. Credit does not depend on it.
    pub make_up_ms: i64,
}

/// The figures of a rule that organizers set. The others are the program's own, and go on from the version before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDraft {
    /// Its name.
    pub name: String,
    /// Coverage for full credit, percent.
    pub full_percent: i64,
    /// Coverage for half credit, percent.
    pub half_percent: i64,
    /// Fastest playing rate that counts × 1000.
    pub max_rate_milli: i64,
    /// Picture played on a hidden page or a locked phone counts.
    pub hidden_video_counts: bool,
    /// Time of which the node delivered nothing counts.
    pub uncorroborated_counts: bool,
    /// How long after the end who has not come is pending.
    pub make_up_ms: i64,
    /// From this length a lesson is long.
    pub long_ms: i64,
    /// Credit hours of a long lesson × 1000.
    pub long_hours_milli: i64,
    /// From this length a lesson is medium.
    pub medium_ms: i64,
    /// Credit hours of a medium lesson × 1000.
    pub medium_hours_milli: i64,
    /// Credit hours of a short lesson × 1000.
    pub short_hours_milli: i64,
}

impl RuleDraft {
    /// The version it becomes: what it does not name is as in `base`.
    pub fn over(&self, base: &Rule, id: Uuid, version: i64) -> Rule {
        Rule {
            id,
            version,
            name: self.name.clone(),
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
            ..base.clone()
        }
    }
}

impl From<&Rule> for RuleDraft {
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

/// Rules there can be, retired ones too: a list that fits on a page.
pub const RULES_MAX: i64 = 100;

/// Versions a rule can have.
pub const RULE_VERSIONS_MAX: i64 = 200;

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleStanding {
    /// Which.
    pub rule_id: Uuid,
    /// The version that what is planned from now on takes; `None`: none was activated yet.
    pub active: Option<i64>,
    /// The rule of whatever is planned without choosing one.
    pub is_default: bool,
    /// Since when nobody can choose it.
    pub retired_at: Option<UtcMillis>,
    /// Counted up with every change.
    pub revision: i64,
}

impl RuleStanding {
    /// What is planned may take it: then this version of it.
    pub fn choosable(&self) -> Option<i64> {
        self.active.filter(|_| self.retired_at.is_none())
    }
}

/// A rule in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSummary {
    /// How it stands.
    pub standing: RuleStanding,
    /// The active version; of one that has none the newest.
    pub rule: Rule,
    /// The newest version there is.
    pub newest: i64,
    /// Lessons inside the paths that are credited by any version of it.
    pub lessons: i64,
}

/// A version of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleVersion {
    /// Its figures.
    pub rule: Rule,
    /// Why it was made; may be empty.
    pub note: String,
    /// When.
    pub created_at: UtcMillis,
    /// The name of who made it; `None`: the program itself.
    pub created_by: Option<String>,
    /// Lessons inside the paths that are credited by it.
    pub lessons: i64,
    /// Episodes inside the paths that are.
    pub episodes: i64,
}

/// A rule with all its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleHistory {
    /// How it stands.
    pub standing: RuleStanding,
    /// The newest first; at least one.
    pub versions: Vec<RuleVersion>,
}

/// A rule, or another version of one.
#[derive(Debug, Clone)]
pub struct NewRuleVersion {
    /// Which rule.
    pub rule_id: Uuid,
    /// The revision whoever changes it has seen; `None`: a new rule.
    pub seen: Option<i64>,
    /// Its figures.
    pub draft: RuleDraft,
    /// Why.
    pub note: String,
    /// Who.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// What to change of how a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleChange {
    /// What is planned from now on takes this version.
    Activate(i64),
    /// Nobody chooses it any more, or one may again.
    Retire(bool),
    /// Whatever is planned without choosing a rule takes it.
    MakeDefault,
}

/// A change of how a rule stands.
#[derive(Debug, Clone, Copy)]
pub struct ChangeRule {
    /// Which rule.
    pub rule_id: Uuid,
    /// The revision whoever changes it has seen.
    pub seen: i64,
    /// What.
    pub change: RuleChange,
    /// Who.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// What became of a change of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleOutcome {
    /// It is done.
    Done,
    /// It is so already; nothing changed.
    Already,
    /// There is no such rule.
    NotFound,
    /// There is no such version of it.
    NoSuchVersion,
    /// Somebody else changed it meanwhile.
    Changed,
    /// A new version has the figures of the one before.
    Same,
    /// There are as many as there can be.
    TooMany,
    /// The default rule cannot be retired.
    IsDefault,
    /// It is retired.
    Retired,
    /// No version of it was activated yet.
    NeverActivated,
}

/// Use cases of credit rules, by the rules of [`crate::decide::rules`]. A version is never changed, and what was planned keeps
/// the one it was planned with. Every change locks the rule's standing (and that of the default, if it takes its place), and writes its line
/// of the audit log in the same transaction.
#[async_trait]
pub trait RuleStore: Send + Sync {
    /// All rules: the default first, then by name, retired ones last. Lessons are counted inside `paths`.
    async fn rules(&self, paths: &[String]) -> StoreResult<Vec<RuleSummary>>;

    /// One rule with its versions. Lessons and episodes are counted inside `paths`.
    async fn rule_history(&self, id: Uuid, paths: &[String]) -> StoreResult<Option<RuleHistory>>;

    /// How a rule stands; of none named how the default rule does.
    async fn rule_standing(&self, id: Option<Uuid>) -> StoreResult<Option<RuleStanding>>;

    /// Adds a rule, or a version of one. It is not active yet.
    async fn add_rule_version(&self, new: NewRuleVersion) -> StoreResult<RuleOutcome>;

    /// Changes how a rule stands.
    async fn change_rule(&self, change: ChangeRule) -> StoreResult<RuleOutcome>;
}
