//! Lessons: planning and their phases.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::{Interval, LessonPhase};

use crate::{LessonMillis, Page, ReplayEdit, Rule, StoreResult, Trim, Unit, UtcMillis};

/// A lesson, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// What it is about; may be empty.
    pub summary: String,
    /// The unit that gives it.
    pub unit: Unit,
    /// Who gives it.
    pub lecturer_id: Uuid,
    /// Their name.
    pub lecturer_name: String,
    /// Planned start.
    pub planned_start_at: UtcMillis,
    /// Planned end.
    pub planned_end_at: UtcMillis,
    /// Where it is in its life.
    pub phase: LessonPhase,
    /// When it was started.
    pub started_at: Option<UtcMillis>,
    /// When it was ended.
    pub ended_at: Option<UtcMillis>,
    /// UTC of position 0 of the timeline.
    pub zero_at: Option<UtcMillis>,
    /// Position up to which media is known to exist.
    pub edge_ms: LessonMillis,
    /// Length, once media has told it after the end.
    pub length_ms: Option<LessonMillis>,
    /// Whether the replay stands.
    pub replay_ready: bool,
    /// Closed outages, ascending.
    pub gaps: Vec<Interval>,
    /// Who may watch.
    pub audience: Vec<Unit>,
    /// How credit is computed.
    pub rule: Rule,
    /// Whether a stream key was given out.
    pub key_set: bool,
    /// Whether members are offered the live picture by WHEP.
    pub low_latency: bool,
    /// Every version of what members see of the replay, the last one counts.
    pub edits: Vec<ReplayEdit>,
    /// Since when it has its poster, if it has one.
    pub poster_at: Option<UtcMillis>,
}

impl Lesson {
    /// The stretch of the timeline the replay shows.
    pub fn trim(&self) -> Trim {
        self.edits.last().map_or_else(Trim::default, |edit| edit.trim)
    }

    /// Members do not see the replay.
    pub fn is_hidden(&self) -> bool {
        self.edits.last().is_some_and(|edit| edit.hidden)
    }
}

/// A lesson in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonSummary {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// The name of who gives it.
    pub lecturer_name: String,
    /// The name of the unit that gives it.
    pub unit_name: String,
    /// Planned start.
    pub planned_start_at: UtcMillis,
    /// Planned end.
    pub planned_end_at: UtcMillis,
    /// Where it is in its life.
    pub phase: LessonPhase,
    /// When it was started.
    pub started_at: Option<UtcMillis>,
    /// Length, once known.
    pub length_ms: Option<LessonMillis>,
    /// Whether the replay stands.
    pub replay_ready: bool,
    /// Since when it has its poster, if it has one.
    pub poster_at: Option<UtcMillis>,
}

/// Somebody for whom a list is made: lessons they are invited to, organize, or give.
#[derive(Debug, Clone)]
pub struct SeenBy {
    /// Who.
    pub user_id: Uuid,
    /// The path of their branch.
    pub branch_path: Option<String>,
    /// The paths of the units they organize.
    pub organizes: Vec<String>,
}

/// Which lessons a list shows; every field narrows it.
#[derive(Debug, Clone, Default)]
pub struct LessonFilter {
    /// Lessons this person may watch.
    pub seen_by: Option<SeenBy>,
    /// Lessons of units inside any of these paths.
    pub within_paths: Option<Vec<String>>,
    /// Lessons of units inside any of these paths, and those to which somebody inside them is invited.
    pub concerning: Option<Vec<String>>,
    /// Lessons of this lecturer.
    pub lecturer_id: Option<Uuid>,
    /// Lessons in one of these phases; empty: any.
    pub phases: Vec<LessonPhase>,
    /// Lessons planned to start at or after.
    pub from: Option<UtcMillis>,
    /// Lessons planned to start before.
    pub until: Option<UtcMillis>,
    /// Lessons credited by this rule …
    pub rule_id: Option<Uuid>,
    /// … or by this version of it.
    pub rule_version: Option<i64>,
    /// Only lessons whose replay stands and is not hidden.
    pub replayable: bool,
    /// Latest first instead of earliest first.
    pub latest_first: bool,
    /// What is not over by then comes first, the nearest in front; behind it what is, the latest in front. Goes before
    /// `latest_first`.
    pub nearest_to: Option<UtcMillis>,
}

/// A lesson to plan.
#[derive(Debug, Clone)]
pub struct NewLesson {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// The unit that gives it.
    pub unit_id: Uuid,
    /// Who gives it.
    pub lecturer_id: Uuid,
    /// Who may watch.
    pub audience: Vec<Uuid>,
    /// Planned start.
    pub planned_start_at: UtcMillis,
    /// Planned end.
    pub planned_end_at: UtcMillis,
    /// Whether members are offered the live picture by WHEP.
    pub low_latency: bool,
    /// The rule it is credited by, in its active version; `None`: the default rule.
    pub rule_id: Option<Uuid>,
    /// Who plans it.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// A change of a lesson that has not ended; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// New title.
    pub title: Option<String>,
    /// New summary.
    pub summary: Option<String>,
    /// New lecturer.
    pub lecturer_id: Option<Uuid>,
    /// New audience.
    pub audience: Option<Vec<Uuid>>,
    /// New planned start; only before the start.
    pub planned_start_at: Option<UtcMillis>,
    /// New planned end.
    pub planned_end_at: Option<UtcMillis>,
    /// Whether members are offered the live picture by WHEP; holds for leases given from now on.
    pub low_latency: Option<bool>,
    /// The rule it is credited by, in the version that is active now; only before the start.
    pub rule_id: Option<Uuid>,
}

/// What became of an edit or a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditOutcome {
    /// Done.
    Done,
    /// There is no such lesson.
    NotFound,
    /// The phase does not allow it.
    WrongPhase(LessonPhase),
    /// The end would not be after the start.
    TimesReversed,
    /// There is no such rule to choose.
    RuleUnknown,
}

/// A cancellation.
#[derive(Debug, Clone, Copy)]
pub struct Cancel {
    /// Which lesson.
    pub lesson_id: Uuid,
    /// Who cancels.
    pub actor_id: Uuid,
    /// Now.
    pub at: UtcMillis,
}

/// A start or an end.
#[derive(Debug, Clone, Copy)]
pub struct PhaseChange {
    /// Which lesson.
    pub lesson_id: Uuid,
    /// `Live` (from planned) or `Ended` (from live).
    pub to: LessonPhase,
    /// Who; `None`: the program itself.
    pub actor_id: Option<Uuid>,
    /// Now.
    pub at: UtcMillis,
}

/// What became of a start or an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseOutcome {
    /// Done now.
    Done,
    /// It was so already; nothing changed.
    Already,
    /// There is no such lesson.
    NotFound,
    /// From this phase it cannot be.
    WrongPhase(LessonPhase),
}

/// Use cases of lessons, by the rules of [`crate::decide::lesson`] and [`crate::decide::phase`]. Every change locks the lesson's row
/// and writes its line of the audit log in the same transaction.
#[async_trait]
pub trait LessonStore: Send + Sync {
    /// Plans a lesson with the active version of its rule. A rule that cannot be chosen is [`crate::StoreError::Dangling`].
    async fn plan_lesson(&self, lesson: NewLesson) -> StoreResult<()>;

    /// Changes a lesson that has not ended.
    async fn edit_lesson(
        &self,
        id: Uuid,
        edit: Edit,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<EditOutcome>;

    /// Cancels a planned lesson.
    async fn cancel_lesson(&self, cancel: Cancel) -> StoreResult<EditOutcome>;

    /// Starts a planned lesson or ends a live one.
    async fn change_phase(&self, change: PhaseChange) -> StoreResult<PhaseOutcome>;

    /// One lesson, whole.
    async fn lesson(&self, id: Uuid) -> StoreResult<Option<Lesson>>;

    /// Lessons of a filter.
    async fn lessons(&self, filter: &LessonFilter, page: Page) -> StoreResult<Vec<LessonSummary>>;

    /// Replaces the stream key of a lesson that is planned or live; the new one has the next version.
    async fn set_stream_key(
        &self,
        lesson_id: Uuid,
        key_hash: &[u8; 32],
        actor_id: Option<Uuid>,
        at: UtcMillis,
    ) -> StoreResult<EditOutcome>;

    /// Takes the stream key of a lesson that is planned or live away; none has the next version.
    async fn revoke_stream_key(
        &self,
        lesson_id: Uuid,
        actor_id: Option<Uuid>,
        at: UtcMillis,
    ) -> StoreResult<EditOutcome>;

    /// Lets a lesson that is planned or live be published into without a stream key: nodes are told of it from now on.
    /// The key, if there is one, stays.
    async fn open_booth(
        &self,
        lesson_id: Uuid,
        actor_id: Option<Uuid>,
        at: UtcMillis,
    ) -> StoreResult<EditOutcome>;
}
