//! Filling the gaps of a recording from a file that was recorded elsewhere: the booth's safety copy, a camera's card.
//!
//! The file comes in pieces ([`upload`]) and lies on this machine's disk; a process of its own ([`run`], [`worker`]) makes
//! segments of it; the fill's record in the store makes them part of the replay, or takes them away again.

mod chain;
mod lane;
mod reader;
mod run;
mod segments;
mod upload;
mod worker;

use object_store::ObjectStoreExt as _;
use uuid::Uuid;
use yunke_protocol::{Fill, FillPlan, Fills, MAX_FILL_BYTES, MAX_FILL_OFFSET_MS, WorkStage, WorkStatus};

pub(in crate::jobs) use self::upload::Turns;
pub use self::worker::work;
use super::{JobError, Jobs, Task};
use crate::recording::{
    self,
    fill::{FillRecord, FillState, Filled, fill_path, stretches},
    index::{self, Index},
};

/// Fills of a lesson at most.
const MAX_FILLS: usize = 16;

impl Jobs {
    async fn put_record(&self, lesson: Uuid, record: &FillRecord) -> Result<(), JobError> {
        let json = serde_json::to_vec(record).expect("plain data");
        self.0.store.put(&fill_path(lesson, record.fill), json.into()).await.map_err(JobError::Store)?;
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
            fills.push(self.told(&index, lesson, record).await?);
        }
        Ok(Fills { zero_at: index.zero_at, gaps: index.missing(), fills })
    }

    async fn told(&self, index: &Index, lesson: Uuid, record: FillRecord) -> Result<Fill, JobError> {
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
            // Also what was wanted before a restart.
            FillState::Wanted => self.enqueue(Task::Fill(lesson, fill))?,
            FillState::Ready(done) => {
                filled =
                    stretches(index.zero_at, done.entries.iter().filter(|entry| !entry.rendition.is_made()));
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
        let known = recording::fills(&*self.0.store, lesson).await?;
        if let Some(same) = known.iter().find(|record| record.plan == plan) {
            return match same.state {
                FillState::Sending => self.told(&index, lesson, same.clone()).await,
                _ => Err(JobError::FillExists),
            };
        }
        let gaps = index.missing();
        let last = gaps.last().ok_or(JobError::NoGaps)?;
        if plan.starts_at >= index.zero_at + last.to_ms {
            return Err(JobError::NoOverlap);
        }
        if known.len() >= MAX_FILLS {
            return Err(JobError::TooManyFills);
        }
        self.sweep().await;
        self.room_for(plan.bytes)?;
        let created_at = (self.0.clock)();
        let fill = new_id();
        let record = FillRecord { fill, created_at, plan, offset_ms: 0, state: FillState::Sending };
        self.put_record(lesson, &record).await?;
        self.told(&index, lesson, record).await
    }

    /// The file is whole: the work is to be done.
    async fn want(&self, lesson: Uuid, fill: Uuid) -> Result<WorkStatus, JobError> {
        // Read again: it may have been withdrawn while its last piece was written.
        let mut record = self.record(lesson, fill).await?;
        record.state = FillState::Wanted;
        self.put_record(lesson, &record).await?;
        self.enqueue(Task::Fill(lesson, fill))
    }

    /// Moves a fill on the timeline: its segments are made anew.
    pub(super) async fn move_fill(
        &self,
        lesson: Uuid,
        fill: Uuid,
        offset_ms: i64,
    ) -> Result<Fills, JobError> {
        let mut record = self.record(lesson, fill).await?;
        if offset_ms.abs() > MAX_FILL_OFFSET_MS {
            return Err(JobError::FillOffset);
        }
        if self.is_under_way(Task::Fill(lesson, fill)) {
            return Err(JobError::Busy);
        }
        record.offset_ms = offset_ms;
        let mut before = FillState::Sending;
        if record.state != FillState::Sending {
            if self.received(fill).await != record.plan.bytes {
                return Err(JobError::FileGone);
            }
            before = std::mem::replace(&mut record.state, FillState::Wanted);
        }
        self.put_record(lesson, &record).await?;
        if let FillState::Ready(filled) = before {
            self.remove_segments(lesson, &filled).await;
        }
        self.fills(lesson).await
    }

    /// Takes a fill away: its gaps are gaps again.
    pub(super) async fn withdraw(&self, lesson: Uuid, fill: Uuid) -> Result<Fills, JobError> {
        let record = self.record(lesson, fill).await?;
        self.0.store.delete(&fill_path(lesson, fill)).await.map_err(JobError::Store)?;
        self.0.replays.forget(lesson);
        self.under_way().remove(&Task::Fill(lesson, fill));
        if let Err(error) = tokio::fs::remove_file(self.file(fill)).await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%lesson, %error, "the file of a fill could not be removed");
        }
        if let FillState::Ready(filled) = record.state {
            self.remove_segments(lesson, &filled).await;
        }
        self.fills(lesson).await
    }

    /// Nothing names them any more; one that stays does no harm.
    async fn remove_segments(&self, lesson: Uuid, filled: &Filled) {
        let segments =
            filled.entries.iter().map(|e| index::segment_path(lesson, e.rendition, filled.stream, e.msn));
        let inits = filled.inits.iter().map(|i| index::init_path(lesson, i.rendition, i.stream, i.number));
        for path in segments.chain(inits) {
            if let Err(error) = self.0.store.delete(&path).await {
                tracing::warn!(%lesson, %error, "a segment of a fill could not be removed");
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a fill is named by nobody else")]
fn new_id() -> Uuid {
    Uuid::now_v7()
}
