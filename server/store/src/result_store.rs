//! What is asked of the store about results.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_domain::Item;

use crate::{
    Page, StoreResult, UtcMillis,
    results::{
        BranchProgress, ItemBasis, ItemFigures, Listed, MemberResult, MonthFigures, PeopleInMonths,
        ReportPeopleFilter, ResultDue, UnitFigures, YearLine, YearPerson, YearTargets,
    },
};

/// Use cases of results. Those that keep them write all rows of their key anew.
#[async_trait]
pub trait ResultStore: Send + Sync {
    /// Items whose basis is not the one they were settled by, lessons that are over and episodes somebody played, the newest first.
    async fn items_to_settle(&self, limit: i64) -> StoreResult<Vec<ItemBasis>>;

    /// The basis of one item, if it can be settled.
    async fn item_basis(&self, item_id: Uuid) -> StoreResult<Option<ItemBasis>>;

    /// Of how many members evidence came that is not in the results.
    async fn results_to_come(&self) -> StoreResult<i64>;

    /// Members with evidence from before `before` on that is not in the results, those due longest first.
    async fn results_due(&self, before: UtcMillis, limit: i64) -> StoreResult<Vec<ResultDue>>;

    /// The same of one member, also items of theirs that were not settled at all.
    async fn results_due_of(&self, user_id: Uuid, limit: i64) -> StoreResult<Vec<ResultDue>>;

    /// Other items of an item's players are due, with evidence the server received while the lesson was on: what they claim of the
    /// same time depends on each other.
    async fn note_rivals(&self, lesson_id: Uuid, at: UtcMillis) -> StoreResult<()>;

    /// Their evidence is being judged: what comes from now on is due again.
    async fn take_due(&self, due: &[ResultDue]) -> StoreResult<()>;

    /// Who played some of an item, in the order of their ids, after `after`.
    async fn players(&self, item_id: Uuid, after: Option<Uuid>, limit: i64) -> StoreResult<Vec<Uuid>>;

    /// Replaces all results of these members with this item, and what their years add up to.
    async fn keep_results(&self, item_id: Uuid, users: &[Uuid], results: &[MemberResult]) -> StoreResult<()>;

    /// All results of an item, in the order of members and months.
    async fn results_of(&self, item_id: Uuid) -> StoreResult<Vec<MemberResult>>;

    /// Replaces an item's figures. `basis`: all its results were computed by it.
    async fn keep_figures(
        &self,
        item: Item,
        figures: &[UnitFigures],
        basis: Option<&str>,
        at: UtcMillis,
    ) -> StoreResult<()>;

    /// What was taken is in the results: whoever sent evidence meanwhile stays due.
    async fn settled_due(&self, done: &[ResultDue]) -> StoreResult<()>;

    /// Figures by unit, month and kind, of a unit and those directly below it. `now` and `coming_ms` tell which lessons can still be
    /// made up for: how long after its end a replay may still come.
    async fn year_figures(
        &self,
        unit_id: Uuid,
        months: std::ops::Range<i64>,
        now: UtcMillis,
        coming_ms: i64,
    ) -> StoreResult<Vec<MonthFigures>>;

    /// 人数 of a unit and of those directly below it, by the months in which people were there.
    async fn year_people(&self, unit_id: Uuid, year: i64) -> StoreResult<Vec<PeopleInMonths>>;

    /// How far the members of the branches below `path` at a moment are.
    async fn year_progress(
        &self,
        path: &str,
        year: i64,
        at: UtcMillis,
        targets: YearTargets,
    ) -> StoreResult<Vec<BranchProgress>>;

    /// The items of a unit's figures, lessons or episodes, the latest first.
    async fn report_items(
        &self,
        unit_id: Uuid,
        months: std::ops::Range<i64>,
        lessons: bool,
        now: UtcMillis,
        coming_ms: i64,
        page: Page,
    ) -> StoreResult<Listed<ItemFigures>>;

    /// People of a unit's figures, by branch, name and id.
    async fn report_people(&self, filter: &ReportPeopleFilter, page: Page)
    -> StoreResult<Listed<YearPerson>>;

    /// What a member learned in these months, and lessons started in `[from, until)` that are over, to which they were invited and
    /// did not come; the latest first, at most `limit`.
    async fn year_of_member(
        &self,
        user_id: Uuid,
        months: std::ops::Range<i64>,
        span: std::ops::Range<UtcMillis>,
        limit: i64,
    ) -> StoreResult<Vec<YearLine>>;

    /// The years in which a member has results or was a member, the latest first.
    async fn years_of_member(&self, user_id: Uuid) -> StoreResult<Vec<i64>>;
}
