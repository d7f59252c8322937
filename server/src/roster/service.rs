//! Imports at work: a task for each, one file read at a time, with progress. What a file would change is computed anew before it is
//! written; where that is not what was shown, it is shown again and nothing is written.

mod request;
mod running;
mod summary;
mod work;

use uuid::Uuid;
use yunke_store::{ApplyOutcome, IMPORT_KEPT_MS, ImportPiece, ImportPreview, StoreError, StoreResult};

pub use self::{
    request::{Confirmed, Leavers, Request},
    running::{Progress, Stage},
    summary::{ImportNotes, ImportSummary},
};
use self::{
    running::{Running, Ticket},
    summary::json,
    work::Made,
};
use super::lines::Line;
use crate::{core::Core, problem::source_chain};

/// Lines of one piece of a preview.
const PIECE: usize = 500;

/// How often an import is compared anew because somebody changed people meanwhile.
const TRIES: usize = 3;

/// Imports at work.
#[derive(Debug, Clone, Default)]
pub struct Imports(Running);

impl Imports {
    /// How far an import is that is at work, or that failed.
    pub fn progress(&self, id: Uuid) -> Option<Progress> {
        self.0.progress(id)
    }

    /// Begins to find out what a file would change. `false`: too many are at work.
    pub fn preview(&self, core: &Core, request: Request) -> bool {
        let Some(ticket) = self.0.begin(request.id) else { return self.0.progress(request.id).is_some() };
        let core = core.clone();
        core.clone().tasks.spawn(async move {
            let done = preview(&core, &request, &ticket, false).await;
            settle(ticket, done);
        });
        true
    }

    /// Begins to write. `signed_out` hears whose sessions ended. `false`: too many are at work.
    pub fn apply(
        &self,
        core: &Core,
        request: Request,
        confirmed: Confirmed,
        signed_out: impl FnOnce(Vec<Uuid>) + Send + 'static,
    ) -> bool {
        let Some(ticket) = self.0.begin(request.id) else { return self.0.progress(request.id).is_some() };
        let core = core.clone();
        core.clone().tasks.spawn(async move {
            let done = apply(&core, &request, &confirmed, &ticket).await;
            settle(ticket, done.map(signed_out));
        });
        true
    }

    /// Removes what has been kept for a day, as long as the server runs.
    pub async fn sweep(core: Core) {
        let mut ticks = tokio::time::interval(std::time::Duration::from_mins(10));
        loop {
            tokio::select! {
                () = core.stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = core.store.sweep_imports(core.source.now()).await {
                tracing::error!(error = source_chain(&error), "old roster imports could not be removed");
            }
        }
    }
}

fn settle(ticket: Ticket, done: StoreResult<()>) {
    match done {
        Ok(()) => ticket.done(),
        Err(error) => {
            tracing::error!(error = source_chain(&error), "a roster import broke off");
            ticket.failed();
        }
    }
}

/// Reads, compares, keeps. What comes back was kept.
async fn preview(core: &Core, request: &Request, ticket: &Ticket, changed: bool) -> StoreResult<()> {
    let made = work::make(core, request, ticket).await?;
    keep(core, request, made, changed).await
}

async fn keep(core: &Core, request: &Request, mut made: Made, changed: bool) -> StoreResult<()> {
    made.summary.changed = changed;
    let preview = ImportPreview {
        id: request.id,
        options: json(&request.options)?,
        summary: json(&made.summary)?,
        fingerprint: made.fingerprint,
        pieces: pieces(&made.plan.lines)?,
    };
    core.store.preview_import(preview).await
}

async fn apply(
    core: &Core,
    request: &Request,
    confirmed: &Confirmed,
    ticket: &Ticket,
) -> StoreResult<Vec<Uuid>> {
    for _ in 0..TRIES {
        let made = work::make(core, request, ticket).await?;
        if made.fingerprint.as_ref() != Some(&confirmed.fingerprint) {
            keep(core, request, made, true).await?;
            return Ok(Vec::new());
        }
        ticket.stage(Stage::Writing, made.plan.writes.len());
        let at = core.source.now();
        let (apply, out) = made.confirmed(core, request, confirmed, at)?;
        match core.store.apply_import(apply).await? {
            ApplyOutcome::Done => return Ok(out),
            // It was taken away, or its day is over: whoever looks at it sees that.
            ApplyOutcome::NotFound | ApplyOutcome::ActorGone => return Ok(Vec::new()),
            ApplyOutcome::Stale => {}
        }
    }
    Err(StoreError::Unavailable("people change faster than they can be compared".into()))
}

/// The lines by what they do, in pieces.
fn pieces(lines: &[Line]) -> StoreResult<Vec<ImportPiece>> {
    let mut pieces = Vec::new();
    for kind in <yunke_store::ImportKind as yunke_store::TextEnum>::ALL {
        let of: Vec<&Line> = lines.iter().filter(|line| line.kind == *kind).collect();
        for some in of.chunks(PIECE) {
            pieces.push(ImportPiece { kind: *kind, body: json(&some)? });
        }
    }
    Ok(pieces)
}

/// Whether an import can still be taken back.
pub fn is_undoable(applied_at: Option<i64>, now: i64) -> bool {
    applied_at.is_some_and(|applied_at| now - applied_at <= IMPORT_KEPT_MS)
}
