//! The one writer of beats: what all rooms received is committed together, at most every 250 ms, and
//! answered after the commit. It must never drop a beat it has taken and never answer before the disk has it.

use std::{collections::HashMap, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use uuid::Uuid;
use yunke_store::{Appended, BeatBody, BeatRow, StoreError, UtcMillis};

use crate::{core::Core, problem::source_chain};

/// Time between two commits, unless so much has come that waiting gains nothing.
const COMMIT_EVERY: Duration = Duration::from_millis(250);

/// How long a commit may take.
const COMMIT_LIMIT: Duration = Duration::from_secs(15);

/// Enough beats to commit at once.
const COMMIT_BEATS: usize = 4_096;

/// Batches that may wait for the next commit. When it is full, whoever brings one waits; nothing is lost,
/// because a client keeps its beats until they are acknowledged.
const WAITING_BATCHES: usize = 8_192;

/// Stamps are ahead of the clock by one for each batch of a lease in the same millisecond, never by this.
const STAMPS_AHEAD_MS: i64 = 60_000;

/// A batch under one lease.
struct Batch {
    lease_id: Uuid,
    beats: Vec<BeatBody>,
    reply: oneshot::Sender<Result<Kept, WriteError>>,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The server's time of receipt: the same for the whole batch, and later than every earlier batch of
    /// the lease.
    pub received_at: UtcMillis,
    /// The beats that were new, ascending by seq.
    pub new: Vec<BeatRow>,
    /// One outcome a beat, in the order given.
    pub outcomes: Vec<(i64, Appended)>,
}

/// Why a batch was not kept. The client still has it and sends it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The database could not take it.
    #[error("the database could not take the beats")]
    Store,
    /// The server is going down.
    #[error("the server is stopping")]
    Stopping,
}

/// The handle: cheap to clone.
#[derive(Debug, Clone)]
pub struct BeatWriter {
    batches: mpsc::Sender<Batch>,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("beats", &self.beats.len()).finish_non_exhaustive()
    }
}

impl BeatWriter {
    /// Starts the writer. The run's sign of life goes with each commit. When the server stops nothing more is taken; what
    /// was taken is committed and answered.
    pub fn start(core: &Core) -> Self {
        let (batches, inbox) = mpsc::channel(WAITING_BATCHES);
        let mut writer =
            Writer { core: core.clone(), inbox, stamps: HashMap::new(), latest_stamp: UtcMillis::MIN };
        let stop = core.stopping.clone();
        let writing = core.tasks.spawn(async move { writer.run().await });
        core.tasks.spawn(async move {
            let ended = writing.await;
            if !stop.is_cancelled() {
                tracing::error!(?ended, "the writer of beats ended; the server stops");
                stop.cancel();
            }
        });
        Self { batches }
    }

    /// Keeps a batch; returns once it is durable. Waits when the writer has its hands full.
    pub async fn keep(&self, lease_id: Uuid, beats: Vec<BeatBody>) -> Result<Kept, WriteError> {
        let (reply, answer) = oneshot::channel();
        let batch = Batch { lease_id, beats, reply };
        self.batches.send(batch).await.map_err(|_| WriteError::Stopping)?;
        answer.await.map_err(|_| WriteError::Stopping)?
    }
}

struct Writer {
    core: Core,
    inbox: mpsc::Receiver<Batch>,
    /// Stamps given lately, by lease: the next one of the same lease has to be later.
    stamps: HashMap<Uuid, UtcMillis>,
    latest_stamp: UtcMillis,
}

/// A batch with its receipt.
struct Stamped {
    batch: Batch,
    received_at: UtcMillis,
}

impl Writer {
    async fn run(&mut self) {
        let mut next_commit = Instant::now();
        while let Some(first) = self.next().await {
            let mut waiting = vec![self.stamp(first)];
            let mut beats = waiting[0].batch.beats.len();
            while beats < COMMIT_BEATS {
                let Ok(Some(batch)) = tokio::time::timeout_at(next_commit, self.next()).await else { break };
                beats += batch.beats.len();
                waiting.push(self.stamp(batch));
            }
            self.commit(waiting).await;
            next_commit = Instant::now() + COMMIT_EVERY;
        }
    }

    async fn next(&mut self) -> Option<Batch> {
        tokio::select! {
            biased;
            batch = self.inbox.recv() => batch,
            () = self.core.stopping.cancelled(), if !self.inbox.is_closed() => {
                self.inbox.close();
                self.inbox.recv().await
            }
        }
    }

    fn stamp(&mut self, batch: Batch) -> Stamped {
        let now = self.core.source.now();
        // Far behind: the clock was put right while nobody watched.
        if now > self.latest_stamp || self.latest_stamp - now > STAMPS_AHEAD_MS {
            self.stamps.clear();
            self.latest_stamp = now;
        }
        let before = self.stamps.get(&batch.lease_id).map_or(now, |last| (*last + 1).max(now));
        self.stamps.insert(batch.lease_id, before);
        self.latest_stamp = self.latest_stamp.max(before);
        Stamped { batch, received_at: before }
    }

    async fn commit(&self, waiting: Vec<Stamped>) {
        let rows: Vec<BeatRow> = waiting
            .iter()
            .flat_map(|Stamped { batch, received_at }| {
                batch.beats.iter().map(|body| BeatRow {
                    lease_id: batch.lease_id,
                    received_at: *received_at,
                    body: *body,
                })
            })
            .collect();
        let began = Instant::now();
        let Core { store, source, run_id, .. } = &self.core;
        let append = store.append_beats(*run_id, source.now(), &rows);
        // A database may be silent for ever. What it kept all the same is known when it is sent again.
        let appended = tokio::time::timeout(COMMIT_LIMIT, append)
            .await
            .unwrap_or_else(|silent| Err(StoreError::Unavailable(Box::new(silent))));
        let outcomes = match appended {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tracing::error!(beats = rows.len(), error = source_chain(&error), "beats not kept");
                for Stamped { batch, .. } in waiting {
                    // Whoever no longer waits sends the beats again anyway.
                    let _ = batch.reply.send(Err(WriteError::Store));
                }
                return;
            }
        };
        metrics::histogram!("yunke_beats_commit_seconds").record(began.elapsed());
        metrics::histogram!("yunke_beats_commit_size").record(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let mut at = 0;
        for Stamped { batch, received_at } in waiting {
            let range = at..at + batch.beats.len();
            at = range.end;
            let kept = kept(received_at, &rows[range.clone()], &outcomes[range]);
            let _ = batch.reply.send(Ok(kept));
        }
    }
}

fn kept(received_at: UtcMillis, rows: &[BeatRow], outcomes: &[Appended]) -> Kept {
    let with = || rows.iter().zip(outcomes);
    Kept {
        received_at,
        new: with().filter(|(_, outcome)| **outcome == Appended::New).map(|(row, _)| *row).collect(),
        outcomes: with().map(|(row, outcome)| (row.body.seq, *outcome)).collect(),
    }
}
