//! The jobs that make exports in the background, a few at a time, in the order they were asked for. A job that was being made when
//! the server stopped is begun again; one whose maker may not have it any more is never finished.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use yunke_store::{ExportEnd, ExportJob, StoreError, StoreResult};

use super::{
    error::DetailError,
    folder::Folder,
    kinds,
    making::{Making, Progress, Windows},
};
use crate::{core::Core, library::Places, problem::source_chain};

/// Jobs that are made at a time; others wait their turn. Each holds a few pages of rows.
const AT_ONCE: usize = 2;

/// How often a job is begun before it is given up: one that stops the server each time would stop it for ever.
const TRIES: i64 = 3;

/// How long a file is there.
const KEPT_MS: i64 = 24 * 3_600_000;

/// How long a job is listed that has no file any more.
const LISTED_MS: i64 = 30 * 24 * 3_600_000;

/// Bytes of all files; beyond them the oldest go before their time.
const FOLDER_BYTES: i64 = 4 << 30;

/// How often files whose time is over are looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// How long after a failure of the database jobs are looked for again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A job that is being made.
struct Running {
    progress: Arc<Progress>,
    gone: CancellationToken,
}

#[derive(Default)]
struct Inner {
    wake: Notify,
    running: Mutex<HashMap<Uuid, Running>>,
}

/// What routes know of the jobs.
#[derive(Clone, Default)]
pub struct Exports(Arc<Inner>);

impl std::fmt::Debug for Exports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exports")
    }
}

impl Exports {
    fn running(&self) -> MutexGuard<'_, HashMap<Uuid, Running>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job was added.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// How far a job is that is being made: done, and all there is.
    pub fn progress(&self, id: Uuid) -> Option<(i64, i64)> {
        self.running().get(&id).map(|running| running.progress.get())
    }

    /// Stops a job, if it is being made. What became of it is for the store.
    pub fn stop(&self, id: Uuid) {
        if let Some(running) = self.running().get(&id) {
            running.gone.cancel();
        }
    }

    /// Where the file of a job is.
    pub fn file(core: &Core, id: Uuid) -> PathBuf {
        Folder::of(core).file(id)
    }

    /// Removes the file of a job.
    pub async fn remove(core: &Core, id: Uuid) {
        Folder::of(core).remove(vec![id]).await;
    }
}

/// Makes what is asked for, until the server stops.
pub async fn keep_exports(core: Core, exports: Exports, listening: Arc<Places>, windows: Windows) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while let Err(error) = prepare(&core).await {
        tracing::error!(error = source_chain(&error), "exports cannot be made yet");
        tokio::select! {
            () = core.stopping.cancelled() => return,
            () = tokio::time::sleep(RETRY_AFTER) => {}
        }
    }
    loop {
        tokio::select! {
            () = core.stopping.cancelled() => return,
            () = exports.0.wake.notified() => {}
            _ = ticks.tick() => sweep(&core).await,
        }
        while exports.running().len() < AT_ONCE {
            match core.store.begin_export().await {
                Ok(Some(job)) => begin(&core, &exports, listening.clone(), windows.clone(), job),
                Ok(None) => break,
                // The next tick tries again.
                Err(error) => {
                    tracing::error!(error = source_chain(&error), "the next export could not be begun");
                    break;
                }
            }
        }
    }
}

/// Begun jobs wait again, and files without a job are removed.
async fn prepare(core: &Core) -> Result<(), DetailError> {
    core.store.resume_exports(TRIES, core.source.now()).await?;
    let kept = core.store.ready_exports().await?;
    Folder::of(core).prepare(kept).await?;
    Ok(())
}

async fn sweep(core: &Core) {
    let now = core.source.now();
    let swept: StoreResult<()> = async {
        let gone = core.store.expire_exports(now, FOLDER_BYTES).await?;
        Folder::of(core).remove(gone).await;
        core.store.forget_exports(now - LISTED_MS).await
    }
    .await;
    if let Err(error) = swept {
        tracing::warn!(error = source_chain(&error), "old exports could not be removed");
    }
}

fn begin(core: &Core, exports: &Exports, listening: Arc<Places>, windows: Windows, job: ExportJob) {
    let id = job.id;
    let running = Running { progress: Arc::default(), gone: CancellationToken::new() };
    let (progress, gone) = (running.progress.clone(), running.gone.clone());
    exports.running().insert(id, running);
    let (core, place) = (core.clone(), Place { exports: exports.clone(), id });
    core.tasks.clone().spawn(async move {
        let place = place;
        let begun = core.source.uptime();
        let kind = job.kind;
        let making = async {
            let making = Making::begin(&core, windows, job, progress).await?;
            kinds::make(making, &listening, Exports::file(&core, id)).await
        };
        let made = tokio::select! {
            () = core.stopping.cancelled() => Err(DetailError::Stopped),
            () = gone.cancelled() => Err(DetailError::ClientGone),
            made = making => made,
        };
        let end = match made {
            Ok(file) => {
                tracing::info!(
                    export = %id, ?kind, rows = file.rows, size_bytes = file.size_bytes,
                    duration_ms = core.source.uptime() - begun, "an export was made"
                );
                ExportEnd::Ready(file, core.source.now() + KEPT_MS)
            }
            // It is begun again by the next run of the server.
            Err(DetailError::Stopped) if core.stopping.is_cancelled() => return,
            Err(DetailError::ClientGone) => ExportEnd::Cancelled,
            Err(error) => {
                let why = reason(&error);
                tracing::error!(export = %id, ?kind, code = why, error = source_chain(&error), "an export failed");
                ExportEnd::Failed(why)
            }
        };
        let has_file = matches!(end, ExportEnd::Ready(..));
        match core.store.end_export(id, end, core.source.now()).await {
            // It was cancelled when it was as good as done.
            Ok(false) if has_file => Exports::remove(&core, id).await,
            Ok(_) => {}
            // It stays begun, and is begun again by the next run of the server.
            Err(error) => {
                tracing::error!(export = %id, error = source_chain(&error), "the end of an export could not be stored");
            }
        }
        drop(place);
    });
}

/// Why, as a code.
fn reason(error: &DetailError) -> &'static str {
    match error {
        DetailError::NotAllowed => "not_allowed",
        DetailError::TooLarge => "too_large",
        DetailError::Store(StoreError::Unavailable(_)) => "database",
        DetailError::File(error) if error.kind() == std::io::ErrorKind::StorageFull => "disk_full",
        _ => "internal",
    }
}

/// The place of a job among those that are made; given back also when its task panics.
struct Place {
    exports: Exports,
    id: Uuid,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.exports.running().remove(&self.id);
        self.exports.wake();
    }
}
