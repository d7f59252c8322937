//! Settles items: judges their members and keeps what it is worth. All of an item's members when its lesson is over and whenever
//! what they are judged by is another; then those of whom evidence came since.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::sync::Mutex;
use uuid::Uuid;
use yunke_domain::{Item, ItemKind};
use yunke_store::{
    ItemBasis, LessonPhase, Page, ResultDue, RollEntry, RollFilter, RollPart, Store, StoreError, StoreResult,
};

use super::{
    figures::{Tree, unit_figures},
    row::{Counted, rows},
};
use crate::{
    calendar::month_number,
    core::Core,
    evidence::{Records, Subject},
    problem::source_chain,
};

/// How often it is looked for what is to be settled.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// How long after the last evidence its judgement can still change by itself: nodes report what they delivered a minute later.
const QUIET_MS: i64 = 2 * 60_000;

/// Members who are judged and kept at a time: other writers wait no longer than for so many.
const TOGETHER: i64 = 100;

/// Items and members that are read at a time; there may be more.
const ITEMS: i64 = 200;
const DUE: i64 = 1_000;

/// Members that are judged while somebody waits for a page. Of more the page says that they are still to come.
const WHILE_WAITING: i64 = 24;

/// Items that are looked at then.
const ITEMS_WHILE_WAITING: usize = 16;

/// How long whoever waits for a page waits for whoever settles.
const WAIT: Duration = Duration::from_millis(300);

/// What is not in the figures yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToCome {
    /// Lessons and episodes whose members are being judged; one that ended a moment ago is among them.
    pub items: i64,
    /// Members of whom evidence came since.
    pub members: i64,
}

/// Settles, one item at a time.
#[derive(Debug, Default)]
pub struct Results {
    turn: Mutex<()>,
}

impl Results {
    /// Settles what is to be settled; whether there is more.
    async fn round(&self, core: &Core) -> StoreResult<bool> {
        let store = core.store.as_ref();
        let quiet = core.source.now().saturating_sub(QUIET_MS);
        let items = store.items_to_settle(ITEMS).await?;
        let mut more = false;
        for basis in items.iter().filter(|basis| basis.ended_at.is_none_or(|ended_at| ended_at < quiet)) {
            // One at a time: whoever waits for a page waits for one item, not for all of them.
            let _turn = self.turn.lock().await;
            match whole(core, basis, true).await {
                Ok(true) => more = i64::try_from(items.len()).is_ok_and(|count| count == ITEMS),
                Ok(false) => return Ok(false),
                Err(error) => passed_over(&error),
            }
        }
        let due = store.results_due(quiet, DUE).await?;
        more |= i64::try_from(due.len()).is_ok_and(|count| count == DUE);
        for some in by_item(due) {
            if core.stopping.is_cancelled() {
                return Ok(false);
            }
            let _turn = self.turn.lock().await;
            store.take_due(&some).await?;
            members(core, &some).await?;
            for one in &some {
                rivals(core, one).await?;
            }
            store.settled_due(&some).await?;
        }
        Ok(more)
    }

    /// Brings in what a few members have to come, for a page that is about to be shown; says what is still to come.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn catch_up(&self, core: &Core) -> StoreResult<ToCome> {
        let store = core.store.as_ref();
        let items = store.items_to_settle(ITEMS).await?;
        let mut to_come = ToCome {
            items: i64::try_from(items.len()).unwrap_or(i64::MAX),
            members: store.results_to_come().await?,
        };
        // Whoever settles much now settles this, too.
        let Ok(_turn) = tokio::time::timeout(WAIT, self.turn.lock()).await else { return Ok(to_come) };
        let quiet = core.source.now().saturating_sub(QUIET_MS);
        let mut left = WHILE_WAITING;
        for basis in items.iter().take(ITEMS_WHILE_WAITING) {
            let few = store.players(basis.item.id, None, left + 1).await?;
            let count = i64::try_from(few.len()).unwrap_or(i64::MAX);
            if count > left || !is_small(store, basis).await? {
                continue;
            }
            left -= count;
            let settled = basis.ended_at.is_none_or(|ended_at| ended_at < quiet);
            match whole(core, basis, settled).await {
                Ok(_) => to_come.items -= i64::from(settled),
                Err(error) => passed_over(&error),
            }
        }
        if to_come.members > 0 && to_come.members <= left {
            for some in by_item(store.results_due(i64::MAX, left).await?) {
                members(core, &some).await?;
            }
            // They stay due until nothing of theirs can be on its way any more, and are in the figures.
            to_come.members = 0;
        }
        Ok(to_come)
    }

    /// The same of one member; whether there is more to come.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn catch_up_member(&self, core: &Core, user: Uuid) -> StoreResult<bool> {
        // Without the turn somebody else's newer judgement could be written over by this one.
        let Ok(_turn) = tokio::time::timeout(WAIT, self.turn.lock()).await else { return Ok(true) };
        let due = core.store.results_due_of(user, WHILE_WAITING).await?;
        for one in &due {
            let Some(basis) = core.store.item_basis(one.item.id).await? else { continue };
            let roll = roll(core.store.as_ref(), &basis, Some(user)).await?;
            judge(core, &basis, &[user], roll.as_deref()).await?;
        }
        Ok(i64::try_from(due.len()).is_ok_and(|count| count == WHILE_WAITING))
    }
}

/// What cannot be judged is tried again in the next round: the others must not wait for it.
fn passed_over(error: &StoreError) {
    tracing::error!(error = source_chain(error), "the results of an item could not be settled");
}

/// The roll of a large lesson takes a while.
async fn is_small(store: &dyn Store, basis: &ItemBasis) -> StoreResult<bool> {
    if basis.item.kind == ItemKind::Episode {
        return Ok(true);
    }
    let filter = everybody(None);
    let page = Page { offset: 0, limit: 1 };
    Ok(store.roll(basis.item.id, &filter, page).await?.found <= 1_000)
}

fn by_item(due: Vec<ResultDue>) -> Vec<Vec<ResultDue>> {
    let mut items: BTreeMap<Item, Vec<ResultDue>> = BTreeMap::new();
    for one in due {
        items.entry(one.item).or_default().push(one);
    }
    items.into_values().collect()
}

fn everybody(user_id: Option<Uuid>) -> RollFilter {
    // Every path begins so.
    RollFilter { within: vec!["/".to_owned()], part: RollPart::All, query: String::new(), user_id }
}

/// Who was invited to a lesson and who came; an episode has no roll.
async fn roll(
    store: &dyn Store,
    basis: &ItemBasis,
    user_id: Option<Uuid>,
) -> StoreResult<Option<Vec<RollEntry>>> {
    if basis.item.kind == ItemKind::Episode {
        return Ok(None);
    }
    let all = Page { offset: 0, limit: i64::MAX };
    Ok(Some(store.roll(basis.item.id, &everybody(user_id), all).await?.entries))
}

/// Judges everybody who played some of an item. `false`: the server stops, and it is to be done again. `settled`: nothing of it is on
/// its way any more.
async fn whole(core: &Core, basis: &ItemBasis, settled: bool) -> StoreResult<bool> {
    let store = core.store.as_ref();
    let roll = roll(store, basis, None).await?;
    let mut after = None;
    loop {
        if core.stopping.is_cancelled() {
            return Ok(false);
        }
        let users = store.players(basis.item.id, after, TOGETHER).await?;
        let Some(last) = users.last().copied() else { break };
        after = Some(last);
        judge(core, basis, &users, roll.as_deref()).await?;
    }
    if basis.item.kind == ItemKind::Lesson && settled {
        store.note_rivals(basis.item.id, core.source.now()).await?;
    }
    add_up(core, basis, roll.as_deref(), settled.then_some(basis.basis.as_str())).await?;
    Ok(true)
}

/// Judges some members of one item.
async fn members(core: &Core, due: &[ResultDue]) -> StoreResult<()> {
    let Some(first) = due.first() else { return Ok(()) };
    let store = core.store.as_ref();
    let Some(basis) = store.item_basis(first.item.id).await? else { return Ok(()) };
    let roll = roll(store, &basis, None).await?;
    let users: Vec<Uuid> = due.iter().map(|one| one.user_id).collect();
    for some in users.chunks(usize::try_from(TOGETHER).unwrap_or(1)) {
        judge(core, &basis, some, roll.as_deref()).await?;
    }
    add_up(core, &basis, roll.as_deref(), None).await
}

/// What else a member did at the time of this evidence depends on it.
async fn rivals(core: &Core, due: &ResultDue) -> StoreResult<()> {
    let marks = core.store.evidence_marks(due.user_id).await?;
    let Some(own) = marks.iter().find(|mark| mark.item == due.item) else { return Ok(()) };
    let until = |mark: &yunke_store::EvidenceMark| mark.last_at.unwrap_or(mark.first_at);
    for other in &marks {
        let meets = other.first_at <= until(own) && own.first_at <= until(other);
        if other.item != due.item && meets && other.phase == LessonPhase::Ended {
            members(core, &[ResultDue { item: other.item, ..*due }]).await?;
        }
    }
    Ok(())
}

async fn judge(
    core: &Core,
    basis: &ItemBasis,
    users: &[Uuid],
    roll: Option<&[RollEntry]>,
) -> StoreResult<()> {
    let store = &core.store;
    let Some(subject) = Subject::find(store.as_ref(), basis.item).await? else { return Ok(()) };
    let zero_at = subject.timeline.zero_at;
    // Where somebody counts says the roll, which everything else of a lesson is counted by.
    let places: HashMap<Uuid, Uuid> = roll
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| Some((entry.user_id, entry.branch.as_ref()?.id)))
        .collect();
    let mut records = Records::new(store.clone(), subject, core.source.now()).await?;
    let mut results = Vec::with_capacity(users.len());
    for record in records.of_all(users).await? {
        let branch = record.evidence.branch.as_ref().map(|branch| branch.id).filter(|_| roll.is_none());
        let opened_at = record.evidence.leases.first().map_or(0, |lease| lease.issued_at);
        let counted = Counted {
            unit_id: branch
                .or_else(|| places.get(&record.evidence.user_id).copied())
                .unwrap_or(basis.unit_id),
            began_at: basis.started_at.unwrap_or(opened_at),
            zero_at: zero_at.filter(|_| basis.item.kind == ItemKind::Lesson),
            ended_at: basis.ended_at,
        };
        results.extend(rows(&record, counted));
    }
    store.keep_results(basis.item.id, users, &results).await
}

async fn add_up(
    core: &Core,
    basis: &ItemBasis,
    roll: Option<&[RollEntry]>,
    settled_by: Option<&str>,
) -> StoreResult<()> {
    let store = core.store.as_ref();
    let tree = Tree::new(&store.units_within(&["/".to_owned()]).await?);
    let results = store.results_of(basis.item.id).await?;
    let month = month_number(basis.started_at.unwrap_or(0));
    let figures = unit_figures(&tree, basis.unit_id, month, roll, &results);
    store.keep_figures(basis.item, &figures, settled_by, core.source.now()).await
}

/// Settles until the server stops.
pub async fn keep_settled(core: Core, results: Arc<Results>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = core.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        loop {
            let round = tokio::select! {
                () = core.stopping.cancelled() => return,
                round = results.round(&core) => round,
            };
            match round {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(
                        error = source_chain(&error),
                        "results could not be settled; they are tried again"
                    );
                    break;
                }
            }
        }
    }
}
