//! Filling the gaps of a recording from a file that was recorded elsewhere: the booth's safety copy, a camera's card.
//!
//! The file comes in pieces ([`upload`]) and lies on this machine's disk; a process of its own ([`run`], [`worker`]) makes
//! segments of it; the fill's record in the store makes them part of the replay, or takes them away again.

mod coded;
mod encode;
mod gap_cutter;
mod reader;
mod retire;
mod run;
mod segments;
mod upload;
mod wire;
mod worker;

use object_store::ObjectStoreExt as _;
use uuid::Uuid;
use yunke_protocol::{Fill, FillPlan, Fills, MAX_FILL_BYTES, MAX_FILL_OFFSET_MS, WorkStage, WorkStatus};

pub use self::worker::work;
use super::{
    error::JobError,
    queue::{Jobs, Task},
};
use crate::recording::{
    self,
    fill::{FillRecord, FillState, fill_path, stretches},
    index::Index,
};

/// Fills of a lesson at most.
const MAX_FILLS: usize = 16;

impl Jobs {
    async fn put_record(&self, lesson: Uuid, record: &FillRecord) -> Result<(), JobError> {
        let json = serde_json::to_vec(record).expect("plain data");
        self.0.store.put(&fill_path(lesson, record.fill), json.into()).await?;
        self.0.replays.forget(lesson);
        Ok(())
    }

    async fn record(&self, lesson: Uuid, fill: Uuid) -> Result<FillRecord, JobError> {
        let object = match self.0.store.get(&fill_path(lesson, fill)).await {
            Ok(object) => object,
            Err(object_store::Error::NotFound { .. }) => return Err(JobError::FillUnknown),
            Err(error) => return Err(JobError::Store(error)),
        };
        let bytes = object.bytes().await.map_err(JobError::Store)?;
        serde_json::from_slice(&bytes).map_err(|_| JobError::Damaged)
    }

    async fn whole(&self, lesson: Uuid) -> Result<Index, JobError> {
        recording::whole(&*self.0.store, lesson).await?.ok_or(JobError::NotReady)
    }

    /// What is missing of the recording, and what was sent to fill it.
    pub(super) async fn fills(&self, lesson: Uuid) -> Result<Fills, JobError> {
        let index = self.whole(lesson).await?;
        let mut fills = Vec::new();
        for record in recording::fills(&*self.0.store, lesson).await? {
            fills.push(self.describe(&index, lesson, record).await?);
        }
        Ok(Fills { zero_at: index.zero_at, gaps: index.missing(), fills })
    }

    async fn describe(&self, index: &Index, lesson: Uuid, record: FillRecord) -> Result<Fill, JobError> {
        let FillRecord { fill, plan, offset_ms, state, .. } = record;
        let mut filled = Vec::new();
        let mut received = plan.bytes;
        let status = match state {
            FillState::Sending => {
                received = self.received(fill).await;
                // Else the last piece was kept, and a crash came before the next line.
                if received < plan.bytes {
                    WorkStatus::at(WorkStage::None)
                } else {
                    self.want(lesson, fill).await?
                }
            }
            FillState::Wanted { .. } => self.queued(Task::Fill(lesson, fill)),
            FillState::Ready(done) => {
                filled = stretches(
                    index.zero_at,
                    done.entries.iter().filter(|entry| !entry.rendition.is_transcoded()),
                );
                WorkStatus::ready(done.entries.iter().filter_map(|e| Some(e.media.as_ref()?.bytes)).sum())
            }
            FillState::Failed { code } => WorkStatus::failed(&code),
        };
        let FillPlan { starts_at, bytes, kind } = plan;
        Ok(Fill { id: fill, starts_at, offset_ms, bytes, received, kind, status, filled })
    }

    /// Announces a file. The same file again is the same fill, so that sending it goes on where it stopped.
    pub(super) async fn plan_fill(&self, lesson: Uuid, plan: FillPlan) -> Result<Fill, JobError> {
        let index = self.whole(lesson).await?;
        if plan.bytes == 0 || plan.bytes > MAX_FILL_BYTES {
            return Err(JobError::FillSize);
        }
        let record = {
            let _change = self.0.changes.lock().await;
            let known = recording::fills(&*self.0.store, lesson).await?;
            match known.iter().find(|record| record.plan == plan) {
                Some(same) if same.state == FillState::Sending => same.clone(),
                Some(_) => return Err(JobError::FillExists),
                None => self.new_record(&index, lesson, plan, known.len()).await?,
            }
        };
        self.describe(&index, lesson, record).await
    }

    async fn new_record(
        &self,
        index: &Index,
        lesson: Uuid,
        plan: FillPlan,
        known: usize,
    ) -> Result<FillRecord, JobError> {
        let gaps = index.missing();
        let last = gaps.last().ok_or(JobError::NoGaps)?;
        if plan.starts_at >= index.zero_at + last.to_ms {
            return Err(JobError::NoOverlap);
        }
        if known >= MAX_FILLS {
            return Err(JobError::TooManyFills);
        }
        self.sweep().await;
        let (fill, created_at) = (new_id(), (self.0.clock)());
        self.0.parts.promise_room(fill, plan.bytes, created_at).await?;
        let record = FillRecord { fill, created_at, plan, offset_ms: 0, state: FillState::Sending };
        self.put_record(lesson, &record).await?;
        Ok(record)
    }

    /// Has the work done if the file is whole and it is not done yet.
    pub(super) async fn want(&self, lesson: Uuid, fill: Uuid) -> Result<WorkStatus, JobError> {
        let task = Task::Fill(lesson, fill);
        let mut change = self.0.changes.lock().await;
        let mut record = match self.record(lesson, fill).await {
            Ok(record) => record,
            Err(error) => {
                if let JobError::FillUnknown = error {
                    self.unmark(task).await;
                }
                return Err(error);
            }
        };
        match record.state {
            FillState::Sending if self.received(fill).await == record.plan.bytes => {
                record.state = FillState::Wanted { stream: self.new_stream(&mut change) };
                self.put_record(lesson, &record).await?;
            }
            FillState::Wanted { .. } => {}
            // Marked by the last piece, which was not kept then; or the mark outlived the work.
            _ => {
                self.unmark(task).await;
                return Ok(WorkStatus::at(WorkStage::None));
            }
        }
        Ok(self.queued(task))
    }

    /// Enqueues; where no place is free it waits for the next round.
    fn queued(&self, task: Task) -> WorkStatus {
        self.enqueue(task).unwrap_or_else(|_| WorkStatus::at(WorkStage::Queued))
    }

    /// A number no stream of this node has.
    fn new_stream(&self, last: &mut u64) -> u64 {
        *last = u64::try_from((self.0.clock)()).unwrap_or(0).max(*last + 1);
        *last
    }

    /// Moves a fill on the timeline: its segments are recreated.
    pub(super) async fn move_fill(
        &self,
        lesson: Uuid,
        fill: Uuid,
        offset_ms: i64,
    ) -> Result<Fills, JobError> {
        if offset_ms.abs() > MAX_FILL_OFFSET_MS {
            return Err(JobError::FillOffset);
        }
        let task = Task::Fill(lesson, fill);
        let mut change = self.0.changes.lock().await;
        let mut record = self.record(lesson, fill).await?;
        if self.is_under_way(task) {
            return Err(JobError::Busy);
        }
        record.offset_ms = offset_ms;
        let mut before = FillState::Sending;
        if record.state != FillState::Sending {
            if self.received(fill).await != record.plan.bytes {
                return Err(JobError::FileGone);
            }
            self.mark(task).await?;
            let wanted = FillState::Wanted { stream: self.new_stream(&mut change) };
            before = std::mem::replace(&mut record.state, wanted);
        }
        let unkept = self.out_of_use(lesson, &before).await;
        self.put_record(lesson, &record).await?;
        // Else a failure would stand for the new work.
        self.done(task);
        drop(change);
        if let Some(stream) = unkept {
            self.remove_stream(lesson, stream).await;
        }
        self.fills(lesson).await
    }

    /// Takes a fill away: its gaps are gaps again.
    pub(super) async fn withdraw(&self, lesson: Uuid, fill: Uuid) -> Result<Fills, JobError> {
        let task = Task::Fill(lesson, fill);
        let change = self.0.changes.lock().await;
        let record = self.record(lesson, fill).await?;
        let unkept = self.out_of_use(lesson, &record.state).await;
        self.0.store.delete(&fill_path(lesson, fill)).await?;
        self.0.replays.forget(lesson);
        // A worker that is at it is ended, and what it made is removed by who started it.
        self.done(task);
        drop(change);
        self.unmark(task).await;
        self.remove_file(fill).await;
        if let Some(stream) = unkept {
            self.remove_stream(lesson, stream).await;
        }
        self.fills(lesson).await
    }

    /// What a fill had will be out of use; its stream if it has to be removed at once.
    async fn out_of_use(&self, lesson: Uuid, state: &FillState) -> Option<u64> {
        let FillState::Ready(filled) = state else { return None };
        (!self.retire(lesson, filled).await).then_some(filled.stream)
    }
}

#[expect(clippy::disallowed_methods, reason = "a fill is named by nobody else")]
fn new_id() -> Uuid {
    Uuid::now_v7()
}
