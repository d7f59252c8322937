//! From the file that is kept to what it would change now.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use yunke_store::{ImportApply, ImportKind, ImportWrite, RosterFacts, StoreError, StoreResult, UtcMillis};

use super::{
    request::{Confirmed, Request},
    running::{Stage, Ticket},
    summary::{ImportSummary, json},
};
use crate::{
    core::Core,
    roster::{
        columns::{Columns, KnownColumns, find_columns},
        options::ImportOptions,
        plan::{Plan, PlanFacts, plan},
        read::{self, ReadOptions, Refusal},
        rows::{FileRow, file_rows},
    },
};

/// What a file would change now.
pub(super) struct Made {
    pub(super) summary: ImportSummary,
    pub(super) plan: Plan,
    /// Identifies all of it; none: the file is not taken.
    pub(super) fingerprint: Option<String>,
    facts: RosterFacts,
}

pub(super) async fn make(core: &Core, request: &Request, ticket: &Ticket) -> StoreResult<Made> {
    let turn = ticket.turn().await;
    ticket.stage(Stage::Reading, 0);
    let file = core.store.import_file(request.id).await?.unwrap_or_default();
    let known = known(core, request.actor_id).await?;
    let (options, tell) = (request.options.clone(), ticket.teller(Stage::Reading));
    let reading = tokio::task::spawn_blocking(move || read_file(&file, &options, &known, &tell)).await;
    // A reader that panics had a file that no program makes.
    let read = reading.unwrap_or_else(|_| Err(Refusal::damaged()));
    let (mut summary, rows) = match read {
        Ok(read) => read,
        Err(refusal) => {
            let summary = ImportSummary::refused(refusal);
            return Ok(Made {
                summary,
                plan: Plan::default(),
                fingerprint: None,
                facts: RosterFacts::default(),
            });
        }
    };
    summary.within.clone_from(&request.within);
    ticket.stage(Stage::Comparing, rows.len());
    let facts = core.store.roster_facts(&request.within).await?;
    let elsewhere = core.store.numbers_elsewhere(&request.within).await?;
    let elsewhere: HashSet<String> = elsewhere.iter().map(|number| number.to_lowercase()).collect();
    let (actor_id, tell) = (request.actor_id, ticket.teller(Stage::Comparing));
    let made =
        tokio::task::spawn_blocking(move || compare(summary, &rows, facts, &elsewhere, actor_id, &tell));
    let made = made.await.map_err(|error| StoreError::Failed(Box::new(error)))?;
    drop(turn);
    made
}

async fn known(core: &Core, actor_id: Uuid) -> StoreResult<KnownColumns> {
    let known = core.store.known_columns(actor_id).await?;
    Ok(known.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

fn read_file(
    file: &[u8],
    options: &ImportOptions,
    known: &KnownColumns,
    tell: &dyn Fn(usize),
) -> Result<(ImportSummary, Vec<FileRow>), Refusal> {
    let wanted = ReadOptions { encoding: options.encoding, sheet: options.sheet.clone() };
    let table = read::read(file, &wanted, tell)?;
    let columns = find_columns(&table, options.header_row, options.columns.as_deref(), known);
    let rows = usable_rows(&table, &columns);
    Ok((ImportSummary::of(&table, &columns, &rows), rows))
}

/// Without a column of names there is nothing to compare: the page asks what the columns mean.
fn usable_rows(table: &read::Table, columns: &Columns) -> Vec<FileRow> {
    if columns.is_usable() { file_rows(table, columns) } else { Vec::new() }
}

fn compare(
    mut summary: ImportSummary,
    rows: &[FileRow],
    facts: RosterFacts,
    elsewhere: &HashSet<String>,
    actor_id: Uuid,
    tell: &dyn Fn(usize),
) -> StoreResult<Made> {
    let plan = plan(rows, PlanFacts { known: &facts, elsewhere, actor_id }, tell);
    summary.counts = plan.counts();
    let fingerprint = Some(fingerprint(&plan)?);
    Ok(Made { summary, plan, fingerprint, facts })
}

fn fingerprint(plan: &Plan) -> StoreResult<String> {
    use std::fmt::Write as _;
    let digest = Sha256::digest(json(&plan.lines)?.as_bytes());
    Ok(digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

impl Made {
    /// What is written, and who is signed out by it.
    pub(super) fn confirmed(
        self,
        core: &Core,
        request: &Request,
        confirmed: &Confirmed,
        at: UtcMillis,
    ) -> StoreResult<(ImportApply, Vec<Uuid>)> {
        let Self { mut summary, plan, facts, .. } = self;
        let mut writes = plan.writes;
        for write in writes.iter_mut().filter(|write| write.kind == ImportKind::Add) {
            write.id = core.source.id();
        }
        let leavers = plan.leavers.into_iter().filter(|write| confirmed.leavers.has(write.id));
        let before = writes.len();
        writes.extend(leavers.map(|mut write| {
            write.after.disabled_at = Some(at);
            write
        }));
        summary.left = writes.len() - before;
        let out = signed_out(&writes);
        let apply = ImportApply {
            id: request.id,
            actor_id: request.actor_id,
            within: request.within.clone(),
            facts,
            writes,
            summary: json(&summary)?,
            at,
        };
        Ok((apply, out))
    }
}

/// Who is signed out by what is written.
fn signed_out(writes: &[ImportWrite]) -> Vec<Uuid> {
    let changed = |write: &&ImportWrite| {
        write.before.as_ref().is_some_and(|before| {
            before.phone != write.after.phone || before.disabled_at != write.after.disabled_at
        })
    };
    writes.iter().filter(changed).map(|write| write.id).collect()
}
